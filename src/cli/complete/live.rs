//! Names from a cluster, a manifest or this machine's files.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use clap_complete::CompletionCandidate;

use super::cache::Names;
use super::line::Line;
use crate::backup::shelf;
use crate::cli::asked::RESOURCES;
use crate::cli::connect::{self, Target};
use crate::cli::environment::Environment;
use crate::cli::target::WORDS;
use crate::model::desired::TopicState;
use crate::model::escape::is_hidden;
use crate::model::seen::Seen;
use crate::observe;
use crate::observe::topics::partitions_of;

/// How long a cluster may take to answer.
const PATIENCE: Duration = Duration::from_millis(220);

/// How long all brokers together may take to list their groups.
const PATIENCE_FOR_GROUPS: Duration = Duration::from_millis(150);

/// How long an address may take to refuse a connection.
const KNOCK: Duration = Duration::from_millis(50);

/// The age up to which cached names are used without asking the cluster.
const RECENT: Duration = Duration::from_secs(10);

/// The age up to which cached names are used when the cluster does not answer.
const OLDEST: Duration = Duration::from_mins(5);

/// The cluster's topics.
pub(super) fn topics() -> Vec<CompletionCandidate> {
    candidates(names(&Line::typed()).topics)
}

/// The cluster's groups.
pub(super) fn groups() -> Vec<CompletionCandidate> {
    candidates(names(&Line::typed()).groups)
}

pub(super) fn backups() -> Vec<CompletionCandidate> {
    let environment = Environment::read();
    let shelves = environment.shelves().ok();
    let all = shelves.and_then(|shelves| shelf::all(shelves).ok());
    candidates(all.unwrap_or_default().into_iter().map(|entry| entry.id))
}

/// The positions of `--to`: words, `file:` and groups.
pub(super) fn positions() -> Vec<CompletionCandidate> {
    let groups = names(&Line::typed()).groups.into_iter();
    let groups = groups.map(|id| format!("group:{id}"));
    let words = WORDS.into_iter().map(str::to_owned);
    candidates(words.chain(["file:".to_owned()]).chain(groups))
}

/// The cluster's topics, or after a colon the partitions of one: `orders:0,2`.
pub(super) fn topic_partitions(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let Some((topic, list)) = typed.split_once(':') else {
        let names = names(&Line::typed()).topics.into_iter();
        return candidates(names.filter(|name| name.starts_with(typed.as_ref())));
    };
    let before = list.rfind(',').map_or(0, |comma| comma + 1);
    let (chosen, current) = list.split_at(before);
    let Some(target) = Line::typed().target() else {
        return Vec::new();
    };
    let name = topic.to_owned();
    let numbers = in_time(move || partitions(target, &name)).unwrap_or_default();
    let numbers = numbers.into_iter().map(|number| number.to_string());
    numbers
        .filter(|number| number.starts_with(current))
        .map(|number| CompletionCandidate::new(format!("{topic}:{chosen}{number}")))
        .collect()
}

/// The principals that the cluster's ACLs and users name.
pub(super) fn principals() -> Vec<CompletionCandidate> {
    let Some(target) = Line::typed().target() else {
        return Vec::new();
    };
    let asked = in_time(move || {
        in_runtime(async {
            let cluster = connect::to(target, PATIENCE).await.ok()?.cluster;
            Some(observe::access::principals(&*cluster).await)
        })
    });
    candidates(asked.unwrap_or_default())
}

/// The kinds of resources, and the cluster's topics and groups as resources.
pub(super) fn resources() -> Vec<CompletionCandidate> {
    let names = names(&Line::typed());
    let topics = names.topics.into_iter().map(|name| format!("topic:{name}"));
    let groups = names.groups.into_iter().map(|id| format!("group:{id}"));
    let kinds = RESOURCES.map(str::to_owned).into_iter();
    candidates(kinds.chain(topics).chain(groups))
}

