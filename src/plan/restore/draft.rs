//! A restore plan in the making, and its sources.

use std::collections::BTreeMap;

use super::super::draft::Draft;
use super::super::finding::{Code, Finding};
use super::super::resource::Resource;
use super::super::unsupported::left_out;
use super::selection::Selection;
use crate::model::backup::Backup;
use crate::model::catalogue::Line;
use crate::model::group::DescribedGroup;
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

/// The current state.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// The cluster as it was just read, or another backup.
    pub backup: &'a Backup,
    /// The described groups, when it is a cluster.
    pub groups: Option<&'a BTreeMap<String, Seen<DescribedGroup>>>,
    /// Log start and log end offsets, when it is a cluster.
    pub logs: &'a BTreeMap<TopicPartition, (i64, i64)>,
    /// The brokers' version of Kafka, when it is a cluster and known.
    pub line: Option<Line>,
}

/// Collects the steps and findings that restore `then` on the cluster of `now`.
pub(super) struct RestoreDraft<'a, 'd> {
    pub(super) then: &'a Backup,
    pub(super) now: Now<'a>,
    pub(super) selection: &'a Selection,
    pub(super) draft: &'d mut Draft,
}

impl RestoreDraft<'_, '_> {
    /// Whether both are of the same cluster; otherwise ids and offsets cannot be compared.
    pub(super) fn is_same_cluster(&self) -> bool {
        self.then.cluster_id == self.now.backup.cluster_id
    }

    /// Reports something that no plan can restore.
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
        let mut finding = Finding::cannot_apply(code, resource, message);
        finding.hint = hint.map(str::to_owned);
        self.draft.find(finding);
    }

    /// Whether the brokers accept a setting; adds a finding when they do not.
    pub(super) fn takes(&mut self, resource: &Resource, key: &str, value: &str) -> bool {
        let message = left_out(resource, key, value, self.now.line);
        let takes = message.is_none();
        if let Some(message) = message {
            self.cannot(Code::SettingLeftOut, resource.clone(), message);
        }
        takes
    }

    pub(super) fn note(&mut self, code: Code, resource: Resource, message: String) {
        let finding = Finding::note(code, resource, message);
        self.draft.find(finding);
    }
}
