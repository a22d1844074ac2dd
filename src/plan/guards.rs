//! The guards that look at a whole plan and at more of the cluster than the manifest speaks of.
//!
//! [`wider`] says what else has to be read, [`settle`] fills in what a removal falls back to, and
//! [`judge`] adds what trips. Most plans need nothing else to be read.

use std::collections::{BTreeMap, BTreeSet};

use super::compaction::{self, Compaction};
use super::finding::{Code, Finding};
use super::offsets::counted;
use super::retention::{self, Cut};
use super::step::{Action, After, ConfigChange, Resource, Risk, Step};
use super::{Plan, inherit, unsupported};
use crate::model::config::{ConfigSource, ConfigValue};
use crate::model::desired::Desired;
use crate::model::measure::Measured;
use crate::model::observed::{Observed, Wider};
use crate::model::seen::Seen;
use crate::model::topic::{Topic, metric_name};

const MIN_ISR: &str = "min.insync.replicas";

/// What has to be read beyond what the manifest speaks of.
#[must_use]
pub fn wider(plan: &Plan) -> Wider {
    let mut wider = Wider::default();
    for step in &plan.steps {
        wider.versions |= unsupported::depends_on_version(step);
        match &step.action {
            Action::Create { .. } => wider.brokers = true,
            Action::Configure { changes } => {
                wider.brokers |= changes.iter().any(|change| change.after == After::Removed);
                wider.topics |= !matches!(step.resource, Resource::Topic { .. })
                    && changes.iter().any(|change| {
                        change.key == MIN_ISR || retention::concerns(&step.resource, &change.key)
                    });
            }
            _ => {}
        }
    }
    wider
}

/// Fills in what each removal falls back to.
pub fn settle(plan: &mut Plan, observed: &Observed) {
    inherit::fill(plan, observed);
}

/// What the plan would drop, and how that was measured.
#[derive(Debug, Clone, Copy)]
pub struct Losses<'a> {
    /// The topics that would keep less ([`retention::cuts`]).
    pub cuts: &'a [Cut],
    /// The topics that would be compacted ([`compaction::compactions`]).
    pub compactions: &'a [Compaction],
    /// What was measured of them.
    pub measured: &'a Measured,
    /// The time of the questions, in milliseconds since 1970.
    pub now_ms: i64,
}

/// The plan with everything that trips, or was let through by `allow`.
#[must_use]
pub fn judge(
    plan: Plan,
    desired: &Desired,
    observed: &Observed,
    losses: Losses<'_>,
    allow: &BTreeSet<Code>,
) -> Plan {
    let Losses {
        cuts,
        compactions,
        measured,
        now_ms,
    } = losses;
    let (mut found, mut dropping) = retention::findings(&plan, cuts, measured, now_ms);
    let (compacting, compacted) = compaction::findings(&plan, compactions, measured);
    found.extend(compacting);
    dropping.extend(compacted);
    found.extend(replicas(&plan, observed));
    found.extend(min_isr(&plan, observed));
    found.extend(collisions(&plan, observed));
    found.extend(unsupported::findings(&plan, observed));
    place(&mut found, desired);
    let judged = found.into_iter().map(|finding| finding.judged(allow));
    let mut plan = plan.with_findings(judged);
    for step in &mut plan.steps {
        if dropping.contains(&step.id) {
            step.risk = Risk::DeletesRecords;
        }
    }
    plan
}

/// Says where the manifest names the topics that findings are about.
fn place(findings: &mut [Finding], desired: &Desired) {
    let places: BTreeMap<&str, String> = desired
        .topics
        .iter()
        .map(|topic| (topic.name.as_str(), topic.place.to_string()))
        .collect();
    for finding in findings {
        if let Resource::Topic { name } = &finding.resource {
            finding.place = places.get(name.as_str()).cloned();
        }
    }
}

/// New topics with more replicas than there are brokers to hold them.
fn replicas(plan: &Plan, observed: &Observed) -> Vec<Finding> {
    let live = observed.cluster.live_brokers().count();
    let replicas_of = |step: &Step| replication_factor(step, plan, observed);
    plan.steps
        .iter()
        .filter_map(|step| {
            let (replicas, whose) = replicas_of(step).filter(|(factor, _)| *factor > live)?;
            let brokers = counted(live, "broker is", "brokers are");
            let message = format!("{whose} {replicas} replicas, and {brokers} alive");
            let hint = format!("start more brokers, or declare `replicas: {live}`");
            let resource = step.resource.clone();
            Some(Finding::refused(Code::TooFewBrokers, resource, message).hint(hint))
        })
        .collect()
}

/// The replicas that a new topic gets, where that is known, and who says so.
fn replication_factor(
    step: &Step,
    plan: &Plan,
    observed: &Observed,
) -> Option<(usize, &'static str)> {
    let Action::Create { replicas, .. } = &step.action else {
        return None;
    };
    if let Some(declared) = replicas {
        return Some((usize::try_from(*declared).ok()?, "it would have"));
    }
    let default = inherit::of_brokers("default.replication.factor", plan, observed)?;
    let factor = default.value.text()?.parse().ok()?;
    Some((factor, "the brokers' default.replication.factor gives it"))
}

