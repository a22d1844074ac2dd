//! Reads again what a plan was made on, before it is written.

use std::collections::{BTreeMap, BTreeSet};

use futures::try_join;

use super::judge::Reading;
use super::kinds::reading;
use super::report::Outcome;
use crate::cluster::groups::Pending;
use crate::cluster::{At, BrokerError, Cluster, ClusterError};
use crate::model::access::by_entity;
use crate::model::group::{Commits, DescribedGroup, GroupType};
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::observe::manifest::observe_named;
use crate::plan::stale::{Change, changes};
use crate::plan::{Action, Plan, Resource, Step};
use crate::store::StoreError;

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotStarted {
    /// The plan is for another cluster.
    #[error("the plan is for cluster `{planned}`, and this is cluster `{found}`")]
    WrongCluster {
        /// The cluster of the plan.
        planned: String,
        /// The connected cluster.
        found: String,
    },
    /// The cluster changed since the plan was made.
    #[error("the cluster is not as it was when the plan was made: {}", list(.0))]
    Stale(Vec<Change>),
    /// A step of a later plan that the agreed plan does not announce.
    #[error("{0}: the plan that was agreed to does not announce this change")]
    NotAnnounced(Resource),
    /// The cluster could not be read.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The journal or the record of offsets could not be written.
    #[error(transparent)]
    File(#[from] StoreError),
}

/// How many changes the message lists.
const TOLD: usize = 20;

fn list(changes: &[Change]) -> String {
    let mut texts: Vec<String> = changes.iter().map(ToString::to_string).collect();
    // Steps of one group have the same changes of the group.
    let mut told = BTreeSet::new();
    texts.retain(|text| told.insert(text.clone()));
    if let Some(more @ 1..) = texts.len().checked_sub(TOLD) {
        texts.truncate(TOLD);
        texts.push(format!("and {more} more"));
    }
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

/// Checks one phase before it is written: an outcome for each step that must not be sent.
pub(super) async fn phase(cluster: &dyn Cluster, steps: &[Step]) -> Vec<Option<Outcome>> {
    let refused = |code: &str, message: String| Outcome::Refused {
        error: BrokerError {
            code: code.to_owned(),
            message,
        },
    };
    match read(cluster, steps).await {
        Ok(observed) => {
            let mut first: BTreeMap<usize, Change> = BTreeMap::new();
            for change in changes(steps, &observed) {
                first.entry(change.step).or_insert(change);
            }
            let changed = |step: &Step| first.get(&step.id).map(ToString::to_string);
            steps
                .iter()
                .map(|step| Some(refused("CHANGED_SINCE_PLAN", changed(step)?)))
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
    // Topics are named once: brokers refuse duplicates in a describe request.
    let topics = steps.iter().filter_map(|step| step.action.topic());
    let names: BTreeSet<String> = topics.map(|topic| topic.name.clone()).collect();
    let names: Vec<String> = names.into_iter().collect();
    let is_read = |what: Reading| steps.iter().any(|step| reading(step) == what);
    let brokers = is_read(Reading::Settings);
    let (mut observed, (groups, commits)) = try_join!(
        observe_named(cluster, &names, brokers),
        read_groups(cluster, steps),
    )?;
    observed.groups = groups;
    observed.commits = commits;
    if is_read(Reading::Acls) {
        let acls = cluster.describe_acls(At::AnyBroker).await?;
        observed.acls = Some(acls.map(BTreeSet::from_iter));
    }
    if is_read(Reading::Quotas) {
        let quotas = cluster.describe_quotas(At::AnyBroker).await?;
        observed.quotas = Some(quotas.map(by_entity));
    }
    Ok(observed)
}

/// The groups of the steps, and their commits.
pub(super) async fn read_groups(
    cluster: &dyn Cluster,
    steps: &[Step],
) -> Result<ObservedGroups, ClusterError> {
    let ids_of = |share: bool| -> BTreeSet<String> {
        let steps = steps.iter().filter(|step| is_share(step) == share);
        let ids = steps.filter_map(|step| step.action.group_id());
        ids.map(str::to_owned).collect()
    };
    let share: Vec<String> = ids_of(true).into_iter().collect();
    let others: Vec<String> = ids_of(false).into_iter().collect();
    let all = [&share[..], &others[..]].concat();
    if all.is_empty() {
        return Ok(ObservedGroups::default());
    }
    let (groups, mut commits, starts) = try_join!(
        cluster.describe_groups(&all),
        cluster.fetch_offsets(&others, Pending::Told),
        cluster.fetch_share_offsets(&share),
    )?;
    commits.extend(starts);
    Ok((groups, commits))
}

/// Groups and their commits, by group id.
pub(super) type ObservedGroups = (
    BTreeMap<String, Seen<DescribedGroup>>,
    BTreeMap<String, Seen<Commits>>,
);

fn is_share(step: &Step) -> bool {
    match &step.action {
        Action::CommitOffset(_, change) => change.share,
        Action::DeleteGroup(_, deletion) => deletion.group_type == GroupType::Share,
        _ => false,
    }
}
