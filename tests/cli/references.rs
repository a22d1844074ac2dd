//! `${env:NAME}` and `${file:PATH}` with real variables and files.

use std::fs;

use serde_json::Value;

use crate::fake::{Bench, holding};
use crate::program::Program;

const MANIFEST: &str = "\
version: 1
topics:
  items:
    - name: user.activity
      partitions: ${env:PARTITIONS}
      configs:
        retention.ms: ${file:values/retention}
";

#[test]
fn values_come_from_the_environment_and_from_files_beside_the_manifest() {
    let program = Program::new();
    fs::create_dir_all(program.path().join("kafka/values")).unwrap();
    program.write("kafka/topics.yaml", MANIFEST);
    program.write("kafka/values/retention", "7d\n");
    let validate = ["validate", "-f", "kafka/topics.yaml", "-o", "json"];
    let hash = |partitions: &str| {
        let ran = program
            .run_with(&validate, &[("PARTITIONS", partitions)])
            .exits(0);
        ran.json()["manifestHash"].clone()
    };
    assert_eq!(hash("3"), hash("3"));
    assert_ne!(hash("3"), hash("4"));
    let ran = program
        .run_with(&["validate", "-f", "kafka/topics.yaml"], &[])
        .exits(2);
    let expected = "\
error: the environment variable `PARTITIONS` is not set
 --> kafka/topics.yaml:5:19
  |
5 |       partitions: ${env:PARTITIONS}
  |                   ^^^^^^^^^^^^^^^^^
hint: set it, or write the value itself
";
    assert_eq!(ran.stderr, expected);
}

#[test]
fn a_reference_to_no_plain_file_is_refused_and_not_waited_for() {
    let program = Program::with_manifest(MANIFEST);
    let values = program.path().join("values");
    fs::create_dir(&values).unwrap();
    for (make, why) in [
        (&["mkfifo", "retention"][..], "it is no plain file"),
        (&["mkdir", "retention"], "it is no plain file"),
        (
            &["ln", "-s", "retention", "retention"],
            "Too many levels of symbolic links (os error 40)",
        ),
    ] {
        let _ = fs::remove_file(values.join("retention"));
        let _ = fs::remove_dir(values.join("retention"));
        let mut command = std::process::Command::new(make[0]);
        let made = command.args(&make[1..]).current_dir(&values).status();
        assert!(made.unwrap().success());
        let ran = program
            .run_with(&["validate"], &[("PARTITIONS", "3")])
            .exits(2);
        let expected = format!(
            "\
error: cannot read `${{file:values/retention}}`: {why}
 --> topics.yaml:7:23
  |
7 |         retention.ms: ${{file:values/retention}}
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^
hint: make it a file that this user may read
"
        );
        assert_eq!(ran.stderr, expected);
    }
}

#[test]
fn a_secret_is_in_no_plan() {
    let manifest = "\
version: 1
broker:
  brokers: { 1: { listener.name.internal.ssl.keystore.password: \"${env:PASSWORD}\" } }
topics: { items: [{ name: a, partitions: 1 }] }
";
    let bench = Bench::new(manifest, &holding(&[]));
    for form in ["text", "json", "yaml", "markdown"] {
        let arguments = bench.arguments(&["plan", "-o", form, "--out", "plan.json"]);
        let secret = [("PASSWORD", "hunter2")];
        let ran = bench.program.run_with(&arguments, &secret).exits(0);
        for printed in [&ran.stdout, &ran.stderr, &bench.program.read("plan.json")] {
            assert!(!printed.contains("hunter2"), "{printed}");
        }
        ran.stdout_has("listener.name.internal.ssl.keystore.password");
    }
    let plan: Value = serde_json::from_str(&bench.program.read("plan.json")).unwrap();
    assert_eq!(plan["kind"], "Plan");
}

#[test]
fn a_compose_file_shows_no_secret() {
    let own = "listener.name.internal.ssl.keystore.password";
    for (settings, key) in [
        (
            "process: { ssl.keystore.password: @ }",
            "ssl.keystore.password",
        ),
        (
            "brokers: { 1: { listener.name.internal.ssl.keystore.password: @ } }",
            own,
        ),
    ] {
        let settings = settings.replace('@', "\"${env:PASSWORD}\"");
        let manifest = format!("version: 1\nbroker: {{ {settings} }}\n");
        let program = Program::with_manifest(&manifest);
        let ran = program
            .run_with(&["render", "compose"], &[("PASSWORD", "hunter2")])
            .exits(2);
        let expected = format!(
            "error: `{key}` is a secret, which a Compose file would show\n\
             hint: render a manifest without it, and give it to the container in another way\n"
        );
        assert_eq!((ran.stdout, ran.stderr), (String::new(), expected));
    }
}
