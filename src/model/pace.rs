//! How fast lag changes, computed from successive reads.
//!
//! Several reads are kept, so that a consumer that commits every few seconds does not seem to stop between
//! two commits.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::group::GroupState;
use super::lag::{GroupLag, Position};
use super::measure::{TopicPartition, of_topic};

/// The number of reads that are kept.
const KEPT: usize = 8;

/// The trend of a lag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trend {
    /// There are records to read, but none is consumed.
    Stuck,
    /// More is produced than consumed.
    Growing,
    /// As much is consumed as produced.
    Steady,
    /// More is consumed than produced.
    Shrinking,
}

impl Trend {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Stuck => "stuck",
            Self::Growing => "growing",
            Self::Steady => "steady",
            Self::Shrinking => "shrinking",
        }
    }
}

/// Rates of one partition, or of several together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// Consumed records per second, times ten.
    pub consumed: i64,
    /// Produced records per second, times ten.
    pub produced: i64,
    /// The current lag.
    pub lag: i64,
}

impl Pace {
    fn between(first: &Look, last: &Look) -> Option<Self> {
        let ms = last.at_ms - first.at_ms;
        let tenths = |records: i64| {
            let tenths = i128::from(records) * 10_000 / i128::from(ms);
            i64::try_from(tenths).unwrap_or(i64::MAX)
        };
        (ms > 0).then(|| Self {
            consumed: tenths(
                last.committed
                    .zip(first.committed)
                    .map_or(0, |(to, from)| to - from),
            ),
            produced: tenths(last.end - first.end),
            lag: last.lag,
        })
    }

    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            consumed: self.consumed.saturating_add(other.consumed),
            produced: self.produced.saturating_add(other.produced),
            lag: self.lag.saturating_add(other.lag),
        }
    }

    /// The trend.
    #[must_use]
    pub fn trend(self) -> Trend {
        if self.lag > 0 && self.consumed == 0 {
            return Trend::Stuck;
        }
        match self.produced.cmp(&self.consumed) {
            std::cmp::Ordering::Greater => Trend::Growing,
            std::cmp::Ordering::Equal => Trend::Steady,
            std::cmp::Ordering::Less => Trend::Shrinking,
        }
    }

    /// Milliseconds until the lag is zero at these rates; none if it never will be.
    #[must_use]
    pub fn zero_in_ms(self) -> Option<i64> {
        let net = self.consumed - self.produced;
        match (self.lag, net) {
            (0, _) => Some(0),
            (1.., 1..) => i64::try_from(i128::from(self.lag) * 10_000 / i128::from(net)).ok(),
            _ => None,
        }
    }
}

/// One read of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    at_ms: i64,
    /// None without a commit: then consumption is not visible.
    committed: Option<i64>,
    end: i64,
    lag: i64,
}

impl Look {
    /// None if the lag is unknown.
    fn of(position: &Position, at_ms: i64) -> Option<Self> {
        Some(Self {
            at_ms,
            committed: position.committed.value().map(|one| one.offset),
            end: *position.end.value()?,
            lag: position.lag_state().lag()?,
        })
    }
}

/// Reads of one partition, the newest last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Track(VecDeque<Look>);

impl Track {
    /// Adds a read; returns whether the commit moved forward since the previous one.
    fn add(&mut self, look: Option<Look>) -> bool {
        let Some(look) = look else {
            self.0.clear();
            return false;
        };
        let before = self.0.back().copied();
        // Rates start anew when a commit moved back, was the first one, or the log was created again.
        let is_new = |past: Look| {
            look.committed < past.committed
                || look.committed.is_some() != past.committed.is_some()
                || look.end < past.end
        };
        if before.is_some_and(is_new) {
            self.0.clear();
        }
        self.0.push_back(look);
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
        before.is_some_and(|past| look.committed > past.committed)
    }

    fn pace(&self) -> Option<Pace> {
        Pace::between(self.0.front()?, self.0.back()?)
    }
}

