//! Services that forbid or lack parts, before real brokers: what they answer is what the cluster in memory
//! answers under the same mask, and every main command does all that is left.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{FakeCluster, FakeLog, FakeTopic, State};
use tonkafka::cluster::{Answer, At, Cluster, Mode, NewTopic};
use tonkafka::model::config::{ConfigAlteration, ConfigResource};
use tonkafka::model::group::Committed;
use tonkafka::model::seen::Seen;
use tonkafka::model::service::{self, Service};

use crate::contract::{connect, runtime};
use crate::program::{Program, Ran};
use crate::resets::{commit, filled};
use crate::support::proxy::Proxy;
use crate::support::{kafka, mask};

/// What a cluster says of all that a service may keep back.
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
    let before = [((topic.to_owned(), 0), 0)];
    tell("records", answered(&cluster.delete_records(&before).await));
    said
}

fn shown<T>(seen: &Seen<T>) -> String {
    match seen {
        Seen::Value(_) => "told".to_owned(),
        Seen::Absent => "absent".to_owned(),
        // Its words are of another version in each mode.
        Seen::NotSupported(words) if words.starts_with("SECURITY_DISABLED") => {
            "no authorizer".to_owned()
        }
        Seen::NotPermitted(words) => format!("not permitted: {words}"),
        Seen::NotSupported(words) => format!("not supported: {words}"),
        Seen::Unavailable(words) => format!("unavailable: {words}"),
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
        // Real brokers are one here, and take what the service leaves to them.
        brokers: vec![1],
        mask: Some(service.id.clone()),
        ..State::default()
    }
}

#[test]
fn real_brokers_behind_a_mask_answer_as_the_cluster_in_memory() {
    if kafka::with_zookeeper() {
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

/// How commands end on a service: what may be there and is kept back makes a read partial, what the
/// service does not have does not.
struct Ends {
    id: &'static str,
    describe: i32,
    backup: i32,
    import: i32,
    apply: i32,
}

const ENDS: [Ends; 5] = [
    Ends {
        id: "confluent-cloud",
        describe: 7,
        backup: 7,
        import: 7,
        apply: 5,
    },
    Ends {
        id: "msk-serverless",
        describe: 7,
        backup: 7,
        import: 7,
        apply: 5,
    },
    Ends {
        id: "redpanda",
        describe: 0,
        backup: 0,
        import: 0,
        apply: 5,
    },
    Ends {
        id: "event-hubs",
        describe: 0,
        backup: 0,
        import: 0,
        apply: 4,
    },
    Ends {
        id: "aiven",
        describe: 7,
        backup: 7,
        import: 7,
        apply: 0,
    },
];

fn run(program: &Program, proxy: &Proxy<'_>, arguments: &[&str]) -> Ran {
    program.run(&[arguments, &["-b", &proxy.bootstrap(), "--timeout", "20s"]].concat())
}

#[test]
fn every_main_command_does_what_is_left() {
    if kafka::with_zookeeper() {
        return;
    }
    let kafka = kafka::single();
    for ends in &ENDS {
        let service = service::of_id(ends.id).unwrap();
        let topic = filled(kafka, ends.id, &[10]);
        let group = format!("group-{}", ends.id);
        commit(kafka, &group, &topic, &[Committed::at(7)]);
        let (new, odd) = (format!("{topic}-new"), format!("{topic}-odd"));
        let program = Program::with_manifest(&format!(
            "version: 1\ntopics:\n  items:\n    - name: {topic}\n      partitions: 1\n      configs:\n        retention.ms: 20d\n    - name: {new}\n      partitions: 2\n    - name: {odd}\n      partitions: 1\n      configs:\n        min.cleanable.dirty.ratio: 0.3\n"
        ));
        let proxy = kafka.proxy();
        mask::put(&proxy, service);
        let ran = |arguments: &[&str]| run(&program, &proxy, arguments);
        let listed = ran(&["list", "topics"]).exits(0);
        assert!(listed.stdout.contains(&topic), "{}", listed.stdout);
        ran(&["describe"]).exits(ends.describe);
        ran(&["describe", "brokers"]).exits(0);
        let described = ran(&["describe", "topic", &topic]).exits(0);
        assert!(described.stdout.contains(&topic), "{}", described.stdout);
        let lag = ran(&["lag", &group]).exits(0);
        assert!(lag.stdout.contains("3"), "{}", lag.stdout);
        let reset = ["reset-offsets", &group, "--all-topics", "--to", "earliest"];
        let moved = ran(&[&reset[..], &["--yes"]].concat()).exits(0);
        let words = "1 done and verified";
        assert!(moved.stdout.contains(words), "{}", moved.stdout);
        let backup = ["backup", "create", "--out", "all.json"];
        ran(&backup).exits(ends.backup);
        ran(&[&backup[..], &["--allow-partial"]].concat()).exits(0);
        let only = ran(&["import", "--only", &topic]).exits(0);
        assert!(only.stdout.contains(&topic), "{}", only.stdout);
        ran(&["import"]).exits(ends.import);
        ran(&["plan"]).exits(0);
        let applied = ran(&["apply", "--yes", "--no-backup"]).exits(ends.apply);
        let listed = ran(&["list", "topics"]).exits(0);
        assert!(
            listed.stdout.contains(&new),
            "{}: {}{}",
            ends.id,
            applied.stdout,
            applied.stderr
        );
    }
}
