//! `snapshot restore`: looks at everything first, asks once, and then makes topics, writes records and
//! moves groups.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args as Group, ValueEnum};
use futures::try_join;

use super::{opened, refused, size};
use crate::apply::{Status, Stop};
use crate::backup::restore::load::{Loaded, load};
use crate::backup::restore::map::{self, Wanted};
use crate::backup::restore::place::{place, settled};
use crate::backup::restore::progress::{self, Begun, Kept, Progress};
use crate::backup::restore::scan::{Scanned, scan};
use crate::backup::restore::{Part, Parts, RestoreError, verify};
use crate::backup::snapshot::header::Topic as TakenTopic;
use crate::backup::snapshot::{GroupOffsets, Reader};
use crate::cli::apply::{confirm, execute_until, stopped};
use crate::cli::args::Global;
use crate::cli::connect::{self, Connected};
use crate::cli::exit::{Exit, Failure};
use crate::cli::plan::stops;
use crate::cli::signals::{self, Sent};
use crate::cli::terminal::Terminal;
use crate::cli::{names, print};
use crate::cluster::observe::{broker_configs, topics_with_configs};
use crate::cluster::writer::{Compression, Resumed, WriteError, WriterSettings};
use crate::cluster::{At, Cluster, OffsetSpec};
use crate::groups::positions;
use crate::groups::scope;
use crate::local::Places;
use crate::model::config::ConfigSource;
use crate::model::group::Committed;
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;
use crate::model::topic::{TopicId, check_name};
use crate::plan::offsets::{Aim, Positions, Wish, objection, reset};
use crate::plan::snapshot::{Destination, Source, restore};
use crate::plan::{Code, Plan};
use crate::view;
use crate::view::restore::{Part as Shown, Restored};

/// How often what was written is looked at again where the cluster says that it does not follow on.
const TRIES: usize = 4;

/// The pause before such a look.
const PAUSE: Duration = Duration::from_secs(1);

/// How often progress is told where there is no terminal.
const LINE: Duration = Duration::from_secs(10);

#[derive(Debug, Group)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
pub(super) struct RestoreArgs {
    /// The snapshot
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Topics of it, or some of their partitions as orders:0,2; all where none is named
    #[arg(value_name = "TOPIC[:PARTITIONS]")]
    topics: Vec<String>,
    /// All topics of it that this matches, in which * and ? stand for others; may be repeated
    #[arg(long, value_name = "GLOB", conflicts_with = "topics")]
    r#match: Vec<String>,
    /// Give a topic another name; may be repeated
    #[arg(long, value_name = "OLD=NEW", value_parser = rename)]
    rename: Vec<(String, String)>,
    /// Give groups their offsets too, through the map of offsets
    #[arg(long)]
    groups: bool,
    /// Write the map from old to new offsets to this file [default: `PATH.CLUSTER.offsets.csv`]
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// How batches are compressed
    #[arg(long, value_enum, default_value_t = Codec::Lz4, value_name = "CODEC")]
    compression: Codec,
    /// Read everything back at the end, and compare it with the snapshot's digests
    #[arg(long)]
    verify: bool,
    /// Forget an earlier restore that was cut off
    #[arg(long)]
    restart: bool,
    /// Restore into another cluster than the one that the snapshot is of
    #[arg(long)]
    allow_cluster_change: bool,
    /// Put the records behind those that are there
    #[arg(long)]
    append: bool,
    /// Restore records that the topic's retention will drop
    #[arg(long)]
    allow_expired: bool,
    /// Try records that may be too large for the topic
    #[arg(long)]
    allow_large: bool,
    /// Refuse a snapshot that has more bytes than this when it is unpacked, such as 10GiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_bytes: Option<u64>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Show what would be done, and do nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

/// A codec of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Codec {
    /// Not at all
    None,
    /// Gzip
    Gzip,
    /// Snappy
    Snappy,
    /// LZ4
    Lz4,
    /// Zstandard
    Zstd,
}

impl From<Codec> for Compression {
    fn from(codec: Codec) -> Self {
        match codec {
            Codec::None => Self::None,
            Codec::Gzip => Self::Gzip,
            Codec::Snappy => Self::Snappy,
            Codec::Lz4 => Self::Lz4,
            Codec::Zstd => Self::Zstd,
        }
    }
}

