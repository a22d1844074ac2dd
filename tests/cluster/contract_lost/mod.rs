//! The contract for writes under faults: an answer without the items, a coordinator that unloads, a
//! topic that is created again in between, a quota. The same suite runs on the cluster in memory
//! and on Kafka behind a proxy.

pub(super) mod answers;

use std::sync::Arc;
use std::time::Duration;

use tonkafka::cluster::fake::{FakeCluster, FakeQuota, Faults, State};
use tonkafka::cluster::groups::Pending;
use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::{Answer, At, Cluster, Mode, OffsetSpec};
use tonkafka::model::access::{
    Entity, Operation, PatternType, Permission, QuotaValue, ResourceType,
};
use tonkafka::model::config::{ConfigAlteration, ConfigResource};
use tonkafka::model::group::Committed;
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::seen::Seen;
use tonkafka::model::topic::Topic;
use tonkafka::observe::topics::topics_with_configs;

use crate::contract;
use crate::contract_access::{acl, authorizer};
use crate::support::apache;
use crate::support::kafka::{self, Kafka, Options};
use crate::support::live::{self, codes, commit, connect, create, new_topic, runtime};
use crate::support::proxy::{Action, Alter, Proxy, api};

const LEFT_OUT: &str = "the broker's answer left this item out";

/// A cluster whose next request of a kind can be made to fail.
trait World {
    fn cluster(&self) -> &dyn Cluster;
    /// The request is carried out, and its answer has no items.
    fn leave_out(&self, request: &str);
    /// The coordinator carries the request out and then unloads. The proxy needs the group and
    /// topic.
    fn unload(&self, request: &str, group: &str, topic: &str);
    /// The topic is deleted and created again before the request arrives.
    fn remake_before(&self, request: &str, topic: &str);
    /// No new connection reaches a broker.
    fn go_away(&self);
    /// The number of requests of a kind since the last call. Ends all faults.
    fn calm(&self, request: &str) -> usize;
}

impl World for FakeCluster {
    fn cluster(&self) -> &dyn Cluster {
        self
    }

    fn leave_out(&self, request: &str) {
        self.change(|state| {
            state.faults.leave_out.insert(request.to_owned());
        });
    }

    fn unload(&self, request: &str, _group: &str, _topic: &str) {
        self.change(|state| {
            state.faults.unload_after.insert(request.to_owned());
        });
    }

    fn go_away(&self) {
        self.change(|state| state.faults.unreachable = true);
    }

    fn remake_before(&self, _request: &str, topic: &str) {
        self.change(|state| {
            state.faults.remake_before_write.insert(topic.to_owned());
        });
    }

    fn calm(&self, request: &str) -> usize {
        let mut count = 0;
        self.change(|state| {
            let of_kind = |one: &&String| one.split(' ').next() == Some(request);
            count = state.requests.iter().filter(of_kind).count();
            state.requests.clear();
            state.faults = Faults::default();
        });
        count
    }
}

struct Live<'a> {
    cluster: LiveCluster,
    proxy: Proxy<'a>,
    admin: String,
}

fn key_of(request: &str) -> i16 {
    match request {
        "CreateTopics" => api::CREATE_TOPICS,
        "CreatePartitions" => api::CREATE_PARTITIONS,
        "IncrementalAlterConfigs" => api::INCREMENTAL_ALTER_CONFIGS,
        "DeleteTopics" => api::DELETE_TOPICS,
        "DeleteRecords" => api::DELETE_RECORDS,
        "OffsetCommit" => api::OFFSET_COMMIT,
        "OffsetDelete" => api::OFFSET_DELETE,
        "DeleteGroups" => api::DELETE_GROUPS,
        "CreateAcls" => api::CREATE_ACLS,
        "DeleteAcls" => api::DELETE_ACLS,
        "AlterClientQuotas" => api::ALTER_CLIENT_QUOTAS,
        other => panic!("{other}"),
    }
}

