//! Settings of one listener on real Kafka.

use std::fs;
use std::path::Path;

use crate::pages::blocks;
use crate::program::{Program, Ran};
use crate::support::kafka::Kafka;
use crate::support::{apache, kafka};

/// With ZooKeeper, brokers need a secret to store passwords.
fn started() -> Kafka {
    if kafka::with_zookeeper() {
        kafka::fresh(1, &[("password.encoder.secret", "secret")])
    } else {
        kafka::fresh(1, &[])
    }
}

fn run(program: &Program, kafka: &Kafka, arguments: &[&str]) -> Ran {
    let admin = kafka.admin();
    let all = [arguments, &["-b", &admin]].concat();
    let variables = [("KEYSTORE_PASSWORD", "hunter2"), ("PARTITIONS", "2")];
    program.run_with(&all, &variables)
}

#[test]
fn the_example_of_the_page_is_taken_by_brokers() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manifest.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks = blocks(&page, "yaml");
    let example = blocks
        .iter()
        .find(|block| block.contains("KEYSTORE_PASSWORD"));
    let kafka = started();
    let program = Program::with_manifest(example.unwrap());
    program.write("user-activity.txt", "User actions\n");
    let ran = run(&program, &kafka, &["apply", "--yes"]).exits(0);
    ran.stdout_has(
        "~ broker 1\n    listener.name.internal.ssl.keystore.password  (not set) → (sensitive)\n",
    );
    let key = "listener.name.internal.ssl.keystore.password";
    assert!(apache::broker_configs(&kafka.admin(), 1).contains_key(key));
    let ran = run(&program, &kafka, &["plan", "--exit-code"]).exits(0);
    ran.stdout_has("broker 1: listener.name.internal.ssl.keystore.password is set to a hidden value, which cannot be compared and is left as it is [sensitive]\n");
    let again = ["apply", "--yes", "--rewrite-sensitive"];
    let ran = run(&program, &kafka, &again).exits(0);
    ran.stdout_has("apply: 1 done and verified\n");
}

#[test]
fn settings_of_a_listener_are_set_compared_and_unset() {
    let kafka = started();
    let manifest = |defaults: &str, own: &str| {
        format!(
            "version: 1\nbroker:\n  defaults: {{ {defaults} }}\n  brokers: {{ 1: {{ {own} }} }}\n"
        )
    };
    let defaults = "listener.name.client.max.connections: 700";
    let own = "listener.name.client.max.connection.creation.rate: 90, listener.name.internal.ssl.keystore.type: PEM";
    let program = Program::with_manifest(&manifest(defaults, own));
    let ran = run(&program, &kafka, &["apply", "--yes"]).exits(0);
    ran.stdout_has(
        "\
~ all brokers
    listener.name.client.max.connections  (not set) → 700
~ broker 1
    listener.name.client.max.connection.creation.rate  (not set) → 90
    listener.name.internal.ssl.keystore.type           (not set) → PEM
",
    );
    run(&program, &kafka, &["plan", "--exit-code"]).exits(0);
    let set = apache::broker_configs(&kafka.admin(), 1);
    assert_eq!(set["listener.name.internal.ssl.keystore.type"], "PEM");
    assert_eq!(
        set["listener.name.client.max.connection.creation.rate"],
        "90"
    );
    let all = apache::broker_defaults(&kafka.admin());
    assert_eq!(all["listener.name.client.max.connections"], "700");

    let changed = manifest(&defaults.replace("700", "800"), own);
    program.write("topics.yaml", &changed);
    let ran = run(&program, &kafka, &["apply", "--yes"]).exits(0);
    ran.stdout_has("listener.name.client.max.connections  700 → 800\n");

    let unset = |settings: &str| {
        let keys = settings
            .split(", ")
            .map(|one| one.split(':').next().unwrap());
        let keys = keys.map(|key| format!("{key}: unset"));
        keys.collect::<Vec<_>>().join(", ")
    };
    program.write("topics.yaml", &manifest(&unset(defaults), &unset(own)));
    run(&program, &kafka, &["apply", "--yes"]).exits(0);
    run(&program, &kafka, &["plan", "--exit-code"]).exits(0);
    let left = apache::broker_configs(&kafka.admin(), 1);
    let mut left = left.keys().filter(|key| key.starts_with("listener.name."));
    assert_eq!(left.next(), None);
}
