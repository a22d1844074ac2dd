//! Writes a snapshot to `PATH.part`, and renames it to `PATH` when it is complete. Continues the part
//! of a killed writer.
//!
//! Trap: records stay in memory until their block is full, and are lost if the process is killed. So
//! [`Writer::next_offset`] counts only what is in the file.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use super::block::{Builder, Sealed, SnapshotGapReason};
use super::error::SnapshotError;
use super::frame::{self, Head, Kind};
use super::groups::GroupOffsets;
use super::header::SnapshotHeader;
use super::limits::{MAX_BLOCK, MAX_JSON, VERSION};
use super::output::{self, Finished, Output};
use super::resume::{Found, Reached};
use super::{record, resume};
use crate::model::record::{Record, TimestampType};
use crate::store;

/// The size of a block, uncompressed.
const FULL: usize = 1 << 20;

/// The largest sum of blocks that are not full, in bytes.
const OPEN: usize = 24 << 20;

/// The largest sum of blocks that wait for the writing thread, in bytes; a single block may be larger.
const WAITING: usize = 4 << 20;

/// Options of a writer.
#[derive(Debug, Clone, Copy)]
pub struct WriterOptions {
    /// The zstd level.
    pub level: i32,
    /// The uncompressed size at which a block is full, in bytes.
    pub block_bytes: usize,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            level: 1,
            block_bytes: FULL,
        }
    }
}

/// A snapshot that is being written. A thread compresses and writes blocks; reading waits only if that
/// thread is slower.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    /// The version of the file, which an older program may have started.
    version: u32,
    header: SnapshotHeader,
    /// By ordinal.
    partitions: Vec<Partition>,
    /// The bytes of blocks that are not full.
    open: usize,
    block_bytes: usize,
    worker: Option<Worker>,
}

#[derive(Debug)]
struct Partition {
    next: i64,
    to: i64,
    epoch: Option<i32>,
    builder: Option<Box<Builder>>,
}

#[derive(Debug)]
struct Worker {
    blocks: Sender<Sealed>,
    /// Memory of written blocks, for reuse.
    spent: Receiver<Vec<u8>>,
    /// The bytes of blocks that wait to be written.
    waiting: usize,
    /// Memory for new blocks.
    free: Vec<Vec<u8>>,
    thread: JoinHandle<Result<Output, SnapshotError>>,
}

