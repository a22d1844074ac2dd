//! Writes that are refused or not answered.

use tonkafka::cluster::fake::{Fate, Faults, State};

use super::{Clusters, DENIED, committed, content, faulty, orders, record};
use crate::program::Ran;

#[test]
fn a_record_that_the_target_does_not_take_ends_the_mirror_with_its_place_and_the_way_out() {
    let mut b = State::default();
    b.faults.largest_records.insert("orders".to_owned(), 100);
    let mut a = orders();
    let large = "x".repeat(80);
    let first = a.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    first
        .records
        .insert(5, record(Some("k"), Some(&large), &[]));
    let clusters = Clusters::new(&[("a", a), ("b", b)]);
    let said = "\
done     create topic orders
error: cannot write to partition 0 of `orders`: MESSAGE_TOO_LARGE; it is the record at offset 5 of the source, with 141 bytes as it was sent; 1 topic was created or changed, 3 records are copied
hint: raise `max.message.bytes` of topic `orders` at the target to 141 or more; where it is not set there, `message.max.bytes` of the brokers counts
";
    let ran = clusters.once("a", "b", &["--yes"]).exits(5);
    assert_eq!(ran.stderr, said);
    // With an existing topic, a transaction that fails writes nothing.
    let more = ["--yes", "--exactly-once"];
    let ran = clusters.once("a", "b", &more);
    assert!(!ran.stderr.contains("goes on"), "{}", ran.stderr);
    let mut b = clusters.state("b");
    b.faults.largest_records.clear();
    clusters.put("b", &b);
    clusters.once("a", "b", &["--yes"]).exits(0);
    let (a, b) = (clusters.state("a"), clusters.state("b"));
    assert_eq!(content(&b, 0), content(&a, 0));
}

#[test]
fn what_was_sent_and_not_answered_stays_unknown_whatever_fails_after_it() {
    // The batches of partition 0 have 1, 2 and 1 records; that of partition 1 has one.
    let refused = || Fate::Refused(DENIED.to_owned());
    let again = "trying again: a batch for partition 0 of `orders` may be written or not: connection closed\n";
    let begins = |partition: i32| {
        format!(
            "done     create topic orders\n{again}error: cannot write to partition {partition} of `orders`: {DENIED}; "
        )
    };
    let check = |ran: &Ran, partition: i32, copied: &str| {
        let ends = format!("; 1 topic was created or changed, {copied}\n");
        ran.stderr_starts(&begins(partition));
        ran.stderr_ends(&ends);
    };
    let target = faulty(vec![Fate::Written, Fate::Dropped, refused()], &[]);
    let clusters = Clusters::new(&[("a", orders()), ("b", target)]);
    let ran = clusters.once("a", "b", &["--yes"]).exits(6);
    check(&ran, 0, "between 1 and 3 records are copied");
    clusters.once("a", "b", &["--yes"]).exits(0);
    let copied = |clusters: &Clusters| content(&clusters.state("b"), 0);
    assert_eq!(copied(&clusters), content(&orders(), 0));

    // Records that are read back count as copied.
    let fates = [Fate::Unanswered, Fate::Written, Fate::Written, refused()];
    let clusters = Clusters::new(&[("a", orders()), ("b", faulty(fates.to_vec(), &[]))]);
    let ran = clusters.once("a", "b", &["--yes"]).exits(5);
    check(&ran, 1, "4 records are copied");
    let target = faulty(vec![Fate::Unanswered], &[]);
    let clusters = Clusters::new(&[("a", orders()), ("b", target)]);
    let ran = clusters.once("a", "b", &["--yes"]).exits(0);
    let said = "copied 5 records from";
    ran.stdout_has(said);
    assert_eq!(copied(&clusters), content(&orders(), 0));
}

#[test]
fn a_commit_that_is_not_answered_is_looked_for() {
    let more = ["--yes", "--exactly-once"];
    let target = faulty(Vec::new(), &["EndTxn"]);
    let clusters = Clusters::new(&[("a", orders()), ("b", target)]);
    let ran = clusters.once("a", "b", &more).exits(0);
    let said = "trying again: the transaction may be committed or not: connection closed\n";
    ran.stderr_ends(said);
    let said = "copied 5 records from";
    ran.stdout_has(said);
    assert_eq!(content(&clusters.state("b"), 0).len(), 4);
    // An uncommitted transaction copies nothing.
    let fates = [Fate::Written, Fate::Refused(DENIED.to_owned())];
    let clusters = Clusters::new(&[("a", orders()), ("b", faulty(fates.to_vec(), &[]))]);
    let ran = clusters.once("a", "b", &more).exits(5);
    let said = "; 1 topic was created or changed, 0 records are copied\n";
    ran.stderr_has(said);
}

#[test]
fn an_offset_of_a_group_that_is_not_answered_is_read_back() {
    let mut source = orders();
    source.groups.insert("billing".to_owned(), committed(2));
    let target = State {
        cluster_id: "cluster-b".to_owned(),
        faults: Faults {
            lose_answers: vec!["OffsetCommit".to_owned()],
            ..Faults::default()
        },
        ..State::default()
    };
    let clusters = Clusters::new(&[("a", source), ("b", target)]);
    let ran = clusters.once("a", "b", &["--yes", "--groups"]).exits(0);
    let said = "\
gave 1 partition of 1 group their offsets
to take it back: tonkafka reset-offsets undo mirror-billing-";
    ran.stderr_has(said);
    assert_eq!(
        clusters.state("b").groups["billing"].commits["orders"][&0].offset,
        1
    );
    // The commit was sent once.
    let requests = clusters.state("b").requests;
    let sent = requests
        .iter()
        .filter(|one| one.starts_with("OffsetCommit"));
    assert_eq!(sent.count(), 1, "{requests:?}");
}
