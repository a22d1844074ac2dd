//! What can be written after `backup` and `rollback`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as Group, Subcommand, ValueEnum};

use crate::cli::args::{PlannedArgs, code, passable};
use crate::cli::completed::Completed;
use crate::model::backup::Part;
use crate::plan::Code;

#[derive(Debug, Group)]
pub(in crate::cli) struct BackupArgs {
    #[command(subcommand)]
    pub(super) what: BackupCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BackupCommand {
    /// Keep how the cluster is set up, and what groups committed
    Create(CreateArgs),
    /// The backups that this machine keeps, the newest first
    List,
    /// Show what a backup holds
    Show {
        /// A file, or an id that `backup list` tells
        #[arg(value_name = "FILE|ID", add = Completed::Backups)]
        backup: String,
    },
    /// The plan that makes B what A holds; without B the cluster as it is now
    Diff(DiffArgs),
    /// Bring the cluster back to what a backup holds
    Restore(RestoreArgs),
}

#[derive(Debug, Group)]
pub(in crate::cli) struct CreateArgs {
    /// Write it to this file instead of the state directory
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Keep what was seen, marked as partial, where something was not
    #[arg(long)]
    pub(super) allow_partial: bool,
}

/// What of a backup is meant.
#[derive(Debug, Group)]
pub(in crate::cli) struct SelectionArgs {
    /// Only topics and groups whose names match; what has no such name is left out. May be repeated
    #[arg(long, value_name = "GLOB", add = Completed::Topics)]
    pub(super) only: Vec<String>,
    /// Only these kinds
    #[arg(long, value_enum, value_name = "KIND,…", value_delimiter = ',')]
    pub(super) kind: Vec<KindArg>,
}

/// A part of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum KindArg {
    /// Topics with their settings
    Topics,
    /// Settings of brokers
    Brokers,
    /// ACLs
    Acls,
    /// Users; their passwords are in no backup
    Users,
    /// Quotas
    Quotas,
    /// What groups committed
    Groups,
}

impl From<KindArg> for Part {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Topics => Self::Topics,
            KindArg::Brokers => Self::Brokers,
            KindArg::Acls => Self::Acls,
            KindArg::Users => Self::Users,
            KindArg::Quotas => Self::Quotas,
            KindArg::Groups => Self::Groups,
        }
    }
}

#[derive(Debug, Group)]
pub(in crate::cli) struct DiffArgs {
    /// A file, or an id that `backup list` tells
    #[arg(value_name = "A", add = Completed::Backups)]
    pub(super) one: String,
    /// Another one; without it the cluster
    #[arg(value_name = "B", add = Completed::Backups)]
    pub(super) other: Option<String>,
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    /// Exit with 3 if there is a difference that a restore would remove
    #[arg(long)]
    pub(super) exit_code: bool,
}

/// What lets a change through.
#[derive(Debug, Group)]
pub(in crate::cli) struct PassArgs {
    /// Let these guards through: codes of the guards that refused. May be repeated
    #[arg(
        long,
        value_name = "CODE,…",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(passable()).try_map(|name| code(&name))
    )]
    pub(super) allow: Vec<Code>,
    /// Take no backup of what is there before it is changed
    #[arg(long)]
    pub(super) no_backup: bool,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct RestoreArgs {
    /// A file, or an id that `backup list` tells
    #[arg(value_name = "FILE|ID", add = Completed::Backups)]
    pub(super) backup: String,
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    /// Take a backup of another cluster
    #[arg(long)]
    pub(super) allow_cluster_change: bool,
    /// Take a backup in which something is missing: what was not seen then is left alone
    #[arg(long)]
    pub(super) allow_partial: bool,
    #[command(flatten)]
    pub(super) pass: PassArgs,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct RollbackArgs {
    /// The backup that `apply` took, as `backup list` tells it; without one the newest
    #[arg(value_name = "ID", add = Completed::Backups)]
    pub(super) id: Option<String>,
    #[command(flatten)]
    pub(super) pass: PassArgs,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}
