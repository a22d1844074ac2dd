//! The contract for groups, commits and records, on the cluster in memory and on Kafka.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{FakeCluster, FakeGroup, State};
use tonkafka::cluster::groups::Pending;
use tonkafka::cluster::{Answer, BrokerError, Cluster, OffsetSpec};
use tonkafka::model::group::{
    CONSUMER, Commits, Committed, DescribedGroup, GroupState, GroupType, Member, RecordTime,
};
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::seen::Seen;

use super::contract::fake_records;
use crate::program::words;
use crate::support::kafka;
use crate::support::live::{self, connect, create, new_topic, runtime, write_records};
use crate::support::reader::Reader;

#[test]
fn the_cluster_in_memory_keeps_the_contract_of_groups() {
    let readers = fake_readers();
    let empty = FakeGroup {
        group_type: GroupType::Share,
        protocol_type: GroupType::Share.to_string(),
        members: vec![],
        ..readers.clone()
    };
    let full = FakeGroup {
        members: readers.members.clone(),
        ..empty.clone()
    };
    let named = |id: &str, group| (id.to_owned(), group);
    let state = State {
        groups: BTreeMap::from([
            named("fake-readers", readers),
            named("fake-share-empty", empty),
            named("fake-share-full", full),
        ]),
        ..fake_records()
    };
    let cluster = FakeCluster::new(state);
    runtime().block_on(async {
        let topic = "fake-records";
        share_group_with_members(&cluster, "fake-share-full", topic).await;
        share_group_without_members(&cluster, "fake-share-empty", topic).await;
        contract(&cluster, "fake").await;
    });
}

#[test]
fn kafka_keeps_the_contract_of_groups() {
    let kafka = kafka::single();
    let prefix = kafka::topic_name("live");
    let records = format!("{prefix}-records");
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        write_records(&cluster, &kafka.bootstrap(), &records).await;
        let group = format!("{prefix}-readers");
        let reader = Reader::start(&kafka.bootstrap(), &group, &records, &[]);
        reader.commit(&records, 1, 2);
        contract(&cluster, &prefix).await;
    });
}

fn fake_readers() -> FakeGroup {
    let topic = || "fake-records".to_owned();
    let committed = Committed::at(2);
    FakeGroup {
        assignor: Some("range".to_owned()),
        members: vec![Member {
            client_id: "reader".to_owned(),
            id: "reader-1".to_owned(),
            instance_id: None,
            host: "127.0.0.1".to_owned(),
            assignment: BTreeMap::from([(topic(), vec![0, 1])]),
        }],
        commits: BTreeMap::from([(topic(), BTreeMap::from([(1, committed)]))]),
        ..FakeGroup::default()
    }
}

/// Expects the topic `PREFIX-records` with three records in its second partition, and a group
/// `PREFIX-readers` with one member that committed 2 there.
pub(super) async fn contract(cluster: &dyn Cluster, prefix: &str) {
    let name = |stem: &str| format!("{prefix}-{stem}");
    no_groups(cluster).await;
    absent_groups(cluster, &name("nobody")).await;
    committing(cluster, &name("groups")).await;
    many_groups(cluster, &name("many")).await;
    live_groups(cluster, &name("readers"), &name("records")).await;
    deleting_offsets(cluster, &name("forgets")).await;
    deleting_groups(
        cluster,
        &name("deleted-group"),
        &name("readers"),
        &name("records"),
    )
    .await;
    next_records(cluster, &name("records")).await;
    deleting_records(cluster, &name("records")).await;
}

async fn described(cluster: &dyn Cluster, id: &str) -> Seen<DescribedGroup> {
    let ids = [id.to_owned()];
    let mut found = cluster.describe_groups(&ids).await.unwrap();
    assert_eq!(found.len(), 1);
    found.remove(id).unwrap()
}

async fn commits(cluster: &dyn Cluster, id: &str) -> Commits {
    let ids = [id.to_owned()];
    let mut told = cluster.fetch_offsets(&ids, Pending::Told).await.unwrap();
    let found = cluster.fetch_offsets(&ids, Pending::Ignored).await.unwrap();
    assert_eq!(told, found);
    match told.remove(id) {
        Some(Seen::Value(commits)) => commits,
        other => panic!("{other:?}"),
    }
}

/// Done, or the code of a refusal; brokers send no messages for these requests.
fn codes(answers: &[Answer]) -> Vec<&str> {
    for answer in answers {
        if let Answer::Refused(error) = answer {
            assert_eq!(error.message, error.code);
        }
    }
    live::codes(answers)
}

fn key(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition::new(topic, partition)
}

