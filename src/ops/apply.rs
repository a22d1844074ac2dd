//! Carries a plan out.

use std::path::Path;
use std::time::Duration;

pub use super::before::BackupFirst;
use super::before::Before;
use crate::apply::{self, ApplyEvent, Execution, Means, NotStarted, Report, Stop};
use crate::backup::shelf::BackupError;
use crate::cluster::Cluster;
use crate::cluster::lease::Lease;
use crate::model::backup::Backup;
use crate::plan::Plan;

/// How a plan is carried out.
#[derive(Clone, Copy)]
pub struct ApplySettings<'a> {
    /// Bounds each verification.
    pub timeout: Duration,
    /// The directory where this machine keeps journals, backups, and what groups committed before.
    pub shelves: &'a Path,
    /// Asks for an early end.
    pub stop: &'a Stop,
    /// The cluster's lock, where it is held.
    pub lease: Option<&'a dyn Lease>,
    /// The backup to take before the first write.
    pub backup: Option<BackupFirst>,
    /// The mirror that it is for, where it is one: what it does to a group is one change to take back.
    pub mirror: Option<&'a str>,
}

impl<'a> ApplySettings<'a> {
    /// Without a lock, and without a backup.
    #[must_use]
    pub fn new(timeout: Duration, shelves: &'a Path, stop: &'a Stop) -> Self {
        Self {
            timeout,
            shelves,
            stop,
            lease: None,
            backup: None,
            mirror: None,
        }
    }

    fn means(&self, cluster: &'a dyn Cluster) -> Means<'a> {
        Means {
            cluster,
            timeout: self.timeout,
            stop: self.stop,
            shelves: self.shelves,
            mirror: self.mirror,
            lease: self.lease,
        }
    }
}

/// What goes on.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A backup was taken before the first write.
    BackedUp(&'a Backup),
    /// Of the plan.
    Apply(ApplyEvent<'a>),
}

/// Why a plan was not begun with. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The plan is refused, or was made on something that cannot be read.
    #[error("nothing was applied: {findings}")]
    Stopped {
        /// Why, with what each finding is about.
        findings: String,
    },
    /// The backup that was wanted cannot be taken.
    #[error("nothing was written: no backup can be taken first: {0}")]
    Backup(#[from] BackupError),
    /// The cluster is not as planned, or nothing can be kept of what is done.
    #[error(transparent)]
    NotStarted(#[from] NotStarted),
}

impl ApplyError {
    /// What a plan is not applied for.
    #[must_use]
    pub fn stopped(plan: &Plan) -> Self {
        let findings = plan.stopping().into_iter();
        let findings = findings.map(|one| format!("{}: {}", one.resource, one.message));
        let findings = findings.collect::<Vec<_>>().join("; ");
        Self::Stopped { findings }
    }
}

/// Carries a plan out, reads back what it wrote, and reports each step. Whether it should be is asked
/// before: `plan` may delete whatever it says.
///
/// # Errors
/// Nothing was written.
pub async fn apply(
    cluster: &dyn Cluster,
    plan: &Plan,
    settings: ApplySettings<'_>,
    emit: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Report, ApplyError> {
    if !plan.stopping().is_empty() {
        return Err(ApplyError::stopped(plan));
    }
    let before = match settings.backup.filter(|_| !plan.is_empty()) {
        Some(wanted) => Some(Before::take(cluster, plan, wanted, settings.shelves).await?),
        None => None,
    };
    if let Some(before) = &before {
        emit(Event::BackedUp(&before.backup));
    }
    let means = settings.means(cluster);
    let report = apply::apply(means, plan, &mut |event| emit(Event::Apply(event))).await;
    let backup = before.and_then(|before| before.settle(report.as_ref().ok()));
    Ok(Report { backup, ..report? })
}

/// Carries a plan out, and is ready for what it announces. No backup is taken.
///
/// # Errors
/// Nothing was written.
pub async fn begin<'a>(
    cluster: &'a dyn Cluster,
    plan: &Plan,
    settings: ApplySettings<'a>,
    emit: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Execution<'a>, ApplyError> {
    if !plan.stopping().is_empty() {
        return Err(ApplyError::stopped(plan));
    }
    let mut execution = Execution::new(settings.means(cluster));
    let emit = &mut |event: ApplyEvent<'_>| emit(Event::Apply(event));
    execution.carry_out(plan, emit).await?;
    Ok(execution)
}
