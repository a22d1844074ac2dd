//! Arguments that several commands share, and those of the small commands.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args as Group, Subcommand, ValueEnum};

use super::asked::AccessArgs;
use super::completed::Completed;
use super::environment::Environment;
use crate::backup::shelf::KEPT;
use crate::cluster::contexts::AllowedRisks;
use crate::local::{Engine, LocalProfile};
use crate::model::wire;
use crate::plan::{Code, Pass};
use crate::view::log_dirs::LogDirsBy;
use crate::view::schema::SCHEMAS;

/// Options of every command.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Debug, Group)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// Brokers to contact first, as host:port,host:port [env: `TONKAFKA_BOOTSTRAP_SERVER`]
    #[arg(short = 'b', long, global = true, value_name = "HOST:PORT,…")]
    pub(super) bootstrap_server: Option<String>,
    /// Client properties file, with Apache's or librdkafka's keys [env: `TONKAFKA_COMMAND_CONFIG`]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) command_config: Option<PathBuf>,
    /// Cluster to use, by its name in `tonkafka context` [env: `TONKAFKA_CONTEXT`]
    #[arg(long, global = true, value_name = "NAME", add = Completed::Contexts)]
    pub(super) context: Option<String>,
    /// Allow a login without encryption to brokers on other machines
    #[arg(long, global = true)]
    pub(super) allow_plaintext_login: bool,
    /// Allow properties that turn off the verification of brokers' certificates
    #[arg(long, global = true)]
    pub(super) allow_unverified_tls: bool,
    /// How long to wait for a connection, a response or a verification, such as 5s or 2m
    #[arg(long, global = true, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub(super) timeout: Duration,
    /// Format of stdout
    #[arg(short, long, global = true, value_enum, default_value_t = Output::Text, value_name = "FORM")]
    pub(super) output: Output,
    /// When to use colours; `NO_COLOR` turns `auto` off
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(super) color: Colour,
    /// Print only errors on stderr
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Print more on stderr
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "quiet",
        overrides_with = "verbose"
    )]
    pub(super) verbose: bool,
    /// Show no progress
    #[arg(long, global = true)]
    pub(super) no_progress: bool,
    #[arg(skip = Environment::read())]
    pub(super) environment: Environment,
}

