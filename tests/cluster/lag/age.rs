//! The age of the next record.

use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::{Value, json};

use super::{KEPT, WAIT, commit, document, lag, now_ms, produce};
use crate::support::kafka;
use crate::support::live::{connect, create, new_topic, runtime};

#[test]
fn ages_are_exact_to_the_millisecond() {
    let kafka = kafka::single();
    let at = kafka.bootstrap();
    let name = kafka::topic_name("lag-ages");
    let times = [1_700_000_000_001, 1_700_000_000_500, 1_700_000_012_345];
    runtime().block_on(async {
        let cluster = connect(&at).await;
        create(&cluster, &[new_topic(&name, 4, &[KEPT])]).await;
        produce(&at, &name, 0, &times).await;
        produce(&at, &name, 2, &times).await;
        end_transaction(&at, &name, 3);
        let committed = [
            (&*name, 0, 2),
            (&*name, 1, 0),
            (&*name, 2, 3),
            (&*name, 3, 1),
        ];
        commit(&cluster, &name, &committed).await;
    });
    let before = now_ms();
    let document = document(&at, &[&name, "--time"]);
    let after = now_ms();
    let read_at = document["readAtMs"].as_i64().unwrap();
    assert!((before..=after).contains(&read_at));
    let partitions = document["groups"][0]["topics"][0]["partitions"]
        .as_array()
        .unwrap();
    let next: Vec<&Value> = partitions.iter().map(|one| &one["next"]).collect();
    let age = read_at - times[2];
    let record = json!({ "offset": 2, "timestampMs": times[2], "ageMs": age });
    let none = json!({ "offset": null, "reason": "no record left to read" });
    // Behind, empty, read to the end, and with only the end of a transaction left.
    assert_eq!(next, [&record, &none, &none, &none]);
    assert_eq!(partitions[3]["lag"], 1);
    lag(&at, &[&name, "--fail-over-time", "365d"]).exits(3);
    let said = lag(&at, &[&name, "--fail-over-time", "100y"]).exits(0);
    assert_eq!(said.stderr, "");
}

/// Writes a record in a transaction, and its marker.
fn end_transaction(at: &str, topic: &str, partition: i32) {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", at)
        .set("transactional.id", topic);
    let producer: BaseProducer = config.create().unwrap();
    producer.init_transactions(WAIT).unwrap();
    producer.begin_transaction().unwrap();
    let record = BaseRecord::<(), str>::to(topic)
        .partition(partition)
        .payload("x");
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.commit_transaction(WAIT).unwrap();
}

#[test]
fn the_next_record_of_a_compacted_partition_is_further_on() {
    let properties = [("log.cleaner.backoff.ms", "100")];
    let kafka = kafka::fresh(1, &properties);
    let at = kafka.bootstrap();
    let configs = [
        ("cleanup.policy", "compact"),
        ("segment.ms", "100"),
        ("min.cleanable.dirty.ratio", "0"),
    ];
    let first = 1_700_000_000_000;
    runtime().block_on(async {
        let cluster = connect(&at).await;
        create(&cluster, &[new_topic("compacted", 1, &configs)]).await;
        commit(&cluster, "reader", &[("compacted", 0, 0)]).await;
        let deadline = Instant::now() + WAIT;
        let mut made = 0;
        let next = loop {
            // A segment ends once a later record comes.
            produce(&at, "compacted", 0, &[first + made]).await;
            made += 1_000;
            let document = document(&at, &["reader", "--time"]);
            let partition = document["groups"][0]["topics"][0]["partitions"][0].clone();
            assert_eq!(partition["lag"], made / 1_000);
            if partition["next"]["offset"] != 0 {
                break partition["next"].clone();
            }
            assert!(Instant::now() < deadline, "{partition}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        let offset = next["offset"].as_i64().unwrap();
        assert_eq!(next["timestampMs"], first + offset * 1_000);
    });
}
