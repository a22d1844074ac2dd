//! The encoding of records, for the file and for digests. It has neither offset nor timestamp type, so that
//! a restored topic has the same digest as the original.
//!
//! Little-endian: timestamp (i64), key, value, number of headers (u32), and name and value of each header.
//! Names are a length (u32) and bytes; keys and values a length (i32, -1 for null) and bytes.

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::limits::{MAX_BLOCK, MAX_HEADERS};
use crate::model::record::{Header, Record};

/// SHA-256 over records, ordered by offset.
#[derive(Debug, Clone, Default)]
pub struct Digest {
    hash: Sha256,
    scratch: Vec<u8>,
}

impl Digest {
    /// Adds the next record.
    pub fn add(&mut self, record: &Record) {
        self.scratch.clear();
        encode(record, &mut self.scratch);
        self.hash.update(&self.scratch);
    }

    /// Adds encoded records.
    pub(super) fn add_encoded(&mut self, records: &[u8]) {
        self.hash.update(records);
    }

    /// The digest of all added records.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.hash.finalize().into()
    }
}

/// The encoded size of a record, or why it is too large for a snapshot.
pub(super) fn size(record: &Record) -> Result<usize, (String, String)> {
    if record.headers.len() > MAX_HEADERS {
        let what = format!("a record has {} headers", record.headers.len());
        return Err((what, MAX_HEADERS.to_string()));
    }
    let len = |field: &Option<Bytes>| field.as_ref().map_or(0, Bytes::len);
    let headers = record.headers.iter();
    let headers: usize = headers
        .map(|header| 8 + header.name.len() + len(&header.value))
        .sum();
    let size = 20 + len(&record.key) + len(&record.value) + headers;
    if size > MAX_BLOCK - 64 {
        let what = format!("a record has {size} bytes");
        return Err((what, format!("{} bytes", MAX_BLOCK - 64)));
    }
    Ok(size)
}

/// Appends an encoded record. Lengths fit: [`size`] has checked them.
pub(super) fn encode(record: &Record, to: &mut Vec<u8>) {
    to.extend_from_slice(&record.timestamp.to_le_bytes());
    put_field(record.key.as_ref(), to);
    put_field(record.value.as_ref(), to);
    put_len(record.headers.len(), to);
    for header in &record.headers {
        put_len(header.name.len(), to);
        to.extend_from_slice(&header.name);
        put_field(header.value.as_ref(), to);
    }
}

fn put_len(len: usize, to: &mut Vec<u8>) {
    to.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
}

fn put_field(field: Option<&Bytes>, to: &mut Vec<u8>) {
    match field {
        None => to.extend_from_slice(&(-1i32).to_le_bytes()),
        Some(bytes) => {
            put_len(bytes.len(), to);
            to.extend_from_slice(bytes);
        }
    }
}

/// Reads encoded records. Methods return none for invalid bytes.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_done(&self) -> bool {
        self.at == self.bytes.len()
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let end = self.at.checked_add(N)?;
        let bytes = self.bytes.get(self.at..end)?.try_into().ok()?;
        self.at = end;
        Some(bytes)
    }

    /// Reads a length and as many bytes; returns their range.
    #[expect(clippy::option_option, reason = "none of it, null, or bytes")]
    fn field(&mut self) -> Option<Option<(usize, usize)>> {
        let len = i32::from_le_bytes(self.take()?);
        if len == -1 {
            return Some(None);
        }
        let begin = self.at;
        let end = begin.checked_add(usize::try_from(len).ok()?)?;
        self.bytes.get(begin..end)?;
        self.at = end;
        Some(Some((begin, end)))
    }

    /// Skips a record and returns its timestamp. Allocates nothing.
    pub(super) fn skip(&mut self) -> Option<i64> {
        let timestamp = i64::from_le_bytes(self.take()?);
        self.field()?;
        self.field()?;
        for _ in 0..self.headers()? {
            self.field()??;
            self.field()?;
        }
        Some(timestamp)
    }

    fn headers(&mut self) -> Option<usize> {
        let count = usize::try_from(u32::from_le_bytes(self.take()?)).ok()?;
        let fits = count <= MAX_HEADERS && count <= (self.bytes.len() - self.at) / 8;
        fits.then_some(count)
    }

    /// The next record. It shares the memory of `all`, which contains the bytes that are read.
    pub(super) fn next(&mut self, all: &Bytes, offset: i64) -> Option<Record> {
        let slice = |(begin, end): (usize, usize)| all.slice(begin..end);
        let timestamp = i64::from_le_bytes(self.take()?);
        let key = self.field()?.map(slice);
        let value = self.field()?.map(slice);
        let count = self.headers()?;
        let mut headers = Vec::with_capacity(count);
        for _ in 0..count {
            headers.push(Header {
                name: self.field()?.map(slice)?,
                value: self.field()?.map(slice),
            });
        }
        Some(Record {
            offset,
            timestamp,
            key,
            value,
            headers,
        })
    }
}
