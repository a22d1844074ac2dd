//! A mirror that runs until it is stopped.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tonkafka::cluster::fake::State;
use tonkafka::cluster::writer::WriterSettings;
use tonkafka::cluster::{Answer, Cluster, Mode};
use tonkafka::mirror::{Mirror, MirrorError, MirrorSettings, Tell};
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::record::{Ended, Record};

use super::{Clusters, orders, settings, two};
use crate::program::finish;

#[test]
fn a_mirror_that_runs_on_takes_what_comes_and_ends_cleanly() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    let arguments = ["mirror", "orders", "--from", "a", "--to", "b", "--yes"];
    let mut child = clusters.0.command(&arguments).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    let is_there = || {
        let text = std::fs::read_to_string(clusters.file("b")).unwrap_or_default();
        let state: Option<State> = serde_json::from_str(&text).ok();
        let logs = state.and_then(|mut state| state.logs.remove("orders"));
        logs.is_some_and(|logs| logs.values().map(|log| log.end).sum::<i64>() == 5)
    };
    while !is_there() {
        if Instant::now() >= deadline {
            child.kill().unwrap();
            panic!("nothing was copied");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(sent.success());
    let ran = finish(child).exits(0);
    let said = "copied 5 records from cluster cluster-a to cluster cluster-b, nothing behind\n";
    ran.stdout_ends(said);
}

#[test]
fn a_source_that_grows_meanwhile_is_told_once() {
    let (a, b) = two();
    let settings = MirrorSettings {
        every: Duration::from_millis(1),
        ..settings()
    };
    let rounds = AtomicUsize::new(0);
    let is_over = || rounds.load(Ordering::SeqCst) > 20;
    let mut mirror = Mirror::new((&a, &b), settings, None, is_over);
    let mut grown = Vec::new();
    let run = mirror.run(|tell| match tell {
        Tell::Grown { topic, partitions } => grown.push((topic.to_owned(), partitions)),
        Tell::Progress(_) => drop(rounds.fetch_add(1, Ordering::SeqCst)),
        other => panic!("{other:?}"),
    });
    let grow = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let totals = [("orders".to_owned(), 3)];
        a.create_partitions(&totals, Mode::Write).await
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (ended, answers) = runtime.block_on(async { tokio::join!(run, grow) });
    assert_eq!((ended, answers), (Ok(Ended::Stopped), vec![Answer::Done]));
    assert_eq!(grown, [("orders".to_owned(), 3)]);
    assert_eq!((mirror.copied(), mirror.returned()), (5, 0));
}

#[test]
fn two_mirrors_of_one_topic_are_noticed() {
    let (a, b) = two();
    let settings = MirrorSettings {
        every: Duration::from_millis(1),
        ..settings()
    };
    let is_written = AtomicUsize::new(0);
    let is_over = || is_written.load(Ordering::SeqCst) > 0;
    let mut first = Mirror::new((&a, &b), settings.clone(), None, is_over);
    let mut second = Mirror::new((&a, &b), settings, None, is_over);
    let write = async {
        let key = TopicPartition::new("orders", 0);
        let mut writer = a.writer(WriterSettings::default()).await.unwrap();
        for number in 0..10 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let record = Record {
                offset: number,
                timestamp: 1,
                key: None,
                value: None,
                headers: Vec::new(),
            };
            writer.write(&key, vec![record]).await.unwrap();
            writer.flush().await.unwrap();
        }
        is_written.store(1, Ordering::SeqCst);
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let both = async { tokio::join!(first.run(|_| ()), second.run(|_| ()), write) };
    let (one, other, ()) = runtime.block_on(both);
    let ended = [one, other];
    let is_noticed =
        |ended: &Result<Ended, MirrorError>| matches!(ended, Err(MirrorError::Another { .. }));
    assert!(ended.iter().any(is_noticed), "{ended:?}");
}
