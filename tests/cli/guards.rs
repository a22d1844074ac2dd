//! Every guard: what trips it, what lets it through, and its entry in `docs/guards.md`.

use std::collections::BTreeMap;

use serde_json::Value;
use tonkafka::cluster::fake::{FakeLog, FakeTopic, State};
use tonkafka::plan::{Code, Pass};

use crate::fake::{Bench, holding, topic};
use crate::fresh;
use crate::program::{Program, Ran};
use crate::{removals, resets, restores};

/// What trips a guard, and what gets past it.
struct Row {
    manifest: String,
    state: State,
    /// Whether it trips before any cluster is asked.
    offline: bool,
    /// Arguments of plan that it takes to trip.
    with: &'static [&'static str],
    /// The flag that lets it through, or the manifest of the other way out.
    out: Out,
}

enum Out {
    Flag(&'static [&'static str]),
    Manifest(String),
    State(Box<State>),
}

fn items(items: &str) -> String {
    format!("version: 1\ntopics:\n  items:\n    - {items}\n")
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

const IN_CLEAR: &str = "\
version: 1
broker:
  brokers:
    1: { listener.name.internal.ssl.keystore.password: hunter2 }
";

const ABOVE_REPLICAS: &str = "\
version: 1
policies: { min-insync-within-replicas: true }
topics:
  items:
    - { name: a, partitions: 1, replicas: 1, configs: { min.insync.replicas: 2 } }
";

/// A topic with two replicas, one of them on a broker that is down.
fn half_down() -> State {
    let mut state = State {
        brokers: vec![1, 2],
        ..holding(&[("a", topic(1, &[]))])
    };
    state.topics.get_mut("a").unwrap().replicas = 2;
    state.faults.dead_brokers.insert(2);
    state
}

/// A topic with records, the first half of them from 1970, the others from a far future.
fn old_and_new(configs: &[(&str, &str)]) -> State {
    let log = FakeLog {
        start: 10,
        end: 110,
        size: 204_800,
        timestamps: BTreeMap::from([(10, 0), (60, 4_000_000_000_000)]),
        ..FakeLog::default()
    };
    State {
        logs: BTreeMap::from([("a".to_owned(), BTreeMap::from([(0, log)]))]),
        ..holding(&[("a", topic(1, configs))])
    }
}

/// The row of a guard.
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

fn severities(ran: &Ran, code: Code) -> Vec<String> {
    let plan = ran.json();
    let findings = plan["findings"].as_array().unwrap();
    findings
        .iter()
        .filter(|finding| finding["code"] == code.to_string())
        .map(|finding| finding["severity"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_guard_trips_and_lets_through_and_is_described() {
    let page = std::fs::read_to_string(fresh::repository("docs/guards.md")).unwrap();
    for code in Code::ALL {
        if resets::guards(code) {
            resets::trips_and_passes(code);
            described(&page, code);
            continue;
        }
        if removals::guards(code) {
            removals::trips_and_passes(code);
            described(&page, code);
            continue;
        }
        if restores::guards(code) {
            restores::trips_and_passes(code);
            described(&page, code);
            continue;
        }
        let Some(row) = row_of(code) else {
            assert_eq!(code.pass(), None, "{code} is a guard without a row");
            continue;
        };
        let bench = Bench::new(&row.manifest, &row.state);
        if row.offline {
            trips_offline(&bench, code);
        } else {
            trips(&bench, &row, code);
        }
        passes(&bench, &row, code);
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
    assert!(
        markdown.stdout.contains(&format!("`{code}`")),
        "{}",
        markdown.stdout
    );
    let json = bench.run(&[&plan[..], &["-o", "json"]].concat()).exits(4);
    assert_eq!(severities(&json, code), ["refused"], "{code}");
    // An apply does not ask the brokers first: they refuse the step itself.
    if code != Code::BrokerRefused {
        let before = bench.state();
        let ran = bench.run(&["apply", "--yes"]).exits(4);
        assert!(
            ran.stderr.contains("error: nothing was applied: "),
            "{}",
            ran.stderr
        );
        assert_eq!(bench.state(), before, "{code}");
    }
}

/// Bad input: nobody is connected to, and nothing is planned.
#[track_caller]
fn trips_offline(bench: &Bench, code: Code) {
    for command in [&["validate"][..], &["plan"], &["apply", "--yes"], &["up"]] {
        let ran = bench.program.run(&[command, &["-b", "nobody:1"]].concat());
        let ran = ran.exits(2);
        assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
        let flag = format!("pass `--allow {code}`");
        assert!(ran.stderr.contains(&flag), "{}", ran.stderr);
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
            let text = serde_json::to_string(state).unwrap();
            bench.program.write("cluster.json", &text);
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

/// A heading of the code, with an example that shows it, and its flag where it has one.
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
        assert!(
            ran.stderr
                .contains("possible values: wrong-cluster, retention-cut"),
            "{}",
            ran.stderr
        );
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

const CUT: &str = "{name: a, partitions: 1, configs: {retention.ms: 1d}}";

#[test]
fn a_saved_plan_keeps_what_was_let_through() {
    let bench = Bench::new(&items(CUT), &old_and_new(&[]));
    let out = ["plan", "--out", "plan.json", "--allow", "retention-cut"];
    let ran = bench.run(&out).exits(0);
    let expected = "\
~ topic a  (deletes records, cannot be undone)
    retention.ms  604800000 (7 days) [default] → 86400000 (1 day)

let through:
  topic a: changing retention.ms would drop up to 50 records (about 100 KiB) now [retention-cut]
    at topics.yaml:4:14

plan: 0 to create, 1 to change, 0 to delete, 1 let through
";
    assert_eq!(ran.stdout, expected);
    let ran = bench.run(&["apply", "plan.json", "--yes"]).exits(0);
    assert!(ran.stdout.starts_with(expected), "{}", ran.stdout);
    assert_eq!(
        bench.state().topics["a"].configs["retention.ms"],
        "86400000"
    );
}

#[test]
fn a_lower_retention_that_drops_nothing_trips_nothing() {
    // Everything is older than the new limit, and nothing is there.
    let empty = holding(&[("a", topic(1, &[]))]);
    Bench::new(&items(CUT), &empty).run(&["plan"]).exits(0);
    // A longer retention drops nothing, however old the records are.
    let longer = "{name: a, partitions: 1, configs: {retention.ms: 30d}}";
    Bench::new(&items(longer), &old_and_new(&[]))
        .run(&["plan"])
        .exits(0);
    // Nothing is deleted by age where clean-up only compacts.
    let compacted = old_and_new(&[("cleanup.policy", "compact")]);
    Bench::new(&items(CUT), &compacted).run(&["plan"]).exits(0);
    // All records are younger than the new limit.
    let mut young = old_and_new(&[]);
    let log = young.logs.get_mut("a").unwrap().get_mut(&0).unwrap();
    log.timestamps = BTreeMap::from([(10, 4_000_000_000_000)]);
    Bench::new(&items(CUT), &young).run(&["plan"]).exits(0);
}

#[track_caller]
fn refused(manifest: &str, state: &State, expected: &str) {
    let ran = Bench::new(manifest, state).run(&["plan"]).exits(4);
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
}

#[test]
fn every_way_to_lower_what_is_kept_is_measured() {
    let size = items("{name: a, partitions: 1, configs: {retention.bytes: 100KiB}}");
    let says = "changing retention.bytes would drop up to 50 records (about 100 KiB) now";
    refused(&size, &old_and_new(&[]), says);
    let policy = items("{name: a, partitions: 1, configs: {cleanup.policy: [compact, delete]}}");
    let says = "changing cleanup.policy would drop up to 50 records (about 100 KiB) now";
    refused(
        &policy,
        &old_and_new(&[("cleanup.policy", "compact")]),
        says,
    );
    let unset = items("{name: a, partitions: 1, configs: {retention.ms: unset}}");
    let says = "\
~ topic a  (deletes records, cannot be undone)
    retention.ms  -1 → (unset), then 604800000 (7 days) [default]

refused:
  topic a: changing retention.ms would drop up to 50 records (about 100 KiB) now [retention-cut]
    at topics.yaml:4:14
    hint: keep the retention, or copy the records away first; to do it all the same, pass `--allow retention-cut`
";
    refused(&unset, &old_and_new(&[("retention.ms", "-1")]), says);
}

#[test]
fn what_topics_inherit_is_measured_too() {
    let mut state = old_and_new(&[]);
    let log = state.logs["a"].clone();
    for (name, configs) in [("kept", &[("retention.ms", "604800000")][..]), ("b", &[])] {
        state.logs.insert(name.into(), log.clone());
        state.topics.insert(name.into(), topic(1, configs));
    }
    let manifest = "version: 1\nbroker: {defaults: {log.retention.ms: 1d}}\n";
    refused(
        manifest,
        &state,
        "all brokers: changing log.retention.ms would drop up to 100 records (about 200 KiB) now: a up to 50 records (about 100 KiB); b up to 50 records (about 100 KiB) [retention-cut]\n    hint: keep the retention, or first give these topics a retention of their own with `apply --only`",
    );
}

#[test]
fn one_broker_and_what_it_falls_back_to_count_as_well() {
    let mut state = old_and_new(&[]);
    state.brokers = vec![1, 2];
    let of =
        |id: i32| format!("version: 1\nbroker: {{brokers: {{{id}: {{log.retention.ms: 1d}}}}}}\n");
    let says = "broker 1: changing log.retention.ms would drop up to 50 records (about 100 KiB) now: a up to 50 records";
    refused(&of(1), &state, says);
    // The only partition is on broker 1.
    Bench::new(&of(2), &state).run(&["plan"]).exits(0);

    let endless = BTreeMap::from([("log.retention.ms".to_owned(), "-1".to_owned())]);
    state.broker_defaults = endless;
    refused(
        "version: 1\nbroker: {defaults: {log.retention.ms: unset}}\n",
        &state,
        "\
~ all brokers  (deletes records, cannot be undone)
    log.retention.ms  -1 → (unset), then 604800000 (7 days) [default]

refused:
  all brokers: changing log.retention.ms would drop up to 50 records (about 100 KiB) now: a ",
    );
}

#[test]
fn a_topic_that_cannot_be_seen_counts_only_where_less_is_kept() {
    let mut state = holding(&[("hidden", topic(1, &[])), ("a", topic(1, &[]))]);
    state.faults.hidden_configs.insert("hidden".to_owned());
    state.broker_defaults = BTreeMap::from([("log.retention.bytes".into(), "1000".into())]);
    let with = |bytes: &str| {
        format!("version: 1\nbroker: {{defaults: {{log.retention.bytes: {bytes}}}}}\n")
    };
    refused(
        &with("999"),
        &state,
        "changing log.retention.bytes would drop an unknown amount now: hidden an unknown amount (its settings are not visible) [retention-cut]",
    );
    for more in ["1001", "-1"] {
        Bench::new(&with(more), &state).run(&["plan"]).exits(0);
    }
}

#[test]
fn an_amount_that_cannot_be_read_is_refused_as_unknown() {
    let mut state = old_and_new(&[]);
    state.brokers = vec![1, 2];
    state.topics.get_mut("a").unwrap().replicas = 2;
    state.faults.silent_brokers.extend([1, 2]);
    let size = items("{name: a, partitions: 1, configs: {retention.bytes: 100KiB}}");
    refused(
        &size,
        &state,
        "would drop an unknown amount now (sizes of broker 2 cannot be read: ",
    );
    let unset = items("{name: a, partitions: 1, configs: {retention.ms: unset}}");
    let mut blind = old_and_new(&[("retention.ms", "1000000")]);
    blind.faults.silent_brokers.insert(1);
    let says = "changing retention.ms would drop an unknown amount now (what retention.ms falls back to cannot be read)";
    refused(&unset, &blind, says);
    blind.logs.clear();
    Bench::new(&unset, &blind).run(&["plan"]).exits(0);
    let tiered = old_and_new(&[("remote.storage.enable", "true")]);
    refused(
        &size,
        &tiered,
        "would drop up to 50 records (about 100 KiB), and an unknown amount beyond that now (parts of it are in remote storage, which is not measured)",
    );
    refused(
        &items(CUT),
        &state,
        "would drop up to 50 records of unknown size now",
    );
}

#[test]
fn compacted_topics_and_brokers_defaults_count() {
    let compacted = holding(&[("a", topic(1, &[("cleanup.policy", "compact")]))]);
    refused(
        &items("{name: a, partitions: 2}"),
        &compacted,
        "topic a: it is compacted, so its records have keys: with 2 partitions instead of 1, records of a key go to another partition than those before them [keyed-growth]",
    );
    let mut hidden = holding(&[("a", topic(1, &[]))]);
    hidden.faults.hidden_configs.insert("a".to_owned());
    refused(
        &items("{name: a, partitions: 2}"),
        &hidden,
        "topic a: its cleanup.policy cannot be read, and it may be compacted: with 2 partitions",
    );
    let wide = State {
        static_configs: BTreeMap::from([("default.replication.factor".into(), "3".into())]),
        ..State::default()
    };
    refused(
        &items("{name: a, partitions: 1}"),
        &wide,
        "the brokers' default.replication.factor gives it 3 replicas, and 1 broker is alive [too-few-brokers]",
    );
}

/// The plan goes through, and says this.
#[track_caller]
fn noted(manifest: &str, state: &State, expected: &str) {
    let ran = Bench::new(manifest, state).run(&["plan"]).exits(0);
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
}

const TWO_IN_SYNC: &str = "version: 1\nbroker: {defaults: {min.insync.replicas: 2}}\n";

/// Brokers ask for no more replicas than a topic has.
#[test]
fn min_isr_above_replicas_is_a_note_unless_a_policy_refuses_it() {
    let strict = State {
        brokers: vec![1, 2],
        static_configs: BTreeMap::from([("min.insync.replicas".into(), "2".into())]),
        ..State::default()
    };
    let inherits = items("{name: a, partitions: 1, replicas: 1}");
    let says = "\
notes:
  topic a: min.insync.replicas would be 2 and it would have 1 replica: brokers use the smaller number, so it protects less than it says [min-isr-above-replicas]
    at topics.yaml:4:14
    hint: give the topic more replicas, or declare min.insync.replicas as 1
";
    noted(&inherits, &strict, says);
    let policy = "policies: {min-insync-within-replicas: true}\n";
    let with_policy = |manifest: &str| manifest.replacen('\n', &format!("\n{policy}"), 1);
    refused(
        &with_policy(&inherits),
        &strict,
        "\
refused:
  topic a: min.insync.replicas would be 2 and it would have 1 replica: brokers use the smaller number, so it protects less than it says [min-isr-above-replicas]
    at topics.yaml:5:14
    hint: give the topic more replicas, or declare min.insync.replicas as 1; to do it all the same, pass `--allow min-isr-above-replicas`
",
    );
    let bench = Bench::new(&with_policy(&inherits), &strict);
    let allow = ["plan", "--allow", "min-isr-above-replicas"];
    let ran = bench.run(&allow).exits(0);
    assert!(
        ran.stdout.contains("let through:\n  topic a: "),
        "{}",
        ran.stdout
    );
    let narrow = State {
        brokers: vec![1, 2],
        ..holding(&[("a", topic(1, &[])), ("__consumer_offsets", topic(1, &[]))])
    };
    let says = "min.insync.replicas would be 2, and these have fewer replicas: __consumer_offsets, a; for them brokers use the smaller number, so it protects less than it says [min-isr-above-replicas]";
    noted(TWO_IN_SYNC, &narrow, says);
    let declared = format!("{TWO_IN_SYNC}topics: {{items: [{{name: a, partitions: 1}}]}}\n");
    noted(&declared, &narrow, says);
    refused(&with_policy(&declared), &narrow, says);
    // One broker is enough for topics of one replica.
    Bench::new(TWO_IN_SYNC, &State::default())
        .run(&["apply", "--yes"])
        .exits(0);
}

#[test]
fn min_isr_above_live_replicas_is_refused_where_nothing_could_be_written() {
    let mut state = half_down();
    refused(
        TWO_IN_SYNC,
        &state,
        "all brokers: min.insync.replicas would be 2, and these have partitions with fewer replicas on live brokers: a; nothing could be written there with acks=all [min-isr-above-brokers]\n    hint: 1 broker is alive: start the others, or declare a lower min.insync.replicas",
    );
    let own = |least: i32| {
        items(&format!(
            "{{name: a, partitions: 1, configs: {{min.insync.replicas: {least}}}}}"
        ))
    };
    refused(
        &own(2),
        &state,
        "topic a: min.insync.replicas would be 2, and its partition has fewer replicas on live brokers: nothing could be written there with acks=all [min-isr-above-brokers]",
    );
    // Two brokers are alive, and not those of every partition.
    state.brokers.push(3);
    let a = state.topics.get_mut("a").unwrap();
    a.partitions = 3;
    let wide = items("{name: a, partitions: 3, configs: {min.insync.replicas: 2}}");
    refused(
        &wide,
        &state,
        "topic a: min.insync.replicas would be 2, and 2 of its 3 partitions have fewer replicas on live brokers",
    );
    // What is stuck already is not made worse by asking for less.
    let a = state.topics.get_mut("a").unwrap();
    a.configs.insert("min.insync.replicas".into(), "3".into());
    Bench::new(&wide, &state).run(&["plan"]).exits(0);
}

#[test]
fn the_brokers_own_objections_are_in_the_plan() {
    let row = row_of(Code::BrokerRefused).unwrap();
    let bench = Bench::new(&row.manifest, &row.state);
    bench.run(&["plan"]).exits(0);
    let ran = bench.run(&["plan", "--validate-on-broker"]).exits(4);
    assert!(
        ran.stdout.contains("topic a: the brokers refuse it: POLICY_VIOLATION: Topic names have to begin with a team [broker-refused]"),
        "{}",
        ran.stdout
    );
    assert_eq!(bench.state().topics, BTreeMap::new());
    let kept = ["plan", "--validate-on-broker", "--out", "plan.json"];
    bench.run(&kept).exits(4);
    assert!(!bench.program.path().join("plan.json").exists());
}

const OWNED: &str = "\
version: 1
ownership: {prefixes: [user., flow.]}
topics:
  items:
    - {name: user.activity, partitions: 1}
environments:
  production:
    topics:
      items:
        - {name: user.audit, partitions: 1}
";

fn owned() -> State {
    let names = [
        "user.activity",
        "user.audit",
        "user.left",
        "flow.old",
        "flow.app-store-changelog",
        "users",
        "_schemas",
    ];
    let topics: Vec<(&str, FakeTopic)> = names.map(|name| (name, topic(1, &[]))).into();
    holding(&topics)
}

#[test]
fn orphans_are_listed_and_deleted_only_when_told_twice() {
    let bench = Bench::new(OWNED, &owned());
    let ran = bench.run(&["plan", "--exit-code"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
orphans, under a prefix that the manifest owns and not declared:
  topics flow.old, user.left
    hint: declare them, or pass `--delete-orphans` to plan their deletion

not in the manifest, left alone:
  topics _schemas, flow.app-store-changelog, user.audit, users

plan: nothing to do
"
    );
    let json = bench.run(&["plan", "-o", "json"]).exits(0).json();
    assert_eq!(
        json["orphans"],
        serde_json::json!(["flow.old", "user.left"])
    );
    let ran = bench.run(&["apply", "--yes", "--delete-orphans"]).exits(4);
    assert!(
        ran.stderr.ends_with("hint: to delete them, pass `--allow-delete 2`; to keep them, leave out `--delete-orphans`\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(bench.state(), owned());
    let flags = ["--delete-orphans", "--allow-delete", "2"];
    let out = [&["plan", "--out", "plan.json"], &flags[..]].concat();
    let ran = bench.run(&out).exits(0);
    let step = "\
- topic user.left  (deletes records, cannot be undone)
    deletes  1 partition with all records
    orphan   the manifest owns its prefix and does not declare it
";
    assert!(ran.stdout.contains(step), "{}", ran.stdout);
    let saved: Value = serde_json::from_str(&bench.program.read("plan.json")).unwrap();
    assert_eq!(saved["steps"][0]["reason"], "orphan");
    bench.run(&["apply", "plan.json", "--yes"]).exits(0);
    let left: Vec<String> = bench.state().topics.into_keys().collect();
    let expected = [
        "_schemas",
        "flow.app-store-changelog",
        "user.activity",
        "user.audit",
        "users",
    ];
    assert_eq!(left, expected);
    let narrow = ["plan", "--only", "user.*", "--delete-orphans"];
    bench.run(&narrow).exits(2);
    bench.program.write("topics.yaml", "version: 1\n");
    let nobody = bench.run(&["plan", "--delete-orphans"]).exits(2);
    assert_eq!(
        nobody.stderr,
        "error: `--delete-orphans` needs a manifest that owns prefixes\nhint: name them under `ownership: { prefixes: […] }`, or leave the flag out\n"
    );
}

#[test]
fn an_orphan_that_was_made_anew_is_not_deleted() {
    let bench = Bench::new(OWNED, &owned());
    let out = [
        "plan",
        "--out",
        "p.json",
        "--delete-orphans",
        "--allow-delete",
        "2",
    ];
    bench.run(&out).exits(0);
    let mut state = bench.state();
    state.topics.get_mut("user.left").unwrap().id = 9;
    let text = serde_json::to_string(&state).unwrap();
    bench.program.write("cluster.json", &text);
    bench.run(&["apply", "p.json", "--yes"]).exits(4);
    assert_eq!(bench.state(), state);
}

#[test]
fn each_file_may_own_prefixes_and_an_environment_its_own() {
    let bench = Bench::new("version: 1\nownership: {prefixes: [user.]}\n", &owned());
    let other = "version: 1\nownership: {prefixes: [flow.]}\nenvironments: {stage: {ownership: {prefixes: [stage.]}}}\n";
    bench.program.write("flow.yaml", other);
    let files = ["plan", "-f", "topics.yaml", "-f", "flow.yaml", "-o", "json"];
    let plan = bench.run(&files).exits(0).json();
    let expected = ["flow.old", "user.activity", "user.audit", "user.left"];
    assert_eq!(plan["orphans"], serde_json::json!(expected));
    let staged = [&files[..], &["--env", "stage"]].concat();
    assert_eq!(
        bench.run(&staged).exits(0).json()["orphans"],
        serde_json::json!([])
    );
}

const PRUNED: &str = "\
version: 1
broker: {defaults: {message.max.bytes: 1000000}}
topics:
  items:
    - {name: a, partitions: 1, configs: {flush.ms: 5}}
";

fn prunable() -> State {
    let configs = [
        ("flush.ms", "9"),
        ("segment.ms", "60000"),
        ("leader.replication.throttled.replicas", "*"),
    ];
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    State {
        broker_defaults: map(&[
            ("message.max.bytes", "1000000"),
            ("log.retention.bytes", "5"),
            ("min.insync.replicas", "1"),
            ("ssl.keystore.location", "/etc/key.p12"),
        ]),
        broker_configs: BTreeMap::from([(1, map(&[("background.threads", "12")]))]),
        features: BTreeMap::from([("eligible.leader.replicas.version".into(), 1)]),
        ..holding(&[("a", topic(1, &configs))])
    }
}

#[test]
fn pruning_removes_what_nobody_declares_and_nothing_that_others_need() {
    let bench = Bench::new(PRUNED, &prunable());
    let ran = bench.run(&["plan"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
~ topic a
    flush.ms  9 → 5

not in the manifest, left alone:
  all brokers: log.retention.bytes = 5
  all brokers: ssl.keystore.location = /etc/key.p12
  topic a: leader.replication.throttled.replicas = *
  topic a: segment.ms = 60000 (1 minute)

plan: 0 to create, 1 to change, 0 to delete
"
    );
    let ran = bench.run(&["plan", "--prune-configs"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
~ all brokers
    log.retention.bytes  5 → (unset), then -1 [default], not declared
~ topic a
    flush.ms    9 → 5
    segment.ms  60000 (1 minute) → (unset), then 604800000 (7 days) [default], not declared

not in the manifest, left alone:
  all brokers: ssl.keystore.location = /etc/key.p12
  topic a: leader.replication.throttled.replicas = *

plan: 0 to create, 2 to change, 0 to delete
"
    );
    bench.run(&["apply", "--yes", "--prune-configs"]).exits(0);
    let after = bench.state();
    assert!(!after.broker_defaults.contains_key("log.retention.bytes"));
    assert_eq!(after.broker_defaults["min.insync.replicas"], "1");
    assert_eq!(after.broker_configs, prunable().broker_configs);
    assert_eq!(after.topics["a"].configs.len(), 2);
    bench
        .run(&["plan", "--prune-configs", "--exit-code"])
        .exits(0);
}

/// Limits on the traffic of moving replicas, as kafka-reassign-partitions sets them.
const OF_TOPICS: [&str; 2] = [
    "follower.replication.throttled.replicas",
    "leader.replication.throttled.replicas",
];
const OF_BROKERS: [&str; 3] = [
    "follower.replication.throttled.rate",
    "leader.replication.throttled.rate",
    "replica.alter.log.dirs.io.max.bytes.per.second",
];

#[test]
fn no_throttle_is_ever_pruned() {
    let set = |keys: &[&str], value: &str| -> BTreeMap<String, String> {
        let each = keys.iter();
        each.map(|key| ((*key).to_owned(), value.to_owned()))
            .collect()
    };
    let throttled = FakeTopic {
        configs: set(&OF_TOPICS, "*"),
        ..topic(1, &[])
    };
    let state = State {
        broker_defaults: set(&OF_BROKERS, "1000000"),
        broker_configs: BTreeMap::from([(1, set(&OF_BROKERS, "2000000"))]),
        ..holding(&[("a", throttled)])
    };
    let manifest = "\
version: 1
broker:
  defaults: {background.threads: 10}
  brokers: {1: {background.threads: 10}}
topics: {items: [{name: a, partitions: 1}]}
";
    let bench = Bench::new(manifest, &state);
    let ran = bench.run(&["plan", "--prune-configs"]).exits(0);
    for key in OF_TOPICS.iter().chain(&OF_BROKERS) {
        let spoken_of = ran.stdout.lines().filter(|line| line.contains(key));
        let left_alone = spoken_of.filter(|line| !line.contains('→')).count();
        let scopes = if OF_BROKERS.contains(key) { 2 } else { 1 };
        assert_eq!(left_alone, scopes, "{key}: {}", ran.stdout);
    }
    bench.run(&["apply", "--yes", "--prune-configs"]).exits(0);
    let after = bench.state();
    assert_eq!(after.topics["a"].configs, state.topics["a"].configs);
    for key in OF_BROKERS {
        assert_eq!(after.broker_defaults[key], "1000000");
        assert_eq!(after.broker_configs[&1][key], "2000000");
    }
}

#[test]
fn a_throttle_that_is_declared_is_a_setting_like_any_other() {
    let manifest = format!(
        "version: 1\nbroker: {{defaults: {{{0}: 1000000}}}}\ntopics: {{items: [{{name: a, partitions: 1, configs: {{{1}: unset}}}}]}}\n",
        OF_BROKERS[1], OF_TOPICS[1]
    );
    let state = holding(&[("a", topic(1, &[(OF_TOPICS[1], "*"), (OF_TOPICS[0], "*")]))]);
    let bench = Bench::new(&manifest, &state);
    bench.run(&["apply", "--yes"]).exits(0);
    let after = bench.state();
    assert_eq!(after.broker_defaults[OF_BROKERS[1]], "1000000");
    let left: Vec<&String> = after.topics["a"].configs.keys().collect();
    assert_eq!(left, [OF_TOPICS[0]]);
}

#[test]
fn kafkas_own_topics_keep_what_kafka_set_on_them() {
    let own = (
        "__consumer_offsets",
        topic(1, &[("cleanup.policy", "compact")]),
    );
    let manifest = items("{name: __consumer_offsets, partitions: 1, configs: {segment.ms: 1d}}");
    let bench = Bench::new(&manifest, &holding(&[own]));
    let apply = [
        "apply",
        "--yes",
        "--prune-configs",
        "--allow",
        "internal-topic",
    ];
    bench.run(&apply).exits(0);
    let configs = &bench.state().topics["__consumer_offsets"].configs;
    assert_eq!(
        (configs["cleanup.policy"].as_str(), configs.len()),
        ("compact", 2)
    );
}

#[test]
fn pruning_a_retention_is_a_cut_like_any_other() {
    let state = old_and_new(&[("retention.ms", "-1")]);
    let manifest = items("{name: a, partitions: 1}");
    let bench = Bench::new(&manifest, &state);
    bench.run(&["plan"]).exits(0);
    let ran = bench.run(&["plan", "--prune-configs"]).exits(4);
    assert!(ran.stdout.contains("[retention-cut]"), "{}", ran.stdout);
}

/// Whatever else is wrong with the line, also where nothing can be made of it.
#[test]
fn the_line_of_a_secret_is_shown_to_nobody() {
    for (settings, told) in [
        (
            "listener.name.a.ssl.keystore.pasword: hunter2",
            "unknown key `listener.name.a.ssl.keystore.pasword`",
        ),
        (
            "ssl.keystore.password: \"hunter2",
            "this quoted text never ends",
        ),
        (
            "\"sasl.jaas.config\" : 'hunter2",
            "this quoted text never ends",
        ),
        (
            "listener.name.a.ssl.keystore.key: hunter2, listener.name.a.ssl.keystore.key: hunter2",
            "duplicate key `listener.name.a.ssl.keystore.key`",
        ),
    ] {
        let manifest = format!("version: 1\nbroker: {{ brokers: {{ 1: {{ {settings} }} }} }}\n");
        let ran = Program::with_manifest(&manifest)
            .run(&["validate"])
            .exits(2);
        let words = format!("error: {told}");
        assert!(ran.stderr.contains(&words), "{}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    let reference = "version: 1\nbroker: { process: { ssl.keystore.password: \"${env:PASSWORD}\", a: b } }\ntopic: 1\n";
    let ran = Program::with_manifest(reference)
        .run(&["validate"])
        .exits(2);
    assert!(ran.stderr.contains("topic: 1\n"), "{}", ran.stderr);
}

#[test]
fn a_secret_in_clear_that_was_let_through_stays_visible() {
    let bench = Bench::new(IN_CLEAR, &State::default());
    let allow = ["--allow", "sensitive-in-clear"];
    let refused = bench.run(&["validate"]).exits(2);
    let expected = "\
error: `listener.name.internal.ssl.keystore.password` is a secret, and stands here for everybody to read
 --> topics.yaml:4:56
hint: write `${env:NAME}` or `${file:PATH}`, or pass `--allow sensitive-in-clear`
";
    assert_eq!(refused.stderr, expected);
    let validate = [&["validate"][..], &allow].concat();
    let ran = bench.run(&validate).exits(0);
    let expected = "\
let through: `listener.name.internal.ssl.keystore.password` is a secret, and stands here for everybody to read
 --> topics.yaml:4:56
";
    assert_eq!(ran.stderr, expected);
    assert_eq!(ran.stdout, "valid: 0 topics\n");
    assert_eq!(bench.run(&[&validate[..], &["-q"]].concat()).stderr, "");
    let ran = bench.run(&[&validate[..], &["-o", "json"]].concat());
    assert_eq!(severities(&ran, Code::SensitiveInClear), ["allowed"]);
    bench
        .run(&["validate", "--allow", "retention-cut"])
        .exits(2);

    let plan = [&["plan", "--out", "plan.json"][..], &allow].concat();
    let expected = "\
~ broker 1
    listener.name.internal.ssl.keystore.password  (not set) → (sensitive)

let through:
  broker 1: `listener.name.internal.ssl.keystore.password` is a secret, and stands here for everybody to read [sensitive-in-clear]
    at topics.yaml:4:56

plan: 0 to create, 1 to change, 0 to delete, 1 let through
";
    assert_eq!(bench.run(&plan).exits(0).stdout, expected);
    assert!(!bench.program.read("plan.json").contains("hunter2"));
    let ran = bench.run(&["apply", "plan.json", "--yes"]).exits(0);
    assert!(ran.stdout.starts_with(expected), "{}", ran.stdout);
    let written = &bench.state().broker_configs[&1];
    assert_eq!(
        written["listener.name.internal.ssl.keystore.password"],
        "hunter2"
    );
    // Looking is no change.
    bench.run(&["describe"]).exits(0);
}
