//! What `mirror` refuses or reports between two real clusters, so that no record is lost silently.

use std::time::Duration;

use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::{Answer, Cluster, Mode};
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::record::Record;

use super::mirror::{arguments, mirrored, put, recent};
use crate::program::{Program, Ran};
use crate::support::content::taken;
use crate::support::live::{connect, create, end, new_topic, runtime};
use crate::support::{apache, kafka};

const DAY: i64 = 86_400_000;

/// A record that does not compress.
fn large(bytes: usize) -> Record {
    let noise = std::iter::successors(Some(0x9e37_79b9_7f4a_7c15_u64), |state| {
        let state = state ^ (state << 13);
        let state = state ^ (state >> 7);
        Some(state ^ (state << 17))
    });
    let value = noise.map(|state| state.to_be_bytes()[3]).take(bytes);
    Record {
        value: Some(value.collect::<Vec<u8>>().into()),
        ..recent(0, 1).remove(0)
    }
}

/// The source offset of the refused record, and its bytes.
#[track_caller]
fn refused(ran: &Ran) -> (i64, i64) {
    let told = ran
        .stderr
        .split_once("it is the record at offset ")
        .unwrap()
        .1;
    let (offset, told) = told.split_once(" of the source, with ").unwrap();
    let (bytes, _) = told.split_once(" bytes as it was sent").unwrap();
    (offset.parse().unwrap(), bytes.parse().unwrap())
}

