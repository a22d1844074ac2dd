//! Groups and their lag, read in a constant number of rounds: the groups of all brokers; each group in
//! depth; what they committed; log start and end of every partition in it, once for all groups. Async,
//! and it never prints: what goes on is told as [`Step`].
//!
//! Traps: log ends are read after the commits, or lag comes out negative; records are deleted between
//! the two reads, so that nothing is called lost before the commit was read once more.

mod ages;
mod read;

pub use read::{Step, Wanted, read};
