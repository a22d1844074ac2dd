//! The progress, events and result of a mirror.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::json::of_kind;
use super::open::{self, OffsetRangeFields};
use super::text::{count, escape, records, records_between, shorten};
use crate::cluster::writer::Tally;
use crate::mirror::groups::Round;
use crate::mirror::{Mirror, MirrorPosition, Route};
use crate::model::measure::TopicPartition;
use crate::observe::ends::Open;
use crate::plan::Announced;

/// At most this many partitions are named.
const NAMED: usize = 5;

/// What the mirror will copy, and which groups it will move.
#[must_use]
pub fn announced(
    route: &Route,
    keys: &[TopicPartition],
    once: bool,
    groups: Option<&Announced>,
) -> String {
    let groups = match groups.map(|announced| announced.groups.as_deref()) {
        None => String::new(),
        Some(None) => "moves all groups that committed for them\n".to_owned(),
        Some(Some(ids)) => {
            let names: Vec<String> = ids.iter().map(|id| escape(id)).collect();
            let word = if ids.len() == 1 { "group" } else { "groups" };
            format!("moves {word} {}\n", shorten(&names))
        }
    };
    let topics: BTreeSet<&String> = keys.iter().map(|key| &key.topic).collect();
    format!(
        "copies {} of {} of cluster {} to cluster {}{}\n{groups}",
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
    mirror.positions().values().map(MirrorPosition::lag).sum()
}

/// The progress, with the rate since the start.
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

/// The lag of the mirror, and the partitions with the most.
fn behind(mirror: &Mirror<'_>) -> String {
    let positions = mirror.positions().iter();
    let mut late: Vec<(&TopicPartition, i64)> = positions
        .map(|(key, position)| (key, position.lag()))
        .filter(|(_, lag)| *lag > 0)
        .collect();
    if late.is_empty() {
        return "nothing behind".to_owned();
    }
    late.sort_by_key(|(_, lag)| std::cmp::Reverse(*lag));
    let more = late.len().saturating_sub(NAMED);
    let names = late.iter().take(NAMED);
    let mut names: Vec<String> = names
        .map(|(key, lag)| format!("{} {lag}", key.short()))
        .collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    format!("{} behind: {}", lag(mirror), names.join(", "))
}

/// Records that the source deleted before they were copied.
#[must_use]
pub fn lost(key: &TopicPartition, from: i64, until: i64) -> String {
    format!(
        "{key}: the source deleted offsets {from} to {} before they were copied",
        until - 1
    )
}

/// Offsets without a record that are accepted as a gap.
#[must_use]
pub fn accepted(key: &TopicPartition, from: i64, until: i64) -> String {
    format!(
        "{key}: nothing came of offsets {from} to {}, which is taken for a gap",
        until - 1
    )
}

/// The total of offsets that the source deleted before they were copied.
#[must_use]
pub fn losses(mirror: &Mirror<'_>) -> String {
    let lost = usize::try_from(mirror.lost()).unwrap_or(0);
    let was = if lost == 1 { "was" } else { "were" };
    format!(
        "{} of the source {was} deleted before they were copied",
        count(lost, "offset")
    )
}

/// How many topics of the target were created or changed.
#[must_use]
pub fn prepared(topics: usize) -> String {
    let were = if topics == 1 { "was" } else { "were" };
    format!("{} {were} created or changed", count(topics, "topic"))
}

/// What was done before a failure: topics created or changed, records copied, groups moved. None if
/// nothing was.
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

/// Groups whose commits have an unknown outcome.
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

/// A topic that got partitions which are not copied.
#[must_use]
pub fn grown(topic: &str, partitions: usize) -> String {
    format!(
        "topic `{}` has grown to {} at the source: the new ones are copied once the mirror is started anew",
        escape(topic),
        count(partitions, "partition")
    )
}

/// What was done to groups, one line each.
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

/// The result of the mirror.
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

/// An event of a mirror.
#[derive(Serialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum MirrorDocument<'a> {
    /// The progress.
    Progress {
        #[serde(flatten)]
        position: MirrorProgress<'a>,
    },
    /// Something failed, and is retried.
    Again {
        /// The error.
        reason: &'a str,
    },
    /// The source deleted records before they were copied.
    Lost {
        #[serde(flatten)]
        offsets: MirrorOffsets<'a>,
    },
    /// Offsets without a record are accepted as a gap.
    Accepted {
        #[serde(flatten)]
        offsets: MirrorOffsets<'a>,
    },
    /// Open transactions are waited for.
    Waiting {
        open_transactions: Vec<OffsetRangeFields>,
    },
    /// Transactions are still open.
    Open {
        open_transactions: Vec<OffsetRangeFields>,
    },
    /// A topic got partitions that are not copied.
    Grown {
        topic: &'a str,
        /// The number of partitions at the source.
        partitions: usize,
    },
    /// What was done to groups.
    Groups {
        moved: Vec<MovedFields<'a>>,
        left: Vec<LeftFields<'a>>,
    },
    /// The mirror has ended.
    Ended {
        #[serde(flatten)]
        position: MirrorProgress<'a>,
        /// The id of the source cluster.
        source: &'a str,
        /// The id of the target cluster.
        target: &'a str,
        /// Whether a signal ended the mirror.
        stopped: bool,
        /// The offsets that open transactions hold back.
        open_transactions: Vec<OffsetRangeFields>,
    },
}

