//! A dead or silent broker hides only what it alone knows.

use std::collections::{BTreeMap, BTreeSet};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tonkafka::cluster::fake::{FakeCluster, FakeTopic, State};
use tonkafka::cluster::{At, Cluster, ClusterError};
use tonkafka::model::config::ConfigResource;
use tonkafka::model::seen::{Cause, Seen};

use crate::program::{Program, Ran, finish};
use crate::support::apache;
use crate::support::kafka::{self, Kafka};
use crate::support::live::{connect, runtime};
use crate::support::proxy::{Action, Proxy, api};

const TOPICS: usize = 30;

/// Thirty topics of a round, spread over all brokers.
fn manifest(round: usize) -> String {
    let items = (0..TOPICS)
        .map(|n| format!("    - {{name: round-{round}-{n}, partitions: 2, replicas: 2}}\n"));
    format!(
        "version: 1\ntopics:\n  items:\n{}",
        items.collect::<String>()
    )
}

/// The active controller, according to a live broker.
fn controller(kafka: &Kafka) -> i32 {
    runtime().block_on(async {
        let cluster = connect(&kafka.admin()).await;
        match cluster.describe_quorum().await.unwrap() {
            Seen::Value(quorum) => quorum.leader.unwrap(),
            _ => cluster
                .describe_cluster()
                .await
                .unwrap()
                .controller
                .unwrap(),
        }
    })
}

/// Waits for a request of the program, and returns the broker that it was sent to.
fn sent_to(proxy: &Proxy<'_>, api_key: i16) -> i32 {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let requests = proxy.requests();
        let found = requests.iter().find(|request| request.api_key == api_key);
        if let Some(request) = found {
            return request.broker;
        }
        assert!(Instant::now() < deadline, "api {api_key} was never sent");
        sleep(Duration::from_millis(1));
    }
}

/// The topics of a round that a report has with this outcome.
fn named(report: &Value, outcome: &str) -> BTreeSet<String> {
    let steps = report["steps"].as_array().unwrap().iter();
    let of = steps.filter(|step| step["outcome"] == outcome);
    of.map(|step| {
        step["step"]["resource"]["name"]
            .as_str()
            .unwrap()
            .to_owned()
    })
    .collect()
}

/// The topics that the witness sees, once the remaining brokers agree.
fn there(kafka: &Kafka, round: usize) -> BTreeSet<String> {
    let names = apache::describe_topics(&kafka.admin()).into_keys();
    let stem = format!("round-{round}-");
    names.filter(|name| name.starts_with(&stem)).collect()
}

fn report(ran: &Ran) -> Value {
    ran.documents().pop().unwrap()
}

#[test]
fn what_took_effect_is_found_when_the_controller_dies_during_an_apply() {
    let kafka = kafka::fresh(3, &[]);
    let timeout = Duration::from_secs(30);
    // The controller dies before the request arrives, while it is carried out, and afterwards.
    let moments = [
        (Action::Delay(Duration::from_secs(1)), 0),
        (Action::Pass, 0),
        (Action::Pass, 20),
        (Action::Late(Duration::from_millis(300)), 60),
    ];
    for (round, (action, pause)) in moments.into_iter().enumerate() {
        let dies = controller(&kafka);
        let proxy = kafka.proxy();
        proxy.on(api::CREATE_TOPICS, 1, action);
        let program = Program::with_manifest(&manifest(round));
        let at = proxy.bootstrap();
        let apply = ["apply", "--yes", "--no-backup", "-o", "json", "-b", &at];
        let all = [&apply[..], &["--timeout", "30s"]].concat();
        let child = program.command(&all).spawn().unwrap();
        let told = sent_to(&proxy, api::CREATE_TOPICS);
        sleep(Duration::from_millis(pause));
        kafka.kill_broker(dies);
        let ran = finish(child);

        let (report, there) = (report(&ran), there(&kafka, round));
        let (done, unknown) = (named(&report, "done"), named(&report, "unknown"));
        eprintln!(
            "round {round}: controller {dies}, sent to {told}: exit {:?} after {:?}, {} done, {} unknown, {} there",
            ran.code,
            ran.took,
            done.len(),
            unknown.len(),
            there.len()
        );
        // Created topics are done; only topics that no broker shows are unknown.
        assert_eq!(done, there, "{report:#}");
        assert_eq!(done.len() + unknown.len(), TOPICS, "{report:#}");
        assert_eq!(ran.code, Some(if unknown.is_empty() { 0 } else { 6 }));
        assert!(ran.took < timeout * 2 + Duration::from_secs(5));
        if unknown.is_empty() {
            assert!(ran.took < timeout, "{:?}", ran.took);
        }

        let rest = ["apply", "--yes", "-b", &at, "--timeout", "30s"];
        program.run(&rest).exits(0);
        assert_eq!(self::there(&kafka, round).len(), TOPICS);
        kafka.start_broker(dies);
    }
}