impl World for Live<'_> {
    fn cluster(&self) -> &dyn Cluster {
        &self.cluster
    }

    fn leave_out(&self, request: &str) {
        self.alter(request, answers::of_nothing(request));
    }

    fn unload(&self, request: &str, group: &str, topic: &str) {
        self.alter(request, answers::not_coordinator(request, group, topic));
    }

    fn remake_before(&self, request: &str, topic: &str) {
        let (admin, topic) = (self.admin.clone(), topic.to_owned());
        let deed = move || remake(&admin, &topic);
        let action = Action::After(Arc::new(deed));
        self.proxy.on(key_of(request), 1, action);
    }

    fn go_away(&self) {
        self.proxy.from(api::API_VERSIONS, 1, Action::Cut);
    }

    fn calm(&self, request: &str) -> usize {
        let count = self.proxy.count(key_of(request));
        self.proxy.reset();
        count
    }
}

impl Live<'_> {
    fn alter(&self, request: &str, alter: Alter) {
        self.proxy.on(key_of(request), 1, Action::Alter(alter));
    }
}

/// Deletes a topic, and creates one of its name with two partitions and no settings.
pub(super) fn remake(admin: &str, topic: &str) {
    let there = || apache::describe_topic(admin, topic);
    let before = there().unwrap();
    apache::topics(admin, &["--delete", "--topic", topic]).ok();
    while there().is_some() {}
    let again = ["--create", "--partitions", "2", "--topic", topic];
    apache::topics(admin, &again).ok();
    while there().is_none_or(|topic| topic.id == before.id) {}
}

#[test]
fn the_cluster_in_memory_keeps_the_contract() {
    let cluster = FakeCluster::new(State {
        acls: Some(Vec::new()),
        ..contract::fake_records()
    });
    runtime().block_on(async {
        contract(&cluster, "fake").await;
        for request in ["CreateTopics", "CreatePartitions", "DeleteTopics"] {
            let quota = FakeQuota {
                requests: 1,
                takes: 0,
                wait_ms: 50,
            };
            cluster.change(|state| {
                let throttle = &mut state.faults.throttle;
                throttle.insert(request.to_owned(), quota);
            });
        }
        throttling(&cluster, "fake", async || {}).await;
    });
}

#[test]
fn kafka_keeps_the_contract() {
    let with = |options: Options, (key, value): (&str, &str)| options.property(key, value);
    let options = Kafka::options().proxies(1);
    let kafka = authorizer().into_iter().fold(options, with).start();
    let proxy = kafka.proxy();
    runtime().block_on(async {
        let cluster = connect(&proxy.bootstrap()).await;
        live::write_records(&cluster, &kafka.bootstrap(), "live-records").await;
        proxy.reset();
        let admin = kafka.admin();
        let live = Live {
            cluster,
            proxy,
            admin,
        };
        contract(&live, "live").await;
    });
}

#[test]
fn kafka_with_a_quota_keeps_the_contract() {
    let kafka = kafka::fresh(1, &[]);
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        quota(&kafka.admin(), "1");
        let mut number = 0;
        // Eleven seconds' worth of changes is available at once; more have to wait.
        let exhaust = async || {
            loop {
                number += 1;
                let topics = [new_topic(&format!("live-many-{number}"), 14, &[])];
                let answers = cluster.create_topics(&topics, Mode::Write).await;
                if matches!(answers.as_slice(), [Answer::Throttled { .. }]) {
                    return;
                }
            }
        };
        throttling(&cluster, "live", exhaust).await;
    });
}

/// Sets the number of partition changes per second for each client.
pub(super) fn quota(admin: &str, rate: &str) {
    let add = format!("controller_mutation_rate={rate}");
    let all = ["--entity-type", "clients", "--entity-default"];
    let alter = [&["--alter", "--add-config", &add], &all[..]].concat();
    apache::configs(admin, &alter).ok();
}

