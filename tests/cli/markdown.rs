//! Plans of any size as comments on pull requests.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tonkafka::cluster::fake::State;

use crate::fake::{Bench, holding, topic};
use crate::fresh;

const ARGUMENTS: [&str; 7] = [
    "plan",
    "--allow-delete",
    "100000",
    "--allow",
    "keyed-growth",
    "-o",
    "markdown",
];

/// A manifest and a cluster with this many differences of all kinds.
fn differing(changes: usize) -> (String, State) {
    let mut manifest = "\
version: 1
policies: { require-description: { severity: warn, only: [team-0.new-0*] } }
topics:
  items:
"
    .to_owned();
    let mut topics = BTreeMap::new();
    for number in 0..changes {
        let team = number % 7;
        let (kind, fields, live) = match number % 10 {
            0..4 => (
                "new",
                "partitions: 6, replicas: 1, configs: {retention.ms: 7d}",
                None,
            ),
            4..7 => {
                let live = topic(6, &[("retention.ms", "1000"), ("segment.ms", "60000")]);
                (
                    "kept",
                    "partitions: 6, configs: {retention.ms: 7d}",
                    Some(live),
                )
            }
            7 => ("grown", "partitions: 12, keyed: true", Some(topic(6, &[]))),
            8 => (
                "wide",
                "partitions: 6, replicas: 3, configs: {segment.ms: unset}",
                { Some(topic(6, &[("segment.ms", "60000")])) },
            ),
            _ => ("old", "state: absent", Some(topic(6, &[]))),
        };
        let name = format!("team-{team}.{kind}-{number:03}");
        let _ = writeln!(manifest, "    - {{name: {name}, {fields}}}");
        topics.extend(live.map(|live| (name, live)));
    }
    let state = State {
        topics,
        ..holding(&[])
    };
    (manifest, state)
}

#[test]
fn a_hundred_changes_read_well() {
    let (manifest, state) = differing(100);
    let bench = Bench::new(&manifest, &state);
    let ran = bench.run(&ARGUMENTS).exits(0);
    assert!(!ran.stdout.contains("Shortened"));
    fresh::check("tests/formats/plan-100-changes.md", &ran.stdout);
}

/// The number in a heading such as `To create (4000)`.
fn number(comment: &str, heading: &str) -> usize {
    let (_, rest) = comment
        .split_once(&format!("<summary>{heading} ("))
        .unwrap();
    rest.split(')').next().unwrap().parse().unwrap()
}

#[test]
fn a_comment_that_is_too_long_for_a_pull_request_is_shortened_and_says_so() {
    for changes in [1_000, 10_000] {
        let (manifest, state) = differing(changes);
        let bench = Bench::new(&manifest, &state);
        let comment = bench.run(&ARGUMENTS).exits(0).stdout;
        let length = comment.chars().count();
        assert!((60_000..=65_000).contains(&length), "{length} characters");
        let start = format!(
            "### tonkafka plan: {} to create, {} to change, {} to delete, {2} let through, {2} cannot be applied\n\nCluster `fake-cluster`\n\n**Shortened:** a comment holds 65,536 characters, so each list ends after ",
            changes * 4 / 10,
            changes * 5 / 10,
            changes / 10,
        );
        assert!(comment.starts_with(&start), "{}", &comment[..400]);
        assert_eq!(number(&comment, "To create"), changes * 4 / 10);
        let (_, rest) = comment.split_once("each list ends after ").unwrap();
        let shown: usize = rest.split(' ').next().unwrap().parse().unwrap();
        let more = changes * 4 / 10 - shown;
        assert!(comment.contains(&format!("| … and {more} more | | |\n\n</details>")));
        assert!(comment.contains(&format!("- … and {} more\n", changes / 10 - shown)));
        let opened = comment.matches("<details>").count();
        assert_eq!(opened, comment.matches("</details>").count());
        assert!(comment.ends_with("</details>\n"), "it is cut at its end");
    }
}

/// A single line may exceed the limit of a comment.
#[test]
fn a_line_that_is_too_long_is_left_out() {
    let long = "x".repeat(70_000);
    let configs = [("leader.replication.throttled.replicas", long.as_str())];
    let state = holding(&[("a", topic(1, &configs))]);
    let bench = Bench::new(
        "version: 1\ntopics: {items: [{name: a, partitions: 1}]}\n",
        &state,
    );
    let comment = bench.run(&["plan", "-o", "markdown"]).exits(0).stdout;
    let expected = "\
### tonkafka plan: nothing to do

Cluster `fake-cluster`

**Shortened:** a comment holds 65,536 characters, so each list ends after 0 items. `tonkafka plan` prints the whole plan.

<details><summary>Not in the manifest, left alone (1)</summary>

- … and 1 more

</details>
";
    assert_eq!(comment, expected);
}

#[test]
fn a_finding_says_where_the_manifest_has_it() {
    let state = holding(&[("a", topic(3, &[]))]);
    let bench = Bench::new(
        "version: 1\ntopics:\n  items:\n    - {name: a, partitions: 1}\n",
        &state,
    );
    let comment = bench.run(&["plan", "-o", "markdown"]).exits(4).stdout;
    let expected = "`partition-decrease` at `topics.yaml:4:14`\n";
    assert!(comment.contains(expected), "{comment}");
}
