//! Sends and verifies creations and deletions of topics.

use std::collections::BTreeMap;

use super::super::judge::{Judgement, Reading, View, all, differs};
use super::super::report::Deviation;
use super::partitions::deviation;
use super::{Applied, Change};
use crate::cluster::{Answer, BrokerError, Cluster, Mode, NewTopic};
use crate::model::config::{ConfigEntry, ConfigSource, same_value};
use crate::model::seen::Seen;
use crate::model::topic::Topic;
use crate::plan::kinds::{CreateTopic, DeleteTopic};
use crate::plan::target::TopicTarget;

impl Applied for CreateTopic {
    const ECHOES: &'static [&'static str] = &["TOPIC_ALREADY_EXISTS"];
    const CAN_BE_VALIDATED: bool = true;

    async fn send(cluster: &dyn Cluster, all: &[Change<'_, Self>], mode: Mode) -> Vec<Answer> {
        let topics = all.iter().map(|(on, create)| NewTopic {
            name: on.name.clone(),
            partitions: create.partitions,
            replicas: create.replicas,
            configs: create.configs.clone(),
        });
        let topics: Vec<NewTopic> = topics.collect();
        cluster.create_topics(&topics, mode).await
    }

    fn reading(_: &TopicTarget) -> Reading {
        Reading::Topics
    }

    fn judge(&self, on: &TopicTarget, view: &View) -> Judgement {
        match view.topic(on) {
            Ok(topic) => of_created(topic, self),
            Err(judgement) => judgement,
        }
    }
}

fn of_created(topic: &Topic, create: &CreateTopic) -> Judgement {
    let mut found = Vec::new();
    let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
    if count != create.partitions {
        found.push(deviation(create.partitions, count));
    }
    let factor = topic.replication_factor();
    let is_other = |planned: &i16| usize::try_from(*planned) != Ok(factor);
    if let Some(planned) = create.replicas.filter(is_other) {
        let (planned, factor) = (planned.to_string(), factor.to_string());
        let replicas = Deviation::new(Deviation::REPLICAS, Some(planned), Some(factor));
        found.push(replicas);
    }
    let shape = if found.is_empty() {
        Judgement::InEffect
    } else {
        differs(found)
    };
    all([shape, of_own(&topic.configs, &create.configs)].into_iter())
}

/// Judges a new topic's settings: exactly the planned ones.
fn of_own(seen: &Seen<Vec<ConfigEntry>>, configs: &BTreeMap<String, String>) -> Judgement {
    let Seen::Value(entries) = seen else {
        return if configs.is_empty() {
            Judgement::InEffect
        } else {
            Judgement::Unseen("its settings cannot be read".to_owned())
        };
    };
    let own = |entry: &&ConfigEntry| entry.source == ConfigSource::DynamicTopicConfig;
    let planned = configs.iter().map(|(key, planned)| {
        let live = entries.iter().filter(own).find(|entry| entry.name == *key);
        match live.and_then(|entry| entry.value.text().map(|text| (entry.config_type, text))) {
            Some((config_type, text)) if same_value(config_type, planned, text) => {
                Judgement::InEffect
            }
            Some((_, text)) => {
                let (planned, text) = (planned.clone(), text.to_owned());
                differs(vec![Deviation::new(key, Some(planned), Some(text))])
            }
            None => Judgement::NotYet(format!("{key} is not set")),
        }
    });
    let foreign = entries.iter().filter(own);
    let foreign = foreign.filter(|entry| !configs.contains_key(&entry.name));
    let foreign = foreign.map(|entry| {
        let text = entry.value.text().unwrap_or("hidden").to_owned();
        differs(vec![Deviation::new(&entry.name, None, Some(text))])
    });
    all(planned.chain(foreign))
}

impl Applied for DeleteTopic {
    const ECHOES: &'static [&'static str] = &["UNKNOWN_TOPIC_ID", "UNKNOWN_TOPIC_OR_PARTITION"];

    async fn send(cluster: &dyn Cluster, all: &[Change<'_, Self>], _: Mode) -> Vec<Answer> {
        let topics: Vec<_> = all.iter().map(|(on, _)| (on.name.clone(), on.id)).collect();
        let answers = cluster.delete_topics(&topics).await.into_iter();
        answers.map(gone).collect()
    }

    fn reading(_: &TopicTarget) -> Reading {
        Reading::Topics
    }

    fn judge(&self, on: &TopicTarget, view: &View) -> Judgement {
        match view.seen_topic(on) {
            Some(Seen::Absent) => Judgement::InEffect,
            Some(Seen::Value(_)) => Judgement::NotYet("the topic is still there".to_owned()),
            _ => Judgement::Unseen("the topic cannot be seen".to_owned()),
        }
    }

    /// Deletes go by topic id, so the topic that now has the name was not deleted.
    fn judge_another_topic(_: Judgement, _: Deviation) -> Judgement {
        Judgement::Replaced
    }
}

/// Explains the code for an unknown topic id: the topic existed right before.
fn gone(answer: Answer) -> Answer {
    let words = "the topic was deleted, or made anew, meanwhile: nothing was deleted";
    match answer {
        Answer::Refused(error) if error.code == "UNKNOWN_TOPIC_ID" => {
            Answer::Refused(BrokerError {
                message: words.to_owned(),
                ..error
            })
        }
        answer => answer,
    }
}
