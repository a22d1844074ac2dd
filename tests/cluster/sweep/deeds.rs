//! What is done in a run, and whether what was said of it is true.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::Value;
use tonkafka::apply::Outcome;
use tonkafka::cluster::access::Access;
use tonkafka::cluster::{Answer, Cluster};
use tonkafka::model::access::{AclBinding, Entity, Operation, Permission, QuotaValue};
use tonkafka::model::access::{PatternType, ResourceType};
use tonkafka::model::group::Committed;
use tonkafka::model::record::Record;
use tonkafka::plan::{Action, Step};

use super::TIMEOUT;
use super::standing::{Eyes, Standing};
use crate::contract::{commit, create, new_topic};
use crate::made::{Content, write};
use crate::program::{Program, Ran};
use crate::support::kafka::{Kafka, lock};
use crate::support::proxy::Proxy;

/// Records of each partition that is copied: some requests of [`LARGEST`].
const RECORDS: usize = 300;

/// The partitions that are copied.
const PARTITIONS: i32 = 2;

/// `max.message.bytes` of what is copied.
const LARGEST: &str = "30000";

/// Backups have all ACLs in them, so one run at a time has some.
static ACCESS: Mutex<()> = Mutex::new(());

/// What is done.
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

/// What came of a run.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// The program's exit code under the fault.
    pub(super) code: i32,
    /// Whether the request that was to be hit was sent.
    pub(super) was_hit: bool,
    /// What was said and is not so.
    pub(super) untrue: Vec<String>,
    /// The steps, where there was a report.
    steps: Vec<Step>,
    /// Ids that take back what was done, the last first.
    undo: Vec<String>,
}

/// Where a worker does its deeds.
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

    /// Makes what a deed needs.
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

