//! The backup before the first write of a change.

use std::path::Path;

use crate::apply::Report;
use crate::backup::shelf::{BackupError, keep, take};
use crate::cluster::Cluster;
use crate::model::backup::{Backup, Concerns, Part, Why};
use crate::observe::everything::Also;
use crate::plan::{Plan, Resource};
use crate::store::HeldFile;

/// A request for a backup.
#[derive(Debug, Clone, Copy)]
pub struct BackupFirst {
    /// Why it is taken.
    pub reason: Why,
    /// How many backups are kept.
    pub kept: usize,
}

/// A backup that was taken.
pub(super) struct Before {
    pub(super) backup: Backup,
    kept: HeldFile,
}

impl Before {
    /// Takes a backup. Parts that cannot be read do not prevent the change.
    ///
    /// # Errors
    /// The cluster cannot be read, or the backup cannot be written.
    pub(super) async fn take(
        cluster: &dyn Cluster,
        plan: &Plan,
        wanted: BackupFirst,
        shelves: &Path,
    ) -> Result<Self, BackupError> {
        let concerns = concerns(plan);
        let also = Also {
            topics: concerns.topics.clone(),
            groups: concerns.groups.clone(),
        };
        let taken = take(cluster, wanted.reason, Some(concerns), &also).await?;
        let mut backup = taken.backup;
        let kept = keep(shelves, &mut backup, wanted.kept)?;
        Ok(Self { backup, kept })
    }

    /// Returns the backup's id, or removes the backup when certainly nothing was written: without a report
    /// the apply did not start.
    pub(super) fn settle(self, report: Option<&Report>) -> Option<String> {
        if !report.is_some_and(Report::may_have_written) {
            // If the removal fails, an unneeded backup stays, which does no harm.
            self.kept.remove();
            return None;
        }
        Some(self.backup.id)
    }
}

/// What a plan changes.
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
