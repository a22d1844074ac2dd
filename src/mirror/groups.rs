//! Copies commits of groups to the target.
//!
//! A commit of offset `n` becomes the target offset of the first record with source offset `n` or later.
//! For records that this mirror copied it is found by bisection, since they are in the source's order; for
//! records that came from the target their headers tell. The smaller offset counts: own and copied records
//! are in different orders on both sides, so a group may read records again, but never skips one. Nor does
//! a commit pass a record of the target's own producers that the source does not have yet. A commit ahead
//! of the mirror becomes the offset after the last record that the group has read. Groups with members at
//! the target, or further commits, are left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::error::MirrorError;
use super::offsets::offsets;
use super::origin::{Route, Whose};
use super::place::{committed, records};
use super::returned::{LogRange, Returned};
use crate::apply::{Execution, NotStarted, Outcome};
use crate::cluster::groups::Pending;
use crate::cluster::reader::{Chunk, Span};
use crate::cluster::{At, Cluster, ClusterError, OffsetSpec};
use crate::model::group::{Commits, Committed, GroupType};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;
use crate::model::topic::TopicId;
use crate::plan::kinds::CommitOffset;
use crate::plan::target::CommitTarget;
use crate::plan::{Action, Plan, Reason, Risk, Step};

/// How many offsets are read first to find a record of the mirror; then four times as many, and so on.
const FIRST: i64 = 64;

/// The groups to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All groups with a commit for a mirrored partition.
    All,
    /// These groups.
    Named(Vec<String>),
}

/// The result of copying commits once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Round {
    /// The commits that were written: group, partition, and offset at the target.
    pub moved: Vec<(String, TopicPartition, i64)>,
    /// Groups that were left alone, and why.
    pub left: BTreeMap<String, String>,
    /// Groups whose commits were sent without an answer, and what came instead.
    pub unanswered: BTreeMap<String, String>,
}

/// Copies commits, and remembers what was copied.
pub struct MirroredGroups<'a> {
    /// Writes the commits that the agreed plan announced.
    execution: Execution<'a>,
    which: Which,
    patience: Duration,
    /// Whether the target may have records of other producers.
    appends: bool,
    returned: Returned,
    /// The ids of the target's topics, where known.
    topics: BTreeMap<String, TopicId>,
    /// The commits of the source that were copied.
    done: BTreeMap<(String, TopicPartition), i64>,
    /// The last reported reason for each group.
    told: BTreeMap<String, String>,
}

