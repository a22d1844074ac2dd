//! What a cluster answers. The same suite runs on the cluster in memory and on Kafka, so that the
//! one stays as honest as the other.

use std::collections::BTreeMap;
use std::time::Duration;

use tonkafka::cluster::fake::{FakeCluster, FakeLog, FakeTopic, State};
use tonkafka::cluster::lease::{Holder, LeaseError};
use tonkafka::cluster::observe::topics_with_configs;
use tonkafka::cluster::reader::{Piece, ReadCause, ReaderSettings, Span};
use tonkafka::cluster::{Answer, At, Cluster, Mode, NewTopic, OffsetSpec};
use tonkafka::model::catalogue::Line;
use tonkafka::model::config::{
    ConfigAlteration, ConfigEntry, ConfigResource, ConfigSource, ConfigType, ConfigValue,
    distinct_items,
};
use tonkafka::model::observed::line_of;
use tonkafka::model::record::TimestampType;
use tonkafka::model::seen::{Cause, Seen};
use tonkafka::model::topic::Topic;
use tonkafka::model::wire::MAX_TEXT_BYTES;

use crate::support::kafka;
use crate::support::live::{codes, connect, create, new_topic, runtime, seen, write_records};

#[test]
fn the_cluster_in_memory_keeps_the_contract() {
    for kafka in ["4.3", "3.9"] {
        let state = State {
            kafka: kafka.to_owned(),
            ..fake_records()
        };
        runtime().block_on(async {
            let cluster = FakeCluster::new(state);
            contract(&cluster, "fake").await;
            locking([&cluster, &cluster, &cluster]).await;
        });
    }
}

/// A cluster with three records in the second partition of `fake-records`.
pub(super) fn fake_records() -> State {
    let topic = FakeTopic {
        partitions: 2,
        replicas: 1,
        ..FakeTopic::default()
    };
    let log = FakeLog {
        end: 3,
        size: 300,
        timestamps: BTreeMap::from([(0, 1_000), (1, 2_000), (2, 3_000)]),
        ..FakeLog::default()
    };
    let name = || "fake-records".to_owned();
    State {
        topics: BTreeMap::from([(name(), topic)]),
        logs: BTreeMap::from([(name(), BTreeMap::from([(1, log)]))]),
        ..State::default()
    }
}

#[test]
fn kafka_keeps_the_contract() {
    let kafka = kafka::fresh(1, &[]);
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        write_records(&cluster, &kafka.bootstrap(), "live-records").await;
        contract(&cluster, "live").await;
        let second = connect(&kafka.bootstrap()).await;
        let third = connect(&kafka.bootstrap()).await;
        locking([&cluster, &second, &third]).await;
    });
}

pub(super) async fn contract(cluster: &dyn Cluster, prefix: &str) {
    let name = |stem: &str| format!("{prefix}-{stem}");
    looking_creates_nothing(cluster, &name("absent")).await;
    creating(cluster, &name("new")).await;
    values_come_back_as_stored(cluster, &name("values")).await;
    growing(cluster, &name("grown")).await;
    altering(cluster, &name("altered")).await;
    too_long(cluster, &name("long")).await;
    brokers(cluster).await;
    listeners(cluster).await;
    versions(cluster, &name("versions")).await;
    inheriting(cluster, &name("inherits")).await;
    deleting(cluster, &name("deleted")).await;
    validating(cluster, &name("validated")).await;
    offsets_by_time(cluster, &name("records")).await;
    reading(cluster, &name("records")).await;
    log_dirs(cluster, &name("records")).await;
    quorum(cluster).await;
    api_versions(cluster).await;
}

fn entry<'a>(topic: &'a Topic, key: &str) -> &'a ConfigEntry {
    let entries = topic.configs.value().unwrap();
    entries.iter().find(|entry| entry.name == key).unwrap()
}

