//! The manifest's topics, all topics, or some in detail.

use std::collections::BTreeMap;

use super::looking::Looking;
use crate::cli::args::TopicsArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::plan::unplanned;
use crate::cli::print;
use crate::cli::shown::Shown;
use crate::cluster::{At, Cluster};
use crate::manifest::Manifest;
use crate::model::config::ConfigSource;
use crate::model::desired::{Desired, DesiredTopic, TopicState};
use crate::model::observed::Observed;
use crate::model::seen::{Cause, Seen};
use crate::model::topic::{Partition, Topic, is_internal_name};
use crate::model::untold::{Gaps, Untold};
use crate::observe::brokers::described;
use crate::observe::names::closest_topic;
use crate::observe::topics::{all_topics, log_offsets, topics_with_configs};
use crate::ops::compare::{Compared, compared, is_untold, untold_settings};
use crate::plan::{Plan, Severity};
use crate::view::describe::{self as view, Drift, TopicDetails, TopicRow};
use crate::view::documents::NotShown;
use crate::view::health::health as health_text;

/// The manifest's topics compared with the cluster, and the cluster's health.
pub(super) async fn declared(looking: &Looking<'_>, manifest: &Manifest) -> anyhow::Result<Shown> {
    let desired = &manifest.desired;
    let Compared {
        observed,
        told,
        plan,
        health,
    } = compared(looking.cluster, manifest)
        .await
        .map_err(unplanned)?;
    let drifts = Drifts::of(&plan, desired, &observed);
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
        || view::topics_json(&rows, Some(&health), &NotShown::default()),
    );
    let is_hidden =
        |row: &TopicRow<'_>| row.drift == Some(Drift::NotVisible) && !is_untold(row.seen);
    let is_whole = !rows.iter().any(is_hidden) && health.unseen.is_empty();
    Ok(Shown::perhaps_whole(text, is_whole)
        .noting(&told)
        .only_visible(health.only_visible))
}

/// The row of a declared topic; none for a topic that should be absent and is.
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

/// How topics differ from the manifest, by name.
struct Drifts<'a>(BTreeMap<&'a str, Drift>);

impl<'a> Drifts<'a> {
    fn of(plan: &'a Plan, desired: &'a Desired, observed: &'a Observed) -> Self {
        let untold = untold_settings(desired, observed);
        let untold = untold.map(|name| (name, Drift::NotVisible));
        let steps = plan.steps.iter();
        let steps = steps.filter_map(|step| Some(step.action.topic()?.name.as_str()));
        let steps = steps.map(|name| (name, Drift::Differs));
        // Findings are sorted by severity; reversed, the worst is inserted last and wins.
        let findings = plan.findings.iter().rev();
        let findings = findings.filter(|one| one.severity != Severity::Note);
        let findings = findings.filter_map(|finding| {
            let name = finding.resource.topic_name()?;
            let drift = match finding.severity {
                Severity::Unreadable => Drift::NotVisible,
                _ => Drift::Differs,
            };
            Some((name, drift))
        });
        Self(untold.chain(steps).chain(findings).collect())
    }

    fn of_topic(&self, name: &str) -> Drift {
        self.0.get(name).copied().unwrap_or(Drift::None)
    }
}

/// All topics, or those that the filters select.
pub(super) async fn topics(looking: &Looking<'_>, filters: &TopicsArgs) -> anyhow::Result<Shown> {
    let (described, mut seen) =
        futures::try_join!(described(looking.cluster), all_topics(looking.cluster))?;
    seen.retain(|name, _| !(filters.exclude_internal && is_internal_name(name)));
    let missing = Missing::of(filters, &seen);
    if filters.topics_with_overrides {
        seen.retain(|_, seen| seen.value().is_some_and(has_overrides));
    }
    let only_visible = described.may_describe == Some(false);
    let not_shown = NotShown {
        only_visible,
        not_seen: missing.by_topic(),
        error: missing.error.as_ref().map(print::error_fields),
    };
    let terminal = looking.terminal;
    let text = if filters.of_partitions() {
        let rows: Vec<(&str, &Partition)> = seen
            .values()
            .filter_map(Seen::value)
            .flat_map(|topic| filters.partitions(topic))
            .collect();
        terminal.form(
            || view::partitions(terminal.out, &rows, &looking.choice),
            || view::partitions_json(&rows, &not_shown),
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
            || view::topics_json(&rows, None, &not_shown),
        )
    };
    let mut shown = Shown::with_error(text, missing.error).only_visible(only_visible);
    shown.notes.extend(missing.note);
    Ok(shown)
}

/// What could not be read of topics.
struct Missing {
    gaps: Vec<Untold>,
    /// Something may exist unseen, or a filter lacks what it decides by.
    error: Option<anyhow::Error>,
    /// What the cluster does not support.
    note: Option<String>,
}

impl Missing {
    fn of(filters: &TopicsArgs, seen: &BTreeMap<String, Seen<Topic>>) -> Self {
        let topics = || seen.values().filter_map(Seen::value);
        let settings = filters
            .looks_at_settings()
            .then(|| Gaps::within_topics(topics(), Topic::settings_seen));
        let min_isr = filters
            .looks_at_min_isr()
            .then(|| Gaps::within_topics(topics(), Topic::min_isr));
        // A user who sees no settings sees no `min.insync.replicas` either.
        let (what, within) = match (settings, min_isr) {
            (Some(settings), None) => ("settings", settings),
            (_, Some(min_isr)) => ("min.insync.replicas", min_isr),
            (None, None) => ("settings", Gaps::default()),
        };
        let whole = Gaps::of_topics(seen);
        let said_within = |told: &Untold| said_of(what, told);
        let unseen = whole.unseen.iter().chain(&whole.unsupported).map(said);
        let unseen: Vec<String> = unseen
            .chain(within.unseen.iter().map(said_within))
            .collect();
        let untold: Vec<String> = within.unsupported.iter().map(said_within).collect();
        let denied = within.denied || whole.denied;
        let (error, note) = match (unseen.as_slice(), untold.as_slice()) {
            ([], []) => (None, None),
            ([], untold) if filters.looks_at_settings_alone() => (Some(cannot_tell(untold)), None),
            ([], untold) => (None, Some(format!("not told: {}", untold.join(", ")))),
            (unseen, _) => (Some(not_all(unseen, denied)), None),
        };
        let gaps = [
            whole.unseen,
            whole.unsupported,
            within.unseen,
            within.unsupported,
        ];
        Self {
            gaps: gaps.concat(),
            error,
            note,
        }
    }

