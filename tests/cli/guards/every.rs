//! Every guard: what triggers it, what passes it, and its entry in `docs/guards.md`.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::State;
use tonkafka::model::access::{AclBinding, Operation, PatternType, Permission, ResourceType};
use tonkafka::plan::{Code, Pass};

use super::{IN_CLEAR, half_down, items, old_and_new, severities};
use crate::fake::{Bench, holding, topic};
use crate::{fresh, removals, resets, restores};

/// A case that triggers a guard, and a way to pass it.
struct Row {
    manifest: String,
    state: State,
    /// Whether the guard triggers without a cluster.
    offline: bool,
    /// Further arguments of `plan` that the guard needs.
    with: &'static [&'static str],
    /// The flag that passes the guard, or a manifest that does.
    out: Out,
}

enum Out {
    Flag(&'static [&'static str]),
    Manifest(String),
    State(Box<State>),
}

fn row(manifest: impl Into<String>, state: State, out: Out) -> Row {
    Row {
        manifest: manifest.into(),
        state,
        offline: false,
        with: &[],
        out,
    }
}

const ABOVE_REPLICAS: &str = "\
version: 1
policies: { min-insync-within-replicas: true }
topics:
  items:
    - { name: a, partitions: 1, replicas: 1, configs: { min.insync.replicas: 2 } }
";

fn alter_of_the_cluster() -> AclBinding {
    AclBinding {
        resource_type: ResourceType::Cluster,
        resource_name: "kafka-cluster".to_owned(),
        pattern_type: PatternType::Literal,
        principal: "User:ANONYMOUS".to_owned(),
        host: "*".to_owned(),
        operation: Operation::Alter,
        permission: Permission::Allow,
    }
}

fn row_of(code: Code) -> Option<Row> {
    with_a_flag(code).or_else(|| without_a_flag(code))
}

fn with_a_flag(code: Code) -> Option<Row> {
    Some(match code {
        Code::WrongCluster => row(
            "version: 1\ncluster: {id: production}\n",
            State::default(),
            Out::Flag(&["--allow", "wrong-cluster"]),
        ),
        Code::DeleteNotAllowed => row(
            items("{name: a, state: absent}"),
            holding(&[("a", topic(1, &[]))]),
            Out::Flag(&["--allow-delete", "1"]),
        ),
        Code::RetentionCut => row(
            items("{name: a, partitions: 1, configs: {retention.ms: 1d}}"),
            old_and_new(&[]),
            Out::Flag(&["--allow", "retention-cut"]),
        ),
        Code::CompactsRecords => row(
            items("{name: a, partitions: 1, configs: {cleanup.policy: compact}}"),
            old_and_new(&[]),
            Out::Flag(&["--allow", "compacts-records"]),
        ),
        Code::KeyedGrowth => row(
            items("{name: a, partitions: 2, keyed: true}"),
            holding(&[("a", topic(1, &[]))]),
            Out::Flag(&["--allow", "keyed-growth"]),
        ),
        Code::InternalTopic => row(
            items(
                "{name: __consumer_offsets, partitions: 1, configs: {segment.bytes: 1000000000}}",
            ),
            holding(&[("__consumer_offsets", topic(1, &[]))]),
            Out::Flag(&["--allow", "internal-topic"]),
        ),
        Code::MinIsrAboveReplicas => Row {
            offline: true,
            ..row(
                ABOVE_REPLICAS,
                State::default(),
                Out::Flag(&["--allow", "min-isr-above-replicas"]),
            )
        },
        Code::MinIsrAboveBrokers => row(
            "version: 1\nbroker: {defaults: {min.insync.replicas: 2}}\n",
            half_down(),
            Out::Flag(&["--allow", "min-isr-above-brokers"]),
        ),
        Code::TooFewBrokers => row(
            items("{name: a, partitions: 1, replicas: 3}"),
            State::default(),
            Out::Flag(&["--allow", "too-few-brokers"]),
        ),
        Code::UnsupportedSetting => row(
            items("{name: a, partitions: 1, configs: {message.format.version: 3.0}}"),
            State::default(),
            Out::Flag(&["--allow", "unsupported-setting"]),
        ),
        Code::LocksOut => row(
            "version: 1\nacls: {items: [{principal: User:ANONYMOUS, operations: ALTER, cluster: true, state: absent}]}\n",
            State {
                acls: Some(vec![alter_of_the_cluster()]),
                ..State::default()
            },
            Out::Flag(&["--allow", "locks-out"]),
        ),
        Code::SensitiveInClear => Row {
            offline: true,
            ..row(
                IN_CLEAR,
                State::default(),
                Out::Flag(&["--allow", "sensitive-in-clear"]),
            )
        },
        _ => return None,
    })
}

