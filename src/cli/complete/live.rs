//! Names that only a cluster or a manifest knows.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use clap_complete::CompletionCandidate;

use super::cache::{Cache, Names};
use super::line::Line;
use crate::cli::connect::{self, Target};
use crate::model::desired::TopicState;

/// How long a cluster may take to answer.
const PATIENCE: Duration = Duration::from_millis(220);

/// How long it may take to see that nobody is there.
const KNOCK: Duration = Duration::from_millis(50);

/// How old names may be that are taken without asking again.
const RECENT: Duration = Duration::from_secs(10);

/// How old names may be that are taken when the cluster does not answer.
const OLDEST: Duration = Duration::from_mins(5);

/// The cluster's topics.
pub(in crate::cli) fn topics() -> Vec<CompletionCandidate> {
    candidates(names(&Line::typed()).topics)
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

/// Text from outside reaches a shell and its terminal: what holds control characters is left out.
fn candidates(names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let names: BTreeSet<String> = names.into_iter().collect();
    let printable = |name: &String| !name.contains(char::is_control);
    let printable = names.into_iter().filter(printable);
    printable.map(CompletionCandidate::new).collect()
}

/// The cluster's names: recent ones, else the cluster's own answer, else older ones. None where nobody
/// is there any more, whatever was said a moment ago.
fn names(line: &Line) -> Names {
    let Some(target) = line.target() else {
        return Names::default();
    };
    let cache = Cache::of(&target.bootstrap);
    let addresses = target.bootstrap.clone();
    let gone = aside(move || addresses.iter().all(|address| refuses(address)));
    let gone = |patience| gone.recv_timeout(patience).unwrap_or(false);
    if let Some(recent) = cache.load(RECENT) {
        return if gone(KNOCK) {
            Names::default()
        } else {
            recent
        };
    }
    // Looking up a host cannot be stopped, so this is left behind when it takes too long.
    let asked = aside(move || ask_and_wait(target)).recv_timeout(PATIENCE);
    if let Ok(Some(names)) = asked {
        cache.save(&names);
        return names;
    }
    if gone(Duration::ZERO) {
        return Names::default();
    }
    cache.load(OLDEST).unwrap_or_default()
}

/// Does something on a thread that nobody has to wait for.
fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let _ = sender.send(work()); // nobody waits for it any more
    });
    receiver
}

/// Whether a machine answers that nobody listens there.
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

fn ask_and_wait(target: Target) -> Option<Names> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let asked = async {
        let cluster = connect::to(target, PATIENCE).await.ok()?.cluster;
        let (topics, described) =
            futures::try_join!(cluster.list_topics(), cluster.describe_cluster()).ok()?;
        let brokers = described.live_brokers().map(|broker| broker.id).collect();
        Some(Names { topics, brokers })
    };
    runtime.ok()?.block_on(asked)
}
