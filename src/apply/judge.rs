//! What a reading says about a step. Pure.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::recheck::ObservedGroups;
use super::report::Deviation;
use crate::model::access::{AclBinding, Entity, Quotas};
use crate::model::broker::BrokerId;
use crate::model::config::{ConfigEntry, ConfigSource, ConfigType, same_value};
use crate::model::group::{Commits, Committed, DescribedGroup};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;
use crate::model::topic::Topic;
use crate::plan::{Action, After, ConfigChange, Resource, Step};

/// What reading says about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    /// As wanted on every live broker.
    InEffect,
    /// As wanted on every live broker that answers; why the others could not be looked at.
    WhereSeen(String),
    /// Not there yet.
    NotYet(String),
    /// It cannot be seen.
    Unseen(String),
    /// Still as it was before.
    Still(Otherwise),
    /// Neither as it was before nor as wanted.
    Differs(Otherwise),
    /// The topic that was to go is gone, and another one has its name.
    Replaced,
}

/// What is there instead of what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Otherwise {
    /// Each with the first broker that shows it, where brokers were asked.
    found: Vec<Deviation>,
    /// Whether all show the same.
    pub(super) is_everywhere: bool,
}

impl Otherwise {
    pub(super) fn new(found: Vec<Deviation>) -> Self {
        Self {
            found,
            is_everywhere: true,
        }
    }

    /// What is there; a broker is named where not all show the same.
    pub(super) fn found(&self) -> Vec<Deviation> {
        let named = |one: &Deviation| Deviation {
            broker: one.broker.filter(|_| !self.is_everywhere),
            ..one.clone()
        };
        self.found.iter().map(named).collect()
    }

    /// What is there and what was planned, in words.
    pub(super) fn words(&self) -> String {
        let found = self.found().into_iter();
        let words: Vec<String> = found.map(|one| one.to_string()).collect();
        words.join("; ")
    }

    /// What is there and who shows it, in words.
    pub(super) fn seen(&self) -> String {
        let seen = self.found.iter().map(|one| match one.broker {
            Some(broker) => format!("{} on broker {broker}", one.seen()),
            None => one.seen(),
        });
        seen.collect::<Vec<_>>().join("; ")
    }
}

/// Topics by name.
pub(super) type Topics = BTreeMap<String, Seen<Topic>>;

/// What one broker shows of what a phase writes.
pub(super) enum View {
    Topics(Topics),
    Settings(Seen<Vec<ConfigEntry>>),
    Acls(Seen<BTreeSet<AclBinding>>),
    Quotas(Seen<Quotas>),
}

/// What a broker's view says of a step.
pub(super) fn of_view(step: &Step, view: &View) -> Judgement {
    match (&step.resource, view) {
        (Resource::Topic { name }, View::Topics(topics)) => of_topic(step, topics.get(name)),
        (Resource::BrokerDefaults | Resource::Broker { .. }, View::Settings(seen)) => {
            of_broker(step, seen)
        }
        (Resource::Acl(acl), View::Acls(seen)) => of_acl(step, acl, seen),
        (Resource::Quota { entity }, View::Quotas(seen)) => of_quota(step, entity, seen),
        _ => Judgement::NotYet("it cannot be changed".to_owned()),
    }
}

/// Each broker's judgements, one a step, or why it could not be looked at.
pub(super) type Told = BTreeMap<BrokerId, Result<Vec<Judgement>, String>>;

/// What the brokers say together of the step at `index`.
pub(super) fn together(step: &Step, index: usize, told: &Told) -> Judgement {
    if let Resource::Broker { id } = &step.resource {
        return match told.get(id) {
            Some(Ok(judgements)) => judgements[index].clone(),
            Some(Err(words)) => Judgement::Unseen(words.clone()),
            None => Judgement::Unseen(format!("broker {id} is gone")),
        };
    }
    let mut unseen = Vec::new();
    let mut seen = 0;
    let mut in_effect = Judgement::InEffect;
    let (mut still, mut differs) = (Vec::new(), Vec::new());
    for (broker, judgements) in told {
        match judgements.as_ref().map(|judgements| &judgements[index]) {
            Ok(Judgement::NotYet(words)) => {
                return Judgement::NotYet(format!("{words} on broker {broker}"));
            }
            Ok(Judgement::Unseen(words) | Judgement::WhereSeen(words)) => {
                return Judgement::Unseen(format!("{words} on broker {broker}"));
            }
            Ok(Judgement::Still(found)) => still.push((*broker, found)),
            Ok(Judgement::Differs(found)) => differs.push((*broker, found)),
            Ok(Judgement::InEffect) => {}
            Ok(Judgement::Replaced) => in_effect = Judgement::Replaced,
            Err(words) => {
                unseen.push(words.as_str());
                continue;
            }
        }
        seen += 1;
    }
    match (
        seen,
        still.is_empty(),
        differs.is_empty(),
        unseen.is_empty(),
    ) {
        (0, _, _, true) => Judgement::Unseen("no broker is live".to_owned()),
        (0, _, _, false) => Judgement::Unseen(unseen.join("; ")),
        (_, false, _, _) => Judgement::Still(agreed(&still, seen)),
        (_, true, false, _) => Judgement::Differs(agreed(&differs, seen)),
        (_, true, true, false) => Judgement::WhereSeen(unseen.join("; ")),
        (_, true, true, true) => in_effect,
    }
}

