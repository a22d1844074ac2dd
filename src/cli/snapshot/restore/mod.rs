//! `snapshot restore`: reads and checks everything, asks once, then creates topics, writes records
//! and commits for groups.
//!
//! - [`args`]: its arguments
//! - [`failures`]: exit codes and hints
//! - `shown`: shows the progress

pub(super) mod args;
mod failures;
mod shown;

use std::path::{Path, PathBuf};

use args::RestoreArgs;

use super::opened::opened;
use crate::apply::ReportStatus;
use crate::cli::args::Global;
use crate::cli::consent::{agree, show_plan, way_back};
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::cli::{connect, files, names, print};
use crate::ops::restore::{Chosen, Restore, RestoreEvent, RestoreSettings, choose};
use crate::snapshot::restore::map;
use crate::view;

pub(super) async fn run(
    global: &Global,
    args: &RestoreArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    args.map.as_deref().map_or(Ok(()), refuse_no_map)?;
    let chosen = chosen(args, terminal)?;
    let connected = connect::open_by_itself(global).await?;
    let settings = RestoreSettings {
        timeout: global.timeout,
        shelves: global.environment.shelves()?,
        restart: args.restart,
        dry_run: args.consent.dry_run,
        allow: args.allowed(),
        compression: args.compression.into(),
        verify: args.verify,
    };
    let prepared = Restore::prepare(&*connected.cluster, chosen, settings).await;
    let mut restore = prepared.map_err(|error| failures::not_begun(error, args))?;
    let (restored, plan) = (restore.restored(), restore.plan());
    let map = map_path(args, restored.cluster_id);
    refuse_no_map(&map)?;
    let announced = view::restore::announced(terminal.out, &restored);
    if args.consent.dry_run {
        if terminal.output.is_data() {
            print::document(terminal, &view::json::document(&plan));
        }
        show_plan(&plan, Some(&announced), terminal)?;
        return Ok(Exit::Done);
    }
    let (announced, yes) = (Some(announced.as_str()), args.consent.yes);
    let stop = agree(&connected, &plan, announced, yes, terminal).await?;
    let mut shown = shown::ShownRestore::new(terminal, plan.steps.len());
    let emit = &mut |event: RestoreEvent<'_>| shown.event(event);
    let carried_out = restore.carry_out(&plan, &map, &stop, emit).await;
    shown.clear();
    let report = match carried_out {
        Ok(report) => report,
        Err(failure) => return failures::failed(failure, &restore, terminal),
    };
    if let Some(id) = report.as_ref().and_then(|report| report.reset.as_ref()) {
        way_back(id, terminal);
    }
    let undone = report.filter(|report| report.status() != ReportStatus::Done);
    if let Some(report) = &undone
        && !terminal.output.is_data()
    {
        print::out(&view::report::report(terminal.out, report));
    }
    let restored = restore.restored();
    terminal.show(
        |_| view::restore::done(&restored, &map, args.verify),
        || view::restore::document(&restored, &map),
    );
    let ended = undone.map_or(Exit::Done, |report| Exit::of_report(&report));
    Ok(ended.after(failures::written(&restore)))
}

/// Refuses to replace a file that is not a map of offsets.
fn refuse_no_map(path: &Path) -> Result<(), Failure> {
    files::refuse_foreign("--map", (path, "map of offsets"), map::is_map)
}

/// Reads the part of the snapshot to restore, without a cluster.
fn chosen(args: &RestoreArgs, terminal: &Terminal) -> anyhow::Result<Chosen> {
    let reader = opened(&args.path, args.max_bytes)?;
    let (written, patterns) = names::written(&args.topics, &args.r#match);
    let topics = names::topics(written, patterns)?;
    let bar = terminal.bar(usize::try_from(reader.block_count()).unwrap_or(usize::MAX));
    bar.say("reading the snapshot".to_owned());
    let chosen = choose(reader, &topics, &args.rename, args.groups, |_| bar.step());
    bar.clear();
    Ok(chosen.map_err(|error| failures::not_chosen(&error, args))?)
}

/// The file of the map of offsets: by default beside the snapshot, and named after the cluster too.
fn map_path(args: &RestoreArgs, cluster_id: &str) -> PathBuf {
    args.map.clone().unwrap_or_else(|| {
        let mut name = args.path.file_name().unwrap_or_default().to_owned();
        let letters = cluster_id.chars().map(|letter| match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => letter,
            _ => '_',
        });
        let id: String = letters.collect();
        name.push(format!(".{id}.offsets.csv"));
        args.path.with_file_name(name)
    })
}
