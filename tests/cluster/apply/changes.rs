//! Writes, and how brokers store them.

use std::collections::BTreeMap;
use std::time::Duration;

use tonkafka::cluster::{Answer, Cluster, Mode};
use tonkafka::model::config::{ConfigAlteration, ConfigResource};
use tonkafka::plan::kinds::{After, AlterConfigs};
use tonkafka::plan::{Action as Write, file as plan_file};

use super::{run, summary, topics};
use crate::program::{Program, finish, words};
use crate::support::apache;
use crate::support::kafka::{self, Kafka};
use crate::support::live::{connect, runtime};
use crate::support::proxy::{Action, api};

const WRITES: [i16; 4] = [
    api::CREATE_TOPICS,
    api::CREATE_PARTITIONS,
    api::INCREMENTAL_ALTER_CONFIGS,
    api::DELETE_TOPICS,
];

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
    fewer.stderr_has("has 3 partitions and the manifest says 2: Kafka cannot take partitions away");
    fewer.stderr_has("hint: write `partitions: 3`, or declare a new topic");
    run(&program, &admin, &["plan"]).exits(4);

    program.write(
        "topics.yaml",
        &topics(&format!(
            "    - {{name: {kept}, partitions: 3}}\n    - {{name: {doomed}, state: absent}}\n"
        )),
    );
    let refused = run(&program, &admin, &["apply", "--yes"]).exits(4);
    refused.stderr_has("pass `--allow-delete 1`");
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
    ran.stdout_has(&format!("refused  create topic {bad}: INVALID_CONFIG: conflict topic config setting min.compaction.lag.ms (2000) > max.compaction.lag.ms (1000)"));
    ran.stdout_has(&format!(
        "refused  create topic {wide}: INVALID_REPLICATION_FACTOR: "
    ));
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
    ran.stdout_starts(&expected);
    ran.stdout_has(&format!(
        "not in the manifest, left alone:\n  topic {name}: flush.messages = 7\n"
    ));
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
    refused.stderr_has("the manifest says `keyed: true`");
    let allowed = ["apply", "--yes", "--allow", "keyed-growth"];
    let ran = run(&program, &admin, &allowed).exits(0);
    ran.stdout_has("partitions  1 → 4");
    ran.stdout_has("sends keys to other partitions");
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
    planned.stdout_has("message.max.bytes  1048588 [default] → 1000000 (1 MB)");
    planned.stdout_has("log.retention.hours needs a restart: brokers 1, 2, 3 run with 48, the manifest says 168 [needs-restart]");
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

    let alter = words(
        "--alter --entity-type brokers --entity-name 2 --add-config message.max.bytes=2000000",
    );
    apache::configs(&admin, &alter).ok();
    while !apache::broker_configs(&admin, 2).contains_key("message.max.bytes") {}
    let shadowed = run(&program, &admin, &["plan", "--exit-code"]).exits(0);
    shadowed.stdout_has("broker 2: message.max.bytes is 2000000 there by its own setting, which shadows 1000000 for all brokers [shadowed]");

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
    refused.stderr_has("no broker knows the key `confluent.balancer.enable`");
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
    // Chunks of 250 are read in parallel, in as many rounds as one topic.
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

/// A broker's plug-in, or another client right after the write, changes the value that is read
/// back.
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
        // The broker has carried it out, and its answer is still delayed.
        std::thread::sleep(Duration::from_millis(500));
        to(resource, key, value);
        let ran = finish(child).exits(5);
        let line = format!("done     {step}: {key} is {value} now, not ");
        ran.stdout_has(&line);
        assert_eq!(
            summary(&ran),
            "apply: 0 done and verified, 1 done otherwise than planned"
        );
        let kept = run(&program, &admin, &["backup", "list"]).exits(0);
        assert_eq!(kept.stdout.lines().count(), 2, "{}", kept.stdout);
    }
}

/// Kafka 4 removes repeated list items and Kafka 3 keeps them; both mean the same.
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
    refused.stderr_starts(message);
}
