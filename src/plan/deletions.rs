//! Deletes topics and truncates partitions that were named on the command line.
//!
//! Counts are differences of offsets: upper bounds for compacted and transactional topics. Bytes are those
//! of the largest replica. Traps: none of this can be undone; brokers refuse to truncate Kafka's own topics
//! and compact-only topics; a group whose commit is in the truncated range skips those records silently.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::diff::too_many;
use super::finding::{Code, Finding};
use super::groups::{lag, readers};
use super::kinds::{Action, DeleteRecords, DeleteTopic};
use super::offsets::{Listed, unreadable};
use super::resource::Resource;
use super::retention::share;
use super::step::{Reason, Risk, Step};
use super::target::{PartitionTarget, TopicTarget};
use super::topics::partition_count;
use crate::model::escape::escape;
use crate::model::group::{Committed, DescribedGroup};
use crate::model::holdings::Holdings;
use crate::model::measure::{Measured, TopicPartition, of_topic};
use crate::model::scope::Parts;
use crate::model::seen::Seen;
use crate::model::suggest::closest;
use crate::model::topic::{Topic, is_internal_name};
use crate::model::words::{ranges, records, shorten};

/// Which records of a partition are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// All records.
    End,
    /// The records before this offset.
    Offset(i64),
    /// The records before the first one at or after this time, in milliseconds since 1970.
    Time(i64),
}

/// The plan that deletes all topics of `holdings`; refused when there are more than `allow_delete`.
#[must_use]
pub fn delete(holdings: &Holdings, allow_delete: usize, allow: &BTreeSet<Code>) -> Plan {
    let mut steps = Vec::new();
    let mut findings = readers_of(holdings, allow);
    for (name, seen) in &holdings.topics {
        match there(name, seen, holdings, "deleted") {
            Ok(topic) => steps.push(deletion(topic, &holdings.measured)),
            Err(finding) => findings.push(*finding),
        }
    }
    if let Some(first) = steps.first().filter(|_| steps.len() > allow_delete) {
        let finding = too_many(first.resource(), steps.len(), allow_delete);
        let hint = format!("to delete them, pass `--allow-delete {}`", steps.len());
        findings.push(finding.hint(hint));
    }
    Plan::requested(&holdings.cluster_id, steps, findings)
}

/// The readers of the existing topics of `holdings`, and which groups could not be read.
#[must_use]
pub fn readers_of(holdings: &Holdings, allow: &BTreeSet<Code>) -> Vec<Finding> {
    let mut findings = holdings.unseen_groups();
    let users = holdings.users();
    for topic in holdings.topics.values().filter_map(Seen::value) {
        let in_use = in_use(topic, users.of(&topic.name), holdings);
        findings.extend(in_use.map(|finding| finding.judged(allow)));
        findings.extend(users.unseen_commits(&topic.name));
    }
    findings
}

/// The topic, if it exists and is not one of Kafka's own.
fn there<'a>(
    name: &str,
    seen: &'a Seen<Topic>,
    holdings: &Holdings,
    verb: &str,
) -> Result<&'a Topic, Box<Finding>> {
    let resource = Resource::topic(name);
    let finding = match seen {
        Seen::Value(topic) if topic.internal || is_internal_name(name) => {
            let message = format!("it is one of Kafka's own topics and is never {verb}");
            let finding = Finding::refused(Code::InternalTopicStructure, resource, message);
            finding.hint("leave it out: Kafka looks after it itself")
        }
        Seen::Value(topic) => return Ok(topic),
        Seen::Absent => {
            let known = holdings.known_topics.iter().map(String::as_str);
            let hint = match closest(name, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`tonkafka list topics` names them all".to_owned(),
            };
            let message = "there is no such topic";
            Finding::refused(Code::NoSuchPartition, resource, message).hint(hint)
        }
        Seen::Unseen(_, words) => unreadable(resource, words),
    };
    Err(Box::new(finding))
}

fn deletion(topic: &Topic, measured: &Measured) -> Step {
    let keys: Vec<TopicPartition> = keys(topic, None).collect();
    let records = keys.iter().map(|key| {
        let (start, end) = *measured.log(key).value()?;
        Some((end - start).max(0))
    });
    let bytes = keys.iter().map(|key| measured.sizes.get(key).copied());
    let delete = DeleteTopic {
        partitions: partition_count(topic),
        records: records.sum(),
        bytes: bytes.sum(),
    };
    step((TopicTarget::from(topic), delete))
}

