//! The contents of new snapshots, and the messages about them.

use std::fs;

use serde_json::json;
use tonkafka::snapshot::Reader;

use super::{bench, bench_of, ranges, state};
use crate::program::words;

#[test]
fn a_pattern_may_match_what_cannot_be_seen() {
    let mut state = state();
    state.faults.not_permitted_cluster = true;
    let bench = bench_of(&state);
    let words = "topics and groups that this user may not describe are left out, if there are any: it may not describe the cluster\n";
    for (meant, out, is_said) in [("--match=*", "all", true), ("orders", "one", false)] {
        let create = ["snapshot", "create", "-q", "--no-groups"];
        let ran = bench.run(&[&create[..], &[meant, "--out", out]].concat());
        assert_eq!(ran.exits(0).stderr.contains(words), is_said, "{meant}");
    }
}

#[test]
fn what_was_written_is_said_and_read_back() {
    let bench = bench();
    let ran = bench
        .run(&["snapshot", "create", "orders", "--out", "file"])
        .exits(0);
    let (first, rest) = ran.stdout.split_once("\nsha256 ").unwrap();
    let (size, packed) = first.rsplit_once(", ").unwrap();
    assert_eq!(
        size,
        "file is written\n1 topic, 2 partitions, 3 records; 96 bytes in 1 block"
    );
    assert!(
        packed.ends_with(" in the file") && rest.len() == 65,
        "{ran:?}"
    );
    assert_eq!(ran.stderr, "");
    bench.program.run(&["snapshot", "verify", "file"]).exits(0);
    let shown = bench.run(&words("snapshot show file --records orders -o json"));
    let lines = shown.exits(0).documents();
    let offsets: Vec<i64> = lines
        .iter()
        .map(|one| one["offset"].as_i64().unwrap())
        .collect();
    assert_eq!(offsets, [2, 3, 5]);
    assert_eq!(lines[1]["key"], json!({ "text": "ann" }));
    assert_eq!(lines[1]["value"], json!(null));
    assert_eq!(lines[1]["headers"][1]["value"], json!(null));
    let groups = Reader::open(&bench.program.path().join("file"))
        .unwrap()
        .groups();
    assert_eq!(groups.unwrap()[0].group, "billing");

    let create = [
        "snapshot", "create", "audit", "--out", "other", "-o", "json",
    ];
    let document = bench.run(&create).exits(0).json();
    assert_eq!(
        (&document["kind"], &document["records"]),
        (&json!("Snapshot"), &json!(1))
    );
    assert_eq!(document["groups"], json!([]));
}

#[test]
fn topics_partitions_and_offsets_are_chosen() {
    let bench = bench();
    let taken = |arguments: &[&str], file: &str| {
        let all = [&["snapshot", "create", "--out", "."], arguments].concat();
        bench.run(&all).exits(0);
        let path = bench.program.path().join(file);
        let found = ranges(&path);
        fs::remove_file(path).unwrap();
        found
    };
    let orders = |partition, from, to| ("orders".to_owned(), partition, from, to);
    let audit = || ("audit".to_owned(), 0, 0, 1);
    let all = "topics.snapshot";
    // Kafka's internal topics match only patterns that begin with their underscores.
    assert_eq!(
        taken(&["--match", "*"], all),
        [audit(), orders(0, 2, 6), orders(1, 0, 0)]
    );
    let own = ("__consumer_offsets".to_owned(), 0, 0, 0);
    assert_eq!(taken(&["--match", "__*"], all), [own]);
    assert_eq!(
        taken(&["orders:0", "audit"], all),
        [audit(), orders(0, 2, 6)]
    );
    let one = "orders.snapshot";
    for (from, to, expected) in [
        ("3", "5", (3, 5)),
        ("0", "100", (2, 6)),
        ("5", "3", (5, 5)),
        ("-1", "latest", (5, 6)),
        ("+1", "-1", (3, 5)),
        ("earliest", "@100000000000", (2, 6)),
        ("1970-01-01T00:00:02Z", "1970-01-01T00:00:03Z", (3, 5)),
    ] {
        let found = taken(&["orders:0", "--from", from, "--to", to], one);
        assert_eq!(found, [orders(0, expected.0, expected.1)], "{from} {to}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_written() {
    let bench = bench();
    let refused = |arguments: &[&str], code| {
        let all = [&["snapshot", "create", "--out", "file"], arguments].concat();
        let ran = bench.run(&all).exits(code);
        assert!(!bench.program.path().join("file.part").exists());
        ran.stderr
    };
    assert_eq!(
        refused(&["ordres"], 4),
        "error: there is no topic `ordres`\nhint: did you mean `orders`?\n"
    );
    assert_eq!(
        refused(&["--match", "x*"], 4),
        "error: no topic matches\nhint: `tonkafka list topics` shows them\n"
    );
    assert_eq!(
        refused(&["orders:0,7"], 4),
        "error: topic `orders` has no partition 7, its last is 1\n"
    );
    assert_eq!(
        refused(&["or*"], 2),
        "error: `or*` is a pattern\nhint: pass `--match` if you mean all that it matches\n"
    );
    assert_eq!(
        refused(&["orders", "--from", "current"], 2),
        "error: `--from current` is no position in a log\n\
         hint: write earliest, latest, an offset, `+N` or `-N`, a time with its zone, `@` and \
         milliseconds, or a duration such as `-2h`\n"
    );
    bench.program.write("file", "mine");
    assert_eq!(
        refused(&["orders"], 4),
        "error: cannot write file: file is there already\n\
         hint: a snapshot is never written over: name another file, or remove this one\n"
    );
    assert_eq!(bench.program.read("file"), "mine");
}

#[test]
fn what_may_not_be_seen_is_said() {
    let mut state = state();
    state
        .faults
        .not_permitted_groups
        .insert("billing".to_owned());
    state.faults.not_permitted.insert("audit".to_owned());
    let bench = bench_of(&state);
    let create = ["snapshot", "create", "--out", "file"];
    let ran = bench.run(&[&create[..], &["audit"]].concat()).exits(7);
    assert_eq!(
        ran.stderr,
        "error: topic `audit` is not visible, and may exist: TOPIC_AUTHORIZATION_FAILED\n"
    );
    let mut state = self::state();
    state.brokers = vec![1, 2];
    state.faults.silent_brokers.insert(2);
    let bench = bench_of(&state);
    let ran = bench.run(&[&create[..], &["orders"]].concat());
    let ran = ran.exits(7);
    assert!(
        ran.stderr
            .starts_with("error: commits of groups of broker 2 cannot be read: ")
            && ran
                .stderr
                .ends_with("hint: pass `--no-groups` to take the records alone\n"),
        "{ran:?}"
    );
    let alone = [&create[..], &["orders", "--no-groups"]].concat();
    bench.run(&alone).exits(0);
    let groups = Reader::open(&bench.program.path().join("file"))
        .unwrap()
        .groups();
    assert!(groups.unwrap().is_empty());
}

#[test]
fn a_directory_that_is_not_there_is_made_before_anything_is_read() {
    let bench = bench();
    let create = |to: &str| bench.run(&["snapshot", "create", "orders", "--out", to]);
    create("backup/").exits(0);
    assert!(
        bench
            .program
            .path()
            .join("backup/orders.snapshot")
            .is_file()
    );
    create("far/below/file").exits(0);
    assert!(bench.program.path().join("far/below/file").is_file());
    bench.program.write("plain", "");
    let ran = create("plain/").exits(1);
    ran.stderr_starts("error: cannot write plain/orders.snapshot: ");
    assert_eq!(ran.stdout, "");
}
