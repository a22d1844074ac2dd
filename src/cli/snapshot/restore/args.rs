//! What can be written after `snapshot restore`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args as Group, ValueEnum};

use super::super::opened::size;
use crate::cluster::writer::Compression;
use crate::plan::Code;

#[derive(Debug, Group)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
pub(in crate::cli) struct RestoreArgs {
    /// The snapshot
    #[arg(value_name = "PATH")]
    pub(super) path: PathBuf,
    /// Topics of it, or some of their partitions as orders:0,2; all where none is named
    #[arg(value_name = "TOPIC[:PARTITIONS]")]
    pub(super) topics: Vec<String>,
    /// All topics of it that this matches, in which * and ? stand for others; may be repeated
    #[arg(long, value_name = "GLOB", conflicts_with = "topics")]
    pub(super) r#match: Vec<String>,
    /// Give a topic another name; may be repeated
    #[arg(long, value_name = "OLD=NEW", value_parser = rename)]
    pub(super) rename: Vec<(String, String)>,
    /// Give groups their offsets too, through the map of offsets
    #[arg(long)]
    pub(super) groups: bool,
    /// Write the map from old to new offsets to this file [default: `PATH.CLUSTER.offsets.csv`]
    #[arg(long, value_name = "FILE")]
    pub(super) map: Option<PathBuf>,
    /// How batches are compressed
    #[arg(long, value_enum, default_value_t = Codec::Lz4, value_name = "CODEC")]
    pub(super) compression: Codec,
    /// Read everything back at the end, and compare it with the snapshot's digests
    #[arg(long)]
    pub(super) verify: bool,
    /// Forget an earlier restore that was cut off
    #[arg(long)]
    pub(super) restart: bool,
    /// Restore into another cluster than the one that the snapshot is of
    #[arg(long)]
    pub(super) allow_cluster_change: bool,
    /// Put the records behind those that are there
    #[arg(long)]
    pub(super) append: bool,
    /// Restore records that the topic's retention will drop
    #[arg(long)]
    pub(super) allow_expired: bool,
    /// Try records that may be too large for the topic
    #[arg(long)]
    pub(super) allow_large: bool,
    /// Refuse a snapshot that has more bytes than this when it is unpacked, such as 10GiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) max_bytes: Option<u64>,
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
    /// Show what would be done, and do nothing
    #[arg(long, conflicts_with = "yes")]
    pub(super) dry_run: bool,
}

/// A codec of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Codec {
    /// Not at all
    None,
    /// Gzip
    Gzip,
    /// Snappy
    Snappy,
    /// LZ4
    Lz4,
    /// Zstandard
    Zstd,
}

impl From<Codec> for Compression {
    fn from(codec: Codec) -> Self {
        match codec {
            Codec::None => Self::None,
            Codec::Gzip => Self::Gzip,
            Codec::Snappy => Self::Snappy,
            Codec::Lz4 => Self::Lz4,
            Codec::Zstd => Self::Zstd,
        }
    }
}

/// Reads `orders=orders.old`.
fn rename(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => {
            Ok((old.to_owned(), new.to_owned()))
        }
        _ => Err("write OLD=NEW, such as orders=orders.old".to_owned()),
    }
}

impl RestoreArgs {
    /// The guards that are let through.
    pub(super) fn allowed(&self) -> BTreeSet<Code> {
        let flags = [
            (self.allow_cluster_change, Code::OtherCluster),
            (self.append, Code::TargetNotEmpty),
            (self.allow_expired, Code::RestoreExpires),
            (self.allow_large, Code::RecordTooLarge),
        ];
        let codes = flags.into_iter().filter(|(passed, _)| *passed);
        codes.map(|(_, code)| code).collect()
    }
}
