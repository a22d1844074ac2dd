//! `snapshot verify` and `snapshot show`, without a cluster.

use std::fs;

use serde_json::{Value, json};
use tonkafka::model::record::{Record, TimestampType};
use tonkafka::snapshot::{Range, Reader, Writer, WriterOptions};

use crate::fresh;
use crate::program::{Program, Ran};

/// A program with the golden file of the first version as `s.tksnap`.
fn program() -> Program {
    let program = Program::new();
    fs::copy(golden(), program.path().join("s.tksnap")).unwrap();
    program
}

fn golden() -> std::path::PathBuf {
    fresh::repository("tests/formats/snapshot-v1.tksnap")
}

fn bend(program: &Program, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(golden()).unwrap();
    change(&mut bytes);
    fs::write(program.path().join("s.tksnap"), bytes).unwrap();
}

#[track_caller]
fn run(program: &Program, arguments: &[&str]) -> Ran {
    let ran = program.run(arguments);
    if arguments.contains(&"--records") {
        crate::documents::check(&ran.stdout);
    }
    ran
}

#[test]
fn a_file_that_is_whole_is_said_to_be() {
    let program = program();
    let ran = run(&program, &["snapshot", "verify", "s.tksnap"]).exits(0);
    assert_eq!(ran.stdout, VERIFIED);
    assert_eq!(ran.stderr, "");
    let ran = run(&program, &["snapshot", "verify", "s.tksnap", "-o", "json"]).exits(0);
    let document = ran.json();
    assert_eq!(document["records"], 8);
    assert_eq!(document["groups"], 2);
    assert_eq!(document["sha256"], SHA256);
}

#[test]
fn what_a_file_holds_is_shown() {
    let program = program();
    let ran = run(&program, &["snapshot", "show", "s.tksnap"]).exits(0);
    assert_eq!(ran.stdout, SHOWN);
    assert_eq!(ran.stderr, "");
    let json = run(&program, &["snapshot", "show", "s.tksnap", "-o", "json"]).exits(0);
    let document = json.json();
    let first = &document["topics"][0]["partitions"][0];
    assert_eq!(first["records"], 5);
    let missing = json!({ "transactions": 1, "compaction": 2, "retention": 0, "unknown": 7, "openTransactions": 0 });
    assert_eq!(first["missing"], missing);
    assert_eq!(document["topics"][0]["configs"][1]["value"], Value::Null);
    assert_eq!(document["topics"][1]["name"], "../x");
    assert_eq!(document["groups"][0]["offsets"][0]["leaderEpoch"], 3);
    let yaml = run(&program, &["snapshot", "show", "s.tksnap", "-o", "yaml"]).exits(0);
    let read: Value = serde_saphyr::from_str(&yaml.stdout).unwrap();
    assert_eq!(read, document);
}

#[test]
fn records_are_lines_of_json_in_which_no_byte_is_lost() {
    let program = program();
    let records = |more: &[&str]| {
        let words = [&["snapshot", "show", "s.tksnap", "--records"], more].concat();
        let ran = run(&program, &words).exits(0);
        assert_eq!(ran.stderr, "");
        ran.stdout
    };
    let all = records(&[]);
    assert_eq!(all.lines().count(), 8);
    assert_eq!(records(&["orders:0", "--limit", "3"]), RECORDS);
    assert!(all.starts_with(RECORDS));
    let other = records(&["../x"]);
    assert_eq!(other.lines().count(), 3);
    assert!(all.ends_with(&other));
    assert_eq!(records(&["orders:2,3"]), "");
    assert_eq!(records(&["--limit", "0"]), "");
    let binary: Value = serde_json::from_str(all.lines().nth(3).unwrap()).unwrap();
    assert_eq!(binary["key"], json!({ "base64": "/v8=" }));
}

