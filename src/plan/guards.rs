//! Guards that judge a whole plan, with facts beyond the declared resources.
//!
//! [`wider`] says what else has to be read, [`settle`] fills in what removed settings fall back to, and
//! [`judge`] adds the findings. Most plans need nothing else to be read.

use std::collections::{BTreeMap, BTreeSet};

use super::compaction::{self, Compaction};
use super::finding::{Code, Finding, Severity};
use super::kinds::{Action, After, AlterConfigs, ConfigChange, CreateTopic};
use super::resource::Resource;
use super::retention::{self, Cut};
use super::step::{Risk, Step};
use super::target::{ConfigTarget, StepTarget, TopicTarget};
use super::{Plan, inherit, unsupported};
use crate::model::broker::BrokerId;
use crate::model::config::{ConfigSource, ConfigValue};
use crate::model::desired::{Desired, DesiredTopic, Setting, TopicSpec, TopicState};
use crate::model::measure::Measured;
use crate::model::observed::{Observed, Wider};
use crate::model::seen::Seen;
use crate::model::topic::{Partition, Topic};
use crate::model::words::{counted, shorten};

const MIN_ISR: &str = "min.insync.replicas";

/// The facts that the guards need beyond the declared resources.
#[must_use]
pub fn wider(plan: &Plan) -> Wider {
    let mut wider = Wider::default();
    for step in &plan.steps {
        wider.versions |= unsupported::depends_on_version(step);
        match &step.action {
            Action::CreateTopic(..) => wider.brokers = true,
            Action::AlterConfigs(on, AlterConfigs { changes }) => {
                wider.brokers |= changes.iter().any(|change| change.after == After::Removed);
                wider.topics |= on.topic().is_none()
                    && changes.iter().any(|change| {
                        change.key == MIN_ISR || retention::concerns(on, &change.key)
                    });
            }
            _ => {}
        }
    }
    wider
}

/// Fills in the value that each removed setting falls back to.
pub fn settle(plan: &mut Plan, observed: &Observed) {
    inherit::fill(plan, observed);
}

/// What the plan would delete, and the measurements of it.
#[derive(Debug, Clone, Copy)]
pub struct Losses<'a> {
    /// The topics whose retention gets lower ([`retention::cuts`]).
    pub cuts: &'a [Cut],
    /// The topics that would be compacted ([`compaction::compactions`]).
    pub compactions: &'a [Compaction],
    /// The measurements of these topics.
    pub measured: &'a Measured,
    /// The time of the measurements, in milliseconds since 1970.
    pub now_ms: i64,
}

/// The plan with the findings of all guards; those in `allow` are let through.
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
    let sight = Sight::of(&plan, desired, observed);
    found.extend(plan.steps.iter().filter_map(|step| sight.replicas(step)));
    found.extend(plan.steps.iter().flat_map(|step| sight.min_isr(step)));
    found.extend(collisions(&plan, observed));
    found.extend(unsupported::findings(&plan, observed));
    place(&mut found, &sight);
    let judged = found.into_iter().map(|finding| finding.judged(allow));
    let mut plan = plan.with_findings(judged);
    for step in &mut plan.steps {
        if dropping.contains(&step.id) {
            step.risk = Risk::DeletesRecords;
        }
    }
    plan
}

/// Adds the place in the manifest to findings about declared topics.
fn place(findings: &mut [Finding], sight: &Sight<'_>) {
    for finding in findings {
        if let Resource::Topic { name } = &finding.resource {
            let declared = sight.declared.get(name.as_str());
            finding.place = declared.map(|topic| topic.place.to_string());
        }
    }
}

/// The facts for guards of replicas, gathered once for all steps.
struct Sight<'a> {
    observed: &'a Observed,
    declared: BTreeMap<&'a str, &'a DesiredTopic>,
    live: BTreeSet<BrokerId>,
    /// The replication factor of a new topic that declares none.
    default_replicas: Option<usize>,
    /// The `min.insync.replicas` of a new topic that sets none.
    inherited_min_isr: Option<usize>,
}