/// The path of a snapshot until it is complete.
#[must_use]
pub fn part(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

impl Writer {
    /// Starts a snapshot at `path`, which must not exist.
    ///
    /// # Errors
    /// A file of that name or its part exists, or the part cannot be written.
    pub fn create(
        path: &Path,
        header: SnapshotHeader,
        options: WriterOptions,
    ) -> Result<Self, SnapshotError> {
        refuse_existing(path)?;
        let part = part(path);
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part)
            .map_err(|error| taken(error, &part))?;
        hold(&file, &part)?;
        Self::begin(path, file, header, options)
    }

    /// Continues the part at `path`, and cuts off incomplete frames. `now` is the header of a new request;
    /// the ranges of the part stay.
    ///
    /// # Errors
    /// There is no part, it cannot be read or written, another process is writing it, or it belongs to
    /// another request.
    pub fn resume(
        path: &Path,
        now: SnapshotHeader,
        options: WriterOptions,
    ) -> Result<Self, SnapshotError> {
        refuse_existing(path)?;
        let part = part(path);
        let file = fs::OpenOptions::new().read(true).write(true).open(&part)?;
        hold(&file, &part)?;
        let Some(found) = resume::scan(file.try_clone()?)? else {
            file.set_len(0)?;
            return Self::begin(path, file, now, options);
        };
        if let Some((what, was, now)) = found.header.difference(&now) {
            return Err(SnapshotError::Differs { what, was, now });
        }
        Self::start(path, found, options)
    }

    fn begin(
        path: &Path,
        mut file: File,
        header: SnapshotHeader,
        options: WriterOptions,
    ) -> Result<Self, SnapshotError> {
        header
            .check()
            .map_err(|what| SnapshotError::damaged(0, what))?;
        let json = serde_json::to_vec(&header).map_err(std::io::Error::other)?;
        if json.len() > MAX_JSON {
            let what = format!("its header has {} bytes", json.len());
            let most = format!("{MAX_JSON} bytes");
            return Err(SnapshotError::TooLarge { what, most });
        }
        let mut bytes = frame::preamble().to_vec();
        bytes.extend(Head::of(Kind::Header, &[&json]).to_bytes());
        bytes.extend(json);
        file.write_all(&bytes)?;
        let reached = header.partitions().map(|(_, range)| Reached::begin(range));
        let found = Found {
            version: VERSION,
            reached: reached.collect(),
            output: Output::new(file, &bytes, header.partitions().count()),
            header,
        };
        Self::start(path, found, options)
    }

    fn start(path: &Path, found: Found, options: WriterOptions) -> Result<Self, SnapshotError> {
        let ends = found.header.partitions().map(|(_, range)| range.to);
        let reached = found.reached.into_iter().zip(ends);
        let partitions = reached.map(|(Reached { next, epoch }, to)| Partition {
            next,
            to,
            epoch,
            builder: None,
        });
        Ok(Self {
            path: path.to_owned(),
            version: found.version,
            partitions: partitions.collect(),
            header: found.header,
            open: 0,
            block_bytes: options.block_bytes,
            worker: Some(Worker::start(found.output, options)?),
        })
    }

    /// The header; after [`Writer::resume`], that of the part.
    #[must_use]
    pub fn header(&self) -> &SnapshotHeader {
        &self.header
    }

    /// The first offset of a partition that the snapshot lacks.
    ///
    /// # Panics
    /// No partition has this ordinal.
    #[must_use]
    pub fn next_offset(&self, ordinal: usize) -> i64 {
        self.partitions[ordinal].next
    }

    /// The leader epoch of the offset before [`Writer::next_offset`]; none when unknown.
    ///
    /// # Panics
    /// No partition has this ordinal.
    #[must_use]
    pub fn epoch(&self, ordinal: usize) -> Option<i32> {
        self.partitions[ordinal].epoch
    }

    /// Sets the leader epoch of what is added to a partition from now on. Version 1 of the format does
    /// not store it.
    ///
    /// # Panics
    /// No partition has this ordinal.
    pub fn in_epoch(&mut self, ordinal: usize, epoch: Option<i32>) {
        self.partitions[ordinal].epoch = epoch.filter(|_| self.version > 1);
    }

    /// Adds the next record of a partition. Offsets between it and the previous one become a gap of
    /// unknown reason, unless [`Writer::gap`] was called for them.
    ///
    /// # Errors
    /// The record's offset is already there, or after the range; the record is too large; an
    /// earlier block could not be written.
    ///
    /// # Panics
    /// No partition has this ordinal.
    pub fn append(
        &mut self,
        ordinal: usize,
        record: &Record,
        timestamp_type: TimestampType,
    ) -> Result<(), SnapshotError> {
        let partition = &self.partitions[ordinal];
        if record.offset < partition.next || record.offset >= partition.to {
            return Err(self.order(ordinal, record.offset));
        }
        let size =
            record::size(record).map_err(|(what, most)| SnapshotError::TooLarge { what, most })?;
        self.gap(ordinal, record.offset, SnapshotGapReason::Unknown)?;
        let fits = self.partitions[ordinal]
            .builder
            .as_ref()
            .is_none_or(|open| open.takes(timestamp_type) && open.size() + size + 64 <= MAX_BLOCK);
        if !fits {
            self.seal(ordinal)?;
        }
        self.change(ordinal, record.offset + 1, |open| {
            open.record(record, timestamp_type);
        })
    }

    /// Adds a gap from the next offset of a partition up to `to`; does nothing if the snapshot is past
    /// `to`.
    ///
    /// # Errors
    /// `to` is after the range, or an earlier block could not be written.
    ///
    /// # Panics
    /// No partition has this ordinal.
    pub fn gap(
        &mut self,
        ordinal: usize,
        to: i64,
        reason: SnapshotGapReason,
    ) -> Result<(), SnapshotError> {
        let partition = &self.partitions[ordinal];
        if to > partition.to {
            return Err(self.order(ordinal, to));
        }
        match u64::try_from(to.saturating_sub(partition.next)) {
            Ok(len) if len > 0 => self.change(ordinal, to, |open| open.gap(len, reason)),
            _ => Ok(()),
        }
    }

    /// Adds to the open block of a partition, which then continues at `next`.
    fn change(
        &mut self,
        ordinal: usize,
        next: i64,
        add: impl FnOnce(&mut Builder),
    ) -> Result<(), SnapshotError> {
        let partition = &mut self.partitions[ordinal];
        let open = partition.builder.get_or_insert_with(|| {
            let free = self.worker.as_mut().and_then(|worker| worker.free.pop());
            let body = free.unwrap_or_default();
            let ordinal = u32::try_from(ordinal).unwrap_or(u32::MAX);
            Box::new(Builder::new(
                ordinal,
                partition.next,
                TimestampType::CreateTime,
                body,
            ))
        });
        let before = open.size();
        open.in_epoch(partition.epoch);
        add(open);
        let after = open.size();
        partition.next = next;
        self.open += after - before;
        if after >= self.block_bytes || next == partition.to {
            return self.seal(ordinal);
        }
        if self.open > OPEN {
            return self.seal_largest();
        }
        Ok(())
    }

    fn seal_largest(&mut self) -> Result<(), SnapshotError> {
        let size = |partition: &Partition| partition.builder.as_ref().map_or(0, |one| one.size());
        let all = 0..self.partitions.len();
        match all.max_by_key(|ordinal| size(&self.partitions[*ordinal])) {
            Some(ordinal) => self.seal(ordinal),
            None => Ok(()),
        }
    }

    /// Gives the open block of a partition to the writing thread.
    fn seal(&mut self, ordinal: usize) -> Result<(), SnapshotError> {
        let Some(builder) = self.partitions[ordinal].builder.take() else {
            return Ok(());
        };
        self.open -= builder.size();
        let sent = match &mut self.worker {
            Some(worker) => worker.write(builder.seal()),
            None => false,
        };
        if sent { Ok(()) } else { self.end().map(|_| ()) }
    }

    /// Waits until all blocks are written.
    fn end(&mut self) -> Result<Output, SnapshotError> {
        let gone = || std::io::Error::other("an earlier block could not be written");
        self.worker.take().ok_or_else(gone)?.end()
    }

    /// Writes what is in memory, and leaves the part to be continued.
    ///
    /// # Errors
    /// The part cannot be written.
    pub fn suspend(mut self) -> Result<(), SnapshotError> {
        Ok(self.flush()?.sync()?)
    }

    fn flush(&mut self) -> Result<Output, SnapshotError> {
        for ordinal in 0..self.partitions.len() {
            self.seal(ordinal)?;
        }
        self.end()
    }

    /// Writes the groups and the end of the file, and gives the file its name. Everything is on the disk
    /// then.
    ///
    /// # Errors
    /// A partition is incomplete, a file of that name exists, or the file cannot be written.
    pub fn finish(mut self, groups: &[GroupOffsets]) -> Result<Finished, SnapshotError> {
        let ranges = self.header.partitions().zip(&self.partitions);
        for ((topic, range), partition) in ranges {
            if partition.next != range.to {
                return Err(SnapshotError::Incomplete {
                    topic: topic.name.clone(),
                    partition: range.partition,
                    next: partition.next,
                    to: range.to,
                });
            }
        }
        let finished = output::close(self.flush()?, groups)?;
        let placed = store::place(&part(&self.path), &self.path);
        placed.map_err(|error| taken(error, &self.path))?;
        store::sync_directory(&self.path)?;
        Ok(finished)
    }

    fn order(&self, ordinal: usize, got: i64) -> SnapshotError {
        let partition = &self.partitions[ordinal];
        let place = self.header.partitions().nth(ordinal);
        SnapshotError::Order {
            topic: place.map_or_else(String::new, |(topic, _)| topic.name.clone()),
            partition: place.map_or(-1, |(_, range)| range.partition),
            next: partition.next,
            to: partition.to,
            got,
        }
    }
}

