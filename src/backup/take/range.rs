//! Where in a log a snapshot begins and ends.

use std::collections::BTreeMap;

use futures::try_join;

use super::{TakeError, Wanted};
use crate::backup::ends::{End, Open, ends};
use crate::backup::snapshot::{Isolation, Range};
use crate::cluster::{Cluster, ClusterError, OffsetSpec};
use crate::groups::target::Target;
use crate::model::escape::escape;
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

/// A place in every log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The log start offset.
    Start,
    /// The log end offset at the start of the snapshot.
    End,
    /// This offset.
    Offset(i64),
    /// So many offsets after the start; before the end where it is negative.
    Shift(i64),
    /// The first record from so many milliseconds since 1970 on.
    Time(i64),
}

impl Bound {
    /// The place that a target names; none where that is a group's.
    #[must_use]
    pub fn of(target: &Target) -> Option<Self> {
        match target {
            Target::Earliest => Some(Self::Start),
            Target::Latest => Some(Self::End),
            Target::Offset(offset) => Some(Self::Offset(*offset)),
            Target::Shift(by) => Some(Self::Shift(*by)),
            Target::Time { ms, .. } => Some(Self::Time(*ms)),
            Target::Current | Target::File(_) | Target::Group(_) => None,
        }
    }

    /// The offset, within the log. `timed` is the first one from the point in time on.
    fn offset(self, (start, end): (i64, i64), timed: Option<i64>) -> i64 {
        let offset = match self {
            Self::Start => start,
            Self::End => end,
            Self::Offset(offset) => offset,
            Self::Shift(by) if by < 0 => end.saturating_add(by),
            Self::Shift(by) => start.saturating_add(by),
            Self::Time(_) => timed.unwrap_or(end),
        };
        offset.clamp(start, end.max(start))
    }
}

type Offsets = BTreeMap<TopicPartition, Seen<Option<i64>>>;

/// Where partitions begin and end, each within its log. `waits` hears of open transactions.
pub(super) async fn ranges(
    cluster: &dyn Cluster,
    wanted: &Wanted,
    keys: &[TopicPartition],
    waits: impl FnMut(&Open),
) -> Result<BTreeMap<TopicPartition, Range>, TakeError> {
    let ends = ends(cluster, keys, wanted.patience, waits).await?;
    let (starts, from, to) = try_join!(
        cluster.list_offsets(keys, OffsetSpec::Earliest),
        timed(cluster, wanted.from, keys),
        timed(cluster, wanted.to, keys),
    )?;
    let mut ranges = BTreeMap::new();
    for key in keys {
        let end = match ends.get(key) {
            Some(Seen::Value(end)) => *end,
            seen => return Err(unseen(key, seen.and_then(Seen::reason))),
        };
        let start = known(&starts, key)?.ok_or_else(|| unseen(key, None))?;
        let at = |bound: Bound, timed: &Offsets, end: i64| match bound {
            Bound::Time(_) => Ok::<_, TakeError>(bound.offset((start, end), known(timed, key)?)),
            _ => Ok(bound.offset((start, end), None)),
        };
        let End { stable, high } = match wanted.asked.isolation {
            Isolation::ReadCommitted => end,
            Isolation::ReadUncommitted => End {
                stable: end.high,
                ..end
            },
        };
        let first = at(wanted.from, &from, stable)?;
        let last = at(wanted.to, &to, stable)?.max(first);
        let asked = at(wanted.to, &to, high)?;
        let range = Range {
            partition: key.1,
            from: first,
            to: last,
            open_until: (asked > last).then_some(asked),
        };
        ranges.insert(key.clone(), range);
    }
    Ok(ranges)
}

async fn timed(
    cluster: &dyn Cluster,
    bound: Bound,
    keys: &[TopicPartition],
) -> Result<Offsets, ClusterError> {
    match bound {
        Bound::Time(ms) => cluster.list_offsets(keys, OffsetSpec::Timestamp(ms)).await,
        _ => Ok(Offsets::new()),
    }
}

fn known(found: &Offsets, key: &TopicPartition) -> Result<Option<i64>, TakeError> {
    match found.get(key) {
        Some(Seen::Value(offset)) => Ok(*offset),
        seen => Err(unseen(key, seen.and_then(Seen::reason))),
    }
}

fn unseen(key: &TopicPartition, reason: Option<&str>) -> TakeError {
    TakeError::Unseen {
        what: format!("offsets of partition {} of `{}`", key.1, escape(&key.0)),
        reason: reason
            .unwrap_or("the partition is not there any more")
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_stay_within_the_log() {
        let at = |bound: Bound| bound.offset((10, 20), Some(15));
        assert_eq!(at(Bound::Start), 10);
        assert_eq!(at(Bound::End), 20);
        assert_eq!(at(Bound::Offset(12)), 12);
        assert_eq!(at(Bound::Offset(5)), 10);
        assert_eq!(at(Bound::Offset(50)), 20);
        assert_eq!(at(Bound::Shift(3)), 13);
        assert_eq!(at(Bound::Shift(-3)), 17);
        assert_eq!(at(Bound::Shift(-30)), 10);
        assert_eq!(at(Bound::Shift(i64::MIN)), 10);
        assert_eq!(at(Bound::Time(7)), 15);
        assert_eq!(Bound::Time(7).offset((10, 20), None), 20);
    }
}
