//! What can be written on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args as Group, Subcommand, ValueEnum};

use super::completed::Completed;
use super::environment::Environment;
use crate::backup::shelf::KEPT;
use crate::cluster::contexts::AllowedRisks;
use crate::model::wire;
use crate::plan::{Code, Pass};
use crate::view::schema::SCHEMAS;

/// Options of every command.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Debug, Group)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// Brokers to ask first, as host:port,host:port [env: `TONKAFKA_BOOTSTRAP_SERVER`]
    #[arg(short = 'b', long, global = true, value_name = "HOST:PORT,…")]
    pub(super) bootstrap_server: Option<String>,
    /// A client's properties file, with Apache's names or librdkafka's [env: `TONKAFKA_COMMAND_CONFIG`]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) command_config: Option<PathBuf>,
    /// A named cluster of `tonkafka context` [env: `TONKAFKA_CONTEXT`]
    #[arg(long, global = true, value_name = "NAME", add = Completed::Contexts)]
    pub(super) context: Option<String>,
    /// Log in though what is sent to the brokers is not encrypted and leaves this machine
    #[arg(long, global = true)]
    pub(super) allow_plaintext_login: bool,
    /// Connect though the properties turn off the check of brokers' certificates
    #[arg(long, global = true)]
    pub(super) allow_unverified_tls: bool,
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
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "quiet",
        overrides_with = "verbose"
    )]
    pub(super) verbose: bool,
    /// Draw no progress
    #[arg(long, global = true)]
    pub(super) no_progress: bool,
    #[arg(skip = Environment::read())]
    pub(super) environment: Environment,
}

impl Global {
    /// What is let through.
    pub(super) fn allowed(&self) -> AllowedRisks {
        AllowedRisks {
            plaintext_login: self.allow_plaintext_login,
            unverified_tls: self.allow_unverified_tls,
        }
    }
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
    /// For people, with all columns; of `describe` and `lag` only
    Wide,
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

#[derive(Debug, Group)]
pub(super) struct ContextArgs {
    #[command(subcommand)]
    pub(super) what: ContextCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ContextCommand {
    /// All contexts; `*` marks the current one
    List,
    /// Choose the context that commands mean when they name no cluster
    Use {
        /// Its name
        #[arg(value_name = "NAME", add = Completed::Contexts)]
        name: String,
    },
    /// Show a context, and where it is kept
    Show {
        /// Its name; without one, whatever commands would mean
        #[arg(value_name = "NAME", add = Completed::Contexts)]
        name: Option<String>,
    },
    /// Connect, and say which cluster is there
    Test {
        /// Its name; without one, whatever commands would mean
        #[arg(value_name = "NAME", add = Completed::Contexts)]
        name: Option<String>,
    },
    /// Name a cluster: `context add NAME -b HOST:PORT --command-config FILE`
    Add {
        /// Its name: letters, digits, `.`, `_` and `-`
        #[arg(value_name = "NAME")]
        name: String,
        /// Make it the current context
        #[arg(long)]
        r#use: bool,
        /// Write the context of this name anew if there is one: what it has and is not told here, is gone
        #[arg(long)]
        replace: bool,
    },
    /// Remove a context; what it names stays
    #[command(visible_alias = "delete")]
    Remove {
        /// Its name
        #[arg(value_name = "NAME", add = Completed::Contexts)]
        name: String,
    },
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
        /// How it is laid out; several are combined
        #[arg(
            long,
            value_enum,
            default_value = "single",
            value_delimiter = ',',
            value_name = "PROFILE,…"
        )]
        profile: Vec<ProfileArg>,
        /// Make the certificates and passwords of --profile secure in this directory, where there are none yet
        #[arg(long, value_name = "DIR")]
        secrets: Option<PathBuf>,
    },
    /// The JSON Schema of manifests, for editors, or of a document that the program prints
    Schema {
        /// What it is of
        #[arg(value_parser = schemas(), default_value = "manifest", value_name = "KIND")]
        kind: String,
    },
    /// A page of Markdown that lists every key of Kafka, of its clients, or every field of manifests
    Reference {
        /// Of what
        #[arg(value_enum, value_name = "KIND")]
        kind: ReferenceArg,
    },
}

/// What a page lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReferenceArg {
    /// Keys of topics and brokers
    Keys,
    /// Fields of manifests
    Manifest,
    /// Keys of a client's properties file; with `-o json`, as data
    ClientProperties,
}