impl<'a> MirroredGroups<'a> {
    /// Copies nothing yet. `appends` is whether the target has records of its own.
    #[must_use]
    pub fn new(execution: Execution<'a>, which: Which, patience: Duration, appends: bool) -> Self {
        Self {
            execution,
            which,
            patience,
            appends,
            returned: Returned::default(),
            topics: BTreeMap::new(),
            done: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// The ids of the records that undo the commits.
    #[must_use]
    pub fn resets(&self) -> &BTreeSet<String> {
        self.execution.resets()
    }

    /// Reads the ids of the target's topics, to recognise records that came from them.
    ///
    /// # Errors
    /// The target cannot be read.
    pub async fn begin(
        &mut self,
        target: &dyn Cluster,
        topics: &[String],
    ) -> Result<(), MirrorError> {
        let found = target.describe_topics(At::AnyBroker, topics).await?;
        let ids = found.into_iter().filter_map(|(name, seen)| {
            let id = seen.value()?.id;
            id.is_known().then_some((name, id))
        });
        self.topics = ids.collect();
        self.returned.are(self.topics.clone());
        Ok(())
    }

    /// Learns from a copied chunk that begins at offset `from` of the source.
    pub fn learn(&mut self, route: &Route, from: i64, chunk: &Chunk) {
        self.returned.learn(route, from, chunk);
    }

    /// Copies the new commits of the source. `next` is the progress of each partition; nothing may be
    /// written to the target meanwhile.
    ///
    /// # Errors
    /// A cluster cannot be read; `round` has the results before. A refused commit is no error, but in
    /// `round`.
    pub async fn round(
        &mut self,
        (source, target): (&dyn Cluster, &dyn Cluster),
        route: &Route,
        next: &BTreeMap<TopicPartition, i64>,
        round: &mut Round,
    ) -> Result<(), MirrorError> {
        let wanted = self.wanted(source, next, round).await?;
        let ids: Vec<String> = wanted.keys().cloned().collect();
        if !ids.is_empty() {
            let mut there = target.describe_groups(&ids).await?;
            let mut commits = target.fetch_offsets(&ids, Pending::Told).await?;
            let keys: BTreeSet<TopicPartition> = wanted
                .values()
                .flatten()
                .map(|(key, _)| key.clone())
                .collect();
            let keys: Vec<TopicPartition> = keys.into_iter().collect();
            let logs = Logs {
                target,
                route,
                patience: self.patience,
                starts: offsets(target, &keys, OffsetSpec::Earliest).await?,
                ends: offsets(target, &keys, OffsetSpec::Latest).await?,
                source,
                source_starts: offsets(source, &keys, OffsetSpec::Earliest).await?,
                source_ends: offsets(source, &keys, OffsetSpec::LastStable).await?,
            };
            for (id, group) in wanted {
                let objection = match there.remove(&id) {
                    None | Some(Seen::Absent) => None,
                    Some(Seen::Value(group)) if group.group_type == GroupType::Share => {
                        Some("it is a share group at the target".to_owned())
                    }
                    Some(Seen::Value(group)) if group.is_empty() => None,
                    Some(Seen::Value(_)) => Some("it has members at the target".to_owned()),
                    Some(seen) => Some(seen.reason().unwrap_or_default().to_owned()),
                };
                let known = match commits.remove(&id) {
                    None | Some(Seen::Absent) => Ok(Commits::new()),
                    Some(Seen::Value(commits)) => Ok(commits),
                    Some(seen) => Err(seen.reason().unwrap_or_default().to_owned()),
                };
                match (objection, known) {
                    (None, Ok(known)) => {
                        self.group((&id, group), &known, &logs, next, round).await?;
                    }
                    (Some(words), _) | (None, Err(words)) => drop(round.left.insert(id, words)),
                }
            }
        }
        round.left.retain(|id, words| {
            let before = self.told.insert(id.clone(), words.clone());
            before.as_ref() != Some(words)
        });
        Ok(())
    }

    /// The commits at the source that were not copied yet.
    async fn wanted(
        &self,
        source: &dyn Cluster,
        next: &BTreeMap<TopicPartition, i64>,
        round: &mut Round,
    ) -> Result<BTreeMap<String, Vec<(TopicPartition, Committed)>>, MirrorError> {
        let ids: Vec<String> = match &self.which {
            Which::Named(ids) => ids.clone(),
            Which::All => listed(source).await?,
        };
        let mut wanted = BTreeMap::new();
        for (id, seen) in source.fetch_offsets(&ids, Pending::Ignored).await? {
            let commits = match seen {
                Seen::Value(commits) => commits,
                Seen::Absent => continue,
                Seen::Unseen(_, words) => {
                    round.left.insert(id, words);
                    continue;
                }
            };
            let commits = commits.into_iter().filter_map(|(key, seen)| match seen {
                Seen::Value(committed) if next.contains_key(&key) => Some((key, committed)),
                _ => None,
            });
            let fresh: Vec<(TopicPartition, Committed)> = commits
                .filter(|(key, committed)| {
                    self.done.get(&(id.clone(), key.clone())) != Some(&committed.offset)
                })
                .collect();
            if !fresh.is_empty() {
                wanted.insert(id, fresh);
            }
        }
        Ok(wanted)
    }

    async fn group(
        &mut self,
        (id, wanted): (&str, Vec<(TopicPartition, Committed)>),
        known: &Commits,
        logs: &Logs<'_>,
        next: &BTreeMap<TopicPartition, i64>,
        round: &mut Round,
    ) -> Result<(), MirrorError> {
        let mut steps = Vec::new();
        let mut is_done = Vec::new();
        for (key, at_source) in wanted {
            let offset = self.place(logs, &key, at_source.offset).await?;
            let is_final = next.get(&key).is_some_and(|next| at_source.offset <= *next);
            if is_final {
                is_done.push(((id.to_owned(), key.clone()), at_source.offset));
            }
            let there = known.get(&key).and_then(Seen::value);
            match there {
                Some(there) if there.offset == offset && there.metadata == at_source.metadata => {}
                Some(there) if there.offset > offset => {
                    let words = "it is further at the target".to_owned();
                    round.left.insert(id.to_owned(), words);
                }
                before => {
                    let after = Committed {
                        offset,
                        leader_epoch: None,
                        metadata: at_source.metadata,
                    };
                    let (_, log) = logs.of(&key);
                    let log = (log.start, log.end);
                    let commit = CommitOffset::new(before.cloned(), after, log, false);
                    let topic_id = self.topics.get(&key.topic).copied();
                    let on = CommitTarget::new(id, &key, topic_id);
                    steps.push(Step::new((on, commit), Reason::Requested, Risk::None));
                }
            }
        }
        let plan = Plan::requested(&logs.route.target, steps, Vec::new());
        let failed = carry_out(&mut self.execution, &plan, id, round).await?;
        is_done.retain(|((_, key), _)| !failed.contains(key));
        self.done.extend(is_done);
        Ok(())
    }
}

/// Commits for one group. Returns the partitions without success, for which the next round reads what the
/// target has.
async fn carry_out(
    execution: &mut Execution<'_>,
    plan: &Plan,
    id: &str,
    round: &mut Round,
) -> Result<BTreeSet<TopicPartition>, MirrorError> {
    let partitions = plan.steps.iter().filter_map(|step| step.action.partition());
    let mut failed: BTreeSet<TopicPartition> = partitions.collect();
    let settled = match execution.carry_out(plan, &mut |_| {}).await {
        Ok(settled) => settled,
        Err(NotStarted::Cluster(error)) => return Err(error.into()),
        Err(NotStarted::File(error)) => return Err(error.into()),
        Err(error) => {
            round.left.insert(id.to_owned(), error.to_string());
            return Ok(failed);
        }
    };
    for one in settled {
        let Action::CommitOffset(on, commit) = &one.step.action else {
            continue;
        };
        let key = on.partition.key();
        let words = match &one.outcome {
            Outcome::Done { .. } => {
                failed.remove(&key);
                let moved = (id.to_owned(), key, commit.after.offset);
                round.moved.push(moved);
                continue;
            }
            Outcome::Unknown { reason } => {
                round.unanswered.insert(id.to_owned(), reason.clone());
                continue;
            }
            Outcome::Refused { error } => error.to_string(),
            Outcome::NotAttempted {
                reason: Some(reason),
            } => reason.clone(),
            Outcome::NotAttempted { reason: None } => {
                let words = "its journal cannot be written, or its lock is lost";
                return Err(MirrorError::Groups(words.to_owned()));
            }
        };
        round.left.insert(id.to_owned(), words);
    }
    Ok(failed)
}

impl MirroredGroups<'_> {
    /// The target offset for a commit at an offset of the source.
    async fn place(
        &mut self,
        logs: &Logs<'_>,
        key: &TopicPartition,
        wanted: i64,
    ) -> Result<i64, MirrorError> {
        let (route, returned) = (logs.route, &mut self.returned);
        let (source, target) = logs.of(key);
        let (copied, behind) = logs.first_at(key, wanted).await?;
        let came = returned.first_at(route, key, source, wanted).await?;
        let unseen = if self.appends {
            let both = (source, target);
            returned.first_unseen(route, key, both).await?
        } else {
            None
        };
        let place = if let Some(place) = copied.into_iter().chain(came).min() {
            place
        } else {
            // The source's next records will be appended at the target.
            let read = returned.last_before(route, key, source, wanted).await?;
            read.map_or(behind, |read| behind.max(read + 1))
        };
        let place = unseen.map_or(place, |unseen| place.min(unseen));
        Ok(place.clamp(target.start, target.end.max(target.start)))
    }
}

/// All groups except share groups.
async fn listed(source: &dyn Cluster) -> Result<Vec<String>, MirrorError> {
    let listed = source.list_groups().await?;
    if let Some((id, reason)) = listed.missing.into_iter().next() {
        let address = format!("broker {id}, which looks after groups");
        return Err(ClusterError::Unreachable { address, reason }.into());
    }
    let groups = listed.groups.into_iter();
    let commit = groups.filter(|(_, group)| group.group_type != GroupType::Share);
    Ok(commit.map(|(id, _)| id).collect())
}

/// The logs of both clusters.
struct Logs<'a> {
    target: &'a dyn Cluster,
    route: &'a Route,
    patience: Duration,
    starts: BTreeMap<TopicPartition, i64>,
    ends: BTreeMap<TopicPartition, i64>,
    source: &'a dyn Cluster,
    source_starts: BTreeMap<TopicPartition, i64>,
    source_ends: BTreeMap<TopicPartition, i64>,
}

