//! The policies of a manifest, in every command that reads it.

use tonkafka::cluster::fake::State;
use tonkafka::plan::Code;

use crate::fake::Bench;
use crate::program::Program;

const MANIFEST: &str = "\
version: 1
policies:
  max-partitions: 50
  require-description: { severity: warn, except: [logs.*] }
topics:
  items:
    - { name: a, partitions: 60 }
    - { name: logs.a, partitions: 1 }
environments:
  lax: { policies: { max-partitions: false } }
  mild: { policies: { max-partitions: { value: 50, severity: warn } } }
";

const REFUSED: &str = "\
error: the topic `a` has 60 partitions, more than 50 (policy `max-partitions`)
 --> topics.yaml:7:30
  |
7 |     - { name: a, partitions: 60 }
  |                              ^^
note: the policy at topics.yaml:3:3
hint: lower `partitions`, or name the topic under the policy's `except`
";

const WARNED: &str = "\
warning: the topic `a` has no `description` (policy `require-description`)
 --> topics.yaml:7:15
  |
7 |     - { name: a, partitions: 60 }
  |               ^
note: the policy at topics.yaml:4:3
hint: say in its `description` what it is for, or name the topic under the policy's `except`
";

#[test]
fn a_broken_policy_stops_what_would_change_anything_before_anybody_is_called() {
    let program = Program::with_manifest(MANIFEST);
    for command in [
        &["validate"][..],
        &["plan", "-b", "nobody:1"],
        &["apply", "--yes", "-b", "nobody:1"],
        &["up"],
    ] {
        let ran = program.run(command).exits(2);
        assert_eq!(ran.stderr, REFUSED, "{command:?}");
        assert_eq!(ran.stdout, "", "{command:?}");
    }
}

#[test]
fn a_policy_that_warns_is_seen_and_stops_nothing() {
    let bench = Bench::new(MANIFEST, &State::default());
    let ran = bench.run(&["validate", "--env", "lax"]).exits(0);
    assert_eq!(ran.stderr, WARNED);
    assert_eq!(ran.stdout, "valid: 2 topics\n");
    let plan = ["plan", "--env", "lax", "--exit-code"];
    let expected = "\
+ topic a
    partitions          60
    replication factor  broker's default
+ topic logs.a
    partitions          1
    replication factor  broker's default

notes:
  topic a: the topic `a` has no `description` (policy `require-description`) [policy]
    at topics.yaml:7:15
    hint: say in its `description` what it is for, or name the topic under the policy's `except`

plan: 2 to create, 0 to change, 0 to delete
";
    assert_eq!(bench.run(&plan).exits(3).stdout, expected);
    let ran = bench.run(&["apply", "--env", "lax", "--yes"]).exits(0);
    assert!(ran.stdout.starts_with(expected), "{}", ran.stdout);
    bench.run(&plan).exits(0);
}

#[test]
fn a_warning_is_data_too() {
    let bench = Bench::new(MANIFEST, &State::default());
    let mild = ["--env", "mild", "-o", "json"];
    for command in ["validate", "plan"] {
        let document = bench.run(&[&[command], &mild[..]].concat()).exits(0).json();
        let findings = document["findings"].as_array().unwrap();
        let code = Code::Policy.to_string();
        let seen: Vec<(&str, &str, &str)> = findings
            .iter()
            .map(|finding| {
                let text = |field: &str| finding[field].as_str().unwrap();
                assert_eq!(text("code"), code);
                (text("severity"), text("place"), text("message"))
            })
            .collect();
        let expected = [
            (
                "note",
                "topics.yaml:7:15",
                "the topic `a` has no `description` (policy `require-description`)",
            ),
            (
                "note",
                "topics.yaml:7:30",
                "the topic `a` has 60 partitions, more than 50 (policy `max-partitions`)",
            ),
        ];
        assert_eq!(seen, expected, "{command}");
    }
}

#[test]
fn what_only_leaves_out_is_not_spoken_of() {
    let bench = Bench::new(MANIFEST, &State::default());
    let plan = ["plan", "--env", "lax", "--only", "logs.*"];
    let ran = bench.run(&plan).exits(0);
    assert!(!ran.stdout.contains("policy"), "{}", ran.stdout);
}

#[test]
fn looking_is_no_change() {
    let bench = Bench::new(MANIFEST, &State::default());
    let ran = bench.run(&["describe"]).exits(0);
    assert_eq!(ran.stderr, "");
}

#[test]
fn policies_may_stand_in_a_file_of_their_own_but_not_in_two() {
    let program =
        Program::with_manifest("version: 1\ntopics: { items: [{ name: a, partitions: 60 }] }\n");
    program.write(
        "policies.yaml",
        "version: 1\npolicies: { max-partitions: 50 }\n",
    );
    program.write(
        "more.yaml",
        "version: 1\npolicies: { max-partitions: 40 }\n",
    );
    let both = ["validate", "-f", "topics.yaml", "-f", "policies.yaml"];
    let ran = program.run(&both).exits(2);
    let expected = "\
error: the topic `a` has 60 partitions, more than 50 (policy `max-partitions`)
 --> topics.yaml:2:42
  |
2 | topics: { items: [{ name: a, partitions: 60 }] }
  |                                          ^^
note: the policy at policies.yaml:2:13
hint: lower `partitions`, or name the topic under the policy's `except`
";
    assert_eq!(ran.stderr, expected);
    let twice = ["validate", "-f", "policies.yaml", "-f", "more.yaml"];
    let expected = "\
error: `max-partitions` is set twice
 --> more.yaml:2:13
  |
2 | policies: { max-partitions: 40 }
  |             ^^^^^^^^^^^^^^
note: first at policies.yaml:2:13
hint: set it in one file only
";
    assert_eq!(program.run(&twice).exits(2).stderr, expected);
}
