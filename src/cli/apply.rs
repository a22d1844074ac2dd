//! `apply`: plan, confirm, apply, verify.

use std::io::{BufRead, IsTerminal, stdin};
use std::path::Path;
use std::time::{Duration, Instant};

use super::args::{ApplyArgs, Global, Output};
use super::backup::kept::{exit_of, told};
use super::connect::{self, Connected};
use super::exit::{Exit, Failure};
use super::plan::{prepare, stops};
use super::sent::Sent;
use super::signals::{self, Signals};
use super::terminal::Terminal;
use super::{interrupted, manifest, print};
use crate::apply::{ApplyEvent, Execution, NotStarted, Report, What};
use crate::cluster::Cluster;
use crate::cluster::lease::{Holder, Lease, LeaseError};
use crate::model::backup::{Backup, Why};
use crate::ops::apply::{ApplyError, ApplySettings, BackupFirst, Event};
use crate::plan::{Action, Code, Plan, Severity, file};
use crate::view::progress::Progress;
use crate::view::text::{escape, path as shown};
use crate::{ops, store, view};

/// The least time between two notes that the executor waits for a controller quota.
const BETWEEN_WAITS: Duration = Duration::from_secs(10);

/// The largest plan file that is read, in MiB.
const LARGEST_PLAN: u64 = 64;

pub(super) async fn run(
    global: &Global,
    args: &ApplyArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    if let Some(path) = &args.plan {
        let (connected, plan) = saved(global, args, path).await?;
        let lease = lease(&*connected.cluster, args).await?;
        let ended = carry_out(
            global,
            &args.how(),
            terminal,
            &connected,
            &plan,
            lease.as_deref(),
        )
        .await;
        release(lease).await;
        ended
    } else {
        let prepared = prepare(global, &args.scope).await?;
        let connected = &prepared.connected;
        let lease = lease(&*connected.cluster, args).await?;
        let ended = match prepared.plan().await {
            Ok(plan) => {
                carry_out(
                    global,
                    &args.how(),
                    terminal,
                    connected,
                    &plan,
                    lease.as_deref(),
                )
                .await
            }
            Err(error) => Err(error),
        };
        release(lease).await;
        ended
    }
}

/// Takes the cluster's lock for `--lock`, before the plan is made: it cannot get stale then.
async fn lease(
    cluster: &dyn Cluster,
    args: &ApplyArgs,
) -> Result<Option<Box<dyn Lease>>, LeaseError> {
    if !args.lock {
        return Ok(None);
    }
    let patience = args.lock_timeout.unwrap_or_default();
    cluster.lease(&holder(), patience).await.map(Some)
}

async fn release(lease: Option<Box<dyn Lease>>) {
    if let Some(lease) = lease {
        lease.release().await;
    }
}

/// This process, as shown to others that wait for the lock.
fn holder() -> Holder {
    let user = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok());
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    Holder {
        user: user.unwrap_or_else(|| format!("user {}", rustix::process::getuid().as_raw())),
        host,
        process: std::process::id(),
        since: jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string(),
    }
}

/// How a plan is carried out.
pub(super) struct How<'a> {
    /// Whether to skip the confirmation.
    pub(super) yes: bool,
    /// The `JUnit` file to write.
    pub(super) junit: Option<&'a Path>,
    /// The backup to take before the first write.
    pub(super) backup: Option<BackupFirst>,
}

impl ApplyArgs {
    fn how(&self) -> How<'_> {
        How {
            yes: self.yes,
            junit: self.junit.as_deref(),
            backup: (!self.no_backup).then_some(BackupFirst {
                reason: Why::Apply,
                kept: self.keep_backups,
            }),
        }
    }
}

