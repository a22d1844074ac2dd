//! The plan of an imported manifest is empty, whatever the cluster has.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use tonkafka::manifest::import::of_cluster;
use tonkafka::manifest::{ParseOptions, Passing, SourceFile, look_up, parse};
use tonkafka::model::broker::{Broker, DescribedCluster};
use tonkafka::model::catalogue::{self, Scope};
use tonkafka::model::config::{ConfigEntry, ConfigSource, ConfigSynonym, ConfigType, ConfigValue};
use tonkafka::model::desired::{ClusterIdentity, Desired, Setting, TopicState};
use tonkafka::model::observed::Observed;
use tonkafka::model::seen::Seen;
use tonkafka::model::topic::{Partition, Topic, TopicId};
use tonkafka::plan::Severity;
use tonkafka::plan::diff::{self, diff};

#[test]
fn the_cluster_is_named_as_it_was_reached() {
    let cluster = ClusterIdentity {
        name: Some("no".to_owned()),
        bootstrap: [
            "localhost:9092",
            "127.0.0.1:9092",
            "[::1]:9092",
            "b-1.example.com:9092",
        ]
        .map(str::to_owned)
        .to_vec(),
        id: Some("-3kJ".to_owned()),
    };
    let nothing = (Topics::new(), BTreeMap::new(), Brokers::new());
    let observed = observed(&nothing.0, &nothing.1, &nothing.2);
    let text = of_cluster(&observed, cluster.clone()).text();
    assert_eq!(
        text,
        r#"version: 1

cluster:
  name: "no"
  bootstrap: [localhost:9092, 127.0.0.1:9092, "[::1]:9092", b-1.example.com:9092]
  id: "-3kJ"

topics:
  items: []
"#
    );
    assert_eq!(read(&text).cluster, cluster);
}

/// Partitions, replication factor and settings of topics.
type Topics = BTreeMap<String, (usize, usize, BTreeMap<String, ConfigValue>)>;

type Brokers = BTreeMap<i32, BTreeMap<String, ConfigValue>>;

/// The observed facts of such a cluster.
fn observed(topics: &Topics, defaults: &BTreeMap<String, ConfigValue>, own: &Brokers) -> Observed {
    let brokers = [1, 2].map(|id| Broker {
        id,
        host: "localhost".to_owned(),
        port: 9092,
        rack: None,
        fenced: false,
    });
    let nothing = BTreeMap::new();
    let of_broker = |id: i32| {
        let own = own.get(&id).unwrap_or(&nothing);
        let keys: BTreeSet<&String> = own.keys().chain(defaults.keys()).collect();
        let entry = |key: &String| {
            let weaker = defaults.get(key);
            match (own.get(key), weaker) {
                (Some(value), weaker) => entry(
                    Scope::Broker,
                    key,
                    value,
                    ConfigSource::DynamicBrokerConfig,
                    weaker,
                ),
                (None, weaker) => entry(
                    Scope::Broker,
                    key,
                    weaker.unwrap(),
                    ConfigSource::DynamicDefaultBrokerConfig,
                    None,
                ),
            }
        };
        Seen::Value(keys.into_iter().map(entry).collect())
    };
    let default = |(key, value): (&String, &ConfigValue)| {
        let source = ConfigSource::DynamicDefaultBrokerConfig;
        entry(Scope::Broker, key, value, source, None)
    };
    Observed {
        topics: topics
            .iter()
            .map(|(name, topic)| (name.clone(), Seen::Value(live(name, topic))))
            .collect(),
        broker_defaults: Some(Seen::Value(defaults.iter().map(default).collect())),
        brokers: brokers
            .iter()
            .map(|broker| (broker.id, of_broker(broker.id)))
            .collect(),
        cluster: DescribedCluster {
            id: "cluster".to_owned(),
            brokers: brokers.to_vec(),
            ..DescribedCluster::default()
        },
        ..Observed::default()
    }
}

fn live(name: &str, topic: &(usize, usize, BTreeMap<String, ConfigValue>)) -> Topic {
    let (partitions, replicas, configs) = topic;
    let partition = |index: usize| Partition {
        index: i32::try_from(index).unwrap(),
        leader: Some(1),
        leader_epoch: None,
        replicas: (0..*replicas)
            .map(|id| i32::try_from(id).unwrap())
            .collect(),
        isr: Vec::new(),
        offline: Vec::new(),
    };
    let own = |(key, value): (&String, &ConfigValue)| {
        entry(
            Scope::Topic,
            key,
            value,
            ConfigSource::DynamicTopicConfig,
            None,
        )
    };
    Topic {
        name: name.to_owned(),
        id: TopicId([1; 16]),
        internal: false,
        partitions: (0..*partitions).map(partition).collect(),
        configs: Seen::Value(configs.iter().map(own).collect()),
    }
}

fn entry(
    scope: Scope,
    key: &str,
    value: &ConfigValue,
    source: ConfigSource,
    weaker: Option<&ConfigValue>,
) -> ConfigEntry {
    let known = catalogue::key(scope, key);
    ConfigEntry {
        name: key.to_owned(),
        value: value.clone(),
        source,
        read_only: false,
        config_type: known.map_or(ConfigType::String, |key| key.config_type),
        synonyms: weaker
            .map(|value| ConfigSynonym {
                name: key.to_owned(),
                value: value.clone(),
                source: ConfigSource::DynamicDefaultBrokerConfig,
            })
            .into_iter()
            .collect(),
    }
}

