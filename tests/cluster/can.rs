//! `can` beside Kafka: what clients may really do, and what Kafka's own authorizer answers.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use rdkafka::{Offset, TopicPartitionList};
use tonkafka::local::artefacts::DEFAULT_VERSION;
use tonkafka::model::access::{AclBinding, Operation, PatternType, Permission, ResourceType};
use tonkafka::model::authorizer::{Authorizer, AuthorizerKind, Ground};
use tonkafka::model::hosts::Hosts;
use tonkafka::model::rights::{Act, CLUSTER_NAME, May, ResourcePattern, operations};
use tonkafka::model::seen::Seen;

use crate::contract_access::authorizer;
use crate::program::{Program, words};
use crate::support::apache;
use crate::support::kafka::{self, Kafka};

const PATIENCE: Duration = Duration::from_secs(10);

/// The version from which ACLs can have ranges of addresses.
const WITH_RANGES: &str = "4.4.0";

/// A broker whose clients log in as alice or bob; Apache's tools are super users without a login.
fn with_logins(version: &str) -> Kafka {
    let users = "org.apache.kafka.common.security.plain.PlainLoginModule required \
                 user_alice=\"alice-secret\" user_bob=\"bob-secret\";";
    let map = "CLIENT:SASL_PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT";
    let options = Kafka::options().version(version).proxies(0);
    let settings = [
        ("listener.security.protocol.map", map),
        ("listener.name.client.sasl.enabled.mechanisms", "PLAIN"),
        ("listener.name.client.plain.sasl.jaas.config", users),
    ];
    let settings = settings.into_iter().chain(authorizer());
    let options = settings.fold(options, |all, (key, value)| all.property(key, value));
    options.start()
}

/// Connections of one user.
struct Client {
    config: ClientConfig,
    runtime: tokio::runtime::Runtime,
}

impl Client {
    fn new(kafka: &Kafka, user: &str) -> Self {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", kafka.bootstrap())
            .set("security.protocol", "sasl_plaintext")
            .set("sasl.mechanism", "PLAIN")
            .set("sasl.username", user)
            .set("sasl.password", format!("{user}-secret"))
            .set("allow.auto.create.topics", "false");
        Self {
            config,
            runtime: tokio::runtime::Runtime::new().unwrap(),
        }
    }

    /// Whether a request that needs this operation is carried out.
    fn may(&self, operation: &str, resource: &str) -> bool {
        match (operation, resource.split_once(':').unwrap()) {
            ("WRITE", ("topic", name)) => self.produces(name),
            ("READ", ("topic", name)) => self.consumes(name),
            ("DESCRIBE", ("topic", name)) => self.sees(name),
            ("DESCRIBE_CONFIGS", ("topic", name)) => self.reads_configs(name),
            ("CREATE", ("topic", name)) => self.would_create(name),
            ("READ", ("group", name)) => self.joins(name),
            ("WRITE", ("transactional-id", id)) => self.begins(id),
            other => panic!("{other:?}"),
        }
    }

    fn produces(&self, topic: &str) -> bool {
        let mut config = self.config.clone();
        config.set("message.timeout.ms", "10000");
        let producer: FutureProducer = config.create().unwrap();
        let record = FutureRecord::<str, str>::to(topic).payload("x");
        let sent = self.runtime.block_on(producer.send(record, PATIENCE));
        allowed(sent.map_err(|(error, _)| error).map(drop))
    }

