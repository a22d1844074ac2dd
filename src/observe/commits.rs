//! Commits of groups; for share groups (KIP-932) their start offsets.

use std::collections::BTreeMap;

use futures::try_join;

use crate::cluster::groups::Pending;
use crate::cluster::{Cluster, ClusterError};
use crate::model::group::{Commits, GroupType};
use crate::model::seen::Seen;

/// The commits of groups, by id. Groups of unknown type are read like consumer groups. Each kind takes one
/// round, or none without groups.
///
/// # Errors
/// The whole read failed.
pub(super) async fn commits<'a>(
    cluster: &dyn Cluster,
    groups: impl Iterator<Item = (&'a String, Option<&'a GroupType>)>,
    pending: Pending,
) -> Result<BTreeMap<String, Seen<Commits>>, ClusterError> {
    let (mut others, mut share) = (Vec::new(), Vec::new());
    for (id, group_type) in groups {
        let kind = match group_type {
            Some(GroupType::Share) => &mut share,
            _ => &mut others,
        };
        kind.push(id.clone());
    }
    let offsets = async {
        if others.is_empty() {
            return Ok(BTreeMap::new());
        }
        cluster.fetch_offsets(&others, pending).await
    };
    let starts = async {
        if share.is_empty() {
            return Ok(BTreeMap::new());
        }
        cluster.fetch_share_offsets(&share).await
    };
    let (mut found, starts) = try_join!(offsets, starts)?;
    found.extend(starts);
    Ok(found)
}
