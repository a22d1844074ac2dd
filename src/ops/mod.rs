//! What is done with a cluster, a flow each: the one room that reads, plans and applies.
//!
//! Each takes plain settings and a [`Cluster`](crate::cluster::Cluster), and tells what goes on as events.
//! None prints, none asks: between a plan and its apply lies whatever consent the caller wants.
//!
//! - [`mod@plan`]: a manifest and a cluster → a plan, judged by every guard
//! - [`mod@apply`]: carries a plan out, with a backup first where one is wanted
//! - `before`: that backup
//! - [`compare`]: how a cluster is, beside a manifest
//! - [`remarks`]: what a plan says of its manifest

pub mod apply;
mod before;
pub mod compare;
pub mod plan;
pub mod remarks;

pub use apply::apply;
pub use plan::plan;