fn step(action: impl Into<Action>) -> Step {
    Step::new(action, Reason::Requested, Risk::DeletesRecords)
}

/// A topic's partitions: all, or those in `only`.
fn keys(topic: &Topic, only: Option<&BTreeSet<i32>>) -> impl Iterator<Item = TopicPartition> {
    let numbers = topic.partitions.iter().map(|partition| partition.index);
    numbers
        .filter(move |number| only.is_none_or(|only| only.contains(number)))
        .map(|number| TopicPartition::new(topic.name.clone(), number))
}

impl Holdings {
    /// Reports groups that cannot be read, since they may read any topic.
    fn unseen_groups(&self) -> Vec<Finding> {
        let brokers = self.missing.iter().map(|(id, words)| {
            let message = format!("its groups cannot be read: {words}");
            let resource = Resource::Broker { id: *id };
            Finding::unreadable(resource, message)
        });
        let groups = self.groups.iter().filter_map(|(id, seen)| {
            let commits = self.commits.get(id).map(Seen::as_ref);
            let words = [why_unseen(seen), commits.and_then(|seen| why_unseen(&seen))];
            let words = words.into_iter().flatten().next()?;
            Some(unreadable(Resource::group(id), &words))
        });
        let left_out = self.only_visible.then(|| {
            let message = "groups that this user may not describe may read this too: it may not describe the cluster";
            Finding::note(Code::NotVisible, Resource::Cluster, message.to_owned())
        });
        brokers.chain(groups).chain(left_out).collect()
    }

    /// The groups of each topic, from assignments and commits.
    fn users(&self) -> Users<'_> {
        let mut users = Users::default();
        for group in self.groups.values().filter_map(Seen::value) {
            let assigned = group.members.iter().flat_map(|one| one.assignment.keys());
            for topic in assigned {
                users.groups.entry(topic).or_default().insert(&group.id);
            }
        }
        for (id, seen) in &self.commits {
            for (key, seen) in seen.value().into_iter().flatten() {
                users.groups.entry(&key.topic).or_default().insert(id);
                if let Some(words) = why_unseen(seen) {
                    let unseen = users.unseen.entry(&key.topic).or_default();
                    unseen.push((id, key, words));
                }
            }
        }
        users
    }

    /// A group's commits for `keys` of a topic. If it committed for any partition of the topic, its other
    /// partitions are listed without a commit, because all their records may be unread.
    fn committed<'a>(
        &'a self,
        id: &str,
        topic: &str,
        keys: &'a BTreeSet<TopicPartition>,
    ) -> impl Iterator<Item = (&'a TopicPartition, Option<&'a Committed>)> {
        let commits = self.commits.get(id).and_then(Seen::value);
        let commits = commits.filter(|all| of_topic(all, topic).any(|(_, one)| !one.is_absent()));
        keys.iter().filter_map(move |key| match commits?.get(key) {
            None | Some(Seen::Absent) => Some((key, None)),
            Some(Seen::Value(committed)) => Some((key, Some(committed))),
            Some(_) => None,
        })
    }
}

/// Groups by the topics that they are assigned or committed for.
#[derive(Default)]
struct Users<'a> {
    groups: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Commits that could not be read, and why.
    unseen: BTreeMap<&'a str, Vec<(&'a str, &'a TopicPartition, String)>>,
}

impl<'a> Users<'a> {
    fn of(&self, topic: &str) -> impl Iterator<Item = &'a str> + use<'a, '_> {
        self.groups.get(topic).into_iter().flatten().copied()
    }

    fn unseen_commits(&self, topic: &str) -> Vec<Finding> {
        let unseen = self.unseen.get(topic).into_iter().flatten();
        unseen
            .map(|(id, key, words)| unreadable(Resource::commit(id, key), words))
            .collect()
    }
}

fn why_unseen<T>(seen: &Seen<T>) -> Option<String> {
    match seen {
        Seen::Value(_) | Seen::Absent => None,
        Seen::Unseen(_, words) => Some(words.clone()),
    }
}

