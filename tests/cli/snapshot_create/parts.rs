//! Interrupted snapshots and their part files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::json;
use tonkafka::model::record::{Record, TimestampType};
use tonkafka::snapshot::{Reader, SnapshotGapReason, SnapshotHeader, Writer, WriterOptions};

use super::{bench, bench_of, state};
use crate::program::finish;

#[test]
fn what_another_run_left_is_gone_on_with_or_refused() {
    let bench = bench();
    let path = bench.program.path().join("file");
    bench
        .run(&["snapshot", "create", "orders", "--out", "file"])
        .exits(0);
    let header: SnapshotHeader = Reader::open(&path).unwrap().header().clone();
    fs::remove_file(&path).unwrap();
    // The earlier run wrote only the header.
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
    ran.stderr_starts("going on with file.part, begun 20");
    assert_eq!(Reader::open(&path).unwrap().records(), 3);
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
    // The earlier run read everything in leader epoch 3; the new leader lacks the end of that log.
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
    // The earlier run began at offset 0; the first two offsets are deleted since.
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
    ran.stdout_has(line);
    for words in [["snapshot", "verify", "file"], ["snapshot", "show", "file"]] {
        let ran = bench.program.run(&words).exits(0);
        ran.stdout_has(line);
        let words = [&words[..], &["-o", "json"]].concat();
        let deleted = &bench.program.run(&words).exits(0).json()["deleted"];
        assert_eq!(
            *deleted,
            json!([{ "topic": "orders", "partition": 0, "from": 0, "to": 2 }])
        );
    }
}
