//! Finds the records that a lower retention would delete.
//!
//! A topic whose `cleanup.policy` deletes loses records that are older than `retention.ms`, and those above
//! `retention.bytes` per partition. Its own settings and those inherited from brokers count. [`cuts`] finds
//! the steps that lower retention, [`questions`] says what to measure, `findings` judges the measurements.
//!
//! All numbers are upper bounds: brokers delete whole segments, and only when all their records may go.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Code, Finding};
use super::kinds::{Action, After, AlterConfigs, ConfigChange};
use super::target::ConfigTarget;
use super::{Plan, Step};
use crate::model::catalogue::{self, Scope};
use crate::model::config::{ConfigEntry, ConfigSource, ConfigValue};
use crate::model::measure::{Measured, Questions, TopicPartition};
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::model::topic::Topic;
use crate::model::units;

/// The topic keys that decide what is deleted.
const POLICY: &str = "cleanup.policy";
const BY_TIME: &str = "retention.ms";
const BY_SIZE: &str = "retention.bytes";
const KEYS: [&str; 3] = [POLICY, BY_TIME, BY_SIZE];

/// The most partitions that are measured for one plan; the loss of others counts as unknown.
pub(super) const MOST_MEASURED: usize = 20_000;

/// A topic of which a step may delete records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The step's number.
    step: usize,
    topic: String,
    partitions: Vec<i32>,
    /// Records older than this many milliseconds may be deleted.
    older_than: Option<i64>,
    /// A partition's bytes above this number may be deleted.
    above: Option<i64>,
    /// Why the loss is not fully known, if it is not.
    unknown: Option<String>,
}

/// A topic's retention; none for what is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Retention {
    deletes: Option<bool>,
    ms: Option<i64>,
    bytes: Option<i64>,
}

/// Whether a change of this key at this resource can lower the retention of topics.
pub(super) fn concerns(on: &ConfigTarget, key: &str) -> bool {
    match on {
        ConfigTarget::Topic(_) => KEYS.contains(&key),
        _ => topic_keys(key).next().is_some(),
    }
}

/// The keys of [`KEYS`] that topics inherit from a broker's key.
fn topic_keys(broker_key: &str) -> impl Iterator<Item = &'static str> {
    KEYS.into_iter().filter(move |key| {
        let key = catalogue::key(Scope::Topic, key);
        key.is_some_and(|key| key.synonyms.first().is_some_and(|name| name == broker_key))
    })
}

/// The topics of which steps may delete records.
#[must_use]
pub fn cuts(plan: &Plan, observed: &Observed) -> Vec<Cut> {
    plan.steps
        .iter()
        .flat_map(|step| match &step.action {
            Action::AlterConfigs(ConfigTarget::Topic(on), AlterConfigs { changes }) => {
                let seen = observed.topics.get(&on.name);
                let topic = seen.and_then(Seen::value);
                let cut = topic.and_then(|topic| own_cut(step, changes, topic));
                cut.into_iter().collect()
            }
            Action::AlterConfigs(on, altered) => {
                inherited_cuts(step, on, &altered.changes, observed)
            }
            _ => Vec::new(),
        })
        .collect()
}

/// The cut by a change of a topic's own settings.
fn own_cut(step: &Step, changes: &[ConfigChange], topic: &Topic) -> Option<Cut> {
    let before = Retention::of(topic)?;
    let mut after = before;
    for change in changes {
        if KEYS.contains(&change.key.as_str()) {
            after.set(&change.key, value_after(change));
        }
    }
    cut(step, topic, before, after)
}

/// The cuts by a change of inherited settings. A setting that the topic gets later in the plan does not
/// count: until then, or if that step fails, the topic inherits.
fn inherited_cuts(
    step: &Step,
    on: &ConfigTarget,
    changes: &[ConfigChange],
    observed: &Observed,
) -> Vec<Cut> {
    if !changes.iter().any(|change| concerns(on, &change.key)) {
        return Vec::new();
    }
    let lowers = changes.iter().any(may_lower);
    let topics = observed.topics.iter().chain(&observed.others);
    topics
        .filter_map(|(name, seen)| match seen {
            Seen::Value(topic) if topic.configs.value().is_some() => {
                inherited_cut(step, changes, topic)
            }
            Seen::Value(_) => {
                lowers.then(|| unreadable(step, name, "its settings are not visible"))
            }
            Seen::Absent => None,
            Seen::Unseen(_, words) => lowers.then(|| unreadable(step, name, words)),
        })
        .collect()
}

