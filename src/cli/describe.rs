//! `describe`: what is there.

use std::collections::BTreeMap;

use super::args::{Describe, DescribeArgs, Global, ManifestArgs, TopicsArgs};
use super::connect;
use super::exit::{self, Exit, Failure};
use super::manifest;
use super::print;
use super::terminal::Terminal;
use crate::cluster::observe::{broker_configs, observe, topics_with_configs};
use crate::cluster::{At, Cluster, OffsetSpec};
use crate::model::config::{ConfigResource, ConfigSource};
use crate::model::desired::{DesiredTopic, TopicState};
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::model::suggest::closest;
use crate::model::topic::{Partition, Topic, is_internal_name};
use crate::plan::diff::{Options, diff};
use crate::plan::{Plan, Resource, Severity};
use crate::view::describe::{self as view, Drift, Offsets, TopicRow};

pub(super) async fn run(
    global: &Global,
    args: &DescribeArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let Some(what) = &args.what else {
        return declared(global, &args.manifest, terminal).await;
    };
    let manifest = manifest::read_if_there(&args.manifest)?;
    let desired = manifest.as_ref().map(|manifest| &manifest.desired);
    let connected = connect::open(global, desired).await?;
    let cluster = &*connected.cluster;
    match what {
        Describe::Topics(filters) => topics(cluster, filters, terminal).await,
        Describe::Topic { names, all } => topic(cluster, names, *all, terminal).await,
        Describe::Brokers => brokers(cluster, terminal).await,
        Describe::Broker { id, all } => broker(cluster, *id, *all, terminal).await,
        Describe::Cluster => whole(cluster, terminal).await,
    }
}

/// The manifest's topics against the cluster.
async fn declared(
    global: &Global,
    args: &ManifestArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let manifest = manifest::read(args)?;
    let desired = &manifest.desired;
    let connected = connect::open(global, Some(desired)).await?;
    let observed = observe(&*connected.cluster, desired).await?;
    let plan = diff(desired, &observed, &Options::default());
    let rows: Vec<TopicRow<'_>> = desired
        .topics
        .iter()
        .filter_map(|topic| row(topic, &observed, &plan))
        .collect();
    terminal.show(
        |terminal| view::topics(terminal.out, &rows),
        || view::topics_json(&rows),
    );
    let hidden = rows.iter().any(|row| row.drift == Some(Drift::NotVisible));
    Ok(if hidden {
        Exit::Unreachable
    } else {
        Exit::Done
    })
}

/// A declared topic's row; none for one that should not exist and does not.
fn row<'a>(topic: &'a DesiredTopic, observed: &'a Observed, plan: &Plan) -> Option<TopicRow<'a>> {
    let seen = observed.topics.get(&topic.name)?;
    let drift = match (&topic.state, seen) {
        (TopicState::Absent, Seen::Absent) => return None,
        (TopicState::Absent, Seen::Value(_)) => Drift::Unwanted,
        (TopicState::Present(_), Seen::Absent) => Drift::Missing,
        (TopicState::Present(_), Seen::Value(_)) => drift(&topic.name, plan),
        _ => Drift::NotVisible,
    };
    Some(TopicRow {
        name: &topic.name,
        seen,
        drift: Some(drift),
    })
}

fn drift(name: &str, plan: &Plan) -> Drift {
    let resource = Resource::topic(name);
    let finding = plan
        .findings
        .iter()
        .filter(|finding| finding.resource == resource && finding.severity != Severity::Note)
        .map(|finding| finding.severity)
        .min();
    match finding {
        Some(Severity::Unreadable) => Drift::NotVisible,
        Some(_) => Drift::Differs,
        None if plan.steps.iter().any(|step| step.resource == resource) => Drift::Differs,
        None => Drift::None,
    }
}

/// All topics, or what the filters leave.
async fn topics(
    cluster: &dyn Cluster,
    filters: &TopicsArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let mut names = cluster.list_topics().await?;
    names.retain(|name| !(filters.exclude_internal && is_internal_name(name)));
    let mut seen = topics_with_configs(cluster, At::AnyBroker, &names).await?;
    // A topic that went away between the two reads is not there.
    seen.retain(|_, seen| !seen.is_absent());
    if filters.topics_with_overrides {
        seen.retain(|_, seen| seen.value().is_some_and(has_overrides));
    }
    if filters.of_partitions() {
        let rows: Vec<(&str, &Partition)> = seen
            .values()
            .filter_map(Seen::value)
            .flat_map(|topic| filters.partitions(topic))
            .collect();
        terminal.show(
            |terminal| view::partitions(terminal.out, &rows),
            || view::partitions_json(&rows),
        );
    } else {
        let rows: Vec<TopicRow<'_>> = seen
            .iter()
            .map(|(name, seen)| TopicRow {
                name,
                seen,
                drift: None,
            })
            .collect();
        terminal.show(
            |terminal| view::topics(terminal.out, &rows),
            || view::topics_json(&rows),
        );
    }
    let whole = seen.values().all(|seen| seen.value().is_some());
    Ok(if whole { Exit::Done } else { Exit::Unreachable })
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
    fn of_partitions(&self) -> bool {
        self.under_replicated_partitions
            || self.unavailable_partitions
            || self.under_min_isr_partitions
            || self.at_min_isr_partitions
    }

    /// The partitions that a filter wants.
    fn partitions<'a>(&self, topic: &'a Topic) -> Vec<(&'a str, &'a Partition)> {
        let min_isr = min_isr(topic);
        topic
            .partitions
            .iter()
            .filter(|one| self.wants(one, min_isr))
            .map(|one| (topic.name.as_str(), one))
            .collect()
    }

    fn wants(&self, partition: &Partition, min_isr: Option<usize>) -> bool {
        let in_sync = partition.isr.len();
        (self.under_replicated_partitions && in_sync < partition.replicas.len())
            || (self.unavailable_partitions && partition.leader.is_none())
            || (self.under_min_isr_partitions && min_isr.is_some_and(|least| in_sync < least))
            || (self.at_min_isr_partitions && min_isr == Some(in_sync))
    }
}