/// The progress of a mirror.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MirrorProgress<'a> {
    /// Records that this run copied.
    #[schemars(range(min = 0))]
    copied: i64,
    /// Records that the target already had.
    #[schemars(range(min = 0))]
    left_out: i64,
    /// Offsets that the source deleted before they were copied.
    #[schemars(range(min = 0))]
    lost: i64,
    /// Offsets that are not copied yet.
    #[schemars(range(min = 0))]
    lag: i64,
    partitions: Vec<MirrorPartitionFields<'a>>,
}

/// The progress in a partition.
#[derive(Serialize, JsonSchema)]
struct MirrorPartitionFields<'a> {
    topic: &'a str,
    #[schemars(range(min = 0))]
    partition: i32,
    /// The source offset that is copied next.
    #[schemars(range(min = 0))]
    next: i64,
    /// The log end offset at the source.
    #[schemars(range(min = 0))]
    end: i64,
    #[schemars(range(min = 0))]
    lag: i64,
}

/// Offsets of a partition of the source.
#[derive(Serialize, JsonSchema)]
pub(super) struct MirrorOffsets<'a> {
    topic: &'a str,
    #[schemars(range(min = 0))]
    partition: i32,
    #[schemars(range(min = 0))]
    from: i64,
    /// The offset after the last one.
    #[schemars(range(min = 0))]
    until: i64,
}

impl<'a> MirrorOffsets<'a> {
    fn of(key: &'a TopicPartition, from: i64, until: i64) -> Self {
        Self {
            topic: &key.topic,
            partition: key.partition,
            from,
            until,
        }
    }
}

/// A commit that a group was given.
#[derive(Serialize, JsonSchema)]
pub(super) struct MovedFields<'a> {
    group: &'a str,
    topic: &'a str,
    #[schemars(range(min = 0))]
    partition: i32,
    /// The committed offset at the target.
    #[schemars(range(min = 0))]
    offset: i64,
}

/// A group that was not moved.
#[derive(Serialize, JsonSchema)]
pub(super) struct LeftFields<'a> {
    group: &'a str,
    reason: &'a str,
}

impl<'a> MirrorProgress<'a> {
    fn of(mirror: &'a Mirror<'_>) -> Self {
        let positions = mirror.positions().iter();
        let partitions = positions.map(|(key, position)| MirrorPartitionFields {
            topic: &key.topic,
            partition: key.partition,
            next: position.next,
            end: position.end,
            lag: position.lag(),
        });
        Self {
            copied: mirror.copied(),
            left_out: mirror.returned(),
            lost: mirror.lost(),
            lag: lag(mirror),
            partitions: partitions.collect(),
        }
    }
}

fn event(document: &MirrorDocument<'_>) -> String {
    of_kind("Mirror", document)
}

/// [`progress`] as a document.
#[must_use]
pub fn progress_document(mirror: &Mirror<'_>) -> String {
    event(&MirrorDocument::Progress {
        position: MirrorProgress::of(mirror),
    })
}

/// A failure that is retried, as a document.
#[must_use]
pub fn again_document(reason: &str) -> String {
    event(&MirrorDocument::Again { reason })
}

/// [`lost`] as a document.
#[must_use]
pub fn lost_document(key: &TopicPartition, from: i64, until: i64) -> String {
    event(&MirrorDocument::Lost {
        offsets: MirrorOffsets::of(key, from, until),
    })
}

/// [`accepted`] as a document.
#[must_use]
pub fn accepted_document(key: &TopicPartition, from: i64, until: i64) -> String {
    event(&MirrorDocument::Accepted {
        offsets: MirrorOffsets::of(key, from, until),
    })
}

/// Open transactions that are waited for, as a document.
#[must_use]
pub fn waiting_document(open: &Open) -> String {
    let open_transactions = open::list(open);
    event(&MirrorDocument::Waiting { open_transactions })
}

/// Transactions that are still open, as a document.
#[must_use]
pub fn open_document(open: &Open) -> String {
    let open_transactions = open::list(open);
    event(&MirrorDocument::Open { open_transactions })
}

/// [`grown`] as a document.
#[must_use]
pub fn grown_document(topic: &str, partitions: usize) -> String {
    event(&MirrorDocument::Grown { topic, partitions })
}

/// [`groups`] as a document.
#[must_use]
pub fn groups_document(round: &Round) -> String {
    let moved = round.moved.iter();
    let moved = moved.map(|(group, key, offset)| MovedFields {
        group,
        topic: &key.topic,
        partition: key.partition,
        offset: *offset,
    });
    let left = round.left.iter();
    let left = left.map(|(group, reason)| LeftFields { group, reason });
    event(&MirrorDocument::Groups {
        moved: moved.collect(),
        left: left.collect(),
    })
}

/// [`ended`] as a document.
#[must_use]
pub fn ended_document(mirror: &Mirror<'_>, route: &Route, stopped: bool) -> String {
    event(&MirrorDocument::Ended {
        position: MirrorProgress::of(mirror),
        source: &route.source,
        target: &route.target,
        stopped,
        open_transactions: open::list(mirror.open()),
    })
}
