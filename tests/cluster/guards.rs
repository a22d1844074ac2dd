//! Guards, pruning and orphans on real Kafka, checked with Apache's tools.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::producer::{FutureProducer, FutureRecord};
use tonkafka::local::artefacts::DEFAULT_VERSION;

use crate::on::run_at as run;
use crate::program::{Program, words};
use crate::support::kafka::Kafka;
use crate::support::{apache, kafka};

fn topics(items: &str) -> String {
    format!("version: 1\ntopics:\n  items:\n{items}")
}

/// Writes three records from two days ago to partition 0, and two current ones to partition 1.
fn write_old_and_new(bootstrap: &str, topic: &str) {
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .create()
        .unwrap();
    let now = jiff::Timestamp::now().as_millisecond();
    let old = now - 2 * 86_400_000;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        for (partition, time) in [(0, old); 3].into_iter().chain([(1, now); 2]) {
            let record = FutureRecord::to(topic)
                .partition(partition)
                .timestamp(time)
                .key("key")
                .payload("value");
            producer
                .send(record, Duration::from_secs(20))
                .await
                .unwrap();
        }
    });
}

/// Sends one record to a partition with acks=all, without retries.
fn send(bootstrap: &str, topic: &str, partition: i32) -> Result<(), RDKafkaErrorCode> {
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("acks", "all")
        .set("retries", "0")
        .create()
        .unwrap();
    let record = FutureRecord::to(topic)
        .partition(partition)
        .key("key")
        .payload("value");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sent = runtime.block_on(producer.send(record, Duration::from_secs(20)));
    sent.map(drop)
        .map_err(|(error, _)| error.rdkafka_error_code().unwrap())
}

/// Brokers use the smaller of replicas and `min.insync.replicas` (`Partition.effectiveMinIsr`).
#[test]
fn a_topic_with_fewer_replicas_than_min_isr_is_written_to_all_the_same() {
    let kafka = kafka::fresh(1, &[]);
    let at = kafka.bootstrap();
    let own = "    - {name: own, partitions: 1, replicas: 1, configs: {min.insync.replicas: 2}}\n";
    let program = Program::with_manifest(&topics(own));
    let warning = "`min.insync.replicas` is 2, but the topic `own` has 1 replica: brokers use the smaller number, so it protects less than it says";
    let ran = run(&program, &at, &["validate"]).exits(0);
    ran.stderr_has(warning);
    run(&program, &at, &["apply", "--yes"])
        .exits(0)
        .stdout_has(warning);
    assert_eq!(send(&at, "own", 0), Ok(()));

    // An inherited value behaves alike, and groups can commit.
    let inherited = format!(
        "version: 1\nbroker: {{defaults: {{min.insync.replicas: 3}}}}\ntopics:\n  items:\n{own}    - {{name: inherits, partitions: 1, replicas: 1}}\n"
    );
    let program = Program::with_manifest(&inherited);
    run(&program, &at, &["apply", "--yes"]).exits(0);
    assert_eq!(send(&at, "inherits", 0), Ok(()));
    let to = words("reset-offsets group --topic inherits --to latest");
    run(
        &program,
        &at,
        &[&to[..], &["--create-group", "--yes"]].concat(),
    )
    .exits(0);
    let ran = run(&program, &at, &["describe", "cluster"]).exits(0);
    ran.stdout_has(" 0 under min ISR, ");

    let strict = inherited.replace(
        "version: 1\n",
        "version: 1\npolicies: {min-insync-within-replicas: true}\n",
    );
    let program = Program::with_manifest(&strict);
    run(&program, &at, &["plan"]).exits(2);
    let ran = run(
        &program,
        &at,
        &["plan", "--allow", "min-isr-above-replicas"],
    )
    .exits(0);
    ran.stdout_has("let through:\n");
}

/// If replicas of the topic are missing, writes fail as the guard says.
#[test]
fn partitions_with_fewer_live_replicas_than_min_isr_are_not_written_to() {
    let kafka = kafka::fresh(3, &[]);
    let at = kafka.bootstrap();
    let create = words("--create --topic t --replica-assignment 1:2,2:3,1:3");
    apache::topics(&at, &create).ok();
    kafka.kill_broker(3);
    let items = "    - {name: t, partitions: 3, configs: {min.insync.replicas: 2}}\n";
    let program = Program::with_manifest(&topics(items));
    let message = "topic t: min.insync.replicas would be 2, and 2 of its 3 partitions have fewer replicas on live brokers: nothing could be written there with acks=all [min-isr-above-brokers]";
    let deadline = Instant::now() + Duration::from_mins(1);
    let refused = loop {
        let ran = run(&program, &at, &["plan"]);
        if ran.code == Some(4) {
            break ran;
        }
        assert!(Instant::now() < deadline, "{}{}", ran.stdout, ran.stderr);
    };
    refused.stdout_has(message);
    let allow = ["apply", "--yes", "--allow", "min-isr-above-brokers"];
    run(&program, &at, &allow).exits(0);
    assert_eq!(send(&at, "t", 0), Ok(()));
    for partition in [1, 2] {
        // The leader waits for the dead broker until it has removed it from the ISR.
        let deadline = Instant::now() + Duration::from_mins(1);
        while send(&at, "t", partition) != Err(RDKafkaErrorCode::NotEnoughReplicas) {
            assert!(Instant::now() < deadline, "partition {partition}");
        }
    }
}

