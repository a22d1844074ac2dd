//! Arguments of `backup` and `rollback`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as Group, Subcommand};

use crate::cli::args::{PlannedArgs, code, passable};
use crate::cli::completed::Completed;
use crate::model::backup::Part;
use crate::plan::Code;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BackupCommand {
    /// Save the cluster's settings and the offsets that groups committed
    Create(CreateArgs),
    /// List the backups on this machine, newest first
    List,
    /// Show what a backup holds
    Show {
        /// File, or id from `backup list`
        #[arg(value_name = "FILE|ID", add = Completed::Backups)]
        backup: String,
    },
    /// Show the plan that turns B into A; without B, the live cluster
    Diff(DiffArgs),
    /// Restore the cluster's settings and committed offsets from a backup
    Restore(RestoreArgs),
}

#[derive(Debug, Group)]
pub(in crate::cli) struct CreateArgs {
    /// Write the backup to this file instead of the state directory
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Save a partial backup if something could not be read
    #[arg(long)]
    pub(super) allow_partial: bool,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct SelectionArgs {
    /// Only topics and groups whose names match, and nothing else; may be repeated
    #[arg(long, value_name = "GLOB", add = Completed::Topics)]
    pub(super) only: Vec<String>,
    /// Only these kinds
    #[arg(long, value_enum, value_name = "KIND,…", value_delimiter = ',')]
    pub(super) kind: Vec<Part>,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct DiffArgs {
    /// File, or id from `backup list`
    #[arg(value_name = "A", add = Completed::Backups)]
    pub(super) one: String,
    /// Backup to compare with; without it, the live cluster
    #[arg(value_name = "B", add = Completed::Backups)]
    pub(super) other: Option<String>,
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    /// Exit with 3 if a restore would change anything
    #[arg(long)]
    pub(super) exit_code: bool,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct PassArgs {
    /// Let these guards through, by the codes in the refusal; may be repeated
    #[arg(
        long,
        value_name = "CODE,…",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(passable()).try_map(|name| code(&name))
    )]
    pub(super) allow: Vec<Code>,
    /// Take no backup before the first write
    #[arg(long)]
    pub(super) no_backup: bool,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct RestoreArgs {
    /// File, or id from `backup list`
    #[arg(value_name = "FILE|ID", add = Completed::Backups)]
    pub(super) backup: String,
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    /// Accept a backup of another cluster
    #[arg(long)]
    pub(super) allow_cluster_change: bool,
    /// Accept a partial backup; what it lacks is left alone
    #[arg(long)]
    pub(super) allow_partial: bool,
    #[command(flatten)]
    pub(super) pass: PassArgs,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct RollbackArgs {
    /// Id from `backup list` of a backup that `apply` took; without it, the newest
    #[arg(value_name = "ID", add = Completed::Backups)]
    pub(super) id: Option<String>,
    #[command(flatten)]
    pub(super) pass: PassArgs,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}
