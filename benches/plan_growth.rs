//! The growth of `plan`'s time with the number of new topics, on the cluster in memory: whole
//! processes. Twice the topics must take about twice the processor time, which other load does not
//! change.
#![allow(clippy::too_many_lines, reason = "a benchmark tells a whole story")]
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

#[path = "../tests/support/program.rs"]
#[allow(dead_code, reason = "the tests need the rest")]
mod program;

use program::Program;

const ROUNDS: usize = 7;
/// The most that 40,000 topics may take, in times of 20,000.
const MOST_GROWTH: f64 = 2.5;
const LONGEST: Duration = Duration::from_secs(5);

/// The time of one run, or of the shortest of several.
#[derive(Clone, Copy)]
struct Took {
    wall: Duration,
    processor: Duration,
}

fn main() {
    let small = best(20_000);
    let large = best(40_000);
    let growth = large.processor.as_secs_f64() / small.processor.as_secs_f64();
    let all = time(&program(100_000), 100_000);
    for (topics, took) in [(20_000, small), (40_000, large), (100_000, all)] {
        let Took { wall, processor } = took;
        println!("plan of {topics:>6} new topics  {wall:?}, of which a processor {processor:?}");
    }
    println!("twice the topics take {growth:.1} times as long");
    assert!(growth < MOST_GROWTH);
    assert!(all.wall < LONGEST);
}

/// A manifest of new topics, half of them without a replication factor, and an empty cluster.
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

fn best(topics: usize) -> Took {
    let program = program(topics);
    let rounds: Vec<Took> = (0..ROUNDS).map(|_| time(&program, topics)).collect();
    let least = |of: fn(&Took) -> Duration| rounds.iter().map(of).min().unwrap();
    Took {
        wall: least(|took| took.wall),
        processor: least(|took| took.processor),
    }
}

fn time(program: &Program, topics: usize) -> Took {
    let (start, before) = (Instant::now(), processor_time());
    let mut plan = program.command(&["plan", "-b", "fake:cluster.json"]);
    let said = String::from_utf8(plan.output().unwrap().stdout).unwrap();
    let took = Took {
        wall: start.elapsed(),
        processor: processor_time().saturating_sub(before),
    };
    let summary = format!("plan: {topics} to create, 0 to change, 0 to delete\n");
    assert!(said.ends_with(&summary), "{said:.1000}");
    took
}

/// The processor time of ended child processes, in hundredths of a second on Linux
/// (`proc_pid_stat(5)`: `cutime`, `cstime`).
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(13).take(2);
    let ticks: u64 = ticks.map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}