/// Refuses to delete a topic that groups read or have not read to the end.
fn in_use<'a>(
    topic: &Topic,
    users: impl Iterator<Item = &'a str>,
    holdings: &Holdings,
) -> Option<Finding> {
    let keys: BTreeSet<TopicPartition> = keys(topic, None).collect();
    let users = users.filter_map(|id| {
        let group = holdings.groups.get(id)?.value()?;
        let words = use_of(group, topic, &keys, holdings)?;
        Some(format!("group {} {words}", escape(id)))
    });
    let users: Vec<String> = users.collect();
    if users.is_empty() {
        return None;
    }
    let message = format!("it is in use: {}", shorten(&users, 5));
    let hint = "stop its readers, and let them read to the end first";
    let resource = Resource::topic(&topic.name);
    Some(Finding::refused(Code::TopicInUse, resource, message).hint(hint))
}

fn use_of(
    group: &DescribedGroup,
    topic: &Topic,
    keys: &BTreeSet<TopicPartition>,
    holdings: &Holdings,
) -> Option<String> {
    let lags: Vec<Option<i64>> = holdings
        .committed(&group.id, &topic.name, keys)
        .map(|(key, committed)| left(committed, &holdings.measured.log(key)))
        .collect();
    let mut words = Vec::new();
    if group.reads(&topic.name) {
        words.push(format!("reads it ({})", readers(group, &topic.name)));
    } else if !group.is_empty() && !lags.is_empty() && !is_assigned(group) {
        words.push(format!("is {} and may read it", group.state));
    }
    match lags.into_iter().sum::<Option<i64>>() {
        Some(0) => {}
        Some(left) => words.push(format!("has {} of it to read", records(left))),
        None => words.push("has an unknown number of its records to read".to_owned()),
    }
    (!words.is_empty()).then(|| words.join(" and "))
}

/// How many records of a log a group has not read: all when nothing is committed.
fn left(committed: Option<&Committed>, log: &Seen<(i64, i64)>) -> Option<i64> {
    match committed {
        Some(committed) => lag(committed, log),
        None => log.value().map(|(start, end)| (end - start).max(0)),
    }
}

/// Whether any member has an assignment.
fn is_assigned(group: &DescribedGroup) -> bool {
    let mut members = group.members.iter();
    members.any(|member| !member.assignment.is_empty())
}

/// The plan that deletes records of `parts`. Guards that `allow` lacks stop it.
#[must_use]
pub fn truncate(parts: &Parts, until: Until, holdings: &Holdings, allow: &BTreeSet<Code>) -> Plan {
    let mut draft = Truncating {
        until,
        holdings,
        allow,
        users: holdings.users(),
        steps: Vec::new(),
        findings: holdings.unseen_groups(),
    };
    for (name, partitions) in parts {
        let seen = holdings.topics.get(name).unwrap_or(&Seen::Absent);
        match there(name, seen, holdings, "truncated").and_then(deletes) {
            Ok(topic) => draft.topic(topic, partitions.as_ref()),
            Err(finding) => draft.findings.push(*finding),
        }
    }
    Plan::requested(&holdings.cluster_id, draft.steps, draft.findings)
}

/// Brokers delete records only if the topic's cleanup.policy includes `delete`.
fn deletes(topic: &Topic) -> Result<&Topic, Box<Finding>> {
    let entries = topic.configs.value().map(Vec::as_slice).unwrap_or_default();
    let policy = entries.iter().find(|entry| entry.name == "cleanup.policy");
    let policy = policy.and_then(|entry| entry.value.text());
    let has = |wanted| policy.is_some_and(|text| text.split(',').any(|one| one.trim() == wanted));
    if !has("compact") || has("delete") {
        return Ok(topic);
    }
    let message = "its cleanup.policy is compact, and brokers delete no records of such topics";
    let resource = Resource::topic(&topic.name);
    let finding = Finding::refused(Code::CompactedTruncate, resource, message);
    Err(Box::new(finding.hint(
        "write a record with its key and no value for each key that is to go, or add delete to its cleanup.policy for as long as this takes",
    )))
}

/// A plan of truncations in the making.
struct Truncating<'a> {
    until: Until,
    holdings: &'a Holdings,
    allow: &'a BTreeSet<Code>,
    users: Users<'a>,
    steps: Vec<Step>,
    findings: Vec<Finding>,
}

