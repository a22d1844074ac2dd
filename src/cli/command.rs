//! The commands of the program.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::args::{
    ApplyArgs, ContextCommand, DescribeArgs, Global, List, PlanArgs, Render, ShellArg, UpArgs,
    ValidateArgs,
};
use super::backup::args::{BackupCommand, RollbackArgs};
use super::can::CanArgs;
use super::groups::args::GroupsCommand;
use super::import::ImportArgs;
use super::lag::args::LagArgs;
use super::mirror::args::MirrorArgs;
use super::offsets::args::ResetArgs;
use super::snapshot::SnapshotCommand;
use super::topics::args::TopicsCommand;

/// Bring an Apache Kafka cluster to what a YAML manifest says, and prove that it did.
#[derive(Debug, Parser)]
#[command(name = "tonkafka", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 bad input, 3 changes pending, 4 refused, \
5 partly applied, 6 unknown outcome, 7 unreachable or not authorised, 8 locked, 130 interrupted."
)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check manifests, without a cluster
    Validate(ValidateArgs),
    /// Explain a key of Kafka or a field of a manifest
    Explain {
        /// A key or a field, such as retention.ms or partitions
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Show what apply would change
    Plan(PlanArgs),
    /// Plan, confirm, apply and verify
    Apply(ApplyArgs),
    /// Show what the cluster has; alone, compare the manifest's topics with the cluster
    Describe(DescribeArgs),
    /// Tell whether a principal may do something; exit with 3 if not, with 7 if nobody can tell
    Can(CanArgs),
    /// Print names, one per line
    List {
        #[command(subcommand)]
        what: List,
    },
    /// Print a cluster, or files of another program, as a manifest
    Import(ImportArgs),
    /// Move the committed offsets of groups, or undo an earlier move
    ResetOffsets(ResetArgs),
    /// Show how far groups are behind, worst first
    Lag(LagArgs),
    /// Delete groups or their commits, or copy commits to another group
    Groups {
        #[command(subcommand)]
        what: GroupsCommand,
    },
    /// Delete topics, or their records
    Topics {
        #[command(subcommand)]
        what: TopicsCommand,
    },
    /// Save, compare and restore a cluster's settings and committed offsets
    Backup {
        #[command(subcommand)]
        what: BackupCommand,
    },
    /// Undo what an apply changed; without an id, the last apply to this cluster
    Rollback(RollbackArgs),
    /// Save the records of topics to a file, and restore them
    Snapshot {
        #[command(subcommand)]
        what: SnapshotCommand,
    },
    /// Copy topics to another cluster until stopped
    Mirror(MirrorArgs),
    /// Start a local cluster, apply the manifest and run a smoke test
    Up(UpArgs),
    /// Stop the local cluster
    Down {
        /// Delete the cluster's data too
        #[arg(long)]
        delete_data: bool,
    },
    /// Show whether and where the local cluster runs; exit with 3 if it does not
    Status,
    /// Name clusters, and choose the one that commands use
    Context {
        #[command(subcommand)]
        what: ContextCommand,
    },
    /// Print files for other programs, made from the manifest
    Render {
        #[command(subcommand)]
        what: Render,
    },
    /// Print the script that registers completion with a shell
    #[command(
        after_help = "Load it with `source <(tonkafka completions bash)`, or save it where the \
shell looks for completions. Topics, groups, brokers and environments are completed as they are at the moment."
    )]
    Completions {
        /// Shell to complete for
        #[arg(value_enum, value_name = "SHELL")]
        shell: ShellArg,
    },
    /// Print the manual page
    Man {
        /// Write the pages of all commands to this directory instead
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Print the versions of this program and of its Kafka libraries
    Version,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
