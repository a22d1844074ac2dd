//! A mirror at work: how far it is, what happens, what became of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::json::of_kind;
use super::open;
use super::text::{count, escape, records, records_between};
use crate::backup::mirror::groups::Round;
use crate::backup::mirror::{Mirror, MirrorPosition, Route};
use crate::cluster::writer::Tally;
use crate::model::measure::TopicPartition;
use crate::observe::ends::Open;

/// So many partitions are named that are behind.
const NAMED: usize = 5;

/// What will be copied.
#[must_use]
pub fn announced(route: &Route, keys: &[TopicPartition], once: bool) -> String {
    let topics: BTreeSet<&String> = keys.iter().map(|(topic, _)| topic).collect();
    format!(
        "copies {} of {} of cluster {} to cluster {}{}\n",
        count(keys.len(), "partition"),
        count(topics.len(), "topic"),
        escape(&route.source),
        escape(&route.target),
        if once {
            ", up to where they end now"
        } else {
            ", until it is stopped"
        }
    )
}

fn lag(mirror: &Mirror<'_>) -> i64 {
    mirror.standings().values().map(MirrorPosition::lag).sum()
}

/// How far it is, with its pace over the time that it took.
#[must_use]
pub fn progress(mirror: &Mirror<'_>, took: Duration) -> String {
    let took_ms = i64::try_from(took.as_millis()).unwrap_or(i64::MAX).max(1);
    let rate = mirror.copied().saturating_mul(1_000) / took_ms;
    format!(
        "{} copied, {rate} a second, {}",
        records(mirror.copied()),
        behind(mirror)
    )
}

/// How much is not copied yet, and of which partitions most.
fn behind(mirror: &Mirror<'_>) -> String {
    let standings = mirror.standings().iter();
    let mut late: Vec<(&TopicPartition, i64)> = standings
        .map(|(key, standing)| (key, standing.lag()))
        .filter(|(_, lag)| *lag > 0)
        .collect();
    if late.is_empty() {
        return "nothing behind".to_owned();
    }
    late.sort_by_key(|(_, lag)| std::cmp::Reverse(*lag));
    let more = late.len().saturating_sub(NAMED);
    let names = late.iter().take(NAMED);
    let mut names: Vec<String> = names
        .map(|((topic, index), lag)| format!("{}-{index} {lag}", escape(topic)))
        .collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    format!("{} behind: {}", lag(mirror), names.join(", "))
}

/// Records that were gone before they were copied.
#[must_use]
pub fn lost((topic, index): &TopicPartition, from: i64, until: i64) -> String {
    format!(
        "partition {index} of `{}`: the source deleted offsets {from} to {} before they were copied",
        escape(topic),
        until - 1
    )
}

/// Offsets that nothing came of, which is accepted.
#[must_use]
pub fn accepted((topic, index): &TopicPartition, from: i64, until: i64) -> String {
    format!(
        "partition {index} of `{}`: nothing came of offsets {from} to {}, which is taken for a gap",
        escape(topic),
        until - 1
    )
}

/// How much was gone before it was copied, all in all.
#[must_use]
pub fn losses(mirror: &Mirror<'_>) -> String {
    let lost = usize::try_from(mirror.lost()).unwrap_or(0);
    let was = if lost == 1 { "was" } else { "were" };
    format!(
        "{} of the source {was} deleted before they were copied",
        count(lost, "offset")
    )
}

/// That so many topics of the target were created or changed.
#[must_use]
pub fn prepared(topics: usize) -> String {
    let were = if topics == 1 { "was" } else { "were" };
    format!("{} {were} created or changed", count(topics, "topic"))
}

