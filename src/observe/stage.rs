//! The progress of reading lag.

/// What is read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LagStage {
    /// The list of groups.
    Listing,
    /// This number of groups.
    Describing(usize),
    /// The commits of this number of groups.
    Commits(usize),
    /// The partitions of this number of topics.
    Topics(usize),
    /// Log start and end offsets of this number of partitions.
    Offsets(usize),
    /// This number of next records.
    Ages(usize),
}
