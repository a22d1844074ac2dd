//! The part of a snapshot to restore, checked without a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::config::ConfigSource;
use crate::model::escape::escape;
use crate::model::measure::TopicPartition;
use crate::model::scope::TopicScopes;
use crate::model::topic::check_name;
use crate::plan::snapshot::SnapshotSource;
use crate::snapshot::restore::RestoredPartition;
use crate::snapshot::restore::map::OldOffsets;
use crate::snapshot::restore::scan::{Scanned, scan};
use crate::snapshot::{GroupOffsets, Reader, SnapshotError, SnapshotTopic};

/// Why a part of a snapshot cannot be restored.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// The snapshot cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A named topic is not in the snapshot.
    #[error("the snapshot has no topic `{}`", escape(.0))]
    NoTopic(String),
    /// No topic matches.
    #[error("no topic of the snapshot matches")]
    Nothing,
    /// Two topics would be restored into one.
    #[error("two topics would be restored into one")]
    SameTarget,
    /// A name or a key could harm a terminal or a cluster.
    #[error("`{}` is no {why}", escape(.name))]
    Illegal {
        /// The name or the key.
        name: String,
        /// What it is not.
        why: String,
    },
}

/// The part of a snapshot to restore.
pub struct Chosen {
    pub(super) reader: Arc<Reader>,
    /// All partitions of the snapshot, by ordinal.
    pub(super) places: Vec<TopicPartition>,
    /// Topics by their names in the snapshot, with the ordinals of the partitions to restore.
    pub(super) topics: BTreeMap<String, Vec<usize>>,
    pub(super) groups: Vec<GroupOffsets>,
    pub(super) scanned: Scanned,
    pub(super) renames: BTreeMap<String, String>,
}

/// Reads a part of a snapshot: these topics, or all if none is given, some of them under new names. Calls
/// `read` for each block.
///
/// # Errors
/// The topics do not fit the snapshot, or it cannot be read.
pub fn choose(
    reader: Reader,
    topics: &TopicScopes,
    renames: &[(String, String)],
    with_groups: bool,
    read: impl FnMut(usize),
) -> Result<Chosen, ChoiceError> {
    let places = reader.header().partitions();
    let places =
        places.map(|(topic, range)| TopicPartition::new(topic.name.clone(), range.partition));
    let places: Vec<TopicPartition> = places.collect();
    let topics = meant_topics(topics, renames, &reader, &places)?;
    let renames = new_names(renames, &reader, &topics)?;
    let groups = if with_groups {
        reader.groups()?
    } else {
        Vec::new()
    };
    let meant: BTreeMap<&TopicPartition, usize> = topics
        .values()
        .flatten()
        .map(|ordinal| (&places[*ordinal], *ordinal))
        .collect();
    let scanned = scan(&reader, wanted(&meant, &groups), read)?;
    Ok(Chosen {
        reader: Arc::new(reader),
        places,
        topics,
        groups,
        scanned,
        renames,
    })
}

impl Chosen {
    pub(super) fn target<'a>(&'a self, topic: &'a str) -> &'a str {
        self.renames.get(topic).map_or(topic, String::as_str)
    }

    pub(super) fn sources(&self) -> Vec<SnapshotSource> {
        let taken = self.reader.header().topics.iter();
        let chosen = taken.filter(|topic| self.topics.contains_key(&topic.name));
        chosen.map(|topic| self.source(topic)).collect()
    }

    fn source(&self, topic: &SnapshotTopic) -> SnapshotSource {
        let partitions: Vec<(TopicPartition, usize)> = self.partitions(&topic.name).collect();
        let load = |ordinal: &usize| self.scanned.loads.get(ordinal).copied().unwrap_or_default();
        let overrides = topic.configs.iter();
        let overrides = overrides.filter(|one| one.source == ConfigSource::DynamicTopicConfig);
        SnapshotSource {
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
                .map(|(key, ordinal)| (key.partition, load(ordinal)))
                .collect(),
        }
    }

    /// The partition of the cluster for one of the snapshot.
    pub(super) fn place(&self, source: &TopicPartition) -> TopicPartition {
        TopicPartition::new(self.target(&source.topic), source.partition)
    }

    /// A partition of which nothing is restored yet, whose first record gets the offset `base`.
    pub(super) fn part(
        &self,
        source: &TopicPartition,
        ordinal: usize,
        base: i64,
    ) -> RestoredPartition {
        let load = self.scanned.loads.get(&ordinal);
        let load = load.copied().unwrap_or_default();
        RestoredPartition {
            source: source.clone(),
            target: self.place(source),
            base,
            records: load.records,
            bytes: load.bytes,
            done: 0,
            most: 0,
            astray: 0,
        }
    }

    /// The partitions of a topic to restore, with their ordinals.
    fn partitions(&self, topic: &str) -> impl Iterator<Item = (TopicPartition, usize)> {
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
    wanted: &TopicScopes,
    renames: &[(String, String)],
    reader: &Reader,
    places: &[TopicPartition],
) -> Result<BTreeMap<String, Vec<usize>>, ChoiceError> {
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
    let plain = scopes.iter().filter(|_| !wanted.patterns);
    let old_names = renames.iter().map(|(old, _)| old);
    let mut names = plain.map(|scope| &scope.name).chain(old_names);
    if let Some(missing) = names.find(|name| !topics.contains_key(*name)) {
        return Err(ChoiceError::NoTopic(missing.clone()));
    }
    if topics.is_empty() {
        return Err(ChoiceError::Nothing);
    }
    Ok(topics)
}

/// New names by the names in the snapshot. Each is a legal topic name, and no two are the same.
fn new_names(
    renames: &[(String, String)],
    reader: &Reader,
    topics: &BTreeMap<String, Vec<usize>>,
) -> Result<BTreeMap<String, String>, ChoiceError> {
    let renames: BTreeMap<String, String> = renames.iter().cloned().collect();
    let targets = topics.keys().map(|name| renames.get(name).unwrap_or(name));
    let distinct: BTreeSet<&String> = targets.collect();
    if distinct.len() < topics.len() {
        return Err(ChoiceError::SameTarget);
    }
    let wanted = reader.header().topics.iter();
    wanted
        .filter(|topic| topics.contains_key(&topic.name))
        .try_for_each(|topic| legal(topic, renames.get(&topic.name)))?;
    Ok(renames)
}

/// Checks names and keys: the file may come from anybody, so they could harm a terminal or a cluster.
fn legal(topic: &SnapshotTopic, renamed: Option<&String>) -> Result<(), ChoiceError> {
    let bad = |name: &str, why: String| {
        let name = name.to_owned();
        ChoiceError::Illegal { name, why }
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

/// The committed offsets to look up in each partition, by ordinal.
fn wanted(
    meant: &BTreeMap<&TopicPartition, usize>,
    groups: &[GroupOffsets],
) -> BTreeMap<usize, OldOffsets> {
    let ordinals = meant.values();
    let mut wanted: BTreeMap<usize, OldOffsets> =
        ordinals.map(|at| (*at, OldOffsets::new())).collect();
    for committed in groups.iter().flat_map(|group| &group.offsets) {
        let key = TopicPartition::new(committed.topic.clone(), committed.partition);
        let ordinal = meant.get(&key);
        if let Some(wanted) = ordinal.and_then(|ordinal| wanted.get_mut(ordinal)) {
            wanted.insert(committed.offset);
        }
    }
    wanted
}
