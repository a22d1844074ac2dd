//! `reset-offsets` on real Kafka, compared with Apache's `ConsumerGroupCommand`.

mod answers;
mod members;
mod positions;

use crate::program::{Program, Ran};
use crate::support::kafka::Kafka;
use crate::support::offsets::committed;

fn offsets(kafka: &Kafka, group: &str, topic: &str) -> Vec<i64> {
    let commits = committed(kafka, group, topic);
    commits.values().map(|one| one.offset).collect()
}

fn reset(program: &Program, at: &str, arguments: &[&str]) -> Ran {
    program.run(&[&["reset-offsets", "-b", at], arguments].concat())
}
