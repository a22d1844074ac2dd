//! Undoes an apply with the backup that it took.

use std::fs;

use tonkafka::backup::file::from_text;
use tonkafka::cluster::fake::FakeTopic;
use tonkafka::model::group::Committed;

use super::{bench, kept, orders, reseal, state, wreck};
use crate::billing::{committed, group, log, logs};
use crate::fake::{Bench, error, topic};

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
    // New commits and other users' changes stay.
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
    // A backup copied from another cluster is not used.
    let text = fs::read_to_string(path).unwrap();
    let other = text.replacen("fake-cluster", "other", 1);
    fs::write(path, reseal(&other)).unwrap();
    let refused = bench.run(&["rollback", "--yes"]).exits(4);
    let said = "error: the backup is of cluster `other`, and this is cluster `fake-cluster`\n";
    refused.stderr_starts(said);
    fs::write(path, text).unwrap();

    let after = bench.state();
    assert_eq!(after.topics["orders"], orders());
    assert_eq!(after.broker_defaults, state().broker_defaults);
    assert!(after.topics.contains_key("pay") && after.topics.contains_key("theirs"));
    assert_eq!(
        committed(&bench, "billing", "orders", 0),
        Some(Committed::at(99))
    );
    // The same backup is still the newest that `apply` took, and is restored already.
    let again = bench.run(&["rollback", "--yes"]).exits(0);
    again.stdout_ends("plan: nothing to do, 2 cannot be applied\n");
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
    ran.stderr_has("or was cut off");
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
