//! Limits of lag, and the groups that exceed them.

use schemars::JsonSchema;
use serde::Serialize;

use super::lag::{GroupLag, Lags, Next, Position};
use super::measure::TopicPartition;
use super::seen::Seen;

/// The largest acceptable lag. Lost records and commits after the log end exceed every limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Of a group, in records.
    pub records: Option<i64>,
    /// Of the age of the next record in any partition, in milliseconds.
    pub age_ms: Option<i64>,
}

/// How a limit is exceeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "why", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Excess {
    /// Records were deleted before they were read.
    Lost {
        /// How many.
        lost: i64,
    },
    /// Commits are after the log end.
    BeyondLogEnd {
        /// In how many partitions.
        partitions: usize,
    },
    /// The lag is too large.
    Lag {
        /// The lag, in records.
        lag: i64,
        /// The part of the lag that is counted from the log start, because nothing is committed.
        #[serde(skip_serializing_if = "is_zero")]
        from_log_start: i64,
    },
    /// The next record is too old.
    Age {
        /// The topic of the oldest next record.
        topic: String,
        /// Its partition.
        partition: i32,
        /// Its age, in milliseconds.
        age_ms: i64,
        /// Whether it is the first record of a log without a commit.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        no_commit: bool,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// A group that exceeds a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Over {
    /// Its id.
    pub group: String,
    /// The limits that it exceeds.
    pub excess: Vec<Excess>,
}

impl Limits {
    /// Whether there is a limit.
    #[must_use]
    pub fn any(&self) -> bool {
        self.records.is_some() || self.age_ms.is_some()
    }

    /// The groups that exceed the limits, the worst first. `now_ms` is milliseconds since 1970.
    #[must_use]
    pub fn over(&self, lags: &Lags, now_ms: i64) -> Vec<Over> {
        let over = |group: &GroupLag| Over {
            group: group.id.clone(),
            excess: self.excess(group, now_ms),
        };
        let groups = lags.groups.iter().filter(|_| self.any()).map(over);
        groups.filter(|over| !over.excess.is_empty()).collect()
    }

    fn excess(&self, group: &GroupLag, now_ms: i64) -> Vec<Excess> {
        let total = group.total();
        let mut excess = Vec::new();
        if total.lost > 0 {
            excess.push(Excess::Lost { lost: total.lost });
        }
        if total.beyond_end > 0 {
            let partitions = total.beyond_end;
            excess.push(Excess::BeyondLogEnd { partitions });
        }
        if self.records.is_some_and(|most| total.lag > most) {
            excess.push(Excess::Lag {
                lag: total.lag,
                from_log_start: total.from_start,
            });
        }
        if let (Some(most), Some((TopicPartition { topic, partition }, position, timestamp))) =
            (self.age_ms, oldest(group))
        {
            let age_ms = now_ms.saturating_sub(timestamp);
            let excessive = Excess::Age {
                topic: topic.clone(),
                partition: *partition,
                age_ms,
                no_commit: position.committed.is_absent(),
            };
            excess.extend((age_ms > most).then_some(excessive));
        }
        excess
    }

    /// Next records whose age is unknown although the limit needs it, with the reasons.
    pub fn undecided<'a>(
        &self,
        lags: &'a Lags,
    ) -> impl Iterator<Item = (&'a str, &'a TopicPartition, &'a str)> {
        let groups = lags.groups.iter().filter(|_| self.age_ms.is_some());
        groups.flat_map(|group| {
            let positions = group.positions.value().into_iter().flatten();
            positions.filter_map(|(key, position)| {
                let next = position
                    .next
                    .as_ref()
                    .filter(|next| **next != Next::NoneLeft)?;
                Some((group.id.as_str(), key, next.timestamp().err()?))
            })
        })
    }
}

