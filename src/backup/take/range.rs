//! Where in a log a snapshot begins and ends.

use std::collections::BTreeMap;

use futures::try_join;

use super::{TakeError, Wanted, end};
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

/// Where partitions begin and end, each within its log.
pub(super) async fn ranges(
    cluster: &dyn Cluster,
    wanted: &Wanted,
    keys: &[TopicPartition],
) -> Result<BTreeMap<TopicPartition, (i64, i64)>, TakeError> {
    let (starts, ends, from, to) = try_join!(
        cluster.list_offsets(keys, OffsetSpec::Earliest),
        cluster.list_offsets(keys, end(wanted.asked.isolation)),
        timed(cluster, wanted.from, keys),
        timed(cluster, wanted.to, keys),
    )?;
    let mut ranges = BTreeMap::new();
    for key in keys {
        let log = (known(&starts, key)?, known(&ends, key)?);
        let log = log.0.zip(log.1).unwrap_or_default();
        let offset = |bound: Bound, timed: &Offsets| match bound {
            Bound::Time(_) => Ok::<_, TakeError>(bound.offset(log, known(timed, key)?)),
            _ => Ok(bound.offset(log, None)),
        };
        let first = offset(wanted.from, &from)?;
        let last = offset(wanted.to, &to)?;
        ranges.insert(key.clone(), (first, last.max(first)));
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
        seen => Err(TakeError::Unseen {
            what: format!("offsets of partition {} of `{}`", key.1, escape(&key.0)),
            reason: seen
                .and_then(Seen::reason)
                .unwrap_or("the partition is not there any more")
                .to_owned(),
        }),
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
