//! Records are copied once, to topics that a plan creates, extends and configures.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{Fate, State};

use super::{Clusters, DENIED, content, faulty, log, orders, record};
use crate::fake::{holding, topic};

#[test]
fn everything_is_copied_once_and_nothing_twice() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    let shown = "\
+ topic orders
    partitions          2
    replication factor  1
    retention.ms        -1

plan: 1 to create, 0 to change, 0 to delete
";
    let dry = clusters.once("a", "b", &["--dry-run"]).exits(0);
    assert_eq!(dry.stdout, shown);
    let announced = "copies 2 partitions of 1 topic of cluster cluster-a to cluster cluster-b, up to where they end now\n";
    let ran = clusters.once("a", "b", &[]).exits(4);
    assert_eq!(ran.stdout, format!("{shown}{announced}"));
    ran.stderr_has("pass `--yes`");
    assert_eq!(clusters.state("b").topics, BTreeMap::new());

    let ran = clusters.once("a", "b", &["--yes"]).exits(0);
    let done = "copied 5 records from cluster cluster-a to cluster cluster-b, nothing behind\n";
    assert_eq!(ran.stdout, format!("{shown}{announced}{done}"));
    let (a, b) = (clusters.state("a"), clusters.state("b"));
    for partition in [0, 1] {
        assert_eq!(content(&b, partition), content(&a, partition));
    }
    let header = (
        "tonkafka-mirror".to_owned(),
        Some("cluster-a/orders:AAAAAAAAAAAAAAAAAAAAAQ/0:0/5".to_owned()),
    );
    assert_eq!(
        b.logs["orders"][&0].records[&3].headers.last(),
        Some(&header)
    );

    for more in [&["--yes"][..], &["--yes", "--exactly-once"]] {
        let ran = clusters.once("a", "b", more).exits(0);
        let none = "copied 0 records from cluster cluster-a to cluster cluster-b, nothing behind\n";
        assert_eq!(ran.stdout, format!("{announced}{none}"));
        assert_eq!(clusters.state("b").logs["orders"][&0].end, 4);
    }
}

#[test]
fn exactly_once_goes_on_where_it_ended() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    let more = ["--yes", "--exactly-once"];
    clusters.once("a", "b", &more).exits(0);
    let mut a = clusters.state("a");
    let added = log(7, &[(6, record(Some("n"), Some("n"), &[]))]);
    let first = a.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    first.end = 7;
    first.timestamps.extend(added.timestamps);
    first.records.extend(added.records);
    clusters.put("a", &a);
    let ran = clusters.once("a", "b", &more).exits(0);
    ran.stdout_has("copied 1 record from");
    let b = clusters.state("b");
    assert_eq!(content(&b, 0), content(&a, 0));
}

#[test]
fn a_topic_that_is_there_is_grown_and_set_by_a_plan() {
    let there = holding(&[("orders", topic(1, &[("segment.ms", "5")]))]);
    let clusters = Clusters::new(&[("a", orders()), ("b", there)]);
    let ran = clusters.once("a", "b", &["--yes", "-o", "json"]).exits(0);
    let b = clusters.state("b");
    assert_eq!(b.topics["orders"].partitions, 2);
    let configs = [("retention.ms", "-1"), ("segment.ms", "5")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(b.topics["orders"].configs, BTreeMap::from(configs));
    let last = ran.documents().pop().unwrap();
    assert_eq!(
        (&last["kind"], &last["type"]),
        (&"Mirror".into(), &"ended".into())
    );
    assert_eq!((&last["copied"], &last["lag"]), (&5.into(), &0.into()));
    assert_eq!(content(&b, 0), content(&clusters.state("a"), 0));
}

#[test]
fn a_properties_file_names_a_side_by_itself() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    for name in ["a", "b"] {
        let text = format!("bootstrap.servers=fake:{}\n", clusters.file(name));
        clusters.0.write(&format!("{name}.properties"), &text);
    }
    let mut both = vec!["orders", "--from-command-config", "a.properties"];
    both.extend(["--to-command-config", "b.properties", "--once", "--yes"]);
    clusters.run(&both).exits(0);
    assert!(clusters.state("b").topics.contains_key("orders"));
    // The current context counts for neither side.
    clusters.0.run(&["context", "use", "a"]).exits(0);
    clusters.0.write("a.properties", "client.id=a\n");
    let ran = clusters.run(&both).exits(2);
    assert_eq!(
        ran.stderr,
        "error: the file of `--from-command-config` names no brokers\nhint: set `bootstrap.servers` in it, or pass `--from-bootstrap-server`\n"
    );
}

#[test]
fn what_was_written_before_an_error_counts() {
    let refused = || Fate::Refused(DENIED.to_owned());
    let target = faulty(vec![Fate::Written, Fate::Written, refused()], &[]);
    let clusters = Clusters::new(&[("a", orders()), ("b", target)]);
    let ran = clusters.once("a", "b", &["--yes"]).exits(5);
    let said = "; 1 topic was created or changed, 3 records are copied\n";
    ran.stderr_ends(said);
    let again = clusters.once("a", "b", &["--yes"]).exits(0);
    again.stdout_has("copied 2 records from");
}
