//! The operations of a run, and whether their reports are true.

mod judge;

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use tonkafka::cluster::access::Access;
use tonkafka::cluster::{Answer, Cluster};
use tonkafka::model::access::{
    AclBinding, Entity, Operation, PatternType, Permission, QuotaValue, ResourceType,
};
use tonkafka::model::group::Committed;
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::record::Record;
use tonkafka::plan::Step;

use self::judge::shortened;
use super::TIMEOUT;
use super::standing::Eyes;
use crate::made::{Content, write};
use crate::program::{Program, Ran};
use crate::support::kafka::{Kafka, lock};
use crate::support::live::{commit, create, new_topic};
use crate::support::proxy::Proxy;

/// Records in each copied partition: several requests of [`LARGEST`].
const RECORDS: usize = 300;

/// The number of copied partitions.
const PARTITIONS: i32 = 2;

/// `max.message.bytes` of the copied topic.
const LARGEST: &str = "30000";

/// Backups contain all ACLs, so only one run at a time may have some.
static ACCESS: Mutex<()> = Mutex::new(());

/// The operation under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deed {
    Apply,
    Reset,
    DeleteGroup,
    DeleteOffsets,
    Truncate,
    Access,
    Restore,
    Mirror,
    MirrorOnce,
    MirrorGroups,
}

impl Deed {
    fn copies(self) -> bool {
        matches!(
            self,
            Self::Restore | Self::Mirror | Self::MirrorOnce | Self::MirrorGroups
        )
    }
}

/// The result of a run.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// The program's exit code under the fault.
    pub(super) code: i32,
    /// Whether the request for the fault was sent.
    pub(super) was_hit: bool,
    /// Reported facts that are not true.
    pub(super) untrue: Vec<String>,
    /// The steps, if there was a report.
    steps: Vec<Step>,
    /// Ids for undo, newest first.
    undo: Vec<String>,
}

/// The clusters of a worker.
pub(super) struct Place<'a> {
    pub(super) proxy: Proxy<'a>,
    target: Eyes,
    source: Eyes,
    from: String,
}

impl<'a> Place<'a> {
    pub(super) fn of(target: &'a Kafka, source: &Kafka) -> Self {
        Self {
            proxy: target.proxy(),
            target: Eyes::on(&target.bootstrap()),
            source: Eyes::on(&source.bootstrap()),
            from: source.bootstrap(),
        }
    }

    /// Prepares an operation.
    pub(super) fn scene(&self, deed: Deed, stem: &str, random: u64) -> Scene<'_> {
        let mut scene = Scene {
            place: self,
            deed,
            stem: stem.to_owned(),
            program: Program::new(),
            arguments: Vec::new(),
            alone: (deed == Deed::Access).then(|| lock(&ACCESS)),
        };
        scene.arguments = scene.prepare(random);
        scene
    }
}

/// One operation, ready to run.
pub(super) struct Scene<'a> {
    place: &'a Place<'a>,
    deed: Deed,
    stem: String,
    program: Program,
    arguments: Vec<String>,
    alone: Option<MutexGuard<'static, ()>>,
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

