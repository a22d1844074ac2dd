//! Concurrent runs of the program on one machine, and runs with an unusable stdout, on real Kafka.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::process::Child;

use tonkafka::model::group::Committed;

use crate::program::{Program, finish};
use crate::support::offsets::{commit, committed, filled};
use crate::support::{apache, kafka};

/// The last word on stderr: the id for undo.
fn told(child: Child) -> String {
    let ran = finish(child).exits(0);
    ran.stderr.trim().rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn resets_at_once_are_each_taken_back_by_their_own_ids() {
    let kafka = kafka::single();
    let topic = filled(kafka, "at-once", &[50]);
    let at = kafka.bootstrap();
    let groups: Vec<String> = (0..20).map(|_| kafka::topic_name("mover")).collect();
    for (group, offset) in groups.iter().zip(20..) {
        commit(kafka, group, &topic, &[Committed::at(offset)]);
    }
    let program = Program::new();
    let begun: Vec<Child> = groups
        .iter()
        .map(|group| {
            let to = ["reset-offsets", group, "--topic", &topic, "--to", "5"];
            let words = [&to[..], &["--yes", "-b", &at]].concat();
            program.command(&words).spawn().unwrap()
        })
        .collect();
    let ids: Vec<String> = begun.into_iter().map(told).collect();
    let resets = program.path().join("home/state/tonkafka/resets");
    let cluster = fs::read_dir(resets).unwrap().next().unwrap().unwrap();
    assert_eq!(fs::read_dir(cluster.path()).unwrap().count(), 20);
    for ((group, offset), id) in groups.iter().zip(20..).zip(&ids) {
        assert_eq!(committed(kafka, group, &topic)[&0].offset, 5, "{id}");
        let undo = ["reset-offsets", "undo", id, "--yes", "-b", &at];
        program.run(&undo).exits(0);
        assert_eq!(committed(kafka, group, &topic)[&0].offset, offset, "{id}");
    }
}

#[test]
fn applies_at_once_keep_a_backup_each() {
    let kafka = kafka::single();
    let program = Program::new();
    let begun: Vec<(String, Child)> = (0..10)
        .map(|_| {
            let topic = kafka::topic_name("at-once");
            let text =
                format!("version: 1\ntopics: {{items: [{{name: {topic}, partitions: 1}}]}}\n");
            let manifest = program.write(&format!("{topic}.yaml"), &text);
            let manifest = manifest.to_str().unwrap();
            let words = [
                "apply",
                "-f",
                manifest,
                "--yes",
                "-o",
                "json",
                "-b",
                &kafka.bootstrap(),
            ];
            (topic, program.command(&words).spawn().unwrap())
        })
        .collect();
    let mut kept = BTreeSet::new();
    for (topic, child) in begun {
        let ran = finish(child).exits(0);
        let report = ran.documents().pop().unwrap();
        let id = report["backup"].as_str().unwrap();
        let shown = program.run(&["backup", "show", id, "-o", "json"]).exits(0);
        let concerns = &shown.json()["concerns"]["topics"];
        assert_eq!(concerns[0], topic.as_str(), "{id}");
        assert!(kept.insert(id.to_owned()), "{id} is told twice");
    }
    let listed = program.run(&["backup", "list", "-o", "json"]).exits(0);
    assert_eq!(listed.json()["backups"].as_array().unwrap().len(), 10);
}

#[test]
fn what_was_written_is_written_where_nobody_takes_the_report() {
    let kafka = kafka::single();
    let topic = kafka::topic_name("unheard");
    let program = Program::with_manifest(&format!(
        "version: 1\ntopics: {{items: [{{name: {topic}, partitions: 2}}]}}\n"
    ));
    let at = kafka.bootstrap();
    let run = |words: &[&str]| {
        let mut command = program.command(&[words, &["-b", &at]].concat());
        let output = command.stdout(File::create("/dev/full").unwrap()).output();
        let output = output.unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let words = "error: cannot write to stdout: No space left on device (os error 28)\n";
        assert!(stderr.contains(words), "{stderr}");
        output.status.code()
    };
    assert_eq!(run(&["plan"]), Some(1));
    assert_eq!(run(&["import"]), Some(1));
    assert_eq!(run(&["apply", "--yes"]), Some(5));
    assert_eq!(
        apache::describe_topics(&kafka.admin())[&topic].partitions,
        2
    );
    assert_eq!(run(&["apply", "--yes"]), Some(1));
}