/// What the first one found, and whether all of them show the same.
fn agreed(found: &[(BrokerId, &Otherwise)], seen: usize) -> Otherwise {
    let Some((broker, first)) = found.first() else {
        return Otherwise::new(Vec::new());
    };
    let named = |one: &Deviation| Deviation {
        broker: Some(*broker),
        ..one.clone()
    };
    Otherwise {
        found: first.found.iter().map(named).collect(),
        is_everywhere: found.len() == seen && found.iter().all(|(_, other)| other == first),
    }
}

/// Something else is there: what was there before, or not even that.
fn otherwise(is_as_before: bool, deviation: Deviation) -> Judgement {
    if is_as_before {
        Judgement::Still(Otherwise::new(vec![deviation]))
    } else {
        differs(vec![deviation])
    }
}

fn differs(found: Vec<Deviation>) -> Judgement {
    Judgement::Differs(Otherwise::new(found))
}

/// Several of these together: what is missing is waited for first, then what is still as before.
fn all(judgements: impl Iterator<Item = Judgement>) -> Judgement {
    let (mut still, mut others) = (Vec::new(), Vec::new());
    for judgement in judgements {
        match judgement {
            Judgement::InEffect | Judgement::WhereSeen(_) | Judgement::Replaced => {}
            judgement @ (Judgement::NotYet(_) | Judgement::Unseen(_)) => return judgement,
            Judgement::Still(told) => still.extend(told.found),
            Judgement::Differs(told) => others.extend(told.found),
        }
    }
    match (still.is_empty(), others.is_empty()) {
        (true, true) => Judgement::InEffect,
        (true, false) => differs(others),
        (false, _) => {
            still.append(&mut others);
            Judgement::Still(Otherwise::new(still))
        }
    }
}

fn of_acl(step: &Step, acl: &AclBinding, seen: &Seen<BTreeSet<AclBinding>>) -> Judgement {
    let Seen::Value(acls) = seen else {
        return Judgement::Unseen("the ACLs cannot be seen".to_owned());
    };
    match (&step.action, acls.contains(acl)) {
        (Action::CreateAcl, false) => Judgement::NotYet("the ACL is not there".to_owned()),
        (Action::DeleteAcl, true) => Judgement::NotYet("the ACL is still there".to_owned()),
        _ => Judgement::InEffect,
    }
}

fn of_quota(step: &Step, entity: &Entity, seen: &Seen<Quotas>) -> Judgement {
    let (Seen::Value(quotas), Action::AlterQuota { changes }) = (seen, &step.action) else {
        return Judgement::Unseen("the quotas cannot be seen".to_owned());
    };
    let quota = quotas.get(entity);
    all(changes.iter().map(|change| {
        let found = quota.and_then(|values| values.get(&change.key).copied());
        if found == change.after {
            return Judgement::InEffect;
        }
        let text = |value: &_| ToString::to_string(value);
        let (planned, shown) = (change.after.as_ref().map(text), found.as_ref().map(text));
        let deviation = Deviation::new(&change.key, planned, shown);
        otherwise(found == change.before, deviation)
    }))
}

/// Where a log starts, for a truncation.
pub(super) fn of_start(
    step: &Step,
    starts: &BTreeMap<TopicPartition, Seen<Option<i64>>>,
) -> Judgement {
    let start = step.resource.partition();
    let start = start.and_then(|partition| starts.get(&partition));
    match (start, &step.action) {
        (Some(Seen::Value(Some(start))), Action::Truncate(wanted)) if *start >= wanted.before => {
            Judgement::InEffect
        }
        (Some(Seen::Value(Some(start))), _) => {
            Judgement::NotYet(format!("the log still starts at {start}"))
        }
        _ => Judgement::Unseen("its log cannot be seen".to_owned()),
    }
}

