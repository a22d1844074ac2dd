//! The exact output of `lag`.

mod age;
mod groups;

use serde_json::Value;
use tonkafka::cluster::fake::{FakeLog, State};

use crate::fake::{Bench, holding, topic};
use crate::lag_state::group;

fn bench_of(state: &State) -> Bench {
    Bench::new("version: 1\ntopics: {items: []}\n", state)
}

/// A topic of three partitions, and one group.
fn simple(logs: [FakeLog; 3], commits: &[(i32, i64)]) -> State {
    let mut state = holding(&[("t", topic(3, &[]))]);
    state.logs.insert("t".to_owned(), (0..).zip(logs).collect());
    state
        .groups
        .insert("g".to_owned(), group(&[("t", commits)]));
    state
}

fn partitions(document: &Value) -> &Vec<Value> {
    document["groups"][0]["topics"][0]["partitions"]
        .as_array()
        .unwrap()
}