async fn contract(world: &dyn World, prefix: &str) {
    let name = |stem: &str| format!("{prefix}-{stem}");
    left_out_of_topics(world, &name("out")).await;
    left_out_of_groups(world, &name("out-group"), &name("records")).await;
    left_out_of_access(world).await;
    unloading(world, &name("unloaded"), &name("records")).await;
    making_anew(world, &name("anew")).await;
    going_away(world, &name("records")).await;
}

/// A write that cannot be sent is not refused, and nothing arrives.
async fn going_away(world: &dyn World, records: &str) {
    let cluster = world.cluster().within(Duration::from_secs(2));
    let partition = TopicPartition::new(records.to_owned(), 1);
    let rate = ("producer_byte_rate".to_owned(), Some(QuotaValue(9.0)));
    let user = Entity([("user".to_owned(), Some("alice".to_owned()))].into());
    let group = "goes-away".to_owned();
    world.go_away();
    let configs = [(ConfigResource::Topic(records.to_owned()), Vec::new())];
    let commits = [(partition.clone(), Committed::at(1))];
    let all = [
        cluster
            .create_topics(&[new_topic("away", 1, &[])], Mode::Write)
            .await,
        cluster.alter_configs(&configs, Mode::Write).await,
        cluster.delete_topics(&[(records.to_owned(), None)]).await,
        cluster.delete_records(&[(partition, 1)]).await,
        cluster.commit_offsets(&group, &commits).await,
        cluster.delete_groups(std::slice::from_ref(&group)).await,
        cluster.alter_quotas(&[(user, vec![rate])]).await,
    ];
    for answers in all {
        assert_eq!(codes(&answers), ["not sent"], "{answers:?}");
    }
    assert_eq!(world.calm("CreateTopics"), 0);
    assert_eq!(topic(world.cluster(), "away").await, None);
    assert!(topic(world.cluster(), records).await.is_some());
}

/// Expects an unknown item whose request was sent once and carried out.
fn check_left_out(world: &dyn World, request: &str, answers: &[Answer]) {
    assert_eq!(codes(answers), [LEFT_OUT], "{request}");
    assert_eq!(world.calm(request), 1, "{request}");
}

async fn topic(cluster: &dyn Cluster, name: &str) -> Option<Topic> {
    let names = [name.to_owned()];
    let mut found = topics_with_configs(cluster, At::Broker(1), &names)
        .await
        .unwrap();
    match found.remove(name) {
        Some(Seen::Value(topic)) => Some(topic),
        _ => None,
    }
}

