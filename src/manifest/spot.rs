//! Places in the sources, as numbers.

use super::source::SourceFile;
use crate::model::desired::Place;

/// A part of one line of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Spot {
    /// Index of the source.
    pub file: u32,
    /// Line, counted from 1.
    pub line: u32,
    /// Column, counted from 1, in characters.
    pub column: u32,
    /// Length in characters; `u32::MAX` means up to the end of the line.
    pub width: u32,
}

impl Spot {
    pub(super) fn source(self, sources: &[SourceFile]) -> &SourceFile {
        &sources[self.file as usize]
    }

    pub(super) fn place(self, sources: &[SourceFile]) -> Place {
        Place {
            file: self.source(sources).name.clone(),
            line: self.line as usize,
            column: self.column as usize,
        }
    }
}

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub value: T,
    pub at: Spot,
}

impl<T> Placed<T> {
    pub(super) fn new(value: T, at: Spot) -> Self {
        Self { value, at }
    }
}

/// Positions fit into 32 bits, because a file has at most 64 MiB.
pub(super) fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
