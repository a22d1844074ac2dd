//! The JSON Schema of manifests, checked against valid and invalid manifests.

use std::fs;

use serde_json::Value;

use crate::program::Program;
use crate::{cases, fresh};

const FILE: &str = "schemas/manifest.schema.json";

fn validator() -> jsonschema::Validator {
    let schema = fs::read_to_string(fresh::repository(FILE)).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::draft202012::new(&schema).unwrap()
}

fn read(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// Panics with every error, unless a document follows a schema.
#[track_caller]
pub fn assert_valid(validator: &jsonschema::Validator, document: &Value) {
    let errors = validator.iter_errors(document);
    let errors = errors.map(|error| format!("{}: {error}", error.instance_path()));
    assert_eq!(errors.collect::<Vec<_>>(), [""; 0], "{document:#}");
}

#[test]
fn the_kept_schema_is_what_the_program_prints() {
    let ran = Program::new().run(&["render", "schema"]).exits(0);
    assert_eq!(ran.stderr, "");
    fresh::check(FILE, &ran.stdout);
}

#[test]
fn the_platforms_manifest_names_it_and_follows_it() {
    let text = fs::read_to_string(fresh::repository("topics.yaml")).unwrap();
    assert!(text.starts_with(&format!("# yaml-language-server: $schema={FILE}\n")));
    assert_valid(&validator(), &read(&text));
}

#[test]
fn what_validate_accepts_the_schema_accepts() {
    let validator = validator();
    let program = Program::new();
    let accepted = cases::all("tests/cli/manifests/accepted");
    assert_eq!(accepted.len(), 10);
    for case in accepted {
        let text = String::from_utf8(case.input).unwrap();
        program.write("topics.yaml", &text);
        let variables = [("NAME", "a"), ("NUMBER", "3")];
        program.run_with(&["validate"], &variables).exits(0);
        assert_valid(&validator, &read(&text));
    }
}

#[test]
fn what_validate_refuses_for_its_form_the_schema_refuses() {
    let validator = validator();
    let manifests = cases::all("tests/cli/manifests");
    let mut passed = Vec::new();
    for name in [
        "bootstrap-empty",
        "default-replicas-range",
        "description-as-list",
        "heap-plain",
        "keys-of-brokers",
        "keys-of-topics",
        "list-at-top",
        "name-illegal",
        "name-missing",
        "null-keyed",
        "null-partitions",
        "null-setting",
        "number-keyed",
        "partitions-missing",
        "partitions-range",
        "policies-as-list",
        "policy-parts",
        "policy-unknown",
        "policy-values",
        "quoted-partitions",
        "reference-inside",
        "reference-kind",
        "replicas-range",
        "schema-empty",
        "secrets",
        "setting-as-mapping",
        "state-unknown",
        "topic-as-text",
        "topics-as-list",
        "units",
        "unknown-field-case",
        "unknown-field-in-environment",
        "unknown-section",
        "values-of-brokers",
        "values-of-topics",
        "version-missing",
        "version-two",
    ] {
        let case = manifests
            .iter()
            .find(|case| case.name == format!("{name}.yaml"));
        let text = str::from_utf8(&case.expect(name).input).unwrap();
        if validator.is_valid(&read(text)) {
            passed.push(name);
        }
    }
    assert_eq!(passed, [""; 0]);
}
