//! A plan as text, JSON, YAML and markdown.

use serde_json::json;
use tonkafka::cluster::fake::State;

use super::{MANIFEST, cluster};
use crate::fake::{Bench, topic};
use crate::program::words;

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
        .run(&words(
            "plan --allow-delete 1 --allow keyed-growth --exit-code",
        ))
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
        .run(&words(
            "plan --allow-delete 1 --allow keyed-growth --color always",
        ))
        .exits(0);
    painted.stdout_has("\u{1b}[32m+\u{1b}[0m topic new.topic");
}

#[test]
fn a_plan_is_also_data() {
    let bench = Bench::new(MANIFEST, &cluster());
    let plan = bench
        .run(&words("plan --allow-delete 1 --allow keyed-growth -o json"))
        .exits(0)
        .json();
    assert_eq!(plan["formatVersion"], 2);
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
    let arguments = words("plan --allow-delete 1 --allow keyed-growth -o markdown");
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
    other.stderr_starts("error: only `plan` can be printed as markdown");
}

#[test]
fn yaml_holds_the_same_document_as_json() {
    let bench = Bench::new(MANIFEST, &cluster());
    let json = bench
        .run(&words("plan --allow-delete 1 --allow keyed-growth -o json"))
        .exits(0)
        .json();
    let yaml = bench
        .run(&words("plan --allow-delete 1 --allow keyed-growth -o yaml"))
        .exits(0)
        .stdout;
    let read: serde_json::Value = serde_saphyr::from_str(&yaml).unwrap();
    assert_eq!(read, json);
    let error = bench
        .run(&words(
            "apply -o yaml --allow-delete 1 --allow keyed-growth",
        ))
        .exits(4)
        .stdout;
    assert!(error.contains("kind: Error\n"), "{error}");
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
