//! The files of `compose/`, started natively: each environment block makes a broker that accepts
//! transactions, and the script of `kafka-init` creates the platform's topics. Only ports, paths
//! and hosts differ from the containers.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::Value;
use tonkafka::local::artefacts::DEFAULT_VERSION;
use tonkafka::local::compose::{NAMES, environment_to_properties};
use tonkafka::local::secure::Secrets;

use crate::support::apache::{self, Topic};
use crate::support::kafka::{self, Kafka};
use crate::support::zookeeper::{self, ZooKeeper};

const SINGLE: &str = include_str!("../../compose/single.yml");
const SECURE: &str = include_str!("../../compose/secure.yml");
const ZOOKEEPER: &str = include_str!("../../compose/zookeeper.yml");

const PATIENCE: Duration = Duration::from_secs(30);

/// The platform's topics and their partitions.
const TOPICS: [(&str, usize); 12] = [
    ("analytics.events", 5),
    ("audit.logs", 3),
    ("collaboration.events", 5),
    ("database.changes", 3),
    ("dead.letter.queue", 1),
    ("error.events", 1),
    ("flow.completed", 3),
    ("flow.execution", 5),
    ("flow.failed", 3),
    ("media.events", 3),
    ("notifications", 3),
    ("user.activity", 3),
];

#[tokio::test(flavor = "multi_thread")]
async fn single_commits_transactions_and_gets_its_topics() {
    let id = environment(SINGLE, "kafka")["CLUSTER_ID"].clone();
    let kafka = Kafka::options().proxies(0).cluster_id(&id);
    let kafka = kafka.exactly(single_properties).start();
    let topics = try_out(&kafka, SINGLE).await;

    let defaults = apache::broker_defaults(&kafka.bootstrap());
    run_init(&kafka, SINGLE);
    assert_eq!(apache::describe_topics(&kafka.bootstrap()), topics);
    assert_eq!(apache::broker_defaults(&kafka.bootstrap()), defaults);
}

