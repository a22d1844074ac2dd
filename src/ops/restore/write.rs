//! Carries a restore out.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::error::RestoreFailure;
use super::prepared::{GROUPS_PASS, Restore};
use crate::apply::{ApplyEvent, ApplySettings, Execution, Report, Stop};
use crate::cluster::At;
use crate::cluster::writer::{Resumed, WriterSettings};
use crate::model::measure::TopicPartition;
use crate::model::record::Ended;
use crate::model::seen::Seen;
use crate::observe::offsets;
use crate::observe::topics::{log_ends, topics_with_configs};
use crate::ops::apply;
use crate::plan::offsets::reset;
use crate::plan::{Code, Plan};
use crate::snapshot::restore::load::{load, open};
use crate::snapshot::restore::place::settled;
use crate::snapshot::restore::progress::{Begun, RestoreProgress};
use crate::snapshot::restore::{RestoreError, RestoredPartitions, map, verify};

/// How often written records are read back when the cluster reports a gap in the sequence.
const TRIES: usize = 4;

/// The pause before such a read.
const PAUSE: Duration = Duration::from_secs(1);

/// An event of a restore.
#[derive(Debug, Clone, Copy)]
pub enum RestoreEvent<'a> {
    /// An event of the plan before the records, or of the last plan of [`RestoreEvent::Commits`].
    Apply(ApplyEvent<'a>),
    /// Records are about to be written, for the first time or after an error that passes.
    Writing {
        /// How many are written already, by earlier runs too.
        done: i64,
        /// How many there are.
        total: i64,
    },
    /// So many records are written now.
    Written(i64),
    /// So many records are about to be read back.
    ReadingBack(i64),
    /// So many more records are read back.
    ReadBack(usize),
    /// This plan is about to commit for groups.
    Commits(&'a Plan),
}

type Emit<'a> = &'a mut (dyn FnMut(RestoreEvent<'_>) + Send);

impl<'a> Restore<'a> {
    /// Applies the plan of [`Restore::plan`], writes the records, writes the map of offsets to the file `map`,
    /// and commits for groups. Returns the report of the plan and of the commits; none if there are no commits.
    /// The caller has asked for consent.
    ///
    /// # Errors
    /// Not everything is restored; [`Restore::tally`] has the numbers of records.
    pub async fn carry_out(
        &mut self,
        plan: &Plan,
        map: &Path,
        stop: &'a Stop,
        emit: Emit<'_>,
    ) -> Result<Option<Report>, RestoreFailure> {
        let output = map::open(map)?;
        let settings = ApplySettings::new(self.settings.timeout, self.settings.shelves, stop);
        let told = &mut |event: ApplyEvent<'_>| emit(RestoreEvent::Apply(event));
        let execution = apply::prepare(self.cluster, plan, settings, told).await?;
        self.made = plan.steps.len();
        self.begin().await?;
        if self.load(stop, emit).await? == Ended::Stopped {
            return Err(RestoreFailure::Stopped);
        }
        map::write(output, map, &self.chosen.reader, &self.parts)?;
        self.prove(emit).await?;
        self.commit(execution, emit).await
    }

    /// Finds where the records of new partitions begin, and saves that before the first one is sent.
    async fn begin(&mut self) -> Result<(), RestoreFailure> {
        let targets: Vec<String> = self.destination.topics.keys().cloned().collect();
        let topics = topics_with_configs(self.cluster, At::AnyBroker, &targets).await?;
        self.destination.topics = topics;
        let mut fresh = self.chosen.all();
        fresh.retain(|(_, ordinal)| !self.parts.contains_key(ordinal));
        let keys = fresh.iter().map(|(source, _)| self.chosen.place(source));
        let keys: Vec<TopicPartition> = keys.collect();
        let mut ends = log_ends(self.cluster, &keys).await?;
        let mut progress = match self.progress.take() {
            Some(known) => known,
            None => self.new_progress().await?,
        };
        for ((source, ordinal), target) in fresh.into_iter().zip(keys) {
            let Some(Seen::Value(Some(base))) = ends.remove(&target) else {
                return Err(RestoreFailure::EndUnseen(target));
            };
            let seen = self.destination.ends.get(&target);
            let seen = seen.map_or(Some(0), |seen| *seen.value()?);
            let appends = self.settings.allow.contains(&Code::TargetNotEmpty);
            if !appends && seen != Some(base) {
                return Err(RestoreFailure::Changed(target));
            }
            progress.partitions.retain(|one| {
                (&one.source, &one.target, one.partition)
                    != (&source.topic, &target.topic, source.partition)
            });
            let part = self.chosen.part(&source, ordinal, base);
            progress.partitions.push(Begun {
                topic_id: self.id(&target.topic).unwrap_or_default(),
                source: source.topic,
                target: target.topic,
                partition: source.partition,
                base,
            });
            self.parts.insert(ordinal, part);
        }
        self.kept.save(&progress)?;
        self.progress = Some(progress);
        Ok(())
    }

    /// The progress of a restore that begins, with the identity of a new producer.
    async fn new_progress(&self) -> Result<RestoreProgress, RestoreError> {
        let writer = open(self.cluster, WriterSettings::default()).await?;
        let snapshot = &self.chosen.reader.header().snapshot;
        let cluster_id = &self.destination.cluster_id;
        Ok(RestoreProgress::new(
            snapshot,
            cluster_id,
            writer.identity(),
        ))
    }

    /// Writes the missing records. Reads the partitions again and retries while a new leader does not show
    /// its last records yet.
    async fn load(&mut self, stop: &Stop, emit: Emit<'_>) -> Result<Ended, RestoreError> {
        let total: i64 = self.parts.values().map(|part| part.records).sum();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut done = self.done();
            emit(RestoreEvent::Writing { done, total });
            let mut writer = open(self.cluster, self.writer_settings()).await?;
            let go_on = |records: i64| {
                done += records;
                emit(RestoreEvent::Written(done));
                !stop.requested()
            };
            let loaded = load(&self.chosen.reader, &mut *writer, &mut self.parts, go_on).await;
            match loaded {
                Err(error) if error.is_passing() && attempt < TRIES => {
                    tokio::time::sleep(PAUSE).await;
                    self.place().await?;
                }
                loaded => return loaded,
            }
        }
    }

    fn writer_settings(&self) -> WriterSettings {
        let parts = self.parts.values();
        let records = parts.map(|part| (part.target.clone(), part.done));
        let resumed = self.progress.as_ref().map(|progress| Resumed {
            identity: progress.producer,
            records: records.collect(),
        });
        WriterSettings {
            compression: self.settings.compression,
            resumed,
            transactions: None,
            in_place: true,
        }
    }

    /// Checks that the records are where they are to be, and reads them back if that is wanted.
    async fn prove(&self, emit: Emit<'_>) -> Result<(), RestoreFailure> {
        let others = settled(self.cluster, &self.parts, self.settings.timeout).await?;
        let is_followed = |(target, end): &&(TopicPartition, i64)| {
            let mut parts = self.parts.values();
            parts.any(|part| part.target == *target && *end > part.end())
        };
        if let Some((partition, end)) = others.iter().find(is_followed) {
            let (partition, end) = (partition.clone(), *end);
            return Err(RestoreFailure::Followed { partition, end });
        }
        let others = others.into_iter();
        let mut wrong: Vec<(TopicPartition, String)> = others
            .map(|(target, end)| (target, format!("it ends at {end}")))
            .collect();
        if self.settings.verify && wrong.is_empty() {
            wrong = self.verify(emit).await?;
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(RestoreFailure::Unproven(wrong))
        }
    }

    /// Compares the restored records with the snapshot, without topics whose brokers set the timestamps.
    async fn verify(&self, emit: Emit<'_>) -> Result<Vec<(TopicPartition, String)>, RestoreError> {
        let appended = self.appended();
        let mut parts: RestoredPartitions = self.parts.clone();
        parts.retain(|_, part| !appended.contains(&part.target.topic));
        let total = parts.values().map(|part| part.records).sum();
        emit(RestoreEvent::ReadingBack(total));
        let read = |records| emit(RestoreEvent::ReadBack(records));
        let (reader, patience) = (&self.chosen.reader, self.settings.timeout);
        verify::verify(self.cluster, reader, &parts, patience, read).await
    }

    /// Commits for groups, if there are any.
    async fn commit(
        &self,
        mut execution: Execution<'_>,
        emit: Emit<'_>,
    ) -> Result<Option<Report>, RestoreFailure> {
        let lookups = &self.chosen.scanned.lookups;
        let wanted_commits = self.wanted_commits(|ordinal, old| {
            let index = lookups.get(&ordinal)?.index(old)?;
            Some(self.parts.get(&ordinal)?.base + index)
        });
        if wanted_commits.is_empty() {
            return Ok(None);
        }
        let commits = wanted_commits.iter();
        let ids: BTreeSet<String> = commits.clone().map(|commit| commit.group.clone()).collect();
        let keys = commits.map(|commit| commit.partition.clone()).collect();
        let positions = offsets::of(self.cluster, &ids, keys).await?;
        let now_ms = jiff::Timestamp::now().as_millisecond();
        let plan = reset(&wanted_commits, &positions, now_ms, &GROUPS_PASS.into());
        emit(RestoreEvent::Commits(&plan));
        if !plan.stopping().is_empty() {
            return Err(RestoreFailure::CommitsStopped(Box::new(plan)));
        }
        let told = &mut |event: ApplyEvent<'_>| emit(RestoreEvent::Apply(event));
        execution.carry_out(&plan, told).await?;
        Ok(Some(execution.finish()))
    }
}
