//! `plan`, word for word.

use serde_json::json;
use tonkafka::cluster::fake::State;

use crate::fake::{Bench, error, holding, topic};

const MANIFEST: &str = "\
version: 1
broker:
  defaults:
    message.max.bytes: 1MB
    log.retention.hours: 24
topics:
  items:
    - {name: new.topic, partitions: 3, replicas: 1, configs: {retention.ms: 7d}}
    - {name: changed, partitions: 2, configs: {retention.ms: 1d, flush.ms: unset}}
    - {name: grown, partitions: 4, keyed: true}
    - {name: old, state: absent}
    - {name: wide, partitions: 1, replicas: 3}
    - {name: same, partitions: 1, configs: {cleanup.policy: 'compact, delete'}}
";

fn cluster() -> State {
    holding(&[
        (
            "changed",
            topic(
                2,
                &[
                    ("retention.ms", "1000"),
                    ("flush.ms", "9"),
                    ("segment.ms", "60000"),
                ],
            ),
        ),
        ("grown", topic(2, &[])),
        ("old", topic(1, &[])),
        ("wide", topic(1, &[])),
        ("same", topic(1, &[("cleanup.policy", "compact,delete")])),
        ("somebody-elses", topic(1, &[])),
    ])
}

const EXPECTED: &str = "\
~ all brokers
    message.max.bytes  1048588 [default] → 1000000 (1 MB)
+ topic new.topic
    partitions          3
    replication factor  1
    retention.ms        604800000 (7 days)
~ topic grown  (cannot be undone, and sends keys to other partitions)
    partitions  2 → 4
~ topic changed
    flush.ms      9 → (unset), then 9223372036854775807 [default]
    retention.ms  1000 (1 second) → 86400000 (1 day)
- topic old  (deletes records, cannot be undone)
    deletes  1 partition with all records

let through:
  topic grown: the manifest says `keyed: true`: with 4 partitions instead of 2, records of a key go to another partition than those before them [keyed-growth]
    at topics.yaml:10:14

cannot be applied:
  all brokers: log.retention.hours needs a restart: broker 1 runs with 168, the manifest says 24 [needs-restart]
    hint: declare `log.retention.ms` instead, which changes while brokers run
  topic wide: its replication factor is 1 and the manifest says 3: replicas are moved by reassignment, which apply does not do [replication-factor]
    at topics.yaml:12:14
    hint: reassign its partitions, or write `replicas: 1`

not in the manifest, left alone:
  topic changed: segment.ms = 60000 (1 minute)
  topic somebody-elses

plan: 1 to create, 3 to change, 1 to delete, 1 let through, 2 cannot be applied
";

#[test]
fn a_plan_says_everything() {
    let bench = Bench::new(MANIFEST, &cluster());
    let ran = bench
        .run(&["plan", "--allow-delete", "1", "--allow", "keyed-growth"])
        .exits(0);
    assert_eq!(ran.stdout, EXPECTED);
    assert_eq!(ran.stderr, "");
    bench
        .run(&[
            "plan",
            "--allow-delete",
            "1",
            "--allow",
            "keyed-growth",
            "--exit-code",
        ])
        .exits(3);
    assert_eq!(bench.state(), cluster());
}

#[test]
fn colours_come_only_when_wanted() {
    let bench = Bench::new(MANIFEST, &cluster());
    let plain = bench
        .run(&["plan", "--allow-delete", "1", "--allow", "keyed-growth"])
        .exits(0);
    assert!(!plain.stdout.contains('\u{1b}'));
    let painted = bench
        .run(&[
            "plan",
            "--allow-delete",
            "1",
            "--allow",
            "keyed-growth",
            "--color",
            "always",
        ])
        .exits(0);
    assert!(
        painted
            .stdout
            .contains("\u{1b}[32m+\u{1b}[0m topic new.topic"),
        "{}",
        painted.stdout
    );
}

#[test]
fn a_delete_without_its_flag_is_refused_and_shown() {
    let bench = Bench::new(MANIFEST, &cluster());
    let ran = bench.run(&["plan", "--allow", "keyed-growth"]).exits(4);
    let refused = "\
refused:
  topic old: 1 topic would be deleted with all records, and `--allow-delete` lets 0 go [delete-not-allowed]
    hint: to delete them, pass `--allow-delete 1`; to keep them, take `state: absent` out of the manifest
";
    assert!(ran.stdout.contains(refused), "{}", ran.stdout);
}