impl Global {
    pub(super) fn allowed(&self) -> AllowedRisks {
        AllowedRisks {
            plaintext_login: self.allow_plaintext_login,
            unverified_tls: self.allow_unverified_tls,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// The same document as YAML
    Yaml,
    /// A comment for a pull request; only for `plan`
    Markdown,
    /// For people, with all columns; only for `describe` and `lag`
    Wide,
}

impl Output {
    pub(super) fn is_data(self) -> bool {
        matches!(self, Self::Json | Self::Yaml)
    }

    /// The format that words ask for, if the rest of them cannot be parsed.
    pub(super) fn of_words(words: impl IntoIterator<Item = String>) -> Self {
        let mut words = words.into_iter().take_while(|word| word != "--");
        let mut asked = Self::Text;
        while let Some(word) = words.next() {
            let value = match word.as_str() {
                "-o" | "--output" => words.next(),
                word => word
                    .strip_prefix("--output=")
                    .or_else(|| Some(word.strip_prefix("-o")?.trim_start_matches('=')))
                    .map(str::to_owned),
            };
            let output = value.and_then(|value| Self::from_str(&value, false).ok());
            asked = output.unwrap_or(asked);
        }
        asked
    }
}

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
pub(super) enum ContextCommand {
    /// List all contexts; `*` marks the current one
    List,
    /// Choose the context that commands use by default
    Use {
        /// Name of the context
        #[arg(value_name = "NAME", add = Completed::Contexts)]
        name: String,
    },
    /// Show a context and the file that holds it
    Show {
        /// Name of the context; by default, the cluster that commands would use
        #[arg(value_name = "NAME", add = Completed::Contexts)]
        name: Option<String>,
    },
    /// Connect, and show which cluster answers
    Test {
        /// Name of the context; by default, the cluster that commands would use
        #[arg(value_name = "NAME", add = Completed::Contexts)]
        name: Option<String>,
    },
    /// Name a cluster: `context add NAME -b HOST:PORT --command-config FILE`
    Add {
        /// Name of the context: letters, digits, `.`, `_` and `-`
        #[arg(value_name = "NAME")]
        name: String,
        /// Make this the current context
        #[arg(long)]
        r#use: bool,
        /// Replace the context if it exists; settings that are not given again are lost
        #[arg(long)]
        replace: bool,
    },
    /// Remove a context; files that it names stay
    #[command(visible_alias = "delete")]
    Remove {
        /// Name of the context
        #[arg(value_name = "NAME", add = Completed::Contexts)]
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Render {
    /// A Docker Compose file that starts the manifest's broker and creates its topics
    Compose {
        #[command(flatten)]
        manifest: ManifestArgs,
        /// What the file starts
        #[arg(long, value_enum, default_value_t = LayoutArg::Single, value_name = "LAYOUT")]
        layout: LayoutArg,
        #[command(flatten)]
        profile: ProfileArgs,
        /// Directory in which to create missing certificates and passwords for --profile secure
        #[arg(long, value_name = "DIR")]
        secrets: Option<PathBuf>,
    },
    /// The JSON Schema of manifests or of a document that this program prints
    Schema {
        /// What the schema describes
        #[arg(value_parser = schemas(), default_value = "manifest", value_name = "KIND")]
        kind: String,
    },
    /// A Markdown page of all keys of Kafka or its clients, or of all fields of manifests
    Reference {
        /// What the page lists
        #[arg(value_enum, value_name = "KIND")]
        kind: ReferenceArg,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReferenceArg {
    /// Keys of topics and brokers
    Keys,
    /// Fields of manifests
    Manifest,
    /// Keys of a client's properties file; with `-o json`, as data
    ClientProperties,
}

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
pub(super) struct UpArgs {
    #[command(flatten)]
    pub(super) manifest: ManifestArgs,
    /// What runs Kafka; auto uses Docker if it answers
    #[arg(long, value_enum, default_value_t = Engine::Auto, value_name = "ENGINE")]
    pub(super) engine: Engine,
    #[command(flatten)]
    pub(super) profile: ProfileArgs,
    /// Port for clients instead of the manifest's; other ports are then chosen freely
    #[arg(long, value_name = "PORT")]
    pub(super) port: Option<u16>,
    /// Data directory of a native broker
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Kafka version of a native broker
    #[arg(long, value_name = "VERSION")]
    pub(super) kafka_version: Option<String>,
}

#[derive(Debug, Group)]
pub(super) struct ProfileArgs {
    /// How the cluster is set up; several profiles are combined
    #[arg(
        long,
        value_enum,
        default_value = "single",
        value_delimiter = ',',
        value_name = "PROFILE,…"
    )]
    profile: Vec<LocalProfile>,
}

impl ProfileArgs {
    /// Whether the cluster is secure.
    pub(super) fn is_secure(&self) -> bool {
        self.profile.contains(&LocalProfile::Secure)
    }
}

#[derive(Debug, Group)]
pub(super) struct ManifestArgs {
    /// Manifest: a file, a directory of YAML files, a quoted glob, or - for stdin; may be repeated
    #[arg(
        short,
        long = "file",
        value_name = "FILE",
        default_value = "topics.yaml"
    )]
    pub(super) file: Vec<PathBuf>,
    /// Use this environment of the manifest
    #[arg(long, value_name = "NAME", add = Completed::Environments)]
    pub(super) env: Option<String>,
}

impl ManifestArgs {
    /// The manifest that commands use when none is named.
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
    /// Let these guards through, of those that need no cluster; may be repeated
    #[arg(
        long,
        value_name = "CODE,…",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(OFFLINE.map(|code| code.to_string())).try_map(|name| code(&name))
    )]
    pub(super) allow: Vec<Code>,
}