/// What a JSON Schema is of: a manifest, or a document.
fn schemas() -> impl TypedValueParser<Value = String> {
    let documents = SCHEMAS.iter().map(|one| (one.name, one.of));
    let all = std::iter::once(("manifest", "A manifest")).chain(documents);
    let values = all.map(|(name, of)| PossibleValue::new(name).help(of));
    PossibleValuesParser::new(values)
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
    /// How it is laid out; several are combined
    #[arg(
        long,
        value_enum,
        default_value = "single",
        value_delimiter = ',',
        value_name = "PROFILE,…"
    )]
    pub(super) profile: Vec<ProfileArg>,
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

/// How a local cluster is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ProfileArg {
    /// One broker that everybody may use
    Single,
    /// With TLS, ACLs, and users with passwords: admin, operator, producer, consumer
    Secure,
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
    /// A manifest, or a quoted pattern; may be repeated, a directory means all its YAML files, - is stdin
    #[arg(
        short,
        long = "file",
        value_name = "FILE",
        default_value = "topics.yaml"
    )]
    pub(super) file: Vec<PathBuf>,
    /// Lay this environment of the manifest over it
    #[arg(long, value_name = "NAME", add = Completed::Environments)]
    pub(super) env: Option<String>,
}

impl ManifestArgs {
    /// The manifest that commands take when none is named.
    pub(super) fn usual() -> Self {
        Self {
            file: vec![PathBuf::from("topics.yaml")],
            env: None,
        }
    }
}

#[derive(Debug, Group)]
pub(super) struct ValidateArgs {
    #[command(flatten)]
    pub(super) manifest: ManifestArgs,
    /// Let these guards through: those that need no cluster. May be repeated
    #[arg(
        long,
        value_name = "CODE,…",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(OFFLINE.map(|code| code.to_string())).try_map(|name| code(&name))
    )]
    pub(super) allow: Vec<Code>,
}

/// What to plan.
#[derive(Debug, Group)]
pub(super) struct ScopeArgs {
    #[command(flatten)]
    pub(super) manifest: ManifestArgs,
    /// Only topics whose names match; settings of brokers are left out. May be repeated
    #[arg(long, value_name = "GLOB", add = Completed::ManifestTopics)]
    pub(super) only: Vec<String>,
    /// Let this many topics be deleted, with their records
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) allow_delete: usize,
    /// Let these guards through: codes of the guards that refused, as plan shows them. May be repeated
    #[arg(
        long,
        value_name = "CODE,…",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(passable()).try_map(|name| code(&name))
    )]
    pub(super) allow: Vec<Code>,
    /// Delete topics under owned prefixes that are not declared; --allow-delete counts them
    #[arg(long, conflicts_with = "only")]
    pub(super) delete_orphans: bool,
    /// Remove settings of declared topics and brokers that are not declared
    #[arg(long)]
    pub(super) prune_configs: bool,
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
    /// Ask the brokers about every step but deletes, without writing anything
    #[arg(long)]
    pub(super) validate_on_broker: bool,
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
    #[arg(value_name = "PLANFILE", conflicts_with_all = [
        "only", "allow_delete", "allow", "delete_orphans", "prune_configs", "rewrite_sensitive",
    ])]
    pub(super) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(super) scope: ScopeArgs,
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
    /// Write a `JUnit` file too, a case for each step
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Take no backup before the first write
    #[arg(long, conflicts_with = "keep_backups")]
    pub(super) no_backup: bool,
    /// How many backups of a cluster are kept that were taken before a change
    #[arg(long, value_name = "N", default_value_t = KEPT)]
    pub(super) keep_backups: usize,
    /// Hold the cluster's lock meanwhile; exit with 8 if another apply holds it
    #[arg(long)]
    pub(super) lock: bool,
    /// Wait for the lock this long
    #[arg(long, value_name = "DURATION", requires = "lock", value_parser = duration)]
    pub(super) lock_timeout: Option<Duration>,
}

/// What to do with the plan.
#[derive(Debug, Group)]
pub(super) struct PlannedArgs {
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
    /// Show what would be done, and do nothing
    #[arg(long, conflicts_with = "yes")]
    pub(super) dry_run: bool,
    /// Keep the plan in this file for `apply FILE`, and do nothing
    #[arg(long, value_name = "FILE", conflicts_with = "yes")]
    pub(super) out: Option<PathBuf>,
}

/// What a copy of records may lack.
#[derive(Debug, Group)]
pub(super) struct LackingArgs {
    /// End with success though transactions are open, and what is behind their begin is left out
    #[arg(long)]
    pub(super) allow_open_transactions: bool,
    /// Take offsets that stay without an answer for a gap: for topics that were compacted once
    #[arg(long)]
    pub(super) accept_gaps: bool,
}

