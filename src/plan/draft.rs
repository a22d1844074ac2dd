//! A plan in the making.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::kinds::Action;
use super::options::DiffOptions;
use super::resource::Resource;
use super::step::{Reason, Risk, Step};
use super::target::ConfigTarget;
use super::{FORMAT_VERSION, LeftAlone, Override, Plan};
use crate::model::config::ConfigEntry;
use crate::model::service::Service;

/// Collects steps and findings.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) cluster_id: String,
    pub(super) options: DiffOptions,
    pub(super) steps: Vec<Step>,
    findings: Vec<Finding>,
    pub(super) orphans: Vec<String>,
    pub(super) left_alone: LeftAlone,
    pub(super) left_out: Vec<Resource>,
    /// The managed service of the cluster, if known.
    pub(super) service: Option<&'static Service>,
    /// Topics whose settings the cluster cannot report, by its error message.
    pub(super) without_settings: BTreeMap<String, Vec<String>>,
}

impl Draft {
    /// An empty plan for a cluster.
    pub(super) fn new(cluster_id: &str, options: &DiffOptions) -> Self {
        Self {
            cluster_id: cluster_id.to_owned(),
            options: options.clone(),
            ..Self::default()
        }
    }

    pub(super) fn step(&mut self, action: impl Into<Action>, reason: Reason, risk: Risk) {
        self.steps.push(Step::new(action, reason, risk));
    }

    pub(super) fn find(&mut self, finding: Finding) {
        self.findings.push(finding.judged(&self.options.allow));
    }

    /// Notes an undeclared setting that stays.
    pub(super) fn leave_alone(&mut self, resource: Resource, entry: &ConfigEntry) {
        self.left_alone.overrides.push(Override {
            resource,
            key: entry.name.clone(),
            value: entry.value.text().map(str::to_owned),
        });
    }

    /// The plan: steps in order of writing, findings by severity.
    pub(super) fn into_plan(mut self) -> Plan {
        self.steps.sort_by_key(rank);
        for (index, step) in self.steps.iter_mut().enumerate() {
            step.id = index + 1;
        }
        self.findings.sort_by_key(|finding| finding.severity);
        Plan {
            format_version: FORMAT_VERSION,
            kind: "Plan".to_owned(),
            cluster_id: self.cluster_id,
            manifest_hash: self.options.manifest_hash,
            steps: self.steps,
            findings: self.findings,
            orphans: self.orphans,
            left_alone: self.left_alone,
            left_out: self.left_out,
            unmoved: Vec::new(),
            announced: None,
        }
    }
}

/// The order of writing: broker settings, new topics, new partitions, topic settings, deleted topics, then
/// everything but ACLs. ACLs come last, because they can lock out the user who writes them: new ones, then
/// deleted ones, each by its phase.
pub(super) fn rank(step: &Step) -> u8 {
    match &step.action {
        Action::AlterConfigs(ConfigTarget::BrokerDefaults | ConfigTarget::Broker(_), _) => 0,
        Action::CreateTopic(..) => 1,
        Action::CreatePartitions(..) => 2,
        Action::AlterConfigs(ConfigTarget::Topic(_), _) => 3,
        Action::DeleteTopic(..) => 4,
        Action::CreateAcl(..) => 6 + step.action.phase(),
        Action::DeleteAcl(..) => 8 + step.action.phase(),
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::{CreateAcl, DeleteAcl, DeleteOffset};
    use super::super::target::CommitTarget;
    use super::*;
    use crate::model::access::{AclBinding, Operation, PatternType, Permission, ResourceType};
    use crate::model::group::Committed;
    use crate::model::measure::TopicPartition;

    fn acl(permission: Permission) -> AclBinding {
        AclBinding {
            resource_type: ResourceType::Group,
            resource_name: "g".to_owned(),
            pattern_type: PatternType::Literal,
            principal: "User:a".to_owned(),
            host: "*".to_owned(),
            operation: Operation::Read,
            permission,
        }
    }

    #[test]
    fn acls_are_the_last_steps_and_open_no_gap() {
        let mut draft = Draft::new("c", &DiffOptions::default());
        let (allow, deny) = (Permission::Allow, Permission::Deny);
        let mut step = |action: Action| draft.step(action, Reason::Undo, Risk::None);
        step((acl(deny), DeleteAcl {}).into());
        step((acl(allow), DeleteAcl {}).into());
        step((acl(allow), CreateAcl {}).into());
        step((acl(deny), CreateAcl {}).into());
        let commit = CommitTarget::new("g", &TopicPartition::new("t", 0), None);
        step(
            (
                commit,
                DeleteOffset {
                    before: Committed::at(1),
                },
            )
                .into(),
        );
        let steps = draft.into_plan().steps;
        let told = steps
            .iter()
            .map(|step| format!("{} {}", step.action.name(), step.resource()));
        let told: Vec<String> = told.collect();
        let of = |name: &str, permission: &str| {
            format!("{name} ACL {permission} User:a READ on GROUP LITERAL g from *")
        };
        assert_eq!(
            told,
            [
                "forget group g: t-0".to_owned(),
                of("createAcl", "DENY"),
                of("createAcl", "ALLOW"),
                of("deleteAcl", "ALLOW"),
                of("deleteAcl", "DENY"),
            ]
        );
    }
}
