//! Groups and their lag as documents. They have everything, whatever a table shows.

use serde_json::{Value, json};

use super::json::{NotShown, of_kind};
use super::lag::Sight;
use crate::model::lag::{GroupLag, Next, Position, Readers, Standing, Total};
use crate::model::lag_limit::Over;
use crate::model::measure::{TopicPartition, of_topic};
use crate::model::pace::Pace;
use crate::model::seen::{Cause, Seen, Unseen};

/// A document of this kind, with the groups that are over a limit, where there is one, and the error
/// that kept something out.
#[must_use]
pub fn lag_json(
    kind: &str,
    sight: Sight<'_>,
    over: Option<&[Over]>,
    error: Option<Value>,
) -> String {
    let groups = sight.lags.groups.iter().map(|group| sight.group(group));
    let total = sight.lags.total();
    let is_whole =
        sight.lags.unseen().next().is_none() && total.unknown() == 0 && !sight.lags.only_visible;
    let mut fields = json!({
        "readAtMs": sight.now_ms,
        "groups": groups.collect::<Vec<Value>>(),
        "total": sight.total(&total, None, is_whole),
        "brokersNotSeen": sight.lags.missing,
        "topicsNotSeen": sight.lags.missing_topics,
    });
    if let Some(over) = over {
        fields["over"] = json!(over);
    }
    let not_shown = NotShown {
        only_visible: sight.lags.only_visible,
        error,
        ..NotShown::default()
    };
    of_kind(kind, not_shown.within(fields))
}

impl Sight<'_> {
    fn group(self, lag: &GroupLag) -> Value {
        let mut fields = match &lag.group {
            Seen::Value(described) => json!(described),
            _ => json!({ "id": lag.id }),
        };
        match &lag.positions {
            Seen::Value(_) => {
                let pace = self.paces.and_then(|paces| paces.together(&lag.id, None));
                let total = lag.total();
                fields["total"] = self.total(&total, pace, total.unknown() == 0);
                let totals = lag.topics().into_iter();
                let readers = lag.readers();
                let topics = totals.map(|(topic, total)| self.topic(lag, &readers, topic, &total));
                fields["topics"] = topics.collect();
            }
            Seen::Unseen(Unseen {
                cause: Cause::NotSupported,
                words: protocol,
            }) => {
                let reason = format!("no consumers: its protocol is {protocol}");
                fields["total"] = Value::Null;
                fields["reason"] = json!(reason);
            }
            unseen => {
                fields["total"] = Value::Null;
                fields["notSeen"] = json!(unseen.as_ref().map(|_| ()));
            }
        }
        if let Some(paces) = self.paces {
            fields["simpleConsumer"] = json!(paces.is_simple(&lag.id));
        }
        fields
    }

    fn topic(self, lag: &GroupLag, readers: &Readers<'_>, topic: &str, total: &Total) -> Value {
        let pace = self
            .paces
            .and_then(|paces| paces.together(&lag.id, Some(topic)));
        let positions = lag.positions.value();
        let own = positions.into_iter().flat_map(|all| of_topic(all, topic));
        let partitions: Vec<Value> = own
            .map(|(key, position)| self.partition(lag, readers, key, position))
            .collect();
        json!({
            "topic": topic,
            "total": self.total(total, pace, total.unknown() == 0),
            "partitions": partitions,
        })
    }

    fn partition<'a>(
        self,
        lag: &GroupLag,
        readers: &Readers<'a>,
        key: &'a TopicPartition,
        position: &Position,
    ) -> Value {
        let standing = position.standing();
        let mut fields = json!({
            "partition": key.1,
            "standing": standing.word(),
            "committed": position.committed.value(),
            "logStart": position.start.value(),
            "logEnd": position.end.value(),
            "lag": standing.lag(),
        });
        match standing {
            Standing::BelowStart { lost, .. } => fields["lost"] = json!(lost),
            Standing::BeyondEnd { by } => fields["beyond"] = json!(by),
            Standing::NoCommit { unread } => fields["unread"] = json!(unread),
            Standing::Unreadable(reason) => fields["reason"] = json!(reason),
            _ => {}
        }
        if let Some(member) = readers.of(key) {
            fields["member"] = json!(member.id);
        }
        if let Some(next) = &position.next {
            fields["next"] = self.next(next);
        }
        if let Some(pace) = self.paces.and_then(|paces| paces.of(&lag.id, key)) {
            fields["pace"] = pace_json(pace);
        }
        fields
    }

    fn next(self, next: &Next) -> Value {
        let offset = match next {
            Next::Record(record) => Some(record.offset),
            _ => None,
        };
        match next.timestamp() {
            Ok(timestamp) => json!({
                "offset": offset,
                "timestampMs": timestamp,
                "ageMs": self.now_ms.saturating_sub(timestamp),
            }),
            Err(reason) => json!({ "offset": offset, "reason": reason }),
        }
    }

    fn total(self, total: &Total, pace: Option<Pace>, is_whole: bool) -> Value {
        let mut fields = json!({
            "lag": total.lag,
            "whole": is_whole,
            "lost": total.lost,
            "fromLogStart": total.from_start,
            "partitions": total.partitions,
            "noCommit": total.no_commit,
            "beyondLogEnd": total.beyond_end,
            "gone": total.gone,
            "unreadable": total.unreadable,
        });
        if self.ages {
            let age = |timestamp| self.now_ms.saturating_sub(timestamp);
            fields["oldestMs"] = json!(total.oldest);
            fields["ageMs"] = json!(total.oldest.map(age));
            fields["unknownAges"] = json!(total.ageless);
        }
        if let Some(pace) = pace {
            fields["pace"] = pace_json(pace);
        }
        fields
    }
}

fn pace_json(pace: Pace) -> Value {
    json!({
        "consumedPerSecond": per_second(pace.consumed),
        "producedPerSecond": per_second(pace.produced),
        "trend": pace.trend().word(),
        "zeroInMs": pace.zero_in_ms(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "no rate has so many digits")]
fn per_second(tenths: i64) -> f64 {
    tenths as f64 / 10.0
}
