//! Records that a log no longer has, or does not have yet.

use std::fs;

use serde_json::json;
use tonkafka::snapshot::{Reader, SnapshotHeader, Writer, WriterOptions};

use super::{bench, bench_of, ranges, state};
use crate::documents;

#[test]
fn a_log_that_was_cut_off_ends_a_snapshot_and_the_part_stays() {
    let bench = bench();
    let path = bench.program.path().join("file");
    bench
        .run(&["snapshot", "create", "orders", "--out", "file"])
        .exits(0);
    let mut header: SnapshotHeader = Reader::open(&path).unwrap().header().clone();
    fs::remove_file(&path).unwrap();
    header.topics[0].partitions[0].to = 9;
    let writer = Writer::create(&path, header, WriterOptions::default()).unwrap();
    writer.suspend().unwrap();
    let ran = bench
        .run(&["snapshot", "create", "orders", "--out", "file", "-q"])
        .exits(7);
    assert_eq!(
        ran.stderr,
        "error: cannot read partition 0 of `orders` at offset 6: the log ends at 6, and 9 was to be \
         reached\n\
         hint: what was read is in file.part; the same command goes on with it\n"
    );
    assert!(bench.program.path().join("file.part").exists());
}

#[test]
fn offsets_that_stay_without_an_answer_are_a_gap_of_compacted_topics_only() {
    let mut state = state();
    state.faults.silent_from.insert("orders".to_owned(), 3);
    let bench = bench_of(&state);
    let create = ["snapshot", "create", "orders", "--out", "file"];
    let ran = bench.run(&create).exits(7);
    assert_eq!(ran.stdout, "");
    assert_eq!(
        ran.stderr,
        "error: cannot read partition 0 of `orders` at offset 3: offsets 3 to 5 do not come: answers \
         stay empty without an error, and that is no gap, as `cleanup.policy` is `delete`\n\
         hint: what was read is in file.part; the same command goes on with it; where the topic was \
         compacted once, pass `--accept-gaps`\n"
    );
    let missing = || {
        let path = bench.program.path().join("file");
        let reader = Reader::open(&path).unwrap();
        fs::remove_file(path).unwrap();
        (reader.records(), reader.summaries()[0].missing)
    };
    bench
        .run(&[&create[..], &["--accept-gaps"]].concat())
        .exits(0);
    assert_eq!(missing(), (1, [0, 0, 0, 3]));

    let orders = state.topics.get_mut("orders").unwrap();
    let policy = ("cleanup.policy".to_owned(), "compact,delete".to_owned());
    orders.configs.extend([policy]);
    bench.set(&state);
    bench.run(&create).exits(0);
    assert_eq!(missing(), (1, [0, 3, 0, 0]));

    // Remote storage may return the missing records later.
    let orders = state.topics.get_mut("orders").unwrap();
    let remote = ("remote.storage.enable".to_owned(), "true".to_owned());
    orders.configs.extend([remote]);
    bench.set(&state);
    let ran = bench
        .run(&[&create[..], &["--accept-gaps"]].concat())
        .exits(7);
    ran.stderr_ends(
        "and that is no gap, as `remote.storage.enable` is `true`\n\
             hint: what was read is in file.part; the same command goes on with it\n",
    );
}

#[test]
fn what_an_open_transaction_keeps_out_is_told() {
    let mut state = state();
    let orders = state.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    orders.open = Some(4);
    let bench = bench_of(&state);
    let create = |more: &[&str]| {
        let fixed = ["snapshot", "create", "orders", "--out", "file"];
        let all = [&fixed[..], &["--timeout", "1s"], more].concat();
        let _ = fs::remove_file(bench.program.path().join("file"));
        bench.run(&all)
    };
    let ran = create(&[]).exits(7);
    let told = "partition 0 of `orders`: offsets 4 to 5 are not in it: a transaction was open\n";
    ran.stdout_starts("file is written\n1 topic, 2 partitions, 2 records; ");
    ran.stdout_ends(told);
    assert_eq!(
        ran.stderr,
        "waiting for open transactions: orders-0 at offset 4\n\
         error: file is without 2 offsets of 1 partition: transactions were open\n\
         hint: the file is kept; pass `--allow-open-transactions` to be content with that, or \
         `--uncommitted` to take what is not committed too\n"
    );
    let range = ("orders".to_owned(), 0, 2, 4);
    assert_eq!(ranges(&bench.program.path().join("file"))[0], range);
    let program = &bench.program;
    let verified = program.run(&["snapshot", "verify", "file"]).exits(0);
    verified.stdout_ends(told);
    let shown = program.run(&["snapshot", "show", "file"]).exits(0);
    shown.stdout_has("2 behind an open transaction\n");
    for verb in ["verify", "show"] {
        let ran = program
            .run(&["snapshot", verb, "file", "-o", "json"])
            .exits(0);
        documents::check(&ran.stdout);
        assert_eq!(
            ran.json()["openTransactions"],
            json!([{ "topic": "orders", "partition": 0, "from": 4, "to": 6 }])
        );
    }
    let ran = program
        .run(&["snapshot", "show", "file", "-o", "json"])
        .exits(0);
    let missing = &ran.json()["topics"][0]["partitions"][0]["missing"];
    assert_eq!(missing["openTransactions"], 2);

    let ran = create(&["--allow-open-transactions"]).exits(0);
    ran.stdout_ends(told);
    assert_eq!(ran.stderr, "");
    let ran = create(&["--uncommitted"]).exits(0);
    assert_eq!(ran.stderr, "");
    let reader = Reader::open(&bench.program.path().join("file")).unwrap();
    assert_eq!((reader.records(), reader.header().left_out().len()), (3, 0));
    // The requested range ends before the open transaction.
    create(&["--to", "4"]).exits(0);
    create(&["--to", "3"]).exits(0);
    let ran = create(&["--to", "5"]).exits(7);
    ran.stdout_has("offsets 4 to 4 are not in it");
}
