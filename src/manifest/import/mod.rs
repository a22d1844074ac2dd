//! What is there → a manifest that says so: a live cluster's, or another program's files. Pure.
//!
//! ```text
//! Observed ─live─▶ ┐
//!                  ├─▶ Imported ─settle─▶ Imported ─write─▶ text
//! files ──peers──▶ ┘
//! ```
//!
//! Two things hold of the text: it is a manifest without a mistake, and what it says is what was
//! there. So every setting is first read back as a manifest would read it (`judge`); one that comes
//! back as anything else is left out, and a comment in its place says why. The text is made here and not
//! in `view` because the reader's rules say what has to stand in quotes.
//!
//! Traps:
//! - A key under `topics.defaults` is every topic's. A topic without it says `unset`, which plans
//!   nothing where nothing is set.
//! - A topic that left a key out must not get it from the defaults either.
//! - No time, no version of ours and no id of the cluster is in the text: it changes only when what it
//!   says does.

mod access;
mod imported;
mod judge;
mod live;
mod peers;
mod settle;
mod write;

pub use self::imported::Imported;
pub use self::live::of_cluster;
pub use self::peers::{Peer, of_peer};
