//! The backup that a change takes before its first write.

use super::kept::{exit_of, told};
use crate::apply::Report;
use crate::backup::config::shelf::{BackupError, keep, take};
use crate::cli::args::Global;
use crate::cli::exit::Failure;
use crate::cli::print;
use crate::cli::terminal::Terminal;
use crate::cluster::Cluster;
use crate::model::backup::{Backup, Concerns, Part, Why};
use crate::observe::everything::Also;
use crate::plan::{Plan, Resource};
use crate::store::HeldFile;

/// That a backup is wanted.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Wanted {
    /// What is about to be done.
    pub(in crate::cli) reason: Why,
    /// How many are kept.
    pub(in crate::cli) kept: usize,
}

/// A backup that was taken.
pub(in crate::cli) struct Before {
    pub(in crate::cli) id: String,
    kept: HeldFile,
}

impl Before {
    /// Forgets it where it is certain that nothing was written, so that the newest one is of the last
    /// change. An apply without a report did not begin.
    pub(in crate::cli) fn settle(self, report: Option<&Report>) -> Option<String> {
        if !report.is_some_and(Report::may_have_written) {
            // One that stays is of a change that did nothing: it does no harm.
            self.kept.remove();
            return None;
        }
        Some(self.id)
    }
}

/// Takes a backup. What cannot be seen of a part does not keep a change from being made.
///
/// # Errors
/// The cluster cannot be read at all, or the backup not be kept.
pub(in crate::cli) async fn take_before(
    global: &Global,
    cluster: &dyn Cluster,
    plan: &Plan,
    wanted: Wanted,
    terminal: &Terminal,
) -> anyhow::Result<Before> {
    let concerns = concerns(plan);
    let also = Also {
        topics: concerns.topics.clone(),
        groups: concerns.groups.clone(),
    };
    let shelves = global.environment.shelves()?;
    let taken = take(cluster, wanted.reason, Some(concerns), &also).await;
    let kept = taken.map_err(BackupError::from).and_then(|taken| {
        let mut backup = taken.backup;
        let kept = keep(shelves, &mut backup, wanted.kept)?;
        Ok((backup, kept))
    });
    let (backup, kept) = kept.map_err(|error| {
        let message = format!("nothing was written: no backup can be taken first: {error}");
        let failure = Failure::new(exit_of(&error), message);
        failure.hint("to go on without one, pass `--no-backup`")
    })?;
    tell(&backup, terminal);
    Ok(Before {
        id: backup.id,
        kept,
    })
}

fn tell(backup: &Backup, terminal: &Terminal) {
    let id = &backup.id;
    if !backup.partial.is_empty() && terminal.verbose {
        let words = told(&backup.partial);
        print::note(terminal, &format!("backup {id} is partial: {words}"));
    } else if terminal.verbose {
        print::note(terminal, &format!("backup {id} is taken"));
    }
}

/// What a plan is about to change.
fn concerns(plan: &Plan) -> Concerns {
    let mut concerns = Concerns::default();
    for step in &plan.steps {
        match &step.resource() {
            Resource::BrokerDefaults => concerns.broker_defaults = true,
            Resource::Broker { id } => drop(concerns.brokers.insert(*id)),
            Resource::Topic { name } => drop(concerns.topics.insert(name.clone())),
            Resource::Partition { topic, .. } => drop(concerns.topics.insert(topic.clone())),
            Resource::Acl(_) => drop(concerns.parts.insert(Part::Acls)),
            Resource::Quota { .. } => drop(concerns.parts.insert(Part::Quotas)),
            Resource::User { .. } => drop(concerns.parts.insert(Part::Users)),
            Resource::Cluster => {}
            Resource::Group { id } | Resource::Commit { group: id, .. } => {
                concerns.groups.insert(id.clone());
            }
        }
    }
    concerns
}
