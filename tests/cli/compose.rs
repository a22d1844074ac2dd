//! `compose/single.yml` against the Compose Specification's own schema (see compose-spec.NOTICE), and
//! against what the platform expects of it.

use serde_json::Value;

fn compose() -> Value {
    serde_saphyr::from_str(tonkafka::local::compose::SINGLE).expect("it is YAML")
}

fn validator() -> jsonschema::Validator {
    let schema = serde_json::from_str(include_str!("compose-spec.json"));
    let schema = schema.expect("it is JSON");
    jsonschema::draft7::new(&schema).expect("it is a JSON Schema")
}

#[test]
fn it_follows_the_compose_specification() {
    let (validator, compose) = (validator(), compose());
    let errors: Vec<String> = validator
        .iter_errors(&compose)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0]);
}

#[test]
fn the_schema_refuses_what_compose_would() {
    let mut compose = compose();
    compose["services"]["kafka"]["enviroment"] = serde_json::json!({});
    assert!(!validator().is_valid(&compose));
}

#[test]
fn images_are_pinned_and_ports_are_published_on_loopback_only() {
    for (name, service) in compose()["services"].as_object().unwrap() {
        let (_, tag) = service["image"].as_str().unwrap().rsplit_once(':').unwrap();
        assert!(tag.contains(|c: char| c.is_ascii_digit()), "{name}: {tag}");
        for port in service["ports"].as_array().unwrap() {
            assert!(
                port.as_str().unwrap().starts_with("127.0.0.1:"),
                "{name}: {port}"
            );
        }
        assert_eq!(service["restart"], "unless-stopped");
        assert_eq!(service["networks"], serde_json::json!(["lowcode-network"]));
    }
}

#[test]
fn it_is_the_platforms_broker() {
    let compose = compose();
    let kafka = &compose["services"]["kafka"];
    assert_eq!(kafka["container_name"], "lowcode-kafka");
    assert_eq!(
        compose["networks"]["lowcode-network"]["name"],
        "lowcode-network"
    );
    let expected = [
        ("HEAP_OPTS", "-Xmx1G -Xms1G"),
        ("MESSAGE_MAX_BYTES", "1000000"),
        ("REPLICA_FETCH_MAX_BYTES", "1048576"),
        ("LOG_RETENTION_HOURS", "168"),
        ("LOG_RETENTION_BYTES", "1073741824"),
        ("DEFAULT_REPLICATION_FACTOR", "1"),
        ("MIN_INSYNC_REPLICAS", "1"),
        ("TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1"),
        ("TRANSACTION_STATE_LOG_MIN_ISR", "1"),
        ("INTER_BROKER_LISTENER_NAME", "INTERNAL"),
    ];
    for (name, value) in expected {
        let found = &kafka["environment"][format!("KAFKA_{name}")];
        let found = found
            .as_str()
            .map_or_else(|| found.to_string(), str::to_owned);
        assert_eq!(found, value, "{name}");
    }
}
