//! Lag: how far groups are behind the logs that they read.
//!
//! A lag is a number only if it can be computed. Other cases are a [`LagState`] of their own: a commit
//! before the log start or after the log end, a deleted topic, an offset that was not told. Without a
//! commit the whole log may be left to read, so lag is counted from the log start and marked as such.
//! Log start and end are read after the commits: records consumed meanwhile make the lag a little too
//! large at most, and never negative.

use std::collections::{BTreeMap, BTreeSet};

use super::broker::BrokerId;
use super::group::{CONSUMER, Committed, DescribedGroup, GroupType, Member, RecordTime};
use super::measure::TopicPartition;
use super::seen::{Cause, Seen};

/// Where a group's committed offset is, relative to the partition's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LagState {
    /// In the log, or at its end.
    InLog {
        /// Offsets from the commit to the log end. In compacted and transactional topics, some of them
        /// are no records that a consumer gets.
        lag: i64,
    },
    /// Before the log start: the next records were deleted. `auto.offset.reset` decides where the
    /// consumer continues.
    BelowStart {
        /// Offsets from the commit to the log start: deleted before they were read.
        lost: i64,
        /// Offsets from the log start to the log end: left to read.
        lag: i64,
    },
    /// After the log end: the topic was created again, or the log was truncated.
    BeyondEnd {
        /// Offsets from the log end to the commit.
        by: i64,
    },
    /// Without a commit. `auto.offset.reset` decides where the consumer begins.
    NoCommit {
        /// Offsets from the log start to the log end, which count as lag; none if they are unknown.
        unread: Option<i64>,
    },
    /// The partition does not exist any more.
    Gone,
    /// An offset could not be read; holds the reason.
    Unreadable(String),
}

impl LagState {
    /// The lag, if it is known.
    #[must_use]
    pub fn lag(&self) -> Option<i64> {
        match self {
            Self::InLog { lag } | Self::BelowStart { lag, .. } => Some(*lag),
            Self::NoCommit { unread } => *unread,
            _ => None,
        }
    }

    /// The part of the lag that is counted from the log start, because nothing is committed.
    #[must_use]
    pub fn from_start(&self) -> i64 {
        match self {
            Self::NoCommit { unread } => unread.unwrap_or(0),
            _ => 0,
        }
    }

    /// Offsets that were deleted before they were read.
    #[must_use]
    pub fn lost(&self) -> i64 {
        match self {
            Self::BelowStart { lost, .. } => *lost,
            _ => 0,
        }
    }

    /// The word for it in documents.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::InLog { lag: 0 } => "caughtUp",
            Self::InLog { .. } => "behind",
            Self::BelowStart { .. } => "belowLogStart",
            Self::BeyondEnd { .. } => "beyondLogEnd",
            Self::NoCommit { .. } => "noCommit",
            Self::Gone => "gone",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

/// The next record that a group will read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This record.
    Record(RecordTime),
    /// No record up to the log end: everything is read, or what is left are control records or was
    /// compacted away.
    NoneLeft,
    /// Not known; holds the reason.
    Unknown(String),
}

impl Next {
    /// The record's timestamp, in milliseconds since 1970.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn timestamp(&self) -> Result<i64, &str> {
        match self {
            Self::Record(record) => record.timestamp.ok_or("the record has no timestamp"),
            Self::NoneLeft => Err("no record left to read"),
            Self::Unknown(reason) => Err(reason),
        }
    }
}

/// A group's commit for a partition, and the partition's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The commit; [`Seen::Absent`] if there is none.
    pub committed: Seen<Committed>,
    /// The log start offset.
    pub start: Seen<i64>,
    /// The log end offset (high watermark).
    pub end: Seen<i64>,
    /// The next record; none if it was not asked for or cannot be determined.
    pub next: Option<Next>,
}