fn without_a_flag(code: Code) -> Option<Row> {
    let manifest = |text: &str| Out::Manifest(text.to_owned());
    let three = || State {
        brokers: vec![1, 2, 3],
        ..State::default()
    };
    Some(match code {
        Code::InternalTopicStructure => row(
            items("{name: __consumer_offsets, partitions: 9}"),
            holding(&[("__consumer_offsets", topic(1, &[]))]),
            manifest(&items("{name: __consumer_offsets, partitions: 1}")),
        ),
        Code::NameCollision => row(
            items("{name: a.b, partitions: 1}"),
            holding(&[("a_b", topic(1, &[]))]),
            manifest(&items("{name: a-b, partitions: 1}")),
        ),
        Code::PartitionDecrease => row(
            items("{name: a, partitions: 1}"),
            holding(&[("a", topic(2, &[]))]),
            manifest(&items("{name: a, partitions: 2}")),
        ),
        Code::UnknownBrokerKey => row(
            "version: 1\nbroker: {defaults: {redpanda.nonsense: 1}}\n",
            State::default(),
            manifest("version: 1\nbroker: {defaults: {message.max.bytes: 1}}\n"),
        ),
        Code::UnknownBroker => row(
            "version: 1\nbroker: {brokers: {2: {message.max.bytes: 1}}}\n",
            State::default(),
            Out::State(Box::new(three())),
        ),
        Code::CannotUnset => row(
            "version: 1\nbroker: {defaults: {min.insync.replicas: unset}}\n",
            State {
                broker_defaults: BTreeMap::from([("min.insync.replicas".into(), "1".into())]),
                features: BTreeMap::from([("eligible.leader.replicas.version".into(), 1)]),
                ..State::default()
            },
            manifest("version: 1\nbroker: {defaults: {min.insync.replicas: 1}}\n"),
        ),
        Code::BrokerRefused => {
            let mut state = State::default();
            let words = "Topic names have to begin with a team";
            state.faults.refuse.insert("a".into(), words.into());
            Row {
                with: &["--validate-on-broker"],
                ..row(
                    items("{name: a, partitions: 1}"),
                    state,
                    manifest(&items("{name: team.a, partitions: 1}")),
                )
            }
        }
        _ => return None,
    })
}

#[test]
fn every_guard_trips_and_lets_through_and_is_described() {
    let page = std::fs::read_to_string(fresh::repository("docs/guards.md")).unwrap();
    for code in Code::ALL {
        if resets::guards::has(code) {
            resets::guards::trips_and_passes(code);
        } else if removals::has(code) {
            removals::trips_and_passes(code);
        } else if restores::guards::has(code) {
            restores::guards::trips_and_passes(code);
        } else if let Some(row) = row_of(code) {
            let bench = Bench::new(&row.manifest, &row.state);
            if row.offline {
                trips_offline(&bench, code);
            } else {
                trips(&bench, &row, code);
            }
            passes(&bench, &row, code);
        } else {
            assert_eq!(code.pass(), None, "{code} is a guard without a row");
            continue;
        }
        described(&page, code);
    }
}

#[track_caller]
fn trips(bench: &Bench, row: &Row, code: Code) {
    let plan = [&["plan"], row.with].concat();
    let text = bench.run(&plan).exits(4).stdout;
    let shown = format!("[{code}]");
    assert!(
        text.starts_with("refused:") || text.contains("\nrefused:\n"),
        "{text}"
    );
    assert!(text.contains(&shown), "{code}: {text}");
    assert!(text.contains("hint: "), "{code}: {text}");
    if code.pass() == Some(Pass::Allow) {
        assert!(text.contains(&format!("pass `--allow {code}`")), "{text}");
    }
    let markdown = bench
        .run(&[&plan[..], &["-o", "markdown"]].concat())
        .exits(4);
    markdown.stdout_has(&format!("`{code}`"));
    let json = bench.run(&[&plan[..], &["-o", "json"]].concat()).exits(4);
    assert_eq!(severities(&json, code), ["refused"], "{code}");
    // An apply does not validate on the brokers first; they refuse the step itself.
    if code != Code::BrokerRefused {
        let before = bench.state();
        let ran = bench.run(&["apply", "--yes"]).exits(4);
        ran.stderr_has("error: nothing was applied: ");
        assert_eq!(bench.state(), before, "{code}");
    }
}

