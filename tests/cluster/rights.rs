//! Users with few permissions on real Kafka: each read shows what is visible and says that it is
//! incomplete, and each write is reported as the brokers decided.

use serde_json::Value;
use tonkafka::model::group::Committed;

use crate::contract_access::authorizer;
use crate::program::{Program, Ran, words};
use crate::support::apache;
use crate::support::kafka::{self, Kafka};
use crate::support::offsets::{commit, filled};

/// A broker that allows everything on resources without ACLs. ACLs of the cluster are added last,
/// because afterwards nobody may add more.
fn restricting() -> Kafka {
    let [class, _] = authorizer();
    kafka::fresh(
        1,
        &[
            class,
            ("super.users", "User:admin"),
            ("allow.everyone.if.no.acl.found", "true"),
        ],
    )
}

fn allow(kafka: &Kafka, operations: &[&str], resource: &[&str]) {
    let mut arguments = vec!["--add", "--allow-principal", "User:ANONYMOUS"];
    for operation in operations {
        arguments.extend(["--operation", operation]);
    }
    arguments.extend(resource);
    apache::acls(&kafka.admin(), &arguments).ok();
}

fn run(program: &Program, kafka: &Kafka, arguments: &[&str]) -> Ran {
    let bootstrap = kafka.bootstrap();
    program.run(&[arguments, &["-b", &bootstrap, "--timeout", "20s"]].concat())
}

fn manifest(topics: &[(&str, i32, &str)]) -> String {
    let items = topics.iter().map(|(name, partitions, bytes)| {
        format!(
            "    - name: {name}\n      partitions: {partitions}\n      configs: {{ max.message.bytes: {bytes} }}\n"
        )
    });
    format!(
        "version: 1\ntopics:\n  items:\n{}",
        items.collect::<String>()
    )
}

/// The number of steps refused for a missing permission.
fn refusals(ran: &Ran) -> usize {
    let lines = ran.stdout.lines();
    let refused = lines.filter(|line| line.starts_with("refused  "));
    let denied = refused.filter(|line| line.contains("TOPIC_AUTHORIZATION_FAILED"));
    denied.count()
}

#[test]
fn a_user_that_may_only_describe_sees_all_and_changes_nothing() {
    let kafka = restricting();
    let topic = filled(&kafka, "held", &[10]);
    commit(&kafka, "billing", &topic, &[Committed::at(7)]);
    let describe = ["Describe", "DescribeConfigs"];
    let mine = ["--topic", "mine", "--resource-pattern-type", "prefixed"];
    allow(&kafka, &["Create"], &mine);
    allow(&kafka, &describe, &["--topic", "*"]);
    allow(&kafka, &["Describe"], &["--group", "*"]);
    allow(
        &kafka,
        &["Describe", "DescribeConfigs", "ClusterAction"],
        &["--cluster"],
    );

    let program = Program::with_manifest(&manifest(&[
        (&topic, 1, "2000000"),
        ("theirs", 1, "2000000"),
    ]));
    for (command, shows) in [
        (&["list", "topics"][..], topic.as_str()),
        (&["list", "groups"], "billing"),
        (&["describe"], "missing"),
        (&["describe", "topics"], &topic),
        (&["describe", "topic", &topic], &topic),
        (&["describe", "brokers"], "LEADS"),
        (&["describe", "broker", "1"], ""),
        (&["describe", "cluster"], "health"),
        (&["describe", "groups"], "billing"),
        (&["describe", "log-dirs"], "DIRECTORY"),
        (&["describe", "api-versions"], "CreateTopics"),
        (&["describe", "acls"], "User:ANONYMOUS"),
        (&["describe", "users"], ""),
        (&["describe", "quotas"], ""),
        (&["lag", "billing"], "billing"),
        (&["import"], &topic),
        (&["backup", "create", "--out", "all.json"], "billing"),
        (&["plan"], "theirs"),
    ] {
        let ran = run(&program, &kafka, command).exits(0);
        let has = ran.stdout.contains(shows) || command[0] == "backup";
        assert!(has, "{command:?}: {}{}", ran.stdout, ran.stderr);
        assert!(!ran.stderr.contains("only what"), "{}", ran.stderr);
    }

    let apply = ["apply", "--yes", "--no-backup"];
    let ran = run(&program, &kafka, &apply).exits(4);
    assert_eq!(refusals(&ran), 2, "{}", ran.stdout);
    let reset = words("reset-offsets billing --all-topics --to earliest");
    let ran = run(&program, &kafka, &[&reset[..], &["--yes"]].concat()).exits(4);
    let words = "GROUP_AUTHORIZATION_FAILED";
    ran.stdout_has(words);

    program.write(
        "topics.yaml",
        &manifest(&[("mine-new", 1, "2000000"), ("theirs", 1, "2000000")]),
    );
    let ran = run(&program, &kafka, &apply).exits(5);
    assert_eq!(refusals(&ran), 1, "{}", ran.stdout);
    let topics = apache::describe_topics(&kafka.admin());
    assert!(topics.contains_key("mine-new") && !topics.contains_key("theirs"));
}

