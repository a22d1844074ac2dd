//! A hanging transaction holds back the records after its start from `read_committed` readers. Copies
//! report that.

use std::time::Duration;

use rdkafka::producer::{BaseProducer, Producer};
use tonkafka::snapshot::Reader as Snapshot;

use super::contract_reader::write;
use crate::program::Program;
use crate::support::kafka;
use crate::support::records::{create, producer};

const PATIENCE: Duration = Duration::from_secs(20);

/// Three records, five of an open transaction, and two more.
fn hanging() -> (String, BaseProducer) {
    let bootstrap = kafka::single().bootstrap();
    let topic = create("hanging", 1, &["retention.ms=-1"]);
    let plain = producer(&bootstrap, &[]);
    write(&plain, &topic, 3);
    let id = kafka::topic_name("hanging");
    let transactional = producer(&bootstrap, &[("transactional.id", &*id)]);
    transactional.init_transactions(PATIENCE).unwrap();
    transactional.begin_transaction().unwrap();
    write(&transactional, &topic, 5);
    write(&plain, &topic, 2);
    (topic, transactional)
}

#[test]
fn a_snapshot_says_what_it_leaves_out() {
    let (topic, transactional) = hanging();
    let bootstrap = kafka::single().bootstrap();
    let program = Program::new();
    let create = |file: &str, more: &[&str]| {
        let fixed = [
            "snapshot", "create", &topic, "--out", file, "-b", &bootstrap,
        ];
        program.run(&[&fixed[..], more].concat())
    };
    let open = |file: &str| Snapshot::open(&program.path().join(file)).unwrap();
    let ran = create("without", &["--timeout", "2s"]).exits(7);
    let told =
        format!("partition 0 of `{topic}`: offsets 3 to 9 are not in it: a transaction was open\n");
    ran.stdout_ends(&told);
    assert_eq!(
        ran.stderr,
        format!(
            "waiting for open transactions: {topic}-0 at offset 3\n\
             error: without is without 7 offsets of 1 partition: transactions were open\n\
             hint: the file is kept; pass `--allow-open-transactions` to be content with that, or \
             `--uncommitted` to take what is not committed too\n"
        )
    );
    assert_eq!(open("without").records(), 3);
    let ran = program.run(&["snapshot", "verify", "without"]).exits(0);
    ran.stdout_ends(&told);
    create("allowed", &["--allow-open-transactions"]).exits(0);
    assert_eq!(open("allowed").records(), 3);
    create("all", &["--uncommitted"]).exits(0);
    assert_eq!(open("all").records(), 10);

    // A transaction that ends during the wait is included.
    let ending = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(2));
        transactional.commit_transaction(PATIENCE).unwrap();
    });
    create("whole", &[]).exits(0);
    ending.join().unwrap();
    let whole = open("whole");
    assert_eq!(whole.records(), 10);
    assert!(whole.header().left_out().is_empty());
}

#[test]
fn a_mirror_says_what_it_leaves_out() {
    let into = kafka::fresh(1, &[]);
    let (topic, transactional) = hanging();
    let (a, b) = (kafka::single().bootstrap(), into.bootstrap());
    let program = Program::new();
    let mirror = |more: &[&str]| {
        let fixed = ["mirror", &topic, "--yes", "--once", "--timeout", "10s"];
        let between = ["--from-bootstrap-server", &a, "--to-bootstrap-server", &b];
        program.run(&[&fixed[..], &between, more].concat())
    };
    let ran = mirror(&[]).exits(5);
    let told = format!(
        "partition 0 of `{topic}`: offsets 3 to 9 are not copied: a transaction was open\n"
    );
    ran.stdout_has("copied 3 records");
    ran.stdout_ends(&told);
    let error = "error: the copy is without 7 offsets of 1 partition: transactions were open\n";
    ran.stderr_has(error);
    let ran = mirror(&["--allow-open-transactions"]).exits(0);
    ran.stdout_ends(&told);
    transactional.commit_transaction(PATIENCE).unwrap();
    let ran = mirror(&[]).exits(0);
    ran.stdout_has("copied 7 records");
}