/// The numbers of a topic's partitions.
fn partitions(target: Target, topic: &str) -> Option<Vec<i32>> {
    in_runtime(async {
        let cluster = connect::to(target, PATIENCE).await.ok()?.cluster;
        let names = [topic.to_owned()];
        let mut found = partitions_of(&*cluster, &names).await.ok()?;
        match found.remove(topic)? {
            Seen::Value(topic) => Some(topic.partitions.iter().map(|one| one.index).collect()),
            _ => None,
        }
    })
}

/// The topics that the manifest declares; without a manifest, the cluster's.
pub(super) fn manifest_topics() -> Vec<CompletionCandidate> {
    let line = Line::typed();
    let Some(manifest) = line.manifest() else {
        return candidates(names(&line).topics);
    };
    let topics = manifest.desired.topics.into_iter();
    let present = topics.filter(|topic| topic.state != TopicState::Absent);
    candidates(present.map(|topic| topic.name))
}

/// The ids of the cluster's live brokers.
pub(super) fn brokers() -> Vec<CompletionCandidate> {
    let ids = names(&Line::typed()).brokers;
    candidates(ids.into_iter().map(|id| id.to_string()))
}

/// The manifest's environments.
pub(super) fn environments() -> Vec<CompletionCandidate> {
    let manifest = Line::typed().manifest_with(None);
    candidates(
        manifest
            .into_iter()
            .flat_map(|manifest| manifest.environments),
    )
}

pub(super) fn contexts() -> Vec<CompletionCandidate> {
    candidates(Line::typed().contexts())
}

/// Sorts names, and leaves out those with characters that a terminal would act on.
fn candidates(names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let names: BTreeSet<String> = names.into_iter().collect();
    let printable = |name: &String| !name.contains(is_hidden);
    let printable = names.into_iter().filter(printable);
    printable.map(CompletionCandidate::new).collect()
}

/// The cluster's names: recent ones from the cache, else from the cluster, else older ones from the
/// cache. Empty if every address refuses connections.
fn names(line: &Line) -> Names {
    let Some(target) = line.target() else {
        return Names::default();
    };
    let cache = line.cache(&target.bootstrap);
    let addresses = target.bootstrap.clone();
    let gone = aside(move || addresses.iter().all(|address| refuses(address)));
    let gone = |patience| gone.recv_timeout(patience).unwrap_or(false);
    let cached = |age| cache.as_ref().and_then(|cache| cache.load(age));
    if let Some(recent) = cached(RECENT) {
        return if gone(KNOCK) {
            Names::default()
        } else {
            recent
        };
    }
    if let Some(names) = in_time(move || ask(target)) {
        if let Some(cache) = &cache {
            cache.save(&names);
        }
        return names;
    }
    if gone(Duration::ZERO) {
        return Names::default();
    }
    cached(OLDEST).unwrap_or_default()
}

/// Waits at most [`PATIENCE`], then abandons the work: a host lookup cannot be stopped.
fn in_time<T: Send + 'static>(ask: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    aside(ask).recv_timeout(PATIENCE).ok()?
}

/// Runs work on a thread of its own, which nobody has to wait for.
fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let _ = sender.send(work()); // nobody waits for it any more
    });
    receiver
}

/// Whether a machine answers that no program listens at the address.
fn refuses(address: &str) -> bool {
    let Ok(found) = address.to_socket_addrs() else {
        return false;
    };
    let refused = |one| match TcpStream::connect_timeout(&one, KNOCK) {
        Ok(_) => false,
        Err(error) => error.kind() == ErrorKind::ConnectionRefused,
    };
    let refused: Vec<bool> = found.map(refused).collect();
    !refused.is_empty() && !refused.contains(&false)
}

fn in_runtime<T>(asking: impl Future<Output = Option<T>>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.ok()?.block_on(asking)
}

fn ask(target: Target) -> Option<Names> {
    in_runtime(async {
        let cluster = connect::to(target, PATIENCE).await.ok()?.cluster;
        let found = observe::names::all(&*cluster, PATIENCE_FOR_GROUPS).await;
        let (topics, brokers, groups) = found.ok()?;
        Some(Names {
            topics,
            brokers: brokers.into_iter().collect(),
            groups,
        })
    })
}
