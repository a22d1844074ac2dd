//! ACLs, users and quotas.

use crate::cluster::{At, Cluster, ClusterError};
use crate::model::access::{AclBinding, Quota, User};
use crate::model::seen::Seen;

/// All ACLs.
///
/// # Errors
/// The whole read failed.
pub async fn acls(cluster: &dyn Cluster) -> Result<Seen<Vec<AclBinding>>, ClusterError> {
    cluster.describe_acls(At::AnyBroker).await
}

/// All users with SCRAM credentials.
///
/// # Errors
/// The whole read failed.
pub async fn users(cluster: &dyn Cluster) -> Result<Seen<Vec<User>>, ClusterError> {
    cluster.describe_users(At::AnyBroker).await
}

/// All quotas.
///
/// # Errors
/// The whole read failed.
pub async fn quotas(cluster: &dyn Cluster) -> Result<Seen<Vec<Quota>>, ClusterError> {
    cluster.describe_quotas(At::AnyBroker).await
}
