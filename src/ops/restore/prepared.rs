//! A restore that is ready to be carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use super::chosen::Chosen;
use crate::cluster::Cluster;
use crate::cluster::writer::{Compression, Tally};
use crate::model::group::Committed;
use crate::model::measure::TopicPartition;
use crate::model::offsets::OffsetFacts;
use crate::model::record::TimestampType;
use crate::model::topic::{Topic, TopicId};
use crate::observe::brokers::described;
use crate::observe::offsets;
use crate::observe::topics::log_ends;
use crate::ops::landing::destination;
use crate::plan::landing::Destination;
use crate::plan::landing::snapshot::restore;
use crate::plan::offsets::{Aim, WantedCommit, objection};
use crate::plan::{Announced, Code, Plan};
use crate::snapshot::restore::place::place;
use crate::snapshot::restore::progress::{self, HeldProgress, RestoreProgress};
use crate::snapshot::restore::{RestoreError, Restored, RestoredPartitions};

/// The guards that restored groups pass: a group may be new, and may skip records.
pub(super) const GROUPS_PASS: [Code; 3] = [Code::NoSuchGroup, Code::NoCommit, Code::SkipsUnread];

/// How a snapshot is restored.
#[derive(Debug, Clone)]
pub struct RestoreSettings<'a> {
    /// The limit of each verification, and of reads without progress.
    pub timeout: Duration,
    /// The directory in which this machine keeps the progress of restores.
    pub shelves: &'a Path,
    /// Whether the progress of an earlier run is discarded.
    pub restart: bool,
    /// Whether only the plan is wanted, so that the progress of an earlier run is kept on this machine.
    pub dry_run: bool,
    /// The guards that are let through.
    pub allow: BTreeSet<Code>,
    /// The compression of batches.
    pub compression: Compression,
    /// Whether all records are read back at the end.
    pub verify: bool,
}

/// A restore, and what it has written so far.
pub struct Restore<'a> {
    pub(super) cluster: &'a dyn Cluster,
    pub(super) settings: RestoreSettings<'a>,
    pub(super) chosen: Chosen,
    pub(super) kept: HeldProgress,
    pub(super) progress: Option<RestoreProgress>,
    pub(super) destination: Destination,
    positions: OffsetFacts,
    /// The partitions whose first record this run or an earlier one sent, or is about to send.
    pub parts: RestoredPartitions,
    /// How many topics this run created.
    pub made: usize,
    /// How many records earlier runs had written.
    there: i64,
}

impl<'a> Restore<'a> {
    /// Reads the cluster, and the progress of an earlier run.
    ///
    /// # Errors
    /// The cluster cannot be read, or the earlier run cannot be continued.
    pub async fn prepare(
        cluster: &'a dyn Cluster,
        chosen: Chosen,
        settings: RestoreSettings<'a>,
    ) -> Result<Self, RestoreError> {
        let described = described(cluster).await?;
        let snapshot = &chosen.reader.header().snapshot;
        let kept = progress::hold(settings.shelves, snapshot, &described.id)?;
        if settings.restart && !settings.dry_run {
            kept.forget()?;
        }
        let progress = if settings.restart { None } else { kept.load()? };
        let topics = chosen.topics.keys();
        let targets: Vec<String> = topics
            .map(|topic| chosen.target(topic).to_owned())
            .collect();
        let sources = chosen.sources();
        let destination = destination(cluster, &described, &targets, &sources).await?;
        let mut restore = Self {
            cluster,
            settings,
            chosen,
            kept,
            progress,
            destination,
            positions: OffsetFacts::default(),
            parts: RestoredPartitions::new(),
            made: 0,
            there: 0,
        };
        restore.look().await?;
        Ok(restore)
    }

    /// The target topic, if it exists and can be read.
    fn topic(&self, target: &str) -> Option<&Topic> {
        self.destination.topics.get(target)?.value()
    }

    /// The id of a topic at the target; none if the topic or its id is unknown.
    pub(super) fn id(&self, target: &str) -> Option<TopicId> {
        Some(self.topic(target)?.id)
    }

    /// Reads the end offsets of partitions, how far an earlier run is, and the groups.
    async fn look(&mut self) -> Result<(), RestoreError> {
        let all = self.chosen.all();
        let targets: Vec<TopicPartition> =
            all.iter().map(|(key, _)| self.chosen.place(key)).collect();
        let is_there = |target: &&TopicPartition| {
            let topic = self.topic(&target.topic);
            topic.is_some_and(|topic| topic.has_partition(target.partition))
        };
        let there: Vec<TopicPartition> = targets.iter().filter(is_there).cloned().collect();
        let ends = log_ends(self.cluster, &there).await?;
        let mut begun = RestoredPartitions::new();
        for ((source, ordinal), target) in all.iter().zip(&targets) {
            if let Some(base) = self.begun(source, target) {
                begun.insert(*ordinal, self.chosen.part(source, *ordinal, base));
            }
        }
        self.destination.ends = ends;
        self.destination.begun = begun.values().map(|part| part.target.clone()).collect();
        self.parts = begun;
        self.place().await?;
        self.there = self.done();
        let wanted_commits = self.wanted_commits(|_, _| Some(0)).into_iter();
        let ids: BTreeSet<String> = wanted_commits.map(|commit| commit.group).collect();
        if !ids.is_empty() {
            let targets = targets.into_iter().collect();
            self.positions = offsets::of(self.cluster, &ids, targets).await?;
        }
        Ok(())
    }

