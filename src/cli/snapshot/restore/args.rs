//! Arguments of `snapshot restore`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args as Group, ValueEnum};

use super::super::opened::size;
use crate::cli::args::{ConsentArgs, passed};
use crate::cluster::writer::Compression;
use crate::plan::Code;

#[derive(Debug, Group)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
pub(in crate::cli) struct RestoreArgs {
    /// Path of the snapshot
    #[arg(value_name = "PATH")]
    pub(super) path: PathBuf,
    /// Topics of the snapshot, or some of their partitions as orders:0,2; by default all
    #[arg(value_name = "TOPIC[:PARTITIONS]")]
    pub(super) topics: Vec<String>,
    /// Topics that match this pattern with * and ?; may be repeated
    #[arg(long, value_name = "GLOB", conflicts_with = "topics")]
    pub(super) r#match: Vec<String>,
    /// Restore a topic under another name; may be repeated
    #[arg(long, value_name = "OLD=NEW", value_parser = rename)]
    pub(super) rename: Vec<(String, String)>,
    /// Commit for groups too, with offsets translated to the new ones
    #[arg(long)]
    pub(super) groups: bool,
    /// Write the map of old to new offsets to this file [default: `PATH.CLUSTER.offsets.csv`]
    #[arg(long, value_name = "FILE")]
    pub(super) map: Option<PathBuf>,
    /// Compression of batches
    #[arg(long, value_enum, default_value_t = Codec::Lz4, value_name = "CODEC")]
    pub(super) compression: Codec,
    /// Read all records back at the end, and compare them with the snapshot's digests
    #[arg(long)]
    pub(super) verify: bool,
    /// Discard the progress of an earlier restore that was interrupted
    #[arg(long)]
    pub(super) restart: bool,
    /// Restore into another cluster than the snapshot's own
    #[arg(long)]
    pub(super) allow_cluster_change: bool,
    /// Write after records that the topics already have
    #[arg(long)]
    pub(super) append: bool,
    /// Restore records that the topic's retention will delete
    #[arg(long)]
    pub(super) allow_expired: bool,
    /// Try to write records that may be too large for the topic
    #[arg(long)]
    pub(super) allow_large: bool,
    /// Refuse a snapshot with more uncompressed bytes than this, such as 10GiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) max_bytes: Option<u64>,
    #[command(flatten)]
    pub(super) consent: ConsentArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Codec {
    /// No compression
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

/// Parses `orders=orders.old`.
fn rename(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => {
            Ok((old.to_owned(), new.to_owned()))
        }
        _ => Err("write OLD=NEW, such as orders=orders.old".to_owned()),
    }
}

impl RestoreArgs {
    pub(super) fn allowed(&self) -> BTreeSet<Code> {
        passed([
            (self.allow_cluster_change, Code::OtherCluster),
            (self.append, Code::TargetNotEmpty),
            (self.allow_expired, Code::RestoreExpires),
            (self.allow_large, Code::RecordTooLarge),
        ])
    }
}