impl Position {
    /// The relation of the commit to the log.
    #[must_use]
    pub fn lag_state(&self) -> LagState {
        if self.start.is_absent() || self.end.is_absent() {
            return LagState::Gone;
        }
        let log = match (&self.start, &self.end) {
            (Seen::Value(start), Seen::Value(end)) => Ok((*start, *end)),
            (start, end) => Err(words(start).or_else(|| words(end))),
        };
        match (&self.committed, log) {
            (Seen::Absent, log) => LagState::NoCommit {
                unread: log.ok().map(|(start, end)| (end - start).max(0)),
            },
            (Seen::Value(committed), Ok((start, end))) => lag_state(committed.offset, start, end),
            (committed, log) => {
                let unread = words(committed).or_else(|| log.err().flatten());
                LagState::Unreadable(unread.unwrap_or_default().to_owned())
            }
        }
    }

    /// The first offset that is left to read, if it is known.
    #[must_use]
    pub fn next_offset(&self) -> Option<i64> {
        match self.lag_state() {
            LagState::InLog { lag: 1.. } => self.committed.value().map(|one| one.offset),
            LagState::BelowStart { lag: 1.., .. }
            | LagState::NoCommit {
                unread: Some(1..), ..
            } => self.start.value().copied(),
            _ => None,
        }
    }
}

/// Offsets from `offset` to the log end. `offset` may lie outside of the log. An upper bound of the
/// number of records in compacted and transactional topics.
#[must_use]
pub fn records_from(offset: i64, (start, end): (i64, i64)) -> i64 {
    let end = end.max(start);
    end - offset.clamp(start, end)
}

fn lag_state(committed: i64, start: i64, end: i64) -> LagState {
    if committed > end {
        LagState::BeyondEnd {
            by: committed - end,
        }
    } else if committed < start {
        LagState::BelowStart {
            lost: start - committed,
            lag: records_from(committed, (start, end)),
        }
    } else {
        LagState::InLog {
            lag: records_from(committed, (start, end)),
        }
    }
}

/// The reason why there is no value.
fn words<T>(seen: &Seen<T>) -> Option<&str> {
    match seen {
        Seen::Value(_) | Seen::Absent => None,
        Seen::Unseen(_, words) => Some(words),
    }
}

/// Positions by partition.
pub type Positions = BTreeMap<TopicPartition, Position>;

/// A group and its positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLag {
    /// Its id.
    pub id: String,
    /// Its state and members.
    pub group: Seen<DescribedGroup>,
    /// Its position in every partition of the topics that it committed for or that a member reads. Not
    /// supported for groups whose members do not read topics as a group.
    pub positions: Seen<Positions>,
}

impl GroupLag {
    /// The sum over all its partitions.
    #[must_use]
    pub fn total(&self) -> Total {
        let positions = self.positions.value().into_iter().flatten();
        Total::of(positions)
    }

    /// The sum for each topic.
    #[must_use]
    pub fn topics(&self) -> BTreeMap<&str, Total> {
        let mut totals: BTreeMap<&str, Total> = BTreeMap::new();
        for (key, position) in self.positions.value().into_iter().flatten() {
            totals.entry(&key.topic).or_default().add(key, position);
        }
        totals
    }

    /// The member that reads each partition; the first one if there are several.
    #[must_use]
    pub fn readers(&self) -> Readers<'_> {
        let members = self.group.value().map(|group| group.members.iter());
        let each = members.into_iter().flatten().flat_map(|member| {
            let topics = member.assignment.iter();
            topics.flat_map(move |(topic, partitions)| {
                let partitions = partitions.iter();
                partitions.map(move |partition| ((topic.as_str(), *partition), member))
            })
        });
        let mut readers = BTreeMap::new();
        for (key, member) in each {
            readers.entry(key).or_insert(member);
        }
        Readers(readers)
    }

    /// How bad its state is; orders groups.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        match &self.positions {
            Seen::Value(_) => self.total().trouble(),
            Seen::Unseen(Cause::NotSupported, _) => Trouble::none(),
            _ => Trouble::unseen(),
        }
    }
}

/// Members by the partitions that they read.
#[derive(Debug, Clone)]
pub struct Readers<'a>(BTreeMap<(&'a str, i32), &'a Member>);

impl<'a> Readers<'a> {
    /// The member that reads a partition.
    #[must_use]
    pub fn of(
        &self,
        TopicPartition { topic, partition }: &'a TopicPartition,
    ) -> Option<&'a Member> {
        self.0.get(&(topic.as_str(), *partition)).copied()
    }
}

