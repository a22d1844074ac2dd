//! Topics: the manifest's, all of them, some in depth.

use std::collections::{BTreeMap, BTreeSet};

use super::Looking;
use crate::cli::args::TopicsArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::shown::Shown;
use crate::cli::{manifest as manifests, print};
use crate::cluster::observe::{all_topics, health, observe, topics_with_configs};
use crate::cluster::{At, Cluster, OffsetSpec};
use crate::manifest::Manifest;
use crate::model::config::ConfigSource;
use crate::model::desired::{DesiredTopic, TopicState};
use crate::model::health::Health;
use crate::model::observed::Observed;
use crate::model::seen::{Cause, Seen, Unseen};
use crate::model::suggest::closest;
use crate::model::topic::{Partition, Topic, is_internal_name};
use crate::plan::diff::{Options, diff};
use crate::plan::{Code, Finding, Plan, Resource, Severity};
use crate::view::describe::{self as view, Drift, Offsets, TopicRow};
use crate::view::health::health as health_text;

/// The manifest's topics against the cluster, and the cluster's health.
pub(super) async fn declared(looking: &Looking<'_>, manifest: &Manifest) -> anyhow::Result<Shown> {
    let desired = &manifest.desired;
    let declared = desired.broker.brokers.keys().copied();
    let mut observed = observe(looking.cluster, desired).await?;
    let told = manifests::settle(looking.cluster, manifest, &mut observed).await?;
    let mut health = health(looking.cluster, declared).await?;
    let plan = diff(desired, &observed, &Options::default());
    health.drift = Some(differing(&plan));
    add_kept_back(&mut health, &observed);
    let drifts = Drifts::of(&plan);
    let rows: Vec<TopicRow<'_>> = desired
        .topics
        .iter()
        .filter_map(|topic| row(topic, &observed, &drifts))
        .collect();
    let terminal = looking.terminal;
    let text = terminal.form(
        || {
            let table = view::topics(terminal.out, &rows, true, &looking.choice);
            format!("{table}\n{}", health_text(terminal.out, &health))
        },
        || view::topics_json(&rows, Some(&health)),
    );
    let hidden = rows.iter().any(|row| row.drift == Some(Drift::NotVisible));
    let is_whole = !hidden && health.unseen.is_empty();
    Ok(Shown::perhaps_whole(text, is_whole).noting(&told))
}

/// How many topics and brokers differ from the manifest.
pub(super) async fn drift_count(
    cluster: &dyn Cluster,
    manifest: &Manifest,
) -> anyhow::Result<usize> {
    let desired = &manifest.desired;
    let mut observed = observe(cluster, desired).await?;
    manifests::settle(cluster, manifest, &mut observed).await?;
    Ok(differing(&diff(desired, &observed, &Options::default())))
}

/// That brokers keep their settings to themselves, where they were to be compared.
fn add_kept_back(health: &mut Health, observed: &Observed) {
    let words = |why: &str| format!("settings of brokers: {why}");
    match observed.kept_back() {
        Some(Seen::Unseen(Unseen {
            cause: Cause::NotSupported,
            words: why,
        })) => health.unsupported.push(words(why)),
        Some(seen) => health.unseen.extend(seen.reason().map(words)),
        None => {}
    }
}

fn differing(plan: &Plan) -> usize {
    let differs =
        |severity: &Severity| matches!(severity, Severity::Refused | Severity::CannotApply);
    // What is not shown may differ, or not.
    let is_known = |one: &&Finding| one.code != Code::NotVisible && differs(&one.severity);
    let found = plan.findings.iter().filter(is_known);
    let resources: BTreeSet<&Resource> = found
        .map(|one| &one.resource)
        .chain(plan.steps.iter().map(|step| &step.resource))
        .collect();
    resources.len()
}

/// A declared topic's row; none for one that should not exist and does not.
fn row<'a>(
    topic: &'a DesiredTopic,
    observed: &'a Observed,
    drifts: &Drifts<'_>,
) -> Option<TopicRow<'a>> {
    let seen = observed.topics.get(&topic.name)?;
    let drift = match (&topic.state, seen) {
        (TopicState::Absent, Seen::Absent) => return None,
        (TopicState::Absent, Seen::Value(_)) => Drift::Unwanted,
        (TopicState::Present(_), Seen::Absent) => Drift::Missing,
        (TopicState::Present(_), Seen::Value(_)) => drifts.of_topic(&topic.name),
        _ => Drift::NotVisible,
    };
    Some(TopicRow {
        name: &topic.name,
        seen,
        drift: Some(drift),
    })
}

/// What a plan says of topics, by name.
struct Drifts<'a>(BTreeMap<&'a str, Drift>);

impl<'a> Drifts<'a> {
    fn of(plan: &'a Plan) -> Self {
        let steps = plan.steps.iter();
        let steps = steps.map(|step| (&step.resource, Drift::Differs));
        // They are in order of severity, and the worst counts.
        let findings = plan.findings.iter().rev();
        let findings = findings.filter(|one| one.severity != Severity::Note);
        let findings = findings.map(|finding| {
            let drift = match finding.severity {
                Severity::Unreadable => Drift::NotVisible,
                _ => Drift::Differs,
            };
            (&finding.resource, drift)
        });
        let all = steps.chain(findings);
        Self(
            all.filter_map(|(resource, drift)| Some((resource.topic_name()?, drift)))
                .collect(),
        )
    }