impl<'a> Sight<'a> {
    fn of(plan: &Plan, desired: &'a Desired, observed: &'a Observed) -> Self {
        let declared = desired.topics.iter();
        let replicas = inherit::of_brokers("default.replication.factor", plan, observed);
        let min_isr = inherit::of_new_topic(MIN_ISR, plan, observed);
        Self {
            observed,
            declared: declared.map(|topic| (topic.name.as_str(), topic)).collect(),
            live: observed.cluster.live_brokers().map(|one| one.id).collect(),
            default_replicas: replicas.and_then(|found| number(&found.value)),
            inherited_min_isr: min_isr.and_then(|found| number(&found.value)),
        }
    }

    /// The replication factor of a new topic; none when unknown.
    fn new_replicas(&self, declared: Option<i16>) -> Option<usize> {
        match declared {
            Some(declared) => usize::try_from(declared).ok(),
            None => self.default_replicas,
        }
    }

    /// Refuses a new topic with more replicas than live brokers.
    fn replicas(&self, step: &Step) -> Option<Finding> {
        let Action::CreateTopic(_, CreateTopic { replicas, .. }) = &step.action else {
            return None;
        };
        let live = self.live.len();
        let factor = self
            .new_replicas(*replicas)
            .filter(|factor| *factor > live)?;
        let whose = match replicas {
            Some(_) => "it would have",
            None => "the brokers' default.replication.factor gives it",
        };
        let brokers = counted(live, "broker is", "brokers are");
        let message = format!("{whose} {factor} replicas, and {brokers} alive");
        let hint = format!("start more brokers, or declare `replicas: {live}`");
        let resource = step.resource();
        Some(Finding::refused(Code::TooFewBrokers, resource, message).hint(hint))
    }

    /// The findings about `min.insync.replicas`, if the step sets it.
    fn min_isr(&self, step: &Step) -> Vec<Finding> {
        let found = match &step.action {
            Action::CreateTopic(TopicTarget { name, .. }, create) => {
                let CreateTopic {
                    configs, replicas, ..
                } = create;
                let least = match configs.get(MIN_ISR) {
                    Some(own) => own.trim().parse().ok(),
                    None => self.inherited_min_isr,
                };
                let both = least.zip(self.new_replicas(*replicas));
                [
                    both.and_then(|(least, has)| self.above_replicas(step, name, least, has)),
                    None,
                ]
            }
            Action::AlterConfigs(ConfigTarget::Topic(on), AlterConfigs { changes }) => {
                let name = &on.name;
                let topic = self.observed.topics.get(name).and_then(Seen::value);
                let Some((least, topic)) = least_in_sync(changes).zip(topic) else {
                    return Vec::new();
                };
                let has = topic.replication_factor();
                [
                    self.above_replicas(step, name, least, has),
                    self.stuck_topic(step, topic, least),
                ]
            }
            Action::AlterConfigs(_, AlterConfigs { changes }) => {
                let Some(least) = least_in_sync(changes) else {
                    return Vec::new();
                };
                [
                    self.narrow_topics(step, least),
                    self.stuck_topics(step, least),
                ]
            }
            _ => return Vec::new(),
        };
        found.into_iter().flatten().collect()
    }

    /// Brokers require no more replicas than a topic has (`Partition.effectiveMinIsr`).
    fn above_replicas(&self, step: &Step, name: &str, least: usize, has: usize) -> Option<Finding> {
        let spec = self.spec(name);
        if least <= has || spec.is_some_and(|spec| is_told_offline(spec, least, has)) {
            return None;
        }
        let has_replicas = counted(has, "replica", "replicas");
        let verb = match step.action {
            Action::CreateTopic(..) => "would have",
            _ => "has",
        };
        let message =
            format!("{MIN_ISR} would be {least} and it {verb} {has_replicas}: {LESS_THAN_IT_SAYS}");
        let hint = format!("give the topic more replicas, or declare {MIN_ISR} as {has}");
        Some(above_replicas(step, self.is_refused([name]), message, hint))
    }

