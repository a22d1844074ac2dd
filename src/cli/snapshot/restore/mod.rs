//! `snapshot restore`: reads and checks everything, asks once, then creates topics, writes records
//! and commits for groups.
//!
//! - [`args`]: its arguments
//! - [`chosen`]: the part of the snapshot to restore

pub(super) mod args;
mod chosen;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use args::RestoreArgs;
use chosen::Chosen;

use crate::apply::{Execution, ReportStatus, Stop};
use crate::cli::apply::{Executing, begin, confirm, created_by_others, go_on, stopped};
use crate::cli::args::Global;
use crate::cli::connect::{self, Connected};
use crate::cli::exit::{self, Exit, Failure, Written};
use crate::cli::plan::stops;
use crate::cli::signals::{self, Signals};
use crate::cli::terminal::Terminal;
use crate::cli::{files, print};
use crate::cluster::writer::{Resumed, Tally, WriteError, WriterSettings};
use crate::cluster::{At, Cluster};
use crate::model::group::Committed;
use crate::model::measure::TopicPartition;
use crate::model::offsets::OffsetFacts;
use crate::model::record::TimestampType;
use crate::model::seen::Seen;
use crate::model::topic::TopicId;
use crate::observe::brokers;
use crate::observe::offsets;
use crate::observe::topics::{log_ends, topics_with_configs};
use crate::ops::restore::destination;
use crate::plan::landing::Destination;
use crate::plan::landing::snapshot::restore;
use crate::plan::offsets::{Aim, WantedCommit, objection, reset};
use crate::plan::{Announced, Code, Plan};
use crate::snapshot::restore::load::{Loaded, load, open};
use crate::snapshot::restore::map;
use crate::snapshot::restore::place::{place, settled};
use crate::snapshot::restore::progress::{self, Begun, HeldProgress, RestoreProgress};
use crate::snapshot::restore::{RestoreError, RestoredPartition, RestoredPartitions, verify};
use crate::view;
use crate::view::restore::{Restored, SizedPartition};

/// How often written records are read back when the cluster reports a gap in the sequence.
const TRIES: usize = 4;

/// The pause before such a read.
const PAUSE: Duration = Duration::from_secs(1);

/// How often progress is printed without a terminal.
const LINE: Duration = Duration::from_secs(10);

pub(super) async fn run(
    global: &Global,
    args: &RestoreArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    args.map.as_deref().map_or(Ok(()), refuse_no_map)?;
    let chosen = Chosen::read(args, terminal)?;
    let connected = connect::open_by_itself(global).await?;
    let mut run = Run::prepare(global, args, terminal, &connected, chosen).await?;
    refuse_no_map(&run.map_path(args))?;
    let plan = run.plan(args);
    if terminal.output.is_data() && args.dry_run {
        print::document(terminal, &view::json::document(&plan));
    } else if !terminal.output.is_data() {
        let has_more = !plan.is_empty() || !plan.findings.is_empty();
        let shown = has_more.then(|| view::plan::plan(terminal.out, &plan));
        print::out(&shown.unwrap_or_default());
        print::out(&view::restore::announced(terminal.out, &run.announced()));
    }
    if let Some(exit) = stops(&plan) {
        return Err(stopped(&plan, exit).into());
    }
    if args.dry_run {
        return Ok(Exit::Done);
    }
    if !args.yes {
        confirm(&connected, &plan, terminal).await?;
    }
    let signals = signals::listen()?;
    run.carry_out(args, &plan, &signals).await
}

/// Refuses to replace a file that is not a map of offsets.
fn refuse_no_map(path: &Path) -> Result<(), Failure> {
    files::refuse_foreign("--map", (path, "map of offsets"), map::is_map)
}

/// A restore that is about to start.
struct Run<'a> {
    global: &'a Global,
    terminal: &'a Terminal,
    connected: &'a Connected,
    chosen: Chosen,
    kept: HeldProgress,
    progress: Option<RestoreProgress>,
    destination: Destination,
    positions: OffsetFacts,
    parts: RestoredPartitions,
    /// How many topics this run created.
    made: usize,
    /// How many records earlier runs had written.
    there: i64,
}

