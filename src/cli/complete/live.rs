//! Names that only a cluster or a manifest knows.

use std::collections::BTreeSet;
use std::sync::mpsc::channel;
use std::time::Duration;

use clap_complete::CompletionCandidate;
use tokio::time::timeout;

use super::cache::{Cache, Names};
use super::line::Line;
use crate::cli::connect::{self, Target};
use crate::model::desired::TopicState;
use crate::model::escape::is_hidden;

/// How long a cluster may take to answer.
const PATIENCE: Duration = Duration::from_millis(220);

/// How long all brokers together may take to tell their groups.
const PATIENCE_FOR_GROUPS: Duration = Duration::from_millis(150);

/// How old names may be that are taken without asking again.
const RECENT: Duration = Duration::from_secs(10);

/// How old names may be that are taken when the cluster does not answer.
const OLDEST: Duration = Duration::from_mins(5);

/// The cluster's topics.
pub(in crate::cli) fn topics() -> Vec<CompletionCandidate> {
    candidates(names(&Line::typed()).topics)
}

/// The cluster's groups.
pub(in crate::cli) fn groups() -> Vec<CompletionCandidate> {
    candidates(names(&Line::typed()).groups)
}

/// The topics that the manifest wants; the cluster's where there is no manifest.
pub(in crate::cli) fn manifest_topics() -> Vec<CompletionCandidate> {
    let line = Line::typed();
    let Some(manifest) = line.manifest() else {
        return candidates(names(&line).topics);
    };
    let topics = manifest.desired.topics.into_iter();
    let present = topics.filter(|topic| topic.state != TopicState::Absent);
    candidates(present.map(|topic| topic.name))
}

/// The ids of the cluster's live brokers.
pub(in crate::cli) fn brokers() -> Vec<CompletionCandidate> {
    let ids = names(&Line::typed()).brokers;
    candidates(ids.into_iter().map(|id| id.to_string()))
}

/// The manifest's environments.
pub(in crate::cli) fn environments() -> Vec<CompletionCandidate> {
    let manifest = Line::typed().manifest_with(None);
    candidates(
        manifest
            .into_iter()
            .flat_map(|manifest| manifest.environments),
    )
}

/// The names of the user's contexts.
pub(in crate::cli) fn contexts() -> Vec<CompletionCandidate> {
    candidates(Line::typed().contexts())
}

/// Text from outside reaches a shell and its terminal: what a terminal would act on is left out.
fn candidates(names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let names: BTreeSet<String> = names.into_iter().collect();
    let printable = |name: &String| !name.contains(is_hidden);
    let printable = names.into_iter().filter(printable);
    printable.map(CompletionCandidate::new).collect()
}

/// The cluster's names: recent ones, else the cluster's own answer, else older ones.
fn names(line: &Line) -> Names {
    let Some(target) = line.target() else {
        return Names::default();
    };
    let cache = Cache::of(&target.bootstrap);
    if let Some(recent) = cache.load(RECENT) {
        return recent;
    }
    let Some(names) = ask(target) else {
        return cache.load(OLDEST).unwrap_or_default();
    };
    cache.save(&names);
    names
}

/// Asks on a thread that is left behind when it takes too long: looking up a host cannot be stopped.
fn ask(target: Target) -> Option<Names> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let names = ask_and_wait(target);
        let _ = sender.send(names); // nobody waits for it any more
    });
    receiver.recv_timeout(PATIENCE).ok()?
}

fn ask_and_wait(target: Target) -> Option<Names> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let asked = async {
        let cluster = connect::to(target, PATIENCE).await.ok()?.cluster;
        // Every broker is asked for its groups: one that is silent must not cost the other names.
        let listed = async { Ok(timeout(PATIENCE_FOR_GROUPS, cluster.list_groups()).await) };
        let (topics, described, listed) =
            futures::try_join!(cluster.list_topics(), cluster.describe_cluster(), listed).ok()?;
        let groups = match listed {
            Ok(Ok(listed)) => listed.groups.into_keys().collect(),
            _ => Vec::new(),
        };
        Some(Names {
            topics,
            brokers: described.live_brokers().map(|broker| broker.id).collect(),
            groups,
        })
    };
    runtime.ok()?.block_on(asked)
}