/// The partition with the oldest next record, and that record's timestamp.
fn oldest(group: &GroupLag) -> Option<(&TopicPartition, &Position, i64)> {
    let Seen::Value(positions) = &group.positions else {
        return None;
    };
    let timestamps = positions.iter().filter_map(|(key, position)| {
        let timestamp = position.next.as_ref()?.timestamp().ok()?;
        Some((key, position, timestamp))
    });
    timestamps.min_by_key(|(.., timestamp)| *timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::group::{Committed, RecordTime};

    /// A negative offset means no commit.
    fn lags(places: &[(i64, i64, i64, Option<i64>)]) -> Lags {
        let position = |(committed, start, end, timestamp): &(i64, i64, i64, Option<i64>)| {
            let record = RecordTime {
                offset: *committed,
                timestamp: *timestamp,
            };
            Position {
                committed: match committed {
                    0.. => Seen::Value(Committed::at(*committed)),
                    _ => Seen::Absent,
                },
                start: Seen::Value(*start),
                end: Seen::Value(*end),
                next: Some(Next::Record(record)),
            }
        };
        let numbered = (0..).zip(places);
        let keyed =
            numbered.map(|(number, place)| (TopicPartition::new("t", number), position(place)));
        let group = GroupLag {
            id: "g".to_owned(),
            group: Seen::Absent,
            positions: Seen::Value(keyed.collect()),
        };
        Lags {
            groups: vec![group],
            ..Lags::default()
        }
    }

    fn over(limits: Limits, lags: &Lags) -> Vec<Excess> {
        let over = limits.over(lags, 10_000);
        over.into_iter().flat_map(|over| over.excess).collect()
    }

    const RECORDS: Limits = Limits {
        records: Some(10),
        age_ms: None,
    };
    const AGE: Limits = Limits {
        records: None,
        age_ms: Some(1_000),
    };

    #[test]
    fn a_limit_may_be_reached_and_not_passed() {
        let at = |committed| lags(&[(committed, 0, 20, Some(9_000)), (8, 0, 8, None)]);
        assert_eq!(over(RECORDS, &at(10)), []);
        let lag = Excess::Lag {
            lag: 11,
            from_log_start: 0,
        };
        assert_eq!(over(RECORDS, &at(9)), [lag]);
        assert_eq!(over(AGE, &at(0)), []);
        assert_eq!(over(Limits::default(), &at(0)), []);
    }

    #[test]
    fn the_oldest_record_counts() {
        let lags = lags(&[(0, 0, 1, Some(9_500)), (0, 0, 1, Some(8_999))]);
        let topic = "t".to_owned();
        let age = Excess::Age {
            topic,
            partition: 1,
            age_ms: 1_001,
            no_commit: false,
        };
        assert_eq!(over(AGE, &lags), [age]);
    }

    #[test]
    fn what_has_no_commit_counts_from_the_log_start() {
        let lags = lags(&[(5, 0, 5, None), (-1, 20, 31, Some(8_999))]);
        let lag = Excess::Lag {
            lag: 11,
            from_log_start: 11,
        };
        assert_eq!(over(RECORDS, &lags), [lag]);
        let age = Excess::Age {
            topic: "t".to_owned(),
            partition: 1,
            age_ms: 1_001,
            no_commit: true,
        };
        assert_eq!(over(AGE, &lags), [age]);
    }

    #[test]
    fn what_is_lost_is_over_every_limit() {
        let lags = lags(&[(4, 5, 5, Some(10_000)), (6, 0, 5, Some(10_000))]);
        let expected = [
            Excess::Lost { lost: 1 },
            Excess::BeyondLogEnd { partitions: 1 },
        ];
        assert_eq!(over(RECORDS, &lags), expected);
        assert_eq!(over(AGE, &lags), expected);
    }

    #[test]
    fn an_age_that_is_not_known_decides_nothing() {
        let lags = lags(&[(0, 0, 1, None)]);
        assert_eq!(RECORDS.undecided(&lags).count(), 0);
        let key = TopicPartition::new("t", 0);
        let undecided: Vec<_> = AGE.undecided(&lags).collect();
        assert_eq!(undecided, [("g", &key, "the record has no timestamp")]);
    }
}
