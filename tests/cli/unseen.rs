//! Output for users with few permissions: nothing that they cannot see is reported as missing.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tonkafka::cluster::fake::State;

use crate::fake::{Bench, holding, topic};
use crate::program::finish;

const MANIFEST: &str = "\
version: 1
topics:
  items:
    - {name: open, partitions: 2, configs: {retention.ms: 1d}}
    - {name: shut, partitions: 2, configs: {retention.ms: 1d}}
";

const DENIED: &str = "TOPIC_AUTHORIZATION_FAILED";

/// Both topics can be described, but not the settings of `shut`.
fn partly() -> State {
    let mut state = State {
        brokers: vec![1, 2, 3],
        ..holding(&[
            ("open", topic(2, &[("retention.ms", "86400000")])),
            ("shut", topic(2, &[("retention.ms", "9")])),
        ])
    };
    state.faults.hidden_configs.insert("shut".to_owned());
    state
}

/// More topics than a line names, all with hidden settings.
fn blind() -> State {
    let names: Vec<String> = (10..22).map(|number| format!("t{number}")).collect();
    let topics: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), topic(1, &[])))
        .collect();
    let mut state = holding(&topics);
    state.faults.hidden_configs = names.into_iter().collect();
    state
}

const HINT: &str =
    "hint: give this user DESCRIBE on the topics, and DESCRIBE_CONFIGS for their settings\n";

#[test]
fn a_filter_names_the_topics_that_it_cannot_judge() {
    let bench = Bench::new(MANIFEST, &partly());
    for filter in ["--under-min-isr-partitions", "--at-min-isr-partitions"] {
        let ran = bench.run(&["describe", "topics", filter]).exits(7);
        assert_eq!(
            ran.stderr,
            format!(
                "error: not everything can be seen: min.insync.replicas of topic shut ({DENIED})\n{HINT}"
            )
        );
        let shows = filter.starts_with("--at");
        assert_eq!(ran.stdout.contains("open"), shows, "{}", ran.stdout);
        let document = bench.run(&["describe", "topics", filter, "-o", "json"]);
        let document = document.exits(7).json();
        assert_eq!(document["topicsNotSeen"], json!({ "shut": DENIED }));
        assert_eq!(document["error"]["code"], 7);
    }
    let ran = bench
        .run(&["describe", "topics", "--topics-with-overrides"])
        .exits(7);
    ran.stdout_has("open");
    let says = format!("settings of topic shut ({DENIED})");
    ran.stderr_has(&says);

    let many = Bench::new(MANIFEST, &blind());
    let ran = many
        .run(&["describe", "topics", "--at-min-isr-partitions"])
        .exits(7);
    let says = "min.insync.replicas of 12 topics (t10, t11, t12, t13, t14, t15, t16, t17, t18, t19 and 2 more) (";
    ran.stderr_has(says);
    // These filters need no settings.
    for filter in ["--under-replicated-partitions", "--unavailable-partitions"] {
        let ran = many.run(&["describe", "topics", filter]).exits(0);
        assert_eq!(ran.stderr, "");
    }
}

#[test]
fn a_filter_that_the_cluster_cannot_answer_is_refused() {
    let mut state = partly();
    state.faults.hidden_configs.clear();
    state.mask = Some("redpanda".to_owned());
    let bench = Bench::new(MANIFEST, &state);
    let ran = bench
        .run(&["describe", "topics", "--at-min-isr-partitions"])
        .exits(4);
    assert_eq!(
        ran.stderr,
        "error: this cluster cannot be asked that: min.insync.replicas of topics open, shut (it is not among the settings that are told)\n\
         hint: `tonkafka describe topics` without the filter shows the rest\n"
    );
    bench.run(&["describe", "topics"]).exits(0);
}

