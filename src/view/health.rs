//! The health of a cluster: a verdict and its numbers.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::style::Look;
use super::text::{count, escape};
use crate::model::health::Health;

/// The verdict in one line, then the numbers.
#[must_use]
pub fn health(look: Look, health: &Health) -> String {
    let verdict = beside(look, &verdict(health));
    let painted = match (is_well(health), health.unseen.is_empty()) {
        (true, true) => look.added(&verdict),
        (true, false) => look.changed(&verdict),
        (false, _) => look.removed(&verdict),
    };
    let mut rows = vec![
        ("health", painted),
        ("brokers", beside(look, &brokers(health))),
        (
            "controller",
            health
                .controller
                .map_or("not visible".to_owned(), |id| id.to_string()),
        ),
        ("partitions", beside(look, &partitions(health))),
        ("log dirs", beside(look, &log_dirs(health))),
    ];
    if let Some(drift) = health.drift {
        rows.push(("drift", drift_words(drift, health.drift_not_seen)));
    }
    rows.extend(
        health
            .unseen
            .iter()
            .map(|words| ("not seen", beside(look, &escape(words)))),
    );
    rows.extend(
        health
            .unsupported
            .iter()
            .map(|words| ("unsupported", beside(look, &escape(words)))),
    );
    let mut text = String::new();
    for (name, value) in rows {
        let _ = writeln!(text, "{name:12}  {value}");
    }
    text
}

/// A value beside its name, wrapped to the width of the terminal.
fn beside(look: Look, value: &str) -> String {
    const INDENT: usize = 14;
    let Some(width) = look.width else {
        return value.to_owned();
    };
    let width = usize::from(width).saturating_sub(INDENT);
    let mut text = String::new();
    let mut used = 0;
    for word in value.split(' ') {
        let length = word.width();
        if used > 0 && used + 1 + length > width {
            text.push('\n');
            text.push_str(&" ".repeat(INDENT));
            used = 0;
        } else if used > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += length;
    }
    text
}

/// The health in a document.
#[derive(Serialize, JsonSchema)]
pub(super) struct HealthDocument {
    #[serde(flatten)]
    #[schemars(with = "Health")]
    health: Value,
    /// The verdict in words.
    verdict: String,
}

impl HealthDocument {
    pub(super) fn of(health: &Health) -> Self {
        let mut fields = json!(health);
        let of = &health.partitions;
        if of.partitions > 0 && of.unknown_min_isr == of.partitions {
            // No topic's `min.insync.replicas` is known, so a count of zero would be wrong.
            fields["underMinIsr"] = Value::Null;
            fields["atMinIsr"] = Value::Null;
        }
        Self {
            health: fields,
            verdict: verdict(health),
        }
    }
}

/// Whether nothing visible is wrong. Differences from a manifest do not count.
fn is_well(health: &Health) -> bool {
    troubles(health).is_empty()
}

fn troubles(health: &Health) -> Vec<String> {
    let of = &health.partitions;
    let are = |number: usize, noun: &str, what: &str| {
        let verb = if number == 1 { "is" } else { "are" };
        (number > 0).then(|| format!("{} {verb} {what}", count(number, noun)))
    };
    let bad = health.bad_log_dirs.len();
    let all = [
        are(of.offline, "partition", "offline"),
        are(of.under_min_isr, "partition", "under min ISR"),
        are(of.under_replicated, "partition", "under-replicated"),
        are(health.missing_brokers.len(), "broker", "missing"),
        are(bad, "log dir", "not usable"),
    ];
    all.into_iter().flatten().collect()
}

fn verdict(health: &Health) -> String {
    let mut said = troubles(health);
    let mut words = if said.is_empty() { "ok" } else { "degraded" };
    if !health.unseen.is_empty() {
        if said.is_empty() {
            words = "not clear";
        }
        said.push("not everything could be seen".to_owned());
    }
    if said.is_empty() {
        return words.to_owned();
    }
    format!("{words}: {}", said.join(", "))
}

fn brokers(health: &Health) -> String {
    let live = health.live_brokers.len();
    let all = live + health.missing_brokers.len();
    let ids: Vec<String> = health
        .missing_brokers
        .iter()
        .map(ToString::to_string)
        .collect();
    if ids.is_empty() {
        format!("{live} live of {all}")
    } else {
        format!("{live} live of {all}; missing: {}", ids.join(", "))
    }
}

fn partitions(health: &Health) -> String {
    let of = &health.partitions;
    let min_isr = format!(
        "{} under min ISR, {} at min ISR",
        of.under_min_isr, of.at_min_isr
    );
    let min_isr = match of.unknown_min_isr {
        0 => min_isr,
        all if all == of.partitions => "min ISR not known".to_owned(),
        some => format!("{min_isr}, min ISR of {some} not known"),
    };
    format!(
        "{}: {} offline, {} under-replicated, {min_isr}",
        of.partitions, of.offline, of.under_replicated
    )
}

fn log_dirs(health: &Health) -> String {
    let bad: Vec<String> = health
        .bad_log_dirs
        .iter()
        .map(|dir| {
            format!(
                "{} of broker {}: {}",
                escape(&dir.path),
                dir.broker,
                dir.error
            )
        })
        .collect();
    if health.log_dirs == 0 {
        "not told".to_owned()
    } else if bad.is_empty() {
        format!("{} without errors", health.log_dirs)
    } else {
        format!(
            "{}, {} with errors: {}",
            health.log_dirs,
            bad.len(),
            bad.join(", ")
        )
    }
}

fn drift_words(drift: usize, not_seen: usize) -> String {
    let words = match drift {
        0 if not_seen > 0 => "none seen".to_owned(),
        0 => "none".to_owned(),
        1 => "1 resource differs from the manifest".to_owned(),
        more => format!("{more} resources differ from the manifest"),
    };
    match not_seen {
        0 => words,
        some => format!("{words}, {} not visible", count(some, "resource")),
    }
}
