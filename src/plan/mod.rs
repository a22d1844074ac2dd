//! The difference between what a manifest asks for and what a cluster has, as data. Pure.
//!
//! A [`Plan`] describes an apply entirely: its [`Step`]s are what will be written, in order, and
//! its [`Finding`]s are all that will not be, with the reason. Text, tables and JSON are views of
//! the same value.
//!
//! - [`diff`]: Desired + Observed → Plan
//! - [`step`]: what is written
//! - [`mod@file`]: a plan that is kept in a file
//! - [`guards`]: what has to be known beyond that, and the guards that need it; [`retention`] is one
//! - [`stale`]: what changed since a plan was made
//! - [`finding`]: guards that trip, differences that cannot be applied, notes

mod brokers;
pub mod diff;
mod draft;
pub mod file;
pub mod finding;
pub mod guards;
mod inherit;
mod prune;
pub mod retention;
pub mod stale;
pub mod step;
mod strict;
mod topics;

use serde::{Deserialize, Serialize};

pub use finding::{Code, Finding, Pass, Severity};
pub use step::{Action, After, ConfigChange, Reason, Resource, Risk, Step};

/// The version of a plan's JSON.
pub const FORMAT_VERSION: u32 = 1;

/// What an apply would do, and what it would not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// `Plan`.
    pub kind: String,
    /// The `cluster.id` it was made for.
    pub cluster_id: String,
    /// SHA-256 of the manifest, in hexadecimal.
    pub manifest_hash: String,
    /// What would be written, in order.
    pub steps: Vec<Step>,
    /// What would not, and why.
    pub findings: Vec<Finding>,
    /// Topics under an owned prefix that the manifest does not declare, in order. They are deleted
    /// only where a step says so.
    #[serde(default)]
    pub orphans: Vec<String>,
    /// What is on the cluster and nobody declared.
    pub left_alone: LeftAlone,
}

/// Things on the cluster that the manifest does not speak of. They are never touched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftAlone {
    /// Topics.
    pub topics: Vec<String>,
    /// Overrides of declared topics, and dynamic settings of brokers at the scopes that are declared.
    pub overrides: Vec<Override>,
}

/// A key that somebody set and the manifest does not declare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Override {
    /// Where.
    pub resource: Resource,
    /// The key.
    pub key: String,
    /// Its value; none where the broker hides it.
    pub value: Option<String>,
}

impl Plan {
    /// Whether applying it would write nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The same plan with more findings, in order.
    #[must_use]
    pub fn with_findings(mut self, findings: impl IntoIterator<Item = Finding>) -> Self {
        self.findings.extend(findings);
        self.findings.sort_by_key(|finding| finding.severity);
        self
    }

    /// The findings of one severity.
    pub fn findings_of(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.severity == severity)
    }

    /// Whether a finding of this severity is there.
    #[must_use]
    pub fn has(&self, severity: Severity) -> bool {
        self.findings_of(severity).next().is_some()
    }
}
