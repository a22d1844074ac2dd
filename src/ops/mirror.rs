//! Plans a mirror: which topics are copied, and how the target is prepared for them. Then begins it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::try_join;

use super::apply::{ApplySettings, NotPrepared, prepare};
use super::landing::destination;
use crate::apply::ApplyEvent;
use crate::cluster::{Cluster, ClusterError};
use crate::mirror::groups::{MirroredGroups, Which};
use crate::mirror::load::loads;
use crate::mirror::place::{TargetPartition, former, places};
use crate::mirror::{Mirror, MirrorError, MirrorSettings, Route};
use crate::model::broker::DescribedCluster;
use crate::model::config::ConfigSource;
use crate::model::escape::escape;
use crate::model::measure::TopicPartition;
use crate::model::scope::TopicScopes;
use crate::model::seen::Seen;
use crate::model::topic::Topic;
use crate::observe::topics::meant;
use crate::plan::landing::mirror::{mirror, to_measure};
use crate::plan::landing::{Destination, Loads, SourceTopic};
use crate::plan::{Announced, Code, Plan, Resource, Step};

/// What to mirror.
#[derive(Debug, Clone)]
pub struct MirrorRequest {
    /// The topics, each with all partitions.
    pub topics: TopicScopes,
    /// How long reads of records may make no progress.
    pub patience: Duration,
    /// The guards that are let through.
    pub allow: BTreeSet<Code>,
    /// The groups whose commits are copied, if any.
    pub groups: Option<Which>,
}

/// The topics to copy, and the plan for the target.
#[derive(Debug, Clone)]
pub struct MirrorPlan {
    /// The name of the mirror, for the records that undo its commits.
    pub name: String,
    /// The clusters and topic ids.
    pub route: Route,
    /// The topics, as on the source.
    pub sources: Vec<SourceTopic>,
    /// Their partitions.
    pub keys: Vec<TopicPartition>,
    /// Prepares the target for their records.
    pub plan: Plan,
    /// Whether the source's listings omit what this user may not describe.
    pub only_visible: bool,
}

impl MirrorPlan {
    /// How many topics the plan creates or changes at the target.
    #[must_use]
    pub fn changed_topics(&self) -> usize {
        let resources = self.plan.steps.iter().map(Step::resource);
        resources.collect::<BTreeSet<Resource>>().len()
    }
}

/// Why nothing can be mirrored.
#[derive(Debug, thiserror::Error)]
pub enum MirrorPlanError {
    /// Source and target are the same cluster.
    #[error("both are the same cluster, {}", escape(.0))]
    Same(String),
    /// No topic matches.
    #[error("no topic of the source matches")]
    Nothing,
    /// A named topic does not exist or cannot be read.
    #[error("topic `{name}` cannot be read")]
    Topic {
        /// Its name.
        name: String,
        /// What was read instead.
        seen: Box<Seen<Topic>>,
    },
    /// The settings of a topic cannot be read.
    #[error("the settings of topic `{name}` cannot be read: {words}")]
    Settings {
        /// Its name.
        name: String,
        /// The reason.
        words: String,
    },
    /// A cluster, or its records, cannot be read.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
}

impl From<ClusterError> for MirrorPlanError {
    fn from(error: ClusterError) -> Self {
        Self::Mirror(error.into())
    }
}

/// Reads both clusters, and plans how the target is prepared before records are copied.
///
/// # Errors
/// Nothing can be mirrored.
pub async fn plan(
    from: &dyn Cluster,
    to: &dyn Cluster,
    request: &MirrorRequest,
) -> Result<MirrorPlan, MirrorPlanError> {
    let (from_id, to_id) = try_join!(from.describe_cluster(), to.describe_cluster())?;
    if from_id.id == to_id.id {
        return Err(MirrorPlanError::Same(to_id.id));
    }
    let topics = topics(from, &request.topics).await?;
    let ids = topics.iter().filter(|topic| topic.id.is_known());
    let route = Route {
        source: from_id.id.clone(),
        target: to_id.id.clone(),
        topics: ids.map(|topic| (topic.name.clone(), topic.id)).collect(),
    };
    let mut sources: Vec<SourceTopic> = topics.iter().map(taken).collect::<Result<_, _>>()?;
    let keys: Vec<TopicPartition> = sources.iter().flat_map(partitions).collect();
    let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    let mut destination = destination(to, &to_id, &names, &sources).await?;
    let places = positions(to, &route, &keys, &destination, request.patience).await?;
    let foreign = places.iter().filter(|(_, place)| place.is_foreign());
    destination.foreign = foreign.map(|(key, _)| key.clone()).collect();
    destination.former = former(&places);
    measure((from, &from_id), &mut sources, &destination, &places).await?;
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let mut plan = mirror(&sources, &destination, now_ms, &request.allow);
    plan.announced = request.groups.as_ref().map(|which| Announced {
        groups: match which {
            Which::All => None,
            Which::Named(ids) => Some(ids.clone()),
        },
        topics: sources.iter().map(|source| source.name.clone()).collect(),
    });
    Ok(MirrorPlan {
        name: format!("{} {}", route.source, route.target),
        plan,
        route,
        sources,
        keys,
        only_visible: from_id.may_describe == Some(false),
    })
}

