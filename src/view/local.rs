//! The local cluster: its progress, state and addresses.

use std::fmt::Write as _;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::json::of_kind;
use super::style::Look;
use super::table::table;
use super::text::{count, escape, path as shown};
use crate::apply::Report;
use crate::local::secure::Secured;
use crate::local::state::{RunningEngine, StartedCluster};
use crate::local::{Down, LocalEvent, LocalStatus};
use crate::model::units::{Unit, human};

/// An event of starting or stopping, in one line.
#[must_use]
pub fn event(event: &LocalEvent) -> String {
    match event {
        LocalEvent::CheckingDocker => "asking whether Docker answers".to_owned(),
        LocalEvent::CheckingJava => "looking for Java".to_owned(),
        LocalEvent::FetchingKafka { version } => {
            format!("fetching Kafka {} (once)", escape(version))
        }
        LocalEvent::FoundDead { pid: Some(pid) } => {
            format!(
                "process {pid} of an earlier cluster ended without `down`; its data is used again"
            )
        }
        LocalEvent::FoundDead { pid: None } => {
            "an earlier cluster ended without `down`; its data is used again".to_owned()
        }
        LocalEvent::FoundHalfFormatted { data_dir } => {
            format!(
                "an earlier start was cut off; formatting {} anew",
                shown(data_dir)
            )
        }
        LocalEvent::Formatting { data_dir } => format!("formatting {}", shown(data_dir)),
        LocalEvent::Starting { engine, bootstrap } => {
            format!("starting Kafka at {bootstrap} ({})", engine_word(*engine))
        }
        LocalEvent::Waiting { elapsed } => format!("waiting for Kafka, {} s", elapsed.as_secs()),
        LocalEvent::Ready { elapsed } => format!("ready after {:.1} s", elapsed.as_secs_f64()),
        LocalEvent::Stopping { engine } => format!("stopping Kafka ({})", engine_word(*engine)),
        LocalEvent::Killing { pid } => format!("it did not end when asked; killing process {pid}"),
        LocalEvent::DeletingData {
            data_dir: Some(data_dir),
        } => format!("deleting {}", shown(data_dir)),
        LocalEvent::DeletingData { data_dir: None } => "deleting the volume".to_owned(),
    }
}

fn engine_word(engine: RunningEngine) -> &'static str {
    match engine {
        RunningEngine::Docker => "Docker",
        RunningEngine::Native => "native",
    }
}

/// What runs, and where.
#[must_use]
pub fn record(look: Look, record: &StartedCluster) -> String {
    let mut rows = vec![
        row("Kafka", &record.kafka_version),
        row("clients", &record.bootstrap),
    ];
    for (name, port) in &record.ports {
        rows.push(row(&format!("port {name}"), &port.to_string()));
    }
    rows.push(row("engine", engine_word(record.engine)));
    if let Some(process) = record.process {
        rows.push(row("process", &process.pid.to_string()));
    }
    for (name, path) in [("data", &record.data_dir), ("log", &record.log)] {
        if let Some(path) = path {
            rows.push(row(name, &shown(path)));
        }
    }
    rows.push(row("started", &record.started_at));
    rows.extend(record.security.iter().flat_map(secured));
    table(look, &["WHAT", "WHERE"], &[], rows)
}

/// How clients connect to a secure cluster.
fn secured(secured: &Secured) -> Vec<Vec<String>> {
    let Secured {
        protocol,
        mechanism,
        certificates_until,
        ..
    } = secured;
    let mut rows = vec![
        row("protocol", &format!("{protocol} with {mechanism}")),
        row("certificates", &format!("until {certificates_until}")),
    ];
    for (user, file) in &secured.users {
        rows.push(row(&format!("user {user}"), &shown(file)));
    }
    rows
}

fn row(what: &str, text: &str) -> Vec<String> {
    vec![what.to_owned(), escape(text)]
}

/// Commands to try next. `context` is the name of the context for a secure cluster.
#[must_use]
pub fn next(look: Look, record: &StartedCluster, context: Option<&str>) -> String {
    let admin = record
        .security
        .as_ref()
        .map(|secured| shown(&secured.admin()));
    let at = match (context, &admin) {
        (Some(name), _) => format!(" --context {name}"),
        (None, Some(file)) => format!(" --command-config {file}"),
        (None, None) if record.bootstrap == "localhost:9092" => String::new(),
        (None, None) => format!(" -b {}", record.bootstrap),
    };
    let mut text = format!("\n{}\n", look.strong("try next:"));
    let commands = [
        (
            format!("tonkafka describe{at}"),
            "the topics and their health",
        ),
        (
            format!("tonkafka plan{at}"),
            "after a change of the manifest",
        ),
        (
            "tonkafka down".to_owned(),
            "stop it; `--delete-data` starts afresh",
        ),
    ];
    let width = commands.iter().map(|(command, _)| command.len()).max();
    let width = width.unwrap_or(0);
    for (command, purpose) in &commands {
        let _ = writeln!(text, "  {command:width$}  {}", look.faint(purpose));
    }
    if let Some(file) = admin {
        let title = look.strong("with Kafka's own tools:");
        let (tool, at) = (
            "kafka-topics.sh --list --bootstrap-server",
            &record.bootstrap,
        );
        let _ = writeln!(text, "{title}\n  {tool} {at} --command-config {file}");
    }
    text
}