/// Where a group's progress is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitStorage {
    /// As committed offsets, with the group's coordinator.
    Offsets,
    /// As share-partition start offsets (KIP-932).
    Shares,
    /// Nowhere: the group does not read topics.
    Nowhere,
}

/// Where the progress of a group of this type and protocol is stored. A group that never had members
/// has an empty protocol type.
#[must_use]
pub fn kept(group: &DescribedGroup) -> CommitStorage {
    match &group.group_type {
        GroupType::Share => CommitStorage::Shares,
        GroupType::Classic if !["", CONSUMER].contains(&group.protocol_type.as_str()) => {
            CommitStorage::Nowhere
        }
        _ => CommitStorage::Offsets,
    }
}

/// The lag of the groups that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lags {
    /// The groups, the worst first.
    pub groups: Vec<GroupLag>,
    /// Ids that were named, but do not exist.
    pub absent: BTreeSet<String>,
    /// Brokers that did not list their groups, with the reason.
    pub missing: BTreeMap<BrokerId, String>,
    /// Topics with commits whose partition count is unknown, with the reason: partitions without a
    /// commit may be left out.
    pub missing_topics: BTreeMap<String, String>,
    /// Whether groups may be left out that this user may not describe.
    pub only_visible: bool,
}

impl Lags {
    /// The sum over all groups.
    #[must_use]
    pub fn total(&self) -> Total {
        let positions = self
            .groups
            .iter()
            .filter_map(|group| group.positions.value());
        Total::of(positions.flatten())
    }

    /// What could not be read, with the reason. While anything is missing, a total cannot decide
    /// whether a limit holds.
    pub fn unseen(&self) -> impl Iterator<Item = (Unread<'_>, &str)> {
        let brokers = self.missing.iter();
        let brokers = brokers.map(|(id, words)| (Unread::Broker(*id), words.as_str()));
        let topics = self.missing_topics.iter();
        let topics = topics.map(|(name, words)| (Unread::Topic(name), words.as_str()));
        let groups = self.groups.iter().flat_map(GroupLag::unseen);
        brokers.chain(topics).chain(groups)
    }
}

impl GroupLag {
    /// What could not be read of this group. A group that does not read topics misses nothing.
    fn unseen(&self) -> Vec<(Unread<'_>, &str)> {
        match (&self.positions, words(&self.group)) {
            (Seen::Unseen(Cause::NotSupported, _), None) => Vec::new(),
            (_, Some(words)) => vec![(Unread::Group(&self.id), words)],
            (Seen::Value(positions), None) => positions
                .iter()
                .filter_map(|(key, one)| Some((Unread::Partition(&self.id, key), one.unread()?)))
                .collect(),
            (positions, None) => {
                let words = words(positions).unwrap_or_default();
                vec![(Unread::Group(&self.id), words)]
            }
        }
    }
}

impl Position {
    /// The reason why an offset is missing, if one is.
    #[must_use]
    pub fn unread(&self) -> Option<&str> {
        let log = words(&self.start).or_else(|| words(&self.end));
        words(&self.committed).or(log)
    }
}

/// Something that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread<'a> {
    /// The groups of a broker.
    Broker(BrokerId),
    /// The partition count of a topic with commits.
    Topic(&'a str),
    /// A group.
    Group(&'a str),
    /// Offsets of a partition that a group reads.
    Partition(&'a str, &'a TopicPartition),
}

/// The sum over several positions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Total {
    /// The lag of the partitions whose lag is known.
    pub lag: i64,
    /// The part of the lag that is counted from the log start, because nothing is committed.
    pub from_start: i64,
    /// Offsets that were deleted before they were read.
    pub lost: i64,
    /// The number of partitions.
    pub partitions: usize,
    /// Their topics.
    pub topics: BTreeSet<String>,
    /// The number of partitions without a commit.
    pub no_commit: usize,
    /// The number of commits after the log end.
    pub beyond_end: usize,
    /// The number of partitions that do not exist any more.
    pub gone: usize,
    /// The number of partitions with an unknown offset.
    pub unreadable: usize,
    /// The smallest timestamp of the next records, in milliseconds since 1970.
    pub oldest: Option<i64>,
    /// The number of next records whose timestamp is unknown.
    pub ageless: usize,
}

