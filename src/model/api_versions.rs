//! The requests that a broker understands, and its features (`ApiVersions`).

use serde::{Deserialize, Serialize};

/// What one broker understands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiVersions {
    /// Its requests, ordered by key.
    pub apis: Vec<ApiVersion>,
    /// Its features, ordered by name; none before Kafka 2.7 (KIP-584).
    #[serde(default)]
    pub features: Vec<Feature>,
}

/// The versions of one request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiVersion {
    /// Its number.
    pub key: i16,
    /// Kafka's name of it, such as `CreateTopics`; `Unknown` for one that came later.
    pub name: String,
    /// The lowest version.
    pub min: i16,
    /// The highest version.
    pub max: i16,
    /// The version that tonkafka sends; none for what it never sends, or in no version of the broker.
    pub used: Option<i16>,
}

/// The levels of one feature (KIP-584).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Feature {
    /// Its name, such as `metadata.version`.
    pub name: String,
    /// The lowest level that the broker supports.
    pub min: i16,
    /// The highest level that the broker supports.
    pub max: i16,
    /// The level that the cluster runs with; none where it is not finalised.
    pub finalized: Option<i16>,
}