async fn remake(cluster: &LiveCluster, bootstrap: &str, topic: &str) {
    apache::topics(bootstrap, &["--delete", "--topic", topic]).ok();
    for _ in 0..100 {
        let made = new_topic(topic, 1, &[]);
        let answers = cluster.create_topics(&[made], Mode::Write).await;
        if answers == [Answer::Done] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[test]
fn what_the_source_deleted_and_what_it_made_anew_is_told_and_ends_with_a_code() {
    let (from, into) = (kafka::single(), kafka::fresh(1, &[]));
    runtime().block_on(async {
        let source = connect(&from.bootstrap()).await;
        let target = connect(&into.bootstrap()).await;
        let topic = kafka::topic_name("deleted");
        let key: TopicPartition = TopicPartition::new(topic.clone(), 0);
        create(&source, &[new_topic(&topic, 1, &[])]).await;
        put(&source, &key, recent(0, 10)).await;
        let program = Program::new();
        let (a, b) = (from.bootstrap(), into.bootstrap());
        let run = |more: &[&str]| {
            let more = [&[topic.as_str(), "--once"], more].concat();
            program.run(&arguments(&a, &b, &more))
        };
        run(&[]).exits(0);
        put(&source, &key, recent(10, 5)).await;
        let before = [(key.clone(), 13)];
        assert_eq!(source.delete_records(&before).await, [Answer::Done]);
        let ran = run(&["-q"]).exits(5);
        let said = format!(
            "partition 0 of `{topic}`: the source deleted offsets 10 to 12 before they were copied\nerror: 3 offsets of the source were deleted before they were copied\n"
        );
        assert_eq!(ran.stderr, said);
        ran.stdout_has("copied 2 records");
        run(&[]).exits(0);

        // Created again, and longer than what was copied.
        remake(&source, &from.admin(), &topic).await;
        put(&source, &key, recent(0, 20)).await;
        let until = end(&target, &key).await;
        let ran = run(&[]).exits(4);
        let said = format!(
            "topic {topic}: the source's topic was made anew, and what is here was copied from the one before: {topic}-0 [target-not-empty]"
        );
        ran.stdout_has(&said);
        assert_eq!(end(&target, &key).await, until);
        run(&["--append"]).exits(0);
        let ran = run(&[]).exits(0);
        ran.stdout_has("copied 0 records");
        let copies = mirrored(&target, &key).await;
        let (_, new) = copies.split_at(12);
        assert_eq!(new, taken(&source, &key).await);

        // Created again, and shorter.
        remake(&source, &from.admin(), &topic).await;
        put(&source, &key, recent(0, 1)).await;
        let ran = run(&[]).exits(4);
        ran.stdout_has("was made anew");
        assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
        assert!(!ran.stderr.contains("trying again"), "{}", ran.stderr);
    });
}

#[test]
fn what_the_target_does_not_keep_or_take_is_refused_before_anything_is_written() {
    let properties = [("log.retention.ms", "-1"), ("message.max.bytes", "5000000")];
    let (from, into) = (kafka::fresh(1, &properties), kafka::single());
    runtime().block_on(async {
        let source = connect(&from.bootstrap()).await;
        let target = connect(&into.bootstrap()).await;
        let topic = kafka::topic_name("kept");
        let key: TopicPartition = TopicPartition::new(topic.clone(), 0);
        create(&source, &[new_topic(&topic, 1, &[])]).await;
        let mut old = recent(0, 1);
        old[0].timestamp -= 8 * DAY;
        put(&source, &key, old).await;
        put(&source, &key, vec![large(2_000_000)]).await;
        put(&source, &key, recent(2, 1)).await;
        let program = Program::new();
        let (a, b) = (from.bootstrap(), into.bootstrap());
        let run = |more: &[&str]| {
            let more = [&[topic.as_str(), "--once"], more].concat();
            program.run(&arguments(&a, &b, &more))
        };
        let ran = run(&[]).exits(4);
        for said in [
            "it keeps records for 7 d (`retention.ms`), and the oldest ones of what is to be copied are from 8 d ago: they would be dropped soon after [restore-expires]",
            "it takes batches of up to 1048588 bytes (`max.message.bytes`), and the source's of up to 5000000: a larger record may be refused even compressed [record-too-large]",
        ] {
            ran.stdout_has(said);
        }
        assert!(!target.list_topics().await.unwrap().contains(&topic));

        // With the guards passed, the error names the record and the setting to change.
        let flags = ["--allow-expired", "--allow-large"];
        let ran = run(&flags).exits(5);
        let (offset, bytes) = refused(&ran);
        assert_eq!(offset, 1);
        assert!((2_000_000..2_001_000).contains(&bytes), "{}", ran.stderr);
        let said = format!("raise `max.message.bytes` of topic `{topic}` at the target to {bytes} or more");
        ran.stderr_has(&said);
        ran.stderr_has("1 topic was created or changed");
        assert!(!ran.stderr.contains("goes on"), "{}", ran.stderr);
        let limit = format!("max.message.bytes={bytes}");
        let entity = ["--alter", "--entity-type", "topics", "--entity-name", &topic];
        let alter = [&entity[..], &["--add-config", &limit]].concat();
        apache::configs(&into.admin(), &alter).ok();
        run(&flags).exits(0);
        assert_eq!(mirrored(&target, &key).await, taken(&source, &key).await);
    });
}

#[test]
fn a_record_that_only_fits_without_the_header_and_times_that_are_replaced_are_told() {
    let (from, into) = (kafka::single(), kafka::fresh(1, &[]));
    runtime().block_on(async {
        let source = connect(&from.bootstrap()).await;
        let target = connect(&into.bootstrap()).await;
        let program = Program::new();
        let (a, b) = (from.bootstrap(), into.bootstrap());
        let topic = kafka::topic_name("just-fits");
        let key: TopicPartition = TopicPartition::new(topic.clone(), 0);
        let limit = [("max.message.bytes", "100000")];
        create(&source, &[new_topic(&topic, 1, &limit)]).await;
        put(&source, &key, vec![large(99_900)]).await;
        let ran = program
            .run(&arguments(&a, &b, &[&topic, "--once"]))
            .exits(5);
        assert_eq!(refused(&ran).0, 0);
        // The mirror copies the source's setting, so it must be raised there.
        let said = format!("raise `max.message.bytes` of topic `{topic}` at the source, ");
        ran.stderr_has(&said);

        let topic = kafka::topic_name("appended");
        let key: TopicPartition = TopicPartition::new(topic.clone(), 0);
        create(&source, &[new_topic(&topic, 1, &[])]).await;
        let appends = [("message.timestamp.type", "LogAppendTime")];
        create(&target, &[new_topic(&topic, 1, &appends)]).await;
        let mut old = recent(0, 1);
        old[0].timestamp -= DAY;
        let before = old[0].timestamp;
        put(&source, &key, old).await;
        let ran = program
            .run(&arguments(&a, &b, &[&topic, "--once"]))
            .exits(0);
        ran.stdout_has("[timestamps-change]");
        assert!(mirrored(&target, &key).await[0].timestamp > before);
    });
}