/// Whether a change of a broker's key can lower the retention of a topic with unseen settings.
fn may_lower(change: &ConfigChange) -> bool {
    topic_keys(&change.key).any(|key| {
        let before = change.effective.as_ref().and_then(|now| now.value.text());
        match (keeps(key, before), keeps(key, value_after(change))) {
            (before, Some(after)) => after < before.unwrap_or(i64::MAX),
            (_, None) => true,
        }
    })
}

fn inherited_cut(step: &Step, changes: &[ConfigChange], topic: &Topic) -> Option<Cut> {
    let before = Retention::of(topic)?;
    let mut after = before;
    for change in changes {
        for key in topic_keys(&change.key) {
            if !sets_itself(topic, key) {
                after.set(key, value_after(change));
            }
        }
    }
    cut(step, topic, before, after)
}

/// How much a topic keeps by this key alone; `i64::MAX` means no limit, none means unknown.
fn keeps(key: &str, value: Option<&str>) -> Option<i64> {
    let mut alone = Retention {
        deletes: None,
        ms: None,
        bytes: None,
    };
    alone.set(key, value);
    if key == POLICY {
        return alone
            .deletes
            .map(|deletes| if deletes { 0 } else { i64::MAX });
    }
    let limit = alone.ms.or(alone.bytes)?;
    Some(if limit < 0 { i64::MAX } else { limit })
}

fn unreadable(step: &Step, topic: &str, words: &str) -> Cut {
    Cut {
        step: step.id,
        topic: topic.to_owned(),
        partitions: Vec::new(),
        older_than: None,
        above: None,
        unknown: Some(words.to_owned()),
    }
}

pub(super) fn sets_itself(topic: &Topic, key: &str) -> bool {
    entry(topic, key).is_some_and(|entry| entry.source == ConfigSource::DynamicTopicConfig)
}

pub(super) fn entry<'a>(topic: &'a Topic, key: &str) -> Option<&'a ConfigEntry> {
    let entries = topic.configs.value()?;
    entries.iter().find(|entry| entry.name == key)
}

/// The value after a change; none when unknown.
pub(super) fn value_after(change: &ConfigChange) -> Option<&str> {
    match &change.after {
        After::Set(value) => Some(value),
        After::Secret(_) => None,
        After::Removed => change.inherits.as_ref()?.value.text(),
    }
}

impl Retention {
    /// The topic's retention now; none when its settings are not visible.
    fn of(topic: &Topic) -> Option<Self> {
        let mut now = Self {
            deletes: None,
            ms: None,
            bytes: None,
        };
        for entry in topic.configs.value()? {
            if let ConfigValue::Value(text) = &entry.value {
                now.set(&entry.name, Some(text));
            }
        }
        Some(now)
    }

    fn set(&mut self, key: &str, value: Option<&str>) {
        let number = || value.and_then(|text| text.trim().parse().ok());
        match key {
            POLICY => {
                let deletes = |text: &str| text.split(',').any(|one| one.trim() == "delete");
                self.deletes = value.map(deletes);
            }
            BY_TIME => self.ms = number(),
            BY_SIZE => self.bytes = number(),
            _ => {}
        }
    }
}

/// The cut from one retention to another; none when nothing more is deleted.
fn cut(step: &Step, topic: &Topic, before: Retention, after: Retention) -> Option<Cut> {
    if after.deletes == Some(false) || before == after {
        return None;
    }
    let starts = before.deletes != Some(true);
    let lower = |before: Option<i64>, after: i64| {
        let limited = before.filter(|limit| *limit >= 0 && !starts);
        after >= 0 && limited.is_none_or(|limit| after < limit)
    };
    let partitions = partitions_of(step, topic);
    let unknown = [
        (POLICY, after.deletes.is_none()),
        (BY_TIME, after.ms.is_none()),
        (BY_SIZE, after.bytes.is_none()),
    ];
    let unknown = unknown.into_iter().find(|(_, unknown)| *unknown);
    let unknown = unknown.map(|(key, _)| format!("what {key} falls back to cannot be read"));
    let above = after.bytes.filter(|after| lower(before.bytes, *after));
    let remote = entry(topic, "remote.storage.enable");
    let is_remote = remote.is_some_and(|entry| entry.value.text() == Some("true"));
    let tiered = (above.is_some() && is_remote)
        .then(|| "parts of it are in remote storage, which is not measured".to_owned());
    let cut = Cut {
        step: step.id,
        topic: topic.name.clone(),
        older_than: after.ms.filter(|after| lower(before.ms, *after)),
        above,
        unknown: unknown.or(tiered),
        partitions,
    };
    let nothing = cut.older_than.is_none() && cut.above.is_none() && cut.unknown.is_none();
    (!nothing && !cut.partitions.is_empty()).then_some(cut)
}

