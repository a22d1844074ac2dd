//! Records that the source lost, and records that are not copied.

use tonkafka::cluster::fake::{FakeLog, State};

use super::{Clusters, content, log, orders, record, with_logs};
use crate::fake::topic;

#[test]
fn a_source_that_lost_what_was_copied_is_not_taken_for_the_same() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    clusters.once("a", "b", &["--yes"]).exits(0);
    let cut = State {
        cluster_id: "cluster-a".to_owned(),
        ..with_logs(
            topic(2, &[("retention.ms", "-1")]),
            vec![(0, log(1, &[(0, record(None, Some("new"), &[]))]))],
        )
    };
    clusters.put("a", &cut);
    let before = clusters.state("b");
    let ran = clusters.once("a", "b", &["--yes"]).exits(7);
    assert_eq!(
        ran.stderr,
        "error: cannot read partition 0 of `orders` at offset 6: the log was cut by an unclean leader \
         election: leader epoch 0 was read up to here, and the leader has epoch 0 up to offset 1 only\n\
         hint: the target may have records that the source lost; delete the topic there, so that it is \
         made anew\n"
    );
    assert_eq!(clusters.state("b").logs, before.logs);
}

#[test]
fn records_that_went_away_before_they_were_copied_are_told() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    clusters.once("a", "b", &["--yes"]).exits(0);
    let mut a = clusters.state("a");
    let first = a.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    (first.start, first.end) = (8, 9);
    first.timestamps.insert(8, 9);
    clusters.put("a", &a);
    let before = clusters.state("b");
    let said = "\
partition 0 of `orders`: the source deleted offsets 6 to 7 before they were copied
error: 2 offsets of the source were deleted before they were copied
";
    for more in [&["--yes"][..], &["--yes", "-q"]] {
        clusters.put("b", &before);
        let ran = clusters.once("a", "b", more).exits(5);
        assert_eq!(ran.stderr, said);
        ran.stdout_has("copied 1 record from");
    }
    clusters.put("b", &before);
    let ran = clusters.once("a", "b", &["--yes", "-o", "json"]).exits(5);
    let documents = ran.documents();
    let ended = documents.iter().find(|one| one["type"] == "ended").unwrap();
    assert_eq!((&ended["copied"], &ended["lost"]), (&1.into(), &2.into()));
    // The loss is reported once.
    let ran = clusters.once("a", "b", &["--yes"]).exits(0);
    assert_eq!(ran.stderr, "");
}

/// `orders` at the target; its first partition has only leftovers of transactions.
fn left_by_transactions(start: i64) -> State {
    let aborted = record(Some("x"), Some("of nobody"), &[]);
    let log = FakeLog {
        start,
        marks: [0, 2, 3].into(),
        aborted: [1].into(),
        ..log(4, &[(1, aborted)])
    };
    with_logs(topic(2, &[("retention.ms", "-1")]), vec![(0, log)])
}

#[test]
fn ends_of_transactions_and_aborted_records_leave_a_partition_empty() {
    let clusters = Clusters::new(&[("a", orders()), ("b", left_by_transactions(0))]);
    let more = ["--yes", "--exactly-once"];
    let ran = clusters.once("a", "b", &more).exits(0);
    ran.stdout_has("copied 5 records");
    let b = clusters.state("b");
    assert_eq!(content(&b, 0)[1..], content(&clusters.state("a"), 0));
    // A log start above 0 means that there were records.
    let clusters = Clusters::new(&[("a", orders()), ("b", left_by_transactions(1))]);
    let ran = clusters.once("a", "b", &more).exits(4);
    let said = "it was written to by others than this mirror: orders-0 [target-not-empty]";
    ran.stdout_has(said);
}

#[test]
fn offsets_that_stay_without_an_answer_end_a_mirror() {
    let mut a = orders();
    a.faults.silent_from.insert("orders".to_owned(), 0);
    let clusters = Clusters::new(&[("a", a.clone()), ("b", State::default())]);
    let missing = "error: cannot read partition 0 of `orders` at offset 0: offsets 0 to 5 do not come: answers stay empty without an error, and that is no gap, as `cleanup.policy` is `delete`";
    let hint = "hint: the same command goes on where it ended; where the topic was compacted once, pass `--accept-gaps`";
    let ran = clusters.once("a", "b", &["--yes"]).exits(5);
    let done = "1 topic was created or changed, 0 records are copied";
    let said = format!("done     create topic orders\n{missing}; {done}\n{hint}\n");
    assert_eq!(ran.stderr, said);
    // The topic exists by now, so nothing is written.
    let ran = clusters.once("a", "b", &["--yes"]).exits(7);
    assert_eq!(ran.stderr, format!("{missing}\n{hint}\n"));
    a.faults.silent_from.insert("orders".to_owned(), 3);
    a.cluster_id = "cluster-a".to_owned();
    clusters.put("a", &a);
    let ran = clusters
        .once("a", "b", &["--yes", "--accept-gaps"])
        .exits(0);
    assert_eq!(
        ran.stderr,
        "partition 0 of `orders`: nothing came of offsets 3 to 5, which is taken for a gap\n"
    );
    let copied = "copied 3 records from cluster cluster-a to cluster cluster-b, nothing behind\n";
    ran.stdout_ends(copied);
    let json = ["--yes", "--accept-gaps", "-o", "json"];
    let ran = clusters.once("a", "b", &json).exits(0);
    let accepted = ran
        .documents()
        .into_iter()
        .find(|one| one["type"] == "accepted");
    let accepted = accepted.unwrap();
    assert_eq!(
        (&accepted["from"], &accepted["until"]),
        (&3.into(), &6.into())
    );
}

#[test]
fn what_an_open_transaction_keeps_back_is_told() {
    let mut a = orders();
    let log = a.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    log.open = Some(3);
    let clusters = Clusters::new(&[("a", a), ("b", State::default())]);
    let more = ["--yes", "--timeout", "1s"];
    let ran = clusters.once("a", "b", &more).exits(5);
    let told = "partition 0 of `orders`: offsets 3 to 5 are not copied: a transaction was open\n";
    let copied =
        "copied 3 records from cluster cluster-a to cluster cluster-b, up to an open transaction\n";
    let said = format!("{copied}{told}");
    ran.stdout_ends(&said);
    assert_eq!(
        ran.stderr,
        "done     create topic orders\n\
         waiting for open transactions: orders-0 at offset 3\n\
         error: the copy is without 3 offsets of 1 partition: transactions were open\n\
         hint: the same command goes on once they have ended; pass `--allow-open-transactions` to be \
         content with that\n"
    );
    // There is nothing left to write.
    clusters.once("a", "b", &more).exits(7);
    let ran = clusters.once(
        "a",
        "b",
        &["--yes", "--allow-open-transactions", "-o", "json"],
    );
    let last = ran.exits(0).documents().pop().unwrap();
    let open = serde_json::json!([{ "topic": "orders", "partition": 0, "from": 3, "to": 6 }]);
    assert_eq!(last["openTransactions"], open);
    let mut a = clusters.state("a");
    let log = a.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    log.open = None;
    clusters.put("a", &a);
    let ran = clusters.once("a", "b", &["--yes"]).exits(0);
    ran.stdout_has("copied 2 records");
}
