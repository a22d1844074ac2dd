//! From a plan to an exit code: shows it, asks, applies it and shows the report.

use std::io::{BufRead, IsTerminal, stdin};
use std::path::Path;

use super::args::{ConsentArgs, Global, PlannedArgs};
use super::backup::kept::exit_of;
use super::connect::Connected;
use super::exit::{self, Exit, Failure, Written};
use super::shown_steps::ShownSteps;
use super::terminal::Terminal;
use super::{interrupted, print, signals};
use crate::apply::{ApplySettings, Report, Stop, What};
use crate::cluster::Cluster;
use crate::cluster::lease::Lease;
use crate::model::backup::Why;
use crate::ops::apply::{ApplyError, BackupFirst, Event, NotPrepared};
use crate::plan::{Plan, Severity, file};
use crate::view::text::path as shown;
use crate::{ops, view};

/// What is done with a plan.
#[derive(Clone, Copy, Default)]
pub(super) struct Handling<'a> {
    /// Whether to skip the confirmation.
    pub(super) yes: bool,
    /// Whether to show the plan and change nothing.
    pub(super) dry_run: bool,
    /// The file to save the plan to instead of applying it.
    pub(super) out: Option<&'a Path>,
    /// The `JUnit` file to write.
    pub(super) junit: Option<&'a Path>,
    /// The backup to take before the first write.
    pub(super) backup: Option<BackupFirst>,
    /// The cluster's lock, if it is held.
    pub(super) lease: Option<&'a dyn Lease>,
}

impl From<&ConsentArgs> for Handling<'_> {
    fn from(args: &ConsentArgs) -> Self {
        Self {
            yes: args.yes,
            dry_run: args.dry_run,
            ..Self::default()
        }
    }
}

impl<'a> From<&'a PlannedArgs> for Handling<'a> {
    fn from(args: &'a PlannedArgs) -> Self {
        Self {
            out: args.out.as_deref(),
            ..Self::from(&args.consent)
        }
    }
}

/// Shows a plan, saves it, or asks and applies it.
pub(super) async fn carry_out(
    global: &Global,
    handling: impl Into<Handling<'_>>,
    terminal: &Terminal,
    connected: &Connected,
    plan: &Plan,
) -> anyhow::Result<Exit> {
    let handling = handling.into();
    if handling.dry_run || handling.out.is_some() {
        return show_only(handling.out, plan, terminal);
    }
    let junit = handling.junit.map(print::File::open).transpose()?;
    let told = interrupted::tell(global, &*connected.cluster, &plan.cluster_id, terminal).await;
    let stop = match agree(connected, plan, None, handling.yes, terminal).await {
        Err(error) if stops(plan).is_some() => {
            if let Some(junit) = junit {
                junit.write(&view::junit::plan(plan), false)?;
            }
            return Err(error);
        }
        agreed => agreed?,
    };
    for (apply, read_back) in told {
        print::event(terminal, What::Interrupted { apply, read_back });
    }
    let settings = ApplySettings {
        lease: handling.lease,
        ..settings(global, &stop)?
    };
    let cluster = &*connected.cluster;
    let report = execute(cluster, plan, settings, handling.backup, terminal).await?;
    interrupted::resolve(global, &plan.cluster_id, terminal);
    if !plan.is_empty() || terminal.output.is_data() {
        terminal.show(
            |terminal| view::report::report(terminal.out, &report),
            || view::report::report_json(plan, &report),
        );
    }
    if let Some(id) = &report.reset {
        way_back(id, terminal);
    }
    if let Some(junit) = junit
        && let Err(error) = junit.write(&view::junit::report(&report), false)
    {
        print::missed(terminal, &error);
    }
    Ok(Exit::of_report(&report))
}

/// Shows a plan, and saves it if a file is named.
fn show_only(out: Option<&Path>, plan: &Plan, terminal: &Terminal) -> anyhow::Result<Exit> {
    terminal.show(
        |terminal| view::plan::plan(terminal.out, plan),
        || view::json::document(plan),
    );
    if let Some(exit) = stops(plan) {
        return Ok(exit);
    }
    if let Some(path) = out {
        keep(path, plan, terminal)?;
    }
    Ok(Exit::Done)
}

/// Saves a plan to a file, for `apply`.
///
/// # Errors
/// The file cannot be written.
pub(super) fn keep(path: &Path, plan: &Plan, terminal: &Terminal) -> anyhow::Result<()> {
    let text = file::to_text(plan);
    print::File::open(path)?.write(&text, file::has_secrets(plan))?;
    print::note(terminal, &format!("the plan is in {}", shown(path)));
    Ok(())
}

/// The exit code of a plan that cannot be applied at all; none if it can.
pub(super) fn stops(plan: &Plan) -> Option<Exit> {
    plan.stopping()
        .first()
        .map(|finding| match finding.severity {
            Severity::Unreadable => Exit::Unreachable,
            _ => Exit::Refused,
        })
}

/// The failure for a plan that is not applied at all.
fn stopped(plan: &Plan, exit: Exit) -> Failure {
    let failure = Failure::new(exit, ApplyError::stopped(plan).to_string());
    let findings = plan.stopping().into_iter();
    let mut hints: Vec<&str> = findings
        .filter_map(|finding| finding.hint.as_deref())
        .collect();
    hints.dedup();
    match hints.as_slice() {
        [] => failure,
        hints => failure.hint(hints.join("; ")),
    }
}