fn own(topic: &Topic) -> BTreeMap<&str, &str> {
    let entries = topic.configs.value().unwrap();
    entries
        .iter()
        .filter(|entry| entry.source == ConfigSource::DynamicTopicConfig)
        .map(|entry| (entry.name.as_str(), entry.value.text().unwrap()))
        .collect()
}

async fn looking_creates_nothing(cluster: &dyn Cluster, name: &str) {
    let names = [name.to_owned()];
    let found = topics_with_configs(cluster, At::AnyBroker, &names)
        .await
        .unwrap();
    assert_eq!(found[name], Seen::Absent);
    let partitions = [(name.to_owned(), 0)];
    let offsets = cluster
        .list_offsets(&partitions, OffsetSpec::Latest)
        .await
        .unwrap();
    assert_eq!(offsets[&partitions[0]], Seen::Absent);
    assert!(!cluster.list_topics().await.unwrap().contains(&names[0]));
}

async fn creating(cluster: &dyn Cluster, name: &str) {
    let topics = [
        new_topic(name, 3, &[("retention.ms", "1000")]),
        new_topic(&format!("{name}-typo"), 1, &[("retension.ms", "1")]),
        new_topic(&format!("{name}-value"), 1, &[("retention.ms", "soon")]),
        NewTopic {
            replicas: Some(3),
            ..new_topic(&format!("{name}-replicas"), 1, &[])
        },
    ];
    let answers = cluster.create_topics(&topics, Mode::Write).await;
    let expected = [
        "done",
        "INVALID_CONFIG",
        "INVALID_CONFIG",
        "INVALID_REPLICATION_FACTOR",
    ];
    assert_eq!(codes(&answers), expected);
    let Answer::Refused(error) = &answers[1] else {
        panic!()
    };
    assert_eq!(error.message, "Unknown topic config name: retension.ms");

    let topic = seen(cluster, name, |_| true).await;
    assert_eq!((topic.partitions.len(), topic.replication_factor()), (3, 1));
    assert!(topic.id.is_known() && !topic.internal);
    assert!(
        topic
            .partitions
            .iter()
            .all(|one| one.leader == Some(1) && one.isr == [1])
    );
    assert_eq!(own(&topic), BTreeMap::from([("retention.ms", "1000")]));

    let again = cluster.create_topics(&topics[..1], Mode::Write).await;
    assert_eq!(codes(&again), ["TOPIC_ALREADY_EXISTS"]);
    let dotted = name.replace('-', ".");
    create(cluster, &[new_topic(&dotted, 1, &[])]).await;
    let collision = [new_topic(&dotted.replace('.', "_"), 1, &[])];
    assert_eq!(
        codes(&cluster.create_topics(&collision, Mode::Write).await),
        ["INVALID_TOPIC_EXCEPTION"]
    );
    let partitions = [(name.to_owned(), 0), (name.to_owned(), 9)];
    let offsets = cluster
        .list_offsets(&partitions, OffsetSpec::Latest)
        .await
        .unwrap();
    assert_eq!(offsets[&partitions[0]], Seen::Value(Some(0)));
    assert_eq!(offsets[&partitions[1]], Seen::Absent);
}

