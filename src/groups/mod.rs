//! Groups: how far they are behind.
//!
//! - [`lag`]: reads groups, their commits and the logs that these are in
//! - [`ages`]: how old the next records are
//!
//! Nothing here writes, nothing prints, and nothing joins a group. Traps: log ends are read after the
//! commits, or lag comes out negative; records are deleted between the two reads, so that nothing is
//! called lost before the commit was read once more.

mod ages;
pub mod lag;
