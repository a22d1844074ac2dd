//! How a step stands on the cluster, as a witness sees it.

use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::Offset;
use tonkafka::cluster::At;
use tonkafka::cluster::access::Access;
use tonkafka::cluster::live::LiveCluster;
use tonkafka::model::seen::Seen;
use tonkafka::plan::{Action, After, Resource, Step};

use crate::support::librdkafka::Witness;
use crate::support::live::{connect, runtime};

const PATIENCE: Duration = Duration::from_secs(20);

/// Where the value of a step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// Where it was before.
    Before,
    /// Where the step puts it.
    After,
    /// Elsewhere.
    Other(String),
}

/// Sees the cluster past the proxy.
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

    /// Whether a group is there.
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

    /// How a step stands.
    pub(super) fn standing(&self, step: &Step) -> Standing {
        match (&step.resource, &step.action) {
            (Resource::Topic { name }, Action::Create { partitions, .. }) => {
                let found = self.witness.partitions(name);
                of(found, 0, usize::try_from(*partitions).unwrap())
            }
            (Resource::Topic { name }, Action::Grow { before, after }) => {
                let count = |count: &i32| usize::try_from(*count).unwrap();
                of(self.witness.partitions(name), count(before), count(after))
            }
            (Resource::Topic { name }, Action::Delete { .. }) => {
                of(self.witness.partitions(name) > 0, true, false)
            }
            (Resource::Topic { name }, Action::Configure { changes }) => {
                let [change] = &changes[..] else {
                    panic!("{changes:?}")
                };
                let After::Set(after) = &change.after else {
                    panic!("{change:?}")
                };
                let before = change.effective.as_ref().unwrap();
                let before = before.value.text().map(str::to_owned);
                of(self.value(name, &change.key), before, Some(after.clone()))
            }
            (Resource::Partition { topic, partition }, Action::Truncate(truncation)) => {
                let (start, _) = self.log(topic, *partition);
                of(start, truncation.log_start, truncation.before)
            }
            (
                Resource::Commit {
                    group,
                    topic,
                    partition,
                },
                action,
            ) => {
                let (before, after) = match action {
                    Action::Commit(change) => (change.before.as_ref(), Some(&change.after)),
                    Action::Forget { before } => (Some(before), None),
                    other => panic!("{other:?}"),
                };
                let offset =
                    |one: Option<&tonkafka::model::group::Committed>| one.map(|one| one.offset);
                let found = self.committed(group, topic, *partition);
                of(found, offset(before), offset(after))
            }
            (Resource::Group { id }, Action::DeleteGroup(_)) => of(self.has_group(id), true, false),
            (Resource::Acl(acl), action) => {
                let seen = self
                    .runtime
                    .block_on(self.cluster.describe_acls(At::AnyBroker));
                let Ok(Seen::Value(acls)) = seen else {
                    panic!("{seen:?}")
                };
                let creates = matches!(action, Action::CreateAcl);
                of(acls.contains(acl), !creates, creates)
            }
            (Resource::Quota { entity }, Action::AlterQuota { changes }) => {
                let seen = self
                    .runtime
                    .block_on(self.cluster.describe_quotas(At::AnyBroker));
                let Ok(Seen::Value(quotas)) = seen else {
                    panic!("{seen:?}")
                };
                let quota = quotas.into_iter().find(|quota| quota.entity == *entity);
                let values = quota.map(|quota| quota.values).unwrap_or_default();
                let [change] = &changes[..] else {
                    panic!("{changes:?}")
                };
                of(
                    values.get(&change.key).copied(),
                    change.before,
                    change.after,
                )
            }
            other => panic!("{other:?}"),
        }
    }

    /// Whether a topic is there.
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
