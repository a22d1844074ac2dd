//! Responses that stay empty below the log end without an error, as with an expired fetch from
//! remote storage: no copy takes them for a gap.

use rdkafka::producer::{BaseRecord, Producer};
use tonkafka::snapshot::{Reader as Snapshot, SnapshotGapReason};

use crate::program::Program;
use crate::support::proxy::{Proxy, api};
use crate::support::records::{create, producer};
use crate::support::{fetch, kafka};

/// A topic with a thousand records in batches of ten.
fn thousand(policy: &str) -> String {
    let policy = format!("cleanup.policy={policy}");
    let topic = create("silent", 1, &[&policy, "retention.ms=-1"]);
    let bootstrap = kafka::single().bootstrap();
    let producer = producer(&bootstrap, &[("batch.num.messages", "10")]);
    for number in 0..1_000 {
        let key = number.to_string();
        let record = BaseRecord::to(&topic).partition(0).key(&key).payload(&key);
        producer.send(record).unwrap();
    }
    producer.flush(std::time::Duration::from_secs(20)).unwrap();
    topic
}

/// A proxy that returns nothing from an offset on.
fn silent_from(offset: i64) -> Proxy<'static> {
    let proxy = kafka::single().proxy();
    proxy.from(api::FETCH, 1, fetch::empty_from(offset));
    proxy
}

fn snapshot(program: &Program) -> Snapshot {
    Snapshot::open(&program.path().join("file")).unwrap()
}

#[test]
fn a_snapshot_without_what_did_not_come_is_none() {
    let topic = thousand("delete");
    let proxy = silent_from(500);
    let bootstrap = proxy.bootstrap();
    let program = Program::new();
    let create = [
        "snapshot", "create", &topic, "--out", "file", "-b", &bootstrap,
    ];
    let create = [&create[..], &["--timeout", "6s"]].concat();
    let ran = program.run(&create).exits(7);
    assert_eq!(
        ran.stderr,
        format!(
            "error: cannot read partition 0 of `{topic}` at offset 500: offsets 500 to 999 do not come: \
             answers stay empty without an error, and that is no gap, as `cleanup.policy` is `delete`\n\
             hint: what was read is in file.part; the same command goes on with it; where the topic was \
             compacted once, pass `--accept-gaps`\n"
        )
    );
    assert_eq!(ran.stdout, "");
    assert!(!program.path().join("file").exists());
    proxy.reset();
    program.run(&create).exits(0);
    assert_eq!(snapshot(&program).records(), 1_000);
}

#[test]
fn a_gap_that_is_accepted_is_told_as_one_that_nobody_knows_the_reason_of() {
    let topic = thousand("delete");
    let proxy = silent_from(500);
    let bootstrap = proxy.bootstrap();
    let program = Program::new();
    let create = [
        "snapshot", "create", &topic, "--out", "file", "-b", &bootstrap,
    ];
    let accepting = [&create[..], &["--accept-gaps"]].concat();
    program.run(&accepting).exits(0);
    let snapshot = snapshot(&program);
    assert_eq!(snapshot.records(), 500);
    let missing = snapshot.summaries()[0].missing;
    assert_eq!(missing[SnapshotGapReason::Unknown.place()], 500);
    assert_eq!(missing.iter().sum::<u64>(), 500);
}

#[test]
fn a_tail_that_compaction_may_have_taken_is_a_gap() {
    let topic = thousand("compact");
    let proxy = silent_from(500);
    let bootstrap = proxy.bootstrap();
    let program = Program::new();
    let create = [
        "snapshot", "create", &topic, "--out", "file", "-b", &bootstrap,
    ];
    program.run(&create).exits(0);
    let snapshot = snapshot(&program);
    assert_eq!(snapshot.records(), 500);
    assert_eq!(
        snapshot.summaries()[0].missing[SnapshotGapReason::Compaction.place()],
        500
    );
}

#[test]
fn a_mirror_ends_where_nothing_comes() {
    let into = kafka::fresh(1, &[]);
    let (a, b) = (thousand("delete"), into.bootstrap());
    let program = Program::new();
    let mirror = |offset, code| {
        let proxy = silent_from(offset);
        let bootstrap = proxy.bootstrap();
        let fixed = ["mirror", &a, "--yes", "--once", "--timeout", "6s"];
        let between = [
            "--from-bootstrap-server",
            &bootstrap,
            "--to-bootstrap-server",
            &b,
        ];
        program.run(&[&fixed[..], &between].concat()).exits(code)
    };
    mirror(0, 5); // it created the topic
    let ran = mirror(0, 7);
    let words =
        format!("cannot read partition 0 of `{a}` at offset 0: offsets 0 to 999 do not come: ");
    ran.stderr_has(&words);
    let ran = mirror(500, 5);
    let words =
        format!("cannot read partition 0 of `{a}` at offset 500: offsets 500 to 999 do not come: ");
    ran.stderr_has(&words);
    ran.stderr_has("500 records are copied");
    let ran = mirror(i64::MAX, 0);
    ran.stdout_has("copied 500 records");
}