/// The broker's ports stay open, but it does not answer.
#[test]
fn a_frozen_broker_keeps_nothing_back() {
    let kafka = kafka::fresh(3, &[]);
    let program = Program::with_manifest(&manifest(0));
    let proxy = kafka.proxy();
    let at = proxy.bootstrap();
    let run = |arguments: &[&str]| {
        let ran = program.run(&[arguments, &["-b", &at, "--timeout", "40s"]].concat());
        eprintln!("{arguments:?}: exit {:?} after {:?}", ran.code, ran.took);
        ran
    };
    // It freezes while the others are asked, and counts as live until its session ends.
    proxy.on(api::CREATE_TOPICS, 1, Action::Late(Duration::from_secs(1)));
    let apply = [
        "apply",
        "--yes",
        "--no-backup",
        "-b",
        &at,
        "--timeout",
        "40s",
    ];
    let child = program.command(&apply).spawn().unwrap();
    let told = sent_to(&proxy, api::CREATE_TOPICS);
    let leads = controller(&kafka);
    let freezes = (1..=3).find(|id| ![told, leads].contains(id)).unwrap();
    kafka.pause(freezes);
    let ran = finish(child).exits(0);
    eprintln!("apply: after {:?}\n{}", ran.took, ran.stdout);
    assert!(ran.took < Duration::from_secs(30), "{:?}", ran.took);
    let patient = Duration::from_secs(10);
    assert!(run(&["plan", "--exit-code"]).exits(0).took < patient);
    kafka.resume(freezes);

    // The first broker that is asked.
    kafka.pause(1);
    for command in [&["plan", "--exit-code"][..], &["list", "topics"]] {
        let ran = run(command).exits(0);
        assert!(ran.took < patient, "{:?}", ran.took);
    }
    runtime().block_on(async {
        let cluster = connect(&kafka.admin()).await;
        a_silent_broker(&*cluster.within(Duration::from_secs(2)), "round-0-0").await;
    });
    kafka.resume(1);
}

#[test]
fn the_cluster_in_memory_has_silent_brokers_too() {
    let topic = FakeTopic {
        partitions: 2,
        replicas: 2,
        ..FakeTopic::default()
    };
    let mut state = State {
        brokers: vec![1, 2, 3],
        topics: BTreeMap::from([("a".to_owned(), topic)]),
        ..State::default()
    };
    state.faults.silent_brokers.insert(1);
    runtime().block_on(a_silent_broker(&FakeCluster::new(state), "a"));
}

/// Broker 1 of three is silent, and everything else is known.
async fn a_silent_broker(cluster: &dyn Cluster, topic: &str) {
    assert!(!cluster.describe_cluster().await.unwrap().id.is_empty());
    let listed = cluster.list_topics().await.unwrap();
    assert!(listed.contains(&topic.to_owned()));
    let names = [topic.to_owned()];
    for at in [At::AnyBroker, At::Broker(2), At::Broker(3)] {
        let told = cluster.describe_topics(at, &names).await.unwrap();
        assert!(matches!(told[topic], Seen::Value(_)), "{at:?}");
    }
    let silent = At::Broker(1);
    let silence = cluster.describe_topics(silent, &names).await;
    assert!(
        matches!(silence, Err(ClusterError::Unreachable { .. })),
        "{silence:?}"
    );
    let silence = cluster.describe_quotas(silent).await;
    assert!(
        matches!(silence, Err(ClusterError::Unreachable { .. })),
        "{silence:?}"
    );

    let each = [1, 2, 3].map(ConfigResource::Broker);
    let all = [&each[..], &[ConfigResource::BrokerDefaults]].concat();
    let told = cluster.describe_configs(At::AnyBroker, &all).await.unwrap();
    for resource in &all {
        let is_silent = *resource == ConfigResource::Broker(1);
        let is_missing = told[resource].is_unseen_as(Cause::Unavailable);
        assert_eq!(is_missing, is_silent, "{resource:?}: {:?}", told[resource]);
    }
    let told = cluster.describe_log_dirs(&[1, 2, 3], Some(&[])).await;
    let missing = |id| told[&id].is_unseen_as(Cause::Unavailable);
    assert_eq!([1, 2, 3].map(missing), [true, false, false]);
    let told = cluster.describe_api_versions(&[1, 2, 3]).await;
    let missing = |id| told[&id].is_unseen_as(Cause::Unavailable);
    assert_eq!([1, 2, 3].map(missing), [true, false, false]);
}
