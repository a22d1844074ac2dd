//! `mirror`: copies topics to another cluster. A plan creates what the target lacks, and is agreed
//! to first.
//!
//! - [`args`]: its arguments
//! - [`failures`]: exit codes and hints
//! - [`shown`]: shows the progress

pub(super) mod args;
mod failures;
mod shown;

use args::MirrorArgs;
use failures::{GOES_ON, WAITS, failure, unplanned};
use shown::ShownMirror;

use super::args::Global;
use super::connect::{self, Connected, Named, Origin};
use super::consent::{self, agree, carry_out, unprepared, way_back};
use super::environment::Level;
use super::exit::{Exit, Failure};
use super::shown_steps::ShownSteps;
use super::terminal::Terminal;
use super::{names, print};
use crate::apply::ApplyEvent;
use crate::mirror::Mirror;
use crate::mirror::groups::Which;
use crate::model::record::Ended;
use crate::ops::apply::Event;
use crate::ops::mirror::{MirrorPlan, MirrorRequest};
use crate::{ops, view};

pub(super) async fn run(
    global: &Global,
    args: &MirrorArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let wanted = wanted(global, args)?;
    let source = open(global, args, true).await?;
    let target = open(global, args, false).await?;
    let (from, to) = (&*source.cluster, &*target.cluster);
    let planned = match ops::mirror::plan(from, to, &wanted).await {
        Ok(planned) => planned,
        Err(error) => return Err(unplanned(error, from).await),
    };
    let lists = wanted.topics.patterns || args.groups.is_some();
    print::left_out(lists && planned.only_visible);
    let (keys, route, plan) = (&planned.keys, &planned.route, &planned.plan);
    if args.planned.consent.dry_run || args.planned.out.is_some() {
        return carry_out(global, &args.planned, terminal, &target, plan).await;
    }
    let announced = view::mirror::announced(route, keys, args.once, plan.announced.as_ref());
    let (announced, yes) = (Some(announced.as_str()), args.planned.consent.yes);
    let stop = agree(&target, plan, announced, yes, terminal).await?;
    let mut shown = ShownSteps::new(terminal, plan.steps.len());
    let emit = &mut |event: ApplyEvent<'_>| shown.event(Event::Apply(event));
    let copies = args.settings(global, keys.clone(), route);
    let apply = consent::settings(global, &stop)?;
    let begun = ops::mirror::begin((from, to), &planned, wanted.groups, copies, apply, emit).await;
    shown.clear();
    let mirror = match begun {
        Ok(mirror) => mirror,
        Err(error) => return unprepared(error, view::mirror::prepared, terminal),
    };
    print::mark_sent();
    copy(mirror, &planned, args, terminal).await
}

/// Refuses arguments that do not fit two clusters.
fn check(global: &Global, args: &MirrorArgs) -> Result<(), Failure> {
    let one = [
        (global.bootstrap_server.is_some(), "--bootstrap-server"),
        (global.context.is_some(), "--context"),
        (global.command_config.is_some(), "--command-config"),
    ];
    if let Some((_, flag)) = one.into_iter().find(|(is_given, _)| *is_given) {
        let message = format!("`{flag}` names one cluster, and a mirror has two");
        let hint = "name them with `--from` and `--to`, or `--from-bootstrap-server` and `--to-bootstrap-server`";
        return Err(Failure::new(Exit::BadInput, message).hint(hint));
    }
    match args.which() {
        Some(Which::Named(ids)) => names::check_groups(&ids),
        _ => Ok(()),
    }
}

async fn open(global: &Global, args: &MirrorArgs, is_source: bool) -> anyhow::Result<Connected> {
    let side = if is_source { "from" } else { "to" };
    let (context, bootstrap, file) = if is_source {
        (
            &args.from,
            &args.from_bootstrap_server,
            &args.from_command_config,
        )
    } else {
        (&args.to, &args.to_bootstrap_server, &args.to_command_config)
    };
    let flags = Level {
        bootstrap: bootstrap.clone(),
        context: context.clone(),
        command_config: file.clone(),
    };
    let named = Named::only(flags, &global.environment).allowing(global.allowed());
    let target = connect::target(&named, None)?;
    // The current context counts for neither side.
    if context.is_none() && bootstrap.is_none() && target.origin != Origin::CommandConfig {
        let message = format!("the file of `--{side}-command-config` names no brokers");
        let hint = format!("set `bootstrap.servers` in it, or pass `--{side}-bootstrap-server`");
        return Err(Failure::new(Exit::BadInput, message).hint(hint).into());
    }
    connect::told(target, global).await
}

/// Parses what to mirror.
fn wanted(global: &Global, args: &MirrorArgs) -> Result<MirrorRequest, Failure> {
    check(global, args)?;
    let (texts, patterns) = names::written(&args.topics, &args.r#match);
    let topics = names::topics(texts, patterns)?;
    let mut scopes = topics.scopes.iter();
    if let Some(part) = scopes.find(|scope| scope.partitions.is_some()) {
        let name = view::text::escape(&part.name);
        let message = format!("`{name}` is mirrored whole, or not at all");
        let failure = Failure::new(Exit::BadInput, message);
        return Err(failure.hint("leave its partitions out"));
    }
    Ok(MirrorRequest {
        topics,
        patience: args.patience,
        allow: args.allowed(),
        groups: args.which(),
    })
}

/// Copies until the end or a stop, and shows progress.
async fn copy(
    mut mirror: Mirror<'_>,
    planned: &MirrorPlan,
    args: &MirrorArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let (route, once) = (&planned.route, args.once);
    let mut shown = ShownMirror::new(terminal);
    let ended = mirror.run(|tell| shown.tell(&tell)).await;
    shown.clear();
    let resets: Vec<&String> = mirror.resets().collect();
    match resets.as_slice() {
        [] => {}
        [id] => way_back(id, terminal),
        _ => {
            let words = "to take back what was done to a group: tonkafka reset-offsets undo ID, of those of `tonkafka reset-offsets history`";
            print::note(terminal, words);
        }
    }
    let ended = ended.map_err(|error| failure(error, &mirror, planned))?;
    terminal.show(
        |_| view::mirror::ended(&mirror, route),
        || view::mirror::ended_document(&mirror, route, ended == Ended::Stopped),
    );
    let is_cut_off = once && ended == Ended::Stopped;
    let stopped = is_cut_off.then(|| "stopped before everything was copied".to_owned());
    let lost = (mirror.lost() > 0).then(|| view::mirror::losses(&mirror));
    let open = view::open::incomplete(mirror.open(), "the copy");
    let open = open.filter(|_| once && !args.lacking.allow_open_transactions);
    let exit = if is_cut_off
        || lost.is_some()
        || view::mirror::done(planned.changed_topics(), &mirror).is_some()
    {
        Exit::Partly
    } else {
        Exit::Unreachable
    };
    let hint = match (&stopped, &open) {
        (_, Some(_)) => Some(WAITS),
        (Some(_), None) => Some(GOES_ON),
        (None, None) => None,
    };
    let troubles: Vec<String> = [stopped, lost, open].into_iter().flatten().collect();
    if troubles.is_empty() {
        return Ok(Exit::Done);
    }
    let failure = Failure::new(exit, troubles.join("; "));
    Err(match hint {
        Some(hint) => failure.hint(hint).into(),
        None => failure.into(),
    })
}