    fn spec(&self, topic: &str) -> Option<&'a TopicSpec> {
        match &self.declared.get(topic)?.state {
            TopicState::Present(spec) => Some(spec),
            TopicState::Absent => None,
        }
    }

    /// Whether the manifest makes this a refusal for any of the topics.
    fn is_refused<'t>(&self, topics: impl IntoIterator<Item = &'t str>) -> bool {
        let mut specs = topics.into_iter().filter_map(|name| self.spec(name));
        specs.any(|spec| spec.min_isr_within_replicas)
    }

    /// Topics, Kafka's own included, that inherit the setting and have fewer replicas than `least`.
    fn narrow_topics(&self, step: &Step, least: usize) -> Option<Finding> {
        let becomes_narrow = |topic: &&Topic| {
            let has = topic.replication_factor();
            has < least && topic.min_isr().value().is_none_or(|now| has >= *now)
        };
        let narrow = self.inheriting(becomes_narrow);
        if narrow.is_empty() {
            return None;
        }
        let message = format!(
            "{MIN_ISR} would be {least}, and these have fewer replicas: {}; for them {LESS_THAN_IT_SAYS}",
            shorten(&narrow, 10)
        );
        let hint = "give them more replicas, or a min.insync.replicas of their own";
        let refuses = self.is_refused(narrow);
        Some(above_replicas(step, refuses, message, hint.to_owned()))
    }

    /// The names of topics that inherit [`MIN_ISR`] from brokers, in order.
    fn inheriting(&self, is_meant: impl Fn(&&Topic) -> bool) -> Vec<&'a str> {
        let inherits = |topic: &&Topic| {
            let mut entries = topic.configs.value().into_iter().flatten();
            entries.any(|entry| {
                entry.name == MIN_ISR && entry.source != ConfigSource::DynamicTopicConfig
            })
        };
        let topics = self.observed.topics.values();
        let topics = topics.chain(self.observed.others.values());
        let topics = topics.filter_map(Seen::value).filter(inherits);
        let names = topics.filter(is_meant).map(|topic| topic.name.as_str());
        let sorted: BTreeSet<&str> = names.collect();
        sorted.into_iter().collect()
    }

    /// The names of topics whose settings are not visible, so that they may inherit it, in order.
    fn hidden(&self, is_meant: impl Fn(&&Topic) -> bool) -> Vec<&'a str> {
        let topics = self.observed.topics.values();
        let topics = topics.chain(self.observed.others.values());
        let topics = topics.filter_map(Seen::value);
        let hidden = topics.filter(|topic| topic.configs.reason().is_some());
        let names = hidden.filter(is_meant).map(|topic| topic.name.as_str());
        let sorted: BTreeSet<&str> = names.collect();
        sorted.into_iter().collect()
    }

    /// How many of a topic's partitions would get too few replicas on live brokers to be written to. Those
    /// with too few already do not count.
    fn stuck_partitions(&self, topic: &Topic, least: usize) -> usize {
        let now = topic.min_isr().value().copied().unwrap_or(1);
        let becomes_stuck = |partition: &&Partition| {
            let all = partition.replicas.len();
            let live = partition
                .replicas
                .iter()
                .filter(|id| self.live.contains(id));
            (now.min(all)..least.min(all)).contains(&live.count())
        };
        topic.partitions.iter().filter(becomes_stuck).count()
    }

    fn stuck_topic(&self, step: &Step, topic: &Topic, least: usize) -> Option<Finding> {
        let stuck = self.stuck_partitions(topic, least);
        if stuck == 0 {
            return None;
        }
        let has = match topic.partitions.len() {
            1 => "its partition has".to_owned(),
            all if all == stuck => "its partitions have".to_owned(),
            all => format!("{stuck} of its {all} partitions have"),
        };
        let message = format!(
            "{MIN_ISR} would be {least}, and {has} fewer replicas on live brokers: {NOTHING_WRITTEN}"
        );
        Some(self.above_brokers(step, message))
    }

    /// Topics that inherit the setting, or may.
    fn stuck_topics(&self, step: &Step, least: usize) -> Option<Finding> {
        let is_stuck = |topic: &&Topic| self.stuck_partitions(topic, least) > 0;
        let inheriting = self.inheriting(is_stuck);
        let hidden = if rises(step, least) {
            self.hidden(is_stuck)
        } else {
            Vec::new()
        };
        let words = hidden.iter();
        let words = words.map(|name| format!("{name} (its settings are not visible)"));
        let words: Vec<String> = words.collect();
        let stuck: Vec<&str> = inheriting
            .into_iter()
            .chain(words.iter().map(String::as_str))
            .collect();
        if stuck.is_empty() {
            return None;
        }
        let message = format!(
            "{MIN_ISR} would be {least}, and these have partitions with fewer replicas on live brokers: {}; {NOTHING_WRITTEN}",
            shorten(&stuck, 10)
        );
        Some(self.above_brokers(step, message))
    }

    fn above_brokers(&self, step: &Step, message: String) -> Finding {
        let brokers = counted(self.live.len(), "broker is", "brokers are");
        let hint = format!("{brokers} alive: start the others, or declare a lower {MIN_ISR}");
        let resource = step.resource();
        Finding::refused(Code::MinIsrAboveBrokers, resource, message).hint(hint)
    }
}

