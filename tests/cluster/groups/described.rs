//! Groups of every protocol, and many groups.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tonkafka::cluster::Cluster;
use tonkafka::cluster::groups::{Groups, Pending};
use tonkafka::local::artefacts::DEFAULT_VERSION;
use tonkafka::model::group::{Commits, Committed, DescribedGroup, GroupState, GroupType};
use tonkafka::model::seen::Seen;

use super::{WAIT, key, produce};
use crate::contract_groups;
use crate::support::apache::JVM;
use crate::support::kafka;
use crate::support::live::{codes, connect, create, new_topic, runtime};
use crate::support::proxy::api;
use crate::support::reader::Reader;

async fn described(cluster: &dyn Cluster, id: &str) -> Seen<DescribedGroup> {
    let ids = [id.to_owned()];
    cluster
        .describe_groups(&ids)
        .await
        .unwrap()
        .remove(id)
        .unwrap()
}

/// Waits until the group satisfies `wanted`.
async fn group(
    cluster: &dyn Cluster,
    id: &str,
    wanted: impl Fn(&DescribedGroup) -> bool,
) -> DescribedGroup {
    let deadline = Instant::now() + WAIT;
    loop {
        let seen = described(cluster, id).await;
        match seen {
            Seen::Value(group) if wanted(&group) => return group,
            other => assert!(Instant::now() < deadline, "{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[test]
fn a_group_of_the_newer_protocol() {
    if !kafka::has_newer_groups() {
        return;
    }
    let kafka = kafka::single();
    let name = kafka::topic_name("newer");
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        create(&cluster, &[new_topic(&name, 2, &[])]).await;
        let settings = [("group.protocol", "consumer")];
        let reader = Reader::start(&kafka.bootstrap(), &name, &name, &settings);
        let is_stable = |group: &DescribedGroup| {
            let has_all = |one: &tonkafka::model::group::Member| one.assignment.contains_key(&name);
            group.state == GroupState::Stable && group.members.iter().all(has_all)
        };
        let found = group(&cluster, &name, is_stable).await;
        assert_eq!(found.group_type, GroupType::Consumer);
        assert_eq!(found.protocol_type, "consumer");
        assert_eq!(found.assignor.as_deref(), Some("uniform"));
        assert!(found.epoch.unwrap() > 0);
        let [member] = found.members.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(member.client_id, "reader");
        assert_eq!(member.host, "127.0.0.1");
        let assignment = BTreeMap::from([(name.clone(), vec![0, 1])]);
        assert_eq!(member.assignment, assignment);
        let listed = cluster.list_groups().await.unwrap();
        assert_eq!(listed.groups[&name].group_type, GroupType::Consumer);
        assert_eq!(listed.groups[&name].state, Some(GroupState::Stable));

        reader.commit(&name, 0, 0);
        let items = [(key(&name, 1), Committed::at(1))];
        let answers = cluster.commit_offsets(&name, &items).await;
        assert_eq!(codes(&answers), ["UNKNOWN_MEMBER_ID"]);
        let ids = [name.clone()];
        let answers = cluster.delete_groups(&ids).await;
        assert_eq!(codes(&answers), ["NON_EMPTY_GROUP"]);
        let partitions = [key(&name, 0)];
        let answers = cluster.delete_offsets(&name, &partitions).await;
        assert_eq!(codes(&answers), ["GROUP_SUBSCRIBED_TO_TOPIC"]);

        drop(reader);
        group(&cluster, &name, DescribedGroup::is_empty).await;
        let answers = cluster.commit_offsets(&name, &items).await;
        assert_eq!(codes(&answers), ["done"]);
        let found = cluster.fetch_offsets(&ids, Pending::Told).await.unwrap();
        let both = [0, 1].map(|index| {
            let committed = Committed::at(i64::from(index));
            (key(&name, index), Seen::Value(committed))
        });
        assert_eq!(found[&name], Seen::Value(Commits::from(both)));
        assert_eq!(codes(&cluster.delete_groups(&ids).await), ["done"]);
        assert_eq!(described(&cluster, &name).await, Seen::Absent);
    });
}

/// Apache's share consumer; killed when dropped.
struct ShareReader(Child);

impl ShareReader {
    fn start(bootstrap: &str, group: &str, topic: &str) -> Self {
        let main_class = "org.apache.kafka.tools.consumer.ConsoleShareConsumer";
        let mut java: Command = kafka::artefacts(DEFAULT_VERSION).command(JVM, main_class);
        java.args(["--bootstrap-server", bootstrap])
            .args(["--group", group, "--topic", topic])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(java.spawn().unwrap())
    }

    /// Stops it with SIGTERM, so that it leaves its group.
    fn leave(mut self) {
        let id = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for ShareReader {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_share_group() {
    let properties = [
        ("share.coordinator.state.topic.replication.factor", "1"),
        ("share.coordinator.state.topic.min.isr", "1"),
        ("share.coordinator.state.topic.num.partitions", "2"),
    ];
    if !kafka::has_newer_groups() {
        return;
    }
    let kafka = kafka::fresh(1, &properties);
    let name = kafka::topic_name("share");
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        create(&cluster, &[new_topic(&name, 2, &[])]).await;
        let payloads: Vec<String> = (0..5).map(|number| number.to_string()).collect();
        produce(&kafka.bootstrap(), &name, 1, &payloads).await;
        let reader = ShareReader::start(&kafka.bootstrap(), &name, &name);
        let is_stable = |group: &DescribedGroup| {
            let all = BTreeMap::from([(name.clone(), vec![0, 1])]);
            group.members.iter().any(|one| one.assignment == all)
        };
        let found = group(&cluster, &name, is_stable).await;
        assert_eq!(found.group_type, GroupType::Share);
        assert_eq!(found.protocol_type, "share");
        assert_eq!(found.state, GroupState::Stable);
        assert!(found.epoch.unwrap() > 0);
        assert_eq!(found.members[0].host, "127.0.0.1");
        let listed = cluster.list_groups().await.unwrap();
        assert_eq!(listed.groups[&name].group_type, GroupType::Share);
        assert_eq!(listed.groups[&name].protocol_type, "share");

        // A share has no start offset until its members have been given records.
        let deadline = Instant::now() + WAIT;
        let start = loop {
            produce(&kafka.bootstrap(), &name, 1, &payloads).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            if let Some(start) = share_start(&cluster, &name).await {
                break start;
            }
            assert!(Instant::now() < deadline);
        };
        assert!(start >= 5, "{start}");
        contract_groups::share_group_with_members(&cluster, &name, &name).await;

        reader.leave();
        group(&cluster, &name, DescribedGroup::is_empty).await;
        contract_groups::share_group_without_members(&cluster, &name, &name).await;
    });
}

/// The start offset of a share group's second partition.
async fn share_start(cluster: &dyn Cluster, id: &str) -> Option<i64> {
    let ids = [id.to_owned()];
    let mut found = cluster.fetch_share_offsets(&ids).await.unwrap();
    let Some(Seen::Value(starts)) = found.remove(id) else {
        panic!()
    };
    let start = starts.get(&key(id, 1)).and_then(Seen::value);
    start.map(|start| start.offset)
}

#[test]
fn many_groups_are_few_requests() {
    let kafka = kafka::three();
    let name = kafka::topic_name("few");
    let proxy = kafka.proxy();
    runtime().block_on(async {
        let cluster = connect(&proxy.bootstrap()).await;
        create(&cluster, &[new_topic(&name, 1, &[])]).await;
        let ids: Vec<String> = (0..50).map(|number| format!("{name}-{number}")).collect();
        let items = [(key(&name, 0), Committed::at(0))];
        for id in &ids {
            assert_eq!(codes(&cluster.commit_offsets(id, &items).await), ["done"]);
        }
        proxy.reset();
        let found = cluster.describe_groups(&ids).await.unwrap();
        let coordinators: BTreeSet<i32> = found
            .values()
            .map(|seen| seen.value().unwrap().coordinator)
            .collect();
        assert!(coordinators.len() > 1);
        assert_eq!(proxy.count(api::FIND_COORDINATOR), 1);
        assert_eq!(proxy.count(api::DESCRIBE_GROUPS), coordinators.len());
        proxy.reset();
        let found = cluster.fetch_offsets(&ids, Pending::Told).await.unwrap();
        let one = Commits::from([(key(&name, 0), Seen::Value(Committed::at(0)))]);
        assert!(found.values().all(|seen| *seen == Seen::Value(one.clone())));
        assert_eq!(proxy.count(api::FIND_COORDINATOR), 1);
        assert_eq!(proxy.count(api::OFFSET_FETCH), coordinators.len());
        assert_eq!(proxy.requests().len(), 1 + coordinators.len());
    });
}
