//! Reads records of the cluster in memory.

use std::collections::VecDeque;

use async_trait::async_trait;
use bytes::Bytes;

use super::FakeCluster;
use super::log::FakeLog;
use super::state::State;
use crate::cluster::reader::{
    Chunk, NoGap, Piece, ReadCause, ReadError, ReaderSettings, RecordReader, Span,
};
use crate::model::record::{Gap, GapReason, Header, Record, TimestampType};
use crate::model::seen::{Cause, Seen};

/// Reads the records that existed when the reader was opened.
pub(super) struct FakeReader(VecDeque<Result<Chunk, ReadError>>);

impl FakeReader {
    pub(super) fn new(cluster: &FakeCluster, settings: &ReaderSettings) -> Self {
        let mut chunks = VecDeque::new();
        for span in &settings.spans {
            chunks.extend(read(cluster, settings, span));
        }
        Self(chunks)
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

/// Reads a span: a chunk with the records, and an error if it ends early.
fn read(
    cluster: &FakeCluster,
    settings: &ReaderSettings,
    span: &Span,
) -> Vec<Result<Chunk, ReadError>> {
    let state = cluster.lock();
    let failed = |offset, cause| {
        Err(ReadError {
            key: span.key.clone(),
            offset,
            cause,
        })
    };
    if span.epoch.is_none() && span.until.is_some_and(|until| until <= span.from) {
        return Vec::new();
    }
    let log = match log(&state, span) {
        Ok(log) => log,
        Err(cause) => return vec![failed(span.from, cause)],
    };
    let end = if settings.uncommitted {
        log.end
    } else {
        log.stable()
    };
    let until = span.until.unwrap_or(end);
    let silent = state.faults.silent_from.get(&span.key.topic).copied();
    let given = until.min(end).min(silent.unwrap_or(i64::MAX));
    let chunk = |next, pieces| {
        Ok(Chunk {
            key: span.key.clone(),
            pieces,
            next,
            end,
            epoch: Some(log.epoch_before(next)),
        })
    };
    let mut read = Vec::new();
    if span.from < given {
        read.push(chunk(
            given,
            pieces(&log, (span.from, given), settings.uncommitted),
        ));
    }
    let next = given.max(span.from);
    if next < until.min(end) {
        let until = until.min(end);
        read.push(
            match unanswered(&state, &span.key.topic, (next, until), settings.accept_gaps) {
                Ok(gap) => chunk(until, vec![Piece::Gap(gap)]),
                Err(cause) => failed(next, cause),
            },
        );
    }
    if until > end {
        let cause = beyond(&log, end, until);
        read.push(failed(end.max(span.from), cause));
    }
    read
}

/// Offsets without an answer: a gap, or an error.
fn unanswered(
    state: &State,
    topic: &str,
    (from, until): (i64, i64),
    accept_gaps: bool,
) -> Result<Gap, ReadCause> {
    match gap(state, topic, accept_gaps) {
        Ok(reason) => Ok(Gap {
            from,
            until,
            reason,
        }),
        Err(why) => Err(ReadCause::Missing { from, until, why }),
    }
}

/// Why a read up to `until` ends at `end`.
fn beyond(log: &FakeLog, end: i64, until: i64) -> ReadCause {
    ReadCause::Silent(if until > log.end {
        format!("the log ends at {end}, and {until} was to be reached")
    } else {
        format!("a transaction is open since offset {end}, and {until} was to be reached")
    })
}

/// The log of a span, after checking that it has the record before the span.
fn log(state: &State, span: &Span) -> Result<FakeLog, ReadCause> {
    let (topic, index) = (&span.key.topic, &span.key.partition);
    let found = state.topic(topic).and_then(|topic| {
        let mut partitions = topic.partitions.iter();
        if partitions.any(|one| one.index == *index) {
            Seen::Value(state.log(&span.key.topic, *index))
        } else {
            Seen::Absent
        }
    });
    let log = match found {
        Seen::Value(_) if state.faults.not_readable.contains(topic) => {
            let words = "TOPIC_AUTHORIZATION_FAILED".to_owned();
            return Err(ReadCause::NotPermitted(words));
        }
        Seen::Value(log) => log,
        Seen::Unseen(Cause::NotPermitted, words) => return Err(ReadCause::NotPermitted(words)),
        Seen::Absent => {
            let words = "the topic is not there any more".to_owned();
            return Err(ReadCause::Gone(words));
        }
        Seen::Unseen(Cause::NotSupported | Cause::Unavailable, words) => {
            return Err(ReadCause::Silent(words));
        }
    };
    if let Some(read) = span.epoch {
        let (epoch, end) = log.end_of_epoch(read);
        if epoch < read || end < span.from {
            return Err(ReadCause::Truncated { read, epoch, end });
        }
    }
    if span.from > log.end {
        let words = format!("the log ends at {}, before what was read already", log.end);
        return Err(ReadCause::Gone(words));
    }
    Ok(log)
}

/// The reason of a gap at offsets without an answer.
fn gap(state: &State, topic: &str, accept_gaps: bool) -> Result<GapReason, NoGap> {
    if state.setting(topic, "remote.storage.enable").as_deref() == Some("true") {
        return Err(NoGap::RemoteStorage);
    }
    let policy = state.setting(topic, "cleanup.policy").unwrap_or_default();
    match accept_gaps {
        _ if policy.contains("compact") => Ok(GapReason::Compaction),
        true => Ok(GapReason::Unknown),
        false => Err(NoGap::NotCompacted(policy)),
    }
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
