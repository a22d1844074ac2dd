//! A reset of a topic with 1,000 partitions, written and read back, compared with Apache's
//! `kafka-consumer-groups --reset-offsets --execute`, alternating on the same broker: whole
//! processes.
#![allow(clippy::too_many_lines, reason = "a benchmark tells a whole story")]
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::time::{Duration, Instant};

#[path = "../tests/support/program.rs"]
#[allow(dead_code, reason = "the tests need the rest")]
mod program;
#[path = "../tests/cluster/support/mod.rs"]
#[allow(dead_code, reason = "the tests need the rest")]
mod support;

use program::Program;
use support::{apache, kafka};

const ROUNDS: usize = 7;
const PARTITIONS: &str = "1000";
const TOPIC: &str = "wide";

fn main() {
    let kafka = kafka::fresh(1, &[]);
    let at = kafka.bootstrap();
    let create = ["--create", "--topic", TOPIC, "--partitions", PARTITIONS];
    apache::topics(&at, &create).ok();
    let program = Program::new();
    let ours = |round: usize| {
        // An empty topic has only one offset, so each round creates its commits.
        let group = format!("ours-{round}");
        let to = [
            "--topic",
            TOPIC,
            "--to",
            "earliest",
            "--create-group",
            "--yes",
        ];
        let arguments = [&["reset-offsets", &group, "-b", &at], &to[..]].concat();
        let ran = program.run(&arguments).exits(0);
        assert!(ran.stdout.ends_with("apply: 1000 done and verified\n"));
    };
    let theirs = |round: usize| {
        let group = format!("theirs-{round}");
        let to = ["--topic", TOPIC, "--to-earliest", "--execute"];
        let arguments = [&["--reset-offsets", "--group", &group], &to[..]].concat();
        let said = apache::consumer_groups(&at, &arguments).ok();
        let rows = said.lines().filter(|line| line.starts_with("theirs-"));
        assert_eq!(rows.count(), 1_000);
    };
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        our_times.push(time(|| ours(round)));
        their_times.push(time(|| theirs(round)));
    }
    let (ours, theirs) = (median(our_times), median(their_times));
    println!("tonkafka reset-offsets   median {ours:?}");
    println!("kafka-consumer-groups    median {theirs:?}");
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
