//! Backups of a cluster that is only partly visible.

use serde_json::{Value, json};
use tonkafka::backup::file::from_text;
use tonkafka::cluster::fake::State;

use super::{create, orders, state, wreck};
use crate::documents::assert_follows;
use crate::fake::Bench;
use crate::program::words;

/// A user without permission to describe a group, a topic or the cluster.
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
    ran.stderr_starts("not seen: topics pay: ");
    let text = bench.program.read("part.json");
    assert_follows("backup", &serde_json::from_str(&text).unwrap());
    let partial = from_text(&text).unwrap();
    assert_eq!(partial.partial.len(), 4);
    assert!(partial.acls.value().is_none() && !partial.topics.contains_key("pay"));

    // A user who sees everything is refused too, without `--allow-partial`.
    wreck(&bench, |state| {
        state.faults = tonkafka::cluster::fake::Faults::default();
    });
    let refused = bench
        .run(&["backup", "restore", "part.json", "--yes"])
        .exits(4);
    refused.stderr_has("is partial: topics pay: ");
    let ran = bench
        .run(&words(
            "backup restore part.json --yes --allow-partial -o json",
        ))
        .exits(0);
    // Things that the backup did not see are not reported as new.
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
    ran.stderr_has(" is partial: topics pay: ");
    let ran = bench
        .run(&["backup", "restore", "then.json", "--yes"])
        .exits(7);
    for part in ["topic pay: ", "group billing: ", "its ACLs cannot be read"] {
        ran.stdout_has(part);
    }
    // Everything that the apply changed was visible.
    bench.run(&["rollback", "--yes"]).exits(0);
    assert_eq!(bench.state().topics["orders"], orders());
}

/// A broker that is down hides its own settings and the groups that it coordinates.
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
    ran.stderr_has(down);
    bench.run(&["apply", "--yes"]).exits(0);
    bench.run(&["rollback", "--yes"]).exits(0);
    assert_eq!(bench.state().topics["orders"], orders());
    // Hidden groups are not restored; brokers and topics can be.
    let restore = ["backup", "restore", "then.json", "--yes"];
    bench.run(&restore).exits(7);
    let most = [&restore[..], &["--kind", "topics,brokers"]].concat();
    bench.run(&most).exits(0);
}
