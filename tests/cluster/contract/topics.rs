//! Topics: created, changed, extended, deleted, and only validated.

use std::collections::BTreeMap;
use std::time::Duration;

use tonkafka::cluster::{Answer, At, Cluster, Mode, NewTopic, OffsetSpec};
use tonkafka::model::config::{
    ConfigAlteration, ConfigEntry, ConfigResource, ConfigSource, ConfigType, distinct_items,
};
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::seen::Seen;
use tonkafka::model::topic::Topic;
use tonkafka::model::wire::MAX_TEXT_BYTES;
use tonkafka::observe::topics::topics_with_configs;

use super::brokers::broker;
use crate::program::words;
use crate::support::kafka;
use crate::support::live::{codes, create, new_topic, seen};

pub(super) fn entry<'a>(topic: &'a Topic, key: &str) -> &'a ConfigEntry {
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

pub(super) async fn looking_creates_nothing(cluster: &dyn Cluster, name: &str) {
    let names = [name.to_owned()];
    let found = topics_with_configs(cluster, At::AnyBroker, &names)
        .await
        .unwrap();
    assert_eq!(found[name], Seen::Absent);
    let partitions = [TopicPartition::new(name, 0)];
    let offsets = cluster
        .list_offsets(&partitions, OffsetSpec::Latest)
        .await
        .unwrap();
    assert_eq!(offsets[&partitions[0]], Seen::Absent);
    assert!(!cluster.list_topics().await.unwrap().contains(&names[0]));
}

pub(super) async fn creating(cluster: &dyn Cluster, name: &str) {
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
    let expected = words("done INVALID_CONFIG INVALID_CONFIG INVALID_REPLICATION_FACTOR");
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
    let partitions = [TopicPartition::new(name, 0), TopicPartition::new(name, 9)];
    let offsets = cluster
        .list_offsets(&partitions, OffsetSpec::Latest)
        .await
        .unwrap();
    assert_eq!(offsets[&partitions[0]], Seen::Value(Some(0)));
    assert_eq!(offsets[&partitions[1]], Seen::Absent);
}

pub(super) async fn values_come_back_as_stored(cluster: &dyn Cluster, name: &str) {
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
    // Kafka 3 keeps repeated list items.
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

pub(super) async fn growing(cluster: &dyn Cluster, name: &str) {
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

pub(super) fn alteration(key: &str, value: Option<&str>) -> ConfigAlteration {
    ConfigAlteration {
        key: key.to_owned(),
        value: value.map(str::to_owned),
    }
}

pub(super) async fn altering(cluster: &dyn Cluster, name: &str) {
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

    // The changes of a resource are applied all or none.
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

/// A broker closes the connection over any text of more than 32,767 bytes.
pub(super) async fn too_long(cluster: &dyn Cluster, name: &str) {
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

/// A topic inherits settings from its brokers.
pub(super) async fn inheriting(cluster: &dyn Cluster, name: &str) {
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

pub(super) async fn deleting(cluster: &dyn Cluster, name: &str) {
    let made = async || {
        let topics = [new_topic(name, 1, &[])];
        // With ZooKeeper, a topic that is no longer listed may still be marked for deletion.
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
    // A controller with ZooKeeper may know the id for a while longer.
    let code = delete(Some(id)).await;
    let late = kafka::with_zookeeper() && code == "UNKNOWN_TOPIC_OR_PARTITION";
    assert!(code == "UNKNOWN_TOPIC_ID" || late, "{code}");
    assert_eq!(delete(None).await, "UNKNOWN_TOPIC_OR_PARTITION");

    // A topic that was created again is another topic.
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

pub(super) async fn validating(cluster: &dyn Cluster, name: &str) {
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

    // A later write shows that none of the earlier requests wrote anything.
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
