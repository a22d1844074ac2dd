//! Offsets in a file: Apache's CSV in both of its forms, or JSON.
//!
//! - `topic,partition,offset` for one group (`kafka-consumer-groups.sh --export`)
//! - `group,topic,partition,offset` for several
//! - a list of `{"group", "topic", "partition", "offset", "leaderEpoch", "metadata"}`, or a document
//!   with such a list under `offsets`

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Deserialize;

use super::escape::{self, escape};
use super::group::Committed;
use super::measure::TopicPartition;
use super::wire;

/// The largest file that is accepted, in MiB.
pub const LARGEST: u64 = 64;

/// Target offsets by group and partition.
pub type FileOffsets = BTreeMap<String, BTreeMap<TopicPartition, Committed>>;

/// Why a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct FileError {
    place: String,
    reason: String,
    /// What the user can do.
    pub hint: &'static str,
}

const HINT: &str = "write lines of `topic,partition,offset`, or of `group,topic,partition,offset`";

/// One entry of a JSON file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    group: Option<String>,
    topic: String,
    partition: i32,
    offset: i64,
    leader_epoch: Option<i32>,
    #[serde(default)]
    metadata: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Document {
    List(Vec<Entry>),
    Named { offsets: Vec<Entry> },
}

/// Parses the file at `path`. Lines without a group are for the only one of `groups`. `text` is the
/// file's content, or the error of reading it.
///
/// # Errors
/// The file cannot be read; a line or a field is wrong, with its place; a partition occurs twice; a group
/// in the file was not named, or a named one is not in the file.
pub fn parse(
    path: &Path,
    text: io::Result<String>,
    groups: &[String],
) -> Result<FileOffsets, FileError> {
    let place = escape::path(path);
    let error = |reason: String| FileError {
        place: place.clone(),
        reason,
        hint: HINT,
    };
    let text = text.map_err(|failed| error(format!("it cannot be read: {failed}")))?;
    let entries = if text.trim_start().starts_with(['[', '{']) {
        json(&text).map_err(error)?
    } else {
        csv(&text, &place)?
    };
    collect(entries, groups, &place)
}

fn json(text: &str) -> Result<Vec<(String, Entry)>, String> {
    let document: Document = serde_json::from_str(text).map_err(|_| {
        // The error of an untagged enum says nothing useful; the error of the list names the place.
        let list = serde_json::from_str::<Vec<Entry>>(text);
        list.err()
            .map_or_else(String::new, |error| error.to_string())
    })?;
    let (Document::List(entries) | Document::Named { offsets: entries }) = document;
    let numbered = entries.into_iter().enumerate();
    Ok(numbered
        .map(|(index, entry)| (format!("entry {}", index + 1), entry))
        .collect())
}