impl<'a> Logs<'a> {
    /// The log of a partition, at the source and at the target.
    fn of(&self, key: &TopicPartition) -> (LogRange<'a>, LogRange<'a>) {
        let at =
            |offsets: &BTreeMap<TopicPartition, i64>| offsets.get(key).copied().unwrap_or_default();
        let log = |cluster, start, end| LogRange {
            cluster,
            start,
            end,
            patience: self.patience,
        };
        let source = (at(&self.source_starts), at(&self.source_ends));
        let target = (at(&self.starts), at(&self.ends));
        (
            log(self.source, source.0, source.1),
            log(self.target, target.0, target.1),
        )
    }

    /// The offset of the first copied record with source offset `wanted` or later, and the offset after the
    /// last one before it.
    async fn first_at(
        &self,
        key: &TopicPartition,
        wanted: i64,
    ) -> Result<(Option<i64>, i64), MirrorError> {
        let (_, target) = self.of(key);
        let (mut low, mut high) = (target.start, target.end);
        let mut found = None;
        while low < high {
            let middle = low + (high - low) / 2;
            match self.first_in(key, (middle, high)).await? {
                Some((offset, origin)) if origin < wanted => low = offset + 1,
                at => {
                    found = at.map(|(offset, _)| offset).or(found);
                    high = middle;
                }
            }
        }
        Ok((found, low))
    }

    /// The first record of the mirror in a range of offsets, and its source offset.
    async fn first_in(
        &self,
        key: &TopicPartition,
        (mut from, until): (i64, i64),
    ) -> Result<Option<(i64, i64)>, MirrorError> {
        let mut size = FIRST;
        while from < until {
            let to = until.min(from + size);
            let span = Span::new(key.clone(), from, Some(to));
            let mut reader = self.target.reader(committed(vec![span], self.patience));
            while let Some(chunk) = reader.next().await {
                let chunk = chunk?;
                for record in records(&chunk) {
                    if let Whose::Ours { offset: origin, .. } = self.route.whose(key, record) {
                        return Ok(Some((record.offset, origin)));
                    }
                }
            }
            (from, size) = (to, size * 4);
        }
        Ok(None)
    }
}
