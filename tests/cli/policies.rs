//! Policies of a manifest, in every command that reads it.

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
    ran.stdout_starts(expected);
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

const LOOSE: &str = "\
version: 1
broker: { defaults: { min.insync.replicas: 3, default.replication.factor: 2 } }
topics:
  items:
    - { name: a, partitions: 100000, replicas: 1, configs: { min.insync.replicas: 2 } }
    - { name: b, partitions: 100001 }
environments:
  strict: { policies: { min-insync-within-replicas: true } }
  except: { policies: { min-insync-within-replicas: { value: true, except: [a] } } }
  quiet: { policies: { min-insync-within-replicas: false, max-partitions-in-all: false } }
";

#[test]
fn two_rules_warn_where_they_are_not_named() {
    let program = Program::with_manifest(LOOSE);
    let ran = program.run(&["validate"]).exits(0);
    assert_eq!(ran.stdout, "valid: 2 topics\n");
    assert_eq!(
        ran.stderr,
        "\
warning: `min.insync.replicas` is 3, but `default.replication.factor` is 2: brokers use the smaller number, so it protects less than it says
 --> topics.yaml:2:44
  |
2 | broker: { defaults: { min.insync.replicas: 3, default.replication.factor: 2 } }
  |                                            ^
note: `default.replication.factor` at topics.yaml:2:75
hint: raise `default.replication.factor`, or lower `min.insync.replicas`
warning: `min.insync.replicas` is 2, but the topic `a` has 1 replica: brokers use the smaller number, so it protects less than it says
 --> topics.yaml:5:83
  |
5 |     - { name: a, partitions: 100000, replicas: 1, configs: { min.insync.replicas: 2 } }
  |                                                                                   ^
note: `replicas` at topics.yaml:5:48
hint: raise `replicas`, or lower `min.insync.replicas`
warning: with this, the topics have more than 200000 partitions in all
 --> topics.yaml:6:30
  |
6 |     - { name: b, partitions: 100001 }
  |                              ^^^^^^
hint: correct `partitions`, or say with the policy `max-partitions-in-all` how many there may be
"
    );
    assert_eq!(
        program.run(&["validate", "--env", "quiet"]).exits(0).stderr,
        ""
    );
    let except = program.run(&["validate", "--env", "except"]).exits(0);
    assert!(
        !except.stderr.contains("the topic `a`"),
        "{}",
        except.stderr
    );
    let strict = ["validate", "--env", "strict"];
    let error = "\
error: `min.insync.replicas` is 2, but the topic `a` has 1 replica: brokers use the smaller number, so it protects less than it says (policy `min-insync-within-replicas`)
";
    let hint = "hint: raise `replicas`, or lower `min.insync.replicas`, or pass `--allow min-isr-above-replicas`\n";
    let ran = program.run(&strict).exits(2);
    ran.stderr_starts(error);
    ran.stderr_ends(hint);
    let allow = [&strict[..], &["--allow", "min-isr-above-replicas"]].concat();
    let ran = program.run(&allow).exits(0);
    let through = "let through: `min.insync.replicas` is 2, but the topic `a` has 1 replica: ";
    ran.stderr_has(through);
}

/// What the manifest alone shows is not repeated by the guard that reads the cluster.
#[test]
fn a_plan_says_once_that_min_isr_is_above_the_replicas() {
    let manifest = "version: 1\ntopics: { items: [{ name: a, partitions: 1, replicas: 1, configs: { min.insync.replicas: 2 } }] }\n";
    let bench = Bench::new(manifest, &State::default());
    let ran = bench.run(&["plan"]).exits(0);
    assert_eq!(
        ran.stdout.matches("[min-isr-above-replicas]").count(),
        1,
        "{}",
        ran.stdout
    );
    ran.stdout_has("notes:\n  topic a: `min.insync.replicas` is 2, but");
    bench.run(&["apply", "--yes"]).exits(0);
    let ran = bench.run(&["plan", "--exit-code"]).exits(0);
    assert_eq!(
        ran.stdout.matches("[min-isr-above-replicas]").count(),
        1,
        "{}",
        ran.stdout
    );
}