async fn no_groups(cluster: &dyn Cluster) {
    assert!(cluster.describe_groups(&[]).await.unwrap().is_empty());
    let pending = Pending::Ignored;
    assert!(
        cluster
            .fetch_offsets(&[], pending)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(cluster.delete_groups(&[]).await.is_empty());
    assert!(cluster.commit_offsets("nobody", &[]).await.is_empty());
    assert!(cluster.next_records(&[]).await.unwrap().is_empty());
    assert!(cluster.delete_records(&[]).await.is_empty());
}

async fn absent_groups(cluster: &dyn Cluster, id: &str) {
    assert_eq!(described(cluster, id).await, Seen::Absent);
    assert_eq!(commits(cluster, id).await, Commits::new());
    let listed = cluster.list_groups().await.unwrap();
    assert!(!listed.groups.contains_key(id));
    assert!(listed.missing.is_empty(), "{:?}", listed.missing);
    let ids = [id.to_owned()];
    let deleted = cluster.delete_groups(&ids).await;
    assert_eq!(codes(&deleted), ["GROUP_ID_NOT_FOUND"]);
    assert_eq!(described(cluster, id).await, Seen::Absent);
}

/// A commit creates a missing group, and keeps leader epochs and metadata.
async fn committing(cluster: &dyn Cluster, name: &str) {
    create(cluster, &[new_topic(name, 3, &[])]).await;
    let with_all = Committed {
        offset: 0,
        leader_epoch: Some(0),
        metadata: "é\u{1b}[1m 🦀".to_owned(),
    };
    let items = [
        (key(name, 2), Committed::at(7)),
        (key(name, 9), Committed::at(1)),
        (key(&format!("{name}-absent"), 0), Committed::at(1)),
        (key(name, 0), with_all.clone()),
    ];
    let answers = cluster.commit_offsets(name, &items).await;
    let expected = words("done UNKNOWN_TOPIC_OR_PARTITION UNKNOWN_TOPIC_OR_PARTITION done");
    assert_eq!(codes(&answers), expected);
    let expected = Commits::from([
        (key(name, 0), Seen::Value(with_all.clone())),
        (key(name, 2), Seen::Value(Committed::at(7))),
    ]);
    assert_eq!(commits(cluster, name).await, expected);

    let again = [(key(name, 2), Committed::at(5))];
    let answers = cluster.commit_offsets(name, &again).await;
    assert_eq!(codes(&answers), ["done"]);
    assert_eq!(
        commits(cluster, name).await[&key(name, 2)],
        Seen::Value(Committed::at(5))
    );

    let Seen::Value(group) = described(cluster, name).await else {
        panic!()
    };
    assert_eq!(
        (group.group_type, group.state),
        (GroupType::Classic, GroupState::Empty)
    );
    assert_eq!((group.coordinator, group.assignor), (1, None));
    assert_eq!((group.epoch, group.members), (None, vec![]));
    let listed = cluster.list_groups().await.unwrap();
    let listed = &listed.groups[name];
    assert_eq!(listed.id, name);
    assert_eq!(
        (&listed.group_type, listed.coordinator),
        (&GroupType::Classic, 1)
    );
    assert_eq!(listed.state, Some(GroupState::Empty));
    assert_eq!(listed.protocol_type, group.protocol_type);
}

/// The commits of many groups are kept apart.
async fn many_groups(cluster: &dyn Cluster, name: &str) {
    create(cluster, &[new_topic(name, 1, &[])]).await;
    let ids: Vec<String> = (0..20).map(|number| format!("{name}-{number}")).collect();
    for (id, offset) in ids.iter().zip(100..) {
        let answers = cluster
            .commit_offsets(id, &[(key(name, 0), Committed::at(offset))])
            .await;
        assert_eq!(codes(&answers), ["done"]);
    }
    let absent = format!("{name}-absent");
    let all = [ids.as_slice(), &[absent.clone(), ids[0].clone()]].concat();
    let found = cluster.fetch_offsets(&all, Pending::Ignored).await.unwrap();
    let groups = cluster.describe_groups(&all).await.unwrap();
    assert_eq!((found.len(), groups.len()), (21, 21));
    for (id, offset) in ids.iter().zip(100..) {
        let expected = Commits::from([(key(name, 0), Seen::Value(Committed::at(offset)))]);
        assert_eq!(found[id], Seen::Value(expected));
        assert_eq!(groups[id].value().map(|group| &group.id), Some(id));
    }
    assert_eq!(found[&absent], Seen::Value(Commits::new()));
    assert_eq!(groups[&absent], Seen::Absent);
}

async fn live_groups(cluster: &dyn Cluster, id: &str, topic: &str) {
    let Seen::Value(group) = described(cluster, id).await else {
        panic!()
    };
    assert_eq!(
        (group.id.as_str(), group.group_type),
        (id, GroupType::Classic)
    );
    assert_eq!(
        (group.state, group.protocol_type.as_str()),
        (GroupState::Stable, CONSUMER)
    );
    assert_eq!(
        (group.assignor.as_deref(), group.epoch),
        (Some("range"), None)
    );
    let [member] = group.members.as_slice() else {
        panic!("{:?}", group.members)
    };
    assert_eq!(
        (member.client_id.as_str(), member.host.as_str()),
        ("reader", "127.0.0.1")
    );
    assert!(member.id.starts_with("reader-") && member.instance_id.is_none());
    let assignment = BTreeMap::from([(topic.to_owned(), vec![0, 1])]);
    assert_eq!(member.assignment, assignment);

    let committed = Commits::from([(key(topic, 1), Seen::Value(Committed::at(2)))]);
    assert_eq!(commits(cluster, id).await, committed);
    let items = [(key(topic, 1), Committed::at(1))];
    let answers = cluster.commit_offsets(id, &items).await;
    assert_eq!(codes(&answers), ["UNKNOWN_MEMBER_ID"]);
    let mixed = [items[0].clone(), (key(topic, 9), Committed::at(1))];
    let answers = cluster.commit_offsets(id, &mixed).await;
    assert_eq!(
        codes(&answers),
        ["UNKNOWN_MEMBER_ID", "UNKNOWN_TOPIC_OR_PARTITION"]
    );
    let answers = cluster.delete_offsets(id, &[key(topic, 1)]).await;
    assert_eq!(codes(&answers), ["GROUP_SUBSCRIBED_TO_TOPIC"]);
    assert_eq!(commits(cluster, id).await, committed);
    let listed = cluster.list_groups().await.unwrap();
    let listed = &listed.groups[id];
    assert_eq!(listed.state, Some(GroupState::Stable));
    assert_eq!(listed.protocol_type, CONSUMER);
}

async fn deleting_offsets(cluster: &dyn Cluster, name: &str) {
    create(cluster, &[new_topic(name, 3, &[])]).await;
    let items = [0, 1].map(|index| (key(name, index), Committed::at(4)));
    assert_eq!(
        codes(&cluster.commit_offsets(name, &items).await),
        ["done", "done"]
    );
    let absent = format!("{name}-absent");
    let partitions = [key(name, 1), key(name, 2), key(name, 7), key(&absent, 0)];
    let answers = cluster.delete_offsets(name, &partitions).await;
    let unknown = "UNKNOWN_TOPIC_OR_PARTITION";
    assert_eq!(codes(&answers), ["done", "done", unknown, unknown]);
    let left = Commits::from([(key(name, 0), Seen::Value(Committed::at(4)))]);
    assert_eq!(commits(cluster, name).await, left);
    let of_nobody = cluster.delete_offsets(&absent, &partitions[..1]).await;
    assert_eq!(codes(&of_nobody), ["GROUP_ID_NOT_FOUND"]);
}

async fn deleting_groups(cluster: &dyn Cluster, name: &str, live: &str, topic: &str) {
    let items = [(key(topic, 0), Committed::at(0))];
    assert_eq!(codes(&cluster.commit_offsets(name, &items).await), ["done"]);
    let ids = [live.to_owned(), format!("{name}-absent"), name.to_owned()];
    let answers = cluster.delete_groups(&ids).await;
    let expected = ["NON_EMPTY_GROUP", "GROUP_ID_NOT_FOUND", "done"];
    assert_eq!(codes(&answers), expected);
    assert_eq!(described(cluster, name).await, Seen::Absent);
    assert_eq!(commits(cluster, name).await, Commits::new());
    assert!(described(cluster, live).await.value().is_some());
}

async fn next_records(cluster: &dyn Cluster, name: &str) {
    let at = async |partition, offset| {
        let item = key(name, partition);
        let found = cluster.next_records(&[(item.clone(), offset)]).await;
        let mut found = found.unwrap();
        assert_eq!(found.len(), 1);
        found.remove(&item).unwrap()
    };
    for (offset, timestamp) in [(0, 1_000), (1, 2_000), (2, 3_000)] {
        let timestamp = Some(timestamp);
        let record = RecordTime { offset, timestamp };
        assert_eq!(at(1, offset).await, Seen::Value(Some(record)));
    }
    assert_eq!(at(1, 3).await, Seen::Value(None));
    assert_eq!(at(0, 0).await, Seen::Value(None));
    assert_eq!(at(9, 0).await, Seen::Absent);
    let outside = Seen::unavailable("OFFSET_OUT_OF_RANGE");
    assert_eq!(at(1, 4).await, outside);
    assert_eq!(at(1, -1).await, outside);
    let absent = (key(&format!("{name}-absent"), 0), 0);
    let both = [(key(name, 1), 2), absent.clone()];
    let found = cluster.next_records(&both).await.unwrap();
    assert_eq!(found[&absent.0], Seen::Absent);
    assert!(found[&key(name, 1)].value().is_some());
}

async fn deleting_records(cluster: &dyn Cluster, name: &str) {
    let delete = async |partition, before| {
        let items = [(key(name, partition), before)];
        codes(&cluster.delete_records(&items).await).join("")
    };
    assert_eq!(delete(1, 4).await, "OFFSET_OUT_OF_RANGE");
    assert_eq!(delete(1, -1).await, "OFFSET_OUT_OF_RANGE");
    assert_eq!(delete(9, 1).await, "UNKNOWN_TOPIC_OR_PARTITION");
    assert_eq!(delete(1, 2).await, "done");
    // A log that already starts later is unchanged.
    assert_eq!(delete(1, 1).await, "done");
    let partitions = [key(name, 0), key(name, 1)];
    let starts = cluster
        .list_offsets(&partitions, OffsetSpec::Earliest)
        .await;
    let starts = starts.unwrap();
    assert_eq!(starts[&partitions[0]], Seen::Value(Some(0)));
    assert_eq!(starts[&partitions[1]], Seen::Value(Some(2)));
    let ask = [(key(name, 1), 1)];
    let found = cluster.next_records(&ask).await.unwrap();
    let words = "OFFSET_OUT_OF_RANGE".to_owned();
    assert_eq!(found[&ask[0].0], Seen::unavailable(words));

    let compacted = format!("{name}-compacted");
    let policy = [("cleanup.policy", "compact")];
    create(cluster, &[new_topic(&compacted, 1, &policy)]).await;
    let items = [(key(&compacted, 0), 0), (key(name, 1), 3)];
    let answers = cluster.delete_records(&items).await;
    assert_eq!(codes(&answers), ["POLICY_VIOLATION", "done"]);
}

/// A share group with members cannot be moved.
pub(super) async fn share_group_with_members(cluster: &dyn Cluster, id: &str, topic: &str) {
    let items = [(key(topic, 1), 2), (key(topic, 9), 0)];
    let answers = cluster.alter_share_offsets(id, &items).await;
    let no = Answer::Refused(BrokerError {
        code: "NON_EMPTY_GROUP".to_owned(),
        message: "The group is not empty.".to_owned(),
    });
    assert_eq!(answers, [no.clone(), no]);
}

/// Share groups have no commits, and other groups no share offsets. The group is deleted in the
/// end.
pub(super) async fn share_group_without_members(cluster: &dyn Cluster, id: &str, topic: &str) {
    let (absent, classic) = (format!("{id}-absent"), format!("{id}-classic"));
    let items = [(key(topic, 1), 2), (key(topic, 9), 0)];
    for group in [id, &absent] {
        let answers = cluster.alter_share_offsets(group, &items).await;
        let unknown = Answer::Refused(BrokerError {
            code: "UNKNOWN_TOPIC_OR_PARTITION".to_owned(),
            message: "This server does not host this topic-partition.".to_owned(),
        });
        assert_eq!(answers, [Answer::Done, unknown]);
        let Seen::Value(found) = described(cluster, group).await else {
            panic!()
        };
        assert_eq!(
            (found.group_type, found.state),
            (GroupType::Share, GroupState::Empty)
        );
    }
    let commit = [(key(topic, 0), Committed::at(0))];
    let nobody = ["GROUP_ID_NOT_FOUND"];
    assert_eq!(codes(&cluster.commit_offsets(id, &commit).await), nobody);
    let partitions = [key(topic, 1)];
    assert_eq!(
        codes(&cluster.delete_offsets(id, &partitions).await),
        nobody
    );
    assert_eq!(
        codes(&cluster.commit_offsets(&classic, &commit).await),
        ["done"]
    );
    let answers = cluster.alter_share_offsets(&classic, &items[..1]).await;
    let no = Answer::Refused(BrokerError {
        code: "GROUP_ID_NOT_FOUND".to_owned(),
        message: format!("Group {classic} is not a share group."),
    });
    assert_eq!(answers, [no]);

    let nowhere = format!("{id}-nowhere");
    let ids = [id.to_owned(), absent, classic, nowhere];
    let starts = cluster.fetch_share_offsets(&ids).await.unwrap();
    let start = |id: &String| match &starts[id] {
        Seen::Value(starts) => starts.get(&key(topic, 1)).and_then(Seen::value),
        other => panic!("{other:?}"),
    };
    let offsets = ids.each_ref().map(|id| start(id).map(|start| start.offset));
    assert_eq!(offsets, [Some(2), Some(2), None, None]);
    let found = cluster.fetch_offsets(&ids, Pending::Told).await.unwrap();
    let counts = ids.each_ref().map(|id| found[id].value().map(Commits::len));
    assert_eq!(counts, [Some(0), Some(0), Some(1), Some(0)]);
    let answers = cluster.delete_groups(&ids[..3]).await;
    assert_eq!(codes(&answers), ["done", "done", "done"]);
}
