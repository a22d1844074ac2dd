//! The commands of the program.

use clap::{Parser, Subcommand};

use super::args::{
    ApplyArgs, CompletionsArgs, ContextArgs, DescribeArgs, DownArgs, ExplainArgs, Global, ListArgs,
    ManArgs, PlanArgs, RenderArgs, UpArgs, ValidateArgs,
};
use super::backup::args::{BackupArgs, RollbackArgs};
use super::can::CanArgs;
use super::groups::args::GroupsArgs;
use super::import::ImportArgs;
use super::lag::args::LagArgs;
use super::mirror::args::MirrorArgs;
use super::offsets::args::ResetArgs;
use super::snapshot::SnapshotArgs;
use super::topics::args::TopicsArgs;

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
    Explain(ExplainArgs),
    /// Show what apply would change
    Plan(PlanArgs),
    /// Plan, confirm, apply and verify
    Apply(ApplyArgs),
    /// Show what the cluster has; alone, compare the manifest's topics with the cluster
    Describe(DescribeArgs),
    /// Tell whether a principal may do something; exit with 3 if not, with 7 if nobody can tell
    Can(CanArgs),
    /// Print names, one per line
    List(ListArgs),
    /// Print a cluster, or files of another program, as a manifest
    Import(ImportArgs),
    /// Move the committed offsets of groups, or undo an earlier move
    ResetOffsets(ResetArgs),
    /// Show how far groups are behind, worst first
    Lag(LagArgs),
    /// Delete groups or their commits, or copy commits to another group
    Groups(GroupsArgs),
    /// Delete topics, or their records
    Topics(TopicsArgs),
    /// Save, compare and restore a cluster's settings and committed offsets
    Backup(BackupArgs),
    /// Undo what an apply changed; without an id, the last apply to this cluster
    Rollback(RollbackArgs),
    /// Save the records of topics to a file, and restore them
    Snapshot(SnapshotArgs),
    /// Copy topics to another cluster until stopped
    Mirror(MirrorArgs),
    /// Start a local cluster, apply the manifest and run a smoke test
    Up(UpArgs),
    /// Stop the local cluster
    Down(DownArgs),
    /// Show whether and where the local cluster runs; exit with 3 if it does not
    Status,
    /// Name clusters, and choose the one that commands use
    Context(ContextArgs),
    /// Print files for other programs, made from the manifest
    Render(RenderArgs),
    /// Print the script that registers completion with a shell
    #[command(
        after_help = "Load it with `source <(tonkafka completions bash)`, or save it where the \
shell looks for completions. Topics, groups, brokers and environments are completed as they are at the moment."
    )]
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
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
