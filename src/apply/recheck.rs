//! Reads again what a plan was made on, right before it is written.

use std::collections::BTreeSet;

use super::journal::JournalError;
use super::report::Outcome;
use crate::cluster::observe::observe_named;
use crate::cluster::{BrokerError, Cluster, ClusterError};
use crate::model::observed::Observed;
use crate::plan::stale::{Change, changes};
use crate::plan::{Plan, Resource, Step};

/// Why nothing at all was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotStarted {
    /// The plan is for another cluster.
    #[error("the plan is for cluster `{planned}`, and this is cluster `{found}`")]
    WrongCluster {
        /// The plan's.
        planned: String,
        /// This one.
        found: String,
    },
    /// The cluster is not as it was when the plan was made.
    #[error("the cluster is not as it was when the plan was made: {}", list(.0))]
    Stale(Vec<Change>),
    /// It could not be read again.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// What is about to be done could not be written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

fn list(changes: &[Change]) -> String {
    let texts: Vec<String> = changes.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// Checks the whole plan before its first write.
pub(super) async fn whole(cluster: &dyn Cluster, plan: &Plan) -> Result<(), NotStarted> {
    if plan.is_empty() {
        return Ok(());
    }
    let observed = read(cluster, &plan.steps).await?;
    if observed.cluster.id != plan.cluster_id {
        return Err(NotStarted::WrongCluster {
            planned: plan.cluster_id.clone(),
            found: observed.cluster.id,
        });
    }
    let found = changes(&plan.steps, &observed);
    if found.is_empty() {
        Ok(())
    } else {
        Err(NotStarted::Stale(found))
    }
}

/// Checks one phase right before it is written: the outcome of each step that must not be sent.
pub(super) async fn phase(cluster: &dyn Cluster, steps: &[Step]) -> Vec<Option<Outcome>> {
    let refused = |code: &str, message: String| Outcome::Refused {
        error: BrokerError {
            code: code.to_owned(),
            message,
        },
    };
    match read(cluster, steps).await {
        Ok(observed) => {
            let found = changes(steps, &observed);
            steps
                .iter()
                .map(|step| {
                    let change = found.iter().find(|change| change.step == step.id)?;
                    Some(refused("CHANGED_SINCE_PLAN", change.to_string()))
                })
                .collect()
        }
        Err(error) => steps
            .iter()
            .map(|_| {
                Some(refused(
                    "NOT_SENT",
                    format!("it could not be read again: {error}"),
                ))
            })
            .collect(),
    }
}

pub(super) async fn read(cluster: &dyn Cluster, steps: &[Step]) -> Result<Observed, ClusterError> {
    // A topic can have several steps, and brokers refuse to describe one twice in a request.
    let names: BTreeSet<String> = steps
        .iter()
        .filter_map(|step| match &step.resource {
            Resource::Topic { name } => Some(name.clone()),
            _ => None,
        })
        .collect();
    let names: Vec<String> = names.into_iter().collect();
    let brokers = steps
        .iter()
        .any(|step| !matches!(step.resource, Resource::Topic { .. }));
    observe_named(cluster, &names, brokers).await
}
