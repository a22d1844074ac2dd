//! A cold `plan` of the twelve topics beside Kafka's own `kafka-topics --describe`, turn by turn on
//! the same broker: whole processes, from start to end.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../tests/support/program.rs"]
#[allow(dead_code, reason = "the tests need the rest")]
mod program;
#[path = "../tests/cluster/support/mod.rs"]
#[allow(dead_code, reason = "the tests need the rest")]
mod support;

use program::Program;
use support::{apache, kafka};

const ROUNDS: usize = 11;

fn main() {
    let kafka = kafka::fresh(1, &[]);
    let at = kafka.bootstrap();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("topics.yaml");
    let program = Program::with_manifest(&std::fs::read_to_string(manifest).unwrap());
    program.run(&["apply", "--yes", "-b", &at]).exits(0);

    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..ROUNDS {
        ours.push(time(|| {
            let mut plan = program.command(&["plan", "--exit-code", "-b", &at]);
            assert_eq!(plan.output().unwrap().status.code(), Some(0));
        }));
        theirs.push(time(|| {
            black_box(apache::topics(&at, &["--describe"]).ok());
        }));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("tonkafka plan            median {ours:?}");
    println!("kafka-topics --describe  median {theirs:?}");
    println!(
        "ratio                    {:.1}",
        theirs.as_secs_f64() / ours.as_secs_f64()
    );
}

fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
