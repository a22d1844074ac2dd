//! Brokers: settings, listeners, API versions, log directories and quorum.

use std::collections::BTreeMap;
use std::time::Duration;

use tonkafka::cluster::{Answer, At, Cluster, Mode};
use tonkafka::model::catalogue::Line;
use tonkafka::model::config::{ConfigEntry, ConfigResource, ConfigSource, ConfigType, ConfigValue};
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::observed::line_of;
use tonkafka::model::seen::{Cause, Seen};

use super::topics::alteration;
use crate::support::kafka;
use crate::support::live::{codes, new_topic};

pub(super) async fn broker(
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

pub(super) async fn brokers(cluster: &dyn Cluster) {
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

/// The suffix of a listener's key determines its type. Such keys are listed only while they are
/// set, and can be changed; a meaningless key is stored too.
pub(super) async fn listeners(cluster: &dyn Cluster) {
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

/// The API versions of brokers show Kafka's major version, and with it the accepted settings.
pub(super) async fn versions(cluster: &dyn Cluster, name: &str) {
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

pub(super) async fn log_dirs(cluster: &dyn Cluster, name: &str) {
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

    let only = [
        TopicPartition::new(name, 1),
        TopicPartition::new(format!("{name}-absent"), 0),
    ];
    let some = cluster.describe_log_dirs(&[1], Some(&only)).await;
    let Seen::Value(dirs) = &some[&1] else {
        panic!("{some:?}")
    };
    assert_eq!(
        dirs[0].topics,
        BTreeMap::from([(name.to_owned(), vec![*full])])
    );
}

pub(super) async fn quorum(cluster: &dyn Cluster) {
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

pub(super) async fn api_versions(cluster: &dyn Cluster) {
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