#[test]
fn a_plan_is_also_data() {
    let bench = Bench::new(MANIFEST, &cluster());
    let plan = bench
        .run(&[
            "plan",
            "--allow-delete",
            "1",
            "--allow",
            "keyed-growth",
            "-o",
            "json",
        ])
        .exits(0)
        .json();
    assert_eq!(plan["formatVersion"], 1);
    assert_eq!(plan["kind"], "Plan");
    assert_eq!(plan["clusterId"], "fake-cluster");
    assert_eq!(plan["manifestHash"].as_str().unwrap().len(), 64);
    assert_eq!(
        plan["steps"][3],
        json!({
            "id": 4,
            "resource": {"type": "topic", "name": "changed"},
        "topicId": "AAAAAAAAAAAAAAAAAAAAAQ",
            "action": {"type": "configure", "changes": [
                {
                    "key": "flush.ms",
                    "before": {"value": "9"},
                    "effective": {"value": {"value": "9"}, "source": "DYNAMIC_TOPIC_CONFIG"},
                    "after": "removed",
                    "inherits": {
                        "value": {"value": "9223372036854775807"},
                        "source": "DEFAULT_CONFIG"
                    }
                },
                {
                    "key": "retention.ms",
                    "before": {"value": "1000"},
                    "effective": {"value": {"value": "1000"}, "source": "DYNAMIC_TOPIC_CONFIG"},
                    "after": {"set": "86400000"}
                }
            ]},
            "reason": "setting-differs",
            "risk": "none"
        })
    );
    assert_eq!(plan["findings"][2]["code"], "replication-factor");
    assert_eq!(plan["leftAlone"]["topics"], json!(["somebody-elses"]));
}

#[test]
fn a_plan_is_also_a_comment_on_a_pull_request() {
    let bench = Bench::new(MANIFEST, &cluster());
    let arguments = [
        "plan",
        "--allow-delete",
        "1",
        "--allow",
        "keyed-growth",
        "-o",
        "markdown",
    ];
    let ran = bench.run(&arguments).exits(0);
    assert_eq!(
        ran.stdout,
        "\
### tonkafka plan: 1 to create, 3 to change, 1 to delete, 1 let through, 2 cannot be applied

Cluster `fake-cluster`

**Guards let through**

- `grown`: the manifest says `keyed: true`: with 4 partitions instead of 2, records of a key go to another partition than those before them `keyed-growth` at `topics.yaml:10:14`

**Cannot be undone**

- `old` is deleted with all records
- `grown` more partitions cannot be undone, and send keys elsewhere

<details><summary>To create (1)</summary>

| what | | |
|---|---|---|
| `new.topic` | 3 partitions, replication factor 1 | `retention.ms = 604800000 (7 days)` |

</details>

<details><summary>To change (4)</summary>

| what | | |
|---|---|---|
| all brokers | `message.max.bytes` | `1048588 [default] → 1000000 (1 MB)` |
| `grown` | partitions | 2 → 4 |
| `changed` | `flush.ms` | `9 → (unset), then 9223372036854775807 [default]` |
| `changed` | `retention.ms` | `1000 (1 second) → 86400000 (1 day)` |

</details>

<details><summary>To delete (1)</summary>

| what | | |
|---|---|---|
| `old` | 1 partition | all records |

</details>

<details><summary>Cannot be applied (2)</summary>

- all brokers: log.retention.hours needs a restart: broker 1 runs with 168, the manifest says 24 (declare `log.retention.ms` instead, which changes while brokers run) `needs-restart`
- `wide`: its replication factor is 1 and the manifest says 3: replicas are moved by reassignment, which apply does not do (reassign its partitions, or write `replicas: 1`) `replication-factor` at `topics.yaml:12:14`

</details>

<details><summary>Not in the manifest, left alone (2)</summary>

- `changed`: `segment.ms = 60000`
- `somebody-elses`

</details>
"
    );
    let other = bench.run(&["list", "topics", "-o", "markdown"]).exits(2);
    assert!(
        other
            .stderr
            .starts_with("error: only `plan` can be printed as markdown"),
        "{}",
        other.stderr
    );
}

#[test]
fn yaml_holds_the_same_document_as_json() {
    let bench = Bench::new(MANIFEST, &cluster());
    let json = bench
        .run(&[
            "plan",
            "--allow-delete",
            "1",
            "--allow",
            "keyed-growth",
            "-o",
            "json",
        ])
        .exits(0)
        .json();
    let yaml = bench
        .run(&[
            "plan",
            "--allow-delete",
            "1",
            "--allow",
            "keyed-growth",
            "-o",
            "yaml",
        ])
        .exits(0)
        .stdout;
    let read: serde_json::Value = serde_saphyr::from_str(&yaml).unwrap();
    assert_eq!(read, json);
    let error = bench
        .run(&[
            "apply",
            "-o",
            "yaml",
            "--allow-delete",
            "1",
            "--allow",
            "keyed-growth",
        ])
        .exits(4)
        .stdout;
    assert!(error.contains("kind: Error\n"), "{error}");
}