impl Worker {
    fn start(output: Output, options: WriterOptions) -> Result<Self, SnapshotError> {
        let (blocks, waiting) = channel();
        let (back, spent) = channel();
        let thread = std::thread::Builder::new()
            .name("snapshot".to_owned())
            .spawn(move || work(output, options, &waiting, &back))?;
        Ok(Self {
            blocks,
            spent,
            waiting: 0,
            free: Vec::new(),
            thread,
        })
    }

    /// Gives a block to the thread, once there is room. False if the thread has ended.
    fn write(&mut self, sealed: Sealed) -> bool {
        let len = sealed.body.len();
        while self.waiting > 0 && self.waiting + len > WAITING {
            let Ok(spent) = self.spent.recv() else {
                return false;
            };
            self.waiting -= spent.len();
            if spent.capacity() <= 2 * FULL && self.free.len() < WAITING / FULL {
                self.free.push(spent);
            }
        }
        self.waiting += len;
        self.blocks.send(sealed).is_ok()
    }

    fn end(self) -> Result<Output, SnapshotError> {
        drop(self.blocks);
        let bug = |_| std::io::Error::other("the thread that writes blocks has panicked");
        self.thread.join().map_err(bug)?
    }
}

fn work(
    mut output: Output,
    options: WriterOptions,
    waiting: &Receiver<Sealed>,
    back: &Sender<Vec<u8>>,
) -> Result<Output, SnapshotError> {
    let mut compressor = zstd::bulk::Compressor::new(options.level)?;
    let mut frame = Vec::new();
    for sealed in waiting {
        sealed.compress(&mut compressor, &mut frame)?;
        output.block(&sealed, &frame)?;
        // The receiver may be gone.
        let _ = back.send(sealed.body);
    }
    Ok(output)
}

/// Locks the part while it is open. Another process may have finished it since it was opened, so checks
/// that the path still leads to it.
fn hold(file: &File, part: &Path) -> Result<(), SnapshotError> {
    if store::try_lock(file)? && store::is_at(file, part)? {
        Ok(())
    } else {
        Err(SnapshotError::Held(part.to_owned()))
    }
}

fn taken(error: std::io::Error, path: &Path) -> SnapshotError {
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => SnapshotError::Exists(path.to_owned()),
        _ => error.into(),
    }
}

fn refuse_existing(path: &Path) -> Result<(), SnapshotError> {
    match path.symlink_metadata() {
        Ok(_) => Err(SnapshotError::Exists(path.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_finished_while_it_was_opened_is_no_part_any_more() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("orders.snapshot");
        fs::write(part(&path), "whole").unwrap();
        let file = File::open(part(&path)).unwrap();
        assert!(hold(&file, &part(&path)).is_ok());
        fs::rename(part(&path), &path).unwrap();
        let held = hold(&file, &part(&path));
        assert!(matches!(held, Err(SnapshotError::Held(_))));
    }
}