impl Total {
    fn of<'a>(positions: impl IntoIterator<Item = (&'a TopicPartition, &'a Position)>) -> Self {
        let mut total = Self::default();
        for (key, position) in positions {
            total.add(key, position);
        }
        total
    }

    fn add(&mut self, key: &TopicPartition, position: &Position) {
        let standing = position.lag_state();
        self.partitions += 1;
        if !self.topics.contains(&key.topic) {
            self.topics.insert(key.topic.clone());
        }
        self.lag += standing.lag().unwrap_or(0);
        self.from_start += standing.from_start();
        self.lost += standing.lost();
        self.no_commit += usize::from(matches!(standing, LagState::NoCommit { .. }));
        self.beyond_end += usize::from(matches!(standing, LagState::BeyondEnd { .. }));
        self.gone += usize::from(standing == LagState::Gone);
        let is_unreadable = matches!(
            standing,
            LagState::Unreadable(_) | LagState::NoCommit { unread: None }
        );
        self.unreadable += usize::from(is_unreadable);
        match position.next.as_ref().map(|next| (next, next.timestamp())) {
            Some((_, Ok(timestamp))) => {
                let oldest = self
                    .oldest
                    .map_or(timestamp, |oldest| oldest.min(timestamp));
                self.oldest = Some(oldest);
            }
            Some((Next::NoneLeft, _)) | None => {}
            Some(_) => self.ageless += 1,
        }
    }

    /// The number of partitions that [`Total::lag`] does not include.
    #[must_use]
    pub fn unknown(&self) -> usize {
        self.beyond_end + self.unreadable
    }

    /// The number of partitions that [`Total::lag`] includes.
    #[must_use]
    pub fn known(&self) -> usize {
        self.partitions - self.unknown() - self.gone
    }

    /// How bad the sum is.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let rank = if self.lost > 0 || self.beyond_end > 0 {
            Rank::Lost
        } else if self.unreadable > 0 || self.gone > 0 {
            Rank::Missing
        } else if self.from_start > 0 {
            Rank::NoCommit
        } else {
            Rank::Behind
        };
        Trouble(rank, -self.lost, -self.lag)
    }
}

/// An order of how bad something is; the worst is the smallest: lost records, then partitions that are
/// gone or unreadable, then no commit with records to read, then by lag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trouble(Rank, i64, i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Lost,
    Missing,
    NoCommit,
    Behind,
    None,
}

impl Trouble {
    fn none() -> Self {
        Self(Rank::None, 0, 0)
    }

    fn unseen() -> Self {
        Self(Rank::Missing, 0, i64::MIN)
    }