/// Groups, and what they committed.
pub(super) fn of_groups(step: &Step, (groups, commits): &ObservedGroups) -> Judgement {
    match &step.resource {
        Resource::Group { id } => of_deleted(groups.get(id)),
        Resource::Commit { group, .. } => of_commit(step, commits.get(group)),
        _ => Judgement::NotYet("it is no group".to_owned()),
    }
}

fn of_deleted(group: Option<&Seen<DescribedGroup>>) -> Judgement {
    match group {
        Some(Seen::Absent) => Judgement::InEffect,
        Some(Seen::Value(_)) => Judgement::NotYet("the group is still there".to_owned()),
        _ => Judgement::Unseen("the group cannot be seen".to_owned()),
    }
}

fn of_commit(step: &Step, seen: Option<&Seen<Commits>>) -> Judgement {
    let unseen = || Judgement::Unseen("the commit cannot be seen".to_owned());
    let found = match (seen, step.resource.partition()) {
        (Some(Seen::Value(commits)), Some(partition)) => match commits.get(&partition) {
            None | Some(Seen::Absent) => None,
            Some(Seen::Value(found)) => Some(found),
            Some(_) => return unseen(),
        },
        (Some(Seen::Absent), _) => None,
        _ => return unseen(),
    };
    let (before, after, share) = match &step.action {
        Action::Commit(change) => (change.before.as_ref(), Some(&change.after), change.share),
        Action::Forget { before } => (Some(before), None, false),
        _ => return unseen(),
    };
    let is = |then: Option<&Committed>| match (found, then) {
        (Some(found), Some(then)) if share => found.offset == then.offset,
        (found, then) => found == then,
    };
    if is(after) {
        return Judgement::InEffect;
    }
    let same_offset =
        matches!((found, after), (Some(found), Some(after)) if found.offset == after.offset);
    let shown = |one: &Committed| {
        if same_offset {
            let epoch = one
                .leader_epoch
                .map_or("none".to_owned(), |epoch| epoch.to_string());
            format!(
                "{} (leader epoch {epoch}, metadata `{}`)",
                one.offset, one.metadata
            )
        } else {
            one.offset.to_string()
        }
    };
    let deviation = Deviation::new(Deviation::OFFSET, after.map(shown), found.map(shown));
    otherwise(is(before), deviation)
}

fn of_topic(step: &Step, seen: Option<&Seen<Topic>>) -> Judgement {
    let topic = match (seen, &step.action) {
        (Some(Seen::Absent), Action::Delete { .. }) => return Judgement::InEffect,
        (Some(Seen::Value(topic)), _) => topic,
        (Some(Seen::Absent), _) => return Judgement::NotYet("the topic is not there".to_owned()),
        _ => return Judgement::Unseen("the topic cannot be seen".to_owned()),
    };
    let judgement = match &step.action {
        Action::Create {
            partitions,
            replicas,
            configs,
        } => of_created(topic, *partitions, *replicas, configs),
        Action::Grow { after, .. } => of_count(topic, *after),
        Action::Configure { changes } => {
            of_entries(changes, &topic.configs, ConfigSource::DynamicTopicConfig)
        }
        Action::Delete { .. } => Judgement::NotYet("the topic is still there".to_owned()),
        _ => Judgement::NotYet("a topic cannot be changed like this".to_owned()),
    };
    of_this_topic(step, topic, judgement)
}

/// A judgement on a partition, unless its topic is another one than was planned for.
pub(super) fn of_owner(step: &Step, owners: &Topics, judgement: Judgement) -> Judgement {
    let owner = step.resource.topic_name().and_then(|name| owners.get(name));
    match owner.and_then(Seen::value) {
        Some(topic) => of_this_topic(step, topic, judgement),
        None => judgement,
    }
}

