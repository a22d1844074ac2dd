//! How the time of `plan` grows with the number of new topics, beside the cluster in memory: whole
//! processes, from start to end. Twice the topics have to take about twice the time.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

#[path = "../tests/support/program.rs"]
#[allow(dead_code, reason = "the tests need the rest")]
mod program;

use program::Program;

const ROUNDS: usize = 5;
/// What 40,000 topics may take of the time of 20,000.
const MOST_GROWTH: f64 = 2.6;
const LONGEST: Duration = Duration::from_secs(5);

fn main() {
    let small = best(20_000);
    let large = best(40_000);
    let growth = large.as_secs_f64() / small.as_secs_f64();
    println!("plan of  20,000 new topics  {small:?}");
    println!("plan of  40,000 new topics  {large:?}  ({growth:.1} times as long)");
    let all = time(&program(100_000), 100_000);
    println!("plan of 100,000 new topics  {all:?}");
    assert!(
        growth < MOST_GROWTH,
        "twice the topics take {growth:.1} times as long"
    );
    assert!(all < LONGEST, "{all:?}");
}

/// A manifest of new topics, half of which leave their replicas to the brokers, and an empty cluster.
fn program(topics: usize) -> Program {
    let mut manifest = "version: 1\ntopics:\n  items:\n".to_owned();
    for number in 0..topics {
        let replicas = ["", ", replicas: 1, configs: { retention.ms: 7d }"][number % 2];
        let _ = writeln!(
            manifest,
            "    - {{ name: topic-{number:06}, partitions: 3{replicas} }}"
        );
    }
    let program = Program::with_manifest(&manifest);
    program.write("cluster.json", "{}");
    program
}

fn best(topics: usize) -> Duration {
    let program = program(topics);
    let rounds = (0..ROUNDS).map(|_| time(&program, topics));
    rounds.min().unwrap()
}

fn time(program: &Program, topics: usize) -> Duration {
    let start = Instant::now();
    let said = program
        .command(&["plan", "-b", "fake:cluster.json"])
        .output()
        .unwrap();
    let took = start.elapsed();
    let said = String::from_utf8(said.stdout).unwrap();
    let summary = format!("plan: {topics} to create, 0 to change, 0 to delete\n");
    assert!(said.ends_with(&summary), "{said:.1000}");
    took
}