impl<'a> Run<'a> {
    async fn prepare(
        global: &'a Global,
        args: &RestoreArgs,
        terminal: &'a Terminal,
        connected: &'a Connected,
        chosen: Chosen,
    ) -> anyhow::Result<Self> {
        let cluster = &*connected.cluster;
        let described = brokers::described(cluster).await?;
        let cluster_id = described.id.clone();
        let snapshot = &chosen.reader.header().snapshot;
        let shelves = global.environment.shelves()?;
        let kept = progress::hold(shelves, snapshot, &cluster_id).map_err(before)?;
        if args.restart && !args.dry_run {
            kept.forget().map_err(before)?;
        }
        let progress = if args.restart {
            None
        } else {
            kept.load().map_err(before)?
        };
        let targets: Vec<String> = chosen
            .topics
            .keys()
            .map(|topic| chosen.target(topic).to_owned())
            .collect();
        let sources = chosen.sources();
        let destination = destination(cluster, &described, &targets, &sources).await?;
        let mut run = Self {
            global,
            terminal,
            connected,
            chosen,
            kept,
            progress,
            destination,
            positions: OffsetFacts::default(),
            parts: RestoredPartitions::new(),
            made: 0,
            there: 0,
        };
        run.look(args).await?;
        Ok(run)
    }

