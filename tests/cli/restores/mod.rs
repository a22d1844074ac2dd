//! `snapshot restore` on the cluster in memory: output, refusals and the resulting state.

pub mod guards;
mod records;
mod refusals;
mod unanswered;

use std::path::PathBuf;

use bytes::Bytes;
use tonkafka::cluster::fake::State;
use tonkafka::model::record::Record;
use tonkafka::snapshot::{GroupOffset, GroupOffsets};

use crate::fake::Bench;
use crate::made::{Content, write};

/// Now, in milliseconds since the epoch.
fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Records at these offsets, a second old.
fn records(offsets: &[i64]) -> Vec<Record> {
    let record = |offset: &i64| Record {
        offset: *offset,
        timestamp: now() - 1_000,
        key: Some(Bytes::from(format!("key {offset}"))),
        value: Some(Bytes::from(format!("value {offset}"))),
        headers: Vec::new(),
    };
    offsets.iter().map(record).collect()
}

/// A snapshot of `orders`, whose first partition has a gap.
fn orders() -> Content<'static> {
    let partitions = vec![records(&[5, 6, 9]), records(&[0, 1])];
    Content {
        overrides: &[("max.message.bytes", "2000000")],
        ..Content::new("orders", partitions)
    }
}

fn bench(state: &State, contents: &[Content<'_>], groups: &[GroupOffsets]) -> Bench {
    let bench = Bench::new("version: 1\n", state);
    write(&path(&bench), "fake-cluster", contents, groups);
    bench
}

fn path(bench: &Bench) -> PathBuf {
    bench.program.path().join("orders.snap")
}

const RESTORE: [&str; 3] = ["snapshot", "restore", "orders.snap"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&RESTORE[..], more].concat()
}

fn committed(group: &str, offsets: &[(i32, i64)]) -> GroupOffsets {
    GroupOffsets {
        group: group.to_owned(),
        offsets: offsets
            .iter()
            .map(|(partition, offset)| GroupOffset {
                topic: "orders".to_owned(),
                partition: *partition,
                offset: *offset,
                leader_epoch: Some(3),
                metadata: "kept".to_owned(),
            })
            .collect(),
    }
}