/// The partitions that a step concerns: for one broker's settings, those with a replica there.
pub(super) fn partitions_of(step: &Step, topic: &Topic) -> Vec<i32> {
    let held = |replicas: &[i32]| match &step.action {
        Action::AlterConfigs(ConfigTarget::Broker(id), _) => replicas.contains(id),
        _ => true,
    };
    let concerned = topic.partitions.iter().filter(|one| held(&one.replicas));
    concerned.map(|partition| partition.index).collect()
}

/// What to measure to know the loss of `cuts`. `now_ms` is in milliseconds since 1970.
#[must_use]
pub fn questions(cuts: &[Cut], now_ms: i64) -> Questions {
    let mut questions = Questions::default();
    for cut in cuts {
        if questions.offsets.len() + cut.partitions.len() > MOST_MEASURED {
            continue;
        }
        let partitions: BTreeSet<TopicPartition> = cut
            .partitions
            .iter()
            .map(|index| TopicPartition::new(cut.topic.clone(), *index))
            .collect();
        if let Some(age) = cut.older_than {
            let since = questions.since.entry(now_ms.saturating_sub(age));
            since.or_default().extend(partitions.iter().cloned());
        }
        questions.offsets.extend(partitions);
        questions.sizes.insert(cut.topic.clone());
    }
    questions
}

/// An amount of records that would be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Loss {
    records: i64,
    /// None when sizes are unknown.
    bytes: Option<i64>,
    /// Why the loss is not fully known, if it is not.
    unknown: Option<String>,
}

impl Loss {
    fn is_nothing(&self) -> bool {
        self.records == 0 && self.bytes.unwrap_or(0) == 0 && self.unknown.is_none()
    }

    fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.bytes = match (self.bytes, other.bytes) {
            (Some(one), Some(more)) => Some(one + more),
            _ => None,
        };
        self.unknown = self.unknown.take().or_else(|| other.unknown.clone());
    }

    fn words(&self) -> String {
        let records = match self.records {
            1 => "up to 1 record".to_owned(),
            many => format!("up to {many} records"),
        };
        let known = match self.bytes {
            Some(bytes) => format!("{records} (about {})", units::about(bytes)),
            None => format!("{records} of unknown size"),
        };
        match &self.unknown {
            None => known,
            Some(_) if self.records == 0 => "an unknown amount".to_owned(),
            Some(_) => format!("{known}, and an unknown amount beyond that"),
        }
    }
}

/// A finding for each step that would delete records now, and the numbers of these steps.
pub(super) fn findings(
    plan: &Plan,
    cuts: &[Cut],
    measured: &Measured,
    now_ms: i64,
) -> (Vec<Finding>, BTreeSet<usize>) {
    let mut by_step: BTreeMap<usize, Vec<(&str, Loss)>> = BTreeMap::new();
    for cut in cuts {
        let loss = loss(cut, measured, now_ms);
        if !loss.is_nothing() {
            by_step
                .entry(cut.step)
                .or_default()
                .push((&cut.topic, loss));
        }
    }
    let findings = plan
        .steps
        .iter()
        .filter_map(|step| Some(finding(step, by_step.get(&step.id)?)))
        .collect();
    (findings, by_step.into_keys().collect())
}

fn loss(cut: &Cut, measured: &Measured, now_ms: i64) -> Loss {
    let mut whole = Loss {
        bytes: Some(0),
        unknown: cut.unknown.clone().filter(|_| cut.partitions.is_empty()),
        ..Loss::default()
    };
    for index in &cut.partitions {
        let partition = TopicPartition::new(cut.topic.clone(), *index);
        whole.add(&loss_of(cut, &partition, measured, now_ms));
    }
    whole
}

