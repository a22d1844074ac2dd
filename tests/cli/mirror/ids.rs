//! A topic that was deleted and created again is another topic.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tonkafka::cluster::Cluster;
use tonkafka::cluster::fake::{FakeRecord, FakeTopic, State};
use tonkafka::mirror::{Mirror, MirrorError, MirrorSettings, Route};
use tonkafka::model::topic::TopicId;

use super::{Clusters, content, log, orders, record, route, settings, two, with_logs};
use crate::fake::topic;

/// `orders` after it was deleted and created again, with this many records.
fn made_anew(records: i64) -> State {
    let new = |at| (at, record(None, Some(&format!("new {at}")), &[]));
    let records: Vec<(i64, FakeRecord)> = (0..records).map(new).collect();
    let end = i64::try_from(records.len()).unwrap();
    let anew = FakeTopic {
        id: 2,
        ..topic(2, &[("retention.ms", "-1")])
    };
    State {
        cluster_id: "cluster-a".to_owned(),
        ..with_logs(anew, vec![(0, log(end, &records))])
    }
}

#[test]
fn a_topic_of_another_id_is_refused_however_long_it_is() {
    for records in [1, 9] {
        let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
        clusters.once("a", "b", &["--yes"]).exits(0);
        clusters.put("a", &made_anew(records));
        let before = clusters.state("b");
        let ran = clusters.once("a", "b", &["--yes"]).exits(4);
        let said = "topic orders: the source's topic was made anew, and what is here was copied from the one before: orders-0, orders-1 [target-not-empty]";
        ran.stdout_has(said);
        assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
        assert!(!ran.stderr.contains("trying again"), "{}", ran.stderr);
        assert_eq!(clusters.state("b"), before);
        // Copies the new topic after the existing records, and continues from there.
        let ran = clusters.once("a", "b", &["--yes", "--append"]).exits(0);
        let copied = if records == 1 {
            "copied 1 record "
        } else {
            "copied 9 records "
        };
        ran.stdout_has(copied);
        let ran = clusters.once("a", "b", &["--yes"]).exits(0);
        ran.stdout_has("copied 0 records");
        assert_eq!(
            content(&clusters.state("b"), 0)[4..],
            content(&clusters.state("a"), 0)
        );
    }
}

#[test]
fn a_header_without_an_id_is_read_as_before() {
    let stamped = |at: i64| {
        let place = format!("cluster-a/orders/0/{at}");
        (
            at,
            record(None, Some("old"), &[("tonkafka-mirror", Some(&place))]),
        )
    };
    let there = log(3, &[stamped(0), stamped(1), stamped(2)]);
    let there = with_logs(topic(2, &[("retention.ms", "-1")]), vec![(0, there)]);
    let clusters = Clusters::new(&[("a", made_anew(9)), ("b", there.clone())]);
    let ran = clusters.once("a", "b", &["--yes"]).exits(0);
    ran.stdout_has("copied 6 records");
    // A shorter topic cannot be the same one: the mirror fails at once.
    let clusters = Clusters::new(&[("a", made_anew(1)), ("b", there)]);
    let began = Instant::now();
    let ran = clusters.once("a", "b", &["--yes"]).exits(4);
    let said = "\
error: the target has partition 0 of `orders` up to offset 3 of the source, and the source ends at 1: its topic was made anew, or lost records
hint: delete the topic at the target, so that it is made anew
";
    assert_eq!(ran.stderr, said);
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_topic_that_is_made_anew_meanwhile_ends_the_mirror() {
    let (a, b) = two();
    let mut id = TopicId::default();
    id.0[15] = 7;
    let settings = MirrorSettings {
        route: Route {
            topics: BTreeMap::from([("orders".to_owned(), id)]),
            ..route()
        },
        once: true,
        ..settings()
    };
    let mut mirror = Mirror::new((&a, &b), settings, None, || false);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ended = runtime.block_on(mirror.run(|tell| panic!("{tell:?}")));
    assert_eq!(ended, Err(MirrorError::Anew("orders".to_owned())));
}

#[test]
fn a_topic_of_the_target_that_is_deleted_ends_a_mirror() {
    let (a, b) = two();
    let settings = MirrorSettings {
        every: Duration::from_millis(1),
        patience: Duration::from_mins(5),
        ..settings()
    };
    let mut mirror = Mirror::new((&a, &b), settings, None, || false);
    let delete = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        b.delete_topics(&[("orders".to_owned(), None)]).await
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (ended, _) = runtime.block_on(async { tokio::join!(mirror.run(|_| ()), delete) });
    assert_eq!(ended, Err(MirrorError::Deleted("orders".to_owned())));
}
