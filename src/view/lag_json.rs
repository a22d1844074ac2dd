//! Groups and their lag as JSON. The documents always have everything.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::documents::ErrorFields;
use super::json::of_kind;
use super::lag::Sight;
use crate::model::broker::BrokerId;
use crate::model::group::{Committed, DescribedGroup};
use crate::model::lag::{GroupLag, LagState, Next, Position, Readers, Total};
use crate::model::lag_limit::Over;
use crate::model::measure::{TopicPartition, of_topic};
use crate::model::pace::Pace;
use crate::model::seen::{Cause, Seen};

/// Groups and their lag.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LagDocument<'a> {
    /// When the lag was read, in milliseconds since the epoch.
    read_at_ms: i64,
    groups: Vec<GroupFields<'a>>,
    /// The total of all groups.
    total: TotalFields,
    /// Brokers that did not list their groups, each with the reason.
    brokers_not_seen: &'a BTreeMap<BrokerId, String>,
    /// Topics that were not completely seen, each with the reason.
    topics_not_seen: &'a BTreeMap<String, String>,
    /// The groups over a limit, if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    over: Option<&'a [Over]>,
    /// Whether groups may be left out because this user may not describe them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    only_visible: bool,
    /// The error, if the document is incomplete.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorFields>,
}

/// A group and its lag.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GroupFields<'a> {
    #[serde(flatten)]
    group: GroupHead<'a>,
    /// The total of the group; null if it has no lag.
    total: Option<TotalFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topics: Option<Vec<TopicLagFields<'a>>>,
    /// Why the group has no lag.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Why the lag of the group was not seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_seen: Option<Seen<()>>,
    /// Under `--watch`: whether the group has commits and no members.
    #[serde(skip_serializing_if = "Option::is_none")]
    simple_consumer: Option<bool>,
}

/// The description of a group, or its id alone.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum GroupHead<'a> {
    /// A group that was described.
    Described {
        #[serde(flatten)]
        group: &'a DescribedGroup,
    },
    /// A group that could not be described.
    Id {
        /// The id of the group.
        id: &'a str,
    },
}

/// A topic that a group reads.
#[derive(Serialize, JsonSchema)]
struct TopicLagFields<'a> {
    topic: &'a str,
    total: TotalFields,
    partitions: Vec<PartitionLagFields<'a>>,
}

/// A partition that a group reads.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PartitionLagFields<'a> {
    partition: i32,
    /// The position of the group in the log.
    #[schemars(extend("enum" = STANDINGS))]
    standing: &'static str,
    /// The commit; null if there is none or it was not seen.
    committed: Option<&'a Committed>,
    log_start: Option<i64>,
    log_end: Option<i64>,
    /// Offsets left to read.
    lag: Option<i64>,
    /// Offsets that were deleted before they were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<i64>,
    /// How far the commit is beyond the log end.
    #[serde(skip_serializing_if = "Option::is_none")]
    beyond: Option<i64>,
    /// Offsets in the log, if the group has no commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    #[expect(clippy::option_option, reason = "null is there, and nothing is not")]
    unread: Option<Option<i64>>,
    /// Why the lag is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The id of the member that is assigned the partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    /// The next record to read, if ages were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<NextFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pace: Option<PaceFields>,
}

/// The positions of a group in the log ([`LagState::word`]).
const STANDINGS: [&str; 7] = [
    "caughtUp",
    "behind",
    "belowLogStart",
    "beyondLogEnd",
    "noCommit",
    "gone",
    "unreadable",
];

/// The next record of a partition: its age, or the reason why it is not known.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NextFields {
    offset: Option<i64>,
    /// Its timestamp, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The lag of several partitions.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TotalFields {
    /// Offsets left to read, as far as known.
    lag: i64,
    /// Whether the whole lag is known.
    whole: bool,
    /// Offsets that were deleted before they were read.
    lost: i64,
    /// The part of the lag that is counted from the log start, for lack of a commit.
    from_log_start: i64,
    /// The number of partitions.
    partitions: usize,
    no_commit: usize,
    beyond_log_end: usize,
    gone: usize,
    unreadable: usize,
    /// The ages, if they were asked for.
    #[serde(flatten)]
    ages: Option<AgeFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pace: Option<PaceFields>,
}

/// The ages of next records.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AgeFields {
    /// The timestamp of the oldest next record, in milliseconds since the epoch.
    #[schemars(extend("nullable" = true))]
    oldest_ms: Option<i64>,
    /// The age of the oldest next record.
    #[schemars(extend("nullable" = true))]
    age_ms: Option<i64>,
    /// Partitions whose next record has no known age.
    unknown_ages: usize,
}

/// The rates between two reads.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PaceFields {
    consumed_per_second: f64,
    produced_per_second: f64,
    /// The direction of the lag.
    #[schemars(extend("enum" = ["stuck", "growing", "steady", "shrinking"]))]
    trend: &'static str,
    /// The time until the lag is zero, in milliseconds.
    zero_in_ms: Option<i64>,
}