/// Waits until a topic satisfies `wanted`.
async fn until(cluster: &dyn Cluster, name: &str, wanted: impl Fn(Option<&Topic>) -> bool) {
    for _ in 0..200 {
        if wanted(topic(cluster, name).await.as_ref()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{name} was not seen as wanted");
}

async fn left_out_of_topics(world: &dyn World, name: &str) {
    let cluster = world.cluster();
    world.leave_out("CreateTopics");
    let topics = [new_topic(name, 1, &[])];
    let answers = cluster.create_topics(&topics, Mode::Write).await;
    check_left_out(world, "CreateTopics", &answers);
    until(cluster, name, |topic| topic.is_some()).await;

    world.leave_out("CreatePartitions");
    let totals = [(name.to_owned(), 3)];
    let answers = cluster.create_partitions(&totals, Mode::Write).await;
    check_left_out(world, "CreatePartitions", &answers);
    until(cluster, name, |topic| {
        topic.is_some_and(|one| one.partitions.len() == 3)
    })
    .await;

    world.leave_out("IncrementalAlterConfigs");
    let answers = cluster
        .alter_configs(&[flush(name, "5")], Mode::Write)
        .await;
    check_left_out(world, "IncrementalAlterConfigs", &answers);
    until(cluster, name, |topic| topic.is_some_and(has_flush)).await;

    world.leave_out("DeleteTopics");
    let answers = cluster.delete_topics(&[(name.to_owned(), None)]).await;
    check_left_out(world, "DeleteTopics", &answers);
    until(cluster, name, |topic| topic.is_none()).await;
}

fn flush(name: &str, value: &str) -> (ConfigResource, Vec<ConfigAlteration>) {
    let change = ConfigAlteration {
        key: "flush.ms".to_owned(),
        value: Some(value.to_owned()),
    };
    (ConfigResource::Topic(name.to_owned()), vec![change])
}

fn has_flush(topic: &Topic) -> bool {
    let entries = topic.configs.value().unwrap();
    let entry = entries.iter().find(|entry| entry.name == "flush.ms");
    entry.is_some_and(|entry| entry.value.text() == Some("5"))
}

async fn commits(cluster: &dyn Cluster, group: &str) -> Vec<i64> {
    let ids = [group.to_owned()];
    let mut found = cluster.fetch_offsets(&ids, Pending::Told).await.unwrap();
    let Some(Seen::Value(commits)) = found.remove(group) else {
        panic!()
    };
    let offsets = commits.values().map(|seen| seen.value().unwrap().offset);
    offsets.collect()
}

async fn left_out_of_groups(world: &dyn World, group: &str, topic: &str) {
    let cluster = world.cluster();
    let key = TopicPartition::new(topic, 1);
    let committed = |offset| [(key.clone(), Committed::at(offset))];
    commit(cluster, group, &committed(1)).await;
    world.calm("OffsetCommit");

    world.leave_out("OffsetCommit");
    let answers = cluster.commit_offsets(group, &committed(2)).await;
    check_left_out(world, "OffsetCommit", &answers);
    assert_eq!(commits(cluster, group).await, [2]);

    world.leave_out("OffsetDelete");
    let answers = cluster
        .delete_offsets(group, std::slice::from_ref(&key))
        .await;
    check_left_out(world, "OffsetDelete", &answers);
    assert_eq!(commits(cluster, group).await, Vec::<i64>::new());

    commit(cluster, group, &committed(1)).await;
    world.leave_out("DeleteGroups");
    let ids = [group.to_owned()];
    let answers = cluster.delete_groups(&ids).await;
    check_left_out(world, "DeleteGroups", &answers);
    let found = cluster.describe_groups(&ids).await.unwrap();
    assert_eq!(found[group], Seen::Absent);

    world.leave_out("DeleteRecords");
    let answers = cluster.delete_records(&[(key.clone(), 2)]).await;
    check_left_out(world, "DeleteRecords", &answers);
    let keys = [key.clone()];
    let starts = cluster.list_offsets(&keys, OffsetSpec::Earliest).await;
    assert_eq!(starts.unwrap()[&key], Seen::Value(Some(2)));
}

async fn left_out_of_access(world: &dyn World) {
    let cluster = world.cluster();
    let orders = (ResourceType::Topic, PatternType::Literal, "orders");
    let acls = [acl(Permission::Allow, Operation::Read, orders)];
    let there = async |wanted: usize| {
        for _ in 0..200 {
            let seen = cluster.describe_acls(At::AnyBroker).await.unwrap();
            if seen.value().map(Vec::len) == Some(wanted) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{wanted} ACLs were not seen");
    };
    world.leave_out("CreateAcls");
    let answers = cluster.create_acls(&acls).await;
    check_left_out(world, "CreateAcls", &answers);
    there(1).await;
    world.leave_out("DeleteAcls");
    let answers = cluster.delete_acls(&acls).await;
    check_left_out(world, "DeleteAcls", &answers);
    there(0).await;

    world.leave_out("AlterClientQuotas");
    let user = Entity([("user".to_owned(), Some("alice".to_owned()))].into());
    let rate = ("producer_byte_rate".to_owned(), Some(QuotaValue(9.0)));
    let answers = cluster.alter_quotas(&[(user, vec![rate])]).await;
    check_left_out(world, "AlterClientQuotas", &answers);
}

async fn unloading(world: &dyn World, group: &str, topic: &str) {
    let cluster = world.cluster();
    let key = TopicPartition::new(topic, 0);
    let committed = |offset| [(key.clone(), Committed::at(offset))];
    let check = |request: &str, answers: &[Answer]| {
        assert_eq!(codes(answers), ["NOT_COORDINATOR"]);
        assert_eq!(world.calm(request), 1, "{request}");
    };
    commit(cluster, group, &committed(1)).await;
    world.calm("OffsetCommit");

    world.unload("OffsetCommit", group, topic);
    let answers = cluster.commit_offsets(group, &committed(2)).await;
    check("OffsetCommit", &answers);
    assert_eq!(commits(cluster, group).await, [2]);

    world.unload("OffsetDelete", group, topic);
    let answers = cluster
        .delete_offsets(group, std::slice::from_ref(&key))
        .await;
    check("OffsetDelete", &answers);
    assert_eq!(commits(cluster, group).await, Vec::<i64>::new());

    commit(cluster, group, &committed(1)).await;
    world.unload("DeleteGroups", group, topic);
    let ids = [group.to_owned()];
    let answers = cluster.delete_groups(&ids).await;
    check("DeleteGroups", &answers);
    let found = cluster.describe_groups(&ids).await.unwrap();
    assert_eq!(found[group], Seen::Absent);
}

/// Only deletion can name a topic's id; other writes go to the topic that has the name.
async fn making_anew(world: &dyn World, name: &str) {
    let cluster = world.cluster();
    create(cluster, &[new_topic(name, 2, &[])]).await;
    let id = async || topic(cluster, name).await.unwrap().id;
    let first = id().await;

    world.remake_before("DeleteTopics", name);
    let answers = cluster
        .delete_topics(&[(name.to_owned(), Some(first))])
        .await;
    assert_eq!(codes(&answers), ["UNKNOWN_TOPIC_ID"]);
    world.calm("DeleteTopics");
    let second = id().await;
    assert_ne!(second, first);

    world.remake_before("CreatePartitions", name);
    let totals = [(name.to_owned(), 3)];
    let answers = cluster.create_partitions(&totals, Mode::Write).await;
    assert_eq!(codes(&answers), ["done"]);
    world.calm("CreatePartitions");
    let third = id().await;
    assert_ne!(third, second);

    world.remake_before("IncrementalAlterConfigs", name);
    let answers = cluster
        .alter_configs(&[flush(name, "5")], Mode::Write)
        .await;
    assert_eq!(codes(&answers), ["done"]);
    world.calm("IncrementalAlterConfigs");
    until(cluster, name, |topic| topic.is_some_and(has_flush)).await;
    assert_ne!(id().await, third);
}

/// A throttled item was not carried out, and succeeds after the time that the broker names.
/// `exhaust` uses up the quota.
async fn throttling(cluster: &dyn Cluster, prefix: &str, mut exhaust: impl AsyncFnMut()) {
    let name = format!("{prefix}-throttled");
    let one = [new_topic(&name, 1, &[])];
    let wait = async |answers: &[Answer]| {
        let [Answer::Throttled { wait, error }] = answers else {
            panic!("{answers:?}")
        };
        assert_eq!(error.code, "THROTTLING_QUOTA_EXCEEDED");
        assert_eq!(error.message, error.code);
        assert!(
            *wait > Duration::ZERO && *wait < Duration::from_secs(15),
            "{wait:?}"
        );
        tokio::time::sleep(*wait).await;
    };
    exhaust().await;
    let answers = cluster.create_topics(&one, Mode::Write).await;
    assert!(topic(cluster, &name).await.is_none());
    wait(&answers).await;
    create(cluster, &one).await;

    exhaust().await;
    let totals = [(name.clone(), 2)];
    let answers = cluster.create_partitions(&totals, Mode::Write).await;
    wait(&answers).await;
    let answers = cluster.create_partitions(&totals, Mode::Write).await;
    assert_eq!(codes(&answers), ["done"]);

    exhaust().await;
    let topics = [(name.clone(), Some(topic(cluster, &name).await.unwrap().id))];
    wait(&cluster.delete_topics(&topics).await).await;
    assert_eq!(codes(&cluster.delete_topics(&topics).await), ["done"]);
}
