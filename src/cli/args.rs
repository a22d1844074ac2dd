//! What can be written on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;

use super::complete;

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

/// Options of every command.
#[derive(Debug, Group)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// Brokers to ask first, as host:port,host:port
    #[arg(
        short = 'b',
        long,
        global = true,
        env = "TONKAFKA_BOOTSTRAP_SERVER",
        value_name = "HOST:PORT,…"
    )]
    pub(super) bootstrap_server: Option<String>,
    /// How long to wait for a connection, an answer or a verification, such as 5s or 2m
    #[arg(long, global = true, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub(super) timeout: Duration,
    /// The form of what is printed on stdout
    #[arg(short, long, global = true, value_enum, default_value_t = Output::Text, value_name = "FORM")]
    pub(super) output: Output,
    /// When to use colours; `NO_COLOR` turns `auto` off
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(super) color: Colour,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Say more on stderr
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Draw no progress
    #[arg(long, global = true)]
    pub(super) no_progress: bool,
}

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people
    Text,
    /// One document
    Json,
    /// The same document
    Yaml,
    /// A comment on a pull request; of `plan` only
    Markdown,
}

impl Output {
    /// Whether stdout has one document for programs.
    pub(super) fn is_data(self) -> bool {
        matches!(self, Self::Json | Self::Yaml)
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check manifests, without a cluster
    Validate(ManifestArgs),
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
    /// Start a local cluster, apply the manifest to it and try it out
    Up(UpArgs),
    /// Stop the local cluster
    Down(DownArgs),
    /// Show whether the local cluster runs, and where; exit code 3 if it does not
    Status,
    /// Print files for other programs, made from the manifest
    Render(RenderArgs),
    /// Print what registers completion with a shell
    #[command(
        after_help = "Load it with `source <(tonkafka completions bash)`, or save it where the \
shell looks for completions. Topics, brokers and environments are completed as they are at the moment."
    )]
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
}

#[derive(Debug, Group)]
pub(super) struct RenderArgs {
    #[command(subcommand)]
    pub(super) what: Render,
}

#[derive(Debug, Subcommand)]
pub(super) enum Render {
    /// A Docker Compose file that starts the manifest's broker and brings its topics up
    Compose {
        #[command(flatten)]
        manifest: ManifestArgs,
        /// What it starts
        #[arg(long, value_enum, default_value_t = LayoutArg::Single, value_name = "LAYOUT")]
        layout: LayoutArg,
    },
}

/// What a Compose file starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LayoutArg {
    /// One broker that is its own controller, and a web UI
    Single,
    /// `ZooKeeper`, one broker of Kafka 3.9, and a web UI
    Zookeeper,
}

#[derive(Debug, Group)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(super) shell: ShellArg,
}

/// A shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ShellArg {
    /// Bash
    Bash,
    /// Z shell
    Zsh,
    /// Fish
    Fish,
    /// `PowerShell`
    Powershell,
}

#[derive(Debug, Group)]
pub(super) struct ManArgs {
    /// Write the pages of all commands into this directory instead
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
}

#[derive(Debug, Group)]
pub(super) struct ExplainArgs {
    /// Its name, such as retention.ms or partitions
    #[arg(value_name = "KEY")]
    pub(super) key: String,
}

#[derive(Debug, Group)]
pub(super) struct UpArgs {
    #[command(flatten)]
    pub(super) manifest: ManifestArgs,
    /// What runs Kafka; auto takes Docker if it answers
    #[arg(long, value_enum, default_value_t = EngineArg::Auto, value_name = "ENGINE")]
    pub(super) engine: EngineArg,
    /// The port for clients instead of the manifest's; other ports are then chosen free
    #[arg(long, value_name = "PORT")]
    pub(super) port: Option<u16>,
    /// Where a native broker keeps its data
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// The version of Kafka that runs natively
    #[arg(long, value_name = "VERSION")]
    pub(super) kafka_version: Option<String>,
}

/// What runs a local cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineArg {
    /// Docker if it answers, else native
    Auto,
    /// Docker Compose
    Docker,
    /// A Java process; Kafka comes from `KAFKA_HOME` or through Maven
    Native,
}

#[derive(Debug, Group)]
pub(super) struct DownArgs {
    /// Delete its data too
    #[arg(long)]
    pub(super) delete_data: bool,
}

/// Which manifest.
#[derive(Debug, Group)]
pub(super) struct ManifestArgs {
    /// A manifest; may be repeated, a directory means all its YAML files, - is stdin
    #[arg(
        short,
        long = "file",
        value_name = "FILE",
        default_value = "topics.yaml"
    )]
    pub(super) file: Vec<PathBuf>,
    /// Lay this environment of the manifest over it
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(complete::environments))]
    pub(super) env: Option<String>,
}