/// What was done until something failed: so many topics of the target were created or changed, records
/// copied, as far as that is known, groups moved. None where nothing was done.
#[must_use]
pub fn done(topics: usize, mirror: &Mirror<'_>) -> Option<String> {
    let Tally {
        acknowledged,
        unanswered,
    } = mirror.tally();
    let most = acknowledged + unanswered;
    let unsure = unsure(mirror.unsure_groups());
    if topics == 0 && most == 0 && !mirror.has_moved_groups() && unsure.is_none() {
        return None;
    }
    let verb = |is_one, one, many| if is_one { one } else { many };
    let topics = (topics > 0).then(|| prepared(topics));
    let groups = "groups were given offsets".to_owned();
    let groups = mirror.has_moved_groups().then_some(groups);
    let copied = records_between(acknowledged, most);
    let are = verb((acknowledged, most) == (1, 1), "is", "are");
    let parts = [
        topics,
        groups,
        unsure,
        Some(format!("{copied} {are} copied")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Some(parts.join(", "))
}

/// Groups whose commits may be there.
fn unsure(groups: &BTreeSet<String>) -> Option<String> {
    let names: Vec<String> = groups
        .iter()
        .map(|id| format!("`{}`", escape(id)))
        .collect();
    let (noun, verb) = match names.as_slice() {
        [] => return None,
        [_] => ("group", "has"),
        _ => ("groups", "have"),
    };
    let names = names.join(", ");
    Some(format!("{noun} {names} {verb} new offsets or not"))
}

/// A topic that has more partitions than are copied.
#[must_use]
pub fn grown(topic: &str, partitions: usize) -> String {
    format!(
        "topic `{}` has grown to {} at the source: the new ones are copied once the mirror is started anew",
        escape(topic),
        count(partitions, "partition")
    )
}

/// What was done to groups, a line each.
#[must_use]
pub fn groups(round: &Round) -> Vec<String> {
    let moved: BTreeSet<&String> = round.moved.iter().map(|(id, _, _)| id).collect();
    let mut lines = Vec::new();
    if !moved.is_empty() {
        lines.push(format!(
            "gave {} of {} their offsets",
            count(round.moved.len(), "partition"),
            count(moved.len(), "group")
        ));
    }
    let left = round.left.iter();
    lines.extend(
        left.map(|(id, words)| format!("group {} is left alone: {}", escape(id), escape(words))),
    );
    lines
}

/// What was copied.
#[must_use]
pub fn ended(mirror: &Mirror<'_>, route: &Route) -> String {
    let mut text = format!(
        "copied {} from cluster {} to cluster {}, {}\n",
        records(mirror.copied()),
        escape(&route.source),
        escape(&route.target),
        if lag(mirror) == 0 && !mirror.open().is_empty() {
            "up to an open transaction".to_owned()
        } else {
            behind(mirror)
        }
    );
    if mirror.returned() > 0 {
        let _ = writeln!(
            text,
            "left out {} that had been in cluster {} before",
            records(mirror.returned()),
            escape(&route.target)
        ); // a String takes everything
    }
    text += &open::lines(mirror.open(), "are not copied: a transaction was open");
    text
}

fn event(word: &str, fields: Value) -> String {
    let mut all = json!({ "type": word });
    if let (Value::Object(all), Value::Object(fields)) = (&mut all, fields) {
        all.extend(fields);
    }
    of_kind("Mirror", all)
}

fn standing(mirror: &Mirror<'_>) -> Value {
    let standings = mirror.standings().iter();
    let partitions: Vec<Value> = standings
        .map(|((topic, index), standing)| {
            json!({
                "topic": topic,
                "partition": index,
                "next": standing.next,
                "end": standing.end,
                "lag": standing.lag(),
            })
        })
        .collect();
    json!({
        "copied": mirror.copied(),
        "leftOut": mirror.returned(),
        "lost": mirror.lost(),
        "lag": lag(mirror),
        "partitions": partitions,
    })
}

/// [`progress`] as a document.
#[must_use]
pub fn progress_document(mirror: &Mirror<'_>) -> String {
    event("progress", standing(mirror))
}

/// What failed and is tried again, as a document.
#[must_use]
pub fn again_document(reason: &str) -> String {
    event("again", json!({ "reason": reason }))
}

/// [`lost`] as a document.
#[must_use]
pub fn lost_document((topic, index): &TopicPartition, from: i64, until: i64) -> String {
    let fields = json!({ "topic": topic, "partition": index, "from": from, "until": until });
    event("lost", fields)
}

/// [`accepted`] as a document.
#[must_use]
pub fn accepted_document((topic, index): &TopicPartition, from: i64, until: i64) -> String {
    let fields = json!({ "topic": topic, "partition": index, "from": from, "until": until });
    event("accepted", fields)
}

/// Transactions that are waited for (`waiting`), or stay open (`open`), as a document.
#[must_use]
pub fn open_document(word: &str, open: &Open) -> String {
    event(word, json!({ "openTransactions": open::list(open) }))
}

/// [`grown`] as a document.
#[must_use]
pub fn grown_document(topic: &str, partitions: usize) -> String {
    let fields = json!({ "topic": topic, "partitions": partitions });
    event("grown", fields)
}

/// [`groups`] as a document.
#[must_use]
pub fn groups_document(round: &Round) -> String {
    let moved = round.moved.iter().map(|(id, (topic, index), offset)| {
        json!({ "group": id, "topic": topic, "partition": index, "offset": offset })
    });
    let left = round.left.iter();
    let left = left.map(|(id, words)| json!({ "group": id, "reason": words }));
    event(
        "groups",
        json!({
            "moved": moved.collect::<Vec<_>>(),
            "left": left.collect::<Vec<_>>(),
        }),
    )
}

/// [`ended`] as a document.
#[must_use]
pub fn ended_document(mirror: &Mirror<'_>, route: &Route, stopped: bool) -> String {
    let mut fields = standing(mirror);
    fields["source"] = json!(route.source);
    fields["target"] = json!(route.target);
    fields["stopped"] = json!(stopped);
    fields["openTransactions"] = open::list(mirror.open());
    event("ended", fields)
}