    /// The order of one partition.
    #[must_use]
    pub fn of(key: &TopicPartition, position: &Position) -> Self {
        Total::of([(key, position)]).trouble()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(committed: Option<i64>, start: i64, end: i64) -> Position {
        Position {
            committed: committed.map_or(Seen::Absent, |offset| Seen::Value(Committed::at(offset))),
            start: Seen::Value(start),
            end: Seen::Value(end),
            next: None,
        }
    }

    #[test]
    fn a_number_is_told_only_where_it_is_one() {
        let standing = |committed, start, end| position(committed, start, end).lag_state();
        assert_eq!(standing(Some(7), 0, 10), LagState::InLog { lag: 3 });
        assert_eq!(standing(Some(10), 0, 10), LagState::InLog { lag: 0 });
        assert_eq!(standing(Some(5), 5, 10), LagState::InLog { lag: 5 });
        assert_eq!(
            standing(Some(4), 5, 10),
            LagState::BelowStart { lost: 1, lag: 5 }
        );
        assert_eq!(standing(Some(11), 0, 10), LagState::BeyondEnd { by: 1 });
        let unread = Some(5);
        assert_eq!(standing(None, 5, 10), LagState::NoCommit { unread });
    }

    #[test]
    fn what_is_gone_is_not_what_was_not_told() {
        let gone = Position {
            start: Seen::Absent,
            end: Seen::Absent,
            ..position(Some(7), 0, 0)
        };
        assert_eq!(gone.lag_state(), LagState::Gone);
        let words = || "NOT_LEADER".to_owned();
        let silent = Position {
            end: Seen::unavailable(words()),
            ..position(Some(7), 0, 0)
        };
        assert_eq!(silent.lag_state(), LagState::Unreadable(words()));
        let pending = Position {
            committed: Seen::unavailable(words()),
            ..position(None, 0, 10)
        };
        assert_eq!(pending.lag_state(), LagState::Unreadable(words()));
        let neither = Position {
            committed: Seen::Absent,
            ..silent
        };
        assert_eq!(neither.lag_state(), LagState::NoCommit { unread: None });
    }

    #[test]
    fn the_next_record_is_at_the_commit_or_at_what_is_left() {
        assert_eq!(position(Some(7), 0, 10).next_offset(), Some(7));
        assert_eq!(position(Some(3), 5, 10).next_offset(), Some(5));
        assert_eq!(position(Some(3), 10, 10).next_offset(), None);
        assert_eq!(position(Some(10), 0, 10).next_offset(), None);
        // The first record that a consumer may get.
        assert_eq!(position(None, 5, 10).next_offset(), Some(5));
        assert_eq!(position(None, 10, 10).next_offset(), None);
    }

    fn group(id: &str, positions: Vec<Position>) -> GroupLag {
        let numbered = (0..).zip(positions);
        let keyed = numbered.map(|(number, one)| (TopicPartition::new("t", number), one));
        GroupLag {
            id: id.to_owned(),
            group: Seen::Absent,
            positions: Seen::Value(keyed.collect()),
        }
    }

    #[test]
    fn a_total_counts_what_it_lacks() {
        let record = |timestamp| {
            Some(Next::Record(RecordTime {
                offset: 7,
                timestamp,
            }))
        };
        let aged = |timestamp| Position {
            next: record(timestamp),
            ..position(Some(7), 0, 10)
        };
        let total = group(
            "g",
            vec![
                aged(Some(2_000)),
                aged(Some(1_000)),
                aged(None),
                position(None, 0, 10),
                position(Some(3), 5, 10),
            ],
        )
        .total();
        assert_eq!((total.lag, total.lost, total.partitions), (24, 2, 5));
        assert_eq!((total.no_commit, total.from_start), (1, 10));
        assert_eq!((total.unknown(), total.known()), (0, 5));
        assert_eq!((total.oldest, total.ageless), (Some(1_000), 1));
        assert_eq!(total.topics.len(), 1);
    }

    #[test]
    fn a_topic_whose_partitions_were_not_told_is_not_seen_whole() {
        let lags = Lags {
            groups: vec![group("g", vec![position(Some(10), 0, 10)])],
            missing_topics: [("t".to_owned(), "no answer".to_owned())].into(),
            ..Lags::default()
        };
        let unseen: Vec<_> = lags.unseen().collect();
        assert_eq!(unseen, [(Unread::Topic("t"), "no answer")]);
    }

    #[test]
    fn the_worst_comes_first() {
        let connect = GroupLag {
            positions: Seen::not_supported("connect"),
            ..group("connect", vec![])
        };
        let unseen = GroupLag {
            positions: Seen::unavailable("silent"),
            ..group("unseen", vec![])
        };
        let mut groups = vec![
            connect,
            group("level", vec![position(Some(10), 0, 10)]),
            group("behind", vec![position(Some(1), 0, 10)]),
            group("further-behind", vec![position(Some(0), 0, 10)]),
            group("uncommitted", vec![position(None, 0, 10)]),
            group("empty-and-uncommitted", vec![position(None, 10, 10)]),
            unseen,
            group("beyond", vec![position(Some(11), 0, 10)]),
            group("lost", vec![position(Some(4), 5, 10)]),
            group("lost-more", vec![position(Some(0), 5, 10)]),
        ];
        groups.sort_by_key(GroupLag::trouble);
        let ids: Vec<&str> = groups.iter().map(|group| group.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "lost-more",
                "lost",
                "beyond",
                "unseen",
                "uncommitted",
                "further-behind",
                "behind",
                "level",
                "empty-and-uncommitted",
                "connect"
            ]
        );
    }
}
