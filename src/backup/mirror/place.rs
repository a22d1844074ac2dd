//! How far the target is, as its own records say.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{MirrorError, Route, offsets};
use crate::cluster::reader::{Chunk, Piece, ReaderSettings, Span};
use crate::cluster::{Cluster, OffsetSpec};
use crate::model::measure::TopicPartition;
use crate::model::record::Record;

/// Offsets that are read first, from the end backwards; then four times as many, and so on.
const FIRST: i64 = 64;

/// Offsets that are read at a time at most.
const MOST: i64 = 1 << 20;

/// What a partition of the target has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The offset of the source that comes next; none where no record of the mirror is there.
    pub next: Option<i64>,
    /// Whether a record was seen that this mirror did not write. Those before the mirror's newest are not
    /// looked at.
    pub has_others: bool,
    /// Its log end offset.
    pub end: i64,
}

impl Place {
    /// Whether something was written to it that is not this mirror's, or not there any more.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.has_others || (self.end > 0 && self.next.is_none())
    }
}

/// Where the search for the newest record of the mirror is.
struct Window {
    start: i64,
    until: i64,
}

impl Window {
    fn from(&self, size: i64) -> i64 {
        self.start.max(self.until - size)
    }
}

/// How far partitions are. One that is not there is left out. With `uncommitted`, what may still be
/// aborted counts too, and is not waited for.
///
/// # Errors
/// The target cannot be read, or holds a transaction that is open for longer than the patience.
pub async fn places(
    target: &dyn Cluster,
    route: &Route,
    keys: &[TopicPartition],
    patience: Duration,
    uncommitted: bool,
) -> Result<BTreeMap<TopicPartition, Place>, MirrorError> {
    let starts = offsets(target, keys, OffsetSpec::Earliest).await?;
    let ends = offsets(target, keys, OffsetSpec::Latest).await?;
    let mut places: BTreeMap<TopicPartition, Place> = BTreeMap::new();
    let mut open: BTreeMap<TopicPartition, Window> = BTreeMap::new();
    for (key, end) in ends {
        let start = starts.get(&key).copied().unwrap_or_default();
        open.insert(key.clone(), Window { start, until: end });
        let place = Place {
            end,
            ..Place::default()
        };
        places.insert(key, place);
    }
    let mut size = FIRST;
    while !open.is_empty() {
        let spans = open
            .iter()
            .map(|(key, window)| Span::new(key.clone(), window.from(size), Some(window.until)));
        let mut reader = target.reader(ReaderSettings {
            uncommitted,
            ..committed(spans.collect(), patience)
        });
        while let Some(chunk) = reader.next().await {
            let chunk = chunk?;
            if let Some(place) = places.get_mut(&chunk.key) {
                place.look(route, &chunk);
            }
        }
        open.retain(|key, window| {
            window.until = window.from(size);
            let is_found = places.get(key).is_some_and(|place| place.next.is_some());
            !is_found && window.until > window.start
        });
        size = (size * 4).min(MOST);
    }
    Ok(places)
}

impl Place {
    fn look(&mut self, route: &Route, chunk: &Chunk) {
        for record in records(chunk) {
            match route.origin(&chunk.key, record) {
                // After a run that was killed a late batch may stand behind newer ones.
                Some(offset) => self.next = self.next.max(Some(offset + 1)),
                None => self.has_others = true,
            }
        }
    }
}

/// The records of a chunk.
pub(super) fn records(chunk: &Chunk) -> impl Iterator<Item = &Record> {
    let runs = chunk.pieces.iter().filter_map(|piece| match piece {
        Piece::Records(_, records) => Some(records),
        Piece::Gap(_) => None,
    });
    runs.flatten()
}

/// A read of what is committed.
pub(super) fn committed(spans: Vec<Span>, patience: Duration) -> ReaderSettings {
    ReaderSettings {
        spans,
        uncommitted: false,
        patience,
        accept_gaps: false,
    }
}
