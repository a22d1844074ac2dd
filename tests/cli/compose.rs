//! The files of `compose/`: what `render compose` prints is checked against the Compose
//! Specification's schema (see compose-spec.NOTICE), and against the platform's expectations.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::fresh;
use crate::program::{Program, words};
use crate::schema::assert_valid;

const LAYOUTS: [&str; 2] = ["single", "zookeeper"];
/// Every file, with what renders it.
const FILES: [(&str, [&str; 2]); 3] = [
    ("single", ["--layout", "single"]),
    ("secure", ["--profile", "secure"]),
    ("zookeeper", ["--layout", "zookeeper"]),
];

fn compose(layout: &str) -> Value {
    let path = fresh::repository(&format!("compose/{layout}.yml"));
    let text = std::fs::read_to_string(path).unwrap();
    serde_saphyr::from_str(&text).expect("it is YAML")
}

fn services(layout: &str) -> serde_json::Map<String, Value> {
    compose(layout)["services"].as_object().unwrap().clone()
}

fn validator() -> jsonschema::Validator {
    let schema = serde_json::from_str(include_str!("compose-spec.json"));
    let schema = schema.expect("it is JSON");
    jsonschema::draft7::new(&schema).expect("it is a JSON Schema")
}

fn render(manifest: &str, arguments: &[&str]) -> crate::program::Ran {
    let program = Program::with_manifest(manifest);
    program.run(&[&["render", "compose"], arguments].concat())
}

#[test]
fn they_are_what_the_platforms_manifest_makes() {
    let manifest = include_str!("../../topics.yaml");
    for (file, arguments) in FILES {
        let ran = render(manifest, &arguments).exits(0);
        assert_eq!(ran.stderr, "");
        fresh::check(&format!("compose/{file}.yml"), &ran.stdout);
    }
    let ran = render(manifest, &[]).exits(0);
    fresh::check("compose/single.yml", &ran.stdout);
}

#[test]
fn they_follow_the_compose_specification() {
    for (file, _) in FILES {
        assert_valid(&validator(), &compose(file));
    }
}

#[test]
fn the_schema_refuses_what_compose_would() {
    let mut compose = compose("single");
    compose["services"]["kafka"]["enviroment"] = json!({});
    assert!(!validator().is_valid(&compose));
}

#[test]
fn images_are_pinned_and_ports_are_published_on_loopback_only() {
    for (file, _) in FILES {
        for (name, service) in services(file) {
            let (_, tag) = service["image"].as_str().unwrap().rsplit_once(':').unwrap();
            assert!(tag.contains(|c: char| c.is_ascii_digit()), "{name}: {tag}");
            for port in service["ports"].as_array().into_iter().flatten() {
                let port = port.as_str().unwrap();
                assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
            }
            let ends = ["kafka-init", "kafka-secrets"].contains(&name.as_str());
            let restart = if ends { "no" } else { "unless-stopped" };
            assert_eq!(service["restart"], restart);
            assert_eq!(service["networks"], json!(["lowcode-network"]));
        }
    }
}

#[test]
fn they_are_the_platforms_broker() {
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
    for layout in LAYOUTS {
        let kafka = &services(layout)["kafka"];
        for (name, value) in expected {
            let found = &kafka["environment"][format!("KAFKA_{name}")];
            let found = found
                .as_str()
                .map_or_else(|| found.to_string(), str::to_owned);
            assert_eq!(found, value, "{layout}: {name}");
        }
        let networks = &compose(layout)["networks"];
        assert_eq!(networks["lowcode-network"]["name"], "lowcode-network");
    }
}

#[test]
fn containers_have_the_platforms_names_and_ports() {
    let found = |layout| -> BTreeMap<String, Vec<String>> {
        let each = services(layout).into_iter();
        each.map(|(_, service)| {
            let name = service["container_name"].as_str().unwrap().to_owned();
            let ports = service["ports"].as_array().into_iter().flatten();
            let inside = ports.map(|port| {
                port.as_str()
                    .unwrap()
                    .rsplit(':')
                    .next()
                    .unwrap()
                    .to_owned()
            });
            (name, inside.collect())
        })
        .collect()
    };
    let single = [
        ("lowcode-kafka", vec!["9092"]),
        ("lowcode-kafka-init", vec![]),
        ("lowcode-kafka-ui", vec!["8080"]),
    ];
    let zookeeper = [("lowcode-zookeeper", vec!["2181"])];
    let owned = |(name, ports): (&str, Vec<&str>)| {
        let ports = ports.into_iter().map(str::to_owned);
        (name.to_owned(), ports.collect::<Vec<_>>())
    };
    assert_eq!(found("single"), single.clone().map(owned).into());
    let all = single.into_iter().chain(zookeeper).map(owned).collect();
    assert_eq!(found("zookeeper"), all);
}