/// The loss of one partition: the larger of the losses by time and by size.
fn loss_of(cut: &Cut, partition: &TopicPartition, measured: &Measured, now_ms: i64) -> Loss {
    let size = measured.sizes.get(partition).copied();
    let (start, end) = match (
        measured.starts.get(partition).and_then(Seen::value),
        measured.ends.get(partition).and_then(Seen::value),
    ) {
        (Some(Some(start)), Some(Some(end))) => (*start, *end),
        _ => return not_measured(measured, partition),
    };
    let records = end.saturating_sub(start).max(0);
    if records == 0 {
        return Loss {
            bytes: Some(0),
            ..Loss::default()
        };
    }
    let mut lost = Loss {
        bytes: Some(0),
        unknown: cut.unknown.clone(),
        ..Loss::default()
    };
    if let Some(age) = cut.older_than {
        let since = now_ms.saturating_sub(age);
        let first = measured
            .since
            .get(&since)
            .and_then(|all| all.get(partition));
        match first {
            Some(Seen::Value(first)) => {
                let kept_from = first.unwrap_or(end).clamp(start, end);
                lost.records = kept_from - start;
                lost.bytes = size.map(|size| share(size, lost.records, records));
                if lost.records == 0 {
                    lost.bytes = Some(0);
                }
            }
            _ => return not_measured(measured, partition),
        }
    }
    if let Some(above) = cut.above {
        let Some(size) = size else {
            lost.bytes = None;
            lost.unknown = Some(measured.no_size());
            return lost;
        };
        let excess = (size - above).max(0);
        lost.bytes = lost.bytes.max(Some(excess));
        lost.records = lost.records.max(share(records, excess, size));
    }
    lost
}

/// `whole * part / of`, rounded up; 0 when `of` is not positive.
#[must_use]
pub fn share(whole: i64, part: i64, of: i64) -> i64 {
    if of <= 0 {
        return 0;
    }
    let product = i128::from(whole) * i128::from(part) + i128::from(of) - 1;
    i64::try_from(product / i128::from(of)).unwrap_or(i64::MAX)
}

fn not_measured(measured: &Measured, partition: &TopicPartition) -> Loss {
    let seen = [&measured.starts, &measured.ends]
        .into_iter()
        .find_map(|offsets| match offsets.get(partition)? {
            Seen::Unseen(_, words) => Some(words.clone()),
            Seen::Value(_) | Seen::Absent => None,
        });
    let unknown = seen.unwrap_or_else(|| "it was not measured".to_owned());
    Loss {
        unknown: Some(unknown),
        ..Loss::default()
    }
}

fn finding(step: &Step, losses: &[(&str, Loss)]) -> Finding {
    let mut whole = Loss {
        bytes: Some(0),
        ..Loss::default()
    };
    for (_, loss) in losses {
        whole.add(loss);
    }
    let is_of_topic = step.action.topic().is_some();
    let of = if is_of_topic {
        String::new()
    } else {
        format!(": {}", topics(losses))
    };
    let message = format!(
        "changing {} would drop {} now{of}",
        keys(step),
        whole.words()
    );
    let message = match &whole.unknown {
        Some(words) => format!("{message} ({words})"),
        None => message,
    };
    let hint = if is_of_topic {
        "keep the retention, or copy the records away first"
    } else {
        "keep the retention, or first give these topics a retention of their own with `apply --only`"
    };
    Finding::refused(Code::RetentionCut, step.resource(), message).hint(hint)
}

/// The changed keys that concern retention.
fn keys(step: &Step) -> String {
    let Action::AlterConfigs(on, AlterConfigs { changes }) = &step.action else {
        return String::new();
    };
    let keys: Vec<&str> = changes
        .iter()
        .map(|change| change.key.as_str())
        .filter(|key| concerns(on, key))
        .collect();
    keys.join(" and ")
}

/// The ten topics that lose most, and the number of the others.
fn topics(losses: &[(&str, Loss)]) -> String {
    const SHOWN: usize = 10;
    let mut sorted: Vec<&(&str, Loss)> = losses.iter().collect();
    sorted.sort_by_key(|(_, loss)| std::cmp::Reverse((loss.unknown.is_some(), loss.records)));
    let names: Vec<String> = sorted
        .iter()
        .take(SHOWN)
        .map(|(name, loss)| format!("{name} {}", loss.words()))
        .collect();
    match losses.len().saturating_sub(SHOWN) {
        0 => names.join("; "),
        more => format!("{}; and {more} more", names.join("; ")),
    }
}