/// Reads `orders=orders.old`.
fn rename(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => {
            Ok((old.to_owned(), new.to_owned()))
        }
        _ => Err("write OLD=NEW, such as orders=orders.old".to_owned()),
    }
}

impl RestoreArgs {
    fn allowed(&self) -> BTreeSet<Code> {
        let flags = [
            (self.allow_cluster_change, Code::OtherCluster),
            (self.append, Code::TargetNotEmpty),
            (self.allow_expired, Code::RestoreExpires),
            (self.allow_large, Code::RecordTooLarge),
        ];
        let codes = flags.into_iter().filter(|(passed, _)| *passed);
        codes.map(|(_, code)| code).collect()
    }
}

pub(super) async fn run(
    global: &Global,
    args: &RestoreArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let chosen = Chosen::read(args, terminal)?;
    let connected = connect::open_by_itself(global).await?;
    let mut run = Run::prepare(global, args, terminal, &connected, chosen).await?;
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
    let sent = Sent::default();
    let stop = signals::listen(sent.clone())?;
    run.carry_out(args, &plan, (&stop, &sent)).await
}

/// What was chosen of a snapshot, checked as far as it can be without a cluster.
struct Chosen {
    reader: Arc<Reader>,
    /// All partitions of the snapshot, by ordinal.
    places: Vec<TopicPartition>,
    /// Topics by their names in the snapshot, with the ordinals of the partitions that are meant.
    topics: BTreeMap<String, Vec<usize>>,
    groups: Vec<GroupOffsets>,
    scanned: Scanned,
    renames: BTreeMap<String, String>,
}

impl Chosen {
    fn read(args: &RestoreArgs, terminal: &Terminal) -> anyhow::Result<Self> {
        let reader = Arc::new(opened(&args.path, args.max_bytes)?);
        let patterns = !args.r#match.is_empty();
        let written = if patterns {
            &args.r#match
        } else {
            &args.topics
        };
        let scopes = names::topics(written, patterns)?;
        let known: Vec<String> = names_of(&reader);
        let parts = scope::parts(&scopes, patterns, &known);
        let is_meant = |topic: &str, partition: i32| {
            let part = parts.get(topic);
            scopes.is_empty()
                || part
                    .is_some_and(|part| part.as_ref().is_none_or(|some| some.contains(&partition)))
        };
        let places = reader.header().partitions();
        let places = places.map(|(topic, range)| (topic.name.clone(), range.partition));
        let places: Vec<TopicPartition> = places.collect();
        let mut topics: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (ordinal, (topic, partition)) in places.iter().enumerate() {
            if is_meant(topic, *partition) {
                topics.entry(topic.clone()).or_default().push(ordinal);
            }
        }
        let named = scopes.iter().filter(|_| !patterns).map(|scope| &scope.name);
        let old_names = args.rename.iter().map(|(old, _)| old);
        if let Some(missing) = named
            .chain(old_names)
            .find(|name| !topics.contains_key(*name))
        {
            let message = format!(
                "the snapshot has no topic `{}`",
                view::text::escape(missing)
            );
            return Err(none_of(message).into());
        }
        if topics.is_empty() {
            return Err(none_of("no topic of the snapshot matches".to_owned()).into());
        }
        let renames: BTreeMap<String, String> = args.rename.iter().cloned().collect();
        let targets = topics.keys().map(|name| renames.get(name).unwrap_or(name));
        let distinct: BTreeSet<&String> = targets.collect();
        if distinct.len() < topics.len() {
            let message = "two topics would be restored into one";
            let failure = Failure::new(Exit::BadInput, message);
            return Err(failure
                .hint("give each another name with `--rename`")
                .into());
        }
        let wanted = reader.header().topics.iter();
        wanted
            .filter(|topic| topics.contains_key(&topic.name))
            .try_for_each(|topic| legal(topic, renames.get(&topic.name)))?;
        let groups = if args.groups {
            reader
                .groups()
                .map_err(|error| refused(&args.path, &error))?
        } else {
            Vec::new()
        };
        let meant: BTreeMap<&TopicPartition, usize> = topics
            .values()
            .flatten()
            .map(|ordinal| (&places[*ordinal], *ordinal))
            .collect();
        let scanned = scanned(args, &reader, &meant, &groups, terminal)?;
        Ok(Self {
            reader,
            places,
            topics,
            groups,
            scanned,
            renames,
        })
    }

