//! ACLs, users and quotas.

mod acls;

use std::sync::Arc;

use async_trait::async_trait;

use super::ask::read;
use super::requests::Api;
use super::send::{Parts, Target, write};
use super::{LiveCluster, errors};
use crate::cluster::access::{Access, QuotaAlteration};
use crate::cluster::live::wire::{
    AlterClientQuotasRequest, AlterClientQuotasResponse, AlterQuotaEntity, AlterQuotaEntry,
    AlterQuotaOp, ApiKey, BrokerConnection, DescribeClientQuotasRequest,
    DescribeClientQuotasResponse, DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsResponse, KrafkaError, QuotaEntry, checked, exchange, versions,
};
use crate::cluster::{Answer, At, ClusterError};
use crate::model::access::{AclBinding, Credential, Entity, Quota, QuotaValue, User};
use crate::model::seen::Seen;

const ALTER_CLIENT_QUOTAS: Api = (ApiKey::AlterClientQuotas, versions::ALTER_CLIENT_QUOTAS);

#[async_trait]
impl Access for LiveCluster {
    async fn describe_acls(&self, at: At) -> Result<Seen<Vec<AclBinding>>, ClusterError> {
        seen(read(self, at, "describe ACLs", acls::acls_at).await)
    }

    async fn describe_users(&self, at: At) -> Result<Seen<Vec<User>>, ClusterError> {
        seen(read(self, at, "describe users", users_at).await)
    }

    async fn describe_quotas(&self, at: At) -> Result<Seen<Vec<Quota>>, ClusterError> {
        seen(read(self, at, "describe quotas", quotas_at).await)
    }

    async fn create_acls(&self, acls: &[AclBinding]) -> Vec<Answer> {
        acls::create(self, acls).await
    }

    async fn delete_acls(&self, acls: &[AclBinding]) -> Vec<Answer> {
        acls::delete(self, acls).await
    }

    async fn alter_quotas(&self, changes: &[QuotaAlteration]) -> Vec<Answer> {
        alter_quotas(self, changes).await
    }
}

async fn alter_quotas(cluster: &LiveCluster, changes: &[QuotaAlteration]) -> Vec<Answer> {
    let keys: Vec<Entity> = changes.iter().map(|(entity, _)| entity.clone()).collect();
    let request = AlterClientQuotasRequest {
        entries: changes.iter().map(alteration).collect(),
        validate_only: false,
    };
    let parts = |response: AlterClientQuotasResponse| {
        let entries = response.entries.into_iter();
        let told = entries.map(|one| {
            let entity = one.entity.into_iter();
            let entity = entity.map(|part| (part.entity_type, part.entity_name));
            (Entity(entity.collect()), one.error_code, one.error_message)
        });
        Parts {
            throttle_ms: response.throttle_time_ms,
            items: told.collect(),
        }
    };
    let target = Target::Controller;
    write(cluster, target, ALTER_CLIENT_QUOTAS, &keys, &request, parts).await
}

fn alteration((entity, ops): &QuotaAlteration) -> AlterQuotaEntry {
    let parts = entity.0.iter().map(|(kind, name)| AlterQuotaEntity {
        entity_type: kind.clone(),
        entity_name: name.clone(),
    });
    let ops = ops.iter().map(|(key, value)| AlterQuotaOp {
        key: key.clone(),
        value: value.map_or(0.0, |value| value.0),
        remove: value.is_none(),
    });
    AlterQuotaEntry {
        entity: parts.collect(),
        ops: ops.collect(),
    }
}

/// An `Unseen` for a failed read; an error only if no broker answered.
pub(super) fn seen<T>(answered: Result<T, ClusterError>) -> Result<Seen<T>, ClusterError> {
    match answered {
        Ok(value) => Ok(Seen::Value(value)),
        Err(error @ (ClusterError::Unreachable { .. } | ClusterError::Login { .. })) => Err(error),
        Err(ClusterError::Broker { error, .. }) if error.code == "SECURITY_DISABLED" => {
            Ok(Seen::not_supported(error.to_string()))
        }
        Err(error) => Ok(errors::missing(&error)),
    }
}

async fn users_at(connection: Arc<BrokerConnection>) -> Result<Vec<User>, KrafkaError> {
    let range = versions::DESCRIBE_USER_SCRAM_CREDENTIALS;
    // None also means all, but a broker that refuses such a request never answers: it fails on the
    // missing names (`DescribeUserScramCredentialsRequest.getErrorResponse`).
    let request = DescribeUserScramCredentialsRequest {
        users: Some(Vec::new()),
    };
    let api = ApiKey::DescribeUserScramCredentials;
    let answer: DescribeUserScramCredentialsResponse =
        exchange(&connection, api, range, &request).await?;
    checked(answer.error_code, answer.error_message)?;
    let mut users = Vec::with_capacity(answer.results.len());
    for user in answer.results {
        checked(user.error_code, user.error_message)?;
        let told = user.credential_infos.into_iter();
        let mut credentials: Vec<Credential> = told
            .map(|one| Credential {
                mechanism: one.mechanism.mechanism_name().to_owned(),
                iterations: one.iterations,
            })
            .collect();
        credentials.sort();
        users.push(User {
            name: user.user,
            credentials,
        });
    }
    users.sort();
    Ok(users)
}

async fn quotas_at(connection: Arc<BrokerConnection>) -> Result<Vec<Quota>, KrafkaError> {
    let range = versions::DESCRIBE_CLIENT_QUOTAS;
    let request = DescribeClientQuotasRequest {
        components: Vec::new(),
        strict: false,
    };
    let api = ApiKey::DescribeClientQuotas;
    let answer: DescribeClientQuotasResponse = exchange(&connection, api, range, &request).await?;
    checked(answer.error_code, answer.error_message)?;
    let entries = answer.entries.unwrap_or_default().into_iter();
    let mut quotas: Vec<Quota> = entries.map(quota).collect();
    quotas.sort();
    Ok(quotas)
}

fn quota(entry: QuotaEntry) -> Quota {
    let parts = entry.entity.into_iter();
    let values = entry.values.into_iter();
    Quota {
        entity: Entity(
            parts
                .map(|one| (one.entity_type, one.entity_name))
                .collect(),
        ),
        values: values.map(|one| (one.key, QuotaValue(one.value))).collect(),
    }
}
