//! ACLs, users and quotas of the cluster in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::state::{State, error};
use super::{FakeCluster, Mode};
use crate::cluster::access::{Access, QuotaAlteration};
use crate::cluster::{Answer, At, BrokerError, ClusterError};
use crate::model::access::{AclBinding, Quota, QuotaValue, User};
use crate::model::seen::Seen;

impl State {
    /// The error for a user who may not see or write one of these.
    fn permit(&self, what: &str) -> Result<(), BrokerError> {
        if self.faults.not_permitted_access.contains(what) {
            return Err(error(
                "CLUSTER_AUTHORIZATION_FAILED",
                "Cluster authorization failed.",
            ));
        }
        if what == "acls" && self.acls.is_none() {
            let words = "No Authorizer is configured on the broker";
            return Err(error("SECURITY_DISABLED", words));
        }
        Ok(())
    }

    fn seen<T: Ord + Clone>(&self, what: &str, values: &[T]) -> Seen<Vec<T>> {
        let request = match what {
            "acls" => "DescribeAcls",
            "users" => "DescribeUserScramCredentials",
            _ => "DescribeClientQuotas",
        };
        if let Some(unseen) = self.unseen(request, &format!("describe {}", named(what))) {
            return unseen;
        }
        match self.permit(what) {
            Ok(()) => {
                let mut values = values.to_vec();
                values.sort();
                Seen::Value(values)
            }
            Err(error) if error.code == "SECURITY_DISABLED" => {
                Seen::not_supported(error.to_string())
            }
            Err(error) => {
                let words = format!("not authorised to describe {}: {error}", named(what));
                Seen::not_permitted(words)
            }
        }
    }

    fn add_acl(&mut self, acl: &AclBinding) -> Result<(), BrokerError> {
        self.permit("acls")?;
        let acls = self.acls.get_or_insert_default();
        if !acls.contains(acl) {
            acls.push(acl.clone());
        }
        Ok(())
    }

    fn remove_acl(&mut self, acl: &AclBinding) -> Result<(), BrokerError> {
        self.permit("acls")?;
        self.acls.get_or_insert_default().retain(|one| one != acl);
        Ok(())
    }

    fn alter_quota(&mut self, (entity, ops): &QuotaAlteration) -> Result<(), BrokerError> {
        self.permit("quotas")?;
        let known = |key: &str| QUOTA_KEYS.contains(&key);
        if let Some((key, _)) = ops.iter().find(|(key, _)| !known(key)) {
            let message = format!("Invalid configuration key {key}");
            return Err(error("INVALID_REQUEST", message));
        }
        let place = self.quotas.iter().position(|one| one.entity == *entity);
        let place = place.unwrap_or_else(|| {
            self.quotas.push(Quota {
                entity: entity.clone(),
                values: BTreeMap::new(),
            });
            self.quotas.len() - 1
        });
        for (key, value) in ops {
            let value = value.map(|value| QuotaValue(self.clamped(key, value.0)));
            let values = &mut self.quotas[place].values;
            match value {
                Some(value) => values.insert(key.clone(), value),
                None => values.remove(key),
            };
        }
        self.quotas.retain(|one| !one.values.is_empty());
        Ok(())
    }
}

fn named(what: &str) -> &str {
    if what == "acls" { "ACLs" } else { what }
}

const QUOTA_KEYS: [&str; 5] = [
    "producer_byte_rate",
    "consumer_byte_rate",
    "request_percentage",
    "controller_mutation_rate",
    "connection_creation_rate",
];

#[async_trait]
impl Access for FakeCluster {
    async fn describe_acls(&self, at: At) -> Result<Seen<Vec<AclBinding>>, ClusterError> {
        let state = self.lock();
        state.answers(at)?;
        Ok(state.seen("acls", state.acls.as_deref().unwrap_or_default()))
    }

    async fn describe_users(&self, _at: At) -> Result<Seen<Vec<User>>, ClusterError> {
        let state = self.lock();
        Ok(state.seen("users", &state.users))
    }

    async fn describe_quotas(&self, at: At) -> Result<Seen<Vec<Quota>>, ClusterError> {
        let state = self.lock();
        state.answers(at)?;
        Ok(state.seen("quotas", &state.quotas))
    }

    async fn create_acls(&self, acls: &[AclBinding]) -> Vec<Answer> {
        let request = ("CreateAcls", Mode::Write);
        self.write(request, acls, ToString::to_string, State::add_acl)
    }

    async fn delete_acls(&self, acls: &[AclBinding]) -> Vec<Answer> {
        let request = ("DeleteAcls", Mode::Write);
        self.write(request, acls, ToString::to_string, State::remove_acl)
    }

    async fn alter_quotas(&self, changes: &[QuotaAlteration]) -> Vec<Answer> {
        self.write(
            ("AlterClientQuotas", Mode::Write),
            changes,
            |(entity, _)| entity.to_string(),
            State::alter_quota,
        )
    }
}