/// The effect of fewer replicas than [`MIN_ISR`].
const LESS_THAN_IT_SAYS: &str = "brokers use the smaller number, so it protects less than it says";

const NOTHING_WRITTEN: &str = "nothing could be written there with acks=all";

/// Whether the manifest alone shows the topic's fewer replicas: that was checked when it was read.
fn is_told_offline(spec: &TopicSpec, least: usize, has: usize) -> bool {
    let own = match spec.configs.get(MIN_ISR) {
        Some(Setting::Value(text)) => text.trim().parse().ok(),
        _ => None,
    };
    own == Some(least) && spec.replicas.and_then(|it| usize::try_from(it).ok()) == Some(has)
}

/// A refusal where the manifest asks for one, otherwise a note.
fn above_replicas(step: &Step, refuses: bool, message: String, hint: String) -> Finding {
    let severity = if refuses {
        Severity::Refused
    } else {
        Severity::Note
    };
    let resource = step.resource();
    Finding::new(Code::MinIsrAboveReplicas, severity, resource, message).hint(hint)
}

/// Whether a step raises [`MIN_ISR`], or its current value is unknown.
fn rises(step: &Step, least: usize) -> bool {
    let Action::AlterConfigs(_, AlterConfigs { changes }) = &step.action else {
        return false;
    };
    let change = changes.iter().find(|change| change.key == MIN_ISR);
    let now = change.and_then(|change| number(&change.effective.as_ref()?.value));
    now.is_none_or(|now| least > now)
}

/// The new value of [`MIN_ISR`]; none when it does not change or is unknown.
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

/// New topics that collide with visible topics of the cluster or with each other.
fn collisions(plan: &Plan, observed: &Observed) -> Vec<Finding> {
    let named = observed.topics.iter();
    let declared = named
        .filter(|(_, seen)| seen.value().is_some())
        .map(|(name, _)| name);
    let others = observed.other_topics.iter();
    let there = declared.chain(others).chain(observed.orphans.keys());
    let hint = "choose another name, or delete that topic in a plan of its own before";
    super::collision::collisions(&plan.steps, there, hint)
}