fn csv(text: &str, place: &str) -> Result<Vec<(String, Entry)>, FileError> {
    let mut entries = Vec::new();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    for record in reader.records() {
        let record = record.map_err(|error| FileError {
            place: place.to_owned(),
            reason: error.to_string(),
            hint: HINT,
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let entry = entry(&record).map_err(|reason| FileError {
            place: format!("{place}:{line}"),
            reason,
            hint: HINT,
        })?;
        entries.push((format!("line {line}"), entry));
    }
    Ok(entries)
}

fn entry(record: &csv::StringRecord) -> Result<Entry, String> {
    let fields: Vec<&str> = record.iter().collect();
    let (group, [topic, partition, offset]) = match fields.as_slice() {
        [group, topic, partition, offset] => {
            (Some((*group).to_owned()), [topic, partition, offset])
        }
        [topic, partition, offset] => (None, [topic, partition, offset]),
        other => return Err(format!("it has {} fields, and not 3 or 4", other.len())),
    };
    let number = |what: &str, text: &str| format!("the {what} `{}` is no number", escape(text));
    Ok(Entry {
        group,
        topic: (*topic).to_owned(),
        partition: partition
            .parse()
            .map_err(|_| number("partition", partition))?,
        offset: offset.parse().map_err(|_| number("offset", offset))?,
        leader_epoch: None,
        metadata: String::new(),
    })
}

fn collect(
    entries: Vec<(String, Entry)>,
    groups: &[String],
    place: &str,
) -> Result<FileOffsets, FileError> {
    let error = |reason: String, hint| FileError {
        place: place.to_owned(),
        reason,
        hint,
    };
    let mut offsets = FileOffsets::new();
    for (at, entry) in entries {
        let group = match (entry.group, groups) {
            (Some(group), _) if groups.contains(&group) => group,
            (Some(group), _) => {
                let reason = format!(
                    "{at} is for group `{}`, which was not named",
                    escape(&group)
                );
                return Err(error(
                    reason,
                    "name it on the command line too, or take it out",
                ));
            }
            (None, [only]) => only.clone(),
            (None, _) => {
                let reason = format!("{at} names no group, and several groups were named");
                return Err(error(reason, "write `group,topic,partition,offset`"));
            }
        };
        if entry.offset < 0 || entry.partition < 0 {
            let reason = format!("{at} has a negative number");
            return Err(error(reason, "offsets and partitions count from 0"));
        }
        for (what, text) in [("topic", &entry.topic), ("metadata", &entry.metadata)] {
            if let Err(long) = wire::check(text) {
                let reason = format!("the {what} of {at} is {long}");
                return Err(error(reason, "shorten it"));
            }
        }
        let key = TopicPartition::new(entry.topic, entry.partition);
        let committed = Committed {
            offset: entry.offset,
            leader_epoch: entry.leader_epoch,
            metadata: entry.metadata,
        };
        let twice = format!(
            "{at} is the second one for {}-{}",
            escape(&key.topic),
            key.partition
        );
        let partitions = offsets.entry(group).or_default();
        if partitions.insert(key, committed).is_some() {
            return Err(error(twice, "leave one of them"));
        }
    }
    match groups.iter().find(|group| !offsets.contains_key(*group)) {
        Some(group) => {
            let reason = format!("it has nothing for group `{}`", escape(group));
            Err(error(reason, "name only groups that the file is about"))
        }
        None => Ok(offsets),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, groups: &[&str]) -> Result<FileOffsets, String> {
        let groups: Vec<String> = groups.iter().map(|id| (*id).to_owned()).collect();
        let read = parse(Path::new("F"), Ok(text.to_owned()), &groups);
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn both_forms_of_csv_and_json_mean_the_same() {
        let three = of("orders,0,10\norders,1,20\n", &["g"]).unwrap();
        let four = of("g,orders,0,10\ng,orders,1,20\n", &["g"]).unwrap();
        let json = r#"[{"topic":"orders","partition":0,"offset":10},{"group":"g","topic":"orders","partition":1,"offset":20}]"#;
        assert_eq!(three, four);
        assert_eq!(of(json, &["g"]).unwrap(), three);
        assert_eq!(
            of(&format!("{{\"offsets\":{json}}}"), &["g"]).unwrap(),
            three
        );
        assert_eq!(
            three["g"][&TopicPartition::new("orders", 1)],
            Committed::at(20)
        );
        let rich = r#"[{"topic":"t","partition":0,"offset":1,"leaderEpoch":4,"metadata":"m"}]"#;
        let rich = of(rich, &["g"]).unwrap();
        let committed = &rich["g"][&TopicPartition::new("t", 0)];
        assert_eq!(
            (committed.leader_epoch, committed.metadata.as_str()),
            (Some(4), "m")
        );
        assert_eq!(of("\"a,b\",t,0,1\n", &["a,b"]).unwrap().len(), 1);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_place() {
        let error = |text: &str, groups: &[&str]| of(text, groups).unwrap_err();
        assert_eq!(
            error("t,0,1\nt,x,1\n", &["g"]),
            "F:2: the partition `x` is no number"
        );
        assert_eq!(
            error("t,0\n", &["g"]),
            "F:1: it has 2 fields, and not 3 or 4"
        );
        assert_eq!(
            error("t,0,1\nt,0,2\n", &["g"]),
            "F: line 2 is the second one for t-0"
        );
        assert_eq!(error("t,0,-1\n", &["g"]), "F: line 1 has a negative number");
        assert_eq!(
            error("h,t,0,1\n", &["g"]),
            "F: line 1 is for group `h`, which was not named"
        );
        assert_eq!(
            error("g,t,0,1\n", &["g", "h"]),
            "F: it has nothing for group `h`"
        );
        assert_eq!(
            error("t,0,1\n", &["g", "h"]),
            "F: line 1 names no group, and several groups were named"
        );
        assert!(error("[{\"topic\":\"t\"}]", &["g"]).contains("missing field `partition`"));
    }
}