/// Topics that would take no record from producers with acks=all.
fn min_isr(plan: &Plan, observed: &Observed) -> Vec<Finding> {
    plan.steps
        .iter()
        .filter_map(|step| match (&step.action, &step.resource) {
            (Action::Create { configs, .. }, _) => {
                let (has, _) = replication_factor(step, plan, observed)?;
                let inherited = || inherit::of_new_topic(MIN_ISR, plan, observed);
                let least = match configs.get(MIN_ISR) {
                    Some(own) => own.parse().ok()?,
                    None => number(&inherited()?.value)?,
                };
                above_replicas(step, least, has)
            }
            (Action::Configure { changes }, Resource::Topic { name }) => {
                let least = least_in_sync(changes)?;
                let has = observed.topics.get(name)?.value()?.replication_factor();
                above_replicas(step, least, has).or_else(|| above_brokers(step, least, observed))
            }
            (Action::Configure { changes }, _) => {
                let least = least_in_sync(changes)?;
                narrow_topics(step, least, observed)
                    .or_else(|| above_brokers(step, least, observed))
            }
            _ => None,
        })
        .collect()
}

/// What `min.insync.replicas` comes to, where it changes.
fn least_in_sync(changes: &[ConfigChange]) -> Option<usize> {
    let change = changes.iter().find(|change| change.key == MIN_ISR)?;
    match &change.after {
        After::Set(value) => value.trim().parse().ok(),
        After::Secret(_) => None,
        After::Removed => number(&change.inherits.as_ref()?.value),
    }
}

fn number(value: &ConfigValue) -> Option<usize> {
    value.text()?.trim().parse().ok()
}

fn above_replicas(step: &Step, least: usize, has: usize) -> Option<Finding> {
    if least <= has {
        return None;
    }
    let has_replicas = counted(has, "replica", "replicas");
    let verb = match step.action {
        Action::Create { .. } => "would have",
        _ => "has",
    };
    let message = format!(
        "{MIN_ISR} would be {least} and it {verb} {has_replicas}: nothing could be written to it with acks=all"
    );
    let hint = format!("give the topic more replicas first, or declare {MIN_ISR} as {has}");
    let resource = step.resource.clone();
    Some(Finding::refused(Code::MinIsrAboveReplicas, resource, message).hint(hint))
}

fn above_brokers(step: &Step, least: usize, observed: &Observed) -> Option<Finding> {
    let live = observed.cluster.live_brokers().count();
    if least <= live {
        return None;
    }
    let brokers = counted(live, "broker is", "brokers are");
    let message = format!(
        "{MIN_ISR} would be {least} and {brokers} alive: nothing could be written with acks=all"
    );
    let hint = format!("start more brokers, or declare {MIN_ISR} as {live}");
    let resource = step.resource.clone();
    Some(Finding::refused(Code::MinIsrAboveBrokers, resource, message).hint(hint))
}

/// Topics that inherit the setting and have fewer replicas, Kafka's own included: groups could not
/// commit any more.
fn narrow_topics(step: &Step, least: usize, observed: &Observed) -> Option<Finding> {
    const SHOWN: usize = 10;
    let topics = observed.topics.values().chain(observed.others.values());
    let narrow: Vec<&str> = topics
        .filter_map(Seen::value)
        .filter(|topic| becomes_narrow(topic, least))
        .map(|topic| topic.name.as_str())
        .collect();
    if narrow.is_empty() {
        return None;
    }
    let shown = narrow[..narrow.len().min(SHOWN)].join(", ");
    let more = match narrow.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "{MIN_ISR} would be {least}, and these have fewer replicas: {shown}{more}; nothing could be written to them with acks=all"
    );
    let hint = "give them more replicas first, or a min.insync.replicas of their own";
    let resource = step.resource.clone();
    Some(Finding::refused(Code::MinIsrAboveReplicas, resource, message).hint(hint))
}

/// One that is stuck already is not made worse.
fn becomes_narrow(topic: &Topic, least: usize) -> bool {
    let entries = topic.configs.value().map(Vec::as_slice).unwrap_or_default();
    let has = topic.replication_factor();
    entries
        .iter()
        .filter(|entry| entry.name == MIN_ISR)
        .filter(|entry| entry.source != ConfigSource::DynamicTopicConfig)
        .any(|entry| has < least && number(&entry.value).is_none_or(|now| has >= now))
}

/// Brokers refuse `a_b` beside `a.b`: their metrics would have one name.
fn collisions(plan: &Plan, observed: &Observed) -> Vec<Finding> {
    let mut live: BTreeMap<String, &str> = BTreeMap::new();
    let named = observed.topics.iter();
    let declared = named
        .filter(|(_, seen)| seen.value().is_some())
        .map(|(name, _)| name);
    let others = observed.other_topics.iter();
    for name in declared.chain(others).chain(observed.orphans.keys()) {
        live.insert(metric_name(name), name);
    }
    plan.steps
        .iter()
        .filter_map(|step| {
            let (Action::Create { .. }, Resource::Topic { name }) = (&step.action, &step.resource)
            else {
                return None;
            };
            let other = live.get(&metric_name(name))?;
            let message = format!(
                "the cluster has {other}, which is the same name in Kafka's metrics: brokers refuse the second one"
            );
            let hint = "choose another name, or delete that topic in a plan of its own before";
            let resource = step.resource.clone();
            Some(Finding::refused(Code::NameCollision, resource, message).hint(hint))
        })
        .collect()
}
