//! The permissions of the users of a secure cluster. Pure.
//!
//! Each user has the least that its role needs, on all resources.

use super::users::{CONSUMER, OPERATOR, PRODUCER};
use crate::model::access::{AclBinding, PatternType};
use crate::model::hosts::EVERY_HOST;
use crate::model::rights::EVERY_NAME;
use crate::model::role::{Role, RoleResources};

/// The ACLs of all users except the admin, who is a superuser (`super.users`): those of one user and one
/// kind of resource are together.
#[must_use]
pub fn acls() -> Vec<AclBinding> {
    let every = || vec![EVERY_NAME.to_owned()];
    let produced = RoleResources {
        topics: every(),
        transactional_ids: every(),
        ..RoleResources::default()
    };
    let consumed = RoleResources {
        topics: every(),
        groups: every(),
        ..RoleResources::default()
    };
    let users = [
        (OPERATOR, Role::Operator, RoleResources::default()),
        (PRODUCER, Role::TransactionalProducer, produced),
        (CONSUMER, Role::Consumer, consumed),
    ];
    let acls = users.into_iter().flat_map(|(user, role, on)| {
        let principal = format!("User:{user}");
        role.acls(&principal, EVERY_HOST, &on, PatternType::Literal)
    });
    acls.collect()
}