/// A judgement on a topic, unless it is another one than was planned for. Only a delete can name the id:
/// all other requests go to the one that has the name.
fn of_this_topic(step: &Step, topic: &Topic, judgement: Judgement) -> Judgement {
    let Some(planned) = step.topic_id.filter(|id| *id != topic.id) else {
        return judgement;
    };
    let (planned, found) = (planned.to_string(), topic.id.to_string());
    let id = Deviation::new(Deviation::TOPIC_ID, Some(planned), Some(found));
    match (&step.action, judgement) {
        (Action::Delete { .. }, _) => Judgement::Replaced,
        // Commits go with their topic.
        (Action::Forget { .. }, judgement) => judgement,
        (_, Judgement::Still(told) | Judgement::Differs(told)) => {
            differs([vec![id], told.found].concat())
        }
        _ => differs(vec![id]),
    }
}

fn of_count(topic: &Topic, planned: i32) -> Judgement {
    let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
    match count.cmp(&planned) {
        Ordering::Equal => Judgement::InEffect,
        Ordering::Less => Judgement::NotYet(format!("it has {count} partitions")),
        Ordering::Greater => differs(vec![partitions(planned, count)]),
    }
}

fn partitions(planned: i32, found: i32) -> Deviation {
    let (planned, found) = (planned.to_string(), found.to_string());
    Deviation::new(Deviation::PARTITIONS, Some(planned), Some(found))
}

fn of_created(
    topic: &Topic,
    planned: i32,
    replicas: Option<i16>,
    configs: &BTreeMap<String, String>,
) -> Judgement {
    let mut found = Vec::new();
    let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
    if count != planned {
        found.push(partitions(planned, count));
    }
    let factor = topic.replication_factor();
    if let Some(planned) = replicas.filter(|planned| usize::try_from(*planned) != Ok(factor)) {
        let (planned, factor) = (planned.to_string(), factor.to_string());
        found.push(Deviation::new(
            Deviation::REPLICAS,
            Some(planned),
            Some(factor),
        ));
    }
    let shape = if found.is_empty() {
        Judgement::InEffect
    } else {
        differs(found)
    };
    all([shape, of_own(&topic.configs, configs)].into_iter())
}

/// The settings of a new topic: these, and no others.
fn of_own(seen: &Seen<Vec<ConfigEntry>>, configs: &BTreeMap<String, String>) -> Judgement {
    let Seen::Value(entries) = seen else {
        return if configs.is_empty() {
            Judgement::InEffect
        } else {
            Judgement::Unseen("its settings cannot be read".to_owned())
        };
    };
    let own = |entry: &&ConfigEntry| entry.source == ConfigSource::DynamicTopicConfig;
    let planned = configs.iter().map(|(key, planned)| {
        let live = entries.iter().filter(own).find(|entry| entry.name == *key);
        match live.and_then(|entry| entry.value.text().map(|text| (entry.config_type, text))) {
            Some((config_type, text)) if same_value(config_type, planned, text) => {
                Judgement::InEffect
            }
            Some((_, text)) => {
                let (planned, text) = (planned.clone(), text.to_owned());
                differs(vec![Deviation::new(key, Some(planned), Some(text))])
            }
            None => Judgement::NotYet(format!("{key} is not set")),
        }
    });
    let foreign = entries.iter().filter(own);
    let foreign = foreign.filter(|entry| !configs.contains_key(&entry.name));
    let foreign = foreign.map(|entry| {
        let text = entry.value.text().unwrap_or("hidden").to_owned();
        differs(vec![Deviation::new(&entry.name, None, Some(text))])
    });
    all(planned.chain(foreign))
}

fn of_broker(step: &Step, seen: &Seen<Vec<ConfigEntry>>) -> Judgement {
    let source = match step.resource {
        Resource::Broker { .. } => ConfigSource::DynamicBrokerConfig,
        _ => ConfigSource::DynamicDefaultBrokerConfig,
    };
    match &step.action {
        Action::Configure { changes } => of_entries(changes, seen, source),
        _ => Judgement::NotYet("a broker cannot be changed like this".to_owned()),
    }
}

fn of_entries(
    changes: &[ConfigChange],
    seen: &Seen<Vec<ConfigEntry>>,
    source: ConfigSource,
) -> Judgement {
    let Seen::Value(entries) = seen else {
        return Judgement::Unseen("its settings cannot be read".to_owned());
    };
    all(changes
        .iter()
        .map(|change| of_entry(change, entries, source)))
}

