//! Brokers, and the cluster as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::looking::Looking;
use super::topics::not_all_topics;
use crate::cli::exit::{Exit, Failure};
use crate::cli::plan::unplanned;
use crate::cli::print;
use crate::cli::shown::Shown;
use crate::model::seen::{Cause, Seen};
use crate::model::topic::Topic;
use crate::observe::brokers as observe;
use crate::observe::topics::with_cluster;
use crate::ops::compare::compared_health;
use crate::view::describe::{self as view, BrokerLoad};
use crate::view::documents::NotShown;

/// How many partitions each broker leads, holds and has in sync.
fn loads(topics: &BTreeMap<String, Seen<Topic>>) -> BTreeMap<i32, BrokerLoad> {
    let mut loads: BTreeMap<i32, BrokerLoad> = BTreeMap::new();
    let topics = topics.values().filter_map(Seen::value);
    for partition in topics.flat_map(|topic| &topic.partitions) {
        if let Some(id) = partition.leader {
            loads.entry(id).or_default().leads += 1;
        }
        for id in &partition.replicas {
            loads.entry(*id).or_default().replicas += 1;
        }
        for id in &partition.isr {
            loads.entry(*id).or_default().in_sync += 1;
        }
    }
    loads
}

/// Brokers with their load, as far as topics are visible.
pub(super) async fn brokers(looking: &Looking<'_>) -> anyhow::Result<Shown> {
    let cluster = looking.cluster;
    let (described, topics) = with_cluster(cluster, &[]).await?;
    let error = not_all_topics(&topics);
    let only_visible = described.may_describe == Some(false);
    let not_shown = NotShown {
        only_visible,
        error: error.as_ref().map(print::error_fields),
        ..NotShown::default()
    };
    let loads = loads(&topics);
    let terminal = looking.terminal;
    let text = terminal.form(
        || view::brokers(terminal.out, &described, &loads, &looking.choice),
        || view::brokers_json(&described, &loads, &not_shown),
    );
    Ok(Shown::with_error(text, error).only_visible(only_visible))
}

/// The failure for a broker id that is not among the known ones.
pub(super) fn no_broker(id: i32, known: &BTreeSet<i32>) -> Failure {
    let ids: Vec<String> = known.iter().map(ToString::to_string).collect();
    Failure::new(Exit::Refused, format!("there is no broker {id}"))
        .hint(format!("brokers of this cluster: {}", ids.join(", ")))
}

pub(super) async fn broker(looking: &Looking<'_>, id: i32, all: bool) -> anyhow::Result<Shown> {
    let found = observe::broker(looking.cluster, id).await?;
    let found = found.map_err(|known| no_broker(id, &known))?;
    let terminal = looking.terminal;
    match found {
        Seen::Value(entries) => Ok(Shown::whole(terminal.form(
            || view::configs(terminal.out, &entries, all),
            || view::broker_json(id, &entries),
        ))),
        Seen::Unseen(Cause::NotSupported, words) => {
            let message = format!("this cluster has no settings of brokers to describe: {words}");
            Err(Failure::new(Exit::Refused, message).into())
        }
        Seen::Unseen(Cause::NotPermitted | Cause::Unavailable, words) => {
            let message = format!("the settings of broker {id} cannot be read: {words}");
            Err(Failure::new(Exit::Unreachable, message).into())
        }
        Seen::Absent => {
            let message = format!("broker {id} went away while it was read");
            Err(Failure::new(Exit::Unreachable, message).into())
        }
    }
}

pub(super) async fn whole(looking: &Looking<'_>) -> anyhow::Result<Shown> {
    let cluster = looking.cluster;
    let described = observe::described(cluster).await?;
    let (_, defaults) = observe::broker_configs(cluster, &described).await?;
    let defaults = defaults.unwrap_or(Seen::Absent);
    let health = compared_health(cluster, looking.manifest).await;
    let mut health = health.map_err(unplanned)?;
    health.add_broker_settings(&defaults);
    let terminal = looking.terminal;
    let text = terminal.form(
        || view::cluster(terminal.out, &described, &health, &defaults),
        || view::cluster_json(&described, &health, &defaults),
    );
    let is_told = defaults.value().is_some() || defaults.is_unseen_as(Cause::NotSupported);
    let is_whole = is_told && health.unseen.is_empty();
    Ok(Shown::perhaps_whole(text, is_whole).only_visible(health.only_visible))
}
