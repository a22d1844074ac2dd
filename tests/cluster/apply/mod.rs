//! `plan` and `apply` on real Kafka, checked with Apache's tools.

mod changes;
mod failures;
mod saved;

use crate::program::{Program, Ran};

fn topics(items: &str) -> String {
    format!("version: 1\ntopics:\n  items:\n{items}")
}

fn run(program: &Program, bootstrap: &str, arguments: &[&str]) -> Ran {
    let mut all = arguments.to_vec();
    all.extend(["--bootstrap-server", bootstrap]);
    program.run(&all)
}

fn summary(ran: &Ran) -> &str {
    ran.stdout.lines().last().unwrap_or_default()
}
