//! A plan in the making, and what it is made from.

use std::collections::BTreeMap;

use super::super::draft::Draft;
use super::super::finding::{Code, Finding, Severity};
use super::super::resource::Resource;
use super::super::unsupported::left_out;
use super::selection::Selection;
use crate::model::backup::Backup;
use crate::model::catalogue::Line;
use crate::model::group::DescribedGroup;
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

/// What is there now.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// Another backup, or the cluster as it was just read.
    pub backup: &'a Backup,
    /// Groups in depth, where it is the cluster.
    pub groups: Option<&'a BTreeMap<String, Seen<DescribedGroup>>>,
    /// Where logs start and end, where it is the cluster.
    pub logs: &'a BTreeMap<TopicPartition, (i64, i64)>,
    /// The brokers' line of Kafka, where it is the cluster and they tell.
    pub line: Option<Line>,
}

/// The steps and findings that make the cluster of `now` what `then` holds.
pub(super) struct RestoreDraft<'a, 'd> {
    pub(super) then: &'a Backup,
    pub(super) now: Now<'a>,
    pub(super) selection: &'a Selection,
    pub(super) draft: &'d mut Draft,
}

impl RestoreDraft<'_, '_> {
    /// Whether both are of one cluster: only then do ids and offsets mean the same.
    pub(super) fn is_same_cluster(&self) -> bool {
        self.then.cluster_id == self.now.backup.cluster_id
    }

    /// Something that no plan can put back.
    pub(super) fn cannot(&mut self, code: Code, resource: Resource, message: String) {
        self.cannot_but(code, resource, message, None);
    }

    pub(super) fn cannot_but(
        &mut self,
        code: Code,
        resource: Resource,
        message: String,
        hint: Option<&str>,
    ) {
        let mut finding = Finding::new(code, Severity::CannotApply, resource, message);
        finding.hint = hint.map(str::to_owned);
        self.draft.find(finding);
    }

    /// Whether the brokers can have a setting; it is said where they cannot.
    pub(super) fn takes(&mut self, resource: &Resource, key: &str, value: &str) -> bool {
        let message = left_out(resource, key, value, self.now.line);
        let takes = message.is_none();
        if let Some(message) = message {
            self.cannot(Code::SettingLeftOut, resource.clone(), message);
        }
        takes
    }

    pub(super) fn note(&mut self, code: Code, resource: Resource, message: String) {
        let finding = Finding::new(code, Severity::Note, resource, message);
        self.draft.find(finding);
    }
}