/// Bad input is refused without connecting.
#[track_caller]
fn trips_offline(bench: &Bench, code: Code) {
    for command in [&["validate"][..], &["plan"], &["apply", "--yes"], &["up"]] {
        let ran = bench.program.run(&[command, &["-b", "nobody:1"]].concat());
        let ran = ran.exits(2);
        ran.stderr_starts("error: ");
        let flag = format!("pass `--allow {code}`");
        ran.stderr_has(&flag);
        assert_eq!(ran.stdout, "");
    }
}

fn passes(bench: &Bench, row: &Row, code: Code) {
    let mut arguments = vec!["-o", "json"];
    match &row.out {
        Out::Flag(flag) => {
            assert_ne!(code.pass(), Some(Pass::Never), "{code}");
            arguments.extend(*flag);
        }
        Out::Manifest(text) => {
            bench.program.write("topics.yaml", text);
        }
        Out::State(state) => {
            bench.set(state);
        }
    }
    let plan = [&["plan"], row.with, &arguments].concat();
    let planned = bench.run(&plan).exits(0);
    let expected: &[&str] = match code.pass() {
        Some(Pass::Allow) => &["allowed"],
        _ => &[],
    };
    assert_eq!(severities(&planned, code), expected, "{code}");
    let mut apply = vec!["apply", "--yes"];
    apply.extend(arguments);
    let applied = bench.run(&apply);
    assert!(
        !applied.stderr.contains("nothing was applied"),
        "{code}: {}",
        applied.stderr
    );
}

/// The page has a heading of the code, a triggering example, and the flag if there is one.
fn described(page: &str, code: Code) {
    let heading = format!("\n## {code}\n");
    let (_, entry) = page
        .split_once(&heading)
        .unwrap_or_else(|| panic!("docs/guards.md has no entry for {code}"));
    let entry = entry.split("\n## ").next().unwrap();
    assert!(entry.contains(&format!("[{code}]")), "{code}: {entry}");
    let flag = match code.pass() {
        Some(Pass::Allow) => format!("`--allow {code}`"),
        Some(Pass::AllowDelete) => "`--allow-delete".to_owned(),
        Some(Pass::Flag(flag)) => format!("`{flag}`"),
        _ => "No flag".to_owned(),
    };
    assert!(entry.contains(&flag), "{code} does not name {flag}");
}

#[test]
fn a_code_that_cannot_be_let_through_is_bad_usage() {
    let bench = Bench::new("version: 1\n", &State::default());
    for wrong in ["partition-decrease", "delete-not-allowed", "nonsense"] {
        let ran = bench.run(&["plan", "--allow", wrong]).exits(2);
        ran.stderr_has("possible values: wrong-cluster, retention-cut");
    }
    bench
        .run(&["plan", "--allow", "wrong-cluster,retention-cut"])
        .exits(0);
    for flag in [
        &["--allow", "wrong-cluster"][..],
        &["--delete-orphans"],
        &["--prune-configs"],
    ] {
        bench
            .run(&[&["apply", "plan.json"], flag].concat())
            .exits(2);
    }
}

#[test]
fn the_brokers_own_objections_are_in_the_plan() {
    let row = row_of(Code::BrokerRefused).unwrap();
    let bench = Bench::new(&row.manifest, &row.state);
    bench.run(&["plan"]).exits(0);
    let ran = bench.run(&["plan", "--validate-on-broker"]).exits(4);
    ran.stdout_has("topic a: the brokers refuse it: POLICY_VIOLATION: Topic names have to begin with a team [broker-refused]");
    assert_eq!(bench.state().topics, BTreeMap::new());
    let kept = ["plan", "--validate-on-broker", "--out", "plan.json"];
    bench.run(&kept).exits(4);
    assert!(!bench.program.path().join("plan.json").exists());
}