impl Scene<'_> {
    fn topic(&self) -> String {
        format!("{}-t", self.stem)
    }

    fn group(&self) -> String {
        format!("{}-g", self.stem)
    }

    /// Creates the initial state, and returns the command.
    fn prepare(&self, random: u64) -> Vec<String> {
        let (stem, topic, group) = (&self.stem, self.topic(), self.group());
        let target = &self.place.target;
        match self.deed {
            Deed::Apply => {
                let old = [
                    new_topic(&format!("{stem}-grown"), 1, &[]),
                    new_topic(&format!("{stem}-gone"), 1, &[]),
                ];
                target.runtime.block_on(create(&target.cluster, &old));
                self.program.write("topics.yaml", &manifest(stem));
                words("apply --allow-delete 1")
            }
            Deed::Reset | Deed::DeleteGroup | Deed::DeleteOffsets => {
                self.fill(target, 10);
                self.commit(target, 4 + i64::try_from(random % 3).unwrap());
                match self.deed {
                    Deed::Reset => words(&format!(
                        "reset-offsets {group} --topic {topic} --to earliest"
                    )),
                    Deed::DeleteGroup => words(&format!("groups delete {group}")),
                    _ => words(&format!("groups delete-offsets {group} --topic {topic}")),
                }
            }
            Deed::Truncate => {
                self.fill(target, 10);
                words(&format!("topics truncate {topic} --to 5"))
            }
            Deed::Access => self.prepare_access(),
            Deed::Restore => {
                let path = self.program.path().join("topic.snap");
                let id = target
                    .runtime
                    .block_on(target.cluster.describe_cluster())
                    .unwrap()
                    .id;
                let content = Content {
                    overrides: &[("max.message.bytes", LARGEST)],
                    ..Content::new(&topic, (0..PARTITIONS).map(|_| records()).collect())
                };
                write(&path, &id, &[content], &[]);
                words("snapshot restore topic.snap")
            }
            Deed::Mirror | Deed::MirrorOnce | Deed::MirrorGroups => {
                self.fill(&self.place.source, RECORDS);
                let more = match self.deed {
                    Deed::MirrorOnce => "--exactly-once".to_owned(),
                    Deed::MirrorGroups => {
                        self.commit(&self.place.source, 5);
                        format!("--groups={group}")
                    }
                    _ => String::new(),
                };
                words(&format!("mirror {topic} --once --patience 3s {more}"))
            }
        }
    }

    /// Creates the topic, with this many records in each partition.
    fn fill(&self, eyes: &Eyes, count: usize) {
        let topic = self.topic();
        let new = new_topic(&topic, PARTITIONS, &[("max.message.bytes", LARGEST)]);
        eyes.runtime.block_on(create(&eyes.cluster, &[new]));
        let producer: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", eyes.bootstrap())
            .set("batch.size", "20000")
            .set("enable.idempotence", "true")
            .create()
            .unwrap();
        for partition in 0..PARTITIONS {
            for n in 0..count {
                let (key, value) = (n.to_string(), value());
                let record = BaseRecord::to(&topic)
                    .partition(partition)
                    .key(&key)
                    .payload(&value);
                producer.send(record).map_err(|(error, _)| error).unwrap();
            }
        }
        producer.flush(Duration::from_secs(20)).unwrap();
    }

    fn commit(&self, eyes: &Eyes, offset: i64) {
        let commits: Vec<_> = (0..PARTITIONS)
            .map(|partition| {
                (
                    TopicPartition::new(self.topic(), partition),
                    Committed::at(offset),
                )
            })
            .collect();
        eyes.runtime
            .block_on(commit(&eyes.cluster, &self.group(), &commits));
    }

    /// Takes a backup with an ACL and a quota; then removes both, and adds another ACL.
    fn prepare_access(&self) -> Vec<String> {
        let target = &self.place.target;
        let kept = [self.acl(Operation::Read)];
        let since = [self.acl(Operation::Write)];
        let quota = |value: Option<f64>| {
            let key = "consumer_byte_rate".to_owned();
            [(self.user(), vec![(key, value.map(QuotaValue))])]
        };
        target.runtime.block_on(async {
            let cluster = &target.cluster;
            assert_eq!(cluster.create_acls(&kept).await, [Answer::Done]);
            assert_eq!(
                cluster.alter_quotas(&quota(Some(1_000_000.0))).await,
                [Answer::Done]
            );
        });
        let at = target.bootstrap();
        let backup = ["backup", "create", "--out", "before.json", "-b", &at];
        // A topic that another worker deletes meanwhile makes the backup incomplete.
        let mut runs = (0..5).map(|_| self.program.run(&backup));
        let ran = runs.find(|ran| !ran.stderr.contains("went away"));
        ran.unwrap().exits(0);
        target.runtime.block_on(async {
            let cluster = &target.cluster;
            assert_eq!(cluster.delete_acls(&kept).await, [Answer::Done]);
            assert_eq!(cluster.create_acls(&since).await, [Answer::Done]);
            assert_eq!(cluster.alter_quotas(&quota(None)).await, [Answer::Done]);
        });
        words("backup restore before.json --kind acls,quotas --no-backup")
    }

    fn user(&self) -> Entity {
        Entity([("user".to_owned(), Some(self.stem.clone()))].into())
    }

    fn acl(&self, operation: Operation) -> AclBinding {
        AclBinding {
            resource_type: ResourceType::Topic,
            resource_name: self.stem.clone(),
            pattern_type: PatternType::Literal,
            principal: format!("User:{}", self.stem),
            host: "*".to_owned(),
            operation,
            permission: Permission::Allow,
        }
    }

    /// Runs the operation through the proxy.
    pub(super) fn run(&self) -> Ran {
        let mut arguments = self.arguments.clone();
        let timeout = format!("{}s", TIMEOUT.as_secs());
        let at = self.place.proxy.bootstrap();
        let to = match self.deed {
            Deed::Mirror | Deed::MirrorOnce | Deed::MirrorGroups => {
                vec![
                    "--from-bootstrap-server",
                    &self.place.from,
                    "--to-bootstrap-server",
                    &at,
                ]
            }
            _ => vec!["-b", &at],
        };
        let common = ["--yes", "-o", "json", "--timeout", &timeout];
        arguments.extend(to.into_iter().chain(common).map(str::to_owned));
        self.program.run(&arguments)
    }

    /// Checks the report against the cluster.
    pub(super) fn judge(&self, ran: &Ran) -> Verdict {
        let mut verdict = Verdict {
            code: ran.code.unwrap_or(-1),
            ..Verdict::default()
        };
        if self.deed.copies() {
            self.judge_copy(ran, &mut verdict);
        } else {
            self.judge_steps(ran, &mut verdict);
        }
        if !verdict.untrue.is_empty() {
            let said = format!(
                "stdout: {}\n  stderr: {}",
                shortened(&ran.stdout),
                ran.stderr
            );
            verdict.untrue.push(said);
        }
        verdict
    }
}

fn manifest(stem: &str) -> String {
    format!(
        "version: 1
topics:
  items:
    - name: {stem}-new
      partitions: 2
    - name: {stem}-grown
      partitions: 3
      configs: {{ retention.ms: 1000000 }}
    - name: {stem}-gone
      state: absent
"
    )
}

fn value() -> Vec<u8> {
    vec![b'v'; 300]
}

fn records() -> Vec<Record> {
    let now = jiff::Timestamp::now().as_millisecond();
    let record = |n: usize| Record {
        offset: i64::try_from(n).unwrap(),
        timestamp: now,
        key: Some(Bytes::from(n.to_string())),
        value: Some(Bytes::from(value())),
        headers: Vec::new(),
    };
    (0..RECORDS).map(record).collect()
}
