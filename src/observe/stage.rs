//! How far a read of lag has come.

/// What is read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LagStage {
    /// The list of groups.
    Listing,
    /// So many groups in depth.
    Describing(usize),
    /// What so many groups committed.
    Commits(usize),
    /// So many topics, for their partitions.
    Topics(usize),
    /// Log start and end of so many partitions.
    Offsets(usize),
    /// So many next records.
    Ages(usize),
}