    fn target<'a>(&'a self, topic: &'a str) -> &'a str {
        self.renames.get(topic).map_or(topic, String::as_str)
    }

    fn sources(&self) -> Vec<Source> {
        let taken = self.reader.header().topics.iter();
        let chosen = taken.filter(|topic| self.topics.contains_key(&topic.name));
        chosen.map(|topic| self.source(topic)).collect()
    }

    fn source(&self, topic: &TakenTopic) -> Source {
        let partitions: Vec<(TopicPartition, usize)> = self.partitions(&topic.name).collect();
        let load = |ordinal: &usize| self.scanned.loads.get(ordinal).copied().unwrap_or_default();
        let overrides = topic.configs.iter();
        let overrides = overrides.filter(|one| one.source == ConfigSource::DynamicTopicConfig);
        Source {
            name: topic.name.clone(),
            target: self.target(&topic.name).to_owned(),
            partitions: topic.partition_count,
            replicas: i16::try_from(topic.replication_factor).unwrap_or(1),
            overrides: overrides
                .filter_map(|one| Some((one.name.clone(), one.value.text()?.to_owned())))
                .collect(),
            timestamps: topic.timestamp_type,
            loads: partitions
                .iter()
                .map(|((_, index), ordinal)| (*index, load(ordinal)))
                .collect(),
        }
    }

    /// The partitions of a topic that are meant, with their ordinals.
    fn partitions(&self, topic: &str) -> impl Iterator<Item = (TopicPartition, usize)> {
        let ordinals = self.topics.get(topic).into_iter().flatten();
        ordinals.map(|ordinal| (self.places[*ordinal].clone(), *ordinal))
    }

    /// All partitions that are meant, with their ordinals.
    fn all(&self) -> Vec<(TopicPartition, usize)> {
        let topics = self.topics.keys();
        topics.flat_map(|topic| self.partitions(topic)).collect()
    }
}

/// A file may come from anybody: what is no name never reaches a terminal or a cluster.
fn legal(topic: &TakenTopic, renamed: Option<&String>) -> Result<(), Failure> {
    let bad = |name: &str, why: String| {
        let name = view::text::escape(name);
        Failure::new(Exit::BadInput, format!("`{name}` is no {why}"))
    };
    for name in renamed.into_iter().chain([&topic.name]) {
        check_name(name).map_err(|error| bad(name, format!("name of a topic: {error}")))?;
    }
    let is_key = |name: &str| {
        let letters = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        name.chars().all(letters)
    };
    match topic.configs.iter().find(|config| !is_key(&config.name)) {
        Some(config) => Err(bad(&config.name, "key of a topic".to_owned())),
        None => Ok(()),
    }
}

fn names_of(reader: &Reader) -> Vec<String> {
    let topics = reader.header().topics.iter();
    topics.map(|topic| topic.name.clone()).collect()
}

fn none_of(message: String) -> Failure {
    let failure = Failure::new(Exit::BadInput, message);
    failure.hint("`tonkafka snapshot show PATH` lists what it has")
}

/// Reads all blocks that are meant.
fn scanned(
    args: &RestoreArgs,
    reader: &Reader,
    meant: &BTreeMap<&TopicPartition, usize>,
    groups: &[GroupOffsets],
    terminal: &Terminal,
) -> Result<Scanned, Failure> {
    let ordinals = meant.values();
    let mut wanted: BTreeMap<usize, Wanted> = ordinals.map(|at| (*at, Wanted::new())).collect();
    for committed in groups.iter().flat_map(|group| &group.offsets) {
        let ordinal = meant.get(&(committed.topic.clone(), committed.partition));
        if let Some(wanted) = ordinal.and_then(|ordinal| wanted.get_mut(ordinal)) {
            wanted.insert(committed.offset);
        }
    }
    let bar = terminal.bar(usize::try_from(reader.block_count()).unwrap_or(usize::MAX));
    bar.say("reading the snapshot".to_owned());
    let scanned = scan(reader, wanted, |_| bar.step());
    bar.clear();
    scanned.map_err(|error| refused(&args.path, &error))
}

