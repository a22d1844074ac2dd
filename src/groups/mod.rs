//! Groups: how far they are behind, and where they are to be.
//!
//! - [`lag`]: reads groups, their commits and the logs that these are in
//! - [`stage`]: how far such a read has come
//! - `ages`: how old the next records are
//! - [`target`]: what is written after `--to`
//! - [`mod@file`]: offsets in a file, Apache's CSV or JSON
//! - [`scope`]: which partitions of which groups
//! - [`positions`]: reads what a plan of offsets needs to know
//! - [`holdings`]: reads topics that are to lose records, and who reads them
//! - [`wait`]: waits until nobody is in a group
//!
//! Nothing here writes, nothing prints, and nothing joins a group. Traps: log ends are read after the
//! commits, or lag comes out negative; records are deleted between the two reads, so that nothing is
//! called lost before the commit was read once more; a topic that is gone still has commits for a
//! moment, and must not keep the others from being seen.

mod ages;
pub mod file;
pub mod holdings;
pub mod lag;
pub mod positions;
pub mod scope;
pub mod stage;
pub mod target;
pub mod wait;
