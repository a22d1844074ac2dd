//! The part of the seam that is about ACLs, users and quotas.
//!
//! A cluster without an authorizer has no ACLs to ask for. Brokers tell of users names, mechanisms and
//! iterations, and never what a credential could be made from again.

use async_trait::async_trait;

use super::{Answer, At, ClusterError};
use crate::model::access::{AclBinding, Entity, Quota, QuotaValue, User};
use crate::model::seen::Seen;

/// A change of an entity's quotas: keys with what they will be; none removes a key. All others stay.
pub type QuotaAlteration = (Entity, Vec<(String, Option<QuotaValue>)>);

/// Who may do what on a cluster, and how much of it. Each broker answers from its own copy of the
/// metadata, which may be behind. As with [`super::Cluster`], reads are repeated
/// until the time-out, and each item is sent at most once when it is written.
#[async_trait]
pub trait Access: Send + Sync {
    /// All ACLs, in order. Without an authorizer: `Unseen` (not supported) (`SECURITY_DISABLED`).
    async fn describe_acls(&self, at: At) -> Result<Seen<Vec<AclBinding>>, ClusterError>;

    /// All users with SCRAM credentials, in order. Before Kafka 2.7: `Unseen` (not supported).
    async fn describe_users(&self, at: At) -> Result<Seen<Vec<User>>, ClusterError>;

    /// All quotas, in order. Before Kafka 2.6: `Unseen` (not supported).
    async fn describe_quotas(&self, at: At) -> Result<Seen<Vec<Quota>>, ClusterError>;

    /// Creates ACLs. One that is there stays, and is done. One answer an ACL, in order.
    async fn create_acls(&self, acls: &[AclBinding]) -> Vec<Answer>;

    /// Deletes exactly these ACLs. One that is not there is done. One answer an ACL, in order.
    async fn delete_acls(&self, acls: &[AclBinding]) -> Vec<Answer>;

    /// Changes quotas. One answer an entity, in order.
    async fn alter_quotas(&self, changes: &[QuotaAlteration]) -> Vec<Answer>;
}