/// Successive reads of groups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paces {
    tracks: BTreeMap<String, BTreeMap<TopicPartition, Track>>,
    empty: BTreeSet<String>,
    simple: BTreeSet<String>,
}

impl Paces {
    /// Adds a read.
    pub fn look(&mut self, groups: &[GroupLag], at_ms: i64) {
        for group in groups {
            let Some(positions) = group.positions.value() else {
                continue;
            };
            let tracks = self.tracks.entry(group.id.clone()).or_default();
            tracks.retain(|key, _| positions.contains_key(key));
            let mut moved = false;
            for (key, position) in positions {
                let track = tracks.entry(key.clone()).or_default();
                moved |= track.add(Look::of(position, at_ms));
            }
            self.judge(group, moved);
        }
    }

    /// Notes a group whose commits move although it has no members now and had none before.
    fn judge(&mut self, group: &GroupLag, moved: bool) {
        let state = group.group.value().map(|group| &group.state);
        if state != Some(&GroupState::Empty) {
            self.empty.remove(&group.id);
            self.simple.remove(&group.id);
        } else if !self.empty.insert(group.id.clone()) && moved {
            self.simple.insert(group.id.clone());
        }
    }

    /// Whether a client commits for the group without being a member of it.
    #[must_use]
    pub fn is_simple(&self, group: &str) -> bool {
        self.simple.contains(group)
    }

    /// The rates of a group in one partition; none before the second read.
    #[must_use]
    pub fn of(&self, group: &str, key: &TopicPartition) -> Option<Pace> {
        self.tracks.get(group)?.get(key)?.pace()
    }

