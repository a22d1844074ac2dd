//! Reads back what was written, from every live broker, until all agree.
//!
//! A broker's own metadata lags behind the controller's by seconds when thousands of topics are
//! new, so "not there" right after a write means "not there yet".

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::recheck::{self, ObservedGroups, read_groups};
use super::report::Outcome;
use super::stop::Stop;
use crate::cluster::observe::{broker_configs, topics_with_configs};
use crate::cluster::{At, BrokerError, Cluster, ClusterError, OffsetSpec};
use crate::model::access::{AclBinding, Entity, Quotas, by_entity};
use crate::model::config::{ConfigEntry, ConfigSource, ConfigType, same_value};
use crate::model::group::{Commits, Committed, DescribedGroup};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;
use crate::model::topic::Topic;
use crate::plan::stale::changes;
use crate::plan::{Action, After, ConfigChange, Resource, Step};

const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long something else has to be there before it is believed. A broker shows the new source of a
/// setting a moment before the new value.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long an interrupted apply goes on reading.
const INTERRUPTED: Duration = Duration::from_secs(1);

/// What the answer to a write claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim {
    /// The broker said that it is done.
    Acknowledged,
    /// No answer came; this happened instead.
    Lost(String),
    /// The broker said that it is so already, or cannot be: perhaps by our own hand.
    Conflict(BrokerError),
}

/// A step that has to be read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) index: usize,
    pub(super) claim: Claim,
}

/// What reading says about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Judgement {
    /// As wanted on every live broker.
    InEffect,
    /// Not yet, as far as one can see.
    NotYet(String),
    /// Something else is there.
    Differs(String),
    /// The topic that was to go is gone, and another one has its name.
    Replaced,
}

/// What the live brokers show.
#[derive(Default)]
struct Views {
    /// Topics, as each broker sees them.
    topics: BTreeMap<i32, BTreeMap<String, Seen<Topic>>>,
    /// Each broker's own settings.
    brokers: BTreeMap<i32, Seen<Vec<ConfigEntry>>>,
    /// Groups and what they committed, as their coordinators tell.
    groups: ObservedGroups,
    /// Log start offsets, as leaders tell.
    starts: BTreeMap<TopicPartition, Seen<Option<i64>>>,
    /// The topics that partitions belong to.
    owners: BTreeMap<String, Seen<Topic>>,
    /// ACLs, as each broker sees them.
    acls: BTreeMap<i32, Seen<BTreeSet<AclBinding>>>,
    /// Quotas, as each broker sees them.
    quotas: BTreeMap<i32, Seen<Quotas>>,
}

