//! `plan` and `apply` on real Kafka, with Apache's own tools as the witness.

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tonkafka::cluster::{Answer, Cluster, Mode};
use tonkafka::model::config::{ConfigAlteration, ConfigResource};
use tonkafka::plan::kinds::{After, AlterConfigs};
use tonkafka::plan::{Action as Write, file as plan_file};

use crate::contract::{connect, runtime};
use crate::program::{Program, Ran, finish};
use crate::support::kafka::Kafka;
use crate::support::proxy::{Action, Proxy, api};
use crate::support::switch::Switch;
use crate::support::{apache, kafka};

const WRITES: [i16; 4] = [
    api::CREATE_TOPICS,
    api::CREATE_PARTITIONS,
    api::INCREMENTAL_ALTER_CONFIGS,
    api::DELETE_TOPICS,
];

fn topics(items: &str) -> String {
    format!("version: 1\ntopics:\n  items:\n{items}")
}

fn run(program: &Program, bootstrap: &str, arguments: &[&str]) -> Ran {
    let mut all = arguments.to_vec();
    all.extend(["--bootstrap-server", bootstrap]);
    program.run(&all)
}

fn summary(ran: &Ran) -> &str {
    ran.stdout.lines().last().unwrap_or_default()
}

#[test]
fn the_second_apply_writes_nothing() {
    let kafka = kafka::single();
    let proxy = kafka.proxy();
    let (one, two) = (kafka::topic_name("twice"), kafka::topic_name("twice"));
    let program = Program::with_manifest(&topics(&format!(
        "    - {{name: {one}, partitions: 3, replicas: 1, configs: {{retention.ms: 7d, cleanup.policy: [compact, delete]}}}}\n    - {{name: {two}, partitions: 1}}\n"
    )));
    let at = proxy.bootstrap();
    run(&program, &at, &["plan", "--exit-code"]).exits(3);
    let first = run(&program, &at, &["apply", "--yes"]).exits(0);
    assert_eq!(summary(&first), "apply: 2 done and verified");
    let done = format!("done     create topic {one}\ndone     create topic {two}\n");
    assert_eq!(first.stderr, done);
    run(&program, &at, &["plan", "--exit-code"]).exits(0);

    proxy.reset();
    let second = run(&program, &at, &["apply", "--yes"]).exits(0);
    assert_eq!(summary(&second), "plan: nothing to do");
    assert_eq!(second.stderr, "");
    for write in WRITES {
        assert_eq!(proxy.count(write), 0, "api {write} was sent");
    }
    let seen = apache::describe_topic(&kafka.admin(), &one).unwrap();
    assert_eq!((seen.partitions, seen.replication_factor), (3, 1));
    let configs = apache::topic_configs(&kafka.admin(), &one);
    let wanted = [
        ("cleanup.policy", "compact,delete"),
        ("retention.ms", "604800000"),
    ];
    for (key, value) in wanted {
        assert_eq!(configs[key], value);
    }
}

#[test]
fn partitions_are_never_taken_away_and_topics_go_only_when_told() {
    let admin = kafka::single().admin();
    let (kept, doomed) = (kafka::topic_name("kept"), kafka::topic_name("doomed"));
    for name in [&kept, &doomed] {
        apache::topics(&admin, &["--create", "--partitions", "3", "--topic", name]).ok();
    }
    let program =
        Program::with_manifest(&topics(&format!("    - {{name: {kept}, partitions: 2}}\n")));
    let fewer = run(&program, &admin, &["apply", "--yes"]).exits(4);
    assert!(
        fewer.stderr.contains(
            "has 3 partitions and the manifest says 2: Kafka cannot take partitions away"
        ),
        "{}",
        fewer.stderr
    );
    assert!(
        fewer
            .stderr
            .contains("hint: write `partitions: 3`, or declare a new topic"),
        "{}",
        fewer.stderr
    );
    run(&program, &admin, &["plan"]).exits(4);

    program.write(
        "topics.yaml",
        &topics(&format!(
            "    - {{name: {kept}, partitions: 3}}\n    - {{name: {doomed}, state: absent}}\n"
        )),
    );
    let refused = run(&program, &admin, &["apply", "--yes"]).exits(4);
    assert!(
        refused.stderr.contains("pass `--allow-delete 1`"),
        "{}",
        refused.stderr
    );
    let before = apache::describe_topics(&admin);
    assert!(before.contains_key(&doomed));

    run(&program, &admin, &["apply", "--yes", "--allow-delete", "1"]).exits(0);
    let after = apache::describe_topics(&admin);
    assert!(!after.contains_key(&doomed));
    assert_eq!(after[&kept], before[&kept]);
    run(&program, &admin, &["plan", "--exit-code"]).exits(0);
}

