//! Log directories.

use super::brokers::no_broker;
use super::looking::Looking;
use super::topics::not_there;
use crate::cli::args::LogDirsArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::shown::Shown;
use crate::model::health::known_brokers;
use crate::model::measure::TopicPartition;
use crate::model::seen::{Cause, Seen};
use crate::model::untold::Gaps;
use crate::observe::brokers::log_dirs as read_log_dirs;
use crate::observe::topics::with_cluster;
use crate::view::log_dirs::{self as view, BrokerLogDirs, LogDirsBy};

impl LogDirsArgs {
    pub(super) fn by(&self) -> LogDirsBy {
        self.by.unwrap_or(match self.topic.as_slice() {
            [] => LogDirsBy::Directory,
            _ => LogDirsBy::Partition,
        })
    }
}

pub(super) async fn log_dirs(
    looking: &Looking<'_>,
    filters: &LogDirsArgs,
) -> anyhow::Result<Shown> {
    let cluster = looking.cluster;
    let (described, topics) = with_cluster(cluster, &filters.topic).await?;
    for name in &filters.topic {
        let seen = topics.get(name);
        if seen.and_then(Seen::value).is_none() {
            return Err(not_there(cluster, name, seen).await.into());
        }
    }
    let known = known_brokers(&described, &topics);
    if let Some(id) = filters.broker.iter().find(|id| !known.contains(id)) {
        return Err(no_broker(*id, &known).into());
    }
    let asked: Vec<i32> = known
        .into_iter()
        .filter(|id| filters.broker.is_empty() || filters.broker.contains(id))
        .collect();
    let only: Vec<TopicPartition> = topics
        .values()
        .filter_map(Seen::value)
        .flat_map(|topic| {
            let partitions = topic.partitions.iter();
            partitions.map(|partition| TopicPartition::new(topic.name.clone(), partition.index))
        })
        .collect();
    let only = (!filters.topic.is_empty()).then_some(only.as_slice());
    let found = read_log_dirs(cluster, &described, &asked, only).await;
    if let Some(failure) = nowhere_told(&found) {
        return Err(failure.into());
    }
    let terminal = looking.terminal;
    let text = terminal.form(
        || view::log_dirs(terminal.out, &found, filters.by(), &looking.choice),
        || view::log_dirs_json(&found),
    );
    Ok(Shown::with_error(text, unseen(&found)))
}

/// The failure if no broker of this cluster supports the request.
fn nowhere_told(found: &BrokerLogDirs) -> Option<Failure> {
    let mut reasons = found.values().map(|seen| match seen {
        Seen::Unseen(Cause::NotSupported, words) => Some(words),
        _ => None,
    });
    let first = reasons.next()??;
    if !reasons.all(|reason| reason.is_some()) {
        return None;
    }
    let message = format!("this cluster has no log directories to describe: {first}");
    let hint = "some services keep them to themselves";
    Some(Failure::new(Exit::Refused, message).hint(hint))
}

/// The failure that names what could not be read, each reason once.
fn unseen(found: &BrokerLogDirs) -> Option<anyhow::Error> {
    let gaps = Gaps::of_brokers(found);
    let told = gaps.unseen.iter().chain(&gaps.unsupported);
    let told: Vec<String> = told
        .map(|one| format!("{} ({})", one.which(), one.why))
        .collect();
    if told.is_empty() {
        return None;
    }
    let message = format!("log directories cannot be seen: {}", told.join(", "));
    Some(Failure::new(Exit::Unreachable, message).into())
}
