//! The permissions of the users of a secure cluster. Pure.
//!
//! Each user has what the commands of its work need, and no more. An operator has no `ALTER` on the
//! cluster, although elections and reassignments need it: with it, anybody could be given any
//! permission. `READ`, `WRITE`, `DELETE` and `ALTER` include `DESCRIBE`, and `ALTER_CONFIGS`
//! includes `DESCRIBE_CONFIGS`.

use super::users::{CONSUMER, OPERATOR, PRODUCER};
use crate::model::access::{AclBinding, Operation, PatternType, Permission, ResourceType};

/// The permissions of one user on all resources of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// The user.
    pub user: &'static str,
    /// The kind of resource.
    pub resource: ResourceType,
    /// The allowed operations.
    pub operations: &'static [Operation],
}

/// The permissions of all users except the admin, who is a superuser (`super.users`).
pub const RIGHTS: [Right; 7] = [
    // plan, describe, backup; settings of brokers, quotas
    Right {
        user: OPERATOR,
        resource: ResourceType::Cluster,
        operations: &[Operation::Describe, Operation::AlterConfigs],
    },
    // apply; offsets and snapshots also need READ
    Right {
        user: OPERATOR,
        resource: ResourceType::Topic,
        operations: &[
            Operation::Create,
            Operation::Alter,
            Operation::AlterConfigs,
            Operation::Delete,
            Operation::Read,
        ],
    },
    // lag, reset-offsets, groups delete
    Right {
        user: OPERATOR,
        resource: ResourceType::Group,
        operations: &[Operation::Read, Operation::Delete],
    },
    Right {
        user: PRODUCER,
        resource: ResourceType::Topic,
        operations: &[Operation::Write],
    },
    Right {
        user: PRODUCER,
        resource: ResourceType::TransactionalId,
        operations: &[Operation::Write],
    },
    Right {
        user: CONSUMER,
        resource: ResourceType::Topic,
        operations: &[Operation::Read],
    },
    Right {
        user: CONSUMER,
        resource: ResourceType::Group,
        operations: &[Operation::Read],
    },
];

/// The resource name of a cluster.
const CLUSTER: &str = "kafka-cluster";

impl Right {
    /// The resource name that covers all resources of the kind.
    #[must_use]
    pub fn resource_name(&self) -> &'static str {
        match self.resource {
            ResourceType::Cluster => CLUSTER,
            _ => "*",
        }
    }
}

/// [`RIGHTS`] as ACLs.
#[must_use]
pub fn acls() -> Vec<AclBinding> {
    RIGHTS.iter().flat_map(acls_of).collect()
}

fn acls_of(right: &Right) -> impl Iterator<Item = AclBinding> {
    right.operations.iter().map(|operation| AclBinding {
        resource_type: right.resource,
        resource_name: right.resource_name().to_owned(),
        pattern_type: PatternType::Literal,
        principal: format!("User:{}", right.user),
        host: "*".to_owned(),
        operation: *operation,
        permission: Permission::Allow,
    })
}