#[test]
fn what_only_the_broker_can_refuse_stops_nothing_else() {
    let admin = kafka::single().admin();
    let (bad, wide, good) = (
        kafka::topic_name("bad"),
        kafka::topic_name("wide"),
        kafka::topic_name("good"),
    );
    let program = Program::with_manifest(&topics(&format!(
        "    - {{name: {bad}, partitions: 1, configs: {{min.compaction.lag.ms: 2000, max.compaction.lag.ms: 1000}}}}\n    - {{name: {wide}, partitions: 1, replicas: 3}}\n    - {{name: {good}, partitions: 2}}\n"
    )));
    let ran = run(
        &program,
        &admin,
        &["apply", "--yes", "--allow", "too-few-brokers"],
    )
    .exits(5);
    assert_eq!(summary(&ran), "apply: 1 done and verified, 2 refused");
    assert!(ran.stdout.contains(&format!("refused  create topic {bad}: INVALID_CONFIG: conflict topic config setting min.compaction.lag.ms (2000) > max.compaction.lag.ms (1000)")), "{}", ran.stdout);
    assert!(
        ran.stdout.contains(&format!(
            "refused  create topic {wide}: INVALID_REPLICATION_FACTOR: "
        )),
        "{}",
        ran.stdout
    );
    assert_eq!(apache::describe_topic(&admin, &good).unwrap().partitions, 2);
    assert_eq!(apache::describe_topic(&admin, &bad), None);

    let all_refused = Program::with_manifest(&topics(&format!(
        "    - {{name: {wide}, partitions: 1, replicas: 3}}\n"
    )));
    run(
        &all_refused,
        &admin,
        &["apply", "--yes", "--allow", "too-few-brokers"],
    )
    .exits(4);
}

