//! Restores what a backup holds.

use std::collections::{BTreeMap, BTreeSet};

use super::args::{DiffArgs, PassArgs, RestoreArgs, RollbackArgs, SelectionArgs};
use super::kept::{named, told, unknown, used};
use crate::backup::shelf::{KEPT, ShelfEntry, of_cluster};
use crate::cli::args::{Global, PlannedArgs};
use crate::cli::connect::{self, Connected};
use crate::cli::consent::{Handling, carry_out, stops};
use crate::cli::exit::{Exit, Failure};
use crate::cli::print;
use crate::cli::terminal::Terminal;
use crate::model::backup::{Backup, Omission, Part, Why};
use crate::model::scope::NamePatterns;
use crate::ops::apply::BackupFirst;
use crate::plan::Code;
use crate::plan::restore::{self, Now, SelectedNames, Selection};
use crate::{ops, view};

impl SelectionArgs {
    fn selection(&self) -> Selection {
        let parts: BTreeSet<Part> = self.kind.iter().copied().collect();
        let globs = NamePatterns::patterns(self.only.iter().map(String::as_str));
        Selection {
            parts: if parts.is_empty() {
                Part::ALL.into()
            } else {
                parts
            },
            names: if self.only.is_empty() {
                SelectedNames::All
            } else {
                SelectedNames::Matching(Box::new(move |name| globs.matches(name)))
            },
        }
    }
}

pub(super) async fn diff(
    global: &Global,
    args: &DiffArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let then = named(&global.environment, &args.one)?;
    let selection = args.selection.selection();
    let plan = if let Some(other) = &args.other {
        let now = Now {
            backup: &named(&global.environment, other)?,
            groups: None,
            logs: &BTreeMap::new(),
            line: None,
        };
        restore::plan(&then, now, &selection)
    } else {
        let connected = connect::open_by_itself(global).await?;
        ops::backup::difference(&*connected.cluster, &then, &selection).await?
    };
    terminal.show(
        |terminal| view::plan::plan(terminal.out, &plan),
        || view::json::document(&plan),
    );
    Ok(match stops(&plan) {
        Some(exit) => exit,
        None if args.exit_code && !plan.is_empty() => Exit::Pending,
        None => Exit::Done,
    })
}

pub(super) async fn restore(
    global: &Global,
    args: &RestoreArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let then = named(&global.environment, &args.backup)?;
    let selection = args.selection.selection();
    let missing: Vec<Omission> = selection.unseen(&then).cloned().collect();
    if !missing.is_empty() && !args.allow_partial {
        let hint =
            "pass `--allow-partial` to put back the rest, and leave alone what it does not hold";
        return Err(partial(&then, &missing, hint).into());
    }
    let connected = connect::open_by_itself(global).await?;
    let cluster_id = ops::cluster_id(&*connected.cluster).await?;
    if !args.allow_cluster_change {
        let hint = "check `--bootstrap-server`, or pass `--allow-cluster-change` if you mean it";
        check_cluster(&then, &cluster_id, hint)?;
    }
    let wanted = (&then, &selection);
    let how = (&args.planned, &args.pass, Why::Restore);
    put_back(global, terminal, &connected, wanted, how).await
}

pub(in crate::cli) async fn rollback(
    global: &Global,
    args: &RollbackArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let connected = connect::open_by_itself(global).await?;
    let cluster_id = ops::cluster_id(&*connected.cluster).await?;
    let kept = of_cluster(global.environment.shelves()?, &cluster_id)?;
    let then = chosen(&kept, &cluster_id, args.id.as_deref())?;
    let hint = "`tonkafka backup restore --allow-cluster-change` takes a backup of another cluster";
    check_cluster(&then, &cluster_id, hint)?;
    let concerns = then.concerns.clone().unwrap_or_default();
    if !concerns.groups.is_empty() {
        let words =
            "what groups committed is not rolled back: `reset-offsets undo` takes that back";
        print::note(terminal, words);
    }
    let selection = Selection::concerned(concerns);
    let missing: Vec<Omission> = selection.unseen(&then).cloned().collect();
    if !missing.is_empty() {
        let hint = "`tonkafka backup restore --allow-partial` puts back what it holds";
        return Err(partial(&then, &missing, hint).into());
    }
    let words = format!("back to {}, before the apply", then.taken_at);
    print::note(terminal, &words);
    let wanted = (&then, &selection);
    let how = (&args.planned, &args.pass, Why::Rollback);
    put_back(global, terminal, &connected, wanted, how).await
}

/// Plans that a backup is put back, and carries the plan out.
async fn put_back(
    global: &Global,
    terminal: &Terminal,
    connected: &Connected,
    (then, selection): (&Backup, &Selection),
    (planned, pass, reason): (&PlannedArgs, &PassArgs, Why),
) -> anyhow::Result<Exit> {
    let allow: BTreeSet<Code> = pass.allow.iter().copied().collect();
    let login = connected.login.as_deref();
    let plan = ops::backup::restore(&*connected.cluster, then, selection, login, &allow).await?;
    let backup = BackupFirst { reason, kept: KEPT };
    let handling = Handling {
        backup: (!pass.no_backup).then_some(backup),
        ..planned.into()
    };
    carry_out(global, handling, terminal, connected, &plan).await
}

fn check_cluster(then: &Backup, cluster_id: &str, hint: &str) -> Result<(), Failure> {
    if then.cluster_id == cluster_id {
        return Ok(());
    }
    let message = format!(
        "the backup is of cluster `{}`, and this is cluster `{cluster_id}`",
        then.cluster_id
    );
    Err(Failure::new(Exit::Refused, message).hint(hint))
}

fn partial(then: &Backup, missing: &[Omission], hint: &str) -> Failure {
    let message = format!("backup {} is partial: {}", then.id, told(missing));
    Failure::new(Exit::Refused, message).hint(hint)
}

/// The newest backup that `apply` took, or the one with this id. Another one is never used instead.
fn chosen(all: &[ShelfEntry], cluster_id: &str, id: Option<&str>) -> anyhow::Result<Backup> {
    let Some(id) = id else {
        let newest = all.iter().find(|entry| entry.reason == Why::Apply);
        let Some(newest) = newest else {
            let message =
                format!("this machine has no backup of cluster {cluster_id} that `apply` took");
            let hint = "`tonkafka backup restore` takes a file of any other backup";
            return Err(Failure::new(Exit::Refused, message).hint(hint).into());
        };
        return used(&newest.path);
    };
    let Some(entry) = all.iter().find(|entry| entry.id == id) else {
        return Err(unknown(id, all).into());
    };
    if entry.reason != Why::Apply {
        let message = format!("backup {id} was not taken by `apply`");
        let hint = format!("`tonkafka backup restore {id}` puts back all that it holds");
        return Err(Failure::new(Exit::BadInput, message).hint(hint).into());
    }
    used(&entry.path)
}
