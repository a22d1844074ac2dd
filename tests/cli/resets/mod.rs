//! `reset-offsets` and its refusals, on the cluster in memory.

pub mod guards;
mod positions;
mod undo;
mod writes;

use std::collections::BTreeMap;

use crate::fake::Bench;
use crate::program::Ran;

fn reset(bench: &Bench, arguments: &[&str]) -> Ran {
    bench.run(&[&["reset-offsets"], arguments].concat())
}

/// The offset that is planned for each partition of a group's topic.
fn planned(ran: &Ran) -> BTreeMap<i64, i64> {
    let plan = ran.json();
    let steps = plan["steps"].as_array().unwrap().iter();
    let moved = steps.map(|step| {
        let partition = step["resource"]["partition"].as_i64().unwrap();
        (
            partition,
            step["action"]["after"]["offset"].as_i64().unwrap(),
        )
    });
    let stays = plan["unmoved"].as_array().cloned().unwrap_or_default();
    let stays: Vec<(i64, i64)> = stays
        .iter()
        .filter_map(|one| Some((one["partition"].as_i64()?, one["committed"].as_i64()?)))
        .collect();
    moved.chain(stays).collect()
}
