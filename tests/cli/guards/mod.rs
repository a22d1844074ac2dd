//! Every guard: what triggers it, what passes it, and its entry in `docs/guards.md`.

mod every;
mod min_isr;
mod orphans;
mod pruning;
mod retention;
mod secrets;

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{FakeLog, State};
use tonkafka::plan::Code;

use crate::fake::{Bench, holding, topic};
use crate::program::Ran;

fn items(items: &str) -> String {
    format!("version: 1\ntopics:\n  items:\n    - {items}\n")
}

const IN_CLEAR: &str = "\
version: 1
broker:
  brokers:
    1: { listener.name.internal.ssl.keystore.password: hunter2 }
";

/// A topic with two replicas, one of them on a dead broker.
fn half_down() -> State {
    let mut state = State {
        brokers: vec![1, 2],
        ..holding(&[("a", topic(1, &[]))])
    };
    state.topics.get_mut("a").unwrap().replicas = 2;
    state.faults.dead_brokers.insert(2);
    state
}

/// A topic whose records are half from 1970 and half from the far future.
fn old_and_new(configs: &[(&str, &str)]) -> State {
    let log = FakeLog {
        start: 10,
        end: 110,
        size: 204_800,
        timestamps: BTreeMap::from([(10, 0), (60, 4_000_000_000_000)]),
        ..FakeLog::default()
    };
    State {
        logs: BTreeMap::from([("a".to_owned(), BTreeMap::from([(0, log)]))]),
        ..holding(&[("a", topic(1, configs))])
    }
}

fn severities(ran: &Ran, code: Code) -> Vec<String> {
    let plan = ran.json();
    let findings = plan["findings"].as_array().unwrap();
    findings
        .iter()
        .filter(|finding| finding["code"] == code.to_string())
        .map(|finding| finding["severity"].as_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn refused(manifest: &str, state: &State, expected: &str) {
    let ran = Bench::new(manifest, state).run(&["plan"]).exits(4);
    ran.stdout_has(expected);
}