/// What to plan.
#[derive(Debug, Group)]
pub(super) struct ScopeArgs {
    #[command(flatten)]
    pub(super) manifest: ManifestArgs,
    /// Only topics whose names match; settings of brokers are left out. May be repeated
    #[arg(long, value_name = "GLOB", add = ArgValueCandidates::new(complete::manifest_topics))]
    pub(super) only: Vec<String>,
    /// Let this many topics that are declared absent be deleted, with their records
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) allow_delete: usize,
    /// Write hidden values again that are set already; they cannot be compared
    #[arg(long)]
    pub(super) rewrite_sensitive: bool,
}

#[derive(Debug, Group)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) scope: ScopeArgs,
    /// Keep the plan in this file, for `apply FILE`
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Write a `JUnit` file too, a case for each step and finding
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Exit with 3 if apply would change anything
    #[arg(long)]
    pub(super) exit_code: bool,
    /// Exit with 3 also for differences that no apply can remove
    #[arg(long)]
    pub(super) strict: bool,
}

#[derive(Debug, Group)]
pub(super) struct ApplyArgs {
    /// A plan that `plan --out` kept: it is applied word for word, or refused if anything changed
    #[arg(value_name = "PLANFILE", conflicts_with_all = ["only", "allow_delete", "rewrite_sensitive"])]
    pub(super) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(super) scope: ScopeArgs,
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
    /// Write a `JUnit` file too, a case for each step
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Hold the cluster's lock meanwhile; exit with 8 if another apply holds it
    #[arg(long)]
    pub(super) lock: bool,
    /// Wait for the lock this long
    #[arg(long, value_name = "DURATION", requires = "lock", value_parser = duration)]
    pub(super) lock_timeout: Option<Duration>,
}

#[derive(Debug, Group)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct DescribeArgs {
    #[command(flatten)]
    pub(super) manifest: ManifestArgs,
    #[command(subcommand)]
    pub(super) what: Option<Describe>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Describe {
    /// All topics, or those that a filter leaves
    Topics(TopicsArgs),
    /// Topics in depth: partitions with offsets, settings with sources
    Topic {
        /// Their names
        #[arg(required = true, value_name = "NAME", add = ArgValueCandidates::new(complete::topics))]
        names: Vec<String>,
        /// Show settings that nobody changed too
        #[arg(long)]
        all: bool,
    },
    /// The brokers
    Brokers,
    /// One broker's settings with their sources
    Broker {
        /// Its id
        #[arg(value_name = "ID", add = ArgValueCandidates::new(complete::brokers))]
        id: i32,
        /// Show settings that nobody changed too
        #[arg(long)]
        all: bool,
    },
    /// The cluster: id, brokers, features, what is set for all brokers
    Cluster,
}

/// The filters of kafka-topics. Several are joined by "or".
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
#[derive(Debug, Group)]
pub(super) struct TopicsArgs {
    /// Only partitions with replicas out of sync
    #[arg(long)]
    pub(super) under_replicated_partitions: bool,
    /// Only partitions without a leader
    #[arg(long)]
    pub(super) unavailable_partitions: bool,
    /// Only partitions with fewer in-sync replicas than min.insync.replicas
    #[arg(long)]
    pub(super) under_min_isr_partitions: bool,
    /// Only partitions with exactly min.insync.replicas in-sync replicas
    #[arg(long)]
    pub(super) at_min_isr_partitions: bool,
    /// Only topics that have settings of their own
    #[arg(long)]
    pub(super) topics_with_overrides: bool,
    /// Leave Kafka's own topics out
    #[arg(long)]
    pub(super) exclude_internal: bool,
}

#[derive(Debug, Group)]
pub(super) struct ListArgs {
    #[command(subcommand)]
    pub(super) what: List,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum List {
    /// Topics
    Topics {
        /// Leave Kafka's own topics out
        #[arg(long)]
        exclude_internal: bool,
    },
    /// Brokers, by id
    Brokers,
}

/// Reads `500ms`, `5s`, `2m` or `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    use crate::model::units::{Unit, parse};
    let wrong = || "write a duration such as `5s` or `2m`".to_owned();
    let ms = match parse(text, Unit::Milliseconds) {
        Some(Ok(ms)) => ms,
        Some(Err(error)) => return Err(error.to_string()),
        None => return Err(wrong()),
    };
    match u64::try_from(ms) {
        Ok(ms @ 1..=86_400_000) => Ok(Duration::from_millis(ms)),
        _ => Err("write more than 0 and at most a day".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_timeout_is_a_duration_above_zero() {
        assert_eq!(duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert!(duration("0s").is_err());
        assert!(duration("5").is_err());
        assert!(duration("-5s").is_err());
        assert!(duration("99999999999999999999s").is_err());
    }
}
