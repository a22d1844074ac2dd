//! Plans the restore of a backup.
//!
//! Settings, commits, ACLs and quotas become as in the backup, and deleted topics are created again. Later
//! topics and groups stay. What cannot be restored is a finding: records, added partitions, replica
//! placement, hidden values, passwords.

pub mod access;
mod draft;
mod groups;
mod selection;
mod settings;
mod topics;

use std::collections::BTreeSet;

use self::access::access;
use super::Plan;
use super::draft::Draft;
use super::finding::{Code, Finding, Severity};
use super::options::DiffOptions;
use super::resource::Resource;
use crate::model::backup::{Backup, Kept, Part};
use crate::model::catalogue::{Scope, is_of_one_line};
use crate::model::measure::TopicPartition;

pub use draft::Now;
pub use selection::{SelectedNames, Selection};

use draft::RestoreDraft;

/// The groups whose commits differ from the backup, and their partitions: both have to be read from the
/// cluster for the plan.
#[must_use]
pub fn questions(
    then: &Backup,
    now: &Backup,
    selection: &Selection,
) -> (BTreeSet<String>, BTreeSet<TopicPartition>) {
    let mut ids = BTreeSet::new();
    let mut partitions = BTreeSet::new();
    for (id, group) in &then.groups {
        if !selection.group(id) {
            continue;
        }
        for (partition, _) in groups::differing(id, group, now) {
            ids.insert(id.clone());
            if now.topics.contains_key(&partition.topic) {
                partitions.insert(partition);
            }
        }
    }
    (ids, partitions)
}

/// Whether any setting of the backup is accepted by some versions of Kafka only.
#[must_use]
pub fn depends_on_version(then: &Backup, selection: &Selection) -> bool {
    let topics = then.topics.iter();
    let topics = topics.filter(|(name, _)| selection.topic(name));
    let topics = topics.map(|(_, topic)| (Scope::Topic, &topic.configs));
    let brokers = then.broker_configs.values().chain([&then.broker_defaults]);
    let brokers = brokers.map(|settings| (Scope::Broker, settings));
    let mut all = topics.chain(brokers);
    all.any(|(scope, settings)| {
        let mut settings = settings.value().into_iter().flatten();
        settings.any(|one| {
            let value = one.value.text();
            value.is_some_and(|value| is_of_one_line(scope, &one.key, value))
        })
    })
}

/// The plan that restores `then` on the cluster of `now`.
#[must_use]
pub fn plan(then: &Backup, now: Now<'_>, selection: &Selection) -> Plan {
    let mut draft = Draft::new(&now.backup.cluster_id, &DiffOptions::default());
    let mut restore = RestoreDraft {
        then,
        now,
        selection,
        draft: &mut draft,
    };
    restore.unseen();
    restore.brokers();
    restore.topics();
    restore.groups();
    restore.access();
    draft.into_plan()
}

impl RestoreDraft<'_, '_> {
    /// Restores ACLs and quotas, and reports users.
    fn access(&mut self) {
        let (then, now, selection) = (self.then, self.now.backup, self.selection);
        let wanted = access::WantedAccess {
            acls: meant(&then.acls, selection.part(Part::Acls)),
            users: meant(&then.users, selection.part(Part::Users)),
            quotas: meant(&then.quotas, selection.part(Part::Quotas)),
        };
        let live = access::Live {
            acls: &now.acls,
            users: &now.users,
            quotas: &now.quotas,
        };
        let (steps, findings) = access(wanted, live);
        self.draft.steps.extend(steps);
        for finding in findings {
            self.draft.find(finding);
        }
    }

    /// Reports what the restore needs and could not be read.
    fn unseen(&mut self) {
        let (then, now, selection) = (self.then, self.now.backup, self.selection);
        let has_commits = |id: &String| {
            let group = then.groups.get(id);
            group.is_some_and(|group| group.commits.value().is_some())
        };
        for one in selection.unseen(now) {
            let (severity, resource) = match (one.part, &one.name) {
                (Part::Topics, Some(name)) if then.topics.contains_key(name) => {
                    (Severity::Unreadable, Resource::topic(name))
                }
                (Part::Groups, Some(id)) if has_commits(id) => {
                    (Severity::Unreadable, Resource::group(id))
                }
                (Part::Brokers, Some(id)) => {
                    let Ok(id) = id.parse() else { continue };
                    let own = then.broker_configs.get(&id);
                    if own.is_none_or(|own| own.value().is_some_and(Vec::is_empty)) {
                        continue;
                    }
                    (Severity::CannotApply, Resource::Broker { id })
                }
                (Part::Brokers, None) => (Severity::Unreadable, Resource::BrokerDefaults),
                // Other topics and groups were looked up by name; other parts report themselves.
                _ => continue,
            };
            let message = format!("it cannot be read now: {}", one.why);
            let finding = Finding::new(Code::NotVisible, severity, resource, message);
            self.draft.find(finding);
        }
    }
}

fn meant<T>(kept: &Kept<Vec<T>>, is_meant: bool) -> Option<&[T]> {
    kept.value().map(Vec::as_slice).filter(|_| is_meant)
}
