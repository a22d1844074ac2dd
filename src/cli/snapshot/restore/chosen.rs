//! The part of a snapshot to restore, checked without a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::opened::{opened, refused};
use super::args::RestoreArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::names;
use crate::cli::terminal::Terminal;
use crate::model::config::ConfigSource;
use crate::model::measure::TopicPartition;
use crate::model::topic::check_name;
use crate::plan::landing::{Loads, SourceTopic};
use crate::snapshot::restore::map::OldOffsets;
use crate::snapshot::restore::scan::{Scanned, scan};
use crate::snapshot::{GroupOffsets, Reader, SnapshotTopic};
use crate::view;

/// The part of a snapshot to restore.
pub(super) struct Chosen {
    pub(super) reader: Arc<Reader>,
    /// All partitions of the snapshot, by ordinal.
    pub(super) places: Vec<TopicPartition>,
    /// Topics by their names in the snapshot, with the ordinals of the partitions to restore.
    pub(super) topics: BTreeMap<String, Vec<usize>>,
    pub(super) groups: Vec<GroupOffsets>,
    pub(super) scanned: Scanned,
    pub(super) renames: BTreeMap<String, String>,
}

impl Chosen {
    pub(super) fn read(args: &RestoreArgs, terminal: &Terminal) -> anyhow::Result<Self> {
        let reader = Arc::new(opened(&args.path, args.max_bytes)?);
        let places = reader.header().partitions();
        let places =
            places.map(|(topic, range)| TopicPartition::new(topic.name.clone(), range.partition));
        let places: Vec<TopicPartition> = places.collect();
        let topics = meant_topics(args, &reader, &places)?;
        let renames = renames(args, &reader, &topics)?;
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

    pub(super) fn target<'a>(&'a self, topic: &'a str) -> &'a str {
        self.renames.get(topic).map_or(topic, String::as_str)
    }

    pub(super) fn sources(&self) -> Vec<SourceTopic> {
        let taken = self.reader.header().topics.iter();
        let chosen = taken.filter(|topic| self.topics.contains_key(&topic.name));
        chosen.map(|topic| self.source(topic)).collect()
    }

    fn source(&self, topic: &SnapshotTopic) -> SourceTopic {
        let partitions: Vec<(TopicPartition, usize)> = self.partitions(&topic.name).collect();
        let load = |ordinal: &usize| self.scanned.loads.get(ordinal).copied().unwrap_or_default();
        let overrides = topic.configs.iter();
        let overrides = overrides.filter(|one| one.source == ConfigSource::DynamicTopicConfig);
        SourceTopic {
            name: topic.name.clone(),
            target: self.target(&topic.name).to_owned(),
            partitions: topic.partition_count,
            replicas: i16::try_from(topic.replication_factor).unwrap_or(1),
            overrides: overrides
                .filter_map(|one| Some((one.name.clone(), one.value.text()?.to_owned())))
                .collect(),
            configs: None,
            timestamps: topic.timestamp_type,
            loads: Loads {
                known: partitions
                    .iter()
                    .map(|(key, ordinal)| (key.partition, load(ordinal)))
                    .collect(),
                ..Loads::default()
            },
        }
    }

    /// The partitions of a topic to restore, with their ordinals.
    pub(super) fn partitions(&self, topic: &str) -> impl Iterator<Item = (TopicPartition, usize)> {
        let ordinals = self.topics.get(topic).into_iter().flatten();
        ordinals.map(|ordinal| (self.places[*ordinal].clone(), *ordinal))
    }

    /// All partitions to restore, with their ordinals.
    pub(super) fn all(&self) -> Vec<(TopicPartition, usize)> {
        let topics = self.topics.keys();
        topics.flat_map(|topic| self.partitions(topic)).collect()
    }
}

/// Topics by their names in the snapshot, with the ordinals of the partitions to restore.
fn meant_topics(
    args: &RestoreArgs,
    reader: &Reader,
    places: &[TopicPartition],
) -> anyhow::Result<BTreeMap<String, Vec<usize>>> {
    let (written, patterns) = names::written(&args.topics, &args.r#match);
    let wanted = names::topics(written, patterns)?;
    let scopes = &wanted.scopes;
    let taken = reader.header().topics.iter();
    let parts = wanted.parts(taken.map(|topic| &topic.name));
    let is_meant = |topic: &str, partition: i32| {
        let part = parts.get(topic);
        scopes.is_empty()
            || part.is_some_and(|part| part.as_ref().is_none_or(|some| some.contains(&partition)))
    };
    let mut topics: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (ordinal, TopicPartition { topic, partition }) in places.iter().enumerate() {
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
    Ok(topics)
}

/// New names by the names in the snapshot. Each is a legal topic name, and no two are the same.
fn renames(
    args: &RestoreArgs,
    reader: &Reader,
    topics: &BTreeMap<String, Vec<usize>>,
) -> anyhow::Result<BTreeMap<String, String>> {
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
    Ok(renames)
}

/// Checks names and keys: the file may come from anybody, so they could harm a terminal or a
/// cluster.
fn legal(topic: &SnapshotTopic, renamed: Option<&String>) -> Result<(), Failure> {
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

fn none_of(message: String) -> Failure {
    let failure = Failure::new(Exit::BadInput, message);
    failure.hint("`tonkafka snapshot show PATH` lists what it has")
}

/// Reads all blocks of the partitions to restore.
fn scanned(
    args: &RestoreArgs,
    reader: &Reader,
    meant: &BTreeMap<&TopicPartition, usize>,
    groups: &[GroupOffsets],
    terminal: &Terminal,
) -> Result<Scanned, Failure> {
    let ordinals = meant.values();
    let mut wanted: BTreeMap<usize, OldOffsets> =
        ordinals.map(|at| (*at, OldOffsets::new())).collect();
    for committed in groups.iter().flat_map(|group| &group.offsets) {
        let ordinal = meant.get(&TopicPartition::new(
            committed.topic.clone(),
            committed.partition,
        ));
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
