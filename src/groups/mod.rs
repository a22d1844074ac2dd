//! Groups: where they are to be, and what has to be read to know what that means.
//!
//! - [`target`]: what is written after `--to`
//! - [`mod@file`]: offsets in a file, Apache's CSV or JSON
//! - [`scope`]: which partitions of which groups
//! - [`positions`]: reads what a plan of offsets needs to know
//! - [`holdings`]: reads topics that are to lose records, and who reads them
//! - [`wait`]: waits until nobody is in a group
//!
//! Nothing here writes, and nothing joins a group. Trap: a topic that is gone still has commits for a
//! moment, and must not keep the others from being seen.

pub mod file;
pub mod holdings;
pub mod positions;
pub mod scope;
pub mod target;
pub mod wait;
