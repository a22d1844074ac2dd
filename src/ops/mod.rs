//! What is done with a cluster, a flow each: the one room that reads, plans and applies.
//!
//! Each takes plain settings and a [`Cluster`], and tells what goes on as events.
//! None prints, none asks: between a plan and its apply lies whatever consent the caller wants.
//!
//! - [`mod@plan`]: a manifest and a cluster → a plan, judged by every guard
//! - [`mod@apply`]: carries a plan out, with a backup first where one is wanted
//! - [`backup`]: the plan that brings back what a backup holds
//! - `before`: that backup
//! - [`compare`]: how a cluster is, beside a manifest
//! - [`local`]: what a local cluster needs once it runs
//! - [`mirror`]: what comes before a mirror
//! - [`offsets`]: the plans of `reset-offsets` and `groups`
//! - [`records`]: the plans of `topics`
//! - [`restore`]: what comes before records of a snapshot are put back
//! - [`remarks`]: what a plan says of its manifest

pub mod apply;
pub mod backup;
mod before;
pub mod compare;
pub mod local;
pub mod mirror;
pub mod offsets;
pub mod plan;
pub mod records;
pub mod remarks;
pub mod restore;

pub use apply::{apply, begin};
pub use plan::plan;

use crate::cluster::{Cluster, ClusterError};

/// `cluster.id`.
///
/// # Errors
/// The cluster cannot be read.
pub async fn cluster_id(cluster: &dyn Cluster) -> Result<String, ClusterError> {
    Ok(cluster.describe_cluster().await?.id)
}