#[test]
fn who_may_not_see_settings_is_not_told_that_there_are_none() {
    let kafka = restricting();
    let topic = filled(&kafka, "monitored", &[10]);
    allow(&kafka, &["Describe"], &["--topic", "*"]);
    allow(&kafka, &["Describe"], &["--group", "*"]);
    allow(&kafka, &["Describe", "ClusterAction"], &["--cluster"]);

    let program = Program::with_manifest(&manifest(&[(&topic, 1, "2000000")]));
    let denied = "TOPIC_AUTHORIZATION_FAILED: Topic authorization failed.";
    for filter in [
        "--under-min-isr-partitions",
        "--at-min-isr-partitions",
        "--topics-with-overrides",
    ] {
        let ran = run(&program, &kafka, &["describe", "topics", filter]).exits(7);
        let says = format!("of topic {topic} ({denied})");
        assert!(ran.stderr.contains(&says), "{filter}: {}", ran.stderr);
        let document = ["describe", "topics", filter, "-o", "json", "-q"];
        let document = run(&program, &kafka, &document).exits(7).json();
        assert_eq!(document["topicsNotSeen"][&topic], denied, "{document:#}");
    }
    let filter = ["describe", "topics", "--under-replicated-partitions"];
    assert_eq!(run(&program, &kafka, &filter).exits(0).stderr, "");

    let unseen = format!("settings of topic {topic}");
    for command in [&["describe"][..], &["describe", "cluster"]] {
        let ran = run(&program, &kafka, command).exits(7);
        for says in [
            "health        not clear: not everything could be seen\n",
            "0 under-replicated, min ISR not known\n",
            "drift         none seen, 1 resource not visible\n",
            &format!("not seen      {unseen}: {denied}\n"),
        ] {
            assert!(ran.stdout.contains(says), "{says}{}", ran.stdout);
        }
        let document = [command, &["-o", "json"]].concat();
        let health = run(&program, &kafka, &document).exits(7).json()["health"].clone();
        assert_eq!(health["atMinIsr"], Value::Null, "{health:#}");
        assert_eq!(health["driftNotSeen"], 1, "{health:#}");
    }
    for command in [&["describe", "topics"][..], &["describe", "topic", &topic]] {
        let ran = run(&program, &kafka, command).exits(7);
        let says = format!("error: not everything can be seen: {unseen} ({denied})\n");
        ran.stderr_starts(&says);
    }
    for partitions in [1, 2] {
        let wanted = manifest(&[(&topic, partitions, "2000000")]);
        program.write("topics.yaml", &wanted);
        let ran = run(&program, &kafka, &["plan"]).exits(7);
        let says = format!("topic {topic}: its settings cannot be seen: {denied} [not-visible]");
        ran.stdout_has(&says);
    }
}

#[test]
fn a_user_that_sees_a_part_is_told_so() {
    let kafka = restricting();
    let topic = filled(&kafka, "seen", &[10]);
    let hidden = filled(&kafka, "hidden", &[10]);
    commit(&kafka, "billing", &topic, &[Committed::at(7)]);
    let prefixed = ["--topic", "seen", "--resource-pattern-type", "prefixed"];
    allow(&kafka, &["Describe"], &prefixed);
    // An ACL for another user hides the rest from this one.
    let others = ["--add", "--allow-principal", "User:admin", "--operation"];
    for resource in [["Describe", "--topic", "*"], ["Describe", "--group", "*"]] {
        apache::acls(&kafka.admin(), &[&others[..], &resource].concat()).ok();
    }
    allow(&kafka, &["ClusterAction"], &["--cluster"]);

    let program = Program::with_manifest(&manifest(&[(&topic, 1, "2000000")]));
    let note = "only what this user may describe is shown: it may not describe the cluster";
    for command in [
        &["list", "topics"][..],
        &["list", "groups"],
        &["describe", "topics"],
        &["describe", "brokers"],
        &["describe", "groups"],
        &["lag"],
    ] {
        // This user sees no topic's settings.
        let whole = !command.contains(&"topics") || command[0] == "list";
        for quiet in [&[][..], &["-q"]] {
            let ran = run(&program, &kafka, &[command, quiet].concat());
            let ran = ran.exits(if whole { 0 } else { 7 });
            assert!(ran.stderr.contains(note), "{command:?}: {}", ran.stderr);
            assert!(!ran.stdout.contains(&hidden), "{}", ran.stdout);
        }
        let ran = run(&program, &kafka, &[command, &["-o", "json", "-q"]].concat());
        assert_eq!(ran.json()["onlyVisible"], true, "{}", ran.stdout);
    }
    let ran = run(&program, &kafka, &["list", "topics"]).exits(0);
    assert_eq!(ran.stdout, format!("{topic}\n"));

    let cluster = "CLUSTER_AUTHORIZATION_FAILED";
    let of_topic = "TOPIC_AUTHORIZATION_FAILED";
    for (command, words) in [
        (&["describe"][..], cluster),
        (&["describe", "cluster"], cluster),
        (&["describe", "broker", "1"], cluster),
        (&["describe", "log-dirs"], cluster),
        (&["describe", "acls"], cluster),
        (&["describe", "users"], cluster),
        (&["describe", "quotas"], cluster),
        (&["describe", "topic", &hidden], of_topic),
        (&["lag", "billing"], "GROUP_AUTHORIZATION_FAILED"),
        (&["import"], of_topic),
        (&["backup", "create", "--out", "all.json"], cluster),
        // Settings must be known before they are changed.
        (&["plan"], of_topic),
        (&["apply", "--yes"], of_topic),
    ] {
        let ran = run(&program, &kafka, command).exits(7);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(all.contains(words), "{command:?}: {all}");
    }
    // Each reason is printed once.
    let ran = run(&program, &kafka, &["backup", "create", "--out", "all.json"]).exits(7);
    assert_eq!(ran.stderr.matches("ACLs").count(), 1, "{}", ran.stderr);
}
