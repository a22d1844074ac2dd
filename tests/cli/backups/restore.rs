//! Restores a cluster from a backup.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tonkafka::backup::file::from_text;
use tonkafka::cluster::fake::{FakeTopic, State};
use tonkafka::model::group::GroupType;

use super::{bench, create, kept, orders, plan, state, wreck};
use crate::billing::{group, log, logs, member};
use crate::fake::{Bench, topic};
use crate::program::words;

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
        // Neither is part of a backup's differences.
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

    // The remaining differences were announced.
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
    // A backup of the changed cluster was taken first.
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
        .run(&words(
            "backup restore then.json --yes --allow-cluster-change",
        ))
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
        let arguments = words("backup restore then.json --kind groups --dry-run");
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
    let restore = words("backup restore then.json --kind groups --dry-run");
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
        ran.stdout_has(said);
    }
    assert_eq!(bench.state().requests, [""; 0]);
}
