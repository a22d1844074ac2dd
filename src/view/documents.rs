//! Documents that say no more than what they are given, and parts of several.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::plan::Finding;

/// What a document of a read does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotShown {
    /// Whether things are left out that this user may not describe, if there are any.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_visible: bool,
    /// Topics of which something was not seen, and why.
    #[serde(rename = "topicsNotSeen", skip_serializing_if = "BTreeMap::is_empty")]
    pub not_seen: BTreeMap<String, String>,
    /// The error that kept something out.
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
    /// What to try.
    pub hint: Option<String>,
}

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ErrorDocument {
    /// The error.
    pub error: ErrorFields,
}

/// A page or a file as a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TextDocument<'a> {
    /// All of it.
    pub text: &'a str,
}

/// A manifest that was made of what a cluster or another program's files say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ManifestDocument<'a> {
    /// The manifest.
    pub text: &'a str,
    /// What it cannot say.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub unsupported: &'a [String],
    /// What it does not hold.
    #[serde(flatten)]
    pub not_shown: &'a NotShown,
}

/// Names of what a cluster has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamesDocument<'a> {
    /// In order.
    pub names: &'a [String],
    /// Whether there may be more, which this user may not describe.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_visible: bool,
    /// What kept some of them out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorFields>,
}

/// Manifests that are valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidationDocument<'a> {
    /// That they are; otherwise there is an error instead.
    #[schemars(extend("const" = true))]
    pub valid: bool,
    /// How many topics they declare.
    pub topics: usize,
    /// SHA-256 of the manifest, in hexadecimal.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub manifest_hash: &'a str,
    /// What passed and is worth a look.
    pub findings: Vec<Finding>,
}
