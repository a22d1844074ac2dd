//! The exact output of `describe` and `list`.

mod cluster;
mod topics;

use tonkafka::cluster::fake::State;

use crate::fake::{holding, topic};

const MANIFEST: &str = "\
version: 1
topics:
  items:
    - {name: user.activity, partitions: 3}
    - {name: audit.logs, partitions: 3, configs: {retention.ms: 1d}}
    - {name: missing, partitions: 1}
    - {name: unwanted, state: absent}
    - {name: gone, state: absent}
";

fn cluster() -> State {
    State {
        brokers: vec![1, 2, 3],
        ..holding(&[
            ("user.activity", topic(3, &[("flush.ms", "9")])),
            ("audit.logs", topic(3, &[])),
            ("unwanted", topic(1, &[])),
            ("__consumer_offsets", topic(4, &[])),
        ])
    }
}
