//! Log directories: sizes by directory, broker, topic or partition.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::json::of_one;
use super::style::Look;
use super::table::{Cell, Choice, Column, Listing, Paint};
use super::text::escape;
use crate::model::broker::BrokerId;
use crate::model::log_dir::{LogDir, ReplicaLog};
use crate::model::seen::Seen;
use crate::model::units::about_bytes;

/// The answer of each broker.
pub type BrokerLogDirs = BTreeMap<BrokerId, Seen<Vec<LogDir>>>;

/// What a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogDirsBy {
    /// One directory.
    Directory,
    /// One broker.
    Broker,
    /// One topic.
    Topic,
    /// One replica of a partition.
    Partition,
}

const DIRECTORIES: [Column; 8] = [
    Column::numbers("broker"),
    Column::words("directory"),
    Column::words("state"),
    Column::numbers("replicas"),
    Column::numbers("size"),
    Column::numbers("usable"),
    Column::numbers("total").wide(),
    Column::numbers("used"),
];
const BROKERS: [Column; 6] = [
    Column::numbers("broker"),
    Column::words("state"),
    Column::numbers("directories"),
    Column::numbers("topics"),
    Column::numbers("replicas"),
    Column::numbers("size"),
];
const TOPICS: [Column; 5] = [
    Column::words("topic"),
    Column::numbers("brokers"),
    Column::numbers("replicas"),
    Column::numbers("size"),
    Column::numbers("largest").wide(),
];
const PARTITIONS: [Column; 7] = [
    Column::words("topic"),
    Column::numbers("partition"),
    Column::numbers("broker"),
    Column::words("directory"),
    Column::numbers("size"),
    Column::numbers("lag"),
    Column::words("future"),
];

/// The columns of a table.
#[must_use]
pub fn columns(by: LogDirsBy) -> &'static [Column] {
    match by {
        LogDirsBy::Directory => &DIRECTORIES,
        LogDirsBy::Broker => &BROKERS,
        LogDirsBy::Topic => &TOPICS,
        LogDirsBy::Partition => &PARTITIONS,
    }
}

/// The table.
#[must_use]
pub fn log_dirs(look: Look, found: &BrokerLogDirs, by: LogDirsBy, choice: &Choice) -> String {
    let rows = match by {
        LogDirsBy::Directory => found.iter().flat_map(directories).collect(),
        LogDirsBy::Broker => found.iter().map(broker).collect(),
        LogDirsBy::Topic => topics(found),
        LogDirsBy::Partition => partitions(found),
    };
    let columns = columns(by);
    Listing { columns, rows }.show(look, choice)
}

/// The log directories of a broker.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BrokerLogDirsFields<'a> {
    broker: BrokerId,
    log_dirs: &'a Seen<Vec<LogDir>>,
}

/// Log directories as JSON, with every log.
#[must_use]
pub fn log_dirs_json(found: &BrokerLogDirs) -> String {
    let brokers = found.iter().map(|(id, log_dirs)| BrokerLogDirsFields {
        broker: *id,
        log_dirs,
    });
    of_one("LogDirs", "brokers", &brokers.collect::<Vec<_>>())
}

/// The directories that a broker reported.
fn told(seen: &Seen<Vec<LogDir>>) -> &[LogDir] {
    seen.value().map_or(&[], Vec::as_slice)
}

fn directories((id, seen): (&BrokerId, &Seen<Vec<LogDir>>)) -> Vec<Vec<Cell>> {
    if seen.value().is_none() {
        let mut cells = vec![Cell::missing(); DIRECTORIES.len()];
        cells[0] = Cell::number(*id);
        cells[2] = bad("not visible");
        return vec![cells];
    }
    let row = |dir: &LogDir| {
        vec![
            Cell::number(*id),
            Cell::words(escape(&dir.path)),
            match &dir.error {
                Some(error) => bad(error),
                None => Cell::words("ok").painted(Paint::Good),
            },
            Cell::number(dir.topics.values().map(Vec::len).sum::<usize>()),
            bytes(dir.size()),
            dir.usable_bytes.map_or_else(Cell::missing, bytes),
            dir.total_bytes.map_or_else(Cell::missing, bytes),
            used(dir),
        ]
    };
    told(seen).iter().map(row).collect()
}

