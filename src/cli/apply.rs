//! `apply`: plan, confirm, apply, verify.

use std::io::{BufRead, stdin};

use serde_json::json;

use super::args::{ApplyArgs, Global, Output};
use super::exit::{Exit, Failure};
use super::plan::{Prepared, prepare, stops};
use super::print;
use super::signals::{self, Sent};
use super::terminal::Terminal;
use crate::apply::{Event, Options, Report, apply};
use crate::cluster::Cluster;
use crate::plan::{Plan, Severity};
use crate::view;

pub(super) async fn run(
    global: &Global,
    args: &ApplyArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let prepared = prepare(global, &args.scope).await?;
    let plan = prepared.plan().await?;
    if terminal.output == Output::Text {
        print::out(&view::plan::plan(terminal.out, &plan));
    }
    if let Some(exit) = stops(&plan) {
        return Err(stopped(&plan, exit).into());
    }
    if !plan.is_empty() && !args.yes {
        confirm(&prepared, &plan, terminal).await?;
    }
    let report = execute(&*prepared.connected.cluster, &plan, global, terminal).await?;
    if !plan.is_empty() || terminal.output == Output::Json {
        show(&plan, &report, terminal);
    }
    Ok(Exit::of_report(&report))
}

/// Why nothing at all is applied.
fn stopped(plan: &Plan, exit: Exit) -> Failure {
    let severity = match exit {
        Exit::Unreachable => Severity::Unreadable,
        _ => Severity::Refused,
    };
    let findings: Vec<String> = plan
        .findings_of(severity)
        .map(|finding| format!("{}: {}", finding.resource, finding.message))
        .collect();
    let failure = Failure::new(
        exit,
        format!("nothing was applied: {}", findings.join("; ")),
    );
    let hint = plan
        .findings_of(severity)
        .find_map(|finding| finding.hint.clone());
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Asks a person; where there is none, the change needs `--yes`.
async fn confirm(prepared: &Prepared, plan: &Plan, terminal: &Terminal) -> anyhow::Result<()> {
    if !terminal.interactive {
        let failure = Failure::new(Exit::Refused, "nothing was applied: there is nobody to ask")
            .hint("pass `--yes` to apply without asking");
        return Err(failure.into());
    }
    print::err(&format!(
        "apply this to cluster {} at {}? [y/N] ",
        plan.cluster_id, prepared.connected.address
    ));
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        stdin().lock().read_line(&mut line).map(|_| line)
    })
    .await??;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        return Err(Failure::new(Exit::Refused, "nothing was applied: not confirmed").into());
    }
    if prepared.plan().await? != *plan {
        let message = "nothing was applied: the cluster changed while you were asked";
        return Err(Failure::new(Exit::Refused, message)
            .hint("run it again")
            .into());
    }
    Ok(())
}

/// Applies with progress on a terminal, a line a step otherwise.
pub(super) async fn execute(
    cluster: &dyn Cluster,
    plan: &Plan,
    global: &Global,
    terminal: &Terminal,
) -> anyhow::Result<Report> {
    let sent = Sent::default();
    let stop = signals::listen(sent.clone())?;
    let bar = terminal.bar(plan.steps.len());
    let look = terminal.err;
    let mut emit = |event: Event<'_>| match event {
        Event::Sending(steps) => {
            sent.set();
            bar.say(format!("sending {}", steps.len()));
        }
        Event::Verifying(steps) => bar.say(format!("reading back {}", steps.len())),
        Event::Settled(written, outcome) => {
            bar.step();
            if !bar.is_drawn() {
                print::note(terminal, &view::report::line(look, written, outcome));
            }
        }
    };
    let options = Options {
        timeout: global.timeout,
    };
    let report = apply(cluster, plan, options, &stop, &mut emit).await;
    bar.clear();
    Ok(report)
}

fn show(plan: &Plan, report: &Report, terminal: &Terminal) {
    terminal.show(
        |terminal| view::report::report(terminal.out, report),
        || {
            let mut document = json!(report);
            document["plan"] = json!(plan);
            view::json::document(&document)
        },
    );
}
