//! The start or the end of a snapshot in each log.

use crate::model::target::Target;

/// A position in each log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The log start offset.
    Start,
    /// The log end offset at the start of the snapshot.
    End,
    /// This offset.
    Offset(i64),
    /// This number of offsets after the start; a negative one counts back from the end.
    Shift(i64),
    /// The first record at or after this time, in milliseconds since 1970.
    Time(i64),
}

impl Bound {
    /// The position of a target; none for a group's commit.
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

    /// The offset, limited to the log. `timed` is the first offset at or after the time.
    pub(super) fn offset(self, (start, end): (i64, i64), timed: Option<i64>) -> i64 {
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
