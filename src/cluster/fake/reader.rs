//! Records of the cluster in memory.

use std::collections::VecDeque;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::FakeCluster;
use super::logs::FakeLog;
use crate::cluster::reader::{
    Chunk, Piece, ReadCause, ReadError, ReaderSettings, RecordReader, Span,
};
use crate::model::record::{Gap, GapReason, Header, Record, TimestampType};
use crate::model::seen::Seen;

/// What a record of the cluster in memory holds beside its timestamp.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FakeRecord {
    /// None is null.
    pub key: Option<String>,
    /// None is null.
    pub value: Option<String>,
    /// Names and values.
    pub headers: Vec<(String, Option<String>)>,
}

impl FakeRecord {
    /// What a record holds, as far as it is text.
    pub(super) fn of(record: &Record) -> Self {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        let headers = record.headers.iter();
        Self {
            key: record.key.as_ref().map(text),
            value: record.value.as_ref().map(text),
            headers: headers
                .map(|header| (text(&header.name), header.value.as_ref().map(text)))
                .collect(),
        }
    }
}

/// A read of what was there when it began.
pub(super) struct FakeReader(VecDeque<Result<Chunk, ReadError>>);

impl FakeReader {
    pub(super) fn new(cluster: &FakeCluster, settings: ReaderSettings) -> Self {
        let spans = settings.spans.into_iter();
        let chunks = spans.filter(|span| span.until.is_none_or(|until| span.from < until));
        let uncommitted = settings.uncommitted;
        Self(
            chunks
                .map(|span| chunk(cluster, span, uncommitted))
                .collect(),
        )
    }
}

#[async_trait]
impl RecordReader for FakeReader {
    async fn next(&mut self) -> Option<Result<Chunk, ReadError>> {
        let chunk = self.0.pop_front();
        if matches!(chunk, Some(Err(_))) {
            self.0.clear();
        }
        chunk
    }
}

fn chunk(cluster: &FakeCluster, span: Span, uncommitted: bool) -> Result<Chunk, ReadError> {
    let state = cluster.lock();
    let (topic, index) = &span.key;
    let found = state.topic(topic).and_then(|topic| {
        let mut partitions = topic.partitions.iter();
        if partitions.any(|one| one.index == *index) {
            Seen::Value(())
        } else {
            Seen::Absent
        }
    });
    let log = state.log(topic, *index);
    let failed = |cause| ReadError {
        key: span.key.clone(),
        offset: span.from,
        cause,
    };
    match found {
        Seen::Value(()) => {}
        Seen::NotPermitted(words) => return Err(failed(ReadCause::NotPermitted(words))),
        Seen::Absent => {
            let words = "the topic is not there any more".to_owned();
            return Err(failed(ReadCause::Gone(words)));
        }
        Seen::NotSupported(words) | Seen::Unavailable(words) => {
            return Err(failed(ReadCause::Silent(words)));
        }
    }
    if span.from > log.end {
        let words = format!("the log ends at {}, before what was read already", log.end);
        return Err(failed(ReadCause::Gone(words)));
    }
    let until = span.until.unwrap_or(log.end);
    if until > log.end {
        let words = format!("the log ends at {}, and {until} was to be reached", log.end);
        return Err(failed(ReadCause::Silent(words)));
    }
    Ok(Chunk {
        pieces: pieces(&log, (span.from, until), uncommitted),
        key: span.key,
        next: until,
        end: log.end,
    })
}

fn pieces(log: &FakeLog, (from, until): (i64, i64), uncommitted: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for offset in from..until {
        let is_left_out = !uncommitted && log.aborted.contains(&offset);
        let reason = if offset < log.start {
            GapReason::Retention
        } else if log.marks.contains(&offset) {
            GapReason::Control
        } else if is_left_out {
            GapReason::Aborted
        } else {
            GapReason::Compaction
        };
        let record = log.timestamps.get(&offset).filter(|_| !is_left_out);
        match (record.filter(|_| offset >= log.start), pieces.last_mut()) {
            (Some(at), Some(Piece::Records(_, run))) => run.push(record_at(log, offset, *at)),
            (Some(at), _) => {
                let run = vec![record_at(log, offset, *at)];
                pieces.push(Piece::Records(TimestampType::CreateTime, run));
            }
            (None, Some(Piece::Gap(gap))) if gap.reason == reason => gap.until = offset + 1,
            (None, _) => pieces.push(Piece::Gap(Gap {
                from: offset,
                until: offset + 1,
                reason,
            })),
        }
    }
    pieces
}

fn record_at(log: &FakeLog, offset: i64, timestamp: i64) -> Record {
    let record = log.records.get(&offset).cloned().unwrap_or_default();
    let headers = record.headers.into_iter();
    Record {
        offset,
        timestamp,
        key: record.key.map(Bytes::from),
        value: record.value.map(Bytes::from),
        headers: headers
            .map(|(name, value)| Header {
                name: Bytes::from(name),
                value: value.map(Bytes::from),
            })
            .collect(),
    }
}