fn read(text: &str) -> Desired {
    let source = SourceFile {
        name: "import.yaml".into(),
        text: text.to_owned(),
    };
    let options = ParseOptions {
        environment: None,
        variables: &look_up,
        passing: Passing {
            asks_brokers: true,
            ..Passing::default()
        },
    };
    match parse(&[source], options) {
        Ok(manifest) => manifest.desired,
        Err(errors) => panic!("{errors}\n{text}"),
    }
}

fn value_of(text: &str) -> ConfigValue {
    ConfigValue::Value(text.to_owned())
}

/// Valid settings.
const FINE: [(&str, &[&str]); 7] = [
    ("cleanup.policy", &["compact", "delete", "compact,delete"]),
    ("retention.ms", &["604800000", "-1", "1"]),
    ("min.cleanable.dirty.ratio", &["0.10", "0.5", "1.0"]),
    ("preallocate", &["true", "false"]),
    ("compression.type", &["zstd", "producer"]),
    ("max.message.bytes", &["1048588", "0"]),
    (
        "confluent.x",
        &[
            "yes",
            "010",
            "1.10",
            "a: b",
            "* # \"",
            "${env:A}",
            "$${",
            " \n\t",
            "",
            "unset",
            "~",
            "é\u{2028}",
        ],
    ),
];

fn fine() -> impl Strategy<Value = BTreeMap<String, ConfigValue>> {
    let pair = select(&FINE[..]).prop_flat_map(|(key, values)| {
        select(values).prop_map(move |value| (key.to_owned(), value_of(value)))
    });
    vec(pair, 0..5).prop_map(|pairs| pairs.into_iter().collect())
}

/// Settings that a broker might hold.
fn any_settings() -> impl Strategy<Value = BTreeMap<String, ConfigValue>> {
    let key = prop_oneof![
        select(&FINE[..]).prop_map(|(key, _)| key.to_owned()),
        "(confluent|redpanda)[.][a-z]{1,2}",
        "(made[.]up|min[.]insync[.]replicas|log[.]retention[.]ms|ssl[.]key[.]password|leader[.]replication[.]throttled[.](rate|replicas)|broker[.]id)",
        any::<String>(),
    ];
    let value = prop_oneof![
        6 => any::<String>().prop_map(ConfigValue::Value),
        6 => "[-+]?[0-9._x]{1,12}".prop_map(ConfigValue::Value),
        3 => select(&["yes", "null", "unset", "compact", "1000", "3", "", "- a", "? b"][..]).prop_map(value_of),
        1 => Just(ConfigValue::Sensitive),
        1 => Just(ConfigValue::Null),
    ];
    btree_map(key, value, 0..5)
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c._-]{1,4}",
        "[0-9.eExX_-]{1,5}",
        select(
            &[
                "yes", "no", "null", "true", "on", "y", "~a", "1.10", "0x1f", "1e3"
            ][..]
        )
        .prop_map(str::to_owned),
    ]
    .prop_filter("legal", |name| {
        tonkafka::model::topic::check_name(name).is_ok()
    })
}

fn topics(
    configs: impl Strategy<Value = BTreeMap<String, ConfigValue>>,
) -> impl Strategy<Value = Topics> {
    btree_map(names(), (1..20_usize, 1..4_usize, configs), 0..8)
}

proptest! {
    #[test]
    fn whatever_a_cluster_holds_its_manifest_is_valid_and_plans_empty(
        topics in topics(any_settings()),
        defaults in any_settings(),
        own in btree_map(1..3_i32, any_settings(), 0..3),
    ) {
        let observed = observed(&topics, &defaults, &own);
        let imported = of_cluster(&observed, ClusterIdentity::default());
        let text = imported.text();
        let plan = diff(&read(&text), &observed, &diff::DiffOptions::default());
        prop_assert_eq!(&plan.steps, &vec![], "{}", text);
        let found: Vec<_> = plan.findings.iter().filter(|one| one.severity != Severity::Note).collect();
        prop_assert!(found.is_empty(), "{:?}\n{}", found, text);
        prop_assert_eq!(of_cluster(&observed, ClusterIdentity::default()).text(), text);
    }

    #[test]
    fn a_cluster_made_from_a_manifest_has_the_same_one(topics in topics(fine())) {
        let mut metrics = BTreeSet::new();
        let mut topics = topics;
        topics.retain(|name, _| metrics.insert(name.replace('.', "_")));
        let nothing = (BTreeMap::new(), Brokers::new());
        let observed_once = observed(&topics, &nothing.0, &nothing.1);
        let imported = of_cluster(&observed_once, ClusterIdentity::default());
        prop_assert_eq!(imported.left_out(), 0, "{}", imported.text());
        let desired = read(&imported.text());
        let made = |state: &TopicState| match state {
            TopicState::Present(spec) => {
                let set = spec.configs.iter().filter_map(|(key, setting)| match setting {
                    Setting::Value(value) => Some((key.clone(), value_of(value))),
                    Setting::Unset => None,
                });
                let partitions = usize::try_from(spec.partitions).unwrap();
                let replicas = usize::try_from(spec.replicas.unwrap()).unwrap();
                (partitions, replicas, set.collect())
            }
            TopicState::Absent => panic!("a topic is to be deleted"),
        };
        let again: Topics = desired.topics.iter().map(|one| (one.name.clone(), made(&one.state))).collect();
        prop_assert_eq!(&again, &topics);
        let observed = observed(&again, &nothing.0, &nothing.1);
        prop_assert_eq!(of_cluster(&observed, ClusterIdentity::default()).text(), imported.text());
    }
}
