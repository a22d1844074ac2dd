//! A plan: what would be written, what would not, and what is left alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::{Finding, Severity};
use super::kinds::{Action, Unmoved};
use super::resource::Resource;
use super::step::Step;

/// The version of a plan's JSON. Version 1 had steps whose action cannot be done to their resource.
pub const FORMAT_VERSION: u32 = 2;

/// What an apply would do, and what it would not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// The version of this form. Version 1 is in reports of before, and is not applied.
    #[schemars(extend("enum" = [1, FORMAT_VERSION]))]
    pub format_version: u32,
    /// `Plan`.
    #[schemars(extend("const" = "Plan"))]
    pub kind: String,
    /// The `cluster.id` it was made for.
    pub cluster_id: String,
    /// SHA-256 of the manifest, in hexadecimal; empty where no manifest asked for it.
    #[schemars(regex(pattern = "^([0-9a-f]{64})?$"))]
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
    /// What the manifest declares and the plan is not about (`--only`), in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Resource>,
    /// Partitions of groups that were asked for and are there already, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmoved: Vec<Unmoved>,
    /// What is written later, and cannot be known before records are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Announced>,
}

/// Commits for records that are written after a plan's steps: their offsets are known then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Announced {
    /// The groups, in order; none where all that committed for the records are meant.
    pub groups: Option<Vec<String>>,
    /// The topics of the records, in order.
    pub topics: Vec<String>,
}

impl Announced {
    /// Whether a step is one of those that are announced.
    #[must_use]
    pub fn has(&self, step: &Step) -> bool {
        let Action::CommitOffset(on, _) = &step.action else {
            return false;
        };
        let is_meant = |groups: &Vec<String>| groups.contains(&on.group);
        self.groups.as_ref().is_none_or(is_meant) && self.topics.contains(&on.partition.topic.name)
    }
}

/// Things on the cluster that the manifest does not speak of. They are never touched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftAlone {
    /// Topics.
    pub topics: Vec<String>,
    /// Overrides of declared topics, and dynamic settings of brokers at the scopes that are declared.
    pub overrides: Vec<Override>,
}

/// A key that somebody set and the manifest does not declare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// A plan that no manifest asked for. Its steps are numbered in order.
    #[must_use]
    pub fn requested(cluster_id: &str, mut steps: Vec<Step>, mut findings: Vec<Finding>) -> Self {
        for (index, step) in steps.iter_mut().enumerate() {
            step.id = index + 1;
        }
        findings.sort_by_key(|finding| finding.severity);
        Self {
            format_version: FORMAT_VERSION,
            kind: "Plan".to_owned(),
            cluster_id: cluster_id.to_owned(),
            manifest_hash: String::new(),
            steps,
            findings,
            orphans: Vec::new(),
            left_alone: LeftAlone::default(),
            left_out: Vec::new(),
            unmoved: Vec::new(),
            announced: None,
        }
    }

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

    /// The findings for which nothing at all is applied: what cannot be read, else what is refused.
    #[must_use]
    pub fn stopping(&self) -> Vec<&Finding> {
        let unreadable: Vec<&Finding> = self.findings_of(Severity::Unreadable).collect();
        if unreadable.is_empty() {
            self.findings_of(Severity::Refused).collect()
        } else {
            unreadable
        }
    }

    /// Whether a finding of this severity is there.
    #[must_use]
    pub fn has(&self, severity: Severity) -> bool {
        self.findings_of(severity).next().is_some()
    }
}