/// Reads until each pending step is settled or `timeout` has passed. Returns outcomes by index.
pub(super) async fn verify(
    cluster: &dyn Cluster,
    steps: &[Step],
    mut pending: Vec<Pending>,
    timeout: Duration,
    stop: &Stop,
) -> Vec<(usize, Outcome)> {
    let started = Instant::now();
    let mut deadline = started + timeout;
    let mut pause = FIRST_PAUSE;
    let mut settled = Vec::new();
    loop {
        if stop.requested() {
            deadline = deadline.min(Instant::now() + INTERRUPTED);
        }
        let round = tokio::time::timeout_at(deadline, read(cluster, steps, &pending)).await;
        let late = Instant::now() + pause >= deadline;
        let wait = match (late, started.elapsed() < PATIENCE) {
            (true, _) => Wait::Over,
            (false, true) => Wait::ForAnything,
            (false, false) => Wait::ForMissing,
        };
        let mut left = Vec::new();
        for one in pending {
            let judgement = match &round {
                Ok(Ok(views)) => judge(&steps[one.index], views),
                Ok(Err(error)) => Judgement::NotYet(format!("it cannot be read back: {error}")),
                Err(_) => Judgement::NotYet("it cannot be read back in time".to_owned()),
            };
            match settle(&one.claim, judgement, wait) {
                Some(outcome) => settled.push((one.index, outcome)),
                None => left.push(one),
            }
        }
        pending = left;
        if pending.is_empty() {
            return settled;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What is there of a step that nobody vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "found", rename_all = "kebab-case")]
pub enum Found {
    /// What the step wants, on every live broker.
    InEffect,
    /// What was there before the step.
    NotInEffect,
    /// Neither.
    SomethingElse {
        /// What is there.
        seen: String,
    },
    /// It cannot be read.
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// Reads once what is there of each step. The steps are of one phase.
pub(super) async fn look(cluster: &dyn Cluster, steps: &[Step]) -> Vec<Found> {
    let pending: Vec<Pending> = (0..steps.len())
        .map(|index| Pending {
            index,
            claim: Claim::Acknowledged,
        })
        .collect();
    let both = async {
        let views = read(cluster, steps, &pending).await?;
        let observed = recheck::read(cluster, steps).await?;
        Ok::<_, ClusterError>((views, changes(steps, &observed)))
    };
    let (views, changed) = match both.await {
        Ok(both) => both,
        Err(error) => {
            let reason = error.to_string();
            return vec![Found::Unreadable { reason }; steps.len()];
        }
    };
    let changed: BTreeSet<usize> = changed.iter().map(|change| change.step).collect();
    steps
        .iter()
        .map(|step| match judge(step, &views) {
            Judgement::InEffect | Judgement::Replaced => Found::InEffect,
            _ if !changed.contains(&step.id) => Found::NotInEffect,
            Judgement::NotYet(seen) | Judgement::Differs(seen) => Found::SomethingElse { seen },
        })
        .collect()
}

/// What is still waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// Whatever is not as wanted may still become so.
    ForAnything,
    /// Only what is not there yet.
    ForMissing,
    /// Nothing any more.
    Over,
}

/// What is said of a delete where somebody has made a topic of the name since.
const REPLACED: &str = "another topic has its name now, and is left alone";

/// What a claim and a reading make together; none while waiting can still change it.
fn settle(claim: &Claim, judgement: Judgement, wait: Wait) -> Option<Outcome> {
    let not_in_effect = |seen: &str| Outcome::Refused {
        error: BrokerError {
            code: "NOT_IN_EFFECT".to_owned(),
            message: format!("the broker took it, but {seen}"),
        },
    };
    Some(match (claim, judgement) {
        (Claim::Acknowledged, Judgement::InEffect) => Outcome::Done { note: None },
        (Claim::Lost(reason), Judgement::InEffect) => Outcome::Done {
            note: Some(format!("the answer was lost ({reason}); read back")),
        },
        (Claim::Conflict(error), Judgement::InEffect) => Outcome::Done {
            note: Some(format!("already so ({}); read back", error.code)),
        },
        (_, Judgement::Differs(_)) if wait == Wait::ForAnything => return None,
        (Claim::Acknowledged, Judgement::Differs(seen)) => not_in_effect(&seen),
        (Claim::Acknowledged, Judgement::Replaced) => Outcome::Done {
            note: Some(REPLACED.to_owned()),
        },
        (Claim::Lost(reason), Judgement::Replaced) => Outcome::Done {
            note: Some(format!(
                "the answer was lost ({reason}); read back; {REPLACED}"
            )),
        },
        (_, Judgement::NotYet(_)) | (Claim::Lost(_), _) if wait != Wait::Over => return None,
        // Whatever is there now, what was sent can still be carried out.
        (Claim::Lost(reason), Judgement::Differs(seen)) => Outcome::Unknown {
            reason: format!("{reason}; {seen}, and what was sent may still be carried out"),
        },
        (Claim::Conflict(error), _) => Outcome::Refused {
            error: error.clone(),
        },
        (Claim::Acknowledged, Judgement::NotYet(seen)) => Outcome::Unknown {
            reason: format!("the broker took it, but {seen}"),
        },
        (Claim::Lost(reason), Judgement::NotYet(seen)) => Outcome::Unknown {
            reason: format!("{reason}, and {seen}"),
        },
    })
}

/// What the pending steps are about, as every live broker shows it.
async fn read(
    cluster: &dyn Cluster,
    steps: &[Step],
    pending: &[Pending],
) -> Result<Views, ClusterError> {
    let mut views = Views::default();
    let of = |wanted: fn(&Step) -> bool| -> Vec<Step> {
        let steps = pending.iter().map(|one| &steps[one.index]);
        steps.filter(|step| wanted(step)).cloned().collect()
    };
    let groups = of(|step| step.resource.group_id().is_some());
    if !groups.is_empty() {
        views.groups = read_groups(cluster, &groups).await?;
        views.owners = owners(cluster, &groups).await?;
        return Ok(views);
    }
    let truncated = of(|step| matches!(step.action, Action::Truncate(_)));
    if !truncated.is_empty() {
        let partitions = truncated
            .iter()
            .filter_map(|step| step.resource.partition());
        let partitions: Vec<TopicPartition> = partitions.collect();
        views.starts = cluster
            .list_offsets(&partitions, OffsetSpec::Earliest)
            .await?;
        views.owners = owners(cluster, &truncated).await?;
        return Ok(views);
    }
    let described = cluster.describe_cluster().await?;
    let acls = of(|step| matches!(step.resource, Resource::Acl(_)));
    let quotas = of(|step| matches!(step.resource, Resource::Quota { .. }));
    if !acls.is_empty() || !quotas.is_empty() {
        for broker in described.live_brokers() {
            let at = At::Broker(broker.id);
            if acls.is_empty() {
                let seen = cluster.describe_quotas(at).await?;
                views.quotas.insert(broker.id, seen.map(by_entity));
            } else {
                let seen = cluster.describe_acls(at).await?;
                views.acls.insert(broker.id, seen.map(BTreeSet::from_iter));
            }
        }
        return Ok(views);
    }
    let names: Vec<String> = pending
        .iter()
        .filter_map(|one| match &steps[one.index].resource {
            Resource::Topic { name } => Some(name.clone()),
            _ => None,
        })
        .collect();
    if names.is_empty() {
        views.brokers = broker_configs(cluster, &described).await?.0;
        return Ok(views);
    }
    for broker in described.live_brokers() {
        let seen = topics_with_configs(cluster, At::Broker(broker.id), &names).await?;
        views.topics.insert(broker.id, seen);
    }
    Ok(views)
}

/// The topics whose partitions steps are about and that were planned for by id. Requests name them, so
/// that one which was made anew in between is written to in place of the other.
async fn owners(
    cluster: &dyn Cluster,
    steps: &[Step],
) -> Result<BTreeMap<String, Seen<Topic>>, ClusterError> {
    let names = steps.iter().filter(|step| step.topic_id.is_some());
    let names: BTreeSet<&str> = names
        .filter_map(|step| step.resource.topic_name())
        .collect();
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    cluster.describe_topics(At::AnyBroker, &names).await
}

fn judge(step: &Step, views: &Views) -> Judgement {
    match &step.resource {
        Resource::Topic { name } => all(views
            .topics
            .iter()
            .map(|(broker, topics)| (*broker, judge_topic(step, topics.get(name))))),
        Resource::BrokerDefaults => all(views
            .brokers
            .iter()
            .map(|(broker, seen)| (*broker, judge_broker(step, seen)))),
        Resource::Broker { id } => match views.brokers.get(id) {
            Some(seen) => judge_broker(step, seen),
            None => Judgement::NotYet(format!("broker {id} is gone")),
        },
        Resource::Partition { topic, .. } => {
            let owner = views.owners.get(topic).and_then(Seen::value);
            of_this_topic(step, owner, judge_start(step, &views.starts))
        }
        Resource::Group { id } => judge_deleted(id, &views.groups.0),
        Resource::Commit { group, topic, .. } => {
            let owner = views.owners.get(topic).and_then(Seen::value);
            of_this_topic(step, owner, judge_commit(step, views.groups.1.get(group)))
        }
        Resource::Acl(acl) => all(views
            .acls
            .iter()
            .map(|(broker, seen)| (*broker, judge_acl(step, acl, seen)))),
        Resource::Quota { entity } => all(views
            .quotas
            .iter()
            .map(|(broker, seen)| (*broker, judge_quota(step, entity, seen)))),
        Resource::Cluster | Resource::User { .. } => {
            Judgement::NotYet("it cannot be changed".to_owned())
        }
    }
}

fn judge_acl(step: &Step, acl: &AclBinding, seen: &Seen<BTreeSet<AclBinding>>) -> Judgement {
    let Seen::Value(acls) = seen else {
        return Judgement::NotYet("the ACLs cannot be seen".to_owned());
    };
    match (&step.action, acls.contains(acl)) {
        (Action::CreateAcl, false) => Judgement::NotYet("the ACL is not there".to_owned()),
        (Action::DeleteAcl, true) => Judgement::NotYet("the ACL is still there".to_owned()),
        _ => Judgement::InEffect,
    }
}

fn judge_quota(step: &Step, entity: &Entity, seen: &Seen<Quotas>) -> Judgement {
    let (Seen::Value(quotas), Action::AlterQuota { changes }) = (seen, &step.action) else {
        return Judgement::NotYet("the quotas cannot be seen".to_owned());
    };
    let quota = quotas.get(entity);
    for change in changes {
        let key = &change.key;
        let found = quota.and_then(|values| values.get(key).copied());
        let is = found.map_or("not set".to_owned(), |value| value.to_string());
        if found == change.after {
            continue;
        }
        return if found == change.before {
            Judgement::NotYet(format!("{key} is still {is}"))
        } else {
            Judgement::Differs(format!("{key} is {is}"))
        };
    }
    Judgement::InEffect
}

fn judge_start(step: &Step, starts: &BTreeMap<TopicPartition, Seen<Option<i64>>>) -> Judgement {
    let start = step.resource.partition();
    let start = start.and_then(|partition| starts.get(&partition));
    match (start, &step.action) {
        (Some(Seen::Value(Some(start))), Action::Truncate(wanted)) if *start >= wanted.before => {
            Judgement::InEffect
        }
        (Some(Seen::Value(Some(start))), _) => {
            Judgement::NotYet(format!("the log still starts at {start}"))
        }
        _ => Judgement::NotYet("its log cannot be seen".to_owned()),
    }
}

fn judge_deleted(id: &str, groups: &BTreeMap<String, Seen<DescribedGroup>>) -> Judgement {
    match groups.get(id) {
        Some(Seen::Absent) => Judgement::InEffect,
        Some(Seen::Value(_)) => Judgement::NotYet("the group is still there".to_owned()),
        _ => Judgement::NotYet("the group cannot be seen".to_owned()),
    }
}

fn judge_commit(step: &Step, seen: Option<&Seen<Commits>>) -> Judgement {
    let unseen = || Judgement::NotYet("the commit cannot be seen".to_owned());
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
    let shown = found.map_or("nothing".to_owned(), |found| found.offset.to_string());
    if is(after) {
        Judgement::InEffect
    } else if is(before) {
        Judgement::NotYet(format!("{shown} is still committed"))
    } else {
        Judgement::Differs(format!("{shown} is committed, by somebody else"))
    }
}

/// What all brokers say together: something else only where none still waits.
fn all(judgements: impl Iterator<Item = (i32, Judgement)>) -> Judgement {
    let mut worst = None;
    let mut count = 0;
    for (broker, judgement) in judgements {
        count += 1;
        match judgement {
            Judgement::InEffect => {}
            Judgement::NotYet(seen) => {
                return Judgement::NotYet(format!("{seen} on broker {broker}"));
            }
            Judgement::Differs(seen) => {
                worst = Some(Judgement::Differs(format!("{seen} on broker {broker}")));
            }
            Judgement::Replaced => {
                worst.get_or_insert(Judgement::Replaced);
            }
        }
    }
    match worst {
        Some(worst) => worst,
        None if count == 0 => Judgement::NotYet("no broker is live".to_owned()),
        None => Judgement::InEffect,
    }
}

fn judge_topic(step: &Step, seen: Option<&Seen<Topic>>) -> Judgement {
    let topic = match (seen, &step.action) {
        (Some(Seen::Absent), Action::Delete { .. }) => return Judgement::InEffect,
        (Some(Seen::Value(topic)), _) => topic,
        (Some(Seen::Absent), _) => return Judgement::NotYet("the topic is not there".to_owned()),
        _ => return Judgement::NotYet("the topic cannot be seen".to_owned()),
    };
    let judgement = match &step.action {
        Action::Create {
            partitions,
            replicas,
            configs,
        } => judge_created(topic, *partitions, *replicas, configs),
        Action::Grow { after, .. } => judge_count(topic, *after),
        Action::Configure { changes } => {
            judge_entries(changes, &topic.configs, ConfigSource::DynamicTopicConfig)
        }
        Action::Delete { .. } => Judgement::NotYet("the topic is still there".to_owned()),
        _ => Judgement::NotYet("a topic cannot be changed like this".to_owned()),
    };
    of_this_topic(step, Some(topic), judgement)
}

/// A judgement on a topic, unless that is another one than was planned for.
fn of_this_topic(step: &Step, topic: Option<&Topic>, judgement: Judgement) -> Judgement {
    let is_another = |topic: &Topic| step.topic_id.is_some_and(|id| id != topic.id);
    if !topic.is_some_and(is_another) {
        return judgement;
    }
    match (&step.action, judgement) {
        (Action::Delete { .. }, _) => Judgement::Replaced,
        // Commits go with their topic.
        (Action::Forget { .. }, judgement) => judgement,
        (_, Judgement::InEffect) => Judgement::Differs(
            "the topic was deleted and made anew meanwhile, and the new one has what was written"
                .to_owned(),
        ),
        (_, Judgement::NotYet(seen) | Judgement::Differs(seen)) => Judgement::Differs(format!(
            "the topic was deleted and made anew meanwhile: of the new one, {seen}"
        )),
        (_, Judgement::Replaced) => Judgement::Replaced,
    }
}

fn judge_count(topic: &Topic, wanted: i32) -> Judgement {
    let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
    let seen = format!("it has {count} partitions");
    match count.cmp(&wanted) {
        std::cmp::Ordering::Equal => Judgement::InEffect,
        std::cmp::Ordering::Less => Judgement::NotYet(seen),
        std::cmp::Ordering::Greater => Judgement::Differs(seen),
    }
}

fn judge_created(
    topic: &Topic,
    partitions: i32,
    replicas: Option<i16>,
    configs: &BTreeMap<String, String>,
) -> Judgement {
    if i32::try_from(topic.partitions.len()) != Ok(partitions) {
        return Judgement::Differs(format!("it has {} partitions", topic.partitions.len()));
    }
    let live = topic.replication_factor();
    if replicas.is_some_and(|wanted| usize::try_from(wanted) != Ok(live)) {
        return Judgement::Differs(format!("its replication factor is {live}"));
    }
    let Seen::Value(entries) = &topic.configs else {
        return if configs.is_empty() {
            Judgement::InEffect
        } else {
            Judgement::NotYet("its settings cannot be read".to_owned())
        };
    };
    let own = |entry: &&ConfigEntry| entry.source == ConfigSource::DynamicTopicConfig;
    for (key, wanted) in configs {
        let live = entries.iter().filter(own).find(|entry| entry.name == *key);
        match live.and_then(|entry| entry.value.text().map(|text| (entry.config_type, text))) {
            Some((config_type, text)) if same_value(config_type, wanted, text) => {}
            Some((_, text)) => return Judgement::Differs(format!("{key} is {text}")),
            None => return Judgement::NotYet(format!("{key} is not set")),
        }
    }
    let foreign = entries
        .iter()
        .filter(own)
        .find(|entry| !configs.contains_key(&entry.name));
    match foreign {
        Some(entry) => Judgement::Differs(format!("{} is set too, by somebody else", entry.name)),
        None => Judgement::InEffect,
    }
}

fn judge_broker(step: &Step, seen: &Seen<Vec<ConfigEntry>>) -> Judgement {
    let source = match step.resource {
        Resource::Broker { .. } => ConfigSource::DynamicBrokerConfig,
        _ => ConfigSource::DynamicDefaultBrokerConfig,
    };
    match &step.action {
        Action::Configure { changes } => judge_entries(changes, seen, source),
        _ => Judgement::NotYet("a broker cannot be changed like this".to_owned()),
    }
}

fn judge_entries(
    changes: &[ConfigChange],
    seen: &Seen<Vec<ConfigEntry>>,
    source: ConfigSource,
) -> Judgement {
    let Seen::Value(entries) = seen else {
        return Judgement::NotYet("its settings cannot be read".to_owned());
    };
    changes
        .iter()
        .map(|change| judge_entry(change, entries, source))
        .find(|judgement| *judgement != Judgement::InEffect)
        .unwrap_or(Judgement::InEffect)
}

fn judge_entry(change: &ConfigChange, entries: &[ConfigEntry], source: ConfigSource) -> Judgement {
    let key = &change.key;
    let entry = entries.iter().find(|entry| entry.name == *key);
    let own = entry.and_then(|entry| entry.set_at(source));
    let config_type = entry.map_or(ConfigType::Unknown, |entry| entry.config_type);
    match (&change.after, own) {
        // A hidden value cannot be compared; that it is set is all that can be known.
        (After::Removed, None) | (After::Secret(_), Some(_)) => Judgement::InEffect,
        (After::Removed, Some(_)) => Judgement::NotYet(format!("{key} is still set")),
        (After::Set(_) | After::Secret(_), None) => Judgement::NotYet(format!("{key} is not set")),
        (After::Set(wanted), Some(value)) => match value.text() {
            Some(live) if same_value(config_type, wanted, live) => Judgement::InEffect,
            Some(live) if change.before.as_ref() == Some(value) => {
                Judgement::NotYet(format!("{key} is still {live}"))
            }
            Some(live) => Judgement::Differs(format!("{key} is {live}")),
            // A hidden value cannot be compared; that it is set is all that can be known.
            None => Judgement::InEffect,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_else_is_believed_only_when_it_stays() {
        let differs = || Judgement::Differs("log.retention.bytes is -1 on broker 1".to_owned());
        let settle = |wait| settle(&Claim::Acknowledged, differs(), wait);
        assert_eq!(settle(Wait::ForAnything), None);
        assert!(matches!(
            settle(Wait::ForMissing),
            Some(Outcome::Refused { .. })
        ));
        assert!(matches!(settle(Wait::Over), Some(Outcome::Refused { .. })));
    }

    #[test]
    fn what_was_sent_and_not_answered_can_still_be_carried_out() {
        let differs = || Judgement::Differs("7 is committed, by somebody else".to_owned());
        let lost = Claim::Lost("connection closed".to_owned());
        assert_eq!(settle(&lost, differs(), Wait::ForMissing), None);
        let Some(Outcome::Unknown { reason }) = settle(&lost, differs(), Wait::Over) else {
            panic!()
        };
        assert_eq!(
            reason,
            "connection closed; 7 is committed, by somebody else, and what was sent may still be carried out"
        );
    }

    #[test]
    fn what_is_missing_is_waited_for_until_the_end() {
        let missing = || Judgement::NotYet("the topic is not there".to_owned());
        let lost = Claim::Lost("connection closed".to_owned());
        for claim in [Claim::Acknowledged, lost] {
            assert_eq!(settle(&claim, missing(), Wait::ForMissing), None);
            let over = settle(&claim, missing(), Wait::Over);
            assert!(matches!(over, Some(Outcome::Unknown { .. })));
        }
    }
}