    /// The rates of a group in a topic, or in all topics that it reads.
    #[must_use]
    pub fn together(&self, group: &str, topic: Option<&str>) -> Option<Pace> {
        let tracks = self.tracks.get(group)?;
        let tracks: &mut dyn Iterator<Item = _> = match topic {
            Some(topic) => &mut of_topic(tracks, topic),
            None => &mut tracks.iter(),
        };
        tracks
            .filter_map(|(_, track)| track.pace())
            .reduce(Pace::plus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::group::{CONSUMER, Committed, DescribedGroup, GroupType};
    use crate::model::seen::Seen;

    fn group(state: GroupState, places: &[(i64, i64)]) -> GroupLag {
        let position = |(committed, end): &(i64, i64)| Position {
            committed: Seen::Value(Committed::at(*committed)),
            start: Seen::Value(0),
            end: Seen::Value(*end),
            next: None,
        };
        let numbered = (0..).zip(places);
        let keyed =
            numbered.map(|(number, place)| (TopicPartition::new("t", number), position(place)));
        GroupLag {
            id: "g".into(),
            group: Seen::Value(DescribedGroup {
                id: "g".into(),
                group_type: GroupType::Classic,
                protocol_type: CONSUMER.into(),
                state,
                coordinator: 1,
                assignor: None,
                epoch: None,
                members: vec![],
            }),
            positions: Seen::Value(keyed.collect()),
        }
    }

    /// Reads that are one second apart.
    fn watched(looks: &[&[(i64, i64)]]) -> Paces {
        let mut paces = Paces::default();
        for (at, places) in (0..).zip(looks) {
            paces.look(&[group(GroupState::Stable, places)], at * 1_000);
        }
        paces
    }

    fn pace(looks: &[(i64, i64)]) -> Option<Pace> {
        let looks: Vec<&[(i64, i64)]> = looks.iter().map(std::slice::from_ref).collect();
        watched(&looks).of("g", &TopicPartition::new("t", 0))
    }

    #[test]
    fn one_look_says_nothing_of_pace() {
        assert_eq!(pace(&[(5, 10)]), None);
    }

    #[test]
    fn trends_and_the_time_to_zero() {
        let of = |looks: &[(i64, i64)]| {
            let pace = pace(looks).unwrap();
            let rates = (pace.consumed, pace.produced);
            (rates, pace.trend(), pace.zero_in_ms())
        };
        // Tenths of records per second.
        let shrinking = of(&[(0, 100), (30, 110), (60, 120)]);
        assert_eq!(shrinking, ((300, 100), Trend::Shrinking, Some(3_000)));
        let growing = of(&[(0, 100), (10, 130)]);
        assert_eq!(growing, ((100, 300), Trend::Growing, None));
        let steady = of(&[(0, 100), (10, 110)]);
        assert_eq!(steady, ((100, 100), Trend::Steady, None));
        let stuck = of(&[(0, 100), (0, 110)]);
        assert_eq!(stuck, ((0, 100), Trend::Stuck, None));
        let idle = of(&[(100, 100), (100, 100)]);
        assert_eq!(idle, ((0, 0), Trend::Steady, Some(0)));
    }

    #[test]
    fn a_consumer_that_commits_now_and_then_is_not_stuck() {
        let pace = pace(&[(0, 100), (50, 100), (50, 100), (50, 100)]).unwrap();
        assert_eq!(pace.trend(), Trend::Shrinking);
        // All kept reads show the same commit.
        let mut looks = vec![(0, 100)];
        looks.extend([(50, 100); KEPT]);
        assert_eq!(super::tests::pace(&looks).unwrap().trend(), Trend::Stuck);
    }

    #[test]
    fn a_position_that_was_moved_back_has_no_past() {
        assert_eq!(pace(&[(80, 100), (10, 100)]), None);
        let pace = pace(&[(80, 100), (10, 100), (20, 100)]).unwrap();
        assert_eq!((pace.consumed, pace.lag), (100, 80));
    }

    #[test]
    fn what_has_no_commit_is_stuck_and_its_first_commit_is_no_pace() {
        let mut paces = Paces::default();
        let mut look = |committed: Option<i64>, at_ms| {
            let mut group = group(GroupState::Empty, &[(0, 100)]);
            let Seen::Value(positions) = &mut group.positions else {
                panic!()
            };
            let committed =
                committed.map_or(Seen::Absent, |offset| Seen::Value(Committed::at(offset)));
            for position in positions.values_mut() {
                position.committed.clone_from(&committed);
            }
            paces.look(&[group], at_ms);
            let pace = paces.together("g", None);
            pace.map(|pace| (pace.trend(), pace.lag, paces.is_simple("g")))
        };
        assert_eq!(look(None, 0), None);
        assert_eq!(look(None, 1_000), Some((Trend::Stuck, 100, false)));
        assert_eq!(look(Some(90), 2_000), None);
        assert_eq!(look(Some(95), 3_000), Some((Trend::Shrinking, 5, true)));
    }

    #[test]
    fn paces_add_up() {
        let paces = watched(&[&[(0, 100), (0, 10)], &[(10, 100), (5, 20)]]);
        let all = paces.together("g", None).unwrap();
        assert_eq!((all.consumed, all.produced, all.lag), (150, 100, 105));
        assert_eq!(paces.together("g", Some("t")), Some(all));
        assert_eq!(paces.together("g", Some("u")), None);
        assert_eq!(paces.together("h", None), None);
    }

    #[test]
    fn an_empty_group_that_moves_is_a_simple_consumer() {
        let mut paces = Paces::default();
        let mut look = |state, committed, at_ms| {
            paces.look(&[group(state, &[(committed, 100)])], at_ms);
            paces.is_simple("g")
        };
        assert!(!look(GroupState::Stable, 0, 0));
        // The last member committed when it left.
        assert!(!look(GroupState::Empty, 10, 1));
        assert!(!look(GroupState::Empty, 10, 2));
        assert!(look(GroupState::Empty, 20, 3));
        assert!(look(GroupState::Empty, 20, 4));
        assert!(!look(GroupState::Stable, 30, 5));
    }
}
