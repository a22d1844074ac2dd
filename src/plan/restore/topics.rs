//! Restores topics as far as possible.

use std::collections::BTreeMap;

use super::super::finding::Code;
use super::super::kinds::{CreatePartitions, CreateTopic};
use super::super::resource::Resource;
use super::super::step::{Reason, Risk};
use super::super::target::{ConfigTarget, StepTarget, TopicTarget};
use super::draft::RestoreDraft;
use crate::model::backup::{KeptTopic, Part};
use crate::model::config::ConfigValue;
use crate::model::topic::TopicId;
use crate::model::words::counted;

impl RestoreDraft<'_, '_> {
    pub(super) fn topics(&mut self) {
        let (then, now, selection) = (self.then, self.now.backup, self.selection);
        let (unseen_then, unseen_now) = (then.lacking(), now.lacking());
        for (name, kept) in then.topics.iter().filter(|(name, _)| selection.topic(name)) {
            match now.topics.get(name) {
                Some(live) => self.change(name, kept, live),
                None if unseen_now.contains(&(Part::Topics, name.as_str())) => {}
                None => self.create(name, kept),
            }
        }
        let new = now.topics.iter().filter(|(name, _)| selection.topic(name));
        for (name, live) in new.filter(|(name, _)| !then.topics.contains_key(*name)) {
            // Kafka creates its own topics when it needs them.
            if !live.internal && !unseen_then.contains(&(Part::Topics, name.as_str())) {
                let message = "it is new since then, and topics are never removed".to_owned();
                let hint = "`tonkafka topics delete` deletes it with its records";
                let resource = Resource::topic(name);
                self.cannot_but(Code::CreatedSince, resource, message, Some(hint));
            }
        }
    }

    fn create(&mut self, name: &str, kept: &KeptTopic) {
        let resource = Resource::topic(name);
        if kept.internal {
            let message = "it is gone, and Kafka makes it itself when it is needed".to_owned();
            return self.cannot(Code::InternalTopicStructure, resource, message);
        }
        let settings = kept.configs.value().into_iter().flatten();
        let mut configs = BTreeMap::new();
        for setting in settings {
            match &setting.value {
                ConfigValue::Value(value) => {
                    if self.takes(&resource, &setting.key, value) {
                        configs.insert(setting.key.clone(), value.clone());
                    }
                }
                ConfigValue::Sensitive => {
                    let key = &setting.key;
                    let message = format!("{key} was set to a hidden value, which no backup holds");
                    self.cannot(Code::Sensitive, resource.clone(), message);
                }
                ConfigValue::Null => {}
            }
        }
        if self.is_same_cluster() {
            let message = "it was deleted, and its records are gone: it is made anew, empty";
            self.cannot(Code::RecordsGone, resource.clone(), message.to_owned());
        }
        if self.now.backup.brokers.len() > 1 {
            let message = "brokers choose where its replicas are".to_owned();
            self.note(Code::ReplicaPlacement, resource.clone(), message);
        }
        let create = CreateTopic {
            partitions: kept.count(),
            replicas: i16::try_from(kept.replicas()).ok(),
            configs,
        };
        let topic = TopicTarget::named(name);
        self.draft.step((topic, create), Reason::Undo, Risk::None);
    }

    fn change(&mut self, name: &str, kept: &KeptTopic, live: &KeptTopic) {
        let resource = Resource::topic(name);
        if self.is_same_cluster() && is_other(kept.id, live.id) {
            let message = "it was deleted and made anew since: the records of then are gone";
            self.cannot(Code::RecordsGone, resource.clone(), message.to_owned());
        }
        let topic = TopicTarget::new(name, Some(live.id));
        self.partitions(&topic, kept, live);
        self.replicas(&resource, kept, live);
        let on = ConfigTarget::Topic(topic);
        self.settings(&on, &kept.configs, &live.configs);
    }

    fn partitions(&mut self, topic: &TopicTarget, kept: &KeptTopic, live: &KeptTopic) {
        let (then, now) = (kept.count(), live.count());
        let resource = topic.resource();
        if now > then {
            let message = format!(
                "it has {now} partitions and had {then}: Kafka cannot take partitions away"
            );
            self.cannot(Code::PartitionDecrease, resource, message);
        } else if now < then && live.internal {
            let message = format!("it has {now} partitions and had {then}, and is Kafka's own");
            self.cannot(Code::InternalTopicStructure, resource, message);
        } else if now < then {
            let compacted = kept.configs.value().into_iter().flatten().any(|setting| {
                let value = setting.value.text().unwrap_or_default();
                setting.key == "cleanup.policy" && value.contains("compact")
            });
            let risk = if compacted {
                Risk::RemapsKeys
            } else {
                Risk::Irreversible
            };
            let grow = CreatePartitions {
                before: now,
                after: then,
            };
            self.draft.step((topic.clone(), grow), Reason::Undo, risk);
        }
    }

    fn replicas(&mut self, resource: &Resource, kept: &KeptTopic, live: &KeptTopic) {
        let (then, now) = (kept.replicas(), live.replicas());
        if then != now {
            let message = format!(
                "its replication factor is {now} and was {then}: replicas are moved by reassignment, which restore does not do"
            );
            return self.cannot(Code::ReplicationFactor, resource.clone(), message);
        }
        let pairs = kept.partitions.iter().zip(&live.partitions);
        let moved = pairs.filter(|(then, now)| then != now).count();
        if moved > 0 && self.is_same_cluster() {
            let of = counted(moved, "partition is", "partitions are");
            let message = format!(
                "the replicas of {of} on other brokers, or in another order, than they were: they are moved by reassignment, which restore does not do"
            );
            self.cannot(Code::ReplicaPlacement, resource.clone(), message);
        }
    }
}

/// Whether two ids are known and differ.
pub(super) fn is_other(then: TopicId, now: TopicId) -> bool {
    then.is_known() && now.is_known() && then != now
}