/// The result of applying the manifest.
#[must_use]
pub fn applied(topics: usize, changes: usize) -> String {
    let topics = count(topics, "topic");
    let changes = count(changes, "change");
    format!("\nmanifest: {topics} as declared and verified, {changes} written\n")
}

/// The time of a record's round trip, in words.
#[must_use]
pub fn round_trip(time: std::time::Duration) -> String {
    let ms = time.as_millis().to_string();
    human(&ms, Unit::Milliseconds).unwrap_or_else(|| format!("{ms} ms"))
}

/// The state as text.
#[must_use]
pub fn status(look: Look, status: &LocalStatus) -> String {
    match status {
        LocalStatus::NotRunning => "no local cluster runs; `tonkafka up` starts one\n".to_owned(),
        LocalStatus::Running(running) => {
            format!("{}\n{}", look.added("running"), record(look, running))
        }
        LocalStatus::Died {
            record: dead,
            last_lines,
        } => {
            let lines: Vec<String> = last_lines
                .lines()
                .map(|line| format!("  {}\n", escape(line)))
                .collect();
            let lines = lines.concat();
            format!(
                "{}; the last lines of its log:\n{lines}\n{}",
                look.removed("died"),
                record(look, dead)
            )
        }
    }
}

/// Whether the local cluster runs.
#[derive(Serialize, JsonSchema)]
#[serde(
    tag = "state",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum LocalStatusDocument<'a> {
    /// Never started, or stopped.
    NotRunning,
    /// Running.
    Running { cluster: &'a StartedCluster },
    /// Started, and ended by itself.
    Died {
        cluster: &'a StartedCluster,
        /// The last lines of its log, at most 15.
        last_lines: &'a str,
    },
}

/// The state as JSON.
#[must_use]
pub fn status_json(status: &LocalStatus) -> String {
    let fields = match status {
        LocalStatus::NotRunning => LocalStatusDocument::NotRunning,
        LocalStatus::Running(cluster) => LocalStatusDocument::Running { cluster },
        LocalStatus::Died { record, last_lines } => LocalStatusDocument::Died {
            cluster: record,
            last_lines,
        },
    };
    of_kind("LocalStatus", &fields)
}

/// A local cluster after `up`.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "camelCase")]
pub(super) enum LocalUpDocument<'a> {
    /// The cluster was started, and the manifest applied.
    Started {
        cluster: &'a StartedCluster,
        report: &'a Report,
    },
    /// The cluster was running already.
    AlreadyRunning {
        cluster: &'a StartedCluster,
        /// How many steps an apply of the manifest would take.
        pending: usize,
    },
}

/// A started cluster with the report of the apply, as JSON.
#[must_use]
pub fn started_json(cluster: &StartedCluster, report: &Report) -> String {
    of_kind("LocalUp", &LocalUpDocument::Started { cluster, report })
}

/// A cluster that was running already, with the number of pending steps, as JSON.
#[must_use]
pub fn already_running_json(cluster: &StartedCluster, pending: usize) -> String {
    of_kind(
        "LocalUp",
        &LocalUpDocument::AlreadyRunning { cluster, pending },
    )
}

/// What `down` stopped and deleted, and the context that it removed.
#[must_use]
pub fn down(down: &Down, context: Option<&str>) -> String {
    let removed = context.map(|name| format!("removed the context `{name}`\n"));
    let stopped = match &down.stopped {
        Some(record) => format!("stopped the cluster at {}\n", record.bootstrap),
        None => "no local cluster was running\n".to_owned(),
    };
    let deleted = down.deleted.as_ref();
    let deleted = deleted.map(|path| format!("deleted {}\n", shown(path)));
    [Some(stopped), deleted, removed]
        .into_iter()
        .flatten()
        .collect()
}

/// What `down` did.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LocalDownDocument<'a> {
    /// The cluster that was stopped.
    stopped: Option<&'a StartedCluster>,
    /// The data directory that was deleted.
    deleted_data: Option<&'a Path>,
    /// The context that was removed.
    removed_context: Option<&'a str>,
}

/// What `down` did, as JSON.
#[must_use]
pub fn down_json(down: &Down, context: Option<&str>) -> String {
    let fields = LocalDownDocument {
        stopped: down.stopped.as_ref(),
        deleted_data: down.deleted.as_deref(),
        removed_context: context,
    };
    of_kind("LocalDown", &fields)
}