impl LackingArgs {
    /// How long transactions that are open at the start are waited for.
    pub(super) fn patience(&self, timeout: Duration) -> Duration {
        if self.allow_open_transactions {
            Duration::ZERO
        } else {
            timeout
        }
    }
}

#[derive(Debug, Group)]
pub(super) struct DescribeArgs {
    /// A manifest; may be repeated, a directory means all its YAML files, - is stdin
    #[arg(
        short,
        long = "file",
        global = true,
        value_name = "FILE",
        default_value = "topics.yaml"
    )]
    file: Vec<PathBuf>,
    /// Lay this environment of the manifest over it
    #[arg(long, global = true, value_name = "NAME", add = Completed::Environments)]
    env: Option<String>,
    /// The columns of the table, in order
    #[arg(long, global = true, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(super) columns: Vec<String>,
    /// Sort the rows by a column; with :desc the largest first
    #[arg(long, global = true, value_name = "COLUMN[:desc]")]
    pub(super) sort: Option<String>,
    /// Look again and again, until Ctrl-C
    #[arg(long, global = true)]
    pub(super) watch: bool,
    /// How long to wait between two looks
    #[arg(long, global = true, value_name = "DURATION", default_value = "2s", value_parser = duration)]
    pub(super) interval: Duration,
    #[command(subcommand)]
    pub(super) what: Option<Describe>,
}

impl DescribeArgs {
    /// Which manifest.
    pub(super) fn manifest(&self) -> ManifestArgs {
        ManifestArgs {
            file: self.file.clone(),
            env: self.env.clone(),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Describe {
    /// All topics, or those that a filter leaves
    Topics(TopicsArgs),
    /// Topics in depth: partitions with offsets, settings with sources
    Topic {
        /// Their names
        #[arg(required = true, value_name = "NAME", value_parser = name, add = Completed::Topics)]
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
        #[arg(value_name = "ID", value_parser = clap::value_parser!(i32).range(0..), add = Completed::Brokers)]
        id: i32,
        /// Show settings that nobody changed too
        #[arg(long)]
        all: bool,
    },
    /// The cluster: health, features, what is set for all brokers
    Cluster,
    /// All groups, with what they read and how far behind they are
    Groups,
    /// Groups in depth: members with what they read, partitions with what is committed
    Group {
        /// Their ids
        #[arg(required = true, value_name = "NAME", value_parser = name, add = Completed::Groups)]
        names: Vec<String>,
    },
    /// Log directories: sizes, and how full the disks are
    LogDirs(LogDirsArgs),
    /// The quorum of controllers: leader, voters, observers and their lag
    Quorum,
    /// The requests that brokers understand, and their features
    ApiVersions,
    /// ACLs: who may do what
    Acls,
    /// Users with SCRAM credentials: their mechanisms, never a secret
    Users,
    /// Quotas of users, client ids and addresses
    Quotas,
}

#[derive(Debug, Group)]
pub(super) struct LogDirsArgs {
    /// What a row is about; directory, or partition with --topic
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(super) by: Option<ByArg>,
    /// Only logs of this topic; may be repeated
    #[arg(long, value_name = "NAME", value_parser = name, add = Completed::Topics)]
    pub(super) topic: Vec<String>,
    /// Only this broker; may be repeated
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(i32).range(0..), add = Completed::Brokers)]
    pub(super) broker: Vec<i32>,
}

/// What a row about logs is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ByArg {
    /// A directory of a broker
    Directory,
    /// A broker
    Broker,
    /// A topic
    Topic,
    /// A replica of a partition
    Partition,
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
    /// Groups
    Groups,
    /// Brokers, by id
    Brokers,
}

/// The guards that need no cluster.
const OFFLINE: [Code; 2] = [Code::SensitiveInClear, Code::MinIsrAboveReplicas];

/// The codes that `--allow` takes: a manifest truncates nothing.
pub(super) fn passable() -> Vec<String> {
    Code::guards()
        .filter(|code| code.pass() == Some(Pass::Allow) && *code != Code::TruncatesUnread)
        .map(|code| code.to_string())
        .collect()
}

pub(super) fn code(name: &str) -> Result<Code, String> {
    Code::guards()
        .find(|code| code.to_string() == name)
        .ok_or_else(|| format!("no guard has the code {name}"))
}

/// Reads a name that brokers are asked for.
pub(super) fn name(text: &str) -> Result<String, String> {
    match wire::check(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(long) => Err(format!("the name is {long}")),
    }
}

/// Reads `500ms`, `5s`, `2m` or `1h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
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
