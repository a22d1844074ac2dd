//! Arguments of `groups`.

use std::collections::BTreeSet;

use clap::{Args as Group, Subcommand};

use crate::cli::args::{PlannedArgs, name, passed};
use crate::cli::completed::Completed;
use crate::plan::Code;

#[derive(Debug, Group)]
pub(in crate::cli) struct GroupsArgs {
    #[command(subcommand)]
    pub(super) what: GroupsCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum GroupsCommand {
    /// Delete groups without members, with all their commits
    Delete(DeleteArgs),
    /// Delete a group's commits for topics that its members do not read
    DeleteOffsets(ForgetArgs),
    /// Copy a group's commits to another group, with epochs and metadata
    Clone(CloneArgs),
}

#[derive(Debug, Group)]
pub(in crate::cli) struct DeleteArgs {
    /// Ids of the groups
    #[arg(required = true, value_name = "GROUP", value_parser = name, add = Completed::Groups)]
    pub(super) groups: Vec<String>,
    /// Treat the names as patterns with * and ?
    #[arg(long)]
    pub(super) r#match: bool,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct ForgetArgs {
    /// Id of the group
    #[arg(value_name = "GROUP", value_parser = name, add = Completed::Groups)]
    pub(super) group: String,
    /// Topic, or some of its partitions as orders:0,2; may be repeated
    #[arg(long, required = true, value_name = "TOPIC[:P,…]", value_parser = name, add = Completed::Topics)]
    pub(super) topic: Vec<String>,
    /// Treat the names as patterns with * and ?
    #[arg(long)]
    pub(super) r#match: bool,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct CloneArgs {
    /// Group to copy the commits of
    #[arg(value_name = "FROM", value_parser = name, add = Completed::Groups)]
    pub(super) from: String,
    /// Group to commit for; it is created if it does not exist
    #[arg(value_name = "TO", value_parser = name, add = Completed::Groups)]
    pub(super) to: String,
    /// Accept a group that has commits; those for other partitions stay
    #[arg(long)]
    overwrite: bool,
    /// Allow skipping records that the group has not read
    #[arg(long)]
    allow_skip: bool,
    /// Use the nearest offset in the log instead of one outside of it
    #[arg(long)]
    clamp: bool,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

impl CloneArgs {
    pub(super) fn allowed(&self) -> BTreeSet<Code> {
        passed([
            (self.overwrite, Code::GroupHasCommits),
            (self.allow_skip, Code::SkipsUnread),
            (self.clamp, Code::OutsideLog),
        ])
    }
}