    fn consumes(&self, topic: &str) -> bool {
        if !self.sees(topic) {
            return false;
        }
        let mut config = self.config.clone();
        config
            .set("group.id", "unused")
            .set("enable.auto.commit", "false");
        let consumer: BaseConsumer = config.create().unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, 0, Offset::Beginning)
            .unwrap();
        consumer.assign(&list).unwrap();
        loop {
            let polled = consumer.poll(PATIENCE);
            let polled =
                polled.unwrap_or_else(|| panic!("{topic}: neither a record nor a refusal"));
            let of_group = RDKafkaErrorCode::GroupAuthorizationFailed;
            match polled {
                // The group does not matter: nothing is committed.
                Err(KafkaError::MessageConsumption(code)) if code == of_group => {}
                polled => return allowed(polled.map(drop)),
            }
        }
    }

    fn sees(&self, topic: &str) -> bool {
        let consumer: BaseConsumer = self.config.create().unwrap();
        let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).unwrap();
        metadata.topics()[0].error().is_none()
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config.create().unwrap()
    }

    fn reads_configs(&self, topic: &str) -> bool {
        let (admin, options) = (self.admin(), AdminOptions::new());
        let topics = [ResourceSpecifier::Topic(topic)];
        let asked = admin.describe_configs(&topics, &options);
        let answers = self.runtime.block_on(asked).unwrap();
        answers.into_iter().all(|answer| match answer {
            Ok(_) => true,
            Err(RDKafkaErrorCode::TopicAuthorizationFailed) => false,
            Err(error) => panic!("{error}"),
        })
    }

    fn would_create(&self, topic: &str) -> bool {
        let (admin, options) = (self.admin(), AdminOptions::new().validate_only(true));
        let topics = [NewTopic::new(topic, 1, TopicReplication::Fixed(1))];
        let asked = admin.create_topics(&topics, &options);
        let answers = self.runtime.block_on(asked).unwrap();
        answers.into_iter().all(|answer| match answer {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => true,
            Err((_, RDKafkaErrorCode::TopicAuthorizationFailed)) => false,
            Err(error) => panic!("{error:?}"),
        })
    }

    /// Joins a group, to read a topic that everybody may read.
    fn joins(&self, group: &str) -> bool {
        let mut config = self.config.clone();
        config
            .set("group.id", group)
            .set("session.timeout.ms", "6000");
        let consumer: BaseConsumer = config.create().unwrap();
        consumer.subscribe(&["joined"]).unwrap();
        let until = std::time::Instant::now() + PATIENCE;
        while std::time::Instant::now() < until {
            match consumer.poll(Duration::from_millis(200)) {
                Some(Err(KafkaError::MessageConsumption(
                    RDKafkaErrorCode::GroupAuthorizationFailed,
                ))) => return false,
                Some(Err(error)) => panic!("{error}"),
                _ if consumer.assignment().unwrap().count() > 0 => return true,
                _ => {}
            }
        }
        panic!("{group} neither joined nor was refused");
    }

    fn begins(&self, id: &str) -> bool {
        let mut config = self.config.clone();
        config.set("transactional.id", id);
        let producer: FutureProducer = config.create().unwrap();
        match producer.init_transactions(PATIENCE) {
            Ok(()) => true,
            Err(KafkaError::Transaction(error))
                if error.code() == RDKafkaErrorCode::TransactionalIdAuthorizationFailed =>
            {
                false
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Whether a topic's request was carried out, or refused for a missing right.
#[track_caller]
fn allowed(result: Result<(), KafkaError>) -> bool {
    match result {
        Ok(()) => true,
        Err(error) => {
            let refused = RDKafkaErrorCode::TopicAuthorizationFailed;
            assert_eq!(error.rdkafka_error_code(), Some(refused), "{error}");
            false
        }
    }
}

const RULES: &[&str] = &[
    "ALLOW alice READ topic literal orders *",
    "ALLOW alice WRITE topic prefixed ord 127.0.0.1",
    "ALLOW alice READ topic prefixed pay *",
    "DENY alice READ topic literal payments *",
    "ALLOW alice DESCRIBE_CONFIGS topic literal * *",
    "ALLOW bob ALL topic literal * *",
    "DENY bob WRITE topic prefixed pay 127.0.0.1",
    "DENY bob DESCRIBE_CONFIGS topic literal orders 10.0.0.1",
    "ALLOW * DESCRIBE topic literal payments *",
    "ALLOW * DESCRIBE topic literal joined *",
    "ALLOW * READ topic literal joined *",
    "ALLOW alice READ group prefixed bil *",
    "DENY * READ group literal billing.old *",
    "ALLOW bob READ group literal billing 10.0.0.1",
    "ALLOW bob READ group literal billing.old *",
    "ALLOW alice WRITE transactional-id literal tx *",
    "ALLOW bob DESCRIBE transactional-id literal tx *",
];

/// Only from Kafka 4.4 on.
const RANGES: &[&str] = &[
    "ALLOW alice WRITE topic literal payments 127.0.0.0/8",
    "DENY alice READ topic literal orders 10.0.0.0/8",
    "DENY bob READ topic literal orders 127.0.0.1/32",
];

fn add(kafka: &Kafka, rules: &[&str]) {
    for rule in rules {
        let [permission, user, operation, kind, pattern, name, host] = words(rule)[..] else {
            panic!("{rule}");
        };
        let user = format!("User:{user}");
        let permission = permission.to_lowercase();
        let operation = operation.replace('_', "");
        let (principal, from) = (
            format!("--{permission}-principal"),
            format!("--{permission}-host"),
        );
        let kind = format!("--{kind}");
        let arguments = [
            "--add",
            principal.as_str(),
            &user,
            &from,
            host,
            "--operation",
            &operation,
            &kind,
            name,
            "--resource-pattern-type",
            pattern,
        ];
        apache::acls(&kafka.admin(), &arguments).ok();
    }
}

/// The ACLs of `docs/access.md`.
pub fn prepare_page(kafka: &Kafka) {
    let rules = [
        "ALLOW alice READ topic prefixed orders *",
        "DENY * READ topic literal orders.secret *",
        "ALLOW * DESCRIBE topic literal * *",
        "ALLOW bob READ group literal billing 10.0.0.1",
    ];
    add(kafka, &rules);
}

/// Compares `can` with what clients may really do.
fn compare(version: &str, rules: &[&str]) {
    let kafka = with_logins(version);
    for topic in ["orders", "payments", "joined", "other"] {
        let arguments = ["--create", "--topic", topic, "--partitions", "1"];
        apache::topics(&kafka.admin(), &arguments).ok();
        let main_class = "org.apache.kafka.tools.ConsoleProducer";
        let arguments = ["--topic", topic, "--sync"];
        apache::run_with_input(main_class, &kafka.admin(), &arguments, "one\n").ok();
    }
    add(&kafka, rules);
    let program = Program::new();
    let admin = kafka.admin();
    let can = |user: &str, operation: &str, resource: &str, more: &[&str]| {
        let principal = format!("User:{user}");
        let asked = ["can", &principal, operation, resource, "-b", &admin];
        program.run(&[&asked[..], more].concat())
    };
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for user in ["alice", "bob"] {
        let client = Client::new(&kafka, user);
        let of_topics = ["READ", "WRITE", "DESCRIBE", "DESCRIBE_CONFIGS", "CREATE"];
        let topics = ["topic:orders", "topic:payments", "topic:other"];
        let of_topics = topics
            .iter()
            .flat_map(|topic| of_topics.map(|one| (one, *topic)));
        let groups = ["group:billing", "group:billing.old", "group:else"];
        let of_groups = groups.iter().map(|group| ("READ", *group));
        let ids = [
            ("WRITE", "transactional-id:tx"),
            ("WRITE", "transactional-id:other"),
        ];
        for (operation, resource) in of_topics.chain(of_groups).chain(ids) {
            let may = client.may(operation, resource);
            let given = [
                "--host",
                "127.0.0.1",
                "--assume",
                "super.users=User:ANONYMOUS",
            ];
            let ran = can(user, operation, resource, &given);
            let expected = if may { 0 } else { 3 };
            assert_eq!(
                ran.code,
                Some(expected),
                "{version} {user} {operation} {resource}: {}{}",
                ran.stdout,
                ran.stderr
            );
            // Without what brokers hide, a no is never said.
            let ran = can(user, operation, resource, &["--host", "127.0.0.1"]);
            assert_eq!(ran.code, Some(if may { 0 } else { 7 }), "{}", ran.stdout);
            seen.insert(may);
            count += 1;
        }
    }
    assert_eq!((count, seen.len()), (40, 2));
}

#[test]
fn what_clients_may_really_do_is_what_can_says() {
    compare(DEFAULT_VERSION, RULES);
}

#[test]
fn ranges_hold_where_brokers_know_them() {
    compare(WITH_RANGES, &[RULES, RANGES].concat());
}

#[test]
fn without_an_authorizer_everybody_may() {
    let kafka = kafka::fresh(1, &[]);
    let admin = kafka.admin();
    let program = Program::new();
    let ran = program.run(&["can", "User:x", "DELETE", "topic:any", "-b", &admin]);
    assert_eq!(
        ran.exits(0).stdout,
        "yes: the brokers have no authorizer: everybody may do everything\n"
    );
}

const WITNESS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/cluster/java/Authorize.java"
);

/// Random choices that are the same in every run.
struct Random(u64);

impl Random {
    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let place = usize::try_from(self.0 >> 33).unwrap() % all.len();
        all[place].clone()
    }
}

const NAMES: [&str; 12] = [
    "a", "ab", "abc", "abd", "b", "ba", "A", "#a", "#ab", "*a", "~", "é",
];

const KINDS: [ResourceType; 6] = [
    ResourceType::Topic,
    ResourceType::Group,
    ResourceType::Cluster,
    ResourceType::TransactionalId,
    ResourceType::DelegationToken,
    ResourceType::User,
];

const HOSTS: [&str; 16] = [
    "*",
    "*",
    "*",
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.0/8",
    "10.0.0.0/30",
    "10.0.0.2/31",
    "010.0.0.1/032",
    "0.0.0.0/0",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::/0",
    "2001:db8::/32",
    "[2001:db8::]/33",
    "10.0.0.0/40",
];

const ADDRESSES: [&str; 7] = [
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.7",
    "11.0.0.1",
    "::1",
    "2001:db8::1",
    "::ffff:10.0.0.1",
];

const PRINCIPALS: [&str; 6] = [
    "User:a",
    "User:b",
    "User:root",
    "User:*",
    "Group:a",
    "User:a:b",
];

fn random_acl(random: &mut Random, version: &str) -> AclBinding {
    let resource_type = random.of(&KINDS);
    let all = [operations(resource_type), &[Operation::All, Operation::All]].concat();
    let pattern_type = random.of(&[PatternType::Literal, PatternType::Prefixed]);
    let name = random.of(&[&NAMES[..], &["*", "*", "*"]].concat());
    AclBinding {
        resource_type,
        resource_name: if resource_type == ResourceType::Cluster {
            CLUSTER_NAME.to_owned()
        } else {
            name.to_owned()
        },
        pattern_type,
        principal: random.of(&PRINCIPALS).to_owned(),
        host: random.of(&HOSTS).to_owned(),
        operation: known(version, random.of(&all)),
        permission: random.of(&[Permission::Allow, Permission::Allow, Permission::Deny]),
    }
}

/// What was asked, and what the code under test said.
struct Asked {
    line: String,
    said: May,
}

/// An operation that the version knows: `TWO_PHASE_COMMIT` is new in Kafka 4.
fn known(version: &str, operation: Operation) -> Operation {
    match operation {
        Operation::TwoPhaseCommit if version.starts_with('3') => Operation::Write,
        operation => operation,
    }
}

/// Adds a set of ACLs with questions to the witness's input.
fn add_set(random: &mut Random, version: &str, input: &mut String, asked: &mut Vec<Asked>) {
    let open = random.of(&[true, false]);
    let size = random.of(&[0, 1, 2, 4, 8, 16, 40]);
    let acls: BTreeSet<AclBinding> = (0..size).map(|_| random_acl(random, version)).collect();
    writeln!(input, "set\tUser:root\t{open}").unwrap();
    for acl in &acls {
        writeln!(
            input,
            "acl\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            acl.resource_type,
            acl.pattern_type,
            acl.resource_name,
            acl.principal,
            acl.host,
            acl.operation,
            acl.permission
        )
        .unwrap();
    }
    let authorizer = Authorizer {
        kind: AuthorizerKind::Own,
        acls: Seen::Value(acls.into_iter().collect()),
        super_users: Some(["User:root".to_owned()].into()),
        open_without_acl: Some(open),
        has_ranges: Some(version == WITH_RANGES),
        assumed: Vec::new(),
    };
    for _ in 0..40 {
        let kind = random.of(&KINDS);
        let name = match kind {
            ResourceType::Cluster => CLUSTER_NAME,
            _ => random.of(&NAMES),
        };
        let operation = known(version, random.of(operations(kind)));
        let principal = random.of(&["User:a", "User:b", "User:root", "Group:a", "User:a:b"]);
        let address = random.of(&ADDRESSES);
        let host = tonkafka::model::hosts::written(address.parse().unwrap());
        let resource = ResourcePattern::literal(kind, name);
        let decision = authorizer.decide(Act {
            principal,
            operation,
            resources: &resource,
            hosts: Hosts::of(&host, false),
        });
        // There, Kafka throws or searches for ever.
        if decision.ground == Ground::AuthorizerFails {
            continue;
        }
        let line = format!("ask\t{principal}\t{address}\t{operation}\t{kind}\t{name}");
        writeln!(input, "{line}").unwrap();
        asked.push(Asked {
            line,
            said: decision.allowed,
        });
    }
}

/// The answers of Kafka's own authorizer.
fn witness(version: &str, input: &str) -> Vec<String> {
    let mut java = kafka::artefacts(version).command(apache::JVM, WITNESS);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("input");
    fs::write(&file, input).unwrap();
    let output = java.stdin(fs::File::open(&file).unwrap()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let said = String::from_utf8(output.stdout).unwrap();
    let answers = said.lines().filter_map(|line| line.strip_prefix("= "));
    answers.map(str::to_owned).collect()
}

#[test]
fn kafkas_own_authorizer_decides_the_same() {
    for version in ["3.9.2", DEFAULT_VERSION, WITH_RANGES] {
        let mut random = Random(42);
        let (mut input, mut asked) = (String::new(), Vec::new());
        for _ in 0..200 {
            add_set(&mut random, version, &mut input, &mut asked);
        }
        let answers = witness(version, &input);
        assert_eq!(answers.len(), asked.len());
        let mut yes = 0;
        for (asked, answer) in asked.iter().zip(&answers) {
            let expected = match asked.said {
                May::Yes => "ALLOWED",
                May::No => "DENIED",
                May::Unknown => "nothing",
            };
            assert_eq!(answer, expected, "{version}: {}", asked.line);
            yes += usize::from(asked.said == May::Yes);
        }
        assert!(
            asked.len() > 7_000 && yes > 1_000 && asked.len() - yes > 1_000,
            "{yes}"
        );
    }
}

#[test]
fn kafka_fails_on_the_names_that_are_unknown() {
    let rules = "set\t\tfalse\nacl\tGROUP\tLITERAL\t#abd\tUser:a\t*\tREAD\tALLOW\n";
    let ask = "ask\tUser:a\t10.0.0.1\tREAD\tGROUP\t#abc\n";
    for version in ["3.9.2", DEFAULT_VERSION, WITH_RANGES] {
        let answers = witness(version, &format!("{rules}{ask}"));
        let fails = "java.lang.StringIndexOutOfBoundsException";
        assert!(answers[0].starts_with(fails), "{version}: {answers:?}");
    }
}
