//! ACLs, users and quotas.

use std::collections::BTreeSet;

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

/// The principals that ACLs and users name, as far as they are seen.
pub async fn principals(cluster: &dyn Cluster) -> BTreeSet<String> {
    let (acls, users) = tokio::join!(acls(cluster), users(cluster));
    let acls = acls.ok().and_then(|seen| seen.value().cloned());
    let users = users.ok().and_then(|seen| seen.value().cloned());
    let of_acls = acls.into_iter().flatten().map(|acl| acl.principal);
    let of_users = users.into_iter().flatten();
    let of_users = of_users.map(|user| format!("User:{}", user.name));
    of_acls.chain(of_users).collect()
}