/// Shows a plan, and `announced`, which is done after it.
///
/// # Errors
/// The plan cannot be applied.
pub(super) fn show_plan(
    plan: &Plan,
    announced: Option<&str>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let is_empty = plan.is_empty() && plan.findings.is_empty();
    if !terminal.output.is_data() {
        if announced.is_none() || !is_empty {
            print::out(&view::plan::plan(terminal.out, plan));
        }
        print::out(announced.unwrap_or_default());
    }
    match stops(plan) {
        Some(exit) => Err(stopped(plan, exit)),
        None => Ok(()),
    }
}

/// Shows a plan, and `announced`, which is done after it, and asks for consent unless there is nothing to
/// do. Returns the stop that signals request from now on.
///
/// # Errors
/// The plan cannot be applied, or there is no consent.
pub(super) async fn agree(
    connected: &Connected,
    plan: &Plan,
    announced: Option<&str>,
    yes: bool,
    terminal: &Terminal,
) -> anyhow::Result<Stop> {
    show_plan(plan, announced, terminal)?;
    if !yes && (announced.is_some() || !plan.is_empty()) {
        confirm(connected, plan, terminal).await?;
    }
    Ok(signals::listen()?)
}

/// Asks for confirmation; without a terminal, refuses and names `--yes`.
async fn confirm(connected: &Connected, plan: &Plan, terminal: &Terminal) -> anyhow::Result<()> {
    if !terminal.interactive {
        let stream = if stdin().is_terminal() {
            "stderr"
        } else {
            "stdin"
        };
        let why = format!("nothing was applied: {stream} is not a terminal");
        let failure = Failure::new(Exit::Refused, why);
        return Err(failure.hint("pass `--yes` to apply without asking").into());
    }
    print::expect_shown()?;
    print::err(&view::text::escape(&format!(
        "apply this to cluster {} at {}? [y/N] ",
        plan.cluster_id, connected.address
    )));
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        stdin().lock().read_line(&mut line).map(|_| line)
    })
    .await??;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        return Err(Failure::new(Exit::Refused, "nothing was applied: not confirmed").into());
    }
    Ok(())
}

/// Settings without a lock.
pub(super) fn settings<'a>(
    global: &'a Global,
    stop: &'a Stop,
) -> anyhow::Result<ApplySettings<'a>> {
    let shelves = global.environment.shelves()?;
    Ok(ApplySettings::new(global.timeout, shelves, stop))
}

/// Applies a plan, and shows its progress.
pub(super) async fn execute(
    cluster: &dyn Cluster,
    plan: &Plan,
    settings: ApplySettings<'_>,
    backup: Option<BackupFirst>,
    terminal: &Terminal,
) -> anyhow::Result<Report> {
    let mut shown = ShownSteps::new(terminal, plan.steps.len());
    let emit = &mut |event: Event<'_>| shown.event(event);
    let report = ops::apply(cluster, plan, settings, backup, emit).await;
    shown.clear();
    let report = report.map_err(not_begun)?;
    if let Some(id) = report.backup.as_ref().filter(|_| terminal.verbose) {
        let command = match backup.map(|wanted| wanted.reason) {
            Some(Why::Apply) => "rollback",
            _ => "backup restore",
        };
        let words = format!("to take it back: tonkafka {command} {id}");
        print::note(terminal, &words);
    }
    Ok(report)
}

/// Says how a change of committed offsets is undone.
pub(super) fn way_back(id: &str, terminal: &Terminal) {
    let words = format!("to take it back: tonkafka reset-offsets undo {id}");
    print::note(terminal, &words);
}

/// The exit code and hint for a plan that was not started.
fn not_begun(error: ApplyError) -> anyhow::Error {
    match error {
        ApplyError::NotStarted(error) => error.into(),
        ApplyError::Stopped { .. } => Failure::new(Exit::Refused, error.to_string()).into(),
        ApplyError::Backup(ref cause) => {
            let failure = Failure::new(exit_of(cause), error.to_string());
            let hint = "to go on without one, pass `--no-backup`";
            failure.hint(hint).into()
        }
    }
}

/// The exit code of a command that writes no records, because the plan before them is not done. `so_far`
/// says what is left of so many created topics.
pub(super) fn unprepared(
    error: NotPrepared,
    so_far: impl FnOnce(usize) -> String,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let message = error.to_string();
    match error {
        NotPrepared::NotStarted(error) => Err(not_begun(error)),
        NotPrepared::Undone(report) => {
            terminal.show(
                |terminal| view::report::report(terminal.out, &report),
                || view::json::document(&*report),
            );
            Ok(Exit::of_report(&report))
        }
        NotPrepared::Others { made, .. } => {
            let hint = "see who writes to it; the same command looks at what is there then";
            let failure = Failure::new(Exit::Refused, message).hint(hint);
            let written = Written {
                changed: made > 0,
                ..Written::default()
            };
            Err(exit::after(failure.into(), written, &so_far(made), hint))
        }
    }
}
