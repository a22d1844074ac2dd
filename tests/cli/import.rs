//! A cluster as a manifest: exactly what is printed, and that its plan is empty.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use tonkafka::cluster::fake::{FakeTopic, State};
use tonkafka::manifest::import::of_cluster;
use tonkafka::manifest::{Options, Passing, Source, look_up, parse};
use tonkafka::model::broker::{Broker, DescribedCluster};
use tonkafka::model::catalogue::{self, Scope};
use tonkafka::model::config::{ConfigEntry, ConfigSource, ConfigSynonym, ConfigType, ConfigValue};
use tonkafka::model::desired::{ClusterIdentity, Desired, Setting, TopicState};
use tonkafka::model::observed::Observed;
use tonkafka::model::seen::Seen;
use tonkafka::model::topic::{Partition, Topic, TopicId};
use tonkafka::plan::Severity;
use tonkafka::plan::diff::{self, diff};

use crate::fake::{Bench, holding, topic};
use crate::fresh;
use crate::program::Program;

fn with_replicas(partitions: i32, replicas: i16, configs: &[(&str, &str)]) -> FakeTopic {
    FakeTopic {
        replicas,
        ..topic(partitions, configs)
    }
}

fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// A bit of everything.
fn varied() -> State {
    let week = ("retention.ms", "604800000");
    State {
        brokers: vec![1, 2],
        features: BTreeMap::from([("eligible.leader.replicas.version".to_owned(), 1)]),
        broker_defaults: settings(&[
            ("log.retention.ms", "86400000"),
            ("min.insync.replicas", "1"),
            ("ssl.keystore.password", "secret"),
        ]),
        broker_configs: BTreeMap::from([(
            2,
            settings(&[
                ("leader.replication.throttled.rate", "1"),
                ("max.connections", "500"),
            ]),
        )]),
        ..holding(&[
            (
                "1.10",
                with_replicas(1, 2, &[week, ("retention.bytes", "1073741824")]),
            ),
            (
                "__consumer_offsets",
                with_replicas(4, 2, &[("cleanup.policy", "compact")]),
            ),
            (
                "a",
                with_replicas(3, 2, &[week, ("cleanup.policy", "compact,delete")]),
            ),
            (
                "b",
                with_replicas(
                    1,
                    2,
                    &[
                        week,
                        ("leader.replication.throttled.replicas", "*"),
                        ("min.insync.replicas", "3"),
                    ],
                ),
            ),
            (
                "yes",
                with_replicas(1, 1, &[("min.cleanable.dirty.ratio", "0.10")]),
            ),
        ])
    }
}

const VARIED: &str = r#"version: 1

broker:
  defaults:
    log.retention.ms: 86400000 # 1 day
    min.insync.replicas: 1 # Kafka sets this by itself while eligible leader replicas (KIP-966) are on
    # ssl.keystore.password: "${env:SSL_KEYSTORE_PASSWORD}" # set, and hidden: not in here until you uncomment it
  brokers:
    2:
      # leader.replication.throttled.rate: left out, whoever moves replicas sets it and takes it away
      max.connections: 500 # Kafka's default is 2147483647

topics:
  defaults:
    replicas: 2
  items:
    - name: "1.10"
      partitions: 1
      configs:
        retention.bytes: 1073741824 # 1 GiB; Kafka's default is -1
        retention.ms: 604800000 # 7 days, Kafka's default
    - name: a
      partitions: 3
      configs:
        cleanup.policy: compact,delete # Kafka's default is delete
        retention.ms: 604800000 # 7 days, Kafka's default
    - name: b
      partitions: 1
      configs:
        # leader.replication.throttled.replicas: left out, whoever moves replicas sets it and takes it away
        min.insync.replicas: 3 # Kafka's default is 1
        retention.ms: 604800000 # 7 days, Kafka's default
    - name: "yes"
      partitions: 1
      replicas: 1
      configs:
        min.cleanable.dirty.ratio: 0.10 # Kafka's default is 0.5
"#;