/// Shows a plan, asks, applies it and shows the report.
pub(super) async fn carry_out(
    global: &Global,
    how: &How<'_>,
    terminal: &Terminal,
    connected: &Connected,
    plan: &Plan,
    lease: Option<&dyn Lease>,
) -> anyhow::Result<Exit> {
    let junit = how.junit.map(print::File::open).transpose()?;
    let told = interrupted::tell(global, &*connected.cluster, &plan.cluster_id, terminal).await;
    if terminal.output == Output::Text {
        print::out(&view::plan::plan(terminal.out, plan));
    }
    if let Some(exit) = stops(plan) {
        if let Some(junit) = junit {
            junit.write(&view::junit::plan(plan), false)?;
        }
        return Err(stopped(plan, exit).into());
    }
    if !plan.is_empty() && !how.yes {
        confirm(connected, plan, terminal).await?;
    }
    for (apply, read_back) in told {
        print::event(terminal, What::Interrupted { apply, read_back });
    }
    let signals = signals::listen()?;
    let means = Executing {
        lease,
        backup: how.backup,
        ..Executing::on(&*connected.cluster, &signals)
    };
    let report = execute(means, plan, global, terminal).await?;
    interrupted::resolve(global, &plan.cluster_id, terminal);
    if !plan.is_empty() || terminal.output.is_data() {
        show(plan, &report, terminal);
    }
    if let Some(id) = &report.reset {
        let words = format!("to take it back: tonkafka reset-offsets undo {id}");
        print::note(terminal, &words);
    }
    if let Some(junit) = junit
        && let Err(error) = junit.write(&view::junit::report(&report), false)
    {
        print::missed(terminal, &error);
    }
    Ok(Exit::of_report(&report))
}

/// The plan in a file, and the cluster that the settings name. The manifest, if there is one, gives
/// the address and the secret values, which a plan file leaves out.
async fn saved(
    global: &Global,
    args: &ApplyArgs,
    path: &Path,
) -> anyhow::Result<(Connected, Plan)> {
    let text =
        store::read_text(path, LARGEST_PLAN).map_err(|error| bad_plan(path, &error.to_string()))?;
    let mut plan = file::from_text(&text).map_err(|error| bad_plan(path, &error.to_string()))?;
    // Guards that the plan let through are not checked again.
    let let_through = plan.findings_of(Severity::Allowed);
    let codes: Vec<Code> = let_through.map(|finding| finding.code).collect();
    let passing = manifest::asking(manifest::passing(&codes));
    let manifest = if file::has_secrets(&plan) {
        Some(manifest::read(&args.scope.manifest, passing)?)
    } else {
        manifest::read_if_there(&args.scope.manifest, passing)?
    };
    let desired = manifest.as_ref().map(|manifest| &manifest.desired);
    if let Some(desired) = desired {
        file::reveal(&mut plan, desired).map_err(|error| {
            Failure::new(Exit::Refused, error.to_string())
                .hint("pass the manifest that the plan was made from with `-f`")
        })?;
    }
    let connected = connect::open(global, desired).await?;
    Ok((connected, plan))
}

fn bad_plan(path: &Path, reason: &str) -> Failure {
    let message = format!("cannot use the plan {}: {reason}", shown(path));
    Failure::new(Exit::BadInput, message).hint("make it again with `tonkafka plan --out`")
}

/// The failure for a plan that is not applied at all.
pub(super) fn stopped(plan: &Plan, exit: Exit) -> Failure {
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

/// Asks for confirmation; without a terminal, refuses and names `--yes`.
pub(super) async fn confirm(
    connected: &Connected,
    plan: &Plan,
    terminal: &Terminal,
) -> anyhow::Result<()> {
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

/// What the executor needs beside the plan.
#[derive(Clone, Copy)]
pub(super) struct Executing<'a> {
    pub(super) cluster: &'a dyn Cluster,
    pub(super) lease: Option<&'a dyn Lease>,
    /// The backup to take before the first write.
    pub(super) backup: Option<BackupFirst>,
    pub(super) signals: &'a Signals,
    /// The name of the mirror that the plan belongs to.
    pub(super) mirror: Option<&'a str>,
}

impl<'a> Executing<'a> {
    /// Without a lock or a backup.
    pub(super) fn on(cluster: &'a dyn Cluster, signals: &'a Signals) -> Self {
        Self {
            cluster,
            lease: None,
            backup: None,
            signals,
            mirror: None,
        }
    }

    fn settings(self, global: &'a Global) -> anyhow::Result<ApplySettings<'a>> {
        Ok(ApplySettings {
            timeout: global.timeout,
            shelves: global.environment.shelves()?,
            stop: &self.signals.stop,
            lease: self.lease,
            backup: self.backup,
            mirror: self.mirror,
        })
    }
}

/// Applies a plan. Shows a progress bar on a terminal, else a line for each step.
pub(super) async fn execute(
    with: Executing<'_>,
    plan: &Plan,
    global: &Global,
    terminal: &Terminal,
) -> anyhow::Result<Report> {
    let settings = with.settings(global)?;
    let mut shown = ShownSteps::new(terminal, &with.signals.sent, plan.steps.len());
    let mut emit = |event: Event<'_>| shown.event(event);
    let report = ops::apply(with.cluster, plan, settings, &mut emit).await;
    shown.bar.clear();
    let report = report.map_err(not_begun)?;
    if let Some(id) = report.backup.as_ref().filter(|_| terminal.verbose) {
        let command = match with.backup.map(|wanted| wanted.reason) {
            Some(Why::Apply) => "rollback",
            _ => "backup restore",
        };
        let words = format!("to take it back: tonkafka {command} {id}");
        print::note(terminal, &words);
    }
    Ok(report)
}

/// Applies a plan as [`execute`] does. The returned execution carries out what the plan announces.
pub(super) async fn begin<'a>(
    with: Executing<'a>,
    plan: &Plan,
    global: &'a Global,
    terminal: &Terminal,
) -> anyhow::Result<Execution<'a>> {
    let settings = with.settings(global)?;
    let mut shown = ShownSteps::new(terminal, &with.signals.sent, plan.steps.len());
    let mut emit = |event: Event<'_>| shown.event(event);
    let begun = ops::begin(with.cluster, plan, settings, &mut emit).await;
    shown.bar.clear();
    begun.map_err(not_begun)
}