#[test]
fn what_somebody_else_set_is_shown_and_left_alone() {
    let admin = kafka::single().admin();
    let name = kafka::topic_name("foreign");
    let config = "flush.messages=7,retention.ms=1000";
    let create: Vec<&str> = ["--create", "--topic", &name]
        .into_iter()
        .chain(config.split(',').flat_map(|one| ["--config", one]))
        .collect();
    apache::topics(&admin, &create).ok();
    let program = Program::with_manifest(&topics(&format!(
        "    - {{name: {name}, partitions: 1, configs: {{retention.ms: 2000, flush.ms: unset}}}}\n"
    )));
    let ran = run(&program, &admin, &["apply", "--yes"]).exits(0);
    let expected =
        format!("~ topic {name}\n    retention.ms  1000 (1 second) → 2000 (2 seconds)\n");
    assert!(ran.stdout.starts_with(&expected), "{}", ran.stdout);
    assert!(
        ran.stdout.contains(&format!(
            "not in the manifest, left alone:\n  topic {name}: flush.messages = 7\n"
        )),
        "{}",
        ran.stdout
    );
    let configs = apache::topic_configs(&admin, &name);
    assert_eq!(
        (
            configs["flush.messages"].as_str(),
            configs["retention.ms"].as_str()
        ),
        ("7", "2000")
    );

    program.write(
        "topics.yaml",
        &topics(&format!(
            "    - {{name: {name}, partitions: 4, keyed: true, configs: {{retention.ms: unset}}}}\n"
        )),
    );
    let refused = run(&program, &admin, &["apply", "--yes"]).exits(4);
    assert!(
        refused.stderr.contains("the manifest says `keyed: true`"),
        "{}",
        refused.stderr
    );
    let allowed = ["apply", "--yes", "--allow", "keyed-growth"];
    let ran = run(&program, &admin, &allowed).exits(0);
    assert!(ran.stdout.contains("partitions  1 → 4"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("sends keys to other partitions"),
        "{}",
        ran.stdout
    );
    let configs = apache::topic_configs(&admin, &name);
    assert!(!configs.contains_key("retention.ms"), "{configs:?}");
    assert_eq!(apache::describe_topic(&admin, &name).unwrap().partitions, 4);
}

#[test]
fn a_setting_for_all_brokers_is_in_effect_on_each() {
    let kafka = kafka::fresh(3, &[("log.retention.hours", "48")]);
    let admin = kafka.admin();
    let manifest = "version: 1\nbroker:\n  defaults:\n    message.max.bytes: 1000000\n    log.retention.hours: 168\n";
    let program = Program::with_manifest(manifest);
    let planned = run(&program, &admin, &["plan", "--exit-code"]).exits(3);
    assert!(
        planned
            .stdout
            .contains("message.max.bytes  1048588 [default] → 1000000 (1 MB)"),
        "{}",
        planned.stdout
    );
    assert!(planned.stdout.contains("log.retention.hours needs a restart: brokers 1, 2, 3 run with 48, the manifest says 168 [needs-restart]"), "{}", planned.stdout);
    run(&program, &admin, &["apply", "--yes"]).exits(0);
    run(&program, &admin, &["plan", "--exit-code"]).exits(0);
    run(&program, &admin, &["plan", "--strict"]).exits(3);
    assert_eq!(
        apache::broker_defaults(&admin)["message.max.bytes"],
        "1000000"
    );
    assert!(!apache::broker_defaults(&admin).contains_key("log.retention.hours"));
    for id in kafka.ids() {
        let shown = run(&program, &admin, &["describe", "broker", &id.to_string()]).exits(0);
        let line = shown
            .stdout
            .lines()
            .find(|line| line.starts_with("message.max.bytes"))
            .unwrap();
        assert!(
            line.contains("1000000 (1 MB)") && line.contains("all brokers"),
            "{line}"
        );
    }

    let alter = [
        "--alter",
        "--entity-type",
        "brokers",
        "--entity-name",
        "2",
        "--add-config",
        "message.max.bytes=2000000",
    ];
    apache::configs(&admin, &alter).ok();
    while !apache::broker_configs(&admin, 2).contains_key("message.max.bytes") {}
    let shadowed = run(&program, &admin, &["plan", "--exit-code"]).exits(0);
    assert!(shadowed.stdout.contains("broker 2: message.max.bytes is 2000000 there by its own setting, which shadows 1000000 for all brokers [shadowed]"), "{}", shadowed.stdout);

    let unset = format!(
        "{manifest}  brokers:\n    2: {{message.max.bytes: unset}}\n    3: {{message.max.bytes: 3MB}}\n"
    );
    program.write("topics.yaml", &unset);
    run(&program, &admin, &["apply", "--yes"]).exits(0);
    run(&program, &admin, &["plan", "--exit-code"]).exits(0);
    assert!(!apache::broker_configs(&admin, 2).contains_key("message.max.bytes"));
    assert_eq!(
        apache::broker_configs(&admin, 3)["message.max.bytes"],
        "3000000"
    );

    let vendors = "version: 1\nbroker:\n  defaults:\n    confluent.balancer.enable: true\n";
    program.write("topics.yaml", vendors);
    let refused = run(&program, &admin, &["apply", "--yes"]).exits(4);
    assert!(
        refused
            .stderr
            .contains("no broker knows the key `confluent.balancer.enable`"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_kept_plan_is_refused_when_apaches_tools_changed_something() {
    let admin = kafka::single().admin();
    let name = kafka::topic_name("kept-plan");
    let create = [
        "--create",
        "--topic",
        &name,
        "--config",
        "retention.ms=1000",
    ];
    apache::topics(&admin, &create).ok();
    let program = Program::with_manifest(&topics(&format!(
        "    - {{name: {name}, partitions: 1, configs: {{retention.ms: 2000}}}}\n"
    )));
    run(&program, &admin, &["plan", "--out", "plan.json"]).exits(0);
    let alter = [
        "--alter",
        "--entity-type",
        "topics",
        "--entity-name",
        &name,
        "--add-config",
        "retention.ms=1500",
    ];
    apache::configs(&admin, &alter).ok();
    let apply = ["apply", "plan.json", "--yes"];
    let changed = run(&program, &admin, &apply).exits(4);
    let words = format!("topic {name}: retention.ms was 1000, and is 1500 now");
    assert!(changed.stderr.contains(&words), "{}", changed.stderr);
    assert_eq!(apache::topic_configs(&admin, &name)["retention.ms"], "1500");

    run(&program, &admin, &["plan", "--out", "plan.json"]).exits(0);
    apache::topics(&admin, &["--delete", "--topic", &name]).ok();
    while apache::describe_topic(&admin, &name).is_some() {}
    let again = [
        "--create",
        "--topic",
        &name,
        "--config",
        "retention.ms=1500",
    ];
    apache::topics(&admin, &again).ok();
    let recreated = run(&program, &admin, &apply).exits(4);
    assert!(
        recreated.stderr.contains("the topic's id was"),
        "{}",
        recreated.stderr
    );
    assert_eq!(apache::topic_configs(&admin, &name)["retention.ms"], "1500");
}

/// An address that leads to another cluster now, where everything that is planned on looks alike.
#[test]
fn a_kept_plan_is_refused_where_its_address_leads_to_another_cluster() {
    let (one, other) = (kafka::fresh(1, &[]), kafka::fresh(1, &[]));
    let old = "    - {name: old, partitions: 1, configs: {retention.ms: 1000}}\n";
    let program = Program::with_manifest(&topics(old));
    for kafka in [&one, &other] {
        run(&program, &kafka.admin(), &["apply", "--yes"]).exits(0);
    }
    // Only new topics and settings: nothing that the id of a topic would tell apart.
    program.write(
        "topics.yaml",
        "version: 1\nbroker: {defaults: {message.max.bytes: 5000000}}\ntopics:\n  items:\n    - {name: new, partitions: 1}\n",
    );
    let switch = Switch::to(&one.admin());
    run(&program, &switch.address(), &["plan", "--out", "plan.json"]).exits(0);

    switch.lead_to(&other.admin());
    let apply = ["apply", "plan.json", "--yes"];
    let refused = run(&program, &switch.address(), &apply).exits(4);
    let (here, there) = (one.cluster_id(), other.cluster_id());
    assert_ne!(here, there);
    assert!(
        refused.stderr.ends_with(&format!(
            "error: the plan is for cluster `{here}`, and this is cluster `{there}`\nhint: nothing was written; check `--bootstrap-server`\n"
        )),
        "{}",
        refused.stderr
    );
    for kafka in [&one, &other] {
        assert!(apache::describe_topic(&kafka.admin(), "new").is_none());
    }

    switch.lead_to(&one.admin());
    run(&program, &switch.address(), &apply).exits(0);
    assert!(apache::describe_topic(&one.admin(), "new").is_some());
}

#[test]
fn a_dead_address_is_reported_in_time() {
    let manifest = topics("    - {name: a, partitions: 1}\n");
    let refused = Program::with_manifest(&manifest);
    let port = kafka::free_port();
    let ran = refused
        .run(&[
            "plan",
            "-b",
            &format!("localhost:{port}"),
            "--timeout",
            "3s",
        ])
        .exits(7);
    assert!(
        ran.stderr
            .starts_with(&format!("error: cannot reach localhost:{port}: ")),
        "{}",
        ran.stderr
    );
    assert!(ran.took < Duration::from_secs(5), "{:?}", ran.took);

    // Somebody listens and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = silent.local_addr().unwrap().to_string();
    for command in ["plan", "apply"] {
        let ran = refused
            .run(&[command, "-b", &at, "--timeout", "2s"])
            .exits(7);
        assert!(ran.took < Duration::from_secs(4), "{:?}", ran.took);
    }
}

#[test]
fn silence_after_connecting_is_reported_in_time() {
    let proxy = kafka::single().proxy();
    proxy.on(api::DESCRIBE_CONFIGS, 1, Action::BlackHole);
    let program = Program::with_manifest(&topics("    - {name: a, partitions: 1}\n"));
    let ran = program
        .run(&[
            "apply",
            "--yes",
            "-b",
            &proxy.bootstrap(),
            "--timeout",
            "2s",
        ])
        .exits(7);
    assert!(ran.took < Duration::from_secs(4), "{:?}", ran.took);
}

#[test]
fn a_lost_answer_is_read_back_and_nothing_is_sent_twice() {
    let kafka = kafka::single();
    let proxy = kafka.proxy();
    let name = kafka::topic_name("lost");
    let item = |rest: &str| topics(&format!("    - {{name: {name}, {rest}}}\n"));
    let steps = [
        (
            api::CREATE_TOPICS,
            item("partitions: 1, configs: {retention.ms: 1000}"),
        ),
        (
            api::INCREMENTAL_ALTER_CONFIGS,
            item("partitions: 1, configs: {retention.ms: 2000}"),
        ),
        (api::CREATE_PARTITIONS, item("partitions: 3")),
        (api::DELETE_TOPICS, item("state: absent")),
    ];
    for (api_key, manifest) in steps {
        let program = Program::with_manifest(&manifest);
        proxy.reset();
        proxy.on(api_key, 1, Action::SwallowAndCut);
        let arguments = ["apply", "--yes", "--allow-delete", "1"];
        let ran = run(&program, &proxy.bootstrap(), &arguments).exits(0);
        assert!(ran.stderr.contains("the answer was lost"), "{}", ran.stderr);
        assert_eq!(summary(&ran), "apply: 1 done and verified");
        assert_eq!(proxy.count(api_key), 1, "api {api_key} was sent again");
        run(&program, &kafka.admin(), &["plan", "--exit-code"]).exits(0);
    }
    assert_eq!(apache::describe_topic(&kafka.admin(), &name), None);
}

#[test]
fn what_cannot_be_read_back_is_unknown_and_converges_later() {
    let kafka = kafka::single();
    let proxy = kafka.proxy();
    let name = kafka::topic_name("unknown");
    let program =
        Program::with_manifest(&topics(&format!("    - {{name: {name}, partitions: 1}}\n")));
    proxy.on(api::CREATE_TOPICS, 1, Action::BlackHole);
    let ran = program
        .run(&[
            "apply",
            "--yes",
            "-b",
            &proxy.bootstrap(),
            "--timeout",
            "2s",
        ])
        .exits(6);
    assert_eq!(summary(&ran), "apply: 0 done and verified, 1 unknown");
    run(&program, &kafka.admin(), &["apply", "--yes"]).exits(0);
    run(&program, &kafka.admin(), &["plan", "--exit-code"]).exits(0);
}

/// Starts an apply, interrupts it while its first write is on the way, and returns how it ended.
fn interrupted(program: &Program, proxy: &Proxy<'_>, times: usize) -> Ran {
    let at = proxy.bootstrap();
    let child = program
        .command(&["apply", "--yes", "-b", &at, "--timeout", "30s"])
        .spawn()
        .unwrap();
    let pid = Pid::from_child(&child);
    while proxy.count(api::CREATE_TOPICS) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    for _ in 0..times {
        kill_process(pid, Signal::INT).unwrap();
        std::thread::sleep(Duration::from_millis(200));
    }
    finish(child)
}

#[test]
fn an_interrupt_finishes_what_is_on_the_way_and_sends_nothing_more() {
    let kafka = kafka::single();
    let (new, old) = (kafka::topic_name("new"), kafka::topic_name("old"));
    apache::topics(&kafka.admin(), &["--create", "--topic", &old]).ok();
    let program = Program::with_manifest(&topics(&format!(
        "    - {{name: {new}, partitions: 1}}\n    - {{name: {old}, partitions: 2}}\n"
    )));
    let proxy = kafka.proxy();
    proxy.on(
        api::CREATE_TOPICS,
        1,
        Action::Delay(Duration::from_millis(800)),
    );
    let ran = interrupted(&program, &proxy, 1).exits(5);
    assert_eq!(
        summary(&ran),
        "apply: 1 done and verified, 1 not sent (interrupted)"
    );
    assert!(ran.took < Duration::from_secs(5), "{:?}", ran.took);
    assert_eq!(proxy.count(api::CREATE_PARTITIONS), 0);
    run(&program, &kafka.admin(), &["apply", "--yes"]).exits(0);

    // Whose answer never comes is given up within five seconds, and called unknown.
    let other = kafka::topic_name("new");
    program.write(
        "topics.yaml",
        &topics(&format!("    - {{name: {other}, partitions: 1}}\n")),
    );
    proxy.reset();
    proxy.on(api::CREATE_TOPICS, 1, Action::BlackHole);
    let ran = interrupted(&program, &proxy, 1).exits(6);
    assert!(ran.took < Duration::from_secs(5), "{:?}", ran.took);
}

#[test]
fn a_second_interrupt_leaves_at_once() {
    let kafka = kafka::single();
    let proxy = kafka.proxy();
    let name = kafka::topic_name("twice-interrupted");
    let program =
        Program::with_manifest(&topics(&format!("    - {{name: {name}, partitions: 1}}\n")));
    proxy.on(api::CREATE_TOPICS, 1, Action::BlackHole);
    let ran = interrupted(&program, &proxy, 2).exits(6);
    assert!(ran.took < Duration::from_secs(1), "{:?}", ran.took);
}

#[test]
fn a_thousand_topics_take_no_more_rounds_than_one() {
    let kafka: Kafka = Kafka::options().proxies(1).start();
    let proxy = kafka.proxy();
    let many = |retention: &str| {
        let configs = format!(
            "retention.ms: {retention}, flush.ms: 1, flush.messages: 1, file.delete.delay.ms: 1"
        );
        let items: Vec<String> = (0..1000)
            .map(|n| format!("    - {{name: many.{n}, partitions: 1, configs: {{{configs}}}}}\n"))
            .collect();
        topics(&items.concat())
    };
    let one = Program::with_manifest(&topics("    - {name: many.0, partitions: 1}\n"));
    let program = Program::with_manifest(&many("1h"));
    let at = proxy.bootstrap();

    let created = run(&program, &at, &["apply", "--yes"]).exits(0);
    // Σ(1 + partitions + configs) = 1000 × 6, at most 5000 in a request.
    assert_eq!(proxy.count(api::CREATE_TOPICS), 2);
    assert!(created.peak_kib < 100_000, "{} KiB", created.peak_kib);

    let requests = |program: &Program| {
        proxy.reset();
        let ran = run(program, &at, &["plan"]).exits(0);
        let count: BTreeMap<i16, usize> =
            proxy
                .requests()
                .into_iter()
                .fold(BTreeMap::new(), |mut count, request| {
                    *count.entry(request.api_key).or_default() += 1;
                    count
                });
        (ran, count)
    };
    let (_, small) = requests(&one);
    let (ran, large) = requests(&program);
    assert_eq!(summary(&ran), "plan: nothing to do");
    assert!(ran.peak_kib < 100_000, "{} KiB", ran.peak_kib);
    // Chunks of 250 go side by side, in the rounds that one topic takes.
    assert_eq!(small[&api::DESCRIBE_CONFIGS], 1);
    assert_eq!(large[&api::DESCRIBE_CONFIGS], 4);
    assert_eq!(large[&api::METADATA], small[&api::METADATA] + 3);
    assert_eq!(large[&api::DESCRIBE_CLUSTER], small[&api::DESCRIBE_CLUSTER]);

    program.write("topics.yaml", &many("2h"));
    proxy.reset();
    let changed = run(&program, &at, &["apply", "--yes"]).exits(0);
    assert_eq!(summary(&changed), "apply: 1000 done and verified");
    // Σ(1 + configs) = 1000 × 2.
    assert_eq!(proxy.count(api::INCREMENTAL_ALTER_CONFIGS), 1);
    assert!(changed.peak_kib < 100_000, "{} KiB", changed.peak_kib);
    let seen = apache::describe_topics(&kafka.admin());
    let ours = seen.values().filter(|topic| {
        topic
            .configs
            .get("retention.ms")
            .is_some_and(|ms| ms == "7200000")
    });
    assert_eq!(ours.count(), 1000);
}

/// A broker's plug-in, or somebody else right after the write: what is read back is another value.
#[test]
fn what_came_out_otherwise_is_done_and_told_with_what_is_there() {
    let kafka = kafka::fresh(1, &[]);
    let proxy = kafka.proxy();
    let admin = kafka.admin();
    let topic = |configs: &str| {
        topics(&format!(
            "    - {{name: a, partitions: 1, configs: {{{configs}}}}}\n"
        ))
    };
    let to = |resource: ConfigResource, key: &str, value: &str| {
        let change = ConfigAlteration {
            key: key.to_owned(),
            value: Some(value.to_owned()),
        };
        let changes = [(resource, vec![change])];
        let answers = runtime().block_on(async {
            connect(&admin)
                .await
                .alter_configs(&changes, Mode::Write)
                .await
        });
        assert_eq!(answers, [Answer::Done]);
    };
    let a = || ConfigResource::Topic("a".to_owned());
    let all = || ConfigResource::BrokerDefaults;
    to(all(), "log.cleanup.policy", "compact");
    let broker = |value: &str| {
        format!("version: 1\nbroker: {{defaults: {{log.cleanup.policy: {value}}}}}\n")
    };
    let cases = [
        (
            api::CREATE_TOPICS,
            topic("retention.ms: 500000000"),
            a(),
            ("retention.ms", "400000000"),
            "create topic a",
        ),
        (
            api::INCREMENTAL_ALTER_CONFIGS,
            topic("retention.ms: 600000000"),
            a(),
            ("retention.ms", "450000000"),
            "configure topic a",
        ),
        (
            api::INCREMENTAL_ALTER_CONFIGS,
            broker("[compact, delete]"),
            all(),
            ("log.cleanup.policy", "delete"),
            "configure all brokers",
        ),
    ];
    for (api_key, manifest, resource, (key, value), step) in cases {
        let program = Program::with_manifest(&manifest);
        proxy.reset();
        proxy.on(api_key, 1, Action::Late(Duration::from_secs(2)));
        let apply = [
            "apply",
            "--yes",
            "-b",
            &proxy.bootstrap(),
            "--timeout",
            "20s",
        ];
        let mut child = program.command(&apply).spawn().unwrap();
        while proxy.count(api_key) == 0 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        // The broker has done it, and its answer is still on its way.
        std::thread::sleep(Duration::from_millis(500));
        to(resource, key, value);
        let ran = finish(child).exits(5);
        let line = format!("done     {step}: {key} is {value} now, not ");
        assert!(ran.stdout.contains(&line), "{}", ran.stdout);
        assert_eq!(
            summary(&ran),
            "apply: 0 done and verified, 1 done otherwise than planned"
        );
        let kept = run(&program, &admin, &["backup", "list"]).exits(0);
        assert_eq!(kept.stdout.lines().count(), 2, "{}", kept.stdout);
    }
}

/// Kafka 4 takes what stands twice in a list for once, and Kafka 3 keeps it: it means the same.
#[test]
fn what_the_broker_normalises_to_an_equal_value_is_done() {
    let kafka = kafka::single();
    let name = kafka::topic_name("twice-in-a-list");
    let create = [
        "--create",
        "--topic",
        &name,
        "--config",
        "cleanup.policy=compact",
    ];
    apache::topics(&kafka.admin(), &create).ok();
    let program = Program::with_manifest(&topics(&format!(
        "    - {{name: {name}, partitions: 1, configs: {{cleanup.policy: [compact, delete]}}}}\n"
    )));
    let at = kafka.bootstrap();
    run(&program, &at, &["plan", "--out", "plan.json"]).exits(0);
    let text = program.read("plan.json");
    let plan = plan_file::from_text(&text).unwrap();
    let mut twice = plan.clone();
    let Write::AlterConfigs(_, AlterConfigs { changes }) = &mut twice.steps[0].action else {
        panic!()
    };
    changes[0].after = After::Set("compact,delete,delete".to_owned());
    program.write("plan.json", &plan_file::to_text(&twice));
    let ran = run(&program, &at, &["apply", "plan.json", "--yes"]).exits(0);
    assert_eq!(summary(&ran), "apply: 1 done and verified");
    run(&program, &at, &["plan", "--exit-code"]).exits(0);

    let manifest = program
        .read("topics.yaml")
        .replace("[compact, delete]", "[compact, delete, delete]");
    program.write("topics.yaml", &manifest);
    let refused = run(&program, &at, &["apply", "--yes"]).exits(2);
    let message =
        "error: `cleanup.policy` has `delete` more than once in its list\n --> topics.yaml:4:";
    assert!(refused.stderr.starts_with(message), "{}", refused.stderr);
}