#[test]
fn only_narrows_to_topics_that_match() {
    let bench = Bench::new(MANIFEST, &cluster());
    let ran = bench
        .run(&[
            "plan",
            "--only",
            "gr*",
            "--only",
            "same",
            "--allow",
            "keyed-growth",
        ])
        .exits(0);
    assert!(ran.stdout.starts_with("~ topic grown"), "{}", ran.stdout);
    assert!(
        ran.stdout
            .ends_with("plan: 0 to create, 1 to change, 0 to delete, 1 let through\n")
    );
    let none = bench.run(&["plan", "--only", "x*"]).exits(2);
    assert_eq!(
        none.stderr,
        "error: `--only x*` matches no topic of the manifest\nhint: it matches whole names: write `user.*` for all that begin with `user.`\n"
    );
}

#[test]
fn what_only_leaves_out_is_declared_all_the_same() {
    let bench = Bench::new(MANIFEST, &cluster());
    let ran = bench.run(&["plan", "--only", "same"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
in the manifest, left out by `--only`:
  settings of all brokers
  topics changed, grown, new.topic, old, wide

not in the manifest, left alone:
  topic somebody-elses

plan: nothing to do
"
    );
    let only = ["plan", "--only", "same", "-o"];
    let document = bench.run(&[&only[..], &["json"]].concat()).exits(0).json();
    assert_eq!(document["leftAlone"]["topics"], json!(["somebody-elses"]));
    let topic = |name: &str| json!({ "type": "topic", "name": name });
    let left_out = ["changed", "grown", "new.topic", "old", "wide"].map(topic);
    let mut expected = vec![json!({ "type": "brokerDefaults" })];
    expected.extend(left_out);
    assert_eq!(document["leftOut"], json!(expected));
    let ran = bench.run(&[&only[..], &["markdown"]].concat()).exits(0);
    let folded = "<details><summary>In the manifest, left out by `--only` (6)</summary>\n\n- all brokers\n- `changed`\n";
    assert!(ran.stdout.contains(folded), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("left alone (1)</summary>\n\n- `somebody-elses`\n"),
        "{}",
        ran.stdout
    );
    // A saved plan keeps it.
    let out = ["plan", "--only", "same", "--out", "plan.json"];
    bench.run(&out).exits(0);
    bench.run(&["apply", "plan.json", "--yes"]).exits(0);
}

/// A new topic still collides with one that is declared, there, and left out.
#[test]
fn what_only_leaves_out_counts_for_collisions() {
    let manifest = "version: 1\ntopics:\n  items:\n    - {name: a.b, partitions: 1}\n    - {name: a_b, state: absent}\n";
    let bench = Bench::new(manifest, &holding(&[("a_b", topic(1, &[]))]));
    let ran = bench.run(&["plan", "--only", "a.b"]).exits(4);
    assert!(ran.stdout.contains("[name-collision]"), "{}", ran.stdout);
}

#[test]
fn differences_that_no_apply_removes_count_only_when_strict() {
    let manifest =
        "version: 1\ntopics:\n  items:\n    - {name: wide, partitions: 1, replicas: 3}\n";
    let bench = Bench::new(manifest, &cluster());
    bench.run(&["plan", "--exit-code"]).exits(0);
    bench.run(&["plan", "--strict"]).exits(3);
}

#[test]
fn another_cluster_is_refused() {
    let manifest = "version: 1\ncluster: {id: production}\ntopics:\n  items:\n    - {name: a, partitions: 1}\n";
    let bench = Bench::new(manifest, &State::default());
    let ran = bench.run(&["apply", "--yes"]).exits(4);
    assert!(
        ran.stderr.contains(
            "the manifest is for cluster `production`, and this is cluster `fake-cluster`"
        ),
        "{}",
        ran.stderr
    );
    assert_eq!(bench.state(), State::default());
}

#[test]
fn what_cannot_be_seen_is_not_absent() {
    let manifest = "version: 1\ntopics:\n  items:\n    - {name: hidden, partitions: 1}\n    - {name: a, partitions: 1}\n";
    let mut state = State::default();
    state.faults.not_permitted.insert("hidden".to_owned());
    let bench = Bench::new(manifest, &state);
    for command in [&["plan"][..], &["apply", "--yes"], &["describe"]] {
        let ran = bench.run(command).exits(7);
        assert!(!ran.stdout.contains("+ topic hidden"), "{}", ran.stdout);
    }
    let described = bench.run(&["describe"]).exits(7);
    assert!(
        described
            .stdout
            .contains("hidden           -   -  -        -                -  not visible\n"),
        "{}",
        described.stdout
    );
    assert_eq!(bench.state(), state);
}

#[test]
fn a_broker_that_does_not_answer_stops_a_change_of_brokers() {
    let manifest = "version: 1\nbroker: {defaults: {message.max.bytes: 5}}\n";
    let mut state = State {
        brokers: vec![1, 2],
        ..State::default()
    };
    state.faults.silent_brokers.insert(2);
    let bench = Bench::new(manifest, &state);
    let ran = bench.run(&["apply", "--yes"]).exits(7);
    assert!(
        ran.stderr.contains("broker 2: its settings cannot be read"),
        "{}",
        ran.stderr
    );
    assert_eq!(bench.state(), state);
}

#[test]
fn a_value_of_ones_own_is_written_when_the_one_for_all_changes_under_it() {
    // Broker 1 runs with what is wanted for it, but only because all brokers do; the same plan
    // changes that.
    let manifest = "version: 1\nbroker:\n  defaults: {message.max.bytes: 1000000}\n  brokers: {1: {message.max.bytes: 2000000}}\n";
    let state = State {
        brokers: vec![1, 2],
        broker_defaults: [("message.max.bytes".to_owned(), "2000000".to_owned())].into(),
        ..State::default()
    };
    let bench = Bench::new(manifest, &state);
    bench.run(&["apply", "--yes"]).exits(0);
    bench.run(&["plan", "--exit-code"]).exits(0);
    let after = bench.state();
    assert_eq!(after.broker_defaults["message.max.bytes"], "1000000");
    assert_eq!(after.broker_configs[&1]["message.max.bytes"], "2000000");
}

#[test]
fn min_isr_above_the_live_replicas_is_noted() {
    let manifest = "version: 1\ntopics:\n  items:\n    - {name: wide, partitions: 1, configs: {min.insync.replicas: 2}}\n";
    let bench = Bench::new(manifest, &cluster());
    let ran = bench.run(&["apply", "--yes"]).exits(0);
    assert!(ran.stdout.contains("topic wide: min.insync.replicas would be 2 and it has 1 replica: brokers use the smaller number, so it protects less than it says [min-isr-above-replicas]"), "{}", ran.stdout);
    let wide = &bench.state().topics["wide"];
    assert_eq!(wide.configs["min.insync.replicas"], "2");
}

#[test]
fn bad_input_is_found_before_anybody_is_called() {
    let bench = Bench::new(
        "version: 1\ntopics:\n  items:\n    - {name: a, partitons: 1}\n",
        &State::default(),
    );
    for command in ["validate", "plan", "apply", "describe"] {
        let ran = bench.program.run(&[command]).exits(2);
        assert!(
            ran.stderr
                .starts_with("error: unknown field `partitons`\n --> topics.yaml:4:17\n"),
            "{}",
            ran.stderr
        );
    }
    let ran = bench.run(&["plan", "-o", "json"]).exits(2);
    assert_eq!(error(&ran)["code"], 2);
    for arguments in [
        &["plan", "--timeout", "0s"][..],
        &["plan", "--allow-delete", "-1"],
        &["plan", "-o", "xml"],
        &["plan", "--bogus"],
        &["nonsense"],
    ] {
        bench.program.run(arguments).exits(2);
    }
    let absent = bench.program.run(&["plan", "-f", "absent.yaml"]).exits(2);
    assert!(absent.stderr.contains("absent.yaml"), "{}", absent.stderr);
}

#[test]
fn a_comment_on_a_hundred_changes_can_be_read_at_a_glance() {
    let items = |state: &str| {
        let item = |n: i32| format!("    - {{ name: live-{n:02}, {state} }}\n");
        (0..50).map(item).collect::<String>()
    };
    let live = |n: i32| (format!("live-{n:02}"), topic(1, &[]));
    let state = State {
        topics: (0..51).map(live).collect(),
        ..State::default()
    };
    let grown = items("partitions: 2, configs: { retention.ms: 30d }");
    let gone = "    - { name: live-50, state: absent }\n";
    let manifest = format!("version: 1\ntopics:\n  items:\n{grown}{gone}");
    let bench = Bench::new(&manifest, &state);
    let plan = ["plan", "-o", "markdown", "--allow-delete", "1"];
    let text = bench.run(&plan).exits(0).stdout;
    let (open, folded) = text.split_once("<details>").unwrap();
    let lines: Vec<&str> = open.lines().collect();
    assert_eq!(
        lines[0],
        "### tonkafka plan: 0 to create, 100 to change, 1 to delete"
    );
    assert_eq!(lines[6], "- `live-50` is deleted with all records");
    assert_eq!(lines.len(), 17, "{open}");
    for heading in [
        "<summary>More that cannot be undone (41)</summary>",
        "<summary>To change (100)</summary>",
        "<summary>To delete (1)</summary>",
    ] {
        assert!(folded.contains(heading), "{folded}");
    }
}
