//! The state of a step on the cluster, as a witness sees it.

use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::Offset;
use tonkafka::cluster::At;
use tonkafka::cluster::access::Access;
use tonkafka::cluster::live::LiveCluster;
use tonkafka::model::access::AclBinding;
use tonkafka::model::seen::Seen;
use tonkafka::plan::kinds::After;
use tonkafka::plan::target::{CommitTarget, ConfigTarget};
use tonkafka::plan::{Action, Step};

use crate::support::librdkafka::Witness;
use crate::support::live::{connect, runtime};

const PATIENCE: Duration = Duration::from_secs(20);

/// The value of a step on the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// The value from before the step.
    Before,
    /// The value after the step.
    After,
    /// Another value.
    Other(String),
}

/// Reads the cluster without the proxy.
pub(super) struct Eyes {
    bootstrap: String,
    pub(super) witness: Witness,
    pub(super) cluster: LiveCluster,
    pub(super) runtime: tokio::runtime::Runtime,
}

impl Eyes {
    pub(super) fn on(bootstrap: &str) -> Self {
        let runtime = runtime();
        Self {
            bootstrap: bootstrap.to_owned(),
            witness: Witness::of(bootstrap),
            cluster: runtime.block_on(connect(bootstrap)),
            runtime,
        }
    }

    pub(super) fn bootstrap(&self) -> String {
        self.bootstrap.clone()
    }

    fn consumer(&self, group: &str) -> BaseConsumer {
        ClientConfig::new()
            .set("bootstrap.servers", &self.bootstrap)
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("allow.auto.create.topics", "false")
            .set("isolation.level", "read_committed")
            .set("enable.partition.eof", "true")
            .create()
            .unwrap()
    }

    /// The offset that a group committed.
    pub(super) fn committed(&self, group: &str, topic: &str, partition: i32) -> Option<i64> {
        let mut asked = TopicPartitionList::new();
        asked.add_partition(topic, partition);
        let found = self
            .consumer(group)
            .committed_offsets(asked, PATIENCE)
            .unwrap();
        match found.elements()[0].offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }
    }

    pub(super) fn has_group(&self, group: &str) -> bool {
        let listed = self
            .consumer("sweep-lister")
            .fetch_group_list(None, PATIENCE)
            .unwrap();
        listed.groups().iter().any(|one| one.name() == group)
    }

    /// Log start and log end offset.
    pub(super) fn log(&self, topic: &str, partition: i32) -> (i64, i64) {
        let consumer = self.consumer("sweep-log");
        consumer
            .fetch_watermarks(topic, partition, PATIENCE)
            .unwrap()
    }

    /// Keys of the committed records of a partition, in order.
    pub(super) fn keys(&self, topic: &str, partition: i32) -> Vec<String> {
        let consumer = self.consumer("sweep-reader");
        let mut from = TopicPartitionList::new();
        from.add_partition_offset(topic, partition, Offset::Beginning)
            .unwrap();
        consumer.assign(&from).unwrap();
        let mut keys = Vec::new();
        while let Some(polled) = consumer.poll(PATIENCE) {
            match polled {
                Ok(message) => {
                    let key = message.key().unwrap_or_default();
                    keys.push(String::from_utf8_lossy(key).into_owned());
                }
                Err(rdkafka::error::KafkaError::PartitionEOF(_)) => return keys,
                Err(error) => panic!("{error}"),
            }
        }
        panic!("{topic}-{partition} has no end")
    }

    fn value(&self, topic: &str, key: &str) -> Option<String> {
        (self.witness.partitions(topic) > 0).then(|| self.witness.value(topic, key))
    }

    /// The state of a step.
    pub(super) fn standing(&self, step: &Step) -> Standing {
        match &step.action {
            Action::CreateTopic(on, create) => {
                let found = self.witness.partitions(&on.name);
                of(found, 0, usize::try_from(create.partitions).unwrap())
            }
            Action::CreatePartitions(on, grow) => {
                let count = |count: i32| usize::try_from(count).unwrap();
                let found = self.witness.partitions(&on.name);
                of(found, count(grow.before), count(grow.after))
            }
            Action::DeleteTopic(on, _) => of(self.witness.partitions(&on.name) > 0, true, false),
            Action::AlterConfigs(ConfigTarget::Topic(on), altered) => {
                let [change] = &altered.changes[..] else {
                    panic!("{altered:?}")
                };
                let After::Set(after) = &change.after else {
                    panic!("{change:?}")
                };
                let before = change.effective.as_ref().unwrap();
                let before = before.value.text().map(str::to_owned);
                of(
                    self.value(&on.name, &change.key),
                    before,
                    Some(after.clone()),
                )
            }
            Action::AlterConfigs(other, _) => panic!("{other:?}"),
            Action::DeleteRecords(on, delete) => {
                let (start, _) = self.log(&on.topic.name, on.number);
                of(start, delete.log_start, delete.before)
            }
            Action::CommitOffset(on, commit) => {
                let before = commit.before.as_ref().map(|before| before.offset);
                of(self.commit(on), before, Some(commit.after.offset))
            }
            Action::DeleteOffset(on, delete) => {
                of(self.commit(on), Some(delete.before.offset), None)
            }
            Action::DeleteGroup(on, _) => of(self.has_group(&on.id), true, false),
            Action::CreateAcl(acl, _) => of(self.has_acl(acl), false, true),
            Action::DeleteAcl(acl, _) => of(self.has_acl(acl), true, false),
            Action::AlterQuota(entity, alter) => {
                let seen = self
                    .runtime
                    .block_on(self.cluster.describe_quotas(At::AnyBroker));
                let Ok(Seen::Value(quotas)) = seen else {
                    panic!("{seen:?}")
                };
                let quota = quotas.into_iter().find(|quota| quota.entity == *entity);
                let values = quota.map(|quota| quota.values).unwrap_or_default();
                let [change] = &alter.changes[..] else {
                    panic!("{alter:?}")
                };
                of(
                    values.get(&change.key).copied(),
                    change.before,
                    change.after,
                )
            }
        }
    }

    fn commit(&self, on: &CommitTarget) -> Option<i64> {
        self.committed(&on.group, &on.partition.topic.name, on.partition.number)
    }

    fn has_acl(&self, acl: &AclBinding) -> bool {
        let seen = self
            .runtime
            .block_on(self.cluster.describe_acls(At::AnyBroker));
        let Ok(Seen::Value(acls)) = seen else {
            panic!("{seen:?}")
        };
        acls.contains(acl)
    }

    pub(super) fn has_topic(&self, topic: &str) -> bool {
        self.witness.partitions(topic) > 0
    }

    pub(super) fn delete_topics(&self, names: &[String]) {
        let there: Vec<String> = names
            .iter()
            .filter(|name| self.has_topic(name))
            .cloned()
            .collect();
        for name in there {
            self.witness.delete(&name);
        }
    }
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "values are made for this call"
)]
fn of<T: PartialEq + std::fmt::Debug>(found: T, before: T, after: T) -> Standing {
    if found == after {
        Standing::After
    } else if found == before {
        Standing::Before
    } else {
        Standing::Other(format!("{found:?}"))
    }
}