impl Truncating<'_> {
    fn topic(&mut self, topic: &Topic, only: Option<&BTreeSet<i32>>) {
        self.absent(topic, only);
        let mut outside = Listed::default();
        let mut going = BTreeMap::new();
        for key in keys(topic, only) {
            match self.cut(&key, &mut outside) {
                Ok(Some(cut)) => drop(going.insert(key, cut)),
                Ok(None) => {}
                Err(words) => {
                    let TopicPartition { topic, partition } = key;
                    let resource = Resource::Partition { topic, partition };
                    self.findings.push(unreadable(resource, &words));
                }
            }
        }
        if !outside.partitions.is_empty() {
            let message = format!("outside of the log: {}", outside.each(&topic.name));
            let resource = Resource::topic(&topic.name);
            let finding = Finding::refused(Code::OutsideLog, resource, message);
            let hint = "`--to latest` deletes all records";
            self.findings.push(finding.hint(hint).judged(self.allow));
        }
        if !going.is_empty() {
            let unread = unread(topic, &going, self.users.of(&topic.name), self.holdings);
            self.findings
                .extend(unread.map(|finding| finding.judged(self.allow)));
            self.findings.extend(self.users.unseen_commits(&topic.name));
        }
        for (key, cut) in going {
            let number = key.partition;
            let topic = TopicTarget::from(topic);
            self.steps
                .push(step((PartitionTarget { topic, number }, cut)));
        }
    }

    /// Refuses named partitions that do not exist.
    fn absent(&mut self, topic: &Topic, only: Option<&BTreeSet<i32>>) {
        let there: BTreeSet<i32> = topic.partitions.iter().map(|one| one.index).collect();
        let named = only.into_iter().flatten().copied();
        let absent: Vec<i32> = named.filter(|number| !there.contains(number)).collect();
        if absent.is_empty() {
            return;
        }
        let name = &topic.name;
        let message = format!("it has no partition {}", ranges(&absent));
        let hint = format!("`tonkafka describe topic {name}` shows those that there are");
        let finding = Finding::refused(Code::NoSuchPartition, Resource::topic(name), message);
        self.findings.push(finding.hint(hint));
    }

    /// The deletion for one partition; none when it has no records before the offset; an error when its
    /// offsets are unknown.
    fn cut(
        &self,
        key: &TopicPartition,
        outside: &mut Listed,
    ) -> Result<Option<DeleteRecords>, String> {
        let measured = &self.holdings.measured;
        let (log_start, log_end) = known(measured.log(key))?;
        let wanted = match self.until {
            Until::End => log_end,
            Until::Offset(offset) => offset,
            Until::Time(ms) => {
                let found = measured.since.get(&ms).and_then(|all| all.get(key));
                known(found.cloned().unwrap_or(Seen::Absent))?.unwrap_or(log_end)
            }
        };
        let before = wanted.clamp(log_start, log_end.max(log_start));
        if before != wanted {
            let words = format!("{wanted}; the log has {log_start} to {log_end}");
            outside.add(key.partition, words, 0);
        }
        if before == log_start {
            return Ok(None);
        }
        let size = measured.sizes.get(key);
        Ok(Some(DeleteRecords {
            log_start,
            log_end,
            before,
            bytes: size.map(|size| share(*size, before - log_start, log_end - log_start)),
        }))
    }
}

fn known<T>(seen: Seen<T>) -> Result<T, String> {
    match seen {
        Seen::Value(value) => Ok(value),
        Seen::Absent => Err("it went away meanwhile".to_owned()),
        Seen::Unseen(_, words) => Err(words),
    }
}

/// Refuses to delete records that groups have not read.
fn unread<'a>(
    topic: &Topic,
    going: &BTreeMap<TopicPartition, DeleteRecords>,
    users: impl Iterator<Item = &'a str>,
    holdings: &Holdings,
) -> Option<Finding> {
    let keys: BTreeSet<TopicPartition> = going.keys().cloned().collect();
    let losers = users.filter_map(|id| {
        let committed = holdings.committed(id, &topic.name, &keys);
        let unread = committed.map(|(key, committed)| {
            let cut = &going[key];
            let read = committed.map_or(cut.log_start, |one| one.offset.max(cut.log_start));
            (cut.before - read).max(0)
        });
        let unread: i64 = unread.sum();
        (unread > 0).then(|| format!("group {} {}", escape(id), records(unread)))
    });
    let losers: Vec<String> = losers.collect();
    if losers.is_empty() {
        return None;
    }
    let message = format!(
        "records would go that groups have not read: {}",
        shorten(&losers, 5)
    );
    let hint = "let them read first";
    let resource = Resource::topic(&topic.name);
    Some(Finding::refused(Code::TruncatesUnread, resource, message).hint(hint))
}
