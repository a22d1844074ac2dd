//! Services that forbid or lack features, imitated with real brokers: they answer as the cluster in
//! memory does with the same mask, and every main command does what is left.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{FakeCluster, FakeLog, FakeTopic, State};
use tonkafka::cluster::{Answer, At, Cluster, Mode, NewTopic};
use tonkafka::model::config::{ConfigAlteration, ConfigResource};
use tonkafka::model::group::Committed;
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::seen::{Cause, Seen};
use tonkafka::model::service::{self, Service};

use crate::program::{Program, Ran};
use crate::support::live::{connect, runtime};
use crate::support::offsets::{commit, filled};
use crate::support::proxy::Proxy;
use crate::support::{kafka, mask};

/// The answers to everything that a service may hide.
async fn said(cluster: &dyn Cluster, topic: &str) -> Vec<String> {
    let described = cluster.describe_cluster().await.unwrap();
    let missing: Vec<String> = described.missing_requests.into_iter().collect();
    let mut said = vec![format!("requests to write that are missing: {missing:?}")];
    let mut tell = |what: &str, words: String| said.push(format!("{what}: {words}"));
    let dirs = cluster.describe_log_dirs(&[1], None).await;
    tell("log directories", shown(&dirs[&1]));
    let own = ConfigResource::Broker(1);
    let of_topic = ConfigResource::Topic(topic.to_owned());
    for resource in [own, ConfigResource::BrokerDefaults, of_topic.clone()] {
        let asked = std::slice::from_ref(&resource);
        let found = cluster.describe_configs(At::AnyBroker, asked).await;
        tell("settings", shown(&found.unwrap()[&resource]));
    }
    tell("quorum", shown(&cluster.describe_quorum().await.unwrap()));
    let acls = cluster.describe_acls(At::AnyBroker).await.unwrap();
    tell("ACLs", shown(&acls));
    let users = cluster.describe_users(At::AnyBroker).await.unwrap();
    tell("users", shown(&users));
    let quotas = cluster.describe_quotas(At::AnyBroker).await.unwrap();
    tell("quotas", shown(&quotas));
    for (key, value) in [
        ("retention.ms", "5000000"),
        ("cleanup.policy", "compact"),
        ("min.cleanable.dirty.ratio", "0.3"),
    ] {
        let change = ConfigAlteration {
            key: key.to_owned(),
            value: Some(value.to_owned()),
        };
        let changes = [(of_topic.clone(), vec![change])];
        let answers = cluster.alter_configs(&changes, Mode::ValidateOnly).await;
        tell(key, answered(&answers));
    }
    let change = ConfigAlteration {
        key: "log.retention.ms".to_owned(),
        value: Some("604800000".to_owned()),
    };
    let changes = [(ConfigResource::BrokerDefaults, vec![change])];
    let answers = cluster.alter_configs(&changes, Mode::ValidateOnly).await;
    tell("all brokers", answered(&answers));
    for (what, replicas, partitions, key) in [
        ("new", None, 1, ("retention.ms", "86400000")),
        ("another factor", Some(1), 1, ("retention.ms", "86400000")),
        ("many partitions", None, 5000, ("retention.ms", "86400000")),
        ("at creation", None, 1, ("cleanup.policy", "compact")),
        ("never", None, 1, ("min.cleanable.dirty.ratio", "0.3")),
    ] {
        let new = NewTopic {
            name: "services-new".to_owned(),
            partitions,
            replicas,
            configs: BTreeMap::from([(key.0.to_owned(), key.1.to_owned())]),
        };
        let answers = cluster.create_topics(&[new], Mode::ValidateOnly).await;
        tell(what, answered(&answers));
    }
    let before = [(TopicPartition::new(topic, 0), 0)];
    tell("records", answered(&cluster.delete_records(&before).await));
    said
}

fn shown<T>(seen: &Seen<T>) -> String {
    match seen {
        Seen::Value(_) => "told".to_owned(),
        Seen::Absent => "absent".to_owned(),
        // The messages differ between Kafka versions.
        Seen::Unseen(Cause::NotSupported, words) if words.starts_with("SECURITY_DISABLED") => {
            "no authorizer".to_owned()
        }
        Seen::Unseen(Cause::NotPermitted, words) => format!("not permitted: {words}"),
        Seen::Unseen(Cause::NotSupported, words) => format!("not supported: {words}"),
        Seen::Unseen(Cause::Unavailable, words) => format!("unavailable: {words}"),
    }
}

fn answered(answers: &[Answer]) -> String {
    match answers {
        [Answer::Done] => "taken".to_owned(),
        [Answer::Refused(error)] => error.to_string(),
        other => format!("{other:?}"),
    }
}

