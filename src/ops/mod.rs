//! Flows on a cluster: this module alone reads, plans and applies.
//!
//! Each takes settings and a [`Cluster`], and reports its progress as events. None prints or prompts: a flow
//! that needs consent is two functions, and the caller asks between the plan and its apply.
//!
//! - [`mod@plan`]: plans from a manifest, judged by every guard
//! - [`mod@apply`]: applies a plan, after a backup if one is wanted
//! - [`backup`]: plans the restore of a backup
//! - `before`: the backup before an apply
//! - [`compare`]: compares a cluster with a manifest
//! - `landing`: reads a target for the records of a restore or a mirror
//! - [`local`]: prepares a running local cluster
//! - [`mirror`]: plans a mirror, and begins it
//! - [`offsets`]: the plans of `reset-offsets` and `groups`
//! - [`records`]: the plans of `topics`
//! - [`restore`]: restores the records of a snapshot
//! - [`take`]: takes a snapshot
//! - [`remarks`]: the findings from a manifest's remarks

pub mod apply;
pub mod backup;
mod before;
pub mod compare;
mod landing;
pub mod local;
pub mod mirror;
pub mod offsets;
pub mod plan;
pub mod records;
pub mod remarks;
pub mod restore;
pub mod take;

pub use apply::apply;
pub use plan::plan;

use crate::cluster::{Cluster, ClusterError};

/// The `cluster.id`.
///
/// # Errors
/// The cluster cannot be read.
pub async fn cluster_id(cluster: &dyn Cluster) -> Result<String, ClusterError> {
    Ok(cluster.describe_cluster().await?.id)
}
