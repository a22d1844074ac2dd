//! `snapshot create` word for word, from a cluster in memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::json;
use tonkafka::backup::snapshot::{
    Reader, SnapshotGapReason, SnapshotHeader, Writer, WriterOptions,
};
use tonkafka::cluster::fake::{FakeGroup, FakeLog, FakeRecord, State};
use tonkafka::model::group::Committed;
use tonkafka::model::record::{Record, TimestampType};

use crate::fake::{Bench, holding, topic};
use crate::program::finish;

/// `orders` with two partitions: records at 2, 3 and 5 of 2 to 6, and nothing; `audit` with one record;
/// a group that has read some of it.
fn state() -> State {
    let mut state = holding(&[
        ("orders", topic(2, &[("retention.ms", "-1")])),
        ("audit", topic(1, &[])),
        ("__consumer_offsets", topic(1, &[])),
    ]);
    let record = FakeRecord {
        key: Some("ann".to_owned()),
        value: None,
        headers: vec![
            ("trace".to_owned(), Some("1".to_owned())),
            ("trace".to_owned(), None),
        ],
    };
    let orders = FakeLog {
        start: 2,
        end: 6,
        timestamps: BTreeMap::from([(2, 1_000), (3, 2_000), (5, 3_000)]),
        records: BTreeMap::from([(3, record)]),
        ..FakeLog::default()
    };
    let audit = FakeLog {
        end: 1,
        timestamps: BTreeMap::from([(0, 1_000)]),
        ..FakeLog::default()
    };
    state.logs = BTreeMap::from([
        ("orders".to_owned(), BTreeMap::from([(0, orders)])),
        ("audit".to_owned(), BTreeMap::from([(0, audit)])),
    ]);
    let commits = BTreeMap::from([("orders".to_owned(), BTreeMap::from([(0, Committed::at(3))]))]);
    let group = FakeGroup {
        commits,
        ..FakeGroup::default()
    };
    state.groups.insert("billing".to_owned(), group);
    state
}

fn bench() -> Bench {
    bench_of(&state())
}

fn bench_of(state: &State) -> Bench {
    Bench::new("version: 1\ntopics: {items: []}\n", state)
}

fn ranges(path: &Path) -> Vec<(String, i32, i64, i64)> {
    let reader = Reader::open(path).unwrap();
    let partitions = reader.header().partitions();
    let ranges = partitions
        .map(|(topic, range)| (topic.name.clone(), range.partition, range.from, range.to));
    ranges.collect()
}

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
    let shown = bench.run(&[
        "snapshot",
        "show",
        "file",
        "--records",
        "orders",
        "-o",
        "json",
    ]);
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
    // Kafka's own topics are only meant by those who write their underscores.
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
fn what_another_run_left_is_gone_on_with_or_refused() {
    let bench = bench();
    let path = bench.program.path().join("file");
    bench
        .run(&["snapshot", "create", "orders", "--out", "file"])
        .exits(0);
    let header: SnapshotHeader = Reader::open(&path).unwrap().header().clone();
    fs::remove_file(&path).unwrap();
    // Of that run only the header is there.
    let writer = Writer::create(&path, header, WriterOptions::default()).unwrap();
    writer.suspend().unwrap();
    let ran = bench
        .run(&[
            "snapshot", "create", "orders", "--from", "3", "--out", "file",
        ])
        .exits(4);
    assert_eq!(
        ran.stderr,
        "error: cannot write file: the part that is there was begun with another `--from`: none, and \
         now 3\n\
         hint: finish that one with the command that began it, or remove file.part\n"
    );
    let ran = bench
        .run(&["snapshot", "create", "orders", "--out", "file"])
        .exits(0);
    assert!(
        ran.stderr.starts_with("going on with file.part, begun 20"),
        "{ran:?}"
    );
    assert_eq!(Reader::open(&path).unwrap().records(), 3);
}

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

    // What a topic in a remote storage does not give may come later.
    let orders = state.topics.get_mut("orders").unwrap();
    let remote = ("remote.storage.enable".to_owned(), "true".to_owned());
    orders.configs.extend([remote]);
    bench.set(&state);
    let ran = bench
        .run(&[&create[..], &["--accept-gaps"]].concat())
        .exits(7);
    assert!(
        ran.stderr.ends_with(
            "and that is no gap, as `remote.storage.enable` is `true`\n\
             hint: what was read is in file.part; the same command goes on with it\n"
        ),
        "{ran:?}"
    );
}

