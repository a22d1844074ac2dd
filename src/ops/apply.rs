//! Applies a plan.

pub use super::before::BackupFirst;
use super::before::Before;
pub use crate::apply::ApplySettings;
use crate::apply::{self, ApplyEvent, Execution, NotStarted, Report, ReportStatus};
use crate::backup::shelf::BackupError;
use crate::cluster::Cluster;
use crate::model::backup::Backup;
use crate::model::escape::escape;
use crate::plan::{Action, Plan};

/// An event of an apply.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A backup was taken before the first write.
    BackedUp(&'a Backup),
    /// An event of the plan's execution.
    Apply(ApplyEvent<'a>),
}

/// Why a plan was not started. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A guard refuses the plan, or a fact that it needs cannot be read.
    #[error("nothing was applied: {findings}")]
    Stopped {
        /// The findings with their resources.
        findings: String,
    },
    /// The backup cannot be taken.
    #[error("nothing was written: no backup can be taken first: {0}")]
    Backup(#[from] BackupError),
    /// The cluster changed since planning, or the journal cannot be written.
    #[error(transparent)]
    NotStarted(#[from] NotStarted),
}

/// Why no records are written after a plan that prepares topics for them.
#[derive(Debug, thiserror::Error)]
pub enum NotPrepared {
    /// The plan was not started.
    #[error(transparent)]
    NotStarted(#[from] ApplyError),
    /// Not every step is done.
    #[error("no record was written: not every step before them is done")]
    Undone(Box<Report>),
    /// Others created topics before the plan did. Their records would be mixed with these.
    #[error("somebody else has created {topics} meanwhile: no record was written")]
    Others {
        /// The topics.
        topics: String,
        /// The number of steps that the plan itself did.
        made: usize,
    },
}

impl ApplyError {
    /// The error with the findings that stop a plan.
    #[must_use]
    pub fn stopped(plan: &Plan) -> Self {
        let findings = plan.stopping().into_iter();
        let findings = findings.map(|one| format!("{}: {}", one.resource, one.message));
        let findings = findings.collect::<Vec<_>>().join("; ");
        Self::Stopped { findings }
    }
}

/// Applies a plan, after a backup if one is wanted, reads back what it wrote, and reports each step. The caller has asked for consent: this
/// deletes whatever `plan` says.
///
/// # Errors
/// Nothing was written.
pub async fn apply(
    cluster: &dyn Cluster,
    plan: &Plan,
    settings: ApplySettings<'_>,
    backup: Option<BackupFirst>,
    emit: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Report, ApplyError> {
    if !plan.stopping().is_empty() {
        return Err(ApplyError::stopped(plan));
    }
    let before = match backup.filter(|_| !plan.is_empty()) {
        Some(wanted) => Some(Before::take(cluster, plan, wanted, settings.shelves).await?),
        None => None,
    };
    if let Some(before) = &before {
        emit(Event::BackedUp(&before.backup));
    }
    let told = &mut |event: ApplyEvent<'_>| emit(Event::Apply(event));
    let report = apply::apply(cluster, plan, settings, told).await;
    let backup = before.and_then(|before| before.settle(report.as_ref().ok()));
    Ok(Report { backup, ..report? })
}

/// Applies a plan that prepares topics for records, and returns the execution for the plans that it
/// announces. Takes no backup.
///
/// # Errors
/// No records may be written.
pub async fn prepare<'a>(
    cluster: &'a dyn Cluster,
    plan: &Plan,
    settings: ApplySettings<'a>,
    emit: &mut (dyn FnMut(ApplyEvent<'_>) + Send),
) -> Result<Execution<'a>, NotPrepared> {
    if !plan.stopping().is_empty() {
        return Err(ApplyError::stopped(plan).into());
    }
    let mut execution = Execution::new(cluster, settings);
    let carried_out = execution.carry_out(plan, emit).await;
    carried_out.map_err(ApplyError::from)?;
    let report = execution.report();
    if report.status() != ReportStatus::Done {
        return Err(NotPrepared::Undone(Box::new(report)));
    }
    let others = report.steps.iter();
    let others = others.filter(|settled| settled.outcome.was_so_already());
    let others = others.filter_map(|settled| match &settled.step.action {
        Action::CreateTopic(topic, _) => Some(format!("`{}`", escape(&topic.name))),
        _ => None,
    });
    let others: Vec<String> = others.collect();
    if others.is_empty() {
        return Ok(execution);
    }
    Err(NotPrepared::Others {
        made: plan.steps.len() - others.len(),
        topics: others.join(", "),
    })
}