    /// By topic, the reason why something could not be read.
    fn by_topic(&self) -> BTreeMap<String, String> {
        let gaps = self.gaps.iter();
        let each =
            gaps.flat_map(|one| one.names.iter().map(|name| (name.clone(), one.why.clone())));
        each.collect()
    }
}

/// The failure if some topics could not be read.
pub(super) fn not_all_topics(topics: &BTreeMap<String, Seen<Topic>>) -> Option<anyhow::Error> {
    let gaps = Gaps::of_topics(topics);
    let unseen = gaps.unseen.iter().chain(&gaps.unsupported);
    let unseen: Vec<String> = unseen.map(said).collect();
    (!unseen.is_empty()).then(|| not_all(&unseen, gaps.denied))
}

/// For example `topics a, b (TOPIC_AUTHORIZATION_FAILED)`.
fn said(told: &Untold) -> String {
    format!("{} ({})", told.which(), told.why)
}

/// For example `settings of topics a, b (TOPIC_AUTHORIZATION_FAILED)`.
fn said_of(what: &str, told: &Untold) -> String {
    format!("{what} of {}", said(told))
}

/// The failure for a filter that this cluster does not support.
fn cannot_tell(untold: &[String]) -> anyhow::Error {
    let message = format!("this cluster cannot be asked that: {}", untold.join(", "));
    let hint = "`tonkafka describe topics` without the filter shows the rest";
    Failure::new(Exit::Refused, message).hint(hint).into()
}

/// The failure that something may exist and could not be read.
fn not_all(unseen: &[String], denied: bool) -> anyhow::Error {
    let message = format!("not everything can be seen: {}", unseen.join(", "));
    let failure = Failure::new(Exit::Unreachable, message);
    if !denied {
        return failure.into();
    }
    let hint = "give this user DESCRIBE on the topics, and DESCRIBE_CONFIGS for their settings";
    failure.hint(hint).into()
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

    fn looks_at_min_isr(&self) -> bool {
        self.under_min_isr_partitions || self.at_min_isr_partitions
    }

    /// Whether settings are shown or filtered by.
    fn looks_at_settings(&self) -> bool {
        self.topics_with_overrides || !self.of_partitions()
    }

    /// Whether a filter decides by settings.
    fn looks_at_settings_alone(&self) -> bool {
        self.topics_with_overrides || self.looks_at_min_isr()
    }

    /// The partitions that the filters select.
    fn partitions<'a>(&self, topic: &'a Topic) -> Vec<(&'a str, &'a Partition)> {
        let min_isr = topic.min_isr().value().copied();
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

/// Topics in detail. Those that exist are shown even if another does not.
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
            Some(Seen::Value(topic)) => details.push((topic, log_offsets(cluster, topic).await?)),
            seen if failure.is_none() => failure = Some(not_there(cluster, name, seen).await),
            _ => {}
        }
    }
    let error = failure.map(anyhow::Error::from);
    let error = error.or_else(|| missing_of(&details));
    let terminal = looking.terminal;
    let text = terminal.form(
        || view::topic_details(terminal.out, &details, all),
        || view::topic_details_json(&details, error.as_ref().map(print::error_fields)),
    );
    Ok(Shown::with_error(text, error))
}

/// The failure if settings or offsets of the topics could not be read.
fn missing_of(details: &[TopicDetails<'_>]) -> Option<anyhow::Error> {
    let topics = details.iter().map(|(topic, _)| *topic);
    let settings = Gaps::within_topics(topics, Topic::settings_seen);
    let offsets = details.iter().flat_map(|(topic, offsets)| {
        offsets.iter().map(|(partition, (begin, end))| {
            let both = begin.as_ref().and_then(|_| end.as_ref());
            (format!("{}/{partition}", topic.name), both)
        })
    });
    let offsets = Gaps::of("partition", offsets);
    let settings_unseen = settings.unseen.iter().map(|one| said_of("settings", one));
    let offsets_unseen = offsets.unseen.iter().map(|one| said_of("offsets", one));
    let unseen: Vec<String> = settings_unseen.chain(offsets_unseen).collect();
    (!unseen.is_empty()).then(|| not_all(&unseen, settings.denied || offsets.denied))
}

/// The failure for a topic that cannot be shown.
pub(in crate::cli) async fn not_there(
    cluster: &dyn Cluster,
    name: &str,
    seen: Option<&Seen<Topic>>,
) -> Failure {
    if let Some(Seen::Unseen(Cause::NotPermitted | Cause::Unavailable, words)) = seen {
        let message = format!("topic `{name}` is not visible, and may exist: {words}");
        return Failure::new(Exit::Unreachable, message);
    }
    let failure = Failure::new(Exit::Refused, format!("there is no topic `{name}`"));
    match closest_topic(cluster, name).await {
        Some(other) => failure.hint(format!("did you mean `{other}`?")),
        None => failure.hint("`tonkafka list topics` shows them"),
    }
}
