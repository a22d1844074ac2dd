//! Plans the restore of a backup.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::judged;
use crate::backup::shelf::take;
use crate::cluster::{Cluster, ClusterError};
use crate::model::backup::{Backup, Kept, Why};
use crate::model::desired::Desired;
use crate::model::group::DescribedGroup;
use crate::model::measure::{Offsets, TopicPartition};
use crate::model::seen::Seen;
use crate::observe::brokers::api_versions;
use crate::observe::everything::{Also, Taken};
use crate::observe::offsets;
use crate::plan::lock_out::lock_out;
use crate::plan::restore::{self, Now, Selection};
use crate::plan::{Code, Plan, guards};

/// The difference between a backup and a cluster, without guards.
///
/// # Errors
/// The cluster cannot be read.
pub async fn difference(
    cluster: &dyn Cluster,
    then: &Backup,
    selection: &Selection,
) -> Result<Plan, ClusterError> {
    let live = Live::read(cluster, then, selection).await?;
    Ok(restore::plan(then, live.now(), selection))
}

/// The plan that restores a backup with a login of this principal, judged by all guards except the one for skipped records, because the
/// commits of the backup are wanted.
///
/// # Errors
/// The cluster cannot be read.
pub async fn restore(
    cluster: &dyn Cluster,
    then: &Backup,
    selection: &Selection,
    login: Option<&str>,
    allow: &BTreeSet<Code>,
) -> Result<Plan, ClusterError> {
    let live = Live::read(cluster, then, selection).await?;
    let mut plan = restore::plan(then, live.now(), selection);
    let observed = &live.taken.observed;
    guards::settle(&mut plan, observed);
    let plan = judged(cluster, plan, &Desired::default(), observed, allow).await?;
    let Kept::Value(acls) = &live.taken.backup.acls else {
        return Ok(plan);
    };
    let acls = acls.iter().cloned().collect();
    let topics = live
        .taken
        .backup
        .topics
        .keys()
        .map(String::as_str)
        .collect();
    let locked = lock_out(&plan.steps, &acls, &topics, login, allow);
    Ok(plan.with_findings(locked))
}

/// The current state of a cluster.
struct Live {
    taken: Taken,
    groups: BTreeMap<String, Seen<DescribedGroup>>,
    logs: BTreeMap<TopicPartition, (i64, i64)>,
}

impl Live {
    async fn read(
        cluster: &dyn Cluster,
        then: &Backup,
        selection: &Selection,
    ) -> Result<Self, ClusterError> {
        let topics = then.topics.keys().filter(|name| selection.topic(name));
        let groups = then.groups.keys().filter(|id| selection.group(id));
        let also = Also {
            topics: topics.cloned().collect(),
            groups: groups.cloned().collect(),
        };
        let mut taken = take(cluster, Why::Live, None, &also).await?;
        if restore::depends_on_version(then, selection) {
            let described = &taken.observed.cluster;
            taken.observed.api_versions = api_versions(cluster, described).await;
        }
        let (ids, partitions) = restore::questions(then, &taken.backup, selection);
        if ids.is_empty() {
            let (groups, logs) = (BTreeMap::new(), BTreeMap::new());
            return Ok(Self {
                taken,
                groups,
                logs,
            });
        }
        let read = offsets::of(cluster, &ids, partitions.clone()).await?;
        let offset = |offsets: &Offsets, key: &TopicPartition| {
            offsets.get(key).and_then(Seen::value).copied().flatten()
        };
        let log = |key: TopicPartition| {
            let start = offset(&read.measured.starts, &key)?;
            let end = offset(&read.measured.ends, &key)?;
            Some((key, (start, end)))
        };
        let logs = partitions.into_iter().filter_map(log).collect();
        let groups = read.groups;
        Ok(Self {
            taken,
            groups,
            logs,
        })
    }

    fn now(&self) -> Now<'_> {
        Now {
            backup: &self.taken.backup,
            groups: Some(&self.groups),
            logs: &self.logs,
            line: self.taken.observed.line(),
        }
    }
}
