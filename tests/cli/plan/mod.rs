//! The exact output of `plan`.

mod content;
mod outputs;

use tonkafka::cluster::fake::State;

use crate::fake::{holding, topic};

const MANIFEST: &str = "\
version: 1
broker:
  defaults:
    message.max.bytes: 1MB
    log.retention.hours: 24
topics:
  items:
    - {name: new.topic, partitions: 3, replicas: 1, configs: {retention.ms: 7d}}
    - {name: changed, partitions: 2, configs: {retention.ms: 1d, flush.ms: unset}}
    - {name: grown, partitions: 4, keyed: true}
    - {name: old, state: absent}
    - {name: wide, partitions: 1, replicas: 3}
    - {name: same, partitions: 1, configs: {cleanup.policy: 'compact, delete'}}
";

fn cluster() -> State {
    holding(&[
        (
            "changed",
            topic(
                2,
                &[
                    ("retention.ms", "1000"),
                    ("flush.ms", "9"),
                    ("segment.ms", "60000"),
                ],
            ),
        ),
        ("grown", topic(2, &[])),
        ("old", topic(1, &[])),
        ("wide", topic(1, &[])),
        ("same", topic(1, &[("cleanup.policy", "compact,delete")])),
        ("somebody-elses", topic(1, &[])),
    ])
}