    fn of_topic(&self, name: &str) -> Drift {
        self.0.get(name).copied().unwrap_or(Drift::None)
    }
}

/// All topics, or what the filters leave.
pub(super) async fn topics(looking: &Looking<'_>, filters: &TopicsArgs) -> anyhow::Result<Shown> {
    let (described, mut seen) = futures::try_join!(
        looking.cluster.describe_cluster(),
        all_topics(looking.cluster)
    )?;
    seen.retain(|name, _| !(filters.exclude_internal && is_internal_name(name)));
    if filters.topics_with_overrides {
        seen.retain(|_, seen| seen.value().is_some_and(has_overrides));
    }
    let terminal = looking.terminal;
    let text = if filters.of_partitions() {
        let rows: Vec<(&str, &Partition)> = seen
            .values()
            .filter_map(Seen::value)
            .flat_map(|topic| filters.partitions(topic))
            .collect();
        terminal.form(
            || view::partitions(terminal.out, &rows, &looking.choice),
            || view::partitions_json(&rows),
        )
    } else {
        let rows: Vec<TopicRow<'_>> = seen
            .iter()
            .map(|(name, seen)| TopicRow {
                name,
                seen,
                drift: None,
            })
            .collect();
        terminal.form(
            || view::topics(terminal.out, &rows, false, &looking.choice),
            || view::topics_json(&rows, None),
        )
    };
    let is_whole = seen.values().all(|seen| seen.value().is_some());
    let only_visible = described.may_describe == Some(false);
    Ok(Shown::perhaps_whole(text, is_whole).only_visible(only_visible))
}

fn has_overrides(topic: &Topic) -> bool {
    topic.configs.value().is_some_and(|entries| {
        entries
            .iter()
            .any(|entry| entry.source == ConfigSource::DynamicTopicConfig)
    })
}

impl TopicsArgs {
    /// Whether a filter looks at partitions.
    pub(super) fn of_partitions(&self) -> bool {
        self.under_replicated_partitions
            || self.unavailable_partitions
            || self.under_min_isr_partitions
            || self.at_min_isr_partitions
    }

    /// The partitions that a filter wants.
    fn partitions<'a>(&self, topic: &'a Topic) -> Vec<(&'a str, &'a Partition)> {
        let min_isr = topic.min_isr();
        topic
            .partitions
            .iter()
            .filter(|one| self.wants(one, min_isr))
            .map(|one| (topic.name.as_str(), one))
            .collect()
    }

    fn wants(&self, partition: &Partition, min_isr: Option<usize>) -> bool {
        let in_sync = partition.isr.len();
        (self.under_replicated_partitions && partition.is_under_replicated())
            || (self.unavailable_partitions && partition.leader.is_none())
            || (self.under_min_isr_partitions && partition.is_under_min_isr(min_isr))
            || (self.at_min_isr_partitions && min_isr == Some(in_sync))
    }
}

/// Topics in depth. What is there is shown even when another one is not.
pub(super) async fn topic(
    looking: &Looking<'_>,
    names: &[String],
    all: bool,
) -> anyhow::Result<Shown> {
    let cluster = looking.cluster;
    let found = topics_with_configs(cluster, At::AnyBroker, names).await?;
    let mut details = Vec::new();
    let mut failure = None;
    for name in names {
        match found.get(name) {
            Some(Seen::Value(topic)) => details.push((topic, offsets(cluster, topic).await?)),
            seen if failure.is_none() => failure = Some(not_there(cluster, name, seen).await),
            _ => {}
        }
    }
    let error = failure.map(anyhow::Error::from);
    let terminal = looking.terminal;
    let text = terminal.form(
        || view::topic_details(terminal.out, &details, all),
        || view::topic_details_json(&details, error.as_ref().map(print::error_fields)),
    );
    Ok(Shown::with_error(text, error))
}

/// Why a topic cannot be shown.
pub(in crate::cli) async fn not_there(
    cluster: &dyn Cluster,
    name: &str,
    seen: Option<&Seen<Topic>>,
) -> Failure {
    if let Some(Seen::Unseen(Unseen {
        cause: Cause::NotPermitted | Cause::Unavailable,
        words,
    })) = seen
    {
        let message = format!("topic `{name}` is not visible, and may exist: {words}");
        return Failure::new(Exit::Unreachable, message);
    }
    let failure = Failure::new(Exit::Refused, format!("there is no topic `{name}`"));
    let listed = cluster.list_topics().await.unwrap_or_default();
    match closest(name, listed.iter().map(String::as_str)) {
        Some(other) => failure.hint(format!("did you mean `{other}`?")),
        None => failure.hint("`tonkafka list topics` shows them"),
    }
}

async fn offsets(cluster: &dyn Cluster, topic: &Topic) -> anyhow::Result<Offsets> {
    let partitions: Vec<(String, i32)> = topic
        .partitions
        .iter()
        .filter(|partition| partition.leader.is_some())
        .map(|partition| (topic.name.clone(), partition.index))
        .collect();
    let (begin, mut end) = futures::try_join!(
        cluster.list_offsets(&partitions, OffsetSpec::Earliest),
        cluster.list_offsets(&partitions, OffsetSpec::Latest),
    )?;
    Ok(begin
        .into_iter()
        .map(|(key, begin)| {
            let end = end.remove(&key).unwrap_or(Seen::Absent);
            let known = |offset: Option<i64>| offset.map_or(Seen::Absent, Seen::Value);
            (key.1, (begin.and_then(known), end.and_then(known)))
        })
        .collect())
}