async fn values_come_back_as_stored(cluster: &dyn Cluster, name: &str) {
    let sent = [
        ("cleanup.policy", "compact, delete"),
        ("min.cleanable.dirty.ratio", "0.50"),
        ("preallocate", "TRUE"),
        ("retention.ms", " 1000 "),
    ];
    create(cluster, &[new_topic(name, 1, &sent)]).await;
    let topic = seen(cluster, name, |_| true).await;
    let stored = [
        ("cleanup.policy", "compact,delete"),
        ("min.cleanable.dirty.ratio", "0.5"),
        ("preallocate", "true"),
        ("retention.ms", "1000"),
    ];
    assert_eq!(own(&topic), BTreeMap::from(stored));
    let twice = format!("{name}-twice");
    let policy = [("cleanup.policy", "compact, delete,delete")];
    create(cluster, &[new_topic(&twice, 1, &policy)]).await;
    let stored = seen(cluster, &twice, |_| true).await;
    // Kafka 3 keeps what stands twice in a list.
    let items = distinct_items(own(&stored)["cleanup.policy"]);
    assert_eq!(items, ["compact", "delete"]);
    if kafka::version().starts_with('4') {
        assert_eq!(own(&stored)["cleanup.policy"], "compact,delete");
    }

    assert_eq!(entry(&topic, "retention.ms").config_type, ConfigType::Long);
    assert_eq!(
        entry(&topic, "cleanup.policy").config_type,
        ConfigType::List
    );
    assert_eq!(
        entry(&topic, "flush.ms").source,
        ConfigSource::DefaultConfig
    );
}

async fn growing(cluster: &dyn Cluster, name: &str) {
    create(cluster, &[new_topic(name, 2, &[])]).await;
    let total = |count| [(name.to_owned(), count)];
    let grow =
        async |count| codes(&cluster.create_partitions(&total(count), Mode::Write).await).join("");
    assert_eq!(grow(2).await, "INVALID_PARTITIONS");
    assert_eq!(grow(1).await, "INVALID_PARTITIONS");
    assert_eq!(grow(4).await, "done");
    seen(cluster, name, |topic| topic.partitions.len() == 4).await;
    let absent = [(format!("{name}-absent"), 2)];
    assert_eq!(
        codes(&cluster.create_partitions(&absent, Mode::Write).await),
        ["UNKNOWN_TOPIC_OR_PARTITION"]
    );
}

fn alteration(key: &str, value: Option<&str>) -> ConfigAlteration {
    ConfigAlteration {
        key: key.to_owned(),
        value: value.map(str::to_owned),
    }
}

async fn altering(cluster: &dyn Cluster, name: &str) {
    let first = [("flush.ms", "5"), ("retention.ms", "1000")];
    create(cluster, &[new_topic(name, 1, &first)]).await;
    let resource = || ConfigResource::Topic(name.to_owned());
    let change = vec![
        alteration("retention.ms", None),
        alteration("segment.ms", Some("60000")),
    ];
    let answers = cluster
        .alter_configs(&[(resource(), change)], Mode::Write)
        .await;
    assert_eq!(codes(&answers), ["done"]);
    let wanted = BTreeMap::from([("flush.ms", "5"), ("segment.ms", "60000")]);
    seen(cluster, name, |topic| own(topic) == wanted).await;

    // A resource is changed whole or not at all.
    let mixed = vec![
        alteration("flush.ms", Some("6")),
        alteration("nonsense", Some("1")),
    ];
    let answers = cluster
        .alter_configs(&[(resource(), mixed)], Mode::Write)
        .await;
    assert_eq!(codes(&answers), ["INVALID_CONFIG"]);
    assert_eq!(own(&seen(cluster, name, |_| true).await), wanted);
}

/// A broker closes the connection over a text of more than 32,767 bytes, whatever it is.
async fn too_long(cluster: &dyn Cluster, name: &str) {
    const KEY: &str = "follower.replication.throttled.replicas";
    let of = |bytes: usize| format!("{}:1", "0".repeat(bytes - 2));
    let (most, long) = (of(MAX_TEXT_BYTES), of(MAX_TEXT_BYTES + 1));
    let created = async |value: &str| {
        let topic = new_topic(name, 1, &[(KEY, value)]);
        cluster.create_topics(&[topic], Mode::Write).await
    };
    let altered = async |value: &str| {
        let change = vec![alteration(KEY, Some(value))];
        let change = (ConfigResource::Topic(name.to_owned()), change);
        cluster.alter_configs(&[change], Mode::Write).await
    };
    let answers = created(&long).await;
    assert!(
        matches!(answers[..], [Answer::Unknown { .. }]),
        "{answers:?}"
    );
    assert_eq!(created(&most).await, [Answer::Done]);
    let answers = altered(&long).await;
    assert!(
        matches!(answers[..], [Answer::Unknown { .. }]),
        "{answers:?}"
    );
    assert_eq!(altered(&most).await, [Answer::Done]);
}

