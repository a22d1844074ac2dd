//! A cold `plan` of the twelve topics, compared with Kafka's `kafka-topics --describe`, alternating
//! on the same broker: whole processes. Once without security, and once over `SASL_SSL` with
//! SCRAM-SHA-256 and the same properties file for both.
#![allow(clippy::too_many_lines, reason = "a benchmark tells a whole story")]
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
use support::secured::{self, Secured};
use support::{apache, kafka};

const ROUNDS: usize = 11;

fn main() {
    let kafka = kafka::fresh(1, &[]);
    compare("PLAINTEXT", &kafka.bootstrap(), &[]);
    drop(kafka);
    let kafka = secured::shared();
    let directory = tempfile::tempdir().unwrap();
    let file = Secured::client_properties(directory.path());
    let with = ["--command-config", file.to_str().unwrap()];
    compare("SASL_SSL", &kafka.at("saslssl"), &with);
}

/// Compares the two. `with` is the login of both.
fn compare(protocol: &str, at: &str, with: &[&str]) {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("topics.yaml");
    let program = Program::with_manifest(&std::fs::read_to_string(manifest).unwrap());
    let apply = [&["apply", "--yes", "-b", at], with].concat();
    let plan = [&["plan", "--exit-code", "-b", at], with].concat();
    let describe = [with, &["--describe"]].concat();
    program.run(&apply).exits(0);

    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..ROUNDS {
        ours.push(time(|| {
            let plan = program.command(&plan).output().unwrap();
            assert_eq!(plan.status.code(), Some(0));
        }));
        theirs.push(time(|| {
            black_box(apache::topics(at, &describe).ok());
        }));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    println!("{protocol}");
    println!("  tonkafka plan            median {ours:?}");
    println!("  kafka-topics --describe  median {theirs:?}");
    println!("  ratio                    {ratio:.1}");
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