fn of_entry(change: &ConfigChange, entries: &[ConfigEntry], source: ConfigSource) -> Judgement {
    let key = &change.key;
    let entry = entries.iter().find(|entry| entry.name == *key);
    let own = entry.and_then(|entry| entry.set_at(source));
    let config_type = entry.map_or(ConfigType::Unknown, |entry| entry.config_type);
    let shown = own.map(|value| value.text().unwrap_or("hidden").to_owned());
    let is_as_before = change.before.as_ref() == own;
    match (&change.after, own) {
        // A hidden value cannot be compared; that it is set is all that can be known.
        (After::Removed, None) | (After::Secret(_), Some(_)) => Judgement::InEffect,
        (After::Removed, Some(_)) => otherwise(is_as_before, Deviation::new(key, None, shown)),
        (After::Secret(_), None) => Judgement::NotYet(format!("{key} is not set")),
        (After::Set(planned), None) => {
            let planned = Some(planned.clone());
            otherwise(is_as_before, Deviation::new(key, planned, None))
        }
        (After::Set(planned), Some(value)) => match value.text() {
            Some(live) if same_value(config_type, planned, live) => Judgement::InEffect,
            Some(_) => {
                let planned = Some(planned.clone());
                otherwise(is_as_before, Deviation::new(key, planned, shown))
            }
            // A hidden value cannot be compared; that it is set is all that can be known.
            None => Judgement::InEffect,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Reason, Risk};

    fn step(resource: Resource) -> Step {
        Step {
            id: 1,
            resource,
            topic_id: None,
            action: Action::Configure { changes: vec![] },
            reason: Reason::SettingDiffers,
            risk: Risk::None,
        }
    }

    fn dead() -> Result<Vec<Judgement>, String> {
        Err("broker 2 did not answer in time".to_owned())
    }

    fn deviation(found: &str) -> Deviation {
        Deviation::new("flush.ms", Some("5".to_owned()), Some(found.to_owned()))
    }

    fn of(told: &[(BrokerId, Result<Vec<Judgement>, String>)]) -> Judgement {
        let told = told.iter().cloned().collect();
        together(&step(Resource::topic("a")), 0, &told)
    }

    #[test]
    fn a_dead_broker_hides_only_what_it_alone_could_show() {
        let good = || Ok(vec![Judgement::InEffect]);
        let absent = || Ok(vec![Judgement::NotYet("the topic is not there".to_owned())]);
        let words = "broker 2 did not answer in time".to_owned();
        assert_eq!(of(&[(1, good()), (3, good())]), Judgement::InEffect);
        let seen = of(&[(1, good()), (2, dead()), (3, good())]);
        assert_eq!(seen, Judgement::WhereSeen(words.clone()));
        let nowhere = of(&[(2, dead())]);
        assert_eq!(nowhere, Judgement::Unseen(words.clone()));
        let lags = of(&[(1, good()), (2, dead()), (3, absent())]);
        let not_there = "the topic is not there on broker 3".to_owned();
        assert_eq!(lags, Judgement::NotYet(not_there));
        let none = of(&[]);
        assert_eq!(none, Judgement::Unseen("no broker is live".to_owned()));

        let told = [(1, good()), (2, dead())].into_iter().collect();
        let its_own = |id| together(&step(Resource::Broker { id }), 0, &told);
        assert_eq!(its_own(1), Judgement::InEffect);
        assert_eq!(its_own(2), Judgement::Unseen(words));
        assert_eq!(its_own(3), Judgement::Unseen("broker 3 is gone".to_owned()));
    }

    #[test]
    fn a_broker_is_named_where_not_all_show_the_same() {
        let otherwise = |found| Otherwise::new(vec![deviation(found)]);
        let differs = |found| Ok(vec![Judgement::Differs(otherwise(found))]);
        let told = |judgement| match judgement {
            Judgement::Still(told) | Judgement::Differs(told) => told,
            other => panic!("{other:?}"),
        };
        let agreed = told(of(&[(1, differs("9")), (2, dead()), (3, differs("9"))]));
        assert_eq!(agreed.found(), [deviation("9")]);
        assert_eq!(agreed.seen(), "flush.ms is 9 on broker 1");
        let named = || Deviation {
            broker: Some(1),
            ..deviation("9")
        };
        let apart = of(&[(1, differs("9")), (3, differs("8"))]);
        assert_eq!(told(apart).found(), [named()]);
        let still = Ok(vec![Judgement::Still(otherwise("9"))]);
        let lags = of(&[(1, still), (3, differs("8"))]);
        assert!(matches!(lags, Judgement::Still(_)));
        assert_eq!(told(lags).found(), [named()]);
    }
}