#[derive(Debug, Group)]
pub(super) struct ScopeArgs {
    #[command(flatten)]
    pub(super) manifest: ManifestArgs,
    /// Only topics and principals whose names match; leaves out settings of brokers; may be repeated
    #[arg(long, value_name = "GLOB", add = Completed::ManifestTopics)]
    pub(super) only: Vec<String>,
    /// Allow this many topics to be deleted, with their records
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) allow_delete: usize,
    /// Let these guards through, by the codes in the refusal; may be repeated
    #[arg(
        long,
        value_name = "CODE,…",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(passable()).try_map(|name| code(&name))
    )]
    pub(super) allow: Vec<Code>,
    /// Delete undeclared topics, ACLs and quotas that the manifest owns; --allow-delete counts topics
    #[arg(long, conflicts_with = "only")]
    pub(super) delete_orphans: bool,
    /// Remove undeclared settings from declared topics and brokers
    #[arg(long)]
    pub(super) prune_configs: bool,
    /// Write sensitive values again although they are set; they cannot be compared
    #[arg(long)]
    pub(super) rewrite_sensitive: bool,
}

#[derive(Debug, Group)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) scope: ScopeArgs,
    /// Save the plan to this file, for `apply FILE`
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Validate steps on the brokers, without writing anything: all but deletions, ACLs and quotas
    #[arg(long)]
    pub(super) validate_on_broker: bool,
    /// Write a `JUnit` file too, with a test case for each step and finding
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Exit with 3 if apply would change anything
    #[arg(long)]
    pub(super) exit_code: bool,
    /// Exit with 3 also for differences that apply cannot remove
    #[arg(long)]
    pub(super) strict: bool,
}

#[derive(Debug, Group)]
pub(super) struct ApplyArgs {
    /// Plan file of `plan --out`: applied exactly as saved, or refused if the cluster changed
    #[arg(value_name = "PLANFILE", conflicts_with_all = [
        "only", "allow_delete", "allow", "delete_orphans", "prune_configs", "rewrite_sensitive",
    ])]
    pub(super) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(super) scope: ScopeArgs,
    /// Do not ask for confirmation
    #[arg(long)]
    pub(super) yes: bool,
    /// Write a `JUnit` file too, with a test case for each step
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Take no backup before the first write
    #[arg(long, conflicts_with = "keep_backups")]
    pub(super) no_backup: bool,
    /// How many backups taken before a change to keep for each cluster
    #[arg(long, value_name = "N", default_value_t = KEPT)]
    pub(super) keep_backups: usize,
    /// Hold the cluster's lock while applying; exit with 8 if another apply holds it
    #[arg(long)]
    pub(super) lock: bool,
    /// How long to wait for the lock
    #[arg(long, value_name = "DURATION", requires = "lock", value_parser = duration)]
    pub(super) lock_timeout: Option<Duration>,
}

/// Whether to apply a plan.
#[derive(Debug, Group)]
pub(super) struct ConsentArgs {
    /// Do not ask for confirmation
    #[arg(long)]
    pub(super) yes: bool,
    /// Show the plan and change nothing
    #[arg(long, conflicts_with = "yes")]
    pub(super) dry_run: bool,
}

/// What to do with a plan.
#[derive(Debug, Group)]
pub(super) struct PlannedArgs {
    #[command(flatten)]
    pub(super) consent: ConsentArgs,
    /// Save the plan to this file for `apply FILE`, and change nothing
    #[arg(long, value_name = "FILE", conflicts_with = "yes")]
    pub(super) out: Option<PathBuf>,
}

/// Records that a copy may leave out.
#[derive(Debug, Group)]
pub(super) struct LackingArgs {
    /// Exit with 0 although open transactions hold back records, which are left out
    #[arg(long)]
    pub(super) allow_open_transactions: bool,
    /// Accept offsets that brokers return no record for as gaps, as in once compacted topics
    #[arg(long)]
    pub(super) accept_gaps: bool,
}

impl LackingArgs {
    /// How long to wait for transactions that are open at the start.
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
    /// Manifest: a file, a directory of YAML files, a quoted glob, or - for stdin; may be repeated
    #[arg(
        short,
        long = "file",
        global = true,
        value_name = "FILE",
        default_value = "topics.yaml"
    )]
    file: Vec<PathBuf>,
    /// Use this environment of the manifest
    #[arg(long, global = true, value_name = "NAME", add = Completed::Environments)]
    env: Option<String>,
    /// Columns of the table, in order
    #[arg(long, global = true, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(super) columns: Vec<String>,
    /// Sort the rows by a column; :desc puts the largest first
    #[arg(long, global = true, value_name = "COLUMN[:desc]")]
    pub(super) sort: Option<String>,
    /// Refresh until Ctrl-C
    #[arg(long, global = true)]
    pub(super) watch: bool,
    /// How long to wait between two refreshes
    #[arg(long, global = true, value_name = "DURATION", default_value = "2s", value_parser = duration)]
    pub(super) interval: Duration,
    #[command(subcommand)]
    pub(super) what: Option<Describe>,
}

