//! A plan: the writes, the findings, and what is left alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::{Finding, Severity};
use super::kinds::{Action, Unmoved};
use super::resource::Resource;
use super::step::Step;

/// The version of a plan's JSON. Version 1 allowed actions that cannot be done to their resource.
pub const FORMAT_VERSION: u32 = 2;

/// What an apply would write, and what it would not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// The version of this document. Version 1 occurs in old reports and cannot be applied.
    #[schemars(extend("enum" = [1, FORMAT_VERSION]))]
    pub format_version: u32,
    /// `Plan`.
    #[schemars(extend("const" = "Plan"))]
    pub kind: String,
    /// The `cluster.id` of the cluster that it was made for.
    pub cluster_id: String,
    /// SHA-256 of the manifest, in hexadecimal; empty when it was not made from a manifest.
    #[schemars(regex(pattern = "^([0-9a-f]{64})?$"))]
    pub manifest_hash: String,
    /// The writes, in order.
    pub steps: Vec<Step>,
    /// What would not be written, and why.
    pub findings: Vec<Finding>,
    /// Topics under an owned prefix that the manifest does not declare, in order. Only those with a step
    /// are deleted.
    #[serde(default)]
    pub orphans: Vec<String>,
    /// What the cluster has and the manifest does not declare.
    pub left_alone: LeftAlone,
    /// What the manifest declares and `--only` leaves out, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Resource>,
    /// Partitions whose commit is already as requested, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmoved: Vec<Unmoved>,
    /// Commits that are planned after the records are written, when their offsets are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Announced>,
}

/// Commits for records that are written after a plan's steps. Their offsets are known only then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Announced {
    /// The groups, in order; none means every group that committed for the records.
    pub groups: Option<Vec<String>>,
    /// The topics of the records, in order.
    pub topics: Vec<String>,
}

impl Announced {
    /// Whether `step` is one of the announced commits.
    #[must_use]
    pub fn has(&self, step: &Step) -> bool {
        let Action::CommitOffset(on, _) = &step.action else {
            return false;
        };
        let is_meant = |groups: &Vec<String>| groups.contains(&on.group);
        self.groups.as_ref().is_none_or(is_meant) && self.topics.contains(&on.partition.topic.name)
    }
}

/// What the cluster has and the manifest does not declare. It is never touched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftAlone {
    /// Topics.
    pub topics: Vec<String>,
    /// Undeclared overrides of declared topics and undeclared dynamic settings of declared brokers.
    pub overrides: Vec<Override>,
}

/// A key that is set and not declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Override {
    /// Where it is set.
    pub resource: Resource,
    /// The key.
    pub key: String,
    /// Its value; none when the broker hides it.
    pub value: Option<String>,
}

impl Plan {
    /// A plan that was not made from a manifest. Numbers its steps in order.
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

    /// Whether it writes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The same plan with more findings, sorted by severity.
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

    /// The findings that stop the apply: the unreadable ones, or the refused ones if all is readable.
    #[must_use]
    pub fn stopping(&self) -> Vec<&Finding> {
        let unreadable: Vec<&Finding> = self.findings_of(Severity::Unreadable).collect();
        if unreadable.is_empty() {
            self.findings_of(Severity::Refused).collect()
        } else {
            unreadable
        }
    }

    /// Whether it has a finding of this severity.
    #[must_use]
    pub fn has(&self, severity: Severity) -> bool {
        self.findings_of(severity).next().is_some()
    }
}