fn min_isr(topic: &Topic) -> Option<usize> {
    let entries = topic.configs.value()?;
    let entry = entries
        .iter()
        .find(|entry| entry.name == "min.insync.replicas")?;
    entry.value.text()?.parse().ok()
}

/// Topics in depth. What is there is shown even when another one is not.
async fn topic(
    cluster: &dyn Cluster,
    names: &[String],
    all: bool,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
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
    terminal.show(
        |terminal| view::topic_details(terminal.out, &details, all),
        || view::topic_details_json(&details, error.as_ref().map(print::error_fields)),
    );
    Ok(match error {
        Some(error) => {
            print::error(terminal, &error);
            exit::of(&error)
        }
        None => Exit::Done,
    })
}

async fn not_there(cluster: &dyn Cluster, name: &str, seen: Option<&Seen<Topic>>) -> Failure {
    if let Some(Seen::NotPermitted(words) | Seen::Unavailable(words)) = seen {
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

/// How many partitions each broker leads.
async fn leaders(cluster: &dyn Cluster) -> anyhow::Result<BTreeMap<i32, usize>> {
    let names = cluster.list_topics().await?;
    let topics = cluster.describe_topics(At::AnyBroker, &names).await?;
    let mut leaders = BTreeMap::new();
    let led = topics
        .values()
        .filter_map(Seen::value)
        .flat_map(|topic| &topic.partitions)
        .filter_map(|partition| partition.leader);
    for id in led {
        *leaders.entry(id).or_insert(0) += 1;
    }
    Ok(leaders)
}

async fn brokers(cluster: &dyn Cluster, terminal: &Terminal) -> anyhow::Result<Exit> {
    let described = cluster.describe_cluster().await?;
    let leaders = leaders(cluster).await?;
    terminal.show(
        |terminal| view::brokers(terminal.out, &described, &leaders),
        || view::brokers_json(&described, &leaders),
    );
    Ok(Exit::Done)
}

async fn broker(
    cluster: &dyn Cluster,
    id: i32,
    all: bool,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let described = cluster.describe_cluster().await?;
    if !described.brokers.iter().any(|broker| broker.id == id) {
        let ids: Vec<String> = described
            .brokers
            .iter()
            .map(|one| one.id.to_string())
            .collect();
        let failure = Failure::new(Exit::Refused, format!("there is no broker {id}"))
            .hint(format!("brokers of this cluster: {}", ids.join(", ")));
        return Err(failure.into());
    }
    let resource = ConfigResource::Broker(id);
    let mut found = cluster
        .describe_configs(At::AnyBroker, std::slice::from_ref(&resource))
        .await?;
    match found.remove(&resource) {
        Some(Seen::Value(entries)) => {
            terminal.show(
                |terminal| view::configs(terminal.out, &entries, all),
                || view::broker_json(id, &entries),
            );
            Ok(Exit::Done)
        }
        Some(Seen::NotPermitted(words) | Seen::Unavailable(words) | Seen::NotSupported(words)) => {
            let message = format!("the settings of broker {id} cannot be read: {words}");
            Err(Failure::new(Exit::Unreachable, message).into())
        }
        Some(Seen::Absent) | None => {
            let message = format!("broker {id} went away while it was read");
            Err(Failure::new(Exit::Unreachable, message).into())
        }
    }
}

async fn whole(cluster: &dyn Cluster, terminal: &Terminal) -> anyhow::Result<Exit> {
    let described = cluster.describe_cluster().await?;
    let topics = cluster.list_topics().await?;
    let (_, defaults) = broker_configs(cluster, &described).await?;
    let defaults = defaults.unwrap_or(Seen::Absent);
    terminal.show(
        |terminal| view::cluster(terminal.out, &described, topics.len(), &defaults),
        || view::cluster_json(&described, topics.len(), &defaults),
    );
    Ok(match defaults {
        Seen::Value(_) => Exit::Done,
        _ => Exit::Unreachable,
    })
}