/// The log start offsets of a topic's partitions.
fn starts(bootstrap: &str, topic: &str) -> Vec<String> {
    let arguments = ["--topic", topic, "--time", "earliest"];
    let said = apache::run(
        "org.apache.kafka.tools.GetOffsetShell",
        bootstrap,
        &arguments,
    );
    let lines = said.ok();
    lines.lines().map(str::to_owned).collect()
}

#[test]
fn a_retention_cut_is_measured_and_does_what_it_said() {
    let soon = [
        ("log.retention.check.interval.ms", "500"),
        ("log.initial.task.delay.ms", "500"),
    ];
    let kafka = kafka::fresh(1, &soon);
    let admin = kafka.admin();
    let topic = "audited";
    let create = ["--create", "--partitions", "2", "--topic", topic];
    apache::topics(&admin, &create).ok();
    write_old_and_new(&kafka.bootstrap(), topic);
    assert_eq!(starts(&admin, topic), ["audited:0:0", "audited:1:0"]);

    let inherited = "version: 1\nbroker: {defaults: {log.retention.ms: 1d}}\n";
    let program = Program::with_manifest(inherited);
    let ran = run(&program, &admin, &["plan"]).exits(4);
    ran.stdout_has("all brokers: changing log.retention.ms would drop up to 3 records (about ");
    ran.stdout_has(" now: audited up to 3 records (about ");

    let item = |configs: &str| {
        topics(&format!(
            "    - {{name: {topic}, partitions: 2, configs: {{{configs}}}}}\n"
        ))
    };
    program.write("topics.yaml", &item("retention.bytes: 1"));
    let ran = run(&program, &admin, &["plan"]).exits(4);
    ran.stdout_has("changing retention.bytes would drop up to 5 records (about ");

    program.write("topics.yaml", &item("retention.ms: 3d"));
    run(&program, &admin, &["plan"]).exits(0);
    program.write("topics.yaml", &item("retention.ms: 1d"));
    let ran = run(&program, &admin, &["apply", "--yes"]).exits(4);
    ran.stdout_has("topic audited: changing retention.ms would drop up to 3 records (about ");
    ran.stdout_has(" bytes) now [retention-cut]\n");
    assert_eq!(starts(&admin, topic), ["audited:0:0", "audited:1:0"]);

    let allowed = ["apply", "--yes", "--allow", "retention-cut"];
    let ran = run(&program, &admin, &allowed).exits(0);
    ran.stdout_has("~ topic audited  (deletes records, cannot be undone)\n");
    let gone = ["audited:0:3", "audited:1:0"];
    for _ in 0..20 {
        if starts(&admin, topic) == gone {
            break;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(starts(&admin, topic), gone);
}

#[test]
fn what_only_brokers_can_judge_is_in_the_plan() {
    let admin = kafka::single().admin();
    let name = kafka::topic_name("asked");
    let (live, wide) = (format!("{name}-live"), format!("{name}-wide"));
    apache::topics(&admin, &["--create", "--topic", &live]).ok();
    // Each value is valid alone; only the brokers compare the two.
    let lag = "min.compaction.lag.ms: 2s, max.compaction.lag.ms: 1s";
    let program = Program::with_manifest(&topics(&format!(
        "    - {{name: {name}, partitions: 1, configs: {{{lag}}}}}\n    - {{name: {wide}, partitions: 1, replicas: 2}}\n    - {{name: {live}, partitions: 2, configs: {{{lag}}}}}\n"
    )));
    let allow = ["plan", "--allow", "too-few-brokers"];
    run(&program, &admin, &allow).exits(0);
    let asked = [&allow[..], &["--validate-on-broker"]].concat();
    let ran = run(&program, &admin, &asked).exits(4);
    let refused = |name: &str, words: &str| {
        ran.stdout_has(&format!("topic {name}: the brokers refuse it: {words}"));
    };
    let conflict = "INVALID_CONFIG: conflict topic config setting min.compaction.lag.ms (2000) > max.compaction.lag.ms (1000)";
    refused(&name, conflict);
    refused(&wide, "INVALID_REPLICATION_FACTOR: ");
    refused(&live, conflict);
    ran.stdout_has(", 3 refused, 1 let through\n");
    let there = apache::describe_topics(&admin);
    assert!(!there.contains_key(&name) && !there.contains_key(&wide));
    assert_eq!(there[&live].partitions, 1);

    let fits = topics(&format!("    - {{name: {name}, partitions: 1}}\n"));
    program.write("topics.yaml", &fits);
    run(&program, &admin, &["plan", "--validate-on-broker"]).exits(0);
    assert_eq!(apache::describe_topic(&admin, &name), None);
}

/// A jar with the policy of `java/Policy.java`.
fn policy_jar(dir: &Path) -> PathBuf {
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/cluster/java/Policy.java"
    );
    let java = kafka::artefacts(DEFAULT_VERSION).command([""; 0], "Policy");
    let mut arguments = java.get_args().skip_while(|argument| *argument != "-cp");
    let jars = arguments.nth(1).unwrap();
    let did = |command: &mut Command| assert!(command.status().unwrap().success(), "{command:?}");
    did(Command::new("javac")
        .arg("-cp")
        .arg(jars)
        .arg("-d")
        .arg(dir)
        .arg(source));
    std::fs::write(dir.join("manifest"), "Premain-Class: Policy\n").unwrap();
    let jar = dir.join("policy.jar");
    let mut pack = Command::new("jar");
    pack.arg("cfm").arg(&jar).arg(dir.join("manifest"));
    did(pack.arg("-C").arg(dir).arg("Policy.class"));
    jar
}

#[test]
fn a_policy_of_the_brokers_speaks_in_the_plan() {
    let dir = tempfile::TempDir::new().unwrap();
    let agent = format!("-javaagent:{}", policy_jar(dir.path()).display());
    let policy = ("create.topic.policy.class.name", "Policy");
    let kafka = Kafka::options()
        .jvm(&agent)
        .property(policy.0, policy.1)
        .start();
    let admin = kafka.admin();
    let program = Program::with_manifest(&topics(
        "    - {name: orders, partitions: 1}\n    - {name: team.orders, partitions: 1}\n",
    ));
    let ran = run(&program, &admin, &["plan", "--validate-on-broker"]).exits(4);
    ran.stdout_has("\
refused:
  topic orders: the brokers refuse it: POLICY_VIOLATION: names begin with a team, as in team.orders [broker-refused]
    hint: change the manifest, or ask whoever runs the cluster

plan: 2 to create, 0 to change, 0 to delete, 1 refused
");
    assert!(apache::describe_topics(&admin).is_empty());
    let ran = run(&program, &admin, &["apply", "--yes"]).exits(5);
    ran.stdout_has("refused  create topic orders: POLICY_VIOLATION: names begin with a team");
}

#[test]
fn pruning_takes_back_what_scripts_set_and_leaves_throttles() {
    let kafka = kafka::fresh(1, &[("log.segment.bytes", "2097152")]);
    let admin = kafka.admin();
    let set = |entity: &[&str], pair: &str| {
        let all = [&["--alter"], entity, &["--add-config", pair]].concat();
        apache::configs(&admin, &all).ok();
    };
    apache::topics(&admin, &["--create", "--topic", "owned.kept"]).ok();
    apache::topics(&admin, &["--create", "--topic", "owned.left"]).ok();
    let topic = ["--entity-type", "topics", "--entity-name", "owned.kept"];
    set(
        &topic,
        "segment.bytes=1048576,leader.replication.throttled.replicas=*",
    );
    let brokers = ["--entity-type", "brokers", "--entity-default"];
    set(&brokers, "log.cleaner.threads=2,message.max.bytes=1000000");
    // A new cluster of Kafka 4.1 or later stores this setting; an older one does not.
    let min_isr =
        |defaults: &BTreeMap<String, String>| defaults.get("min.insync.replicas").cloned();
    let before = min_isr(&apache::broker_defaults(&admin));

    let manifest = "version: 1\nownership: {prefixes: [owned.]}\nbroker: {defaults: {message.max.bytes: 1000000}}\ntopics: {items: [{name: owned.kept, partitions: 1}]}\n";
    let program = Program::with_manifest(manifest);
    let ran = run(&program, &admin, &["plan", "--exit-code"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
orphans, under a prefix that the manifest owns and not declared:
  topic owned.left
    hint: declare them, or pass `--delete-orphans` to plan their deletion

not in the manifest, left alone:
  all brokers: log.cleaner.threads = 2
  topic owned.kept: leader.replication.throttled.replicas = *
  topic owned.kept: segment.bytes = 1048576 (1 MiB)

plan: nothing to do
"
    );
    let flags = ["--prune-configs", "--delete-orphans", "--allow-delete", "1"];
    let apply = [&["apply", "--yes"], &flags[..]].concat();
    let ran = run(&program, &admin, &apply).exits(0);
    ran.stdout_has(
        "\
~ all brokers
    log.cleaner.threads  2 → (unset), then 1 [default], not declared
~ topic owned.kept
    segment.bytes  1048576 (1 MiB) → (unset), then 2097152 (2 MiB) [broker's file], not declared
- topic owned.left  (deletes records, cannot be undone)
",
    );
    let configs = apache::topic_configs(&admin, "owned.kept");
    let kept: Vec<&str> = configs.keys().map(String::as_str).collect();
    assert_eq!(kept, ["leader.replication.throttled.replicas"]);
    let after = apache::broker_defaults(&admin);
    assert!(!after.contains_key("log.cleaner.threads"));
    assert_eq!(min_isr(&after), before);
    assert_eq!(apache::describe_topic(&admin, "owned.left"), None);
    let plan = [&["plan", "--exit-code"], &flags[..]].concat();
    run(&program, &admin, &plan).exits(0);
}
