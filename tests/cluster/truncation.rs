//! An unclean leader election deletes records that were read (KIP-320). No copy joins the two
//! histories.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::reader::{ReadCause, ReaderSettings, Span};
use tonkafka::cluster::{At, Cluster, OffsetSpec};
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::scope::TopicScopes;
use tonkafka::model::seen::Seen;
use tonkafka::snapshot::take::copy::{TakeSettings, copy};
use tonkafka::snapshot::take::{Bound, SnapshotRequest, look};
use tonkafka::snapshot::{Isolation, SnapshotArguments, Writer, WriterOptions};

use super::contract_reader::{cut, write};
use crate::program::{Program, finish};
use crate::support::apache;
use crate::support::kafka::{self, Kafka};
use crate::support::live::{connect, runtime};
use crate::support::records::{self, producer};

const PATIENCE: Duration = Duration::from_mins(2);

/// A topic on brokers 1 and 2 of three, led by broker 1.
fn topic(kafka: &Kafka) -> String {
    let topic = kafka::topic_name("cut");
    let create = ["--create", "--topic", &topic, "--replica-assignment", "1:2"];
    let unclean = ["--config", "unclean.leader.election.enable=true"];
    apache::topics(&kafka.bootstrap(), &[&create[..], &unclean].concat()).ok();
    topic
}

async fn leader(cluster: &LiveCluster, key: &TopicPartition) -> Option<(i32, i32)> {
    let names = [key.topic.clone()];
    let found = cluster.describe_topics(At::AnyBroker, &names).await.ok()?;
    let Some(Seen::Value(topic)) = found.get(&key.topic) else {
        return None;
    };
    let partition = topic.partitions.first()?;
    Some((partition.leader?, partition.leader_epoch?))
}

async fn wait_for_leader(cluster: &LiveCluster, key: &TopicPartition, id: i32) -> i32 {
    let started = Instant::now();
    loop {
        if let Some((leader, epoch)) = leader(cluster, key).await
            && leader == id
        {
            return epoch;
        }
        assert!(started.elapsed() < PATIENCE, "broker {id} does not lead");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// A snapshot that was stopped before its end, with all records up to now.
async fn begin_snapshot(cluster: &LiveCluster, topic: &str, path: &std::path::Path) {
    let wanted = SnapshotRequest {
        topics: TopicScopes::named([topic]),
        from: Bound::Start,
        to: Bound::End,
        groups: false,
        patience: Duration::ZERO,
        asked: SnapshotArguments {
            topics: vec![topic.to_owned()],
            from: None,
            to: None,
            isolation: Isolation::ReadCommitted,
        },
    };
    let id = "0".repeat(32);
    let looked = look(cluster, &wanted, id, Timestamp::now(), |_| ()).await;
    let mut writer =
        Writer::create(path, looked.unwrap().header, WriterOptions::default()).unwrap();
    let how = TakeSettings {
        patience: PATIENCE,
        bytes_per_second: None,
        accept_gaps: false,
    };
    copy(cluster, &mut writer, how, |_| ()).await.unwrap();
    assert_eq!(writer.next_offset(0), 150);
    writer.suspend().unwrap();
}

#[test]
fn a_log_that_lost_what_was_read_ends_every_copy_of_it() {
    let (kafka, into) = (kafka::fresh(3, &[]), kafka::single());
    let topic = topic(&kafka);
    let key = TopicPartition::new(topic.clone(), 0);
    let (a, b) = (kafka.bootstrap(), into.bootstrap());
    let program = Program::new();
    runtime().block_on(async {
        let cluster = connect(&a).await;
        let target = connect(&b).await;
        let producer = producer(&a, &[]);
        write(&producer, &topic, 100);
        kafka.kill_broker(2);
        write(&producer, &topic, 50);
        drop(producer);
        let epoch = wait_for_leader(&cluster, &key, 1).await;

        let mut reader = cluster.reader(ReaderSettings {
            spans: vec![Span::new(key.clone(), 0, None)],
            uncommitted: false,
            patience: PATIENCE,
            accept_gaps: false,
        });
        let mut next = 0;
        while next < 150 {
            let chunk = reader.next().await.unwrap().unwrap();
            next = chunk.next;
        }
        begin_snapshot(&cluster, &topic, &program.path().join("file")).await;
        let between = ["--from-bootstrap-server", &a, "--to-bootstrap-server", &b];
        let mirror = [&["mirror", &topic, "--yes"][..], &between].concat();
        let mirror = program.command(&mirror).spawn().unwrap();
        let started = Instant::now();
        let asked = [key.clone()];
        let ends = async || target.list_offsets(&asked, OffsetSpec::Latest).await.unwrap();
        while ends().await[&key] != Seen::Value(Some(150)) {
            assert!(started.elapsed() < PATIENCE, "the mirror copies nothing");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }

        // The replica without the last 50 records returns while the other is down.
        kafka.kill_broker(1);
        kafka.start_broker(2);
        wait_for_leader(&cluster, &key, 2).await;
        let others = records::producer(&a, &[]);
        write(&others, &topic, 90);

        let error = reader.next().await.unwrap().unwrap_err();
        let ReadCause::Truncated { read, epoch: found, end } = error.cause else {
            panic!("{error:?}")
        };
        assert_eq!((error.offset, read), (150, epoch));
        assert_eq!((found, end), (epoch, 100));
        cut(&cluster, &key, (epoch, 150), (found, 100)).await;

        let words = format!(
            "cannot read partition 0 of `{topic}` at offset 150: the log was cut by an unclean leader \
             election: leader epoch {epoch} was read up to here, and the leader has epoch {found} up to \
             offset 100 only"
        );
        let create = ["snapshot", "create", &topic, "--out", "file", "-q", "-b", &a];
        let ran = program.run(&create).exits(7);
        assert_eq!(
            ran.stderr,
            format!(
                "error: {words}\nhint: file.part has records that the topic lost; move it away or \
                 remove it, and begin anew\n"
            )
        );
        let ran = finish(mirror).exits(5);
        let done = "1 topic was created or changed, 150 records are copied";
        let error = format!("error: {words}; {done}\n");
        ran.stderr_has(&error);
        // A new mirror refuses too: the target's records have the old epoch.
        let again = [&["mirror", &topic, "--yes", "--once", "-q"][..], &between].concat();
        let ran = program.run(&again).exits(7);
        assert_eq!(
            ran.stderr,
            format!(
                "error: {words}\nhint: the target may have records that the source lost; delete the \
                 topic there, so that it is made anew\n"
            )
        );
    });
}
