//! Apache's command line tools, as a witness that shares no code with tonkafka. Each call starts a
//! JVM and takes about a second.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Output, Stdio};

use tonkafka::local::artefacts::DEFAULT_VERSION;

use super::kafka::artefacts;

pub const JVM: [&str; 5] = [
    "-Dtonkafka.log.level=off",
    "-Xmx256m",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Xshare:auto",
];

/// The output and success of a tool.
#[derive(Debug)]
pub struct Said {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// The stdout of a tool that succeeded.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.success, "{}{}", self.stdout, self.stderr);
        self.stdout
    }
}

/// A topic as `TopicCommand --describe` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Topic {
    pub id: String,
    pub partitions: usize,
    pub replication_factor: usize,
    /// Overrides, and the `min.insync.replicas` that clusters of 4.1 or later set for all.
    pub configs: BTreeMap<String, String>,
    /// By partition: leader, replicas and in-sync replicas.
    pub assignments: BTreeMap<i32, Assignment>,
}

/// The replicas of a partition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assignment {
    pub leader: Option<i32>,
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
}

/// `kafka-topics.sh`.
pub fn topics(bootstrap: &str, arguments: &[&str]) -> Said {
    run("org.apache.kafka.tools.TopicCommand", bootstrap, arguments)
}

/// `kafka-configs.sh`.
pub fn configs(bootstrap: &str, arguments: &[&str]) -> Said {
    run("kafka.admin.ConfigCommand", bootstrap, arguments)
}

/// `kafka-acls.sh`.
pub fn acls(bootstrap: &str, arguments: &[&str]) -> Said {
    run("org.apache.kafka.tools.AclCommand", bootstrap, arguments)
}

/// `kafka-consumer-groups.sh`.
pub fn consumer_groups(bootstrap: &str, arguments: &[&str]) -> Said {
    let main_class = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
    run(main_class, bootstrap, arguments)
}

/// `kafka-console-consumer.sh`: the values of a topic's committed records, by line.
pub fn consumed(bootstrap: &str, topic: &str) -> Vec<String> {
    let main_class = "org.apache.kafka.tools.consumer.ConsoleConsumer";
    let from = ["--topic", topic, "--from-beginning", "--timeout-ms", "5000"];
    let committed = ["--isolation-level", "read_committed"];
    let said = run(main_class, bootstrap, &[&from[..], &committed].concat()).ok();
    said.lines().map(str::to_owned).collect()
}

/// `kafka-log-dirs.sh`: the document that it prints.
pub fn log_dirs(bootstrap: &str, arguments: &[&str]) -> serde_json::Value {
    let all = [&["--describe"], arguments].concat();
    let said = run("org.apache.kafka.tools.LogDirsCommand", bootstrap, &all).ok();
    let line = said.lines().find(|line| line.starts_with('{')).unwrap();
    serde_json::from_str(line).unwrap()
}

/// `kafka-metadata-quorum.sh describe`.
pub fn quorum(bootstrap: &str, what: &str) -> String {
    let main_class = "org.apache.kafka.tools.MetadataQuorumCommand";
    run(main_class, bootstrap, &["describe", what]).ok()
}

/// `kafka-broker-api-versions.sh`: by API name, its key, lowest and highest version.
pub fn api_versions(bootstrap: &str) -> BTreeMap<String, (i64, i64, i64)> {
    let main_class = "org.apache.kafka.tools.BrokerApiVersionsCommand";
    run(main_class, bootstrap, &[])
        .ok()
        .lines()
        .filter_map(|line| parse_versions(line.trim()))
        .collect()
}

/// `Fetch(1): 4 to 18 [usable: 18],`, or `EndTxn(26): 0 [usable: 0],`.
fn parse_versions(line: &str) -> Option<(String, (i64, i64, i64))> {
    let (name, rest) = line.split_once('(')?;
    let (key, rest) = rest.split_once("): ")?;
    let (range, _) = rest.split_once(" [")?;
    let (min, max) = range.split_once(" to ").unwrap_or((range, range));
    let numbers = (key.parse().ok()?, min.parse().ok()?, max.parse().ok()?);
    Some((name.to_owned(), numbers))
}

/// A tool of the default version with `--bootstrap-server`.
pub fn run(main_class: &str, bootstrap: &str, arguments: &[&str]) -> Said {
    run_with_input(main_class, bootstrap, arguments, "")
}