#[test]
fn a_cluster_is_printed_as_a_manifest_that_plans_empty() {
    let bench = Bench::new("version: 1\n", &varied());
    let ran = bench.run(&["import"]).exits(0);
    assert_eq!(ran.stdout, VARIED);
    assert_eq!(
        ran.stderr,
        "3 left out: comments in the manifest say which and why\n"
    );
    assert_eq!(bench.run(&["import", "-q"]).exits(0).stderr, "");
    bench.program.write("import.yaml", &ran.stdout);
    let plan = ["plan", "-f", "import.yaml", "--exit-code", "--strict"];
    let plan = bench.run(&plan).exits(0);
    assert!(
        plan.stdout.ends_with("plan: nothing to do\n"),
        "{}",
        plan.stdout
    );
    assert_eq!(bench.state(), varied(), "nothing was written");
    let document = bench.run(&["import", "-o", "json"]).exits(0).json();
    assert_eq!(document["kind"], "Manifest");
    assert_eq!(document["text"], VARIED);
    assert_eq!(document.get("error"), None);
}

#[test]
fn what_most_topics_share_goes_to_the_defaults() {
    let week = ("retention.ms", "604800000");
    let mut topics: Vec<(String, FakeTopic)> = (0..8)
        .map(|number| {
            (
                format!("t{number}"),
                with_replicas(1, 3, &[week, ("preallocate", "true")]),
            )
        })
        .collect();
    topics.push((
        "day".to_owned(),
        with_replicas(
            1,
            3,
            &[("retention.ms", "86400000"), ("preallocate", "true")],
        ),
    ));
    topics.push(("ever".to_owned(), with_replicas(1, 1, &[])));
    let topics: Vec<(&str, FakeTopic)> = topics
        .iter()
        .map(|(name, topic)| (name.as_str(), topic.clone()))
        .collect();
    let mut state = holding(&topics);
    state.brokers = vec![1, 2, 3];
    let bench = Bench::new("version: 1\n", &state);
    let ran = bench.run(&["import"]).exits(0);
    let expected = "\
version: 1

topics:
  defaults:
    replicas: 3
    configs:
      preallocate: true # Kafka's default is false
      retention.ms: 604800000 # 7 days, Kafka's default
  items:
    - name: day
      partitions: 1
      configs:
        retention.ms: 86400000 # 1 day; Kafka's default is 7 days
    - name: ever
      partitions: 1
      replicas: 1
      configs:
        preallocate: unset
        retention.ms: unset
    - name: t0
      partitions: 1
";
    assert!(ran.stdout.starts_with(expected), "{}", ran.stdout);
    bench.program.write("import.yaml", &ran.stdout);
    let plan = bench
        .run(&["plan", "-f", "import.yaml", "--exit-code", "--strict"])
        .exits(0);
    assert_eq!(plan.stdout, "plan: nothing to do\n");

    // One more without them, and too many topics would have to say `unset`.
    let _ = state
        .topics
        .insert("new".to_owned(), with_replicas(1, 3, &[]));
    let bench = Bench::new("version: 1\n", &state);
    let ran = bench.run(&["import"]).exits(0);
    assert!(
        ran.stdout
            .starts_with("version: 1\n\ntopics:\n  defaults:\n    replicas: 3\n  items:\n"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("unset"), "{}", ran.stdout);
}

#[test]
fn an_empty_cluster_is_a_manifest_too() {
    let bench = Bench::new("version: 1\n", &State::default());
    let ran = bench.run(&["import"]).exits(0);
    assert_eq!(ran.stdout, "version: 1\n\ntopics:\n  items: []\n");
    let pinned = bench.run(&["import", "--pin"]).exits(0);
    let expected = "version: 1\n\ncluster:\n  id: fake-cluster\n\ntopics:\n  items: []\n";
    assert_eq!(pinned.stdout, expected);
}

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

#[test]
fn comments_stand_alone_where_nothing_else_is_set() {
    let state = State {
        broker_defaults: settings(&[("leader.replication.throttled.rate", "1")]),
        broker_configs: BTreeMap::from([(1, settings(&[("ssl.key.password", "x")]))]),
        ..holding(&[("a.b", topic(1, &[])), ("a_b", topic(2, &[]))])
    };
    let bench = Bench::new("version: 1\n", &state);
    let ran = bench.run(&["import"]).exits(0);
    assert_eq!(
        ran.stdout,
        r#"version: 1

# all brokers: leader.replication.throttled.rate: left out, whoever moves replicas sets it and takes it away
# broker 1: ssl.key.password: "${env:SSL_KEY_PASSWORD}" # set, and hidden: not in here until you uncomment it

topics:
  items:
    - name: a.b
      partitions: 1
      replicas: 1
    # a_b: left out, it is the same name in Kafka's metrics as a.b
"#
    );
    bench.program.write("import.yaml", &ran.stdout);
    bench
        .run(&["plan", "-f", "import.yaml", "--exit-code"])
        .exits(0);
}

#[test]
fn a_part_of_the_topics_comes_without_brokers() {
    let bench = Bench::new("version: 1\n", &varied());
    let ran = bench
        .run(&["import", "--only", "a", "--only", "y*"])
        .exits(0);
    assert_eq!(
        ran.stdout,
        "\
version: 1

topics:
  items:
    - name: a
      partitions: 3
      replicas: 2
      configs:
        cleanup.policy: compact,delete # Kafka's default is delete
        retention.ms: 604800000 # 7 days, Kafka's default
    - name: \"yes\"
      partitions: 1
      replicas: 1
      configs:
        min.cleanable.dirty.ratio: 0.10 # Kafka's default is 0.5
"
    );
    assert_eq!(ran.stderr, "");
    let ran = bench.run(&["import", "--only", "nothing.*"]).exits(4);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        (
            "",
            "error: `--only nothing.*` matches no topic\nhint: `tonkafka list topics` names them all; Kafka's own are never imported\n"
        )
    );
    for none in ["__consumer_offsets", "b_", "no name"] {
        let only = ["import", "--only", "a", "--only", none];
        let ran = bench.run(&only).exits(4);
        let said = format!("error: `--only {none}` matches no topic\n");
        assert!(ran.stderr.starts_with(&said), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    let ran = bench.run(&["import", "--only", "[a"]).exits(2);
    assert!(
        ran.stderr.starts_with("error: `--only [a`: "),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_cannot_be_seen_is_said_and_the_rest_is_printed() {
    let mut state = holding(&[
        ("a", topic(1, &[("retention.ms", "1000")])),
        ("hidden", topic(1, &[("retention.ms", "1000")])),
        ("secret", topic(1, &[])),
    ]);
    state.brokers = vec![1, 2, 3];
    state.faults.hidden_configs = BTreeSet::from(["hidden".to_owned()]);
    state.faults.not_permitted = BTreeSet::from(["secret".to_owned()]);
    state.faults.silent_brokers = BTreeSet::from([2]);
    state.faults.dead_brokers = BTreeSet::from([3]);
    let bench = Bench::new("version: 1\n", &state);
    let ran = bench.run(&["import"]).exits(7);
    assert_eq!(
        ran.stdout,
        "\
version: 1

topics:
  items:
    - name: a
      partitions: 1
      replicas: 1
      configs:
        retention.ms: 1000 # 1 second; Kafka's default is 7 days
    # hidden: left out, the cluster does not show all of it
"
    );
    assert_eq!(
        ran.stderr,
        "\
1 left out: comments in the manifest say which and why
error: the settings of broker 2 cannot be read: cannot reach broker 2: connection refused
the settings of broker 3 cannot be read: it does not serve requests
the topic `hidden` cannot be read: TOPIC_AUTHORIZATION_FAILED
hint: the manifest is without these; ask for DESCRIBE and DESCRIBE_CONFIGS, or leave brokers out with `--only '*'`
"
    );
    // A listing leaves it out; asked for by name, it is said.
    let ran = bench
        .run(&["import", "--only", "secret", "-o", "json"])
        .exits(7);
    let error = &ran.json()["error"];
    assert_eq!(error["code"], 7);
    assert_eq!(
        error["message"],
        "the topic `secret` cannot be read: TOPIC_AUTHORIZATION_FAILED"
    );
    let ran = bench.run(&["import", "--out", "new.yaml"]).exits(7);
    assert!(
        ran.stderr.contains("hint: new.yaml was not written; "),
        "{}",
        ran.stderr
    );
    assert!(!bench.program.path().join("new.yaml").exists());
}

#[test]
fn a_file_is_not_replaced_by_accident() {
    let bench = Bench::new("version: 1\n", &holding(&[("a", topic(1, &[]))]));
    let ran = bench.run(&["import", "--out", "new.yaml"]).exits(0);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("", "wrote new.yaml\n")
    );
    let text = bench.program.read("new.yaml");
    assert_eq!(text, bench.run(&["import"]).exits(0).stdout);
    bench.program.write("new.yaml", "mine");
    let ran = bench.run(&["import", "--out", "new.yaml"]).exits(2);
    assert_eq!(
        ran.stderr,
        "error: new.yaml is there already\nhint: `--force` replaces it\n"
    );
    assert_eq!(bench.program.read("new.yaml"), "mine");
    bench
        .run(&["import", "--out", "new.yaml", "--force"])
        .exits(0);
    assert_eq!(bench.program.read("new.yaml"), text);
}

/// What topics are in these tests: partitions, replicas, settings.
type Topics = BTreeMap<String, (usize, usize, BTreeMap<String, ConfigValue>)>;
type Brokers = BTreeMap<i32, BTreeMap<String, ConfigValue>>;

/// What a cluster with this shows.
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
    let source = Source {
        name: "import.yaml".into(),
        text: text.to_owned(),
    };
    let options = Options {
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

/// Settings that any manifest can have.
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

/// Settings that a broker may hold for all we know.
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

/// Files of other programs, each folder with what comes out of it beside it.
#[test]
fn manifests_of_other_programs_are_read() {
    let mut cases = 0;
    for format in ["topicctl", "jikkou", "kafka-gitops"] {
        for case in ["platform", "mistakes", "template"] {
            let folder = format!("tests/cli/imports/{format}/{case}");
            let path = fresh::repository(&folder);
            if !path.exists() {
                continue;
            }
            let program = Program::new();
            let files: Vec<String> = files(&path);
            for file in &files {
                program.write(file, &std::fs::read_to_string(path.join(file)).unwrap());
            }
            let mut arguments = vec!["import", "--format", format];
            arguments.extend(files.iter().map(String::as_str));
            let ran = program.run(&arguments);
            fresh::check(&format!("{folder}/stderr"), &ran.stderr);
            if case == "platform" {
                assert_eq!(ran.code, Some(0), "{}", ran.stderr);
                fresh::check(&format!("{folder}/stdout"), &ran.stdout);
                program.write("import.yaml", &ran.stdout);
                program.run(&["validate", "-f", "import.yaml"]).exits(0);
                let quiet = program.run(&[&arguments[..], &["-q"]].concat()).exits(0);
                assert_eq!((quiet.stdout, quiet.stderr.as_str()), (ran.stdout, ""));
            } else {
                assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
            }
            cases += 1;
        }
    }
    assert_eq!(cases, 7);
}

fn files(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.contains(".yaml")).collect();
    names.sort();
    names
}

#[test]
fn files_are_named_for_another_programs_manifest_only() {
    let program = Program::new();
    let ran = program.run(&["import", "topics.yaml"]).exits(2);
    assert!(ran.stderr.contains("--format <PROGRAM>"), "{}", ran.stderr);
    let ran = program.run(&["import", "--format", "jikkou"]).exits(2);
    assert!(ran.stderr.contains("<FILE>"), "{}", ran.stderr);
    let ran = program
        .run(&["import", "--format", "jikkou", "missing.yaml"])
        .exits(2);
    assert_eq!(
        ran.stderr,
        "error: no such file or directory\n --> missing.yaml\n"
    );
    program.write("empty.yaml", "# nothing\n---\n");
    let ran = program
        .run(&["import", "--format", "jikkou", "empty.yaml"])
        .exits(2);
    assert!(
        ran.stderr.starts_with("error: the file is empty\n"),
        "{}",
        ran.stderr
    );
}
