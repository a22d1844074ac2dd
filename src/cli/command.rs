//! What the program is asked to do.

use clap::{Parser, Subcommand};

use super::args::{
    ApplyArgs, CompletionsArgs, ContextArgs, DescribeArgs, DownArgs, ExplainArgs, Global, ListArgs,
    ManArgs, PlanArgs, RenderArgs, UpArgs, ValidateArgs,
};
use super::backup::args::{BackupArgs, RollbackArgs};
use super::groups::args::GroupsArgs;
use super::import::ImportArgs;
use super::lag::args::LagArgs;
use super::mirror::MirrorArgs;
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
    /// Say what a key of Kafka, or a field of a manifest, is
    Explain(ExplainArgs),
    /// Show what apply would change
    Plan(PlanArgs),
    /// Plan, confirm, apply and verify
    Apply(ApplyArgs),
    /// Show what is there; alone, the manifest's topics against the cluster
    Describe(DescribeArgs),
    /// Print names, one a line
    List(ListArgs),
    /// Print what a cluster has, or what another program's files say, as a manifest
    Import(ImportArgs),
    /// Move what groups committed, and take it back
    ResetOffsets(ResetArgs),
    /// Show how far groups are behind, the most troubled first
    Lag(LagArgs),
    /// Delete groups and commits, or give them to another group
    Groups(GroupsArgs),
    /// Delete topics, or their records
    Topics(TopicsArgs),
    /// Keep how a cluster is set up, compare it, and put it back
    Backup(BackupArgs),
    /// Take back what an apply changed; without an id the last one of this cluster
    Rollback(RollbackArgs),
    /// Keep the records of topics in a file, and put them back
    Snapshot(SnapshotArgs),
    /// Copy topics to another cluster, until it is stopped
    Mirror(MirrorArgs),
    /// Start a local cluster, apply the manifest to it and try it out
    Up(UpArgs),
    /// Stop the local cluster
    Down(DownArgs),
    /// Show whether the local cluster runs, and where; exit code 3 if it does not
    Status,
    /// Name clusters, and choose the one that commands mean
    Context(ContextArgs),
    /// Print files for other programs, made from the manifest
    Render(RenderArgs),
    /// Print what registers completion with a shell
    #[command(
        after_help = "Load it with `source <(tonkafka completions bash)`, or save it where the \
shell looks for completions. Topics, groups, brokers and environments are completed as they are at the moment."
    )]
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
    /// Print the versions of this program and of the libraries that it speaks to Kafka with
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