#[test]
fn each_service_waits_for_what_it_needs() {
    let condition = |layout: &str, service: &str, on: &str| {
        services(layout)[service]["depends_on"][on]["condition"].clone()
    };
    for layout in LAYOUTS {
        assert_eq!(condition(layout, "kafka-init", "kafka"), "service_healthy");
        // Without this, `docker compose up --wait` takes the end of kafka-init as a failure.
        let ended = "service_completed_successfully";
        assert_eq!(condition(layout, "kafka-ui", "kafka-init"), ended);
        assert!(services(layout)["kafka"]["healthcheck"]["test"].is_array());
    }
    assert_eq!(
        condition("zookeeper", "kafka", "zookeeper"),
        "service_healthy"
    );
    assert!(services("zookeeper")["zookeeper"]["healthcheck"]["test"].is_array());
}

#[test]
fn whatever_a_manifest_holds_stays_data() {
    let manifest = r#"
version: 1
broker:
  process:
    heap: 512M
    super.users: "it's $HOME \"quoted\" # \\ : @image@"
topics:
  items:
    - name: a
      partitions: 2
      description: "first $(touch x)\n`touch y`"
    - name: gone
      state: absent
"#;
    for layout in LAYOUTS {
        let ran = render(manifest, &["--layout", layout]).exits(0);
        let compose: Value = serde_saphyr::from_str(&ran.stdout).unwrap();
        assert_valid(&validator(), &compose);
        let environment = &compose["services"]["kafka"]["environment"];
        let users = "it's $$HOME \"quoted\" # \\ : @image@";
        assert_eq!(environment["KAFKA_SUPER_USERS"], users);
        assert_eq!(environment["KAFKA_HEAP_OPTS"], "-Xmx512M -Xms512M");
        let script = &compose["services"]["kafka-init"]["command"][0];
        let last = script.as_str().unwrap().lines().last().unwrap();
        assert_eq!(last, "topic a 2 # first $$(touch x) `touch y`");
    }
}

#[test]
fn a_manifest_without_topics_needs_no_service_for_them() {
    let ran = render("version: 1\n", &[]).exits(0);
    let compose: Value = serde_saphyr::from_str(&ran.stdout).unwrap();
    assert_valid(&validator(), &compose);
    let services = &compose["services"];
    assert!(services["kafka-init"].is_null());
    let on = &services["kafka-ui"]["depends_on"]["kafka"];
    assert_eq!(on["condition"], "service_healthy");
}

#[test]
fn one_broker_is_not_made_of_a_manifest_for_three() {
    let manifest = include_str!("../../topics.yaml");
    let ran = render(manifest, &["--env", "production"]).exits(2);
    assert_eq!(ran.stdout, "");
    let said = "`default.replication.factor` asks for 3 replicas";
    ran.stderr_has(said);
}