impl DescribeArgs {
    /// The manifest to compare with.
    pub(super) fn manifest(&self) -> ManifestArgs {
        ManifestArgs {
            file: self.file.clone(),
            env: self.env.clone(),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Describe {
    /// All topics, or those that the filters select
    Topics(TopicsArgs),
    /// Topics in detail: partitions with offsets, settings with sources
    Topic {
        /// Names of the topics
        #[arg(required = true, value_name = "NAME", value_parser = name, add = Completed::Topics)]
        names: Vec<String>,
        /// Show default settings too
        #[arg(long)]
        all: bool,
    },
    /// The brokers
    Brokers,
    /// Settings of one broker, with their sources
    Broker {
        /// Id of the broker
        #[arg(value_name = "ID", value_parser = clap::value_parser!(i32).range(0..), add = Completed::Brokers)]
        id: i32,
        /// Show default settings too
        #[arg(long)]
        all: bool,
    },
    /// The cluster: health, features, settings of all brokers
    Cluster,
    /// All groups, with the topics they read and their lag
    Groups,
    /// Groups in detail: members with their assignments, partitions with committed offsets
    Group {
        /// Ids of the groups
        #[arg(required = true, value_name = "NAME", value_parser = name, add = Completed::Groups)]
        names: Vec<String>,
    },
    /// Log directories: their sizes, and how full the disks are
    LogDirs(LogDirsArgs),
    /// The controller quorum: leader, voters, observers and their lag
    Quorum,
    /// The request versions that brokers support, and their features
    ApiVersions,
    /// ACLs: who may do what
    Acls,
    /// Who may do what, by which ACL: of principals, or with a resource
    Access(AccessArgs),
    /// Users with SCRAM credentials: their mechanisms, never a secret
    Users,
    /// Quotas of users, client ids and IP addresses
    Quotas,
}

#[derive(Debug, Group)]
pub(super) struct LogDirsArgs {
    /// What a row shows [default: directory, or partition with --topic]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(super) by: Option<LogDirsBy>,
    /// Only logs of this topic; may be repeated
    #[arg(long, value_name = "NAME", value_parser = name, add = Completed::Topics)]
    pub(super) topic: Vec<String>,
    /// Only this broker; may be repeated
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(i32).range(0..), add = Completed::Brokers)]
    pub(super) broker: Vec<i32>,
}

/// The filters of kafka-topics. A row matches if any of them does.
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
#[derive(Debug, Group)]
pub(super) struct TopicsArgs {
    /// Only partitions whose ISR lacks a replica
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
    /// Only topics with settings of their own
    #[arg(long)]
    pub(super) topics_with_overrides: bool,
    /// Leave out Kafka's internal topics
    #[arg(long)]
    pub(super) exclude_internal: bool,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum List {
    /// Topics
    Topics {
        /// Leave out Kafka's internal topics
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

/// The codes that `--allow` takes, without that of truncation: manifests truncate nothing.
pub(super) fn passable() -> Vec<String> {
    Code::guards()
        .filter(|code| code.pass() == Some(Pass::Allow) && *code != Code::TruncatesUnread)
        .map(|code| code.to_string())
        .collect()
}

/// The guards that flags let through.
pub(super) fn passed<const N: usize>(flags: [(bool, Code); N]) -> BTreeSet<Code> {
    let passed = flags.into_iter().filter(|(is_passed, _)| *is_passed);
    passed.map(|(_, code)| code).collect()
}

pub(super) fn code(name: &str) -> Result<Code, String> {
    Code::guards()
        .find(|code| code.to_string() == name)
        .ok_or_else(|| format!("no guard has the code {name}"))
}

/// Parses a name that fits into a request.
pub(super) fn name(text: &str) -> Result<String, String> {
    match wire::check(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(long) => Err(format!("the name is {long}")),
    }
}

/// Parses a duration such as `500ms`, `5s`, `2m` or `1h`, of at most a day.
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
