//! Words for creating and deleting topics.

use super::super::records::size;
use super::super::text::{code, count, escape, value};
use super::{Shown, Sign};
use crate::plan::kinds::{CreateTopic, DeleteTopic};
use crate::plan::target::TopicTarget;
use crate::plan::{Reason, Step};

impl CreateTopic {
    fn factor(&self) -> String {
        let factor = self.replicas.map(|factor| factor.to_string());
        factor.unwrap_or_else(|| "broker's default".to_owned())
    }
}

impl Shown for CreateTopic {
    const SIGN: Sign = Sign::Added;

    fn rows(&self, _: &TopicTarget, _: &Step) -> Option<Vec<(String, String)>> {
        let mut rows = vec![
            ("partitions".to_owned(), self.partitions.to_string()),
            ("replication factor".to_owned(), self.factor()),
        ];
        let configs = self.configs.iter();
        rows.extend(configs.map(|(key, text)| (key.clone(), value(key, text))));
        Some(rows)
    }

    fn cells(&self, _: &Step) -> Vec<[String; 2]> {
        let (partitions, factor) = (partitions(self.partitions), self.factor());
        let configs = self.configs.iter();
        let settings = configs.map(|(key, text)| code(&format!("{key} = {}", value(key, text))));
        let settings: Vec<String> = settings.collect();
        vec![[
            format!("{partitions}, replication factor {factor}"),
            settings.join("<br>"),
        ]]
    }

    fn words(&self, on: &TopicTarget) -> String {
        format!("create topic {}", escape(&on.name))
    }

    fn sum(_: &[(&TopicTarget, &Self)]) -> Option<String> {
        None
    }
}

impl Shown for DeleteTopic {
    const SIGN: Sign = Sign::Removed;

    fn rows(&self, on: &TopicTarget, step: &Step) -> Option<Vec<(String, String)>> {
        let is_requested = step.reason == Reason::Requested;
        let partitions = partitions(self.partitions);
        let size = if is_requested {
            size(self.records, self.bytes)
        } else {
            "all records".to_owned()
        };
        let mut rows = vec![("deletes".to_owned(), format!("{partitions} with {size}"))];
        // A topic that the user named is deleted by id, so that no later topic of its name is.
        if let Some(id) = on.id.filter(|_| is_requested) {
            rows.push(("topic id".to_owned(), id.to_string()));
        }
        if step.reason == Reason::Orphan {
            let why = "the manifest owns its prefix and does not declare it";
            rows.push(("orphan".to_owned(), why.to_owned()));
        }
        Some(rows)
    }

    fn cells(&self, step: &Step) -> Vec<[String; 2]> {
        let why = match step.reason {
            Reason::Orphan => "all records; an orphan",
            _ => "all records",
        };
        vec![[partitions(self.partitions), why.to_owned()]]
    }

    fn words(&self, on: &TopicTarget) -> String {
        format!("delete topic {}", escape(&on.name))
    }

    fn sum(_: &[(&TopicTarget, &Self)]) -> Option<String> {
        None
    }
}

fn partitions(number: i32) -> String {
    count(usize::try_from(number).unwrap_or(0), "partition")
}