#[test]
fn health_does_not_count_what_it_did_not_see_as_none() {
    let bench = Bench::new("version: 1\n", &blind());
    let ran = bench.run(&["describe", "cluster"]).exits(7);
    let says = "\
health        not clear: not everything could be seen
brokers       1 live of 1
controller    1
partitions    12: 0 offline, 0 under-replicated, min ISR not known
log dirs      1 without errors
drift         none
not seen      settings of 12 topics (t10, t11, t12, t13, t14, t15, t16, t17, t18, t19 and 2 more): TOPIC_AUTHORIZATION_FAILED
";
    ran.stdout_has(says);
    let document = bench.run(&["describe", "cluster", "-o", "json"]).exits(7);
    let health = &document.json()["health"];
    assert_eq!(health["atMinIsr"], json!(null));
    assert_eq!(health["underMinIsr"], json!(null));
    assert_eq!(health["unknownMinIsr"], 12);
    assert_eq!(health["unseen"].as_array().unwrap().len(), 1);

    let bench = Bench::new(MANIFEST, &partly());
    let ran = bench.run(&["describe"]).exits(7);
    assert_eq!(
        ran.stdout,
        "\
TOPIC  PARTITIONS  RF  IN SYNC  LEADERS  OVERRIDES  STATE
open            2   1  2/2      all              1  ok
shut            2   1  2/2      all              ?  not visible

health        not clear: not everything could be seen
brokers       3 live of 3
controller    1
partitions    4: 0 offline, 0 under-replicated, 0 under min ISR, 2 at min ISR, min ISR of 2 not known
log dirs      3 without errors
drift         none seen, 1 resource not visible
not seen      settings of topic shut: TOPIC_AUTHORIZATION_FAILED
"
    );
    let document = bench.run(&["describe", "-o", "json"]).exits(7).json();
    assert_eq!(document["health"]["drift"], 0);
    assert_eq!(document["health"]["driftNotSeen"], 1);
    assert_eq!(document["health"]["atMinIsr"], 2);
}

#[test]
fn a_user_without_any_right_is_not_told_that_nothing_differs() {
    let mut state = partly();
    state.faults.not_permitted = ["open", "shut"].map(str::to_owned).into();
    state.faults.not_permitted_cluster = true;
    let bench = Bench::new(MANIFEST, &state);
    for command in [&["describe"][..], &["describe", "cluster"]] {
        let ran = bench.run(command).exits(7);
        for says in [
            "health        not clear: not everything could be seen\n",
            "drift         none seen, 2 resources not visible\n",
            "not seen      topics open, shut: TOPIC_AUTHORIZATION_FAILED\n",
            "not seen      topics that this user may not describe, if there are any: it may not describe the cluster\n",
        ] {
            assert!(ran.stdout.contains(says), "{says}{}", ran.stdout);
        }
        ran.stderr_has("only what this user may describe");
    }
}

#[test]
fn a_topic_without_visible_settings_is_shown_in_part() {
    let bench = Bench::new(MANIFEST, &partly());
    let error = format!("error: not everything can be seen: settings of topic shut ({DENIED})\n");
    for command in [&["describe", "topics"][..], &["describe", "topic", "shut"]] {
        let ran = bench.run(command).exits(7);
        ran.stdout_has("shut");
        assert_eq!(ran.stderr, format!("{error}{HINT}"));
        let document = [command, &["-o", "json"]].concat();
        let document = bench.run(&document).exits(7).json();
        assert_eq!(document["error"]["code"], 7, "{document:#}");
    }
    bench.run(&["describe", "topic", "open"]).exits(0);
}