/// A lag document of this kind. `over` has the groups over a limit, if one was given; `error` is
/// set if the document is incomplete.
#[must_use]
pub fn lag_json(
    kind: &str,
    sight: Sight<'_>,
    over: Option<&[Over]>,
    error: Option<ErrorFields>,
) -> String {
    let groups = sight.lags.groups.iter().map(|group| sight.group(group));
    let total = sight.lags.total();
    let is_whole =
        sight.lags.unseen().next().is_none() && total.unknown() == 0 && !sight.lags.only_visible;
    let fields = LagDocument {
        read_at_ms: sight.now_ms,
        groups: groups.collect(),
        total: sight.total(&total, None, is_whole),
        brokers_not_seen: &sight.lags.missing,
        topics_not_seen: &sight.lags.missing_topics,
        over,
        only_visible: sight.lags.only_visible,
        error,
    };
    of_kind(kind, &fields)
}

impl<'a> Sight<'a> {
    fn group(self, lag: &'a GroupLag) -> GroupFields<'a> {
        let mut fields = GroupFields {
            group: match &lag.group {
                Seen::Value(group) => GroupHead::Described { group },
                _ => GroupHead::Id { id: &lag.id },
            },
            total: None,
            topics: None,
            reason: None,
            not_seen: None,
            simple_consumer: self.paces.map(|paces| paces.is_simple(&lag.id)),
        };
        match &lag.positions {
            Seen::Value(_) => {
                let pace = self.paces.and_then(|paces| paces.together(&lag.id, None));
                let total = lag.total();
                fields.total = Some(self.total(&total, pace, total.unknown() == 0));
                let totals = lag.topics().into_iter();
                let readers = lag.readers();
                let topics = totals.map(|(topic, total)| self.topic(lag, &readers, topic, &total));
                fields.topics = Some(topics.collect());
            }
            Seen::Unseen(Cause::NotSupported, protocol) => {
                fields.reason = Some(format!("no consumers: its protocol is {protocol}"));
            }
            unseen => fields.not_seen = Some(unseen.as_ref().map(|_| ())),
        }
        fields
    }

    fn topic(
        self,
        lag: &'a GroupLag,
        readers: &Readers<'a>,
        topic: &'a str,
        total: &Total,
    ) -> TopicLagFields<'a> {
        let pace = self
            .paces
            .and_then(|paces| paces.together(&lag.id, Some(topic)));
        let positions = lag.positions.value();
        let own = positions.into_iter().flat_map(|all| of_topic(all, topic));
        TopicLagFields {
            topic,
            total: self.total(total, pace, total.unknown() == 0),
            partitions: own
                .map(|(key, position)| self.partition(lag, readers, key, position))
                .collect(),
        }
    }

    fn partition(
        self,
        lag: &GroupLag,
        readers: &Readers<'a>,
        key: &'a TopicPartition,
        position: &'a Position,
    ) -> PartitionLagFields<'a> {
        let standing = position.lag_state();
        let mut fields = PartitionLagFields {
            partition: key.partition,
            standing: standing.word(),
            committed: position.committed.value(),
            log_start: position.start.value().copied(),
            log_end: position.end.value().copied(),
            lag: standing.lag(),
            lost: None,
            beyond: None,
            unread: None,
            reason: None,
            member: readers.of(key).map(|member| member.id.as_str()),
            next: position.next.as_ref().map(|next| self.next(next)),
            pace: self
                .paces
                .and_then(|paces| paces.of(&lag.id, key))
                .map(PaceFields::of),
        };
        match standing {
            LagState::BelowStart { lost, .. } => fields.lost = Some(lost),
            LagState::BeyondEnd { by } => fields.beyond = Some(by),
            LagState::NoCommit { unread } => fields.unread = Some(unread),
            LagState::Unreadable(reason) => fields.reason = Some(reason),
            _ => {}
        }
        fields
    }

    fn next(self, next: &Next) -> NextFields {
        let timestamp = next.timestamp();
        let timestamp_ms = timestamp.as_ref().ok().copied();
        NextFields {
            offset: match next {
                Next::Record(record) => Some(record.offset),
                _ => None,
            },
            timestamp_ms,
            age_ms: timestamp_ms.map(|timestamp| self.now_ms.saturating_sub(timestamp)),
            reason: timestamp.err().map(str::to_owned),
        }
    }

    fn total(self, total: &Total, pace: Option<Pace>, is_whole: bool) -> TotalFields {
        let age = |timestamp| self.now_ms.saturating_sub(timestamp);
        TotalFields {
            lag: total.lag,
            whole: is_whole,
            lost: total.lost,
            from_log_start: total.from_start,
            partitions: total.partitions,
            no_commit: total.no_commit,
            beyond_log_end: total.beyond_end,
            gone: total.gone,
            unreadable: total.unreadable,
            ages: self.ages.then(|| AgeFields {
                oldest_ms: total.oldest,
                age_ms: total.oldest.map(age),
                unknown_ages: total.ageless,
            }),
            pace: pace.map(PaceFields::of),
        }
    }
}

impl PaceFields {
    fn of(pace: Pace) -> Self {
        Self {
            consumed_per_second: per_second(pace.consumed),
            produced_per_second: per_second(pace.produced),
            trend: pace.trend().word(),
            zero_in_ms: pace.zero_in_ms(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "no rate has so many digits")]
fn per_second(tenths: i64) -> f64 {
    tenths as f64 / 10.0
}
