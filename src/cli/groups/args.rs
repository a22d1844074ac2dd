//! What can be written after `groups`.

use std::collections::BTreeSet;

use clap::{Args as Group, Subcommand};

use crate::cli::args::{PlannedArgs, name};
use crate::cli::completed::Completed;
use crate::plan::Code;

#[derive(Debug, Group)]
pub(in crate::cli) struct GroupsArgs {
    #[command(subcommand)]
    pub(super) what: GroupsCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum GroupsCommand {
    /// Delete groups without members, with all that they committed
    Delete(DeleteArgs),
    /// Delete what a group committed for topics that its members do not read
    DeleteOffsets(ForgetArgs),
    /// Commit for a group what another one committed, with epochs and metadata
    Clone(CloneArgs),
}

#[derive(Debug, Group)]
pub(in crate::cli) struct DeleteArgs {
    /// The groups
    #[arg(required = true, value_name = "GROUP", value_parser = name, add = Completed::Groups)]
    pub(super) groups: Vec<String>,
    /// Take the names as patterns: * and ? stand for others
    #[arg(long)]
    pub(super) r#match: bool,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct ForgetArgs {
    /// The group
    #[arg(value_name = "GROUP", value_parser = name, add = Completed::Groups)]
    pub(super) group: String,
    /// A topic, or some of its partitions as orders:0,2; may be repeated
    #[arg(long, required = true, value_name = "TOPIC[:P,…]", value_parser = name, add = Completed::Topics)]
    pub(super) topic: Vec<String>,
    /// Take the names of topics as patterns: * and ? stand for others
    #[arg(long)]
    pub(super) r#match: bool,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct CloneArgs {
    /// The group whose commits are taken
    #[arg(value_name = "FROM", value_parser = name, add = Completed::Groups)]
    pub(super) from: String,
    /// The group that they are committed for; it is created if it is not there
    #[arg(value_name = "TO", value_parser = name, add = Completed::Groups)]
    pub(super) to: String,
    /// Take a group that has commits already; those for other partitions stay
    #[arg(long)]
    overwrite: bool,
    /// Let records be skipped that this group has not read
    #[arg(long)]
    allow_skip: bool,
    /// Take the nearest offset that there is instead of one outside of the log
    #[arg(long)]
    clamp: bool,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

impl CloneArgs {
    /// The guards that are let through.
    pub(super) fn allowed(&self) -> BTreeSet<Code> {
        let flags = [
            (self.overwrite, Code::GroupHasCommits),
            (self.allow_skip, Code::SkipsUnread),
            (self.clamp, Code::OutsideLog),
        ];
        let set = flags.into_iter().filter(|(is_set, _)| *is_set);
        set.map(|(_, code)| code).collect()
    }
}