#[test]
fn the_secure_one_asks_everybody_who_they_are() {
    let services = services("secure");
    let kafka = &services["kafka"]["environment"];
    let expected = [
        (
            "LISTENER_SECURITY_PROTOCOL_MAP",
            "INTERNAL:SASL_SSL,EXTERNAL:SASL_SSL,BROKERS:SSL,CONTROLLER:SSL",
        ),
        ("INTER_BROKER_LISTENER_NAME", "BROKERS"),
        ("ALLOW_EVERYONE_IF_NO_ACL_FOUND", "false"),
        ("SUPER_USERS", "User:admin;User:broker"),
        ("LISTENER_NAME_BROKERS_SSL_CLIENT_AUTH", "required"),
        ("LISTENER_NAME_CONTROLLER_SSL_CLIENT_AUTH", "required"),
    ];
    for (name, value) in expected {
        assert_eq!(kafka[format!("KAFKA_{name}")], value, "{name}");
    }
    let condition =
        |service: &str, on: &str| services[service]["depends_on"][on]["condition"].clone();
    let ended = "service_completed_successfully";
    assert_eq!(condition("kafka", "kafka-secrets"), ended);
    assert_eq!(condition("kafka-init", "kafka"), "service_healthy");
    assert_eq!(condition("kafka-ready", "kafka-init"), ended);
    let bound = &services["kafka-secrets"]["volumes"][0];
    assert_eq!(bound["source"], "${TONKAFKA_SECRETS:-./secrets}");
    assert_eq!(bound["read_only"], true);
    assert!(!services.contains_key("kafka-ui"));
    // The manifest cannot change the security settings, and users exist without topics too.
    let manifest =
        "version: 1\nbroker: {process: {super.users: User:mallory, ssl.client.auth: none}}\n";
    let ran = render(manifest, &["--profile", "secure"]).exits(0);
    assert!(!ran.stdout.contains("mallory"), "{}", ran.stdout);
    assert!(
        !ran.stdout.contains("KAFKA_SSL_CLIENT_AUTH"),
        "{}",
        ran.stdout
    );
    ran.stdout_has("user consumer\n");
}

#[test]
fn secrets_are_made_once_and_only_where_nothing_else_is() {
    let program = Program::with_manifest("version: 1\n");
    let make = words("render compose --profile secure --secrets secrets");
    let first = program.run(&make).exits(0);
    let mut names: Vec<String> = [
        "broker.p12",
        "broker.pem",
        "ca.pem",
        "client.p12",
        "client.pem",
        "client.properties",
        "consumer.properties",
        "operator.properties",
        "producer.properties",
        "secure.json",
        "stores.password",
        "truststore.p12",
    ]
    .map(str::to_owned)
    .into();
    for user in ["admin", "consumer", "operator", "producer"] {
        names.extend(["256", "512"].map(|bits| format!("{user}.SCRAM-SHA-{bits}")));
    }
    names.sort();
    let files = || -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(program.path().join("secrets")).unwrap();
        let read = |path: std::path::PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
            (name, std::fs::read(path).unwrap())
        };
        let mut files: Vec<_> = entries.map(|entry| read(entry.unwrap().path())).collect();
        files.sort();
        files
    };
    let before = files();
    let found: Vec<&str> = before.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(found, names);
    let kept: Value = serde_json::from_str(&program.read("secrets/secure.json")).unwrap();
    let users = kept["users"].as_object().unwrap();
    let mut passwords: Vec<&str> = users.values().map(|one| one.as_str().unwrap()).collect();
    for password in &passwords {
        assert!(!first.stdout.contains(password) && !first.stderr.contains(password));
    }
    passwords.sort_unstable();
    passwords.dedup();
    assert_eq!(passwords.len(), 4);
    let text = program.read("secrets/operator.properties");
    let password = users["operator"].as_str().unwrap();
    assert!(
        text.contains(&format!("username=\"operator\" password=\"{password}\";")),
        "{text}"
    );

    program.run(&make).exits(0);
    assert_eq!(files(), before);
    // Missing files are created again, for the same users.
    std::fs::remove_file(program.path().join("secrets/broker.pem")).unwrap();
    program.run(&make).exits(0);
    let after: Value = serde_json::from_str(&program.read("secrets/secure.json")).unwrap();
    assert_eq!(after["users"], kept["users"]);
    assert_ne!(files(), before);

    program.write("theirs.txt", "");
    let elsewhere = ["render", "compose", "--profile", "secure", "--secrets", "."];
    let ran = program.run(&elsewhere).exits(1);
    let words =
        "holds files that are not those of a secure cluster\nhint: name a new or empty directory\n";
    ran.stderr_ends(words);
    assert!(!program.path().join("ca.pem").exists());
}

#[test]
fn what_cannot_be_combined_is_refused() {
    let ran = render(
        "version: 1\n",
        &["--layout", "zookeeper", "--profile", "secure"],
    )
    .exits(2);
    let words = "error: the layout `zookeeper` has no profile `secure`\n";
    ran.stderr_starts(words);
    let ran = render("version: 1\n", &["--secrets", "x"]).exits(2);
    let words = "error: `--secrets` makes those of `--profile secure`, which is not asked for\n";
    assert_eq!(ran.stderr, words);
}
