//! An imported manifest has an empty plan.

use std::collections::{BTreeMap, BTreeSet};

use tonkafka::cluster::fake::{FakeTopic, State};

use crate::fake::{Bench, holding, topic};

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

/// A cluster with many features.
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
    plan.stdout_ends("plan: nothing to do\n");
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
    ran.stdout_starts(expected);
    bench.program.write("import.yaml", &ran.stdout);
    let plan = bench
        .run(&["plan", "-f", "import.yaml", "--exit-code", "--strict"])
        .exits(0);
    assert_eq!(plan.stdout, "plan: nothing to do\n");

    // With one more topic without them, too many topics would need `unset`.
    let _ = state
        .topics
        .insert("new".to_owned(), with_replicas(1, 3, &[]));
    let bench = Bench::new("version: 1\n", &state);
    let ran = bench.run(&["import"]).exits(0);
    ran.stdout_starts("version: 1\n\ntopics:\n  defaults:\n    replicas: 3\n  items:\n");
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
        ran.stderr_starts(&said);
        assert_eq!(ran.stdout, "");
    }
    let ran = bench.run(&["import", "--only", "[a"]).exits(2);
    ran.stderr_starts("error: `--only [a`: ");
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
    // A listing leaves the topic out; naming it reports it.
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
    ran.stderr_has("hint: new.yaml was not written; ");
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