#[test]
fn records_that_are_not_there_are_refused() {
    let program = program();
    let refused = |more: &[&str]| {
        let words = [&["snapshot", "show", "s.tksnap", "--records"], more].concat();
        let ran = program.run(&words).exits(2);
        assert_eq!(ran.stdout.contains("records"), more.contains(&"yaml"));
        ran.stderr
    };
    let hint = "hint: `tonkafka snapshot show PATH` lists what it has\n";
    assert_eq!(
        refused(&["nobody"]),
        format!("error: the snapshot has no topic nobody\n{hint}")
    );
    assert_eq!(
        refused(&["orders:1"]),
        format!("error: the snapshot has no partition orders:1\n{hint}")
    );
    assert_eq!(
        refused(&["-o", "yaml"]),
        "error: records cannot be printed as YAML\n\
         hint: leave out `-o yaml`: they are lines of JSON\n"
    );
}

/// Expects the same error of both commands.
#[track_caller]
fn assert_refused(program: &Program, message: &str) {
    for verb in ["verify", "show"] {
        let ran = program.run(&["snapshot", verb, "s.tksnap"]).exits(2);
        assert_eq!(ran.stderr, message, "{verb}");
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn files_that_are_no_whole_snapshots_are_refused() {
    let program = program();
    bend(&program, |bytes| bytes.truncate(2000));
    assert_refused(
        &program,
        "error: cannot use s.tksnap: it is cut off, or was never finished\n\
         hint: use another copy of it; if `tonkafka snapshot create` was interrupted, the same command goes on\n",
    );
    bend(&program, |bytes| bytes[100] ^= 1);
    assert_refused(
        &program,
        "error: cannot use s.tksnap: it is damaged at byte 16: the checksum of a piece is wrong\n\
         hint: use another copy of it\n",
    );
    bend(&program, |bytes| {
        bytes[8] = 3;
        let crc = crc32c::crc32c(&bytes[..12]);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    });
    assert_refused(
        &program,
        "error: cannot use s.tksnap: it was written by a newer tonkafka (format v3); this one \
         reads up to v2\nhint: update tonkafka\n",
    );
    bend(&program, |bytes| *bytes = b"version: 1\n".to_vec());
    assert_refused(
        &program,
        "error: cannot use s.tksnap: it is no snapshot of tonkafka\n",
    );
    fs::remove_file(program.path().join("s.tksnap")).unwrap();
    assert_refused(
        &program,
        "error: cannot use s.tksnap: No such file or directory (os error 2)\n",
    );
    fs::create_dir(program.path().join("s.tksnap")).unwrap();
    assert_refused(
        &program,
        "error: cannot use s.tksnap: it is no snapshot of tonkafka\n",
    );
}

#[test]
fn flipped_bits_and_cuts_are_refused_by_the_program() {
    let program = program();
    let whole = fs::read(golden()).unwrap();
    for sample in 0..25 {
        let bit = sample * 997 % (whole.len() * 8);
        bend(&program, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        let ran = program.run(&["snapshot", "verify", "s.tksnap"]).exits(2);
        assert_eq!(ran.stdout, "", "bit {bit}");
        let length = sample * 113 % whole.len();
        bend(&program, |bytes| bytes.truncate(length));
        let ran = program.run(&["snapshot", "show", "s.tksnap"]).exits(2);
        assert_eq!(ran.stdout, "", "length {length}");
    }
}

#[test]
fn more_than_max_bytes_is_refused() {
    let program = program();
    for verb in ["verify", "show"] {
        let words = ["snapshot", verb, "s.tksnap", "--max-bytes"];
        let ran = program.run(&[&words[..], &["100B"]].concat()).exits(2);
        assert_eq!(
            ran.stderr,
            format!(
                "error: s.tksnap has {UNPACKED} bytes when it is unpacked\n\
                 hint: pass a larger `--max-bytes`\n"
            )
        );
        program.run(&[&words[..], &["1KiB"]].concat()).exits(0);
    }
}

/// A few kilobytes of compressed zeros that fill a block to its limit.
#[test]
fn a_file_that_unpacks_to_ten_thousand_times_its_size_takes_little_memory() {
    let program = Program::new();
    let path = program.path().join("s.tksnap");
    let mut header = Reader::open(&golden()).unwrap().header().clone();
    header.topics.truncate(1);
    header.topics[0].partitions = vec![Range {
        partition: 0,
        from: 0,
        to: 2,
        open_until: None,
    }];
    let mut writer = Writer::create(&path, header, WriterOptions::default()).unwrap();
    for offset in 0..2 {
        let record = Record {
            offset,
            timestamp: 0,
            key: None,
            value: Some(vec![0; 60 << 20].into()),
            headers: Vec::new(),
        };
        writer
            .append(0, &record, TimestampType::CreateTime)
            .unwrap();
    }
    let finished = writer.finish(&[]).unwrap();
    assert!(finished.file_bytes < 20_000, "{}", finished.file_bytes);
    let ran = program.run(&["snapshot", "verify", "s.tksnap"]).exits(0);
    assert!(ran.peak_kib < 200 << 10, "{} KiB", ran.peak_kib);
}

#[test]
fn a_failure_is_a_document_too() {
    let program = program();
    bend(&program, |bytes| bytes.truncate(20));
    let words = ["snapshot", "verify", "s.tksnap", "-o", "json"];
    let ran = run(&program, &words).exits(2);
    let message = "cannot use s.tksnap: it is cut off, or was never finished";
    assert_eq!(ran.json()["error"]["message"], message);
}

const UNPACKED: u64 = 565;
const SHA256: &str = "0c2d14dfbf168e9137e0653ed068184908e1ef6dce4fa435afe8d02458293e94";
const VERIFIED: &str = "\
s.tksnap is as it was written
2 topics, 4 partitions, 8 records; 565 bytes in 6 blocks, 2.7 KiB in the file
sha256 0c2d14dfbf168e9137e0653ed068184908e1ef6dce4fa435afe8d02458293e94
partition 3 of `orders`: offsets 7 to 8 are not in it: they were deleted while it was taken
";
const SHOWN: &str = "\
snapshot 0123456789abcdef0123456789abcdef of cluster 4L6g3nShT-eMCtK--X86sw, taken 2026-11-25T08:00:00Z (read_committed)
2 topics, 4 partitions, 8 records; 565 bytes in 6 blocks, 2.7 KiB in the file

topic orders (AQEBAQEBAQEBAQEBAQEBAQ), 4 partitions, replication factor 3, CreateTime
    cleanup.policy = compact  DYNAMIC_TOPIC_CONFIG
    sasl.jaas.config = (sensitive)  DYNAMIC_TOPIC_CONFIG
    PARTITION  FROM  TO  RECORDS       SIZE  EARLIEST  LATEST                    MISSING
            0     5  20        5  477 bytes  -         2023-11-14T22:13:20.011Z  1 transactions, 2 compaction, 7 unknown
            2     0   0        0    0 bytes  -         -                         -
            3     7   9        0    0 bytes  -         -                         2 retention

topic ../x (AgICAgICAgICAgICAgICAg), 4 partitions, replication factor 3, LogAppendTime
    PARTITION  FROM  TO  RECORDS      SIZE  EARLIEST              LATEST                    MISSING
            0     0   4        3  66 bytes  2023-11-14T22:13:20Z  2023-11-14T22:13:20.002Z  1 transactions

partition 3 of `orders`: offsets 7 to 8 are not in it: they were deleted while it was taken

what groups had committed
    GROUP          TOPIC   PARTITION  COMMITTED
    billing        orders          0         11
    billing        orders          3          9
    \\u{1b}[2Jloud  orders          0         20
";
const RECORDS: &str = r#"{"formatVersion":1,"kind":"Record","topic":"orders","partition":0,"offset":5,"timestamp":1700000000005,"timestampType":"CreateTime","key":{"text":"key"},"value":{"text":"größe\u001b[31m"},"headers":[{"name":{"text":"trace"},"value":{"text":"1"}},{"name":{"text":"trace"},"value":{"text":"2"}},{"name":{"text":"trace"},"value":null},{"name":{"base64":"/wA="},"value":{"base64":"gA=="}},{"name":{"text":""},"value":{"text":""}}]}
{"formatVersion":1,"kind":"Record","topic":"orders","partition":0,"offset":6,"timestamp":1700000000006,"timestampType":"CreateTime","key":null,"value":{"text":""},"headers":[]}
{"formatVersion":1,"kind":"Record","topic":"orders","partition":0,"offset":7,"timestamp":1700000000007,"timestampType":"CreateTime","key":{"text":""},"value":null,"headers":[]}
"#;
