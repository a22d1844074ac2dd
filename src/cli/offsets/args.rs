//! Arguments of `reset-offsets`.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::{Args as Group, Subcommand};

use crate::cli::args::{ConsentArgs, PlannedArgs, duration, name, passed};
use crate::cli::completed::Completed;
use crate::plan::Code;

#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
#[derive(Debug, Group)]
pub(in crate::cli) struct ResetArgs {
    #[command(subcommand)]
    pub(super) what: Option<ResetCommand>,
    /// Ids of the groups
    #[arg(value_name = "GROUP", value_parser = name, add = Completed::Groups)]
    pub(super) groups: Vec<String>,
    /// Topic, or some of its partitions as orders:0,2; may be repeated
    #[arg(long, value_name = "TOPIC[:P,…]", conflicts_with = "all_topics", value_parser = name, add = Completed::TopicPartitions)]
    pub(super) topic: Vec<String>,
    /// All topics that the group has committed offsets for
    #[arg(long)]
    pub(super) all_topics: bool,
    /// New position: earliest, latest, current, an offset, +N or -N, a time with its zone, @ and
    /// milliseconds, -DURATION, `file:PATH` (CSV or JSON) or `group:ID`
    #[arg(long, value_name = "POSITION", allow_hyphen_values = true, add = Completed::Positions)]
    pub(super) to: Option<String>,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
    /// Wait this long for the groups to have no members
    #[arg(long, value_name = "DURATION", conflicts_with = "match", value_parser = duration)]
    pub(super) wait_empty: Option<Duration>,
    /// Allow skipping records that the group has not read
    #[arg(long)]
    allow_skip: bool,
    /// Commit for partitions that the group has no commit for
    #[arg(long)]
    allow_uncommitted: bool,
    /// Accept a time in the future or after the last record, and go to the log end
    #[arg(long)]
    allow_future: bool,
    /// Create groups that do not exist
    #[arg(long)]
    create_group: bool,
    /// Use the nearest offset in the log instead of one outside of it
    #[arg(long)]
    clamp: bool,
    /// Treat the names of groups and topics as patterns with * and ?
    #[arg(long)]
    pub(super) r#match: bool,
    /// Show the times of the records that the groups go to
    #[arg(long)]
    pub(super) times: bool,
}

impl ResetArgs {
    /// Whether any argument of a reset was given.
    pub(super) fn moves(&self) -> bool {
        !self.groups.is_empty() || !self.topic.is_empty() || self.all_topics || self.to.is_some()
    }

    pub(super) fn allowed(&self) -> BTreeSet<Code> {
        passed([
            (self.allow_skip, Code::SkipsUnread),
            (self.allow_uncommitted, Code::NoCommit),
            (self.allow_future, Code::FutureTime),
            (self.create_group, Code::NoSuchGroup),
            (self.clamp, Code::OutsideLog),
        ])
    }
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ResetCommand {
    /// Undo a reset; without an id, the last one of this cluster
    Undo(UndoArgs),
    /// List earlier resets, newest first
    History,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct UndoArgs {
    /// Id from `reset-offsets history`
    #[arg(value_name = "ID")]
    pub(super) id: Option<String>,
    #[command(flatten)]
    pub(super) consent: ConsentArgs,
}