/// Applies a plan that an earlier one announced.
pub(super) async fn go_on(
    execution: &mut Execution<'_>,
    plan: &Plan,
    signals: &Signals,
    terminal: &Terminal,
) -> Result<(), NotStarted> {
    let mut shown = ShownSteps::new(terminal, &signals.sent, plan.steps.len());
    let mut emit = |event: ApplyEvent<'_>| shown.event(Event::Apply(event));
    let settled = execution.carry_out(plan, &mut emit).await.map(|_| ());
    shown.bar.clear();
    settled
}

/// Shows the events of an apply.
struct ShownSteps<'a> {
    terminal: &'a Terminal,
    sent: &'a Sent,
    bar: Progress,
    last_wait: Option<Instant>,
}

impl<'a> ShownSteps<'a> {
    fn new(terminal: &'a Terminal, sent: &'a Sent, steps: usize) -> Self {
        Self {
            terminal,
            sent,
            bar: terminal.bar(steps),
            last_wait: None,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        let event = match event {
            Event::Apply(event) => event,
            Event::BackedUp(backup) => return backed_up(backup, self.terminal),
        };
        print::event(self.terminal, event);
        match event {
            ApplyEvent::Sending(steps) => {
                self.sent.set();
                self.bar.say(format!("sending {}", steps.len()));
            }
            ApplyEvent::Throttled(steps, wait) => {
                let words = view::report::throttled(steps, wait);
                self.bar.say(words.clone());
                let last = self.last_wait;
                let is_new = last.is_none_or(|last| last.elapsed() >= BETWEEN_WAITS);
                if !self.bar.is_drawn() && is_new {
                    self.last_wait = Some(Instant::now());
                    print::note(self.terminal, &words);
                }
            }
            ApplyEvent::Verifying(steps) => self.bar.say(format!("reading back {}", steps.len())),
            ApplyEvent::Settled(written, outcome) => {
                self.bar.step();
                // A plan can hold thousands of commits; those that fail are in the report.
                let is_told = view::offsets::is_shown(written) && outcome.is_as_planned();
                if !self.bar.is_drawn() && !is_told {
                    let line = view::report::line(self.terminal.err, written, outcome);
                    print::note(self.terminal, &line);
                }
            }
        }
    }
}

fn backed_up(backup: &Backup, terminal: &Terminal) {
    let id = &backup.id;
    if !terminal.verbose {
        return;
    }
    let words = match backup.partial.as_slice() {
        [] => format!("backup {id} is taken"),
        partial => format!("backup {id} is partial: {}", told(partial)),
    };
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

/// The count of topics that others created before the plan did, with the failure; none if there are
/// none. No record is written to such topics.
pub(super) fn created_by_others(report: &Report) -> Option<(usize, Failure)> {
    let settled = report.steps.iter();
    let others = settled.filter(|settled| settled.outcome.was_so_already());
    let names = others.filter_map(|settled| match &settled.step.action {
        Action::CreateTopic(topic, _) => Some(format!("`{}`", escape(&topic.name))),
        _ => None,
    });
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        return None;
    }
    let message = format!(
        "somebody else has created {} meanwhile: no record was written",
        names.join(", ")
    );
    let hint = "see who writes to it; the same command looks at what is there then";
    let failure = Failure::new(Exit::Refused, message).hint(hint);
    Some((names.len(), failure))
}

fn show(plan: &Plan, report: &Report, terminal: &Terminal) {
    terminal.show(
        |terminal| view::report::report(terminal.out, report),
        || view::report::report_json(plan, report),
    );
}
