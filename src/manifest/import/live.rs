//! A cluster → a manifest of it.

use super::access;
use super::imported::{Imported, Line, Lines, Present, State, Topic};
use super::judge::{Judge, Part};
use crate::model::catalogue::{self, Scope};
use crate::model::config::{ConfigEntry, ConfigSource, ConfigType, ConfigValue, distinct_items};
use crate::model::desired::ClusterIdentity;
use crate::model::escape::escape;
use crate::model::observed::Observed;
use crate::model::seen::{Cause, Seen};
use crate::model::topic;

const THROTTLE: &str = "whoever moves replicas sets it and takes it away";

/// The manifest of an observed cluster: its topics without Kafka's own, and the dynamic settings of its
/// brokers, if they were read. A plan of this manifest against the same cluster is empty.
#[must_use]
pub fn of_cluster(observed: &Observed, cluster: ClusterIdentity) -> Imported {
    let elr = observed
        .cluster
        .features
        .get("eligible.leader.replicas.version");
    let mut imported = Imported {
        cluster,
        has_elr: elr.is_some_and(|level| *level > 0),
        ..Imported::default()
    };
    let mut judge = Judge::of_brokers();
    match (&observed.broker_defaults, observed.kept_back()) {
        (None, _) => {}
        (Some(_), Some(seen)) => kept_back(seen, &mut imported),
        (Some(defaults), None) => {
            all_brokers(defaults, &mut imported, &mut judge);
            each_broker(observed, &mut imported, &mut judge);
            shadowed(&mut imported);
        }
    }
    for (name, seen) in &observed.topics {
        topic(name, seen, &mut imported, &mut judge);
    }
    access::of_cluster(observed, &mut imported);
    imported.settle(imported.topics.len() / 10);
    imported
}

/// Notes that all brokers hide their settings, with the reason.
fn kept_back(seen: &Seen<Vec<ConfigEntry>>, imported: &mut Imported) {
    let words = seen.reason().map(escape).unwrap_or_default();
    match seen {
        Seen::Unseen(Cause::NotSupported, _) => imported.unsupported.push(format!(
            "the cluster has no settings of brokers to tell of: {words}"
        )),
        _ => imported
            .missing
            .push(format!("the settings of brokers cannot be read: {words}")),
    }
}

fn all_brokers(defaults: &Seen<Vec<ConfigEntry>>, imported: &mut Imported, judge: &mut Judge) {
    match readable(defaults) {
        Ok(entries) => {
            let entries = entries.map_or(&[][..], Vec::as_slice);
            let source = ConfigSource::DynamicDefaultBrokerConfig;
            imported.broker_defaults = lines(entries, source, Part::AllBrokers, judge);
        }
        Err(words) => imported.missing.push(format!(
            "what is set for all brokers cannot be read: {words}"
        )),
    }
}

fn each_broker(observed: &Observed, imported: &mut Imported, judge: &mut Judge) {
    for (id, seen) in &observed.brokers {
        match readable(seen) {
            Ok(entries) => {
                let entries = entries.map_or(&[][..], Vec::as_slice);
                let source = ConfigSource::DynamicBrokerConfig;
                let own = lines(entries, source, Part::OneBroker, judge);
                if !own.is_empty() {
                    imported.brokers.insert(*id, own);
                }
            }
            Err(words) => imported.missing.push(format!(
                "the settings of broker {id} cannot be read: {words}"
            )),
        }
    }
    for broker in observed.cluster.brokers.iter().filter(|one| one.fenced) {
        imported.missing.push(format!(
            "the settings of broker {} cannot be read: it does not serve requests",
            broker.id
        ));
    }
}

/// A setting for all brokers cannot be declared if one broker has another value of its own.
fn shadowed(imported: &mut Imported) {
    let Imported {
        broker_defaults,
        brokers,
        ..
    } = imported;
    for (id, own) in brokers {
        let left = own.iter().filter(|(_, line)| !matches!(line, Line::Set(_)));
        for (key, _) in left {
            if let Some(line @ Line::Set(_)) = broker_defaults.get_mut(key) {
                let why = format!("broker {id} has a value of its own, which is left out too");
                *line = Line::Left(why);
            }
        }
    }
}

fn topic(name: &str, seen: &Seen<topic::Topic>, imported: &mut Imported, judge: &mut Judge) {
    let none = Vec::new();
    let read = match readable(seen) {
        Ok(None) => return,
        Ok(Some(live)) if live.internal || topic::is_internal_name(name) => return,
        Ok(Some(live)) => match readable(&live.configs) {
            Ok(Some(entries)) => Ok((live, entries)),
            // It was deleted while it was read.
            Ok(None) => return,
            Err(words) if live.configs.is_unseen_as(Cause::NotSupported) => {
                let words = format!("the cluster has no settings of topics to tell of: {words}");
                if !imported.unsupported.contains(&words) {
                    imported.unsupported.push(words);
                }
                Ok((live, &none))
            }
            Err(words) => Err(words),
        },
        Err(words) => Err(words),
    };
    let state = match read {
        Ok((live, entries)) => State::Present(Present {
            partitions: i32::try_from(live.partitions.len()).unwrap_or(i32::MAX),
            replicas: i16::try_from(live.replication_factor()).ok(),
            description: None,
            configs: lines(
                entries,
                ConfigSource::DynamicTopicConfig,
                Part::Topic,
                judge,
            ),
        }),
        Err(words) => {
            let shown = escape(name);
            imported
                .missing
                .push(format!("the topic `{shown}` cannot be read: {words}"));
            State::Left("the cluster does not show all of it".to_owned())
        }
    };
    imported.topics.push(Topic {
        name: name.to_owned(),
        state,
    });
}

/// The value; none if the cluster says that it does not exist. An error says why it was not seen.
fn readable<T>(seen: &Seen<T>) -> Result<Option<&T>, String> {
    match seen {
        Seen::Value(value) => Ok(Some(value)),
        Seen::Absent => Ok(None),
        Seen::Unseen(_, words) => Err(escape(words)),
    }
}

fn lines(entries: &[ConfigEntry], source: ConfigSource, part: Part, judge: &mut Judge) -> Lines {
    let set = entries.iter().filter_map(|entry| {
        let value = entry.set_at(source)?;
        Some((entry.name.clone(), line(entry, value, part, judge)))
    });
    set.collect()
}

fn line(entry: &ConfigEntry, value: &ConfigValue, part: Part, judge: &mut Judge) -> Line {
    let key = entry.name.as_str();
    if catalogue::is_throttle(key) {
        return Line::Left(THROTTLE.to_owned());
    }
    match value {
        _ if entry.config_type == ConfigType::Password => hidden(key, part),
        ConfigValue::Sensitive => hidden(key, part),
        ConfigValue::Null => Line::Left("it is set to nothing".to_owned()),
        ConfigValue::Value(text) => {
            // Brokers before Kafka 4 keep duplicates in lists; a manifest does not.
            let text = match entry.config_type {
                ConfigType::List => distinct_items(text).join(","),
                _ => text.clone(),
            };
            match judge.why_not(part, key, &text) {
                None => Line::Set(text),
                Some(why) => Line::Left(why),
            }
        }
    }
}

/// Brokers hide secrets, and the values of keys that they do not know.
fn hidden(key: &str, part: Part) -> Line {
    let known = catalogue::key(Scope::Broker, key);
    if part != Part::Topic && known.is_some_and(catalogue::Key::is_sensitive) {
        return Line::Hidden;
    }
    Line::Left("brokers hide its value".to_owned())
}
