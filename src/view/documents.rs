//! Small documents, and fields that several documents share.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::plan::Finding;

/// What a document could not include.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotShown {
    /// Whether things may be left out because this user may not describe them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_visible: bool,
    /// Topics that were not completely seen, each with the reason.
    #[serde(rename = "topicsNotSeen", skip_serializing_if = "BTreeMap::is_empty")]
    pub not_seen: BTreeMap<String, String>,
    /// The error, if the document is incomplete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorFields>,
}

/// An error in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ErrorFields {
    /// The exit code.
    #[schemars(extend("enum" = [1, 2, 3, 4, 5, 6, 7, 8, 130]))]
    pub code: u8,
    /// What failed.
    pub message: String,
    /// A hint on what to try.
    pub hint: Option<String>,
}

/// A manifest made from a cluster or from another program's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ManifestDocument<'a> {
    /// The manifest.
    pub text: &'a str,
    /// Facts that the manifest cannot express.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub unsupported: &'a [String],
    /// What could not be read.
    #[serde(flatten)]
    pub not_shown: &'a NotShown,
}

/// Names of topics, groups or brokers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamesDocument<'a> {
    /// The names in order.
    pub names: &'a [String],
    /// Whether names may be left out because this user may not describe them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_visible: bool,
    /// The error, if the list is incomplete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorFields>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Manifests that are valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidationDocument<'a> {
    /// Always true; invalid manifests give an error document.
    #[schemars(extend("const" = true))]
    pub valid: bool,
    /// The number of declared topics.
    pub topics: usize,
    /// The number of declared ACLs, if there are any; those that roles stand for count.
    #[serde(skip_serializing_if = "is_zero")]
    pub acls: usize,
    /// The number of declared quotas, if there are any.
    #[serde(skip_serializing_if = "is_zero")]
    pub quotas: usize,
    /// SHA-256 of the manifest, in hexadecimal.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub manifest_hash: &'a str,
    /// Findings that do not make the manifests invalid.
    pub findings: Vec<Finding>,
}