/// Applies the plan of a mirror, and returns the mirror, which has copied nothing yet. It copies commits of
/// `groups`, once more after a request to stop. The caller has asked for consent.
///
/// # Errors
/// No records may be written.
pub async fn begin<'a>(
    (from, to): (&'a dyn Cluster, &'a dyn Cluster),
    planned: &'a MirrorPlan,
    groups: Option<Which>,
    settings: MirrorSettings,
    apply: ApplySettings<'a>,
    emit: &mut (dyn FnMut(ApplyEvent<'_>) + Send),
) -> Result<Mirror<'a>, NotPrepared> {
    let apply = ApplySettings {
        mirror: Some(&planned.name),
        ..apply
    };
    let execution = prepare(to, &planned.plan, apply, emit).await?;
    let (patience, appends) = (settings.patience, settings.appends);
    let groups =
        groups.map(|which| MirroredGroups::new(execution.to_the_end(), which, patience, appends));
    let is_over = || apply.stop.requested();
    Ok(Mirror::new((from, to), settings, groups, is_over))
}

/// The topics to copy, as on the source.
async fn topics(from: &dyn Cluster, wanted: &TopicScopes) -> Result<Vec<Topic>, MirrorPlanError> {
    let found = meant(from, wanted, false).await?;
    if found.is_empty() {
        return Err(MirrorPlanError::Nothing);
    }
    let topics = found.into_iter().map(|(name, (_, seen))| match seen {
        Seen::Value(topic) => Ok(topic),
        seen => {
            let seen = Box::new(seen);
            Err(MirrorPlanError::Topic { name, seen })
        }
    });
    topics.collect()
}

fn taken(topic: &Topic) -> Result<SourceTopic, MirrorPlanError> {
    let Seen::Value(entries) = &topic.configs else {
        let words = topic.configs.reason().unwrap_or("it went away").to_owned();
        let name = topic.name.clone();
        return Err(MirrorPlanError::Settings { name, words });
    };
    let overrides = entries.iter().filter_map(|entry| {
        let value = entry.set_at(ConfigSource::DynamicTopicConfig)?.text()?;
        Some((entry.name.clone(), value.to_owned()))
    });
    Ok(SourceTopic {
        name: topic.name.clone(),
        target: topic.name.clone(),
        partitions: i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX),
        replicas: i16::try_from(topic.replication_factor()).unwrap_or(i16::MAX),
        overrides: overrides.collect(),
        timestamps: topic.timestamp_type(),
        configs: Some(entries.clone()),
        loads: Loads::default(),
    })
}

fn partitions(source: &SourceTopic) -> impl Iterator<Item = TopicPartition> {
    (0..source.partitions).map(|index| TopicPartition::new(source.name.clone(), index))
}

/// The position of the mirror in each partition that the target has.
async fn positions(
    to: &dyn Cluster,
    route: &Route,
    keys: &[TopicPartition],
    destination: &Destination,
    patience: Duration,
) -> Result<BTreeMap<TopicPartition, TargetPartition>, MirrorError> {
    let is_there = |key: &&TopicPartition| {
        let topic = destination.topics.get(&key.topic).and_then(Seen::value);
        topic.is_some_and(|topic| topic.has_partition(key.partition))
    };
    let there: Vec<TopicPartition> = keys.iter().filter(is_there).cloned().collect();
    places(to, route, &there, patience, true).await
}

/// Measures the records to copy of the topics for which the plan needs it.
async fn measure(
    (from, described): (&dyn Cluster, &DescribedCluster),
    sources: &mut [SourceTopic],
    destination: &Destination,
    places: &BTreeMap<TopicPartition, TargetPartition>,
) -> Result<(), MirrorError> {
    let needs = to_measure(sources, destination);
    if needs.is_empty() {
        return Ok(());
    }
    let brokers: Vec<i32> = described.live_brokers().map(|one| one.id).collect();
    let mut asked: BTreeMap<TopicPartition, Option<i64>> = BTreeMap::new();
    for source in sources.iter().filter(|one| needs.contains_key(&one.name)) {
        let next = |key: &TopicPartition| places.get(key).and_then(|place| place.next);
        asked.extend(partitions(source).map(|key| (key.clone(), next(&key))));
    }
    let mut found = loads(from, &brokers, &needs, &asked).await?;
    for source in sources {
        source.loads = found.remove(&source.name).unwrap_or_default();
    }
    Ok(())
}