/// One deed, ready to be done.
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

    /// Makes what is there before, and gives the command.
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

    /// Makes the topic, with so many records in each partition.
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
            .map(|partition| ((self.topic(), partition), Committed::at(offset)))
            .collect();
        eyes.runtime
            .block_on(commit(&eyes.cluster, &self.group(), &commits));
    }

    /// A backup that has an ACL and a quota; then neither is there, and another ACL is.
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
        // A topic of another worker that goes away meanwhile makes it incomplete.
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

    /// Does the deed through the proxy.
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

    /// Whether what was said is so.
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

    fn judge_steps(&self, ran: &Ran, verdict: &mut Verdict) {
        let report = last_document(ran);
        let Some(steps) = report["steps"]
            .as_array()
            .filter(|_| report["kind"] == "Report")
        else {
            // Without a report nothing may be written, whatever the steps would have been.
            if ![1, 2, 4, 7].contains(&verdict.code) {
                verdict
                    .untrue
                    .push(format!("exit code {} without a report", verdict.code));
            }
            return;
        };
        let mut outcomes = Vec::new();
        for settled in steps {
            let step: Step = serde_json::from_value(settled["step"].clone()).unwrap();
            let outcome: Outcome = serde_json::from_value(settled.clone()).unwrap();
            let standing = self.place.target.standing(&step);
            let is_true = match &outcome {
                Outcome::Done { .. } => standing == Standing::After,
                Outcome::Refused { .. } | Outcome::NotAttempted { .. } => {
                    standing == Standing::Before
                }
                Outcome::Unknown { .. } => !matches!(standing, Standing::Other(_)),
            };
            if !is_true {
                let words = format!(
                    "{} {:?}: {outcome:?}, and it is {standing:?}",
                    step.resource(),
                    step.action
                );
                verdict.untrue.push(words);
            }
            outcomes.push(outcome);
            verdict.steps.push(step);
        }
        let expected = code_of(&outcomes);
        if expected != verdict.code {
            verdict
                .untrue
                .push(format!("exit code {} for {outcomes:?}", verdict.code));
        }
        self.note_undo(&report, verdict);
    }

    fn note_undo(&self, report: &Value, verdict: &mut Verdict) {
        let key = if self.deed == Deed::Apply {
            "backup"
        } else {
            "reset"
        };
        if let Some(id) = report[key].as_str() {
            verdict.undo.insert(0, id.to_owned());
        }
    }

    fn judge_copy(&self, ran: &Ran, verdict: &mut Verdict) {
        let topic = self.topic();
        let eyes = &self.place.target;
        let is_there = eyes.has_topic(&topic);
        let found = if is_there { self.found() } else { Vec::new() };
        let count: usize = found.iter().map(Vec::len).sum();
        match verdict.code {
            0 => self.expect_all(&found, verdict),
            1 | 2 | 4 | 7 if is_there => {
                let words = format!(
                    "exit code {}: the topic is there, with {count} records",
                    verdict.code
                );
                verdict.untrue.push(words);
            }
            1 | 2 | 4 | 7 | 6 => {}
            5 if is_there => {}
            code => verdict.untrue.push(format!(
                "exit code {code}, and the topic is there: {is_there}"
            )),
        }
        if self.deed == Deed::MirrorGroups
            && !matches!(verdict.code, 0 | 6)
            && !ran.stderr.contains("groups were given offsets")
            && eyes.committed(&self.group(), &topic, 0).is_some()
        {
            let words = "the group has offsets, and it is not told";
            verdict.untrue.push(words.to_owned());
        }
        // What is there twice, where only at least once is promised, was copied once.
        let distinct = found
            .iter()
            .map(|keys| keys.iter().collect::<BTreeSet<_>>().len());
        let distinct: usize = distinct.sum();
        if let Some((low, high)) = bounds(ran)
            && !(low..=high).contains(&distinct)
        {
            verdict.untrue.push(format!(
                "{low} to {high} records are told, and {distinct} are there: {}",
                ran.stdout
            ));
        }
    }

    /// Keys of the records at the target, by partition.
    fn found(&self) -> Vec<Vec<String>> {
        let keys = |partition| self.place.target.keys(&self.topic(), partition);
        (0..PARTITIONS).map(keys).collect()
    }

    /// All records have to be there: each once, or where only that is promised, at least once and in order.
    fn expect_all(&self, found: &[Vec<String>], verdict: &mut Verdict) {
        let expected: Vec<String> = (0..RECORDS).map(|n| n.to_string()).collect();
        for (partition, keys) in (0..).zip(found) {
            let mut seen = BTreeSet::new();
            let once = matches!(self.deed, Deed::Restore | Deed::MirrorOnce);
            let first = keys.iter().filter(|key| once || seen.insert(*key));
            let first: Vec<String> = first.cloned().collect();
            if first != expected {
                let words = format!("exit code 0, and partition {partition} has {keys:?}");
                verdict.untrue.push(words);
            }
        }
        if found.is_empty() {
            verdict
                .untrue
                .push("exit code 0, and the topic is not there".to_owned());
        }
        if self.deed == Deed::MirrorGroups {
            let committed = self.place.target.committed(&self.group(), &self.topic(), 0);
            if committed.is_none() {
                verdict
                    .untrue
                    .push("exit code 0, and the group has no commit".to_owned());
            }
        }
    }

    /// The same again, without a fault: it converges.
    pub(super) fn repeat(&self, verdict: &mut Verdict) {
        let ran = self.run();
        let is_gone = matches!(self.deed, Deed::DeleteGroup | Deed::DeleteOffsets);
        let all_after = |verdict: &Verdict| {
            let mut standings = verdict
                .steps
                .iter()
                .map(|step| self.place.target.standing(step));
            standings.all(|standing| standing == Standing::After)
        };
        let mut again = Verdict {
            code: ran.code.unwrap_or(-1),
            ..Verdict::default()
        };
        if self.deed.copies() {
            self.judge_copy(&ran, &mut again);
        } else if again.code == 0 {
            self.judge_steps(&ran, &mut again);
        }
        // What is deleted already cannot be deleted again.
        let converged =
            again.code == 0 || (is_gone && !verdict.steps.is_empty() && all_after(verdict));
        if !converged || !all_after(verdict) || !again.untrue.is_empty() {
            verdict.untrue.push(format!(
                "the second run ends with {}: {:?}\n  stdout: {}\n  stderr: {}",
                again.code,
                again.untrue,
                shortened(&ran.stdout),
                ran.stderr
            ));
        }
        if verdict.steps.is_empty() {
            verdict.steps = again.steps;
        }
        verdict.undo.splice(0..0, again.undo);
    }

    /// What can be taken back is, or it is said why not.
    pub(super) fn undo(&self, verdict: &mut Verdict) {
        let command: &[&str] = match self.deed {
            Deed::Apply => &["rollback"],
            Deed::Reset | Deed::DeleteGroup | Deed::DeleteOffsets => &["reset-offsets", "undo"],
            _ => return,
        };
        if verdict.undo.is_empty() && !verdict.steps.is_empty() {
            verdict.untrue.push("nothing can take it back".to_owned());
        }
        let at = self.place.target.bootstrap();
        let mut all_done = true;
        for id in verdict.undo.clone() {
            let mut arguments = command.to_vec();
            arguments.extend([id.as_str(), "--yes", "-b", &at]);
            let ran = self.program.run(&arguments);
            let says_why = ran.code == Some(4) && !ran.stderr.is_empty();
            all_done &= ran.code == Some(0);
            if ran.code != Some(0) && !says_why {
                let words = format!(
                    "undo {id} ends with {:?}: {}{}",
                    ran.code, ran.stdout, ran.stderr
                );
                verdict.untrue.push(words);
            }
        }
        let can_go_back = |step: &&Step| {
            !matches!(
                step.action,
                Action::CreatePartitions(..) | Action::DeleteTopic(..) | Action::CreateTopic(..)
            )
        };
        for step in verdict
            .steps
            .iter()
            .filter(can_go_back)
            .filter(|_| all_done)
        {
            let standing = self.place.target.standing(step);
            if standing != Standing::Before {
                verdict.untrue.push(format!(
                    "after the undo {} is {standing:?}",
                    step.resource()
                ));
            }
        }
    }

    /// Removes what the run made.
    pub(super) fn clean(&self) {
        let names = ["t", "new", "grown", "gone"].map(|name| format!("{}-{name}", self.stem));
        self.place.target.delete_topics(&names);
        self.place.source.delete_topics(&names);
        if self.alone.is_some() {
            let target = &self.place.target;
            let key = "consumer_byte_rate".to_owned();
            let quota = [(self.user(), vec![(key, None)])];
            let acls = [self.acl(Operation::Read), self.acl(Operation::Write)];
            target.runtime.block_on(async {
                target.cluster.delete_acls(&acls).await;
                target.cluster.alter_quotas(&quota).await;
            });
        }
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

/// The code that outcomes make (`docs/exit-codes.md`).
fn code_of(outcomes: &[Outcome]) -> i32 {
    let is = |wanted: fn(&Outcome) -> bool| outcomes.iter().any(wanted);
    let unknown = is(|one| matches!(one, Outcome::Unknown { .. }));
    let done = is(|one| matches!(one, Outcome::Done { .. }));
    let other = is(|one| matches!(one, Outcome::Refused { .. } | Outcome::NotAttempted { .. }));
    match (unknown, done, other) {
        (true, _, _) => 6,
        (_, true, true) => 5,
        (_, false, true) => 4,
        _ => 0,
    }
}

/// The report or the error: the only document, or the last line.
fn last_document(ran: &Ran) -> Value {
    let whole = serde_json::from_str(&ran.stdout).ok();
    let last = || serde_json::from_str(ran.stdout.lines().last()?).ok();
    whole.or_else(last).unwrap_or_default()
}

/// How many records are restored or copied at least and at most, where an error tells.
fn bounds(ran: &Ran) -> Option<(usize, usize)> {
    let document = last_document(ran);
    let message = document["error"]["message"].as_str()?;
    let mut parts = message.split([';', ',']);
    let told = parts.find(|part| part.ends_with(" restored") || part.ends_with(" copied"))?;
    let numbers = told.split(' ').filter_map(|word| word.parse().ok());
    let numbers: Vec<usize> = numbers.collect();
    Some((*numbers.first()?, *numbers.last()?))
}

fn shortened(text: &str) -> String {
    text.chars().take(6_000).collect()
}