/// A restore that is about to begin.
struct Run<'a> {
    global: &'a Global,
    terminal: &'a Terminal,
    connected: &'a Connected,
    chosen: Chosen,
    kept: Kept,
    progress: Option<Progress>,
    destination: Destination,
    positions: Positions,
    parts: Parts,
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
        let described = cluster.describe_cluster().await?;
        let cluster_id = described.id.clone();
        let snapshot = &chosen.reader.header().snapshot;
        let restores = Places::from_environment().restores();
        let kept = progress::hold(&restores, snapshot, &cluster_id).map_err(before)?;
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
        let (topics, (brokers, _)) = try_join!(
            topics_with_configs(cluster, At::AnyBroker, &targets),
            broker_configs(cluster, &described),
        )?;
        let brokers = brokers.into_values().find_map(|seen| match seen {
            Seen::Value(entries) => Some(entries),
            _ => None,
        });
        let defaults = brokers.into_iter().flatten();
        let defaults = defaults.filter_map(|entry| {
            let text = entry.value.text()?.to_owned();
            Some((entry.name, text))
        });
        let destination = Destination {
            cluster_id,
            brokers: described.live_brokers().count(),
            defaults: defaults.collect(),
            topics,
            ends: BTreeMap::new(),
            begun: BTreeSet::new(),
        };
        let mut run = Self {
            global,
            terminal,
            connected,
            chosen,
            kept,
            progress,
            destination,
            positions: Positions::default(),
            parts: Parts::new(),
        };
        run.look(args).await?;
        Ok(run)
    }

    fn cluster(&self) -> &'a dyn Cluster {
        &*self.connected.cluster
    }

    /// The id of a topic of the cluster; none where it is not there, or tells none.
    fn id(&self, target: &str) -> Option<TopicId> {
        let topic = self.destination.topics.get(target)?.value()?;
        Some(topic.id)
    }

    /// Reads where partitions end, what was begun, and how far that is.
    async fn look(&mut self, args: &RestoreArgs) -> anyhow::Result<()> {
        let cluster = self.cluster();
        let all = self.chosen.all();
        let target =
            |(topic, index): &TopicPartition| (self.chosen.target(topic).to_owned(), *index);
        let there: Vec<TopicPartition> = all
            .iter()
            .map(|(source, _)| target(source))
            .filter(|target| {
                let topic = self.destination.topics.get(&target.0).and_then(Seen::value);
                topic.is_some_and(|topic| topic.partitions.iter().any(|one| one.index == target.1))
            })
            .collect();
        let ends = cluster.list_offsets(&there, OffsetSpec::Latest).await?;
        let mut begun = Parts::new();
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
        self.parts = begun;
        let keys = all
            .iter()
            .map(|(source, _)| target_of(&self.chosen, source))
            .collect();
        let ids: BTreeSet<String> = self
            .wishes(|_, _| Some(0))
            .into_iter()
            .map(|wish| wish.group)
            .collect();
        if !ids.is_empty() {
            self.positions = positions::of(cluster, &ids, keys).await?;
        }
        Ok(())
    }

    /// The offset of a partition's first record where an earlier run began with it.
    fn begun(&self, source: &TopicPartition, target: &TopicPartition) -> Option<i64> {
        let id = self.id(&target.0)?;
        let begun = self.progress.as_ref()?.partitions.iter();
        let mut same = begun.filter(|one| {
            one.source == source.0
                && one.target == target.0
                && one.partition == source.1
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
    ) -> Part {
        let load = self.chosen.scanned.loads.get(&ordinal);
        Part {
            source: source.clone(),
            target,
            base,
            records: load.map_or(0, |load| load.records),
            done: 0,
        }
    }

    /// Topics whose brokers set the timestamps.
    fn appended(&self) -> BTreeSet<String> {
        let topics = self.destination.topics.iter();
        let appended = topics.filter(|(_, seen)| {
            let configs = seen.value().and_then(|topic| topic.configs.value());
            let mut entries = configs.into_iter().flatten();
            entries.any(|entry| {
                entry.name == "message.timestamp.type"
                    && entry.value.text() == Some("LogAppendTime")
            })
        });
        appended.map(|(name, _)| name.clone()).collect()
    }

    /// What groups are to have, where the index of an old offset is told.
    fn wishes(&self, index: impl Fn(usize, i64) -> Option<i64>) -> Vec<Wish> {
        let all = self.chosen.all();
        let ordinals: BTreeMap<TopicPartition, usize> = all.into_iter().collect();
        let mut wishes = Vec::new();
        for group in &self.chosen.groups {
            for old in &group.offsets {
                let source = (old.topic.clone(), old.partition);
                let ordinal = ordinals.get(&source);
                let Some(offset) = ordinal.and_then(|ordinal| index(*ordinal, old.offset)) else {
                    continue;
                };
                wishes.push(Wish {
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
        wishes
    }

    /// What is done before records are written, and what keeps it from being done.
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
        plan.with_findings(stopping.collect::<Vec<_>>())
    }

    fn announced(&self) -> Restored<'_> {
        let parts = self.chosen.all().into_iter().map(|(source, ordinal)| {
            let target = target_of(&self.chosen, &source);
            let begun = self.parts.get(&ordinal).cloned();
            let part = begun.unwrap_or_else(|| self.part(&source, target, ordinal, 0));
            let load = self.chosen.scanned.loads.get(&ordinal).copied();
            Shown {
                part,
                bytes: load.unwrap_or_default().bytes,
            }
        });
        Restored {
            header: self.chosen.reader.header(),
            cluster_id: &self.destination.cluster_id,
            parts: parts.collect(),
            groups: self.positions.groups.keys().map(String::as_str).collect(),
            map: None,
        }
    }

    async fn carry_out(
        &mut self,
        args: &RestoreArgs,
        plan: &Plan,
        (stop, sent): (&Stop, &Sent),
    ) -> anyhow::Result<Exit> {
        let (global, terminal) = (self.global, self.terminal);
        if !plan.is_empty() {
            let report =
                execute_until((stop, sent), self.cluster(), None, plan, global, terminal).await?;
            if report.status() != Status::Done {
                terminal.show(
                    |terminal| view::report::report(terminal.out, &report),
                    || view::json::document(&report),
                );
                return Ok(Exit::of_report(&report));
            }
        }
        self.begin().await?;
        sent.set();
        let loaded = self.load(args, stop).await;
        let total: i64 = self.parts.values().map(|part| part.done).sum();
        match loaded {
            Ok(Loaded::Whole) => {}
            Ok(Loaded::Stopped) => {
                let message = format!("stopped: {} are restored", view::text::records(total));
                return Err(goes_on(Exit::Partly, message).into());
            }
            Err(error) => return Err(broken(&error, total).into()),
        }
        let map = self.map_path(args);
        map::write(&map, &self.chosen.reader, &self.parts)
            .map_err(|error| broken(&error, total))?;
        let others = settled(self.cluster(), &self.parts, global.timeout).await;
        let mut others = others.map_err(|error| broken(&error, total))?;
        let mut wrong: Vec<(TopicPartition, String)> = others
            .drain(..)
            .map(|(target, end)| (target, format!("it ends at {end}")))
            .collect();
        if args.verify && wrong.is_empty() {
            wrong = self.verify().await.map_err(|error| broken(&error, total))?;
        }
        if !wrong.is_empty() {
            return Err(unproven(&wrong).into());
        }
        let moved = self.move_groups((stop, sent)).await?;
        let mut restored = self.announced();
        restored.map = Some(&map);
        terminal.show(
            |_| view::restore::done(&restored, args.verify),
            || view::restore::document(&restored),
        );
        Ok(moved)
    }

    /// Learns where the records of new partitions begin, and keeps that before the first one is sent.
    async fn begin(&mut self) -> anyhow::Result<()> {
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
        let mut ends = cluster.list_offsets(&keys, OffsetSpec::Latest).await?;
        let known = self.progress.take();
        let identity = match &known {
            Some(known) => known.producer,
            None => cluster
                .writer(WriterSettings::default())
                .await
                .map_err(unopened)?
                .identity(),
        };
        let header = self.chosen.reader.header();
        let new = || Progress::new(&header.snapshot, &self.destination.cluster_id, identity);
        let mut progress = known.unwrap_or_else(new);
        for ((source, ordinal), target) in fresh.into_iter().zip(keys) {
            let Some(Seen::Value(Some(base))) = ends.remove(&target) else {
                let (topic, index) = &target;
                let message =
                    format!("nothing was restored: partition {index} of `{topic}` cannot be read");
                return Err(Failure::new(Exit::Unreachable, message).into());
            };
            let topic_id = self.id(&target.0).unwrap_or_default();
            progress.partitions.retain(|one| {
                (&one.source, &one.target, one.partition) != (&source.0, &target.0, source.1)
            });
            progress.partitions.push(Begun {
                source: source.0.clone(),
                target: target.0.clone(),
                topic_id,
                partition: source.1,
                base,
            });
            let part = self.part(&source, target, ordinal, base);
            self.parts.insert(ordinal, part);
        }
        self.kept.save(&progress).map_err(before)?;
        self.progress = Some(progress);
        Ok(())
    }

    /// Writes what is missing. Where a leader that was elected just now did not show its last records
    /// yet, it is looked at again.
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
            let mut writer = cluster.writer(self.settings(args)).await?;
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
            compression: args.compression.into(),
            resumed,
            transactions: None,
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

    /// Compares what is there with the snapshot, but for topics whose timestamps are others by now.
    async fn verify(&self) -> Result<Vec<(TopicPartition, String)>, RestoreError> {
        let appended = self.appended();
        let parts = self.parts.iter();
        let parts: Parts = parts
            .filter(|(_, part)| !appended.contains(&part.target.0))
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

    /// Gives groups their offsets.
    async fn move_groups(&self, signals: (&Stop, &Sent)) -> anyhow::Result<Exit> {
        let lookups = &self.chosen.scanned.lookups;
        let wishes = self.wishes(|ordinal, old| {
            let index = lookups.get(&ordinal)?.index(old)?;
            Some(self.parts.get(&ordinal)?.base + index)
        });
        if wishes.is_empty() {
            return Ok(Exit::Done);
        }
        let ids: BTreeSet<String> = wishes.iter().map(|wish| wish.group.clone()).collect();
        let keys = wishes.iter().map(|wish| wish.partition.clone()).collect();
        let positions = positions::of(self.cluster(), &ids, keys).await?;
        let now_ms = jiff::Timestamp::now().as_millisecond();
        let plan = reset(&wishes, &positions, now_ms, &may_be_created());
        let text = view::plan::plan(self.terminal.out, &plan);
        if !self.terminal.output.is_data() {
            print::out(&text);
        }
        if let Some(exit) = stops(&plan) {
            let error = stopped(&plan, exit);
            let message =
                format!("the records are restored, and the groups are not moved: {error}");
            return Err(goes_on(Exit::Partly, message).into());
        }
        let (global, terminal) = (self.global, self.terminal);
        let report = execute_until(signals, self.cluster(), None, &plan, global, terminal).await?;
        if let Some(id) = &report.reset {
            let words = format!("to take it back: tonkafka reset-offsets undo {id}");
            print::note(terminal, &words);
        }
        if report.status() != Status::Done && !terminal.output.is_data() {
            print::out(&view::report::report(terminal.out, &report));
        }
        Ok(match Exit::of_report(&report) {
            Exit::Refused => Exit::Partly,
            exit => exit,
        })
    }
}

fn target_of(chosen: &Chosen, (topic, index): &TopicPartition) -> TopicPartition {
    (chosen.target(topic).to_owned(), *index)
}

/// What is let through for groups that are put back: they may be new, and skip.
fn may_be_created() -> BTreeSet<Code> {
    BTreeSet::from([Code::NoSuchGroup, Code::NoCommit, Code::SkipsUnread])
}

/// An error before anything was written.
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
        error => anyhow::Error::new(error),
    }
}

fn unopened(error: WriteError) -> anyhow::Error {
    before(error.into())
}

/// What was begun cannot be gone on with.
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

fn goes_on(exit: Exit, message: String) -> Failure {
    Failure::new(exit, message).hint("the same command goes on where it ended")
}

/// An error after something may have been written.
fn broken(error: &RestoreError, total: i64) -> Failure {
    let exit = match error {
        RestoreError::Write(WriteError::Unknown { .. }) | RestoreError::Cluster(_) => Exit::Unknown,
        RestoreError::Write(WriteError::Refused { .. }) if total == 0 => Exit::Refused,
        _ => Exit::Partly,
    };
    let message = format!("{error}; {} are restored", view::text::records(total));
    goes_on(exit, message)
}

/// What is there is not what was to be.
fn unproven(wrong: &[(TopicPartition, String)]) -> Failure {
    let each = wrong.iter().map(|((topic, index), what)| {
        format!(
            "partition {index} of `{}`: {what}",
            view::text::escape(topic)
        )
    });
    let each: Vec<String> = each.take(5).collect();
    let message = format!(
        "the records were written, and are not as they are to be: {}",
        each.join("; ")
    );
    let hint = "retention, compaction or another writer may have changed them since";
    Failure::new(Exit::Unknown, message).hint(hint)
}
