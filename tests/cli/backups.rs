//! `backup` and `rollback`, on the cluster in memory.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use tonkafka::backup::config::file::{BackupFileError, from_text, to_text};
use tonkafka::cluster::fake::{FakeTopic, State};
use tonkafka::model::access::{
    AclBinding, Credential, Operation, PatternType, Permission, ResourceType, User,
};
use tonkafka::model::group::{Committed, GroupType};

use crate::documents::assert_follows;
use crate::fake::{Bench, error, topic};
use crate::fresh;
use crate::program::Ran;
use crate::resets::{committed, group, log, logs, member};

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

/// Changes the cluster behind the program's back.
fn wreck(bench: &Bench, how: impl FnOnce(&mut State)) {
    let mut state = bench.state();
    how(&mut state);
    let text = serde_json::to_string(&state).unwrap();
    bench.program.write("cluster.json", &text);
}

fn create(bench: &Bench) {
    bench
        .run(&["backup", "create", "--out", "then.json"])
        .exits(0);
}

/// The files of backups that the program keeps, the oldest first.
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

/// Ids are made from the time.
fn without_ids(text: &str) -> String {
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).count() >= 14;
    let lines = text.lines().map(|line| {
        let words = line.split(' ');
        let words: Vec<&str> = words
            .map(|word| if digits(word) { "ID" } else { word })
            .collect();
        words.join(" ")
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
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

const PUT_BACK: &str = "\
~ all brokers
    log.retention.ms   77 → (unset), then 604800000 (7 days) [default]
    message.max.bytes  (not set) → 2000000 (2 MB)
~ broker 1
    log.cleaner.threads  3 → 2
+ topic pay
    partitions          1
    replication factor  1
~ topic orders
    max.message.bytes  (not set) → 5000 (5 KB)
    retention.ms       5 → 1000000 (1000 seconds)
    segment.bytes      1048576 (1 MiB) → (unset), then 1073741824 (1 GiB) [default]
+ ACL ALLOW User:alice READ on TOPIC LITERAL orders from *
~ group billing, topic orders: replay 0, skip 70
    PARTITION  COMMITTED  NEW  CHANGE   LOG START  LOG END  LAG AFTER
            0         20   90  skip 70          0      100         10
counts are differences of offsets: upper bounds on topics that are compacted or that transactions write to

cannot be applied:
  topic orders: it has 3 partitions and had 2: Kafka cannot take partitions away [partition-decrease]
  topic pay: it was deleted, and its records are gone: it is made anew, empty [records-gone]
  topic new: it is new since then, and topics are never removed [created-since]
    hint: `tonkafka topics delete` deletes it with its records

notes:
  broker 1: ssl.keystore.password is hidden, so nobody can tell whether it is what it was; it is left as it is [sensitive]
  group later: it is new since then, and is left alone [created-since]

plan: 1 to create, 3 to change, 0 to delete, 1 ACL to create, 1 offset to commit in 1 group (replay 0, skip 70), 3 cannot be applied
apply: 6 done and verified
";

#[test]
fn a_cluster_that_was_wrecked_is_put_back() {
    let bench = bench();
    create(&bench);
    assert!(!bench.program.read("then.json").contains("hunter2"));
    let mode = fs::metadata(bench.program.path().join("then.json"));
    assert_eq!(mode.unwrap().permissions().mode() & 0o777, 0o600);
    let same = bench.run(&["backup", "diff", "then.json", "--exit-code"]);
    let hidden = "notes:\n  broker 1: ssl.keystore.password is hidden, so nobody can tell whether it is what it was; it is left as it is [sensitive]\n\n";
    assert_eq!(
        same.exits(0).stdout,
        format!("{hidden}plan: nothing to do\n")
    );

    wreck(&bench, |state| {
        state.topics.remove("pay");
        let other = [("retention.ms", "5"), ("segment.bytes", "1048576")];
        state.topics.insert("orders".into(), topic(3, &other));
        let new = FakeTopic {
            id: 9,
            ..topic(1, &[])
        };
        state.topics.insert("new".into(), new);
        state.broker_defaults = BTreeMap::from([("log.retention.ms".into(), "77".into())]);
        let own = state.broker_configs.get_mut(&1).unwrap();
        own.insert("log.cleaner.threads".into(), "3".into());
        state.groups.insert(
            "billing".into(),
            group(&[("orders", 0, 20), ("orders", 1, 5)]),
        );
        state
            .groups
            .insert("later".into(), group(&[("orders", 0, 1)]));
        state.acls = Some(vec![]);
        // Neither is anybody's business.
        state
            .topics
            .insert("__transaction_state".into(), topic(1, &[]));
        state.groups.insert("idle".into(), group(&[]));
    });
    let diff = ["backup", "diff", "then.json", "--exit-code"];
    bench.run(&diff).exits(3);
    let dry = bench
        .run(&["backup", "restore", "then.json", "--dry-run"])
        .exits(0);
    assert_eq!(bench.state().requests, [""; 0]);
    let ran = bench
        .run(&["backup", "restore", "then.json", "--yes"])
        .exits(0);
    assert_eq!(ran.stdout, PUT_BACK);
    let (planned, _) = PUT_BACK.rsplit_once("apply: ").unwrap();
    assert_eq!(dry.stdout, planned);

    let (before, after) = (state(), bench.state());
    assert_eq!(
        after.topics["orders"].configs,
        before.topics["orders"].configs
    );
    assert_eq!(after.topics["pay"].configs, before.topics["pay"].configs);
    assert_eq!(after.broker_defaults, before.broker_defaults);
    assert_eq!(after.broker_configs, before.broker_configs);
    assert_eq!(after.acls, before.acls);
    assert_eq!(after.groups["billing"], before.groups["billing"]);
    assert!(after.topics.contains_key("new") && after.groups.contains_key("later"));

    // What is left was announced.
    let left = bench.run(&["backup", "diff", "then.json", "--exit-code", "-o", "json"]);
    let cannot: Vec<String> = plan(&left.exits(0))
        .into_iter()
        .filter(|(_, severity)| severity == "cannot-apply")
        .map(|(code, _)| code)
        .collect();
    assert_eq!(
        cannot,
        ["partition-decrease", "records-gone", "created-since"]
    );
    // A backup of the wreck was taken first.
    let [path] = &kept(&bench)[..] else { panic!() };
    assert!(path.to_str().unwrap().ends_with(".restore.json"));
    let wrecked = from_text(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(wrecked.topics["orders"].count(), 3);
}

#[test]
fn only_what_is_selected_is_put_back() {
    let bench = bench();
    create(&bench);
    wreck(&bench, |state| {
        state.topics.clear();
        state.groups.clear();
        state.broker_defaults.clear();
    });
    let requests = |arguments: &[&str]| {
        let all = [&["backup", "restore", "then.json", "--yes"], arguments].concat();
        bench.run(&all).exits(0);
        bench.state().requests
    };
    let mut expected = vec!["CreateTopics pay".to_owned()];
    assert_eq!(requests(&["--only", "p?y"]), expected);
    expected.push("IncrementalAlterConfigs brokers".to_owned());
    assert_eq!(requests(&["--kind", "brokers"]), expected);
    assert_eq!(requests(&["--kind", "acls,users,quotas,groups"]), expected);
}

#[test]
fn a_backup_is_listed_and_shown() {
    let bench = bench();
    let none = bench.program.run(&["backup", "list"]).exits(0);
    assert_eq!(
        none.stdout,
        "no backups on this machine; `tonkafka backup create` takes one\n"
    );
    let ran = bench.run(&["backup", "create"]).exits(0);
    let [path] = &kept(&bench)[..] else { panic!() };
    assert_eq!(
        without_ids(&ran.stdout),
        format!(
            "backup ID of cluster fake-cluster: 2 topics, 3 settings of brokers, 1 group with 2 commits, 1 ACL, 1 user, 0 quotas\nin {}\n",
            "ID"
        )
    );
    let listed = bench.run(&["backup", "list", "-o", "json"]).exits(0).json();
    let one = &listed["backups"][0];
    assert_eq!(one["path"], path.to_str().unwrap());
    assert_eq!(one["reason"], "asked");
    let id = one["id"].as_str().unwrap();
    let shown = bench.program.run(&["backup", "show", id]).exits(0);
    let (_, tables) = shown.stdout.split_once("\n\n").unwrap();
    assert_eq!(
        tables,
        "\
TOPIC   PARTITIONS  REPLICAS  ID
orders           2         1  AAAAAAAAAAAAAAAAAAAAAQ
pay              1         1  AAAAAAAAAAAAAAAAAAAAAg

OF            KEY                    VALUE
all brokers   message.max.bytes      2000000 (2 MB)
broker 1      log.cleaner.threads    2
broker 1      ssl.keystore.password  (sensitive)
topic orders  max.message.bytes      5000 (5 KB)
topic orders  retention.ms           1000000 (1000 seconds)

GROUP    TYPE     COMMITS
billing  classic        2

ACLs:
  ALLOW User:alice READ on TOPIC LITERAL orders from *

users:
  alice (SCRAM-SHA-256)
"
    );
    let document = bench
        .program
        .run(&["backup", "show", id, "-o", "json"])
        .exits(0);
    assert_follows("backup", &document.json());
    let kept = document.json();
    assert_eq!(
        kept["groups"]["billing"]["commits"]["value"]["orders"]["0"]["leaderEpoch"],
        2
    );
    assert_eq!(kept["brokerConfigs"]["1"]["value"][1]["value"], "sensitive");
    bench
        .program
        .run(&["backup", "show", id, "-o", "yaml"])
        .exits(0);
    // One that cannot be used is listed as such.
    fs::write(path, "{}").unwrap();
    let listed = bench.run(&["backup", "list"]).exits(0).stdout;
    assert!(
        listed.contains("it is no backup: its `kind` is not `Backup`"),
        "{listed}"
    );
    let said = bench
        .program
        .run(&["backup", "show", "20990101-000000"])
        .exits(2);
    assert!(
        said.stderr
            .starts_with("error: there is no backup `20990101-000000`\nhint: "),
        "{}",
        said.stderr
    );
}

const BAD: &str = "\
version: 1
broker: { defaults: { message.max.bytes: 7, log.retention.ms: 100000000 } }
topics:
  items:
    - { name: orders, partitions: 2, configs: { max.message.bytes: 9, segment.bytes: 2000000 } }
    - { name: pay, state: absent }
    - { name: fresh, partitions: 1 }
";

const ROLLED_BACK: &str = "\
~ all brokers
    log.retention.ms   100000000 (100000 seconds) → (unset), then 604800000 (7 days) [default]
    message.max.bytes  7 → 2000000 (2 MB)
+ topic pay
    partitions          1
    replication factor  1
~ topic orders
    max.message.bytes  9 → 5000 (5 KB)
    segment.bytes      2000000 (2 MB) → (unset), then 1073741824 (1 GiB) [default]

cannot be applied:
  topic pay: it was deleted, and its records are gone: it is made anew, empty [records-gone]
  topic fresh: it is new since then, and topics are never removed [created-since]
    hint: `tonkafka topics delete` deletes it with its records

plan: 1 to create, 2 to change, 0 to delete, 2 cannot be applied
";

#[test]
fn an_apply_is_rolled_back() {
    let bench = Bench::new(BAD, &state());
    let apply = ["apply", "--yes", "--allow-delete", "1", "-o", "json"];
    let report = bench.run(&apply).exits(0).documents().pop().unwrap();
    let [path] = &kept(&bench)[..] else { panic!() };
    let taken = from_text(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(report["backup"], taken.id.as_str());
    let concerns = taken.concerns.unwrap();
    let topics: Vec<&String> = concerns.topics.iter().collect();
    assert_eq!(topics, ["fresh", "orders", "pay"]);
    // What groups commit goes on, and what others change elsewhere is theirs.
    wreck(&bench, |state| {
        state
            .groups
            .insert("billing".into(), group(&[("orders", 0, 99)]));
        let theirs = FakeTopic {
            id: 8,
            ..topic(1, &[])
        };
        state.topics.insert("theirs".into(), theirs);
    });

    let look = bench.run(&["rollback", "--dry-run"]).exits(0);
    assert_eq!(look.stdout, ROLLED_BACK);
    let ran = bench.run(&["rollback", "--yes"]).exits(0);
    assert_eq!(
        ran.stdout,
        format!("{ROLLED_BACK}apply: 3 done and verified\n")
    );
    // A backup that was copied from another cluster is none of this one.
    let text = fs::read_to_string(path).unwrap();
    let other = text.replacen("fake-cluster", "other", 1);
    fs::write(path, reseal(&other)).unwrap();
    let refused = bench.run(&["rollback", "--yes"]).exits(4);
    let said = "error: the backup is of cluster `other`, and this is cluster `fake-cluster`\n";
    assert!(refused.stderr.starts_with(said), "{}", refused.stderr);
    fs::write(path, text).unwrap();

    let after = bench.state();
    assert_eq!(after.topics["orders"], orders());
    assert_eq!(after.broker_defaults, state().broker_defaults);
    assert!(after.topics.contains_key("pay") && after.topics.contains_key("theirs"));
    assert_eq!(
        committed(&bench, "billing", "orders", 0),
        Some(Committed::at(99))
    );
    // It is still the newest that `apply` took, and done.
    let again = bench.run(&["rollback", "--yes"]).exits(0);
    assert!(
        again
            .stdout
            .ends_with("plan: nothing to do, 2 cannot be applied\n"),
        "{}",
        again.stdout
    );
    let by_id = bench.run(&["rollback", &taken.id, "--dry-run"]).exits(0);
    assert_eq!(by_id.stdout, again.stdout);
}

#[test]
fn a_rollback_that_would_drop_records_is_refused_as_an_apply_is() {
    let manifest = "version: 1\ntopics:\n  items:\n    - {name: orders, partitions: 2, configs: {retention.ms: 1000d}}\n";
    let bench = Bench::new(manifest, &state());
    bench.run(&["apply", "--yes"]).exits(0);
    let now = jiff::Timestamp::now().as_millisecond();
    wreck(&bench, |state| {
        let old = log(0, 100, &[(0, now - 5_000_000), (60, now)]);
        state
            .logs
            .insert("orders".into(), logs([old, log(0, 0, &[])]));
    });
    let ran = bench.run(&["rollback", "--yes", "-o", "json"]).exits(4);
    let said = error(&ran);
    assert!(
        said["message"].as_str().unwrap().contains("60 records"),
        "{said}"
    );
    bench
        .run(&["rollback", "--yes", "--allow", "retention-cut"])
        .exits(0);
    assert_eq!(bench.state().topics["orders"], orders());
}

#[test]
fn without_a_backup_of_apply_nothing_is_rolled_back() {
    let bench = bench();
    bench.run(&["backup", "create"]).exits(0);
    let none = bench.run(&["rollback", "--yes"]).exits(4);
    assert_eq!(
        none.stderr,
        "error: this machine has no backup of cluster fake-cluster that `apply` took\nhint: `tonkafka backup restore` takes a file of any other backup\n"
    );
    let [path] = &kept(&bench)[..] else { panic!() };
    let name = path.file_name().unwrap().to_str().unwrap();
    let id = name.split('.').next().unwrap();
    let other = bench.run(&["rollback", id]).exits(2);
    assert_eq!(
        other.stderr,
        format!(
            "error: backup {id} was not taken by `apply`\nhint: `tonkafka backup restore {id}` puts back all that it holds\n"
        )
    );
    bench.run(&["rollback", "x"]).exits(2);
}

#[test]
fn the_newest_backup_counts_and_no_older_one() {
    let manifest = |value: u32| {
        format!(
            "version: 1\ntopics:\n  items:\n    - {{name: orders, partitions: 2, configs: {{max.message.bytes: {value}}}}}\n"
        )
    };
    let bench = Bench::new(&manifest(1), &state());
    bench.run(&["apply", "--yes"]).exits(0);
    bench.program.write("topics.yaml", &manifest(2));
    bench.run(&["apply", "--yes"]).exits(0);
    let newest = kept(&bench).pop().unwrap();
    let whole = fs::read_to_string(&newest).unwrap();
    fs::write(&newest, &whole[..whole.len() - 5]).unwrap();
    let before = bench.state();
    let ran = bench.run(&["rollback", "--yes"]).exits(2);
    assert!(ran.stderr.contains("or was cut off"), "{}", ran.stderr);
    assert_eq!(bench.state(), before);
    fs::write(&newest, whole).unwrap();
    bench.run(&["rollback", "--yes"]).exits(0);
    let value = &bench.state().topics["orders"].configs["max.message.bytes"];
    assert_eq!(value, "1");
}

#[test]
fn an_apply_that_writes_nothing_leaves_no_backup_and_others_can_do_without() {
    let manifest = "version: 1\ntopics:\n  items:\n    - {name: fresh, partitions: 1}\n";
    let mut refusing = state();
    refusing.faults.refuse.insert("fresh".into(), "no".into());
    let bench = Bench::new(manifest, &refusing);
    bench.run(&["apply", "--yes"]).exits(4);
    assert!(kept(&bench).is_empty());
    wreck(&bench, |state| state.faults.refuse.clear());
    bench.run(&["apply", "--yes", "--no-backup"]).exits(0);
    assert!(kept(&bench).is_empty());
    bench.run(&["apply", "--yes"]).exits(0);
    assert!(kept(&bench).is_empty());
}

#[test]
fn the_newest_are_kept_and_those_that_were_asked_for() {
    let bench = bench();
    bench.run(&["backup", "create"]).exits(0);
    for value in 1..=4 {
        let manifest = format!(
            "version: 1\ntopics:\n  items:\n    - {{name: orders, partitions: 2, configs: {{max.message.bytes: {value}}}}}\n"
        );
        bench.program.write("topics.yaml", &manifest);
        bench
            .run(&["apply", "--yes", "--keep-backups", "2"])
            .exits(0);
    }
    let kept = kept(&bench);
    let values: Vec<Option<String>> = kept
        .iter()
        .map(|path| from_text(&fs::read_to_string(path).unwrap()).unwrap())
        .map(|backup| {
            let mut configs = backup.topics["orders"].configs.value().unwrap().iter();
            let own = configs.find(|one| one.key == "max.message.bytes").unwrap();
            own.value.text().map(str::to_owned)
        })
        .collect();
    let expected = ["5000", "2", "3"].map(|value| Some(value.to_owned()));
    assert_eq!(values, expected);
}

#[test]
fn where_no_backup_can_be_kept_nothing_is_written() {
    let manifest = "version: 1\ntopics:\n  items:\n    - {name: fresh, partitions: 1}\n";
    let bench = Bench::new(manifest, &state());
    let home = bench.program.path().join("home");
    fs::create_dir_all(home.join("state/tonkafka")).unwrap();
    fs::write(home.join("state/tonkafka/backups"), "in the way").unwrap();
    let ran = bench.run(&["apply", "--yes"]).exits(1);
    assert!(
        ran.stderr
            .starts_with("error: nothing was written: no backup can be taken first: "),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .ends_with("hint: to go on without one, pass `--no-backup`\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(bench.state(), state());
    bench.run(&["apply", "--yes", "--no-backup"]).exits(0);
}

/// A user who may describe neither a group, nor a topic, nor the cluster.
fn limited() -> State {
    let mut state = state();
    state.faults.not_permitted_groups.insert("billing".into());
    state.faults.not_permitted.insert("pay".into());
    state.faults.not_permitted_access = ["acls", "users"].map(str::to_owned).into();
    state
}

#[test]
fn what_was_not_seen_is_marked_and_not_restored() {
    let bench = Bench::new("version: 1\n", &limited());
    let ran = bench
        .run(&["backup", "create", "--out", "part.json"])
        .exits(7);
    assert_eq!(ran.stdout, "");
    assert_eq!(
        ran.stderr,
        "\
error: nothing was written: not all can be seen: topics pay: TOPIC_AUTHORIZATION_FAILED; groups: who may not describe the cluster is not told of all; acls: not authorised to describe ACLs: CLUSTER_AUTHORIZATION_FAILED: Cluster authorization failed.; users: not authorised to describe users: CLUSTER_AUTHORIZATION_FAILED: Cluster authorization failed.
hint: ask for the missing rights, or pass `--allow-partial` to keep the rest
"
    );
    assert!(!bench.program.path().join("part.json").exists());
    let create = ["backup", "create", "--out", "part.json", "--allow-partial"];
    let ran = bench.run(&create).exits(0);
    assert!(
        ran.stderr.starts_with("not seen: topics pay: "),
        "{}",
        ran.stderr
    );
    let text = bench.program.read("part.json");
    assert_follows("backup", &serde_json::from_str(&text).unwrap());
    let partial = from_text(&text).unwrap();
    assert_eq!(partial.partial.len(), 4);
    assert!(partial.acls.value().is_none() && !partial.topics.contains_key("pay"));

    // Whoever sees it all is refused as well, but for what they let through.
    wreck(&bench, |state| {
        state.faults = tonkafka::cluster::fake::Faults::default();
    });
    let refused = bench
        .run(&["backup", "restore", "part.json", "--yes"])
        .exits(4);
    assert!(
        refused.stderr.contains("is partial: topics pay: "),
        "{}",
        refused.stderr
    );
    let ran = bench
        .run(&[
            "backup",
            "restore",
            "part.json",
            "--yes",
            "--allow-partial",
            "-o",
            "json",
        ])
        .exits(0);
    // Nothing is said to be new that was only not seen.
    let notes: Vec<Value> = ran.json()["plan"]["findings"].as_array().unwrap().clone();
    let about: Vec<&Value> = notes.iter().map(|note| &note["resource"]).collect();
    assert_eq!(
        about,
        [
            &json!({ "type": "broker", "id": 1 }),
            &json!({ "type": "group", "id": "billing" })
        ]
    );
}

#[test]
fn a_view_that_is_partial_stops_a_restore_and_no_apply() {
    let manifest = "version: 1\ntopics:\n  items:\n    - {name: orders, partitions: 2, configs: {max.message.bytes: 9}}\n";
    let bench = Bench::new(manifest, &state());
    create(&bench);
    wreck(&bench, |state| state.faults = limited().faults);
    let ran = bench.run(&["apply", "--yes", "-v"]).exits(0);
    assert!(
        ran.stderr.contains(" is partial: topics pay: "),
        "{}",
        ran.stderr
    );
    let ran = bench
        .run(&["backup", "restore", "then.json", "--yes"])
        .exits(7);
    for part in ["topic pay: ", "group billing: ", "its ACLs cannot be read"] {
        assert!(ran.stdout.contains(part), "{}", ran.stdout);
    }
    // What the apply was about was seen.
    bench.run(&["rollback", "--yes"]).exits(0);
    assert_eq!(bench.state().topics["orders"], orders());
}

/// A broker that is down keeps its own settings to itself, and the groups that it looks after.
#[test]
fn a_broker_that_is_down_makes_a_backup_partial_and_stops_no_rollback() {
    let manifest = "version: 1\ntopics:\n  items:\n    - {name: orders, partitions: 2, configs: {max.message.bytes: 9}}\n";
    let mut two = state();
    two.brokers = vec![1, 2];
    two.groups.get_mut("billing").unwrap().coordinator = 2;
    let bench = Bench::new(manifest, &two);
    create(&bench);
    wreck(&bench, |state| {
        state.faults.dead_brokers.insert(2);
    });
    let ran = bench.run(&["backup", "create"]).exits(7);
    let down = "brokers 2: the broker does not serve requests";
    assert!(ran.stderr.contains(down), "{}", ran.stderr);
    bench.run(&["apply", "--yes"]).exits(0);
    bench.run(&["rollback", "--yes"]).exits(0);
    assert_eq!(bench.state().topics["orders"], orders());
    // Groups cannot be told, so they are not put back by guessing; brokers and topics can.
    let restore = ["backup", "restore", "then.json", "--yes"];
    bench.run(&restore).exits(7);
    let most = [&restore[..], &["--kind", "topics,brokers"]].concat();
    bench.run(&most).exits(0);
}

#[test]
fn another_cluster_is_refused() {
    let bench = bench();
    create(&bench);
    wreck(&bench, |state| {
        state.cluster_id = "other".into();
        state.topics.clear();
    });
    let ran = bench
        .run(&["backup", "restore", "then.json", "--yes"])
        .exits(4);
    assert_eq!(
        ran.stderr,
        "error: the backup is of cluster `fake-cluster`, and this is cluster `other`\nhint: check `--bootstrap-server`, or pass `--allow-cluster-change` if you mean it\n"
    );
    let ran = bench
        .run(&[
            "backup",
            "restore",
            "then.json",
            "--yes",
            "--allow-cluster-change",
        ])
        .exits(0);
    assert!(!ran.stdout.contains("records-gone"), "{}", ran.stdout);
    assert_eq!(bench.state().topics["orders"].configs, orders().configs);
}

#[test]
fn offsets_go_back_only_where_they_mean_something() {
    let bench = bench();
    create(&bench);
    let findings = |how: fn(&mut State)| {
        wreck(&bench, |all| *all = state());
        wreck(&bench, how);
        let arguments = [
            "backup",
            "restore",
            "then.json",
            "--kind",
            "groups",
            "--dry-run",
        ];
        bench.run(&arguments).exits(0).stdout
    };
    let moved = |state: &mut State| {
        let billing = state.groups.get_mut("billing").unwrap();
        billing.commits = group(&[("orders", 0, 1)]).commits;
    };
    let put_back = findings(|state| {
        let billing = state.groups.get_mut("billing").unwrap();
        billing.commits = group(&[("orders", 0, 1), ("pay", 0, 4)]).commits;
    });
    assert!(
        put_back.contains("it has since committed for 1 partition more"),
        "{put_back}"
    );
    assert!(
        put_back.contains("plan: 2 offsets to commit in 1 group (replay 0, skip 89)"),
        "{put_back}"
    );

    wreck(&bench, |all| *all = state());
    wreck(&bench, |state| {
        moved(state);
        state.groups.get_mut("billing").unwrap().members = vec![member()];
    });
    let restore = [
        "backup",
        "restore",
        "then.json",
        "--kind",
        "groups",
        "--dry-run",
    ];
    let active = bench.run(&restore).exits(0).stdout;
    assert_eq!(
        active,
        "\
cannot be applied:
  group billing: it has 1 member (app-1 at 10.0.0.7): what it committed is left as it is [group-active]
    hint: stop its members, and restore it alone with `--kind groups --only`

plan: nothing to do, 1 cannot be applied
"
    );

    let anew = findings(|state| {
        state.topics.get_mut("orders").unwrap().id = 7;
        state.groups.clear();
    });
    assert!(anew.contains("what it committed for orders (partitions 0-1) was for records that are gone [records-gone]"), "{anew}");
    assert!(anew.contains("plan: nothing to do"), "{anew}");

    let cut = findings(|state| {
        state.groups.clear();
        state
            .logs
            .insert("orders".into(), logs([log(0, 10, &[]), log(20, 50, &[])]));
    });
    assert!(cut.contains("beyond the end of the log, so records to come would be skipped: orders-0 (90; the log has 0 to 10) [outside-log]"), "{cut}");
    assert!(cut.contains("plan: 1 offset to commit in 1 group"), "{cut}");
}

#[test]
fn shares_go_back_too() {
    let mut sharing = state();
    let sharers = sharing.groups.get_mut("billing").unwrap();
    sharers.group_type = GroupType::Share;
    sharers.commits = group(&[("orders", 0, 40)]).commits;
    let bench = Bench::new("version: 1\n", &sharing);
    create(&bench);
    wreck(&bench, |state| {
        let sharers = state.groups.get_mut("billing").unwrap();
        sharers.commits = group(&[("orders", 0, 60)]).commits;
    });
    bench
        .run(&["backup", "restore", "then.json", "--yes"])
        .exits(0);
    assert_eq!(
        bench.state().requests,
        ["AlterShareGroupOffsets billing/orders/0"]
    );
    assert_eq!(bench.state().groups, sharing.groups);
}

#[test]
fn what_brokers_would_refuse_is_said_before() {
    let mut elr = state();
    elr.features
        .insert("eligible.leader.replicas.version".into(), 1);
    let bench = Bench::new("version: 1\n", &elr);
    create(&bench);
    wreck(&bench, |state| {
        let defaults = &mut state.broker_defaults;
        defaults.insert("min.insync.replicas".into(), "1".into());
        let own = state.broker_configs.get_mut(&1).unwrap();
        own.remove("ssl.keystore.password");
        state.users.clear();
    });
    let ran = bench
        .run(&["backup", "restore", "then.json", "--yes"])
        .exits(0);
    for said in [
        "all brokers: min.insync.replicas was not set, and cannot be unset while eligible leader replicas (KIP-966) are on [cannot-unset]",
        "broker 1: ssl.keystore.password was set to a hidden value, which no backup holds [sensitive]",
        "[user-not-restored]",
    ] {
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
    }
    assert_eq!(bench.state().requests, [""; 0]);
}

#[test]
fn two_backups_are_compared_without_a_cluster() {
    let bench = bench();
    create(&bench);
    wreck(&bench, |state| {
        state.topics.remove("pay");
        state
            .groups
            .insert("billing".into(), group(&[("orders", 0, 20)]));
    });
    let later = ["backup", "create", "--out", "now.json"];
    bench.run(&later).exits(0);
    let diff = ["backup", "diff", "then.json", "now.json", "--exit-code"];
    let ran = bench.program.run(&diff).exits(3);
    assert!(ran.stdout.contains("+ topic pay\n"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("plan: 1 to create, 0 to change, 0 to delete, 2 offsets to commit in 1 group (replay 0, skip 70), 1 cannot be applied\n"), "{}", ran.stdout);
    let back = ["backup", "diff", "now.json", "then.json", "-o", "json"];
    let back = bench.run(&back).exits(0);
    assert_eq!(plan(&back)[0].0, "created-since");
    let same = ["backup", "diff", "now.json", "now.json", "--exit-code"];
    bench.program.run(&same).exits(0);
}

fn golden() -> String {
    fs::read_to_string(fresh::repository("tests/formats/backup-v1.json")).unwrap()
}

#[test]
fn a_file_of_the_first_version_is_read_and_written_alike() {
    let text = golden();
    let backup = from_text(&text).unwrap();
    fresh::check_for_ever("tests/formats/backup-v1.json", &to_text(&backup));
    assert!(backup.acls.value().is_none() && backup.quotas.value().is_some());
}

/// Not every reader of JSON takes a number for the one that was written.
#[test]
fn quotas_are_read_as_they_were_written() {
    let text = golden();
    for number in [
        "0.1",
        "8.41130808837651",
        "59.0e-1",
        "1.7976931348623157e308",
    ] {
        let resealed = reseal(&text.replacen("0.5", number, 1));
        let backup = from_text(&resealed).unwrap();
        let quotas = backup.quotas.value().unwrap();
        let read = quotas[0].values["request_percentage"].0;
        assert_eq!(
            read.to_bits(),
            number.parse::<f64>().unwrap().to_bits(),
            "{number}"
        );
    }
}

#[test]
fn no_part_of_a_file_is_accepted() {
    let text = golden();
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        assert!(from_text(&text[..end]).is_err(), "{end} bytes");
    }
    assert!(from_text(&format!("{text}\n")).is_err());
}

#[test]
fn no_file_with_another_bit_is_accepted() {
    let text = golden().into_bytes();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..10_000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let bit = usize::try_from(seed).unwrap() % (text.len() * 8);
        let mut flipped = text.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let read = String::from_utf8(flipped).ok();
        let accepted = read.is_some_and(|text| from_text(&text).is_ok());
        assert!(!accepted, "round {round}: bit {bit}");
    }
}

#[test]
fn a_later_version_says_so_and_others_are_no_backups() {
    let text = golden();
    let later = text.replacen("\"formatVersion\": 1", "\"formatVersion\": 3", 1);
    assert_eq!(from_text(&later), Err(BackupFileError::Newer { found: 3 }));
    let bench = bench();
    bench.program.write("later.json", &later);
    let ran = bench
        .run(&["backup", "restore", "later.json", "--yes"])
        .exits(2);
    assert_eq!(
        ran.stderr,
        "error: cannot use the backup later.json: written by a newer tonkafka (v3), this reads v1\nhint: `tonkafka backup list` names those that this machine keeps\n"
    );
    bench
        .program
        .write("plan.json", "{\"formatVersion\": 1, \"kind\": \"Plan\"}");
    let ran = bench.run(&["backup", "show", "plan.json"]).exits(2);
    assert!(
        ran.stderr
            .contains("it is no backup: its `kind` is not `Backup`"),
        "{}",
        ran.stderr
    );
    // A sum can be made by anybody: what is inside is looked at too.
    for (right, wrong, said) in [
        ("\"taken", "\"extra\": 1, \"taken", "unknown field `extra`"),
        (
            "\"reason\"",
            "\"id\": \"y\", \"reason\"",
            "the key `id` is there twice",
        ),
        (
            "\"orders\": {\n      \"id\"",
            "\"or ders\": {\n      \"id\"",
            "` ` is not allowed in a topic name",
        ),
    ] {
        let resealed = reseal(&text.replacen(right, wrong, 1));
        let found = from_text(&resealed).unwrap_err().to_string();
        assert!(found.contains(said), "{found}");
    }
}

/// The text with the sum that it should have.
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

#[test]
fn applies_at_once_keep_a_backup_each() {
    let bench = bench();
    let text = serde_json::to_string(&state()).unwrap();
    let manifest = bench.program.write(
        "more.yaml",
        "version: 1\ntopics: {items: [{name: more, partitions: 1}]}\n",
    );
    let manifest = manifest.display().to_string();
    let children: Vec<_> = (0..10)
        .map(|number| {
            let file = bench
                .program
                .write(&format!("cluster-{number}.json"), &text);
            let at = format!("fake:{}", file.display());
            let words = ["apply", "-f", &manifest, "--yes", "-o", "json", "-b", &at];
            bench.program.command(&words).spawn().unwrap()
        })
        .collect();
    let told: std::collections::BTreeSet<String> = children
        .into_iter()
        .map(|child| {
            let ran = crate::program::finish(child).exits(0);
            let report = ran.documents().pop().unwrap();
            report["backup"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(told.len(), 10, "{told:?}");
    let listed = bench.run(&["backup", "list", "-o", "json"]).exits(0).json();
    let listed = listed["backups"].as_array().unwrap().iter();
    let listed = listed.map(|backup| backup["id"].as_str().unwrap().to_owned());
    assert_eq!(listed.collect::<std::collections::BTreeSet<_>>(), told);
    for id in &told {
        let shown = bench.run(&["backup", "show", id, "-o", "json"]).exits(0);
        assert_eq!(shown.json()["id"], id.as_str());
    }
}

#[test]
fn directories_of_state_are_for_their_owner_only() {
    let bench = bench();
    let ours = bench.program.path().join("home/state/tonkafka");
    let open = |path: &std::path::Path| {
        fs::create_dir_all(path).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    open(&ours);
    open(&ours.join("backups"));
    let manifest = "version: 1\ntopics: {items: [{name: more, partitions: 1}]}\n";
    bench.program.write("topics.yaml", manifest);
    bench.run(&["apply", "--yes"]).exits(0);
    let to = [
        "reset-offsets",
        "billing",
        "--topic",
        "orders:0",
        "--to",
        "80",
        "--yes",
    ];
    bench.run(&to).exits(0);
    let mut directories = vec![ours];
    let mut count = 0;
    while let Some(directory) = directories.pop() {
        count += 1;
        let mode = fs::metadata(&directory).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", directory.display());
        let below = fs::read_dir(&directory)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        directories.extend(below.filter(|path| path.is_dir()));
    }
    assert_eq!(count, 7);
}