#[tokio::test(flavor = "multi_thread")]
async fn zookeeper_commits_transactions_and_gets_its_topics() {
    let (zookeeper, kafka) = with_zookeeper();
    assert!(is_healthy(&zookeeper.address()));
    assert!(!is_healthy(&format!("127.0.0.1:{}", kafka::free_port())));
    try_out(&kafka, ZOOKEEPER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secure_lets_its_users_in_and_nobody_else() {
    let id = environment(SECURE, "kafka")["CLUSTER_ID"].clone();
    let kafka = Kafka::options().proxies(0).cluster_id(&id).secured();
    let kafka = kafka.exactly(secure_properties).start();
    is_healthy_within(&kafka);
    run_init(&kafka, SECURE);

    let from = kafka.broker_dir(1).join("from");
    let with = |user: &str, arguments: &[&str]| {
        let file = from.join(format!("{user}.properties"));
        let login = ["--command-config", file.to_str().unwrap()];
        apache::topics(&kafka.bootstrap(), &[&login[..], arguments].concat())
    };
    let described = with("client", &["--describe", "--exclude-internal"]).ok();
    let topics = apache::parse_topics(&described);
    let found = topics.iter();
    let found: Vec<(&str, usize)> = found
        .map(|(name, topic)| (name.as_str(), topic.partitions))
        .collect();
    assert_eq!(found, TOPICS);
    with("operator", &["--create", "--topic", "payments"]).ok();
    assert!(!with("producer", &["--create", "--topic", "no"]).success);

    let client = |user: &str| {
        let password = password(&from.join(format!("{user}.properties")));
        let mut client = client(&kafka);
        client
            .set("security.protocol", "SASL_SSL")
            .set("ssl.ca.location", from.join("ca.pem").to_str().unwrap())
            .set("sasl.mechanism", "SCRAM-SHA-512")
            .set("sasl.username", user)
            .set("sasl.password", password);
        client
    };
    commit_and_abort(&client("producer")).await;
    let read = read_committed(&client("consumer"), 1).await;
    assert_eq!(read, ["committed"]);
    // The script may run again, and sets the passwords again.
    run_init(&kafka, SECURE);
    with("client", &["--list"]).ok();
}

/// The password in a file of properties.
fn password(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let (_, rest) = text.split_once("password=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Runs the container's health check.
fn is_healthy_within(kafka: &Kafka) {
    let test = compose(SECURE)["services"]["kafka"]["healthcheck"]["test"].clone();
    let words: Vec<String> = serde_json::from_value(test).unwrap();
    let (_, arguments) = words[1]
        .split_once("kafka-broker-api-versions.sh ")
        .unwrap();
    let expected = "--bootstrap-server lowcode-kafka:29093 --command-config /etc/kafka/secrets/internal.properties > /dev/null";
    assert_eq!(arguments, expected);
    let file = kafka.broker_dir(1).join("secrets/internal.properties");
    let main_class = "org.apache.kafka.tools.BrokerApiVersionsCommand";
    let arguments = ["--command-config", file.to_str().unwrap()];
    apache::run(main_class, &kafka.admin(), &arguments).ok();
}

/// The broker's properties, with secrets as `render compose --secrets` makes them and
/// `kafka-secrets` copies them.
fn secure_properties(dir: &Path, ports: [u16; 3]) -> BTreeMap<String, String> {
    let [external, brokers, controller] = ports;
    let (from, secrets) = (dir.join("from"), dir.join("secrets"));
    let kept = Secrets::keep_apart(&from, &NAMES, &format!("localhost:{external}")).unwrap();
    kept.write_scram().unwrap();
    fs::create_dir(&secrets).unwrap();
    let script = compose(SECURE)["services"]["kafka-secrets"]["command"][0].clone();
    let script = script
        .as_str()
        .unwrap()
        .replace("/from/", &format!("{}/", from.display()));
    let script = script.replace("/etc/kafka/secrets", secrets.to_str().unwrap());
    let script = script.replace("chown appuser", ":"); // there is no such user here
    let status = Command::new("sh").args(["-c", &script]).status().unwrap();
    assert!(status.success());
    for file in fs::read_dir(&secrets).unwrap().flatten() {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.path().display());
    }
    let mut properties = environment_to_properties(&environment(SECURE, "kafka"));
    for value in properties.values_mut() {
        *value = value.replace(":29093", &format!(":{brokers}"));
        *value = value.replace("/etc/kafka/secrets", secrets.to_str().unwrap());
    }
    native(properties, dir, [external, kafka::free_port(), controller])
}

/// The broker of the file, with the file's ZooKeeper.
pub fn with_zookeeper() -> (ZooKeeper, Kafka) {
    let zookeeper = ZooKeeper::start(&zookeeper_properties());
    becomes_healthy(&zookeeper.address());
    let kafka = Kafka::options()
        .proxies(0)
        .version(zookeeper::KAFKA_VERSION);
    let kafka = kafka.zookeeper(&zookeeper.address());
    let kafka = kafka.exactly(broker_properties).start();
    (zookeeper, kafka)
}

/// Returns the topics that exist in the end.
async fn try_out(kafka: &Kafka, file: &str) -> BTreeMap<String, Topic> {
    apache::topics(&kafka.admin(), &["--create", "--topic", "payments"]).ok();
    commit_and_abort(&client(kafka)).await;
    assert_eq!(read_committed(&client(kafka), 1).await, ["committed"]);

    run_init(kafka, file);
    user_interface_finds(kafka, file);
    let topics = apache::describe_topics(&kafka.bootstrap());
    let found = topics.iter().filter(|(name, _)| *name != "payments");
    let found: Vec<(&str, usize)> = found
        .map(|(name, topic)| (name.as_str(), topic.partitions))
        .collect();
    assert_eq!(found, TOPICS);
    assert!(topics.values().all(|topic| topic.replication_factor == 1));
    let defaults = apache::broker_defaults(&kafka.bootstrap());
    assert_eq!(defaults["message.max.bytes"], "1000000");
    assert_eq!(defaults["log.retention.bytes"], "1073741824");
    assert_eq!(defaults["min.insync.replicas"], "1");

    assert!(topics.values().all(|topic| !topic.id.is_empty()));
    topics
}

/// Runs the script of `kafka-init` with its environment, and Apache's tools under the names of its
/// image.
fn run_init(kafka: &Kafka, file: &str) {
    let service = &compose(file)["services"]["kafka-init"];
    let script = service["command"][0].as_str().unwrap().replace("$$", "$");
    let image = service["image"].as_str().unwrap();
    let ending = if image.starts_with("apache/kafka:") {
        ".sh"
    } else {
        ""
    };
    let tools = tempfile::tempdir().unwrap();
    for (name, main_class) in [
        ("kafka-topics", "org.apache.kafka.tools.TopicCommand"),
        ("kafka-configs", "kafka.admin.ConfigCommand"),
        ("kafka-acls", "org.apache.kafka.tools.AclCommand"),
    ] {
        write_tool(&tools.path().join(format!("{name}{ending}")), main_class);
    }
    let mut environment = environment(file, "kafka-init");
    let address = environment.get_mut("BOOTSTRAP_SERVER").unwrap();
    *address = on_this_machine(kafka, file, address);
    let secrets = kafka.broker_dir(1).join("secrets");
    let here = |text: &str| text.replace("/etc/kafka/secrets", secrets.to_str().unwrap());
    let script = here(&script);
    for value in environment.values_mut() {
        *value = here(value);
    }
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-c", &script])
        .env_clear()
        .envs(&environment)
        .env("PATH", format!("{}:{path}", tools.path().display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let also = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{also}");
}

/// The address on this machine of the listener for containers; `address` must be one of its
/// addresses.
fn on_this_machine(kafka: &Kafka, file: &str, address: &str) -> String {
    let broker = environment(file, "kafka");
    let advertised = &broker["KAFKA_ADVERTISED_LISTENERS"];
    let mut places = advertised
        .split(',')
        .filter_map(|one| one.split_once("://"));
    assert!(
        places.any(|(_, place)| place == address),
        "{address}: {advertised}"
    );
    // In the secure file, the other containers use the listener that needs a login.
    let port = if file == SECURE { ":29093" } else { ":29092" };
    assert!(address.ends_with(port), "{address}");
    kafka.admin()
}

/// The image of the user interface cannot run here, so a client of Apache's checks the cluster
/// settings of its block.
fn user_interface_finds(kafka: &Kafka, file: &str) {
    let environment = environment(file, "kafka-ui");
    let address = &environment["KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS"];
    let address = on_this_machine(kafka, file, address);
    apache::topics(&address, &["--list"]).ok();
    for name in environment.keys() {
        let known = ["AUTH_TYPE", "KAFKA_CLUSTERS_0_", "SPRING_SECURITY_USER_"];
        assert!(
            known.iter().any(|prefix| name.starts_with(prefix)),
            "{name}"
        );
    }
}

/// Writes a tool that starts Java as the image's `kafka-run-class` does.
fn write_tool(path: &Path, main_class: &str) {
    let java = kafka::artefacts(DEFAULT_VERSION).command(apache::JVM, main_class);
    let quoted = java
        .get_args()
        .map(|word| format!("'{}' ", word.to_str().unwrap()));
    let text = format!(
        "#!/bin/sh\nexec '{}' ${{KAFKA_HEAP_OPTS?}} {}\"$@\"\n",
        java.get_program().to_str().unwrap(),
        quoted.collect::<String>()
    );
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Waits for the health check: ZooKeeper listens before it serves.
fn becomes_healthy(address: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !is_healthy(address) {
        assert!(
            Instant::now() < deadline,
            "{address} does not become healthy"
        );
    }
}

/// Runs the container's health check.
fn is_healthy(address: &str) -> bool {
    let test = compose(ZOOKEEPER)["services"]["zookeeper"]["healthcheck"]["test"].clone();
    let words: Vec<String> = serde_json::from_value(test).unwrap();
    let [kind, program, arguments @ ..] = words.as_slice() else {
        panic!("{words:?}");
    };
    assert_eq!(kind, "CMD");
    let address = address.replace(':', "/");
    let ours = |word: &String| word.replace("localhost/2181", &address);
    // A check without an answer is given up, as Docker does.
    let asked = Command::new("timeout")
        .args(["5", program])
        .args(arguments.iter().map(ours))
        .stderr(Stdio::null())
        .status();
    asked.unwrap().success()
}

/// Commits one record and aborts another.
async fn commit_and_abort(client: &ClientConfig) {
    let producer: FutureProducer = client
        .clone()
        .set("transactional.id", "single")
        .create()
        .unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    for value in ["aborted", "committed"] {
        producer.begin_transaction().unwrap();
        let record = FutureRecord::to("payments").key("key").payload(value);
        producer.send(record, PATIENCE).await.unwrap();
        match value {
            "committed" => producer.commit_transaction(PATIENCE).unwrap(),
            _ => producer.abort_transaction(PATIENCE).unwrap(),
        }
    }
}

async fn read_committed(client: &ClientConfig, records: usize) -> Vec<String> {
    let consumer: StreamConsumer = client
        .clone()
        .set("group.id", "reader")
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .create()
        .unwrap();
    let mut partitions = TopicPartitionList::new();
    partitions
        .add_partition_offset("payments", 0, Offset::Beginning)
        .unwrap();
    consumer.assign(&partitions).unwrap();
    let mut values = Vec::new();
    while values.len() < records {
        let record = tokio::time::timeout(PATIENCE, consumer.recv()).await;
        let record = record.expect("a record in time").unwrap();
        let payload = record.payload().unwrap().to_vec();
        values.push(String::from_utf8(payload).unwrap());
    }
    values
}

fn client(kafka: &Kafka) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", kafka.bootstrap());
    client.set("allow.auto.create.topics", "false");
    client
}

fn single_properties(dir: &Path, ports: [u16; 3]) -> BTreeMap<String, String> {
    native(
        environment_to_properties(&environment(SINGLE, "kafka")),
        dir,
        ports,
    )
}

fn broker_properties(dir: &Path, ports: [u16; 3]) -> BTreeMap<String, String> {
    native(
        environment_to_properties(&environment(ZOOKEEPER, "kafka")),
        dir,
        ports,
    )
}

/// The broker's properties in the container, on this machine's ports, paths and hosts.
fn native(
    mut properties: BTreeMap<String, String>,
    dir: &Path,
    [external, internal, controller]: [u16; 3],
) -> BTreeMap<String, String> {
    let ports = [
        ("29092", internal),
        ("9092", external),
        ("9093", controller),
    ];
    for key in [
        "listeners",
        "advertised.listeners",
        "controller.quorum.voters",
    ] {
        let Some(value) = properties.get_mut(key) else {
            continue;
        };
        for (theirs, ours) in ports {
            *value = value.replace(&format!(":{theirs}"), &format!(":{ours}"));
        }
        *value = value.replace("lowcode-kafka", "localhost");
        *value = value.replace("0.0.0.0", "127.0.0.1");
    }
    properties.insert("log.dirs".into(), dir.join("data").display().to_string());
    properties
}

/// The properties that Confluent's image makes of ZooKeeper's environment: `ZOOKEEPER_TICK_TIME` is
/// `tickTime`.
fn zookeeper_properties() -> BTreeMap<String, String> {
    let environment = environment(ZOOKEEPER, "zookeeper");
    let named = environment
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("ZOOKEEPER_")?, value)));
    named
        .map(|(name, value)| (camel_case(name), value.clone()))
        .collect()
}

fn camel_case(name: &str) -> String {
    let words = name.split('_').map(str::to_lowercase).enumerate();
    words
        .map(|(index, word)| match index {
            0 => word,
            _ => word[..1].to_uppercase() + &word[1..],
        })
        .collect()
}

/// A Compose file with its variables at their defaults.
fn compose(file: &str) -> Value {
    let text = file.replace("${TONKAFKA_PORT:-9092}", "9092");
    serde_saphyr::from_str(&text).unwrap()
}

/// The environment of a service.
fn environment(file: &str, service: &str) -> BTreeMap<String, String> {
    let compose = compose(file);
    let environment = compose["services"][service]["environment"].as_object();
    let text = |value: &Value| match value.as_str() {
        Some(text) => text.replace("$$", "$"),
        None => value.to_string(),
    };
    let each = environment.unwrap().iter();
    each.map(|(name, value)| (name.clone(), text(value)))
        .collect()
}
