//! Imports a live cluster, and creates a cluster from the manifest.

use std::fmt::Write;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::program::{Program, Ran};
use crate::support::apache;
use crate::up::Running;

/// Names that YAML parsers read as other types.
const HOSTILE: [&str; 16] = [
    "yes",
    "No",
    "on",
    "y",
    "true",
    "null",
    "1.10",
    "010",
    "0x10",
    "1e3",
    "-a",
    "_",
    "12",
    "2001-01-01",
    "a-b_c",
    "..a",
];

/// 300 topics with different settings.
fn varied() -> String {
    let mut text = "version: 1\ntopics:\n  items:\n".to_owned();
    let topic = |text: &mut String, name: &str, number: usize| {
        let partitions = number % 4 + 1;
        let _ = write!(
            text,
            "    - name: \"{name}\"\n      partitions: {partitions}\n      replicas: 1\n      configs:\n"
        );
        let mut config = |when: bool, key: &str, value: &str| {
            if when {
                let _ = writeln!(text, "        {key}: {value}");
            }
        };
        config(!number.is_multiple_of(10), "retention.ms", "7d");
        config(number.is_multiple_of(10), "retention.bytes", "1GiB");
        config(
            number.is_multiple_of(3),
            "cleanup.policy",
            "[compact, delete]",
        );
        config(
            number.is_multiple_of(5),
            "min.cleanable.dirty.ratio",
            "0.10",
        );
        config(number.is_multiple_of(7), "compression.type", "zstd");
        config(
            number.is_multiple_of(2),
            "segment.bytes",
            &format!("{}", 16_000_000 + number),
        );
        config(number.is_multiple_of(11), "preallocate", "true");
        config(
            number.is_multiple_of(13),
            "message.timestamp.type",
            "LogAppendTime",
        );
        config(true, "max.message.bytes", "1000000");
    };
    for (number, name) in HOSTILE.iter().enumerate() {
        topic(&mut text, name, number);
    }
    for number in HOSTILE.len()..300 {
        topic(
            &mut text,
            &format!("team-{}.topic-{number}", number % 9),
            number,
        );
    }
    text
}

const BASE: &str = "\
version: 1
broker:
  process: { heap: 512M }
topics: { items: [] }
";

/// The output of import once brokers show what Apache's tools wrote: after 300 new topics, metadata
/// lags by seconds.
fn settled(here: &impl Fn(&[&str]) -> Ran, said: &str) -> Ran {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let ran = here(&["import"]).exits(0);
        if ran.stderr == said {
            return ran;
        }
        assert!(Instant::now() < deadline, "{}{}", ran.stderr, ran.stdout);
        sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_cluster_made_from_its_own_manifest_has_the_same_one() {
    let program = Program::with_manifest(BASE);
    program.write("varied.yaml", &varied());
    let running = Running(&program);
    let up = ["up", "--engine", "native", "--port", "0", "-o", "json"];
    let up = program.run(&up).exits(0).json();
    let at = up["cluster"]["bootstrap"].as_str().unwrap().to_owned();
    let here = |arguments: &[&str]| {
        let arguments = [arguments, &["-b", at.as_str()]].concat();
        program.run(&arguments)
    };
    here(&["apply", "--yes", "-f", "varied.yaml"]).exits(0);
    // Unknown keys are stored too, and are described as hidden values.
    let alter = |entity: &[&str], what: &[&str]| {
        let alter = [&["--alter", "--entity-type", "brokers"], entity, what].concat();
        apache::configs(&at, &alter).ok();
    };
    let (all, one) = (["--entity-default"], ["--entity-name", "1"]);
    alter(
        &all,
        &["--add-config", "log.retention.ms=86400000,made.up.key=1"],
    );
    alter(
        &one,
        &[
            "--add-config",
            "max.connections=500,leader.replication.throttled.rate=1000000,listener.name.external.ssl.key.password=secret",
        ],
    );
    let topic = ["--alter", "--entity-type", "topics", "--entity-name", "12"];
    let throttle = ["--add-config", "leader.replication.throttled.replicas=*"];
    apache::configs(&at, &[&topic[..], &throttle].concat()).ok();

    let first = settled(
        &here,
        "4 left out: comments in the manifest say which and why\n",
    );
    for comment in [
        "    # made.up.key: left out, brokers hide its value\n",
        "      # listener.name.external.ssl.key.password: \"${env:LISTENER_NAME_EXTERNAL_SSL_KEY_PASSWORD}\" # set",
        "      # leader.replication.throttled.rate: left out, whoever moves replicas",
        "      # leader.replication.throttled.replicas: left out, whoever moves replicas",
    ] {
        assert!(
            first.stdout.contains(comment),
            "{comment}\n{}",
            first.stdout
        );
    }
    program.write("first.yaml", &first.stdout);
    let plan = here(&["plan", "-f", "first.yaml", "--exit-code", "--strict"]).exits(0);
    plan.stdout_ends("plan: nothing to do\n");

    alter(&all, &["--delete-config", "made.up.key"]);
    alter(
        &one,
        &[
            "--delete-config",
            "leader.replication.throttled.rate,listener.name.external.ssl.key.password",
        ],
    );
    let throttle = ["--delete-config", "leader.replication.throttled.replicas"];
    apache::configs(&at, &[&topic[..], &throttle].concat()).ok();
    let before = settled(&here, "");
    assert_eq!(before.stdout.matches("- name: ").count(), 300);
    program.write("import.yaml", &before.stdout);
    let seen = apache::describe_topics(&at);

    drop(running);
    let running = Running(&program);
    let port = at.rsplit(':').next().unwrap();
    program
        .run(&["up", "--engine", "native", "--port", port])
        .exits(0);
    let none = here(&["import"]).exits(0).stdout;
    assert!(none.ends_with("topics:\n  items: []\n"), "{none}");
    here(&["apply", "--yes", "-f", "import.yaml"]).exits(0);
    assert_eq!(here(&["import"]).exits(0).stdout, before.stdout);
    let again = apache::describe_topics(&at);
    for (name, topic) in seen.iter().filter(|(name, _)| !name.starts_with("__")) {
        assert_eq!(again[name].partitions, topic.partitions, "{name}");
    }
    drop(running);
}
