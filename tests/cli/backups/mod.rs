//! `backup` and `rollback` on the cluster in memory.

mod file;
mod kept;
mod partial;
mod restore;
mod rollback;
mod shown;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use tonkafka::cluster::fake::{FakeTopic, State};
use tonkafka::model::access::{
    AclBinding, Credential, Operation, PatternType, Permission, ResourceType, User,
};
use tonkafka::model::group::Committed;

use crate::billing::{group, log, logs};
use crate::fake::{Bench, topic};
use crate::program::Ran;

fn orders() -> FakeTopic {
    topic(
        2,
        &[("retention.ms", "1000000"), ("max.message.bytes", "5000")],
    )
}

fn acl() -> AclBinding {
    AclBinding {
        resource_type: ResourceType::Topic,
        resource_name: "orders".into(),
        pattern_type: PatternType::Literal,
        principal: "User:alice".into(),
        host: "*".into(),
        operation: Operation::Read,
        permission: Permission::Allow,
    }
}

/// Two topics, settings of both kinds of brokers, an ACL, a user, and a group that read `orders`.
fn state() -> State {
    let mut billing = group(&[("orders", 0, 90), ("orders", 1, 5)]);
    let rich = Committed {
        offset: 90,
        leader_epoch: Some(2),
        metadata: "kept".into(),
    };
    billing.commits.get_mut("orders").unwrap().insert(0, rich);
    let alice = User {
        name: "alice".into(),
        credentials: vec![Credential {
            mechanism: "SCRAM-SHA-256".into(),
            iterations: 4096,
        }],
    };
    State {
        topics: BTreeMap::from([
            ("orders".into(), orders()),
            (
                "pay".into(),
                FakeTopic {
                    id: 2,
                    ..topic(1, &[])
                },
            ),
        ]),
        created: 2,
        broker_defaults: BTreeMap::from([("message.max.bytes".into(), "2000000".into())]),
        broker_configs: BTreeMap::from([(
            1,
            BTreeMap::from([
                ("log.cleaner.threads".into(), "2".into()),
                ("ssl.keystore.password".into(), "hunter2".into()),
            ]),
        )]),
        acls: Some(vec![acl()]),
        users: vec![alice],
        logs: BTreeMap::from([("orders".into(), logs([log(0, 100, &[]), log(0, 50, &[])]))]),
        groups: BTreeMap::from([("billing".into(), billing)]),
        ..State::default()
    }
}

fn bench() -> Bench {
    Bench::new("version: 1\n", &state())
}

/// Changes the cluster outside of the program.
fn wreck(bench: &Bench, how: impl FnOnce(&mut State)) {
    let mut state = bench.state();
    how(&mut state);
    bench.set(&state);
}

fn create(bench: &Bench) {
    bench
        .run(&["backup", "create", "--out", "then.json"])
        .exits(0);
}

/// The backup files in the state directory, oldest first.
fn kept(bench: &Bench) -> Vec<PathBuf> {
    let home = bench.program.path().join("home");
    let directory = home.join("state/tonkafka/backups/fake-cluster");
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
    paths
}

fn plan(ran: &Ran) -> Vec<(String, String)> {
    let plan = ran.json();
    let findings = plan["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let text = |field: &str| finding[field].as_str().unwrap().to_owned();
            (text("code"), text("severity"))
        })
        .collect()
}

/// The text with a correct checksum.
fn reseal(text: &str) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write as _;
    let (head, _) = text.rsplit_once("  \"sha256\"").unwrap();
    let digest = Sha256::digest(head.as_bytes());
    let mut sum = String::new();
    for byte in digest {
        write!(sum, "{byte:02x}").unwrap();
    }
    format!("{head}  \"sha256\": \"{sum}\"\n}}\n")
}
