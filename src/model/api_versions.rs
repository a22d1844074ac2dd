//! The requests that a broker understands, and its features (`ApiVersions`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::catalogue::Line;

/// The requests and features of one broker.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiVersions {
    /// Its requests, ordered by key.
    pub apis: Vec<ApiVersion>,
    /// Its features, ordered by name; none before Kafka 2.7 (KIP-584).
    #[serde(default)]
    pub features: Vec<Feature>,
}

impl ApiVersions {
    /// The broker's version of Kafka; none if the broker does not report it. 4.0 removed the first versions
    /// of `CreateTopics` (KIP-896); 4.4 added a `DeleteGroups` with error messages.
    #[must_use]
    pub fn line(&self) -> Option<Line> {
        let of = |key| self.apis.iter().find(|api| api.key == key);
        let words = of(DELETE_GROUPS).is_some_and(|delete| delete.max >= 3);
        Some(match of(CREATE_TOPICS)?.min {
            ..2 => Line::Kafka3,
            _ if words => Line::Kafka44,
            _ => Line::Kafka4,
        })
    }
}

/// The API key of `CreateTopics`.
const CREATE_TOPICS: i16 = 19;

/// The API key of `DeleteGroups`.
const DELETE_GROUPS: i16 = 42;

/// The versions of one request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiVersion {
    /// The API key.
    pub key: i16,
    /// Kafka's name, such as `CreateTopics`; `Unknown` for requests that are newer than this program.
    pub name: String,
    /// The lowest version.
    pub min: i16,
    /// The highest version.
    pub max: i16,
    /// The version that tonkafka sends; none if it never sends this request, or if the broker has no
    /// version that it sends.
    pub used: Option<i16>,
}

/// The levels of one feature (KIP-584).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Feature {
    /// Its name, such as `metadata.version`.
    pub name: String,
    /// The lowest level that the broker supports.
    pub min: i16,
    /// The highest level that the broker supports.
    pub max: i16,
    /// The level that the cluster runs with; none when it is not finalised.
    pub finalized: Option<i16>,
}