    fn cluster(&self) -> &'a dyn Cluster {
        &*self.connected.cluster
    }

    /// The id of a topic at the target; none if the topic or its id is unknown.
    fn id(&self, target: &str) -> Option<TopicId> {
        let topic = self.destination.topics.get(target)?.value()?;
        Some(topic.id)
    }

    /// Reads the end offsets of partitions, and the progress of an earlier run.
    async fn look(&mut self, args: &RestoreArgs) -> anyhow::Result<()> {
        let cluster = self.cluster();
        let all = self.chosen.all();
        let target = |source: &TopicPartition| target_of(&self.chosen, source);
        let there: Vec<TopicPartition> = all
            .iter()
            .map(|(source, _)| target(source))
            .filter(|target| {
                let topic = self.destination.topics.get(&target.topic);
                let topic = topic.and_then(Seen::value);
                topic.is_some_and(|topic| topic.has(target.partition))
            })
            .collect();
        let ends = log_ends(cluster, &there).await?;
        let mut begun = RestoredPartitions::new();
        for (source, ordinal) in &all {
            let target = target(source);
            if let Some(base) = self.begun(source, &target) {
                begun.insert(*ordinal, self.part(source, target, *ordinal, base));
            }
        }
        self.destination.ends = ends;
        self.destination.begun = begun.values().map(|part| part.target.clone()).collect();
        let appended = self.appended();
        let patience = self.global.timeout;
        let placed = place(
            cluster,
            &self.chosen.reader,
            &mut begun,
            &appended,
            patience,
        )
        .await;
        placed.map_err(|error| not_begun(error, args))?;
        self.there = begun.values().map(|part| part.done).sum();
        self.parts = begun;
        let keys = all
            .iter()
            .map(|(source, _)| target_of(&self.chosen, source))
            .collect();
        let ids: BTreeSet<String> = self
            .wanted_commits(|_, _| Some(0))
            .into_iter()
            .map(|wanted_commit| wanted_commit.group)
            .collect();
        if !ids.is_empty() {
            self.positions = offsets::of(cluster, &ids, keys).await?;
        }
        Ok(())
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

    fn part(
        &self,
        source: &TopicPartition,
        target: TopicPartition,
        ordinal: usize,
        base: i64,
    ) -> RestoredPartition {
        let load = self.chosen.scanned.loads.get(&ordinal);
        RestoredPartition {
            source: source.clone(),
            target,
            base,
            records: load.map_or(0, |load| load.records),
            done: 0,
            most: 0,
            astray: 0,
        }
    }

    /// Topics whose brokers set the timestamps (`LogAppendTime`).
    fn appended(&self) -> BTreeSet<String> {
        let topics = self.destination.topics.iter();
        let appended = topics.filter(|(_, seen)| {
            let configs = seen.value().and_then(|topic| topic.configs.value());
            configs
                .is_some_and(|entries| TimestampType::of(entries) == TimestampType::LogAppendTime)
        });
        appended.map(|(name, _)| name.clone()).collect()
    }

    /// The commits for groups. `index` translates the old offset of a partition; commits without a
    /// translation are left out.
    fn wanted_commits(&self, index: impl Fn(usize, i64) -> Option<i64>) -> Vec<WantedCommit> {
        let all = self.chosen.all();
        let ordinals: BTreeMap<TopicPartition, usize> = all.into_iter().collect();
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
                    partition: target_of(&self.chosen, &source),
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
    fn plan(&self, args: &RestoreArgs) -> Plan {
        let now_ms = jiff::Timestamp::now().as_millisecond();
        let header = self.chosen.reader.header();
        let sources = self.chosen.sources();
        let plan = restore(
            &sources,
            &header.cluster,
            &self.destination,
            now_ms,
            &args.allowed(),
        );
        let groups = self.positions.groups.iter();
        let known = &self.positions.known_groups;
        let may = may_be_created();
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

    fn announced(&self) -> Restored<'_> {
        let parts = self.chosen.all().into_iter().map(|(source, ordinal)| {
            let target = target_of(&self.chosen, &source);
            let begun = self.parts.get(&ordinal).cloned();
            let part = begun.unwrap_or_else(|| self.part(&source, target, ordinal, 0));
            let load = self.chosen.scanned.loads.get(&ordinal).copied();
            SizedPartition {
                part,
                bytes: load.unwrap_or_default().bytes,
            }
        });
        Restored {
            header: self.chosen.reader.header(),
            cluster_id: &self.destination.cluster_id,
            parts: parts.collect(),
            there: self.there,
            groups: self.positions.groups.keys().map(String::as_str).collect(),
            map: None,
        }
    }

    async fn carry_out(
        &mut self,
        args: &RestoreArgs,
        plan: &Plan,
        signals: &Signals,
    ) -> anyhow::Result<Exit> {
        let (global, terminal) = (self.global, self.terminal);
        let map = self.map_path(args);
        let output = map::open(&map).map_err(before)?;
        self.made = plan.steps.len();
        let with = Executing::on(self.cluster(), signals);
        let execution = begin(with, plan, global, terminal).await?;
        let report = execution.report();
        if report.status() != ReportStatus::Done {
            terminal.show(
                |terminal| view::report::report(terminal.out, &report),
                || view::json::document(&report),
            );
            return Ok(Exit::of_report(&report));
        }
        if let Some((others, failure)) = created_by_others(&report) {
            self.made -= others;
            return Err(self.broken(failure.into()));
        }
        if let Err(error) = self.begin(args.append).await {
            return Err(self.broken(error));
        }
        signals.sent.set();
        let loaded = self.load(args, &signals.stop).await;
        if self.checked(loaded)? == Loaded::Stopped {
            let exit = Exit::Interrupted.after(self.written());
            let message = format!("stopped: {}", self.so_far());
            return Err(Failure::new(exit, message).hint(GOES_ON).into());
        }
        self.checked(map::write(output, &map, &self.chosen.reader, &self.parts))?;
        let others = settled(self.cluster(), &self.parts, global.timeout).await;
        let others = self.checked(others)?;
        if let Some((target, end)) = others
            .iter()
            .find(|(target, end)| self.is_behind(target, *end))
        {
            return Err(self.broken(behind(target, *end)));
        }
        let others = others.into_iter();
        let mut wrong: Vec<(TopicPartition, String)> = others
            .map(|(target, end)| (target, format!("it ends at {end}")))
            .collect();
        if args.verify && wrong.is_empty() {
            wrong = self.checked(self.verify().await)?;
        }
        if !wrong.is_empty() {
            return Err(unproven(&wrong).into());
        }
        let moved = self.move_groups(execution, signals).await;
        let moved = moved.map_err(|error| self.broken(error))?;
        let mut restored = self.announced();
        restored.map = Some(&map);
        terminal.show(
            |_| view::restore::done(&restored, args.verify),
            || view::restore::document(&restored),
        );
        Ok(moved)
    }

    /// What this run has written.
    fn written(&self) -> Written {
        let parts = self.parts.values();
        let there: i64 = parts.clone().map(|part| part.done + part.astray).sum();
        let open = parts.map(|part| (part.most - part.done).max(0));
        Written {
            changed: self.made > 0,
            unsure: false,
            records: Tally {
                acknowledged: (there - self.there).max(0),
                unanswered: open.sum(),
            },
        }
    }

    fn so_far(&self) -> String {
        view::restore::so_far(self.made, &self.parts)
    }

    /// Adds to an error what this run has written.
    fn broken(&self, error: anyhow::Error) -> anyhow::Error {
        exit::after(error, self.written(), &self.so_far(), GOES_ON)
    }

    fn checked<T>(&self, result: Result<T, RestoreError>) -> anyhow::Result<T> {
        result.map_err(|error| {
            let way_out = match &error {
                RestoreError::Write(WriteError::Elsewhere { partition, .. })
                | RestoreError::Differs {
                    target: partition, ..
                } => Some(self.way_out(partition)),
                RestoreError::Write(WriteError::Refused {
                    partition: TopicPartition { topic, .. },
                    error,
                    batch,
                }) => view::refused::way_out(topic, error, batch.as_ref(), ""),
                _ => None,
            };
            let error = before(error);
            self.broken(match way_out {
                Some(hint) => Failure::new(exit::of(&error), error.to_string())
                    .hint(hint)
                    .into(),
                None => error,
            })
        })
    }

    /// The hint for a partition that another writer has written to.
    fn way_out(&self, partition: &TopicPartition) -> String {
        let mut parts = self.parts.values();
        let was_empty = parts.any(|part| part.target == *partition && part.base == 0);
        let delete = if was_empty {
            "delete the topic and restore it again, or "
        } else {
            ""
        };
        format!(
            "the same command does not go on: see that nothing else writes to it, {delete}restore it under another name with `--rename`"
        )
    }

    /// Whether a partition has records after the restored ones.
    fn is_behind(&self, target: &TopicPartition, end: i64) -> bool {
        let mut parts = self.parts.values();
        parts.any(|part| part.target == *target && end > part.end())
    }

    /// Finds where the records of new partitions begin, and saves that before the first one is
    /// sent.
    async fn begin(&mut self, appends: bool) -> anyhow::Result<()> {
        let cluster = self.cluster();
        let targets: Vec<String> = self.destination.topics.keys().cloned().collect();
        self.destination.topics = topics_with_configs(cluster, At::AnyBroker, &targets).await?;
        let all = self.chosen.all();
        let fresh: Vec<(TopicPartition, usize)> = all
            .into_iter()
            .filter(|(_, ordinal)| !self.parts.contains_key(ordinal))
            .collect();
        let keys: Vec<TopicPartition> = fresh
            .iter()
            .map(|(source, _)| target_of(&self.chosen, source))
            .collect();
        let mut ends = log_ends(cluster, &keys).await?;
        let known = self.progress.take();
        let identity = match &known {
            Some(known) => known.producer,
            None => open(cluster, WriterSettings::default())
                .await
                .map_err(unopened)?
                .identity(),
        };
        let header = self.chosen.reader.header();
        let new = || RestoreProgress::new(&header.snapshot, &self.destination.cluster_id, identity);
        let mut progress = known.unwrap_or_else(new);
        for ((source, ordinal), target) in fresh.into_iter().zip(keys) {
            let Some(Seen::Value(Some(base))) = ends.remove(&target) else {
                let message = format!("{target} cannot be read");
                return Err(Failure::new(Exit::Unreachable, message).into());
            };
            let seen = self.destination.ends.get(&target);
            let seen = seen.map_or(Some(0), |seen| *seen.value()?);
            if !appends && seen != Some(base) {
                return Err(written_meanwhile(&target).into());
            }
            let topic_id = self.id(&target.topic).unwrap_or_default();
            progress.partitions.retain(|one| {
                (&one.source, &one.target, one.partition)
                    != (&source.topic, &target.topic, source.partition)
            });
            progress.partitions.push(Begun {
                source: source.topic.clone(),
                target: target.topic.clone(),
                topic_id,
                partition: source.partition,
                base,
            });
            let part = self.part(&source, target, ordinal, base);
            self.parts.insert(ordinal, part);
        }
        self.kept.save(&progress).map_err(before)?;
        self.progress = Some(progress);
        Ok(())
    }

    /// Writes the missing records. Reads the partitions again and retries while a new leader does
    /// not show its last records yet.
    async fn load(&mut self, args: &RestoreArgs, stop: &Stop) -> Result<Loaded, RestoreError> {
        let appended = self.appended();
        let cluster = self.cluster();
        let total: i64 = self.parts.values().map(|part| part.records).sum();
        let bar = self.terminal.flow(total, "records");
        let (terminal, began) = (self.terminal, Instant::now());
        let mut attempt = 0;
        loop {
            attempt += 1;
            let done: i64 = self.parts.values().map(|part| part.done).sum();
            bar.begin_at(u64::try_from(done).unwrap_or(0));
            let mut writer = open(cluster, self.settings(args)).await?;
            let mut told = Instant::now();
            let mut now = done;
            let go_on = |records: i64| {
                now += records;
                bar.add(u64::try_from(records).unwrap_or(0));
                if !bar.is_drawn() && told.elapsed() >= LINE {
                    told = Instant::now();
                    let words = view::restore::progress((now, total), now - done, began.elapsed());
                    print::note(terminal, &words);
                }
                !stop.requested()
            };
            let loaded = load(&self.chosen.reader, &mut *writer, &mut self.parts, go_on).await;
            match loaded {
                Err(error) if error.is_passing() && attempt < TRIES => {
                    tokio::time::sleep(PAUSE).await;
                    let patience = self.global.timeout;
                    let reader = &self.chosen.reader;
                    place(cluster, reader, &mut self.parts, &appended, patience).await?;
                }
                loaded => {
                    bar.clear();
                    return loaded;
                }
            }
        }
    }

    fn settings(&self, args: &RestoreArgs) -> WriterSettings {
        let records = self
            .parts
            .values()
            .map(|part| (part.target.clone(), part.done));
        let resumed = self.progress.as_ref().map(|progress| Resumed {
            identity: progress.producer,
            records: records.collect(),
        });
        WriterSettings {
            compression: args.compression,
            resumed,
            transactions: None,
            in_place: true,
        }
    }

    fn map_path(&self, args: &RestoreArgs) -> PathBuf {
        args.map.clone().unwrap_or_else(|| {
            let mut name = args.path.file_name().unwrap_or_default().to_owned();
            let id: String = self
                .destination
                .cluster_id
                .chars()
                .map(|letter| match letter {
                    'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => letter,
                    _ => '_',
                })
                .collect();
            name.push(format!(".{id}.offsets.csv"));
            args.path.with_file_name(name)
        })
    }

    /// Compares the restored records with the snapshot, without topics whose brokers set the
    /// timestamps.
    async fn verify(&self) -> Result<Vec<(TopicPartition, String)>, RestoreError> {
        let appended = self.appended();
        let parts = self.parts.iter();
        let parts: RestoredPartitions = parts
            .filter(|(_, part)| !appended.contains(&part.target.topic))
            .map(|(ordinal, part)| (*ordinal, part.clone()))
            .collect();
        let total: i64 = parts.values().map(|part| part.records).sum();
        let bar = self.terminal.flow(total, "records");
        let read = |records: usize| bar.add(records as u64);
        let patience = self.global.timeout;
        let verified =
            verify::verify(self.cluster(), &self.chosen.reader, &parts, patience, read).await;
        bar.clear();
        verified
    }

    /// Commits for groups.
    async fn move_groups(
        &self,
        mut execution: Execution<'_>,
        signals: &Signals,
    ) -> anyhow::Result<Exit> {
        let lookups = &self.chosen.scanned.lookups;
        let wanted_commits = self.wanted_commits(|ordinal, old| {
            let index = lookups.get(&ordinal)?.index(old)?;
            Some(self.parts.get(&ordinal)?.base + index)
        });
        if wanted_commits.is_empty() {
            return Ok(Exit::Done);
        }
        let ids: BTreeSet<String> = wanted_commits
            .iter()
            .map(|wanted_commit| wanted_commit.group.clone())
            .collect();
        let keys = wanted_commits
            .iter()
            .map(|wanted_commit| wanted_commit.partition.clone())
            .collect();
        let positions = offsets::of(self.cluster(), &ids, keys).await?;
        let now_ms = jiff::Timestamp::now().as_millisecond();
        let plan = reset(&wanted_commits, &positions, now_ms, &may_be_created());
        let text = view::plan::plan(self.terminal.out, &plan);
        if !self.terminal.output.is_data() {
            print::out(&text);
        }
        if let Some(exit) = stops(&plan) {
            let error = stopped(&plan, exit);
            let message = format!("the groups are not moved: {error}");
            return Err(Failure::new(exit, message).hint(GOES_ON).into());
        }
        let terminal = self.terminal;
        go_on(&mut execution, &plan, signals, terminal).await?;
        let report = execution.finish();
        if let Some(id) = &report.reset {
            let words = format!("to take it back: tonkafka reset-offsets undo {id}");
            print::note(terminal, &words);
        }
        if report.status() != ReportStatus::Done && !terminal.output.is_data() {
            print::out(&view::report::report(terminal.out, &report));
        }
        Ok(Exit::of_report(&report).after(self.written()))
    }
}

fn target_of(chosen: &Chosen, source: &TopicPartition) -> TopicPartition {
    TopicPartition::new(chosen.target(&source.topic), source.partition)
}

/// The guards that restored groups pass: a group may be new, and may skip records.
fn may_be_created() -> BTreeSet<Code> {
    BTreeSet::from([Code::NoSuchGroup, Code::NoCommit, Code::SkipsUnread])
}

/// The failure for an error before anything was written.
fn before(error: RestoreError) -> anyhow::Error {
    match error {
        RestoreError::Held => {
            let failure = Failure::new(Exit::Locked, error.to_string());
            failure
                .hint("nothing was written; wait until it has ended")
                .into()
        }
        RestoreError::Cluster(error) | RestoreError::Write(WriteError::Cluster(error)) => {
            error.into()
        }
        RestoreError::Write(error) => {
            Failure::new(Exit::of_write(&error), error.to_string()).into()
        }
        RestoreError::Read(error) => {
            Failure::new(Exit::of_read(&error.cause), error.to_string()).into()
        }
        RestoreError::Differs { .. } => Failure::new(Exit::Refused, error.to_string()).into(),
        error => anyhow::Error::new(error),
    }
}

fn unopened(error: WriteError) -> anyhow::Error {
    before(error.into())
}

/// The failure for an earlier restore that cannot be continued.
fn not_begun(error: RestoreError, args: &RestoreArgs) -> anyhow::Error {
    match error {
        RestoreError::Differs { .. } => {
            let path = view::text::escape(&args.path.to_string_lossy());
            let failure = Failure::new(Exit::Refused, format!("nothing was restored: {error}"));
            let hint = format!(
                "somebody else has written to it since; delete the topic, or restore {path} under another name with `--rename`, and pass `--restart`"
            );
            failure.hint(hint).into()
        }
        error => before(error),
    }
}

const GOES_ON: &str = "the same command goes on where it ended";

/// The failure for a partition that changed before its first record was sent.
fn written_meanwhile(partition: &TopicPartition) -> Failure {
    let message = format!("somebody else has written to {partition} meanwhile");
    let hint = "see who writes to it, or restore it under another name with `--rename`";
    Failure::new(Exit::Refused, message).hint(hint)
}

/// The failure for records of another writer after the restored ones.
fn behind(partition: &TopicPartition, end: i64) -> anyhow::Error {
    let message = format!(
        "{partition} has records of another writer behind what was restored, up to offset {}",
        end - 1
    );
    let hint = "what was restored is where it is to be; see that nothing else writes to the topic";
    Failure::new(Exit::Refused, message).hint(hint).into()
}

/// The failure for records that differ from the snapshot.
fn unproven(wrong: &[(TopicPartition, String)]) -> Failure {
    let each = wrong
        .iter()
        .map(|(partition, what)| format!("{partition}: {what}"));
    let each: Vec<String> = each.take(5).collect();
    let message = format!(
        "the records were written, and are not as they are to be: {}",
        each.join("; ")
    );
    let hint = "retention, compaction or another writer may have changed them since";
    Failure::new(Exit::Unknown, message).hint(hint)
}