/// Like [`run`], for a tool that reads `input`.
pub fn run_with_input(main_class: &str, bootstrap: &str, arguments: &[&str], input: &str) -> Said {
    let mut child = artefacts(DEFAULT_VERSION)
        .command(JVM, main_class)
        .args(["--bootstrap-server", bootstrap])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A tool that ends before it has read everything reports why.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    Said {
        success: status.success(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// All topics except internal ones, by name.
pub fn describe_topics(bootstrap: &str) -> BTreeMap<String, Topic> {
    let arguments = ["--describe", "--exclude-internal"];
    parse_topics(&topics(bootstrap, &arguments).ok())
}

/// One topic; none if it does not exist.
pub fn describe_topic(bootstrap: &str, name: &str) -> Option<Topic> {
    let arguments = ["--describe", "--topic", name];
    let said = topics(bootstrap, &arguments);
    parse_topics(&said.stdout).remove(name)
}

/// A topic's overrides.
pub fn topic_configs(bootstrap: &str, name: &str) -> BTreeMap<String, String> {
    let entity = [
        "--describe",
        "--entity-type",
        "topics",
        "--entity-name",
        name,
    ];
    parse_configs(&configs(bootstrap, &entity).ok())
}

/// The dynamic defaults of all brokers.
pub fn broker_defaults(bootstrap: &str) -> BTreeMap<String, String> {
    let entity = ["--describe", "--entity-type", "brokers", "--entity-default"];
    parse_configs(&configs(bootstrap, &entity).ok())
}

/// The dynamic settings of one broker.
pub fn broker_configs(bootstrap: &str, id: i32) -> BTreeMap<String, String> {
    let id = id.to_string();
    let entity = [
        "--describe",
        "--entity-type",
        "brokers",
        "--entity-name",
        &id,
    ];
    parse_configs(&configs(bootstrap, &entity).ok())
}

/// The names of all groups.
pub fn groups(bootstrap: &str) -> Vec<String> {
    let listed = consumer_groups(bootstrap, &["--list"]).ok();
    listed.lines().map(str::to_owned).collect()
}

/// Parses `TopicCommand --describe`: one line per topic, then one per partition, with fields
/// separated by tabs.
pub fn parse_topics(text: &str) -> BTreeMap<String, Topic> {
    let mut topics = BTreeMap::<String, Topic>::new();
    for line in text.lines() {
        let fields = fields(line);
        let Some(name) = fields.get("Topic") else {
            continue;
        };
        let topic = topics.entry((*name).to_owned()).or_default();
        if let Some(partition) = fields.get("Partition") {
            let assignment = parse_assignment(&fields);
            topic
                .assignments
                .insert(partition.parse().unwrap(), assignment);
        } else {
            fields["TopicId"].clone_into(&mut topic.id);
            topic.partitions = fields["PartitionCount"].parse().unwrap();
            topic.replication_factor = fields["ReplicationFactor"].parse().unwrap();
            topic.configs = parse_pairs(fields["Configs"]);
        }
    }
    topics
}

fn parse_assignment(fields: &BTreeMap<&str, &str>) -> Assignment {
    let ids = |name: &str| fields[name].split(',').filter_map(|id| id.parse().ok());
    Assignment {
        leader: fields["Leader"].parse().ok(),
        replicas: ids("Replicas").collect(),
        isr: ids("Isr").collect(),
    }
}

/// Parses `Topic: x<TAB>PartitionCount: 3`.
fn fields(line: &str) -> BTreeMap<&str, &str> {
    line.split('\t')
        .filter_map(|field| field.trim().split_once(':'))
        .map(|(name, value)| (name, value.trim()))
        .collect()
}

/// Parses `a=1,b=x,y,c=2`: values may contain commas, keys may not.
fn parse_pairs(text: &str) -> BTreeMap<String, String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for part in text.split(',') {
        match (part.split_once('='), pairs.last_mut()) {
            (Some((key, value)), _) => pairs.push((key.to_owned(), value.to_owned())),
            (None, Some((_, value))) => *value = format!("{value},{part}"),
            (None, None) => {}
        }
    }
    pairs.into_iter().collect()
}

/// Parses `ConfigCommand --describe`: `  key=value sensitive=false synonyms={…}`, one line per key.
pub fn parse_configs(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.split_once(" sensitive="))
        .filter_map(|(pair, _)| pair.trim().split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}
