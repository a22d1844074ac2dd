//! Settings against the catalogue: keys that Kafka knows, with values that it takes.

use super::problem::{Problem, Spot, nearest, quote};

use crate::model::catalogue::{self, Key, Scope};
use crate::model::escape::escape;

/// What a setting is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// A topic, or all of them.
    Topic,
    /// All brokers.
    AllBrokers,
    /// One broker.
    OneBroker,
    /// The properties that a broker is started with, which its plug-ins read too.
    Process,
}

/// Settings that are different for every broker, though none of them changes while it runs.
const IDENTITY: [&str; 12] = [
    "advertised.listeners",
    "broker.id",
    "broker.rack",
    "control.plane.listener.name",
    "controller.listener.names",
    "controller.quorum.voters",
    "inter.broker.listener.name",
    "log.dir",
    "log.dirs",
    "metadata.log.dir",
    "node.id",
    "process.roles",
];

/// The field beside Kafka's keys in `broker.process`.
const HEAP: &str = "heap";

impl Of {
    fn scope(self) -> Scope {
        match self {
            Self::Topic => Scope::Topic,
            Self::AllBrokers | Self::OneBroker | Self::Process => Scope::Broker,
        }
    }
}

/// The catalogue's entry for `name`; none where somebody else than Apache made the key.
///
/// # Errors
/// It means nothing there, with what may be meant.
pub(super) fn known(name: &str, of: Of, at: Spot) -> Result<Option<&'static Key>, Problem> {
    if of == Of::AllBrokers {
        check_shared(name, at)?;
    }
    if let Some(key) = catalogue::key(of.scope(), name) {
        return Ok(Some(key));
    }
    if catalogue::vendor(name).is_some() {
        return Ok(None);
    }
    match of.scope() {
        Scope::Topic => Err(not_of_topics(name, at)),
        Scope::Broker => not_of_brokers(name, of, at),
    }
}

/// Checks that all brokers can have the same value.
fn check_shared(name: &str, at: Spot) -> Result<(), Problem> {
    let hint = if IDENTITY.contains(&name) {
        "put it under `broker.process`"
    } else if catalogue::is_of_one_broker(name) {
        "put it under `broker.brokers` and the broker's id, or under `broker.process`"
    } else {
        return Ok(());
    };
    let message = format!("`{name}` belongs to one broker, not to all");
    Err(Problem::at(at, message).hint(hint))
}

fn not_of_topics(name: &str, at: Spot) -> Problem {
    if catalogue::broker_key(name).is_none() {
        return unknown(name, Of::Topic, at, catalogue::suggest(Scope::Topic, name));
    }
    let hint = match catalogue::topic_key_from(name) {
        Some(key) => format!("for a topic it is `{}`", key.name),
        None => "put it under `broker`".to_owned(),
    };
    Problem::at(at, format!("`{name}` is a key of brokers, not of topics")).hint(hint)
}

fn not_of_brokers(name: &str, of: Of, at: Spot) -> Result<Option<&'static Key>, Problem> {
    if let Some(key) = catalogue::topic_key(name) {
        let hint = match key.synonyms.first() {
            Some(broker_key) => format!("for brokers it is `{broker_key}`"),
            None => "put it under `topics.defaults.configs`".to_owned(),
        };
        let message = format!("`{name}` is a key of topics, not of brokers");
        return Err(Problem::at(at, message).hint(hint));
    }
    let meant = catalogue::suggest(Scope::Broker, name);
    if of != Of::Process {
        return Err(unknown(name, of, at, meant));
    }
    match nearest(name, [HEAP]).or(meant) {
        Some(meant) => Err(unknown(name, of, at, Some(meant))),
        None => Ok(None),
    }
}

fn unknown(name: &str, of: Of, at: Spot, meant: Option<&str>) -> Problem {
    let hint = match (meant, of) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, Of::Topic) => {
            "Kafka has no such key; a vendor's own begins with a prefix such as `confluent.`"
                .to_owned()
        }
        (None, _) => {
            "Kafka has no such key; what a plug-in reads belongs under `broker.process`".to_owned()
        }
    };
    Problem::at(at, format!("unknown key {}", quote(name))).hint(hint)
}

/// Checks the value of a key. `name` is the key as it is written.
///
/// # Errors
/// The value is none that Kafka takes, or a secret for everybody to read.
pub(super) fn check(key: &Key, name: &str, text: &str, at: Spot) -> Result<(), Problem> {
    if key.is_sensitive() {
        let message = format!("`{name}` is a secret, and stands here for everybody to read");
        let problem = Problem::at(at, message).secret();
        return Err(problem.hint("write `${env:NAME}` or `${file:PATH}`"));
    }
    key.check(text).map_err(|invalid| {
        let hint = match invalid.meant() {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("`tonkafka explain {}` says what it means", key.name),
        };
        Problem::at(at, escape(&invalid.to_string())).hint(hint)
    })
}