fn bad(words: &str) -> Cell {
    Cell::words(words).painted(Paint::Bad)
}

fn bytes(number: i64) -> Cell {
    let cell = match about_bytes(number) {
        Some(about) => Cell::words(format!("{number} ({about})")),
        None => Cell::number(number),
    };
    cell.sorted_by(number)
}

/// How full the volume of a directory is.
fn used(dir: &LogDir) -> Cell {
    match (dir.total_bytes, dir.usable_bytes) {
        (Some(total @ 1..), Some(usable)) => {
            let used = i128::from(total) - i128::from(usable);
            let percent = i64::try_from(used * 100 / i128::from(total)).unwrap_or(0);
            Cell::words(format!("{percent}%")).sorted_by(percent)
        }
        _ => Cell::missing(),
    }
}

fn broker((id, seen): (&BrokerId, &Seen<Vec<LogDir>>)) -> Vec<Cell> {
    let Seen::Value(dirs) = seen else {
        let mut cells = vec![Cell::missing(); BROKERS.len()];
        cells[0] = Cell::number(*id);
        cells[1] = bad("not visible");
        return cells;
    };
    let failed = dirs.iter().filter(|dir| dir.error.is_some()).count();
    let mut topics: Vec<&String> = dirs.iter().flat_map(|dir| dir.topics.keys()).collect();
    topics.sort_unstable();
    topics.dedup();
    let logs = dirs.iter().flat_map(|dir| dir.topics.values());
    vec![
        Cell::number(*id),
        match failed {
            0 => Cell::words("ok").painted(Paint::Good),
            failed => bad(&format!("{failed} with errors")),
        },
        Cell::number(dirs.len()),
        Cell::number(topics.len()),
        Cell::number(logs.map(Vec::len).sum::<usize>()),
        bytes(dirs.iter().map(LogDir::size).sum()),
    ]
}

/// Every log with its broker and directory.
fn logs(found: &BrokerLogDirs) -> impl Iterator<Item = (BrokerId, &LogDir, &String, ReplicaLog)> {
    found.iter().flat_map(|(id, seen)| {
        told(seen).iter().flat_map(move |dir| {
            let topics = dir.topics.iter();
            topics
                .flat_map(move |(topic, logs)| logs.iter().map(move |log| (*id, dir, topic, *log)))
        })
    })
}

fn topics(found: &BrokerLogDirs) -> Vec<Vec<Cell>> {
    let mut topics: BTreeMap<&String, Vec<(BrokerId, i64)>> = BTreeMap::new();
    for (id, _, topic, log) in logs(found) {
        topics.entry(topic).or_default().push((id, log.size));
    }
    topics
        .into_iter()
        .map(|(topic, logs)| {
            // Logs are sorted by broker.
            let mut brokers: Vec<BrokerId> = logs.iter().map(|(id, _)| *id).collect();
            brokers.dedup();
            vec![
                Cell::words(escape(topic)),
                Cell::number(brokers.len()),
                Cell::number(logs.len()),
                bytes(logs.iter().map(|(_, size)| size).sum()),
                bytes(logs.iter().map(|(_, size)| *size).max().unwrap_or(0)),
            ]
        })
        .collect()
}

fn partitions(found: &BrokerLogDirs) -> Vec<Vec<Cell>> {
    let mut logs: Vec<_> = logs(found).collect();
    logs.sort_by_key(|(id, _, topic, log)| (*topic, log.partition, *id));
    logs.into_iter()
        .map(|(id, dir, topic, log)| {
            vec![
                Cell::words(escape(topic)),
                Cell::number(log.partition),
                Cell::number(id),
                Cell::words(escape(&dir.path)),
                bytes(log.size),
                Cell::number(log.offset_lag),
                Cell::words(if log.is_future { "yes" } else { "no" }),
            ]
        })
        .collect()
}