#[test]
fn a_log_that_was_cut_since_ends_what_was_begun() {
    let mut state = state();
    let bench = bench_of(&state);
    let create = ["snapshot", "create", "orders", "--out", "file"];
    bench.run(&create).exits(0);
    let path = bench.program.path().join("file");
    let header: SnapshotHeader = Reader::open(&path).unwrap().header().clone();
    fs::remove_file(&path).unwrap();
    // All of it was read, in leader epoch 3, and a leader without its end came after that.
    let mut writer = Writer::create(&path, header, WriterOptions::default()).unwrap();
    writer.in_epoch(0, Some(3));
    writer.gap(0, 6, SnapshotGapReason::Unknown).unwrap();
    writer.suspend().unwrap();
    let orders = state.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    orders.epochs = BTreeMap::from([(2, 0), (3, 3), (4, 5)]);
    bench.set(&state);
    for (epochs, words) in [
        (
            [(2, 0), (3, 3), (4, 5)],
            "leader epoch 3 was read up to here, and the leader has epoch 3 up to offset 5 only",
        ),
        (
            [(1, 0), (2, 3), (4, 5)],
            "leader epoch 3 was read up to here, and the leader has epoch 2 up to offset 5 only",
        ),
    ] {
        let orders = state.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
        orders.epochs = BTreeMap::from(epochs);
        bench.set(&state);
        let ran = bench.run(&[&create[..], &["-q"]].concat()).exits(7);
        assert_eq!(
            ran.stderr,
            format!(
                "error: cannot read partition 0 of `orders` at offset 6: the log was cut by an unclean \
                 leader election: {words}\n\
                 hint: file.part has records that the topic lost; move it away or remove it, and begin \
                 anew\n"
            )
        );
    }
    let orders = state.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    orders.epochs = BTreeMap::from([(2, 0), (3, 3)]);
    bench.set(&state);
    bench.run(&create).exits(0);
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
    assert!(
        ran.stdout
            .starts_with("file is written\n1 topic, 2 partitions, 2 records; ")
    );
    assert!(ran.stdout.ends_with(told), "{ran:?}");
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
    assert!(verified.stdout.ends_with(told), "{verified:?}");
    let shown = program.run(&["snapshot", "show", "file"]).exits(0);
    assert!(
        shown.stdout.contains("2 behind an open transaction\n"),
        "{shown:?}"
    );
    for verb in ["verify", "show"] {
        let ran = program
            .run(&["snapshot", verb, "file", "-o", "json"])
            .exits(0);
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
    assert!(ran.stdout.ends_with(told), "{ran:?}");
    assert_eq!(ran.stderr, "");
    let ran = create(&["--uncommitted"]).exits(0);
    assert_eq!(ran.stderr, "");
    let reader = Reader::open(&bench.program.path().join("file")).unwrap();
    assert_eq!((reader.records(), reader.header().left_out().len()), (3, 0));
    // Less was asked for than the transaction keeps back.
    create(&["--to", "4"]).exits(0);
    create(&["--to", "3"]).exits(0);
    let ran = create(&["--to", "5"]).exits(7);
    assert!(
        ran.stdout.contains("offsets 4 to 4 are not in it"),
        "{ran:?}"
    );
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
    assert!(
        ran.stderr
            .starts_with("error: cannot write plain/orders.snapshot: "),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_part_that_is_no_plain_file_is_refused() {
    let bench = bench();
    let part = bench.program.path().join("file.part");
    let pipe = || {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, &part, FileType::Fifo, mode, 0).unwrap();
    };
    let directory = || fs::create_dir(&part).unwrap();
    let link = || std::os::unix::fs::symlink("nowhere", &part).unwrap();
    for make in [&pipe as &dyn Fn(), &directory, &link] {
        make();
        let ran = bench
            .run(&["snapshot", "create", "orders", "--out", "file"])
            .exits(4);
        assert_eq!(
            ran.stderr,
            "error: cannot write file: file.part is no plain file\n\
             hint: the records would be kept there until all of them are: remove it, or name another \
             file\n"
        );
        if part.is_dir() {
            fs::remove_dir(&part).unwrap();
        } else {
            fs::remove_file(&part).unwrap();
        }
    }
}

/// Whether a process has a file open.
fn has_open(process: u32, path: &Path) -> bool {
    let Ok(all) = fs::read_dir(format!("/proc/{process}/fd")) else {
        return false;
    };
    let mut links = all.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    links.any(|link| link == path)
}

#[test]
fn a_part_that_is_being_checked_can_be_left() {
    use rustix::process::{Pid, Signal, kill_process};
    let bench = bench();
    let path = bench.program.path().canonicalize().unwrap().join("file");
    bench
        .run(&["snapshot", "create", "orders", "--out", "file"])
        .exits(0);
    let mut header: SnapshotHeader = Reader::open(&path).unwrap().header().clone();
    fs::remove_file(&path).unwrap();
    header.topics[0].partitions[0].to = 1_000;
    let mut writer = Writer::create(&path, header, WriterOptions::default()).unwrap();
    let value = bytes::Bytes::from(vec![b'x'; 1_000_000]);
    for offset in 2..300 {
        let record = Record {
            offset,
            timestamp: 0,
            key: None,
            value: Some(value.clone()),
            headers: Vec::new(),
        };
        writer
            .append(0, &record, TimestampType::CreateTime)
            .unwrap();
    }
    writer.suspend().unwrap();
    let part = path.with_extension("part");
    let before = fs::metadata(&part).unwrap().len();
    for signal in [Signal::INT, Signal::TERM] {
        let create = bench.arguments(&["snapshot", "create", "orders", "--out", "file"]);
        let child = bench.program.command(&create).spawn().unwrap();
        while !has_open(child.id(), &part) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        let ran = finish(child).exits(130);
        assert_eq!(
            ran.stderr,
            "stopped: the same command goes on with file.part\n"
        );
        assert_eq!(fs::metadata(&part).unwrap().len(), before);
    }
}

#[test]
fn what_was_deleted_meanwhile_is_told_and_the_file_is_kept() {
    let bench = bench();
    let path = bench.program.path().join("file");
    let create = ["snapshot", "create", "orders", "--out", "file"];
    bench.run(&create).exits(0);
    let mut header: SnapshotHeader = Reader::open(&path).unwrap().header().clone();
    fs::remove_file(&path).unwrap();
    // When that run began the log did so too; now its first two offsets are gone.
    header.topics[0].partitions[0].from = 0;
    let writer = Writer::create(&path, header, WriterOptions::default()).unwrap();
    writer.suspend().unwrap();
    let ran = bench.run(&[&create[..], &["-q"]].concat()).exits(5);
    assert_eq!(
        ran.stderr,
        "error: file is without 2 offsets of 1 partition: they were deleted while it was taken\n\
         hint: the file is kept\n"
    );
    let line = "partition 0 of `orders`: offsets 0 to 1 are not in it: they were deleted while it was taken\n";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
    for words in [["snapshot", "verify", "file"], ["snapshot", "show", "file"]] {
        let ran = bench.program.run(&words).exits(0);
        assert!(ran.stdout.contains(line), "{}", ran.stdout);
        let words = [&words[..], &["-o", "json"]].concat();
        let deleted = &bench.program.run(&words).exits(0).json()["deleted"];
        assert_eq!(
            *deleted,
            json!([{ "topic": "orders", "partition": 0, "from": 0, "to": 2 }])
        );
    }
}