fn in_memory(service: &Service, topic: &str) -> State {
    let held = FakeTopic {
        id: 1,
        partitions: 1,
        replicas: 1,
        configs: BTreeMap::new(),
    };
    let log = FakeLog {
        end: 5,
        ..FakeLog::default()
    };
    State {
        kafka: kafka::version().rsplit_once('.').unwrap().0.to_owned(),
        topics: BTreeMap::from([(topic.to_owned(), held)]),
        logs: BTreeMap::from([(topic.to_owned(), BTreeMap::from([(0, log)]))]),
        // A real broker does not check a replication factor that was not given.
        brokers: vec![1, 2, 3],
        mask: Some(service.id.clone()),
        ..State::default()
    }
}

#[test]
fn real_brokers_behind_a_mask_answer_as_the_cluster_in_memory() {
    if kafka::skips(kafka::with_zookeeper(), "the services run KRaft") {
        return;
    }
    let kafka = kafka::single();
    let topic = filled(kafka, "masked", &[5]);
    for service in service::all() {
        let proxy = kafka.proxy();
        mask::put(&proxy, service);
        let (real, fake) = runtime().block_on(async {
            let real = said(&connect(&proxy.bootstrap()).await, &topic).await;
            let fake = FakeCluster::new(in_memory(service, &topic));
            (real, said(&fake, &topic).await)
        });
        assert_eq!(real, fake, "{}", service.id);
    }
}

/// Exit codes on a service: hidden facts make a read partial, missing features do not.
struct Ends {
    id: &'static str,
    describe: i32,
    backup: i32,
    import: i32,
    /// An apply of a setting that many services forbid.
    odd: i32,
}

const ENDS: [Ends; 5] = [
    ends("confluent-cloud", [7, 7, 7, 4]),
    ends("msk-serverless", [0, 7, 7, 4]),
    ends("redpanda", [0, 0, 0, 4]),
    ends("event-hubs", [0, 0, 0, 4]),
    ends("aiven", [7, 7, 7, 0]),
];

const fn ends(id: &'static str, [describe, backup, import, odd]: [i32; 4]) -> Ends {
    Ends {
        id,
        describe,
        backup,
        import,
        odd,
    }
}

fn run(program: &Program, proxy: &Proxy<'_>, arguments: &[&str]) -> Ran {
    program.run(&[arguments, &["-b", &proxy.bootstrap(), "--timeout", "20s"]].concat())
}

/// An existing and a missing topic.
fn manifest(topic: &str) -> String {
    format!(
        "version: 1
topics:
  items:
    - name: {topic}
      partitions: 1
      configs: {{ max.message.bytes: 2000000 }}
    - name: {topic}-new
      partitions: 2
"
    )
}

#[test]
fn every_main_command_does_what_is_left() {
    if kafka::skips(kafka::with_zookeeper(), "the services run KRaft") {
        return;
    }
    for ends in &ENDS {
        tried(ends);
    }
}

fn tried(ends: &Ends) {
    let kafka = kafka::single();
    let topic = filled(kafka, ends.id, &[10]);
    let group = format!("group-{}", ends.id);
    commit(kafka, &group, &topic, &[Committed::at(7)]);
    let program = Program::with_manifest(&manifest(&topic));
    let proxy = kafka.proxy();
    mask::put(&proxy, service::of_id(ends.id).unwrap());
    let ran = |arguments: &[&str], code: i32| {
        let ran = run(&program, &proxy, arguments).exits(code);
        format!("{}{}", ran.stdout, ran.stderr)
    };
    let has = |text: String, part: &str| {
        assert!(text.contains(part), "{} lacks {part}: {text}", ends.id);
    };
    has(ran(&["list", "topics"], 0), &topic);
    has(ran(&["describe"], ends.describe), "missing");
    has(ran(&["describe", "brokers"], 0), "live");
    has(ran(&["describe", "topic", &topic], 0), &topic);
    has(ran(&["describe", "api-versions"], 0), "CreateTopics");
    has(ran(&["context", "test"], 0), kafka.cluster_id());
    has(ran(&["lag", &group], 0), "total: lag 3");
    let reset = ["reset-offsets", &group, "--all-topics", "--to", "earliest"];
    let moved = ran(&[&reset[..], &["--yes"]].concat(), 0);
    has(moved, "apply: 1 done and verified");
    let backup = ["backup", "create", "--out", "all.json"];
    ran(&backup, ends.backup);
    let part = ran(&[&backup[..], &["--allow-partial"]].concat(), 0);
    has(part, "in all.json");
    has(ran(&["import", "--only", &topic], 0), &topic);
    has(ran(&["import"], ends.import), &topic);
    has(ran(&["plan"], 0), "1 to create");
    has(ran(&["apply", "--yes"], 0), "done and verified");
    let odd = format!(
        "version: 1\ntopics:\n  items:\n    - name: {topic}-odd\n      partitions: 1\n      configs: {{ min.cleanable.dirty.ratio: 0.3 }}\n"
    );
    program.write("topics.yaml", &odd);
    ran(&["apply", "--yes"], ends.odd);
    let listed = ran(&["list", "topics"], 0);
    assert_eq!(listed.contains(&format!("{topic}-odd")), ends.odd == 0);
    has(listed, &format!("{topic}-new"));
}
