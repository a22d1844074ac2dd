//! What brings a cluster back to what a backup holds, as a [`Plan`].
//!
//! What was set since is removed, what was removed is set again, what was deleted is made anew, and
//! what groups committed is put back. Nothing is deleted: topics and groups that are new stay. What
//! cannot be put back is a finding: records, partitions that were added, where replicas are, hidden
//! values, passwords.

mod groups;
mod settings;
mod topics;

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::access::{self, access};
use super::diff::Options;
use super::draft::Draft;
use super::finding::{Code, Finding, Severity};
use super::step::Resource;
use super::unsupported::left_out;
use crate::model::backup::{Backup, Concerns, Kept, Part};
use crate::model::broker::BrokerId;
use crate::model::catalogue::{Line, Scope, is_of_one_line};
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

/// What of a backup is meant.
pub struct Selection {
    /// These parts.
    pub parts: BTreeSet<Part>,
    /// And of them these.
    pub names: Names,
}

/// Which topics, groups and brokers are meant.
pub enum Names {
    /// All.
    All,
    /// Topics and groups whose names match; what has no such name is left out.
    Matching(Box<dyn Fn(&str) -> bool + Send + Sync>),
    /// What a change was about.
    Concerned(Concerns),
}

impl Selection {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self {
            parts: Part::ALL.into(),
            names: Names::All,
        }
    }

    /// What can be rolled back of a change: not what groups committed, which goes on by itself.
    #[must_use]
    pub fn concerned(concerns: Concerns) -> Self {
        let mut parts: BTreeSet<Part> = Part::ALL.into();
        parts.remove(&Part::Groups);
        Self {
            parts,
            names: Names::Concerned(concerns),
        }
    }

    /// Whether a topic is meant.
    #[must_use]
    pub fn topic(&self, name: &str) -> bool {
        self.parts.contains(&Part::Topics)
            && match &self.names {
                Names::All => true,
                Names::Matching(matches) => matches(name),
                Names::Concerned(concerns) => concerns.topics.contains(name),
            }
    }

    /// Whether a group is meant.
    #[must_use]
    pub fn group(&self, id: &str) -> bool {
        self.parts.contains(&Part::Groups)
            && match &self.names {
                Names::All => true,
                Names::Matching(matches) => matches(id),
                Names::Concerned(concerns) => concerns.groups.contains(id),
            }
    }

    /// Whether the settings of one broker are meant, or with none those of all.
    #[must_use]
    pub fn broker(&self, id: Option<BrokerId>) -> bool {
        self.parts.contains(&Part::Brokers)
            && match (&self.names, id) {
                (Names::All, _) => true,
                (Names::Matching(_), _) => false,
                (Names::Concerned(concerns), None) => concerns.broker_defaults,
                (Names::Concerned(concerns), Some(id)) => concerns.brokers.contains(&id),
            }
    }

    /// Whether a part that has no names of its own is meant.
    #[must_use]
    pub fn part(&self, part: Part) -> bool {
        self.parts.contains(&part)
            && match &self.names {
                Names::All => true,
                Names::Matching(_) => false,
                Names::Concerned(concerns) => concerns.parts.contains(&part),
            }
    }

    /// What of it a backup was not told.
    pub fn unseen<'a>(
        &'a self,
        backup: &'a Backup,
    ) -> impl Iterator<Item = &'a crate::model::backup::Omission> {
        let is_meant = |part: Part, name: Option<&str>| match (part, name) {
            (Part::Topics, Some(name)) => self.topic(name),
            (Part::Groups, Some(id)) => self.group(id),
            // What a change was about was looked up by name, whatever listings leave out.
            (Part::Topics | Part::Groups, None) => {
                self.parts.contains(&part) && !matches!(self.names, Names::Concerned(_))
            }
            (Part::Brokers, id) => self.broker(id.and_then(|id| id.parse().ok())),
            (part, _) => self.part(part),
        };
        let all = backup.partial.iter();
        all.filter(move |one| is_meant(one.part, one.name.as_deref()))
    }
}

/// The groups whose commits are not as a backup has them, and the partitions that this is about: what
/// has to be known of a cluster beyond what was read.
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
            if now.topics.contains_key(&partition.0) {
                partitions.insert(partition);
            }
        }
    }
    (ids, partitions)
}

/// Whether it depends on the brokers' version that they take what a backup has set.
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

/// The plan that makes `now` what `then` holds.
#[must_use]
pub fn plan(then: &Backup, now: Now<'_>, selection: &Selection) -> Plan {
    let mut draft = Draft::new(&now.backup.cluster_id, &Options::default());
    let mut restore = Restore {
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

/// A plan in the making.
struct Restore<'a, 'd> {
    then: &'a Backup,
    now: Now<'a>,
    selection: &'a Selection,
    draft: &'d mut Draft,
}

impl Restore<'_, '_> {
    /// Whether both are of one cluster: only then do ids and offsets mean the same.
    fn is_same_cluster(&self) -> bool {
        self.then.cluster_id == self.now.backup.cluster_id
    }

    /// Something that no plan can put back.
    fn cannot(&mut self, code: Code, resource: Resource, message: String) {
        self.cannot_but(code, resource, message, None);
    }

    fn cannot_but(&mut self, code: Code, resource: Resource, message: String, hint: Option<&str>) {
        let mut finding = Finding::new(code, Severity::CannotApply, resource, message);
        finding.hint = hint.map(str::to_owned);
        self.draft.find(finding);
    }

    /// Whether the brokers can have a setting; it is said where they cannot.
    fn takes(&mut self, resource: &Resource, key: &str, value: &str) -> bool {
        let message = left_out(resource, key, value, self.now.line);
        let takes = message.is_none();
        if let Some(message) = message {
            self.cannot(Code::SettingLeftOut, resource.clone(), message);
        }
        takes
    }

    fn note(&mut self, code: Code, resource: Resource, message: String) {
        let finding = Finding::new(code, Severity::Note, resource, message);
        self.draft.find(finding);
    }

    /// ACLs and quotas, and what is to be said of users.
    fn access(&mut self) {
        let (then, now, selection) = (self.then, self.now.backup, self.selection);
        let wanted = access::Wanted {
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

    /// What cannot be seen now, and would have to be.
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
                // Topics and groups of the backup were looked up by name; the others say it themselves.
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
