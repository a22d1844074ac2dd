//! `plan` and `apply` on real Kafka, checked with Apache's tools.

mod changes;
mod failures;
mod saved;

use crate::on::run_at as run;
use crate::program::Ran;

fn topics(items: &str) -> String {
    format!("version: 1\ntopics:\n  items:\n{items}")
}

fn summary(ran: &Ran) -> &str {
    ran.stdout.lines().last().unwrap_or_default()
}