async fn broker(
    cluster: &dyn Cluster,
    key: &str,
    wanted: impl Fn(&ConfigEntry) -> bool,
) -> ConfigEntry {
    let resource = ConfigResource::Broker(1);
    for _ in 0..200 {
        let mut found = cluster
            .describe_configs(At::AnyBroker, std::slice::from_ref(&resource))
            .await
            .unwrap();
        let Some(Seen::Value(entries)) = found.remove(&resource) else {
            panic!()
        };
        let mut entries = entries.into_iter();
        if let Some(entry) = entries.find(|entry| entry.name == key && wanted(entry)) {
            return entry;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{key} was not seen as wanted");
}

async fn brokers(cluster: &dyn Cluster) {
    let described = cluster.describe_cluster().await.unwrap();
    assert!(!described.id.is_empty());
    assert_eq!(
        described
            .live_brokers()
            .map(|one| one.id)
            .collect::<Vec<_>>(),
        [1]
    );
    let key = "message.max.bytes";
    let set = async |resource, value| {
        let change = vec![alteration(key, value)];
        codes(
            &cluster
                .alter_configs(&[(resource, change)], Mode::Write)
                .await,
        )
        .join("")
    };
    assert_eq!(
        set(ConfigResource::BrokerDefaults, Some("1000000")).await,
        "done"
    );
    let all = ConfigSource::DynamicDefaultBrokerConfig;
    broker(cluster, key, |entry| entry.source == all).await;
    assert_eq!(
        set(ConfigResource::Broker(1), Some("2000000")).await,
        "done"
    );
    let one = ConfigSource::DynamicBrokerConfig;
    // A broker shows the new source before the new value.
    let wanted = ConfigValue::Value("2000000".into());
    let entry = broker(cluster, key, |entry| {
        entry.source == one && entry.value == wanted
    })
    .await;
    assert_eq!(
        entry.set_at(all),
        Some(&ConfigValue::Value("1000000".into()))
    );

    let defaults = cluster
        .describe_configs(At::AnyBroker, &[ConfigResource::BrokerDefaults])
        .await
        .unwrap();
    let Seen::Value(entries) = &defaults[&ConfigResource::BrokerDefaults] else {
        panic!()
    };
    let listed = entries.iter().find(|entry| entry.name == key).unwrap();
    assert_eq!(listed.value, ConfigValue::Value("1000000".into()));

    assert_eq!(set(ConfigResource::Broker(1), None).await, "done");
    assert_eq!(set(ConfigResource::BrokerDefaults, None).await, "done");
    broker(cluster, key, |entry| {
        entry.source == ConfigSource::DefaultConfig
    })
    .await;

    let hours = broker(cluster, "log.retention.hours", |_| true).await;
    assert!(hours.read_only);
    let change = vec![alteration("log.retention.hours", Some("24"))];
    let answers = cluster
        .alter_configs(&[(ConfigResource::BrokerDefaults, change)], Mode::Write)
        .await;
    let Answer::Refused(error) = &answers[0] else {
        panic!("{answers:?}")
    };
    assert_eq!(error.code, "INVALID_REQUEST");
    assert!(
        error
            .message
            .contains("Cannot update these configs dynamically"),
        "{error}"
    );
}

/// Keys of one listener are taken by the key at their end, listed only while they are set, and can be
/// changed; what means nothing there is stored all the same.
async fn listeners(cluster: &dyn Cluster) {
    let alter = async |resource: ConfigResource, key: &str, value, mode| {
        let change = vec![alteration(key, value)];
        let answers = cluster.alter_configs(&[(resource, change)], mode).await;
        codes(&answers).join("")
    };
    let (all, one) = (
        || ConfigResource::BrokerDefaults,
        || ConfigResource::Broker(1),
    );
    for (resource, key, expected) in [
        (one(), "listener.name.internal.ssl.keystore.type", "done"),
        (
            all(),
            "listener.name.internal.ssl.keystore.type",
            "INVALID_REQUEST",
        ),
        (one(), "ssl.keystore.type", "INVALID_REQUEST"),
        (one(), "listener.name.internal.ssl.keystore.typ", "done"),
    ] {
        let answer = alter(resource, key, Some("PEM"), Mode::ValidateOnly).await;
        assert_eq!(answer, expected, "{key}");
    }
    let key = "listener.name.internal.ssl.keystore.type";
    assert_eq!(alter(one(), key, Some("PEM"), Mode::Write).await, "done");
    let entry = broker(cluster, key, |entry| entry.value.text() == Some("PEM")).await;
    assert_eq!(entry.source, ConfigSource::DynamicBrokerConfig);
    assert_eq!(entry.config_type, ConfigType::String);
    assert!(!entry.read_only);
    let nonsense = "listener.name.internal.ssl.keystore.typ";
    assert_eq!(alter(one(), nonsense, Some("x"), Mode::Write).await, "done");
    let entry = broker(cluster, nonsense, |_| true).await;
    assert_eq!(entry.value, ConfigValue::Sensitive);
    assert_eq!(entry.config_type, ConfigType::Unknown);
    for key in [key, nonsense] {
        assert_eq!(alter(one(), key, None, Mode::Write).await, "done");
    }
    let shared = "listener.name.internal.max.connections";
    for value in [Some("700"), None] {
        assert_eq!(alter(all(), shared, value, Mode::Write).await, "done");
    }
}

/// Brokers say by their requests of which line of Kafka they are, and take what that takes.
async fn versions(cluster: &dyn Cluster, name: &str) {
    let seen = cluster.describe_api_versions(&[1]).await;
    let line = line_of(&seen).unwrap();
    for (key, value) in [
        ("segment.bytes", "1000000"),
        ("message.format.version", "3.0-IV1"),
    ] {
        let topic = new_topic(name, 1, &[(key, value)]);
        let answers = cluster.create_topics(&[topic], Mode::ValidateOnly).await;
        let expected = match line {
            Line::Kafka3 => "done",
            Line::Kafka4 | Line::Kafka44 => "INVALID_CONFIG",
        };
        assert_eq!(codes(&answers), [expected], "{key}");
    }
    let entries = cluster
        .describe_configs(At::AnyBroker, &[ConfigResource::Broker(1)])
        .await
        .unwrap();
    let entries = entries[&ConfigResource::Broker(1)].value().unwrap();
    let has = |key: &str| entries.iter().any(|entry| entry.name == key);
    assert_eq!(has("log.message.format.version"), line == Line::Kafka3);
    assert_eq!(has("log.remote.copy.lag.ms"), line == Line::Kafka44);
}

/// What a topic does not set itself it takes from its brokers.
async fn inheriting(cluster: &dyn Cluster, name: &str) {
    create(cluster, &[new_topic(name, 1, &[])]).await;
    let set = async |value| {
        let change = vec![alteration("log.retention.ms", value)];
        let changes = [(ConfigResource::BrokerDefaults, change)];
        codes(&cluster.alter_configs(&changes, Mode::Write).await).join("")
    };
    let takes = async |value: &str, source| {
        let as_wanted = |topic: &Topic| {
            let found = entry(topic, "retention.ms");
            found.value.text() == Some(value) && found.source == source
        };
        seen(cluster, name, as_wanted).await
    };
    takes("604800000", ConfigSource::DefaultConfig).await;
    assert_eq!(set(Some("86400000")).await, "done");
    takes("86400000", ConfigSource::DynamicDefaultBrokerConfig).await;
    assert_eq!(set(None).await, "done");
    takes("604800000", ConfigSource::DefaultConfig).await;
}

async fn deleting(cluster: &dyn Cluster, name: &str) {
    let made = async || {
        let topics = [new_topic(name, 1, &[])];
        // With ZooKeeper one that nobody shows any more may still be marked for deletion.
        for _ in 0..200 {
            let answers = cluster.create_topics(&topics, Mode::Write).await;
            if codes(&answers) == ["done"] {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        seen(cluster, name, |_| true).await.id
    };
    let delete = async |id| {
        let topics = [(name.to_owned(), id)];
        codes(&cluster.delete_topics(&topics).await).join("")
    };
    let id = made().await;
    assert_eq!(delete(Some(id)).await, "done");
    gone(cluster, name).await;
    // A controller with ZooKeeper may know the id for a while.
    let code = delete(Some(id)).await;
    let late = kafka::with_zookeeper() && code == "UNKNOWN_TOPIC_OR_PARTITION";
    assert!(code == "UNKNOWN_TOPIC_ID" || late, "{code}");
    assert_eq!(delete(None).await, "UNKNOWN_TOPIC_OR_PARTITION");

    // One that was made anew is another topic.
    let anew = made().await;
    assert_eq!(delete(Some(id)).await, "UNKNOWN_TOPIC_ID");
    assert_eq!(seen(cluster, name, |_| true).await.id, anew);
    assert_eq!(delete(None).await, "done");
    gone(cluster, name).await;
}

async fn gone(cluster: &dyn Cluster, name: &str) {
    let names = [name.to_owned()];
    for _ in 0..200 {
        let at = At::Broker(1);
        let found = cluster.describe_topics(at, &names).await.unwrap();
        if found[name].is_absent() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{name} is still there");
}

async fn validating(cluster: &dyn Cluster, name: &str) {
    let check = async |topic: NewTopic| {
        codes(&cluster.create_topics(&[topic], Mode::ValidateOnly).await).join("")
    };
    assert_eq!(check(new_topic(name, 1, &[])).await, "done");
    let typo = new_topic(name, 1, &[("retension.ms", "1")]);
    assert_eq!(check(typo).await, "INVALID_CONFIG");
    let found = cluster.list_topics().await.unwrap();
    assert!(!found.contains(&name.to_owned()));

    create(cluster, &[new_topic(name, 2, &[])]).await;
    assert_eq!(check(new_topic(name, 1, &[])).await, "TOPIC_ALREADY_EXISTS");
    let grow = async |count| {
        let totals = [(name.to_owned(), count)];
        codes(&cluster.create_partitions(&totals, Mode::ValidateOnly).await).join("")
    };
    assert_eq!(grow(3).await, "done");
    assert_eq!(grow(1).await, "INVALID_PARTITIONS");
    let alter = async |resource, key, value| {
        let changes = [(resource, vec![alteration(key, Some(value))])];
        codes(&cluster.alter_configs(&changes, Mode::ValidateOnly).await).join("")
    };
    let topic = || ConfigResource::Topic(name.to_owned());
    assert_eq!(alter(topic(), "retention.ms", "1000").await, "done");
    assert_eq!(
        alter(topic(), "retention.ms", "soon").await,
        "INVALID_CONFIG"
    );
    let all = ConfigResource::BrokerDefaults;
    assert_eq!(
        alter(all.clone(), "message.max.bytes", "1000000").await,
        "done"
    );
    assert_eq!(
        alter(all, "log.retention.hours", "24").await,
        "INVALID_REQUEST"
    );

    // A write that comes after shows that none of these was one.
    let change = vec![alteration("flush.ms", Some("5"))];
    let answers = cluster
        .alter_configs(&[(topic(), change)], Mode::Write)
        .await;
    assert_eq!(codes(&answers), ["done"]);
    let live = seen(cluster, name, |topic| own(topic).contains_key("flush.ms")).await;
    assert_eq!(own(&live), BTreeMap::from([("flush.ms", "5")]));
    assert_eq!(live.partitions.len(), 2);
    broker(cluster, "message.max.bytes", |entry| {
        entry.source == ConfigSource::DefaultConfig
    })
    .await;
}

async fn offsets_by_time(cluster: &dyn Cluster, name: &str) {
    let partitions = [(name.to_owned(), 0), (name.to_owned(), 1)];
    let at = async |spec| {
        let found = cluster.list_offsets(&partitions, spec).await.unwrap();
        [found[&partitions[0]].clone(), found[&partitions[1]].clone()]
    };
    let both = |empty, full| [Seen::Value(empty), Seen::Value(full)];
    assert_eq!(at(OffsetSpec::Earliest).await, both(Some(0), Some(0)));
    assert_eq!(at(OffsetSpec::Latest).await, both(Some(0), Some(3)));
    for (ms, first) in [
        (0, Some(0)),
        (1_000, Some(0)),
        (1_001, Some(1)),
        (3_000, Some(2)),
        (3_001, None),
    ] {
        assert_eq!(
            at(OffsetSpec::Timestamp(ms)).await,
            both(None, first),
            "{ms}"
        );
    }
}

/// Both partitions, of which one is empty, up to their ends and then beyond.
async fn reading(cluster: &dyn Cluster, name: &str) {
    let span = |index, from, until| Span::new((name.to_owned(), index), from, Some(until));
    let read = |spans| {
        cluster.reader(ReaderSettings {
            spans,
            uncommitted: false,
            patience: Duration::from_secs(1),
            accept_gaps: false,
        })
    };
    let mut reader = read(vec![span(0, 0, 0), span(1, 1, 3)]);
    let (mut next, mut found) = (1, Vec::new());
    while let Some(chunk) = reader.next().await {
        let chunk = chunk.unwrap();
        assert_eq!((&chunk.key, chunk.end), (&(name.to_owned(), 1), 3));
        next = chunk.next;
        for piece in chunk.pieces {
            let Piece::Records(TimestampType::CreateTime, records) = piece else {
                panic!("{piece:?}")
            };
            found.extend(records.into_iter().map(|one| (one.offset, one.timestamp)));
        }
    }
    assert_eq!((next, found), (3, vec![(1, 2_000), (2, 3_000)]));

    let mut beyond = read(vec![span(0, 0, 1)]);
    let error = beyond.next().await.unwrap().unwrap_err();
    let words = "the log ends at 0, and 1 was to be reached".to_owned();
    assert_eq!(error.cause, ReadCause::Silent(words));
    assert_eq!(beyond.next().await, None);
    let absent = Span::new((format!("{name}-absent"), 0), 0, None);
    let error = read(vec![absent]).next().await.unwrap().unwrap_err();
    let words = "the topic is not there any more".to_owned();
    assert_eq!(error.cause, ReadCause::Gone(words));
}

async fn log_dirs(cluster: &dyn Cluster, name: &str) {
    let all = cluster.describe_log_dirs(&[1], None).await;
    let Seen::Value(dirs) = &all[&1] else {
        panic!("{all:?}")
    };
    let [dir] = dirs.as_slice() else {
        panic!("{dirs:?}")
    };
    assert!(dir.path.starts_with('/') && dir.error.is_none());
    assert!(dir.usable_bytes.unwrap() > 0 && dir.total_bytes >= dir.usable_bytes);
    let [empty, full] = dir.topics[name].as_slice() else {
        panic!("{dirs:?}")
    };
    assert_eq!((empty.partition, empty.size), (0, 0));
    assert_eq!((full.partition, full.offset_lag), (1, 0));
    assert!(full.size > 0 && !full.is_future);

    let only = [(name.to_owned(), 1), (format!("{name}-absent"), 0)];
    let some = cluster.describe_log_dirs(&[1], Some(&only)).await;
    let Seen::Value(dirs) = &some[&1] else {
        panic!("{some:?}")
    };
    assert_eq!(
        dirs[0].topics,
        BTreeMap::from([(name.to_owned(), vec![*full])])
    );
}

async fn quorum(cluster: &dyn Cluster) {
    let seen = cluster.describe_quorum().await.unwrap();
    if kafka::with_zookeeper() && seen.is_unseen_as(Cause::NotSupported) {
        return;
    }
    let Seen::Value(quorum) = &seen else {
        panic!("{seen:?}")
    };
    let [voter] = quorum.voters.as_slice() else {
        panic!("{quorum:?}")
    };
    assert_eq!((quorum.leader, voter.id), (Some(1), 1));
    assert_eq!(quorum.lag(voter), Some(0));
    assert!(quorum.leader_epoch > 0 && quorum.high_watermark > 0);
    assert!(voter.log_end_offset.unwrap() >= quorum.high_watermark);
    assert!(voter.last_caught_up_ms.unwrap() > 1_600_000_000_000);
    assert!(quorum.observers.is_empty());
}

async fn api_versions(cluster: &dyn Cluster) {
    let features = cluster.describe_cluster().await.unwrap().features;
    let found = cluster.describe_api_versions(&[1]).await;
    let Seen::Value(versions) = &found[&1] else {
        panic!("{found:?}")
    };
    let api = |name: &str| versions.apis.iter().find(|one| one.name == name).unwrap();
    let (produce, metadata) = (api("Produce"), api("Metadata"));
    assert_eq!((produce.key, produce.used), (0, None));
    assert_eq!(metadata.key, 3);
    assert!((metadata.min..=metadata.max).contains(&metadata.used.unwrap()));
    assert_eq!(api("CreateTopics").used, Some(7));
    let finalized = versions.features.iter().filter_map(|one| {
        let level = one.finalized.filter(|level| *level > 0)?;
        assert!((one.min..=one.max).contains(&level), "{one:?}");
        Some((one.name.clone(), level))
    });
    let running = features.into_iter().filter(|(_, level)| *level > 0);
    assert_eq!(finalized.collect::<Vec<_>>(), running.collect::<Vec<_>>());
}

/// The lock, with a connection for each that wants it.
pub(super) async fn locking(clusters: [&dyn Cluster; 3]) {
    let who = |process| Holder {
        user: "ann".to_owned(),
        host: "desk".to_owned(),
        process,
        since: "2026-01-02T03:04:05Z".to_owned(),
    };
    let now = Duration::ZERO;
    let first = clusters[0].lease(&who(1), now).await.unwrap();
    first.check().await.unwrap();
    let Err(LeaseError::Held(holder)) = clusters[1].lease(&who(2), now).await else {
        panic!("two hold the lock");
    };
    let named = "ann on desk, process 1, since 2026-01-02T03:04:05Z";
    assert!(holder.starts_with(named), "{holder}");
    first.check().await.unwrap();
    let waiting = async {
        let second = clusters[1].lease(&who(2), Duration::from_secs(20)).await;
        second.unwrap().release().await;
    };
    let releasing = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        first.release().await;
    };
    tokio::join!(waiting, releasing);
    // Of those who want it at the same moment one has it.
    let (three, four, five) = (who(3), who(4), who(5));
    let all = tokio::join!(
        clusters[0].lease(&three, now),
        clusters[1].lease(&four, now),
        clusters[2].lease(&five, now)
    );
    let mut held = Vec::new();
    for lease in [all.0, all.1, all.2] {
        match lease {
            Ok(lease) => held.push(lease),
            Err(LeaseError::Held(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(held.len(), 1);
    held[0].check().await.unwrap();
    held.remove(0).release().await;
}