    /// Finds how far the partitions are.
    pub(super) async fn place(&mut self) -> Result<(), RestoreError> {
        let (reader, patience) = (&self.chosen.reader, self.settings.timeout);
        let appended = self.appended();
        place(self.cluster, reader, &mut self.parts, &appended, patience).await
    }

    /// How many of the records are written.
    pub(super) fn done(&self) -> i64 {
        self.parts.values().map(|part| part.done).sum()
    }

    /// The offset of a partition's first record if an earlier run started it.
    fn begun(&self, source: &TopicPartition, target: &TopicPartition) -> Option<i64> {
        let id = self.id(&target.topic)?;
        let begun = self.progress.as_ref()?.partitions.iter();
        let mut same = begun.filter(|one| {
            one.source == source.topic
                && one.target == target.topic
                && one.partition == source.partition
                && one.topic_id == id
        });
        same.next().map(|one| one.base)
    }

    /// Topics whose brokers set the timestamps (`LogAppendTime`).
    pub(super) fn appended(&self) -> BTreeSet<String> {
        let topics = self.destination.topics.iter();
        let appended = topics.filter(|(_, seen)| {
            let timestamps = seen.value().map(Topic::timestamp_type);
            timestamps == Some(TimestampType::LogAppendTime)
        });
        appended.map(|(name, _)| name.clone()).collect()
    }

    /// The commits for groups. `index` translates the old offset of a partition; commits without a
    /// translation are left out.
    pub(super) fn wanted_commits(
        &self,
        index: impl Fn(usize, i64) -> Option<i64>,
    ) -> Vec<WantedCommit> {
        let ordinals: BTreeMap<TopicPartition, usize> = self.chosen.all().into_iter().collect();
        let mut wanted_commits = Vec::new();
        for group in &self.chosen.groups {
            for old in &group.offsets {
                let source = TopicPartition::new(old.topic.clone(), old.partition);
                let ordinal = ordinals.get(&source);
                let Some(offset) = ordinal.and_then(|ordinal| index(*ordinal, old.offset)) else {
                    continue;
                };
                wanted_commits.push(WantedCommit {
                    group: group.group.clone(),
                    partition: self.chosen.place(&source),
                    aim: Aim::Commit(Committed {
                        offset,
                        leader_epoch: None,
                        metadata: old.metadata.clone(),
                    }),
                    named: true,
                });
            }
        }
        wanted_commits
    }

    /// The plan of everything before the records, with the findings that stop it.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let now_ms = jiff::Timestamp::now().as_millisecond();
        let cluster = &self.chosen.reader.header().cluster;
        let sources = self.chosen.sources();
        let allow = &self.settings.allow;
        let plan = restore(&sources, cluster, &self.destination, now_ms, allow);
        let groups = self.positions.groups.iter();
        let known = &self.positions.known_groups;
        let may = GROUPS_PASS.into();
        let objections = groups.filter_map(|(id, seen)| objection(id, seen, known, &may));
        let stopping = objections.filter(|one| one.code != Code::NoSuchGroup);
        let mut plan = plan.with_findings(stopping.collect::<Vec<_>>());
        if !self.positions.groups.is_empty() {
            plan.announced = Some(Announced {
                groups: Some(self.positions.groups.keys().cloned().collect()),
                topics: sources.iter().map(|source| source.target.clone()).collect(),
            });
        }
        plan
    }

    /// What is restored, with the progress.
    #[must_use]
    pub fn restored(&self) -> Restored<'_> {
        let parts = self.chosen.all().into_iter().map(|(source, ordinal)| {
            let begun = self.parts.get(&ordinal).cloned();
            begun.unwrap_or_else(|| self.chosen.part(&source, ordinal, 0))
        });
        Restored {
            header: self.chosen.reader.header(),
            cluster_id: &self.destination.cluster_id,
            parts: parts.collect(),
            there: self.there,
            groups: self.positions.groups.keys().map(String::as_str).collect(),
        }
    }

    /// The numbers of records sent by this run.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let parts = self.parts.values();
        let there: i64 = parts.clone().map(|part| part.done + part.astray).sum();
        let open = parts.map(|part| (part.most - part.done).max(0));
        Tally {
            acknowledged: (there - self.there).max(0),
            unanswered: open.sum(),
        }
    }
}