#[test]
fn a_part_does_not_look_whole_in_a_document_or_with_quiet() {
    let mut state = partly();
    state.faults.hidden_configs.clear();
    state.faults.not_permitted_cluster = true;
    state.faults.not_permitted.insert("shut".to_owned());
    let bench = Bench::new(MANIFEST, &state);
    let note = "only what this user may describe is shown: it may not describe the cluster\n";
    for command in [
        &["list", "topics"][..],
        &["list", "groups"],
        &["describe", "topics"],
        &["describe", "topics", "--at-min-isr-partitions"],
        &["describe", "brokers"],
        &["describe", "groups"],
        &["lag"],
        &["import", "--only", "*"],
    ] {
        for quiet in [&[][..], &["-q"]] {
            let ran = bench.run(&[command, quiet].concat()).exits(0);
            assert_eq!(ran.stderr, note, "{command:?}");
        }
        let document = [command, &["-o", "json", "-q"]].concat();
        let ran = bench.run(&document).exits(0);
        assert_eq!(ran.json()["onlyVisible"], true, "{}", ran.stdout);
        assert_eq!(ran.stderr, "");
    }
    let lag = bench.run(&["lag", "-o", "json"]).exits(0).json();
    assert_eq!(lag["total"]["whole"], false);
    let lag = bench.run(&["lag"]).exits(0);
    lag.stdout_has("total: lag at least 0");
}

#[test]
fn who_deletes_is_told_that_other_groups_may_read() {
    let mut state = partly();
    state.faults.not_permitted_cluster = true;
    let bench = Bench::new(MANIFEST, &state);
    let delete = ["topics", "delete", "open", "--allow-delete", "1", "--yes"];
    let ran = bench.run(&delete).exits(0);
    let says = "cluster: groups that this user may not describe may read this too: it may not describe the cluster [not-visible]";
    ran.stdout_has(says);
}

#[test]
fn a_backup_takes_no_listing_for_whole_that_may_not_be() {
    let mut state = partly();
    state.faults.hidden_configs.clear();
    state.faults.not_permitted_cluster = true;
    let bench = Bench::new(MANIFEST, &state);
    let ran = bench
        .run(&["backup", "create", "--out", "part.json"])
        .exits(7);
    let words = "who may not describe the cluster is not told of all";
    assert_eq!(ran.stderr.matches(words).count(), 2, "{}", ran.stderr);
}

#[test]
fn a_topic_that_cannot_be_seen_may_need_the_replicas_that_are_asked_for() {
    let mut state = partly();
    for topic in state.topics.values_mut() {
        topic.replicas = 2;
        topic
            .configs
            .insert("min.insync.replicas".into(), "1".into());
    }
    state.faults.dead_brokers.extend([2, 3]);
    let raise = "version: 1\nbroker: {defaults: {min.insync.replicas: 2}}\n";
    let bench = Bench::new(raise, &state);
    let ran = bench.run(&["plan"]).exits(4);
    let says = "fewer replicas on live brokers: shut (its settings are not visible); nothing could be written there";
    ran.stdout_has(says);
}

#[test]
fn who_watches_a_part_is_told_so() {
    let mut state = partly();
    state.faults.hidden_configs.clear();
    state.faults.not_permitted_cluster = true;
    let bench = Bench::new(MANIFEST, &state);
    let arguments = ["describe", "brokers", "--watch", "--interval", "100ms"];
    let mut command = bench.program.command(&bench.arguments(&arguments));
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(id, Signal::INT).unwrap();
    let ran = finish(child).exits(0);
    ran.stderr_has("only what this user may describe");
}

#[test]
fn a_plan_says_that_settings_are_what_it_cannot_see() {
    let says = |more: &[&str], manifest: &str| {
        let bench = Bench::new(manifest, &partly());
        let ran = bench.run(&[&["plan"], more].concat()).exits(7);
        let hint = "give this user DESCRIBE_CONFIGS on the topic, or take its settings out of the manifest";
        let says = format!("topic shut: its settings cannot be seen: {DENIED} [not-visible]");
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(all.contains(&says) && all.contains(hint), "{all}");
        assert!(!all.contains("may exist"), "{all}");
    };
    says(&[], MANIFEST);
    says(
        &[],
        &MANIFEST.replace("shut, partitions: 2", "shut, partitions: 4"),
    );
    // Undeclared settings would have to be removed, but are not known.
    let bare = "version: 1\ntopics:\n  items:\n    - {name: shut, partitions: 2}\n";
    says(&["--prune-configs"], bare);
    Bench::new(bare, &partly()).run(&["plan"]).exits(0);
}
