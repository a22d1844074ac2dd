//! Access control: ACLs, users with SCRAM credentials, and quotas.
//!
//! Words are those of Kafka's own tools (`kafka-acls`, `kafka-configs`). Everything is ordered, so that two
//! reads of the same cluster give the same text. Brokers do not reveal secrets, so none is here.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::escape::escape;

/// One ACL (`org.apache.kafka.common.acl.AclBinding`).
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub struct AclBinding {
    /// The kind of the resource.
    pub resource_type: ResourceType,
    /// The resource's name, or a name prefix, depending on the pattern type. The literal `*` matches every name; the
    /// cluster's name is `kafka-cluster`.
    pub resource_name: String,
    /// Whether the name is a whole name or a prefix.
    pub pattern_type: PatternType,
    /// The principal, such as `User:alice`; `User:*` is every principal.
    pub principal: String,
    /// The client's address; `*` is every address.
    pub host: String,
    /// The operation that is allowed or denied.
    pub operation: Operation,
    /// Allow or deny.
    pub permission: Permission,
}

/// Kinds of resources that have ACLs (`org.apache.kafka.common.resource.ResourceType`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "Kafka's own words")]
pub enum ResourceType {
    Topic,
    Group,
    Cluster,
    TransactionalId,
    DelegationToken,
    User,
}

/// How the name in an ACL matches resources (`org.apache.kafka.common.resource.PatternType`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PatternType {
    /// The resource of exactly this name.
    Literal,
    /// All resources whose names begin with this name.
    Prefixed,
}

/// Operations that an ACL allows or denies (`AclOperation`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "Kafka's own words")]
pub enum Operation {
    All,
    Read,
    Write,
    Create,
    Delete,
    Alter,
    Describe,
    ClusterAction,
    DescribeConfigs,
    AlterConfigs,
    IdempotentWrite,
    CreateTokens,
    DescribeTokens,
    TwoPhaseCommit,
}

impl ResourceType {
    /// All types.
    pub const ALL: [Self; 6] = [
        Self::Topic,
        Self::Group,
        Self::Cluster,
        Self::TransactionalId,
        Self::DelegationToken,
        Self::User,
    ];
}

/// Whether an ACL allows or denies (`AclPermissionType`). A denial wins over every permission.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "Kafka's own words")]
pub enum Permission {
    Deny,
    Allow,
}

/// A user with SCRAM credentials (`DescribeUserScramCredentials`). Brokers keep no list of other users,
/// such as those with certificates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// The user's name, without the `User:` of the principal.
    pub name: String,
    /// Its credentials, ordered by mechanism.
    pub credentials: Vec<Credential>,
}

/// A SCRAM credential, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credential {
    /// `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub mechanism: String,
    /// How often the password was hashed.
    #[schemars(range(min = 1))]
    pub iterations: i32,
}

/// The quotas of one entity (`DescribeClientQuotas`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quota {
    /// The entity that the quotas are for.
    pub entity: Entity,
    /// Values by key, such as `producer_byte_rate`.
    pub values: BTreeMap<String, QuotaValue>,
}

/// Values by key, for each entity.
pub type Quotas = BTreeMap<Entity, BTreeMap<String, QuotaValue>>;

/// Groups quotas by entity.
#[must_use]
pub fn by_entity(quotas: Vec<Quota>) -> Quotas {
    let quotas = quotas.into_iter();
    quotas.map(|one| (one.entity, one.values)).collect()
}

/// The entity of a quota: `user`, `client-id`, both, or `ip`, each with a name. A name of `None` is the
/// default for all entities without a quota of their own.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Entity(pub BTreeMap<String, Option<String>>);

impl Entity {
    /// The principal of the user that it names.
    #[must_use]
    pub fn principal(&self) -> Option<String> {
        let user = self.0.get("user")?.as_ref()?;
        Some(format!("User:{user}"))
    }
}

/// The number of a quota. The key says its unit: bytes a second, connections a second, or per cent.
#[derive(Debug, Clone, Copy, JsonSchema)]
pub struct QuotaValue(pub f64);

impl PartialEq for QuotaValue {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for QuotaValue {}

impl PartialOrd for QuotaValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for QuotaValue {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for QuotaValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// The whole number up to which an `f64` is exact (2^53 - 1).
pub const WHOLE: f64 = 9_007_199_254_740_991.0;

impl Serialize for QuotaValue {
    /// Whole numbers are written without a fraction.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 && self.0.abs() <= WHOLE {
            #[allow(clippy::cast_possible_truncation, reason = "it is whole and fits")]
            return serializer.serialize_i64(self.0 as i64);
        }
        serializer.serialize_f64(self.0)
    }
}

impl<'de> Deserialize<'de> for QuotaValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self)
    }
}

impl fmt::Display for QuotaValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The order in which Kafka's tools name the parts of an entity.
const PARTS: [&str; 3] = ["user", "client-id", "ip"];

impl fmt::Display for Entity {
    /// Such as `user alice, client-id <default>`, safe for terminals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = PARTS.into_iter();
        let known = known.filter_map(|part| self.0.get_key_value(part));
        let others = self.0.iter();
        let others = others.filter(|(part, _)| !PARTS.contains(&part.as_str()));
        for (index, (part, name)) in known.chain(others).enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{} ", escape(part))?;
            match name {
                Some(name) => f.write_str(&escape(name))?,
                None => f.write_str("<default>")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for AclBinding {
    /// Such as `ALLOW User:alice READ on TOPIC LITERAL orders from *`, safe for terminals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {} on {} {} {} from {}",
            self.permission,
            escape(&self.principal),
            self.operation,
            self.resource_type,
            self.pattern_type,
            escape(&self.resource_name),
            escape(&self.host)
        )
    }
}

/// Unit variants are written as they are serialized.
macro_rules! display_as_serialized {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.serialize(f)
            }
        }
    )*};
}

display_as_serialized!(ResourceType, PatternType, Operation, Permission);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_kafkas_tools() {
        let acl = AclBinding {
            resource_type: ResourceType::TransactionalId,
            resource_name: "a\u{1b}b".to_owned(),
            pattern_type: PatternType::Prefixed,
            principal: "User:alice".to_owned(),
            host: "*".to_owned(),
            operation: Operation::DescribeConfigs,
            permission: Permission::Deny,
        };
        assert_eq!(
            acl.to_string(),
            "DENY User:alice DESCRIBE_CONFIGS on TRANSACTIONAL_ID PREFIXED a\\u{1b}b from *"
        );
    }

    #[test]
    fn numbers_of_quotas_are_written_plainly() {
        for (number, text) in [(10_485_760.0, "10485760"), (0.5, "0.5"), (-0.0, "0")] {
            let json = serde_json::to_string(&QuotaValue(number)).unwrap();
            assert_eq!(json, text);
        }
        assert_eq!(QuotaValue(10_485_760.0).to_string(), "10485760");
        assert_eq!(
            serde_json::from_str::<QuotaValue>("200").unwrap(),
            QuotaValue(200.0)
        );
    }

    #[test]
    fn entities_name_users_first() {
        let parts = [("client-id", None), ("user", Some("alice".to_owned()))];
        let entity = Entity(parts.map(|(part, name)| (part.to_owned(), name)).into());
        assert_eq!(entity.to_string(), "user alice, client-id <default>");
    }
}
