//! The part of the seam for ACLs, users and quotas.
//!
//! A cluster without an authorizer has no ACLs. Of users, brokers tell names, mechanisms and iteration
//! counts, but never anything that a credential could be restored from.

use async_trait::async_trait;

use super::{Answer, At, ClusterError};
use crate::model::access::{AclBinding, Entity, Quota, QuotaValue, User};
use crate::model::seen::Seen;

/// A change of an entity's quotas: keys with their new values; none removes a key. Other keys stay as
/// they are.
pub type QuotaAlteration = (Entity, Vec<(String, Option<QuotaValue>)>);

/// ACLs, users and quotas of a cluster. Each broker answers from its own copy of the metadata, which
/// may be behind. As with [`super::Cluster`], reads are repeated until the time-out, and a write is
/// sent at most once for each item.
#[async_trait]
pub trait Access: Send + Sync {
    /// All ACLs, ordered. Without an authorizer: `Unseen` (not supported) (`SECURITY_DISABLED`).
    async fn describe_acls(&self, at: At) -> Result<Seen<Vec<AclBinding>>, ClusterError>;

    /// All users with SCRAM credentials, ordered. Before Kafka 2.7: `Unseen` (not supported).
    async fn describe_users(&self, at: At) -> Result<Seen<Vec<User>>, ClusterError>;

    /// All quotas, ordered. Before Kafka 2.6: `Unseen` (not supported).
    async fn describe_quotas(&self, at: At) -> Result<Seen<Vec<Quota>>, ClusterError>;

    /// Creates ACLs. An ACL that exists already is done. One answer for each ACL, in order.
    async fn create_acls(&self, acls: &[AclBinding]) -> Vec<Answer>;

    /// Deletes exactly these ACLs. An ACL that does not exist is done. One answer for each ACL, in
    /// order.
    async fn delete_acls(&self, acls: &[AclBinding]) -> Vec<Answer>;

    /// Changes quotas. One answer for each entity, in order.
    async fn alter_quotas(&self, changes: &[QuotaAlteration]) -> Vec<Answer>;
}
