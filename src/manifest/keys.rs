//! Checks keys and values against the catalogue.

use super::node::{self, Node};
use super::problem::{Problem, nearest, quote};
use super::remark::{RemarkKind, Subject};
use super::spot::Spot;

use crate::model::catalogue::{self, Key, Scope};
use crate::model::escape::escape;

/// The resource that a setting is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// A topic, or the defaults of all topics.
    Topic,
    /// All brokers.
    AllBrokers,
    /// One broker, by id; none if the id could not be read.
    OneBroker(Option<i32>),
    /// The properties file of a local broker, which plug-ins read too.
    Process,
}

/// Static settings that must differ between brokers.
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
    /// The subject of a remark about one of its settings.
    fn subject(self) -> Subject {
        match self {
            Self::OneBroker(Some(id)) => Subject::Broker(id),
            _ => Subject::AllBrokers,
        }
    }

    pub(super) fn scope(self) -> Scope {
        match self {
            Self::Topic => Scope::Topic,
            Self::AllBrokers | Self::OneBroker(_) | Self::Process => Scope::Broker,
        }
    }
}

/// What is known of a key.
pub(super) enum Known {
    /// The catalogue has it.
    Listed(&'static Key),
    /// A vendor's key, or a plug-in's: its value cannot be checked.
    Unchecked,
    /// It is not in the catalogue; holds the error, with a suggestion. A Kafka that is newer than the
    /// catalogue may have it.
    Unlisted(Problem),
}

/// Looks up the key `name`.
///
/// # Errors
/// No version of Kafka accepts it at this place.
pub(super) fn known(name: &str, of: Of, at: Spot) -> Result<Known, Problem> {
    if matches!(of, Of::AllBrokers | Of::OneBroker(_)) && catalogue::wants_listener(name) {
        return Err(for_a_listener(name, at));
    }
    if of == Of::AllBrokers {
        check_shared(name, at)?;
    }
    if let Some(key) = catalogue::key(of.scope(), name) {
        return Ok(Known::Listed(key));
    }
    if catalogue::vendor(name).is_some() {
        return Ok(Known::Unchecked);
    }
    let unlisted = match of.scope() {
        Scope::Topic => Some(not_of_topics(name, at)),
        Scope::Broker => not_of_brokers(name, of, at),
    };
    match unlisted {
        Some(problem) if of == Of::Process => Err(problem),
        Some(problem) => Ok(Known::Unlisted(problem)),
        None => Ok(Known::Unchecked),
    }
}

/// Whether all brokers can have the same value.
pub(super) fn is_shared(name: &str) -> bool {
    !IDENTITY.contains(&name) && !catalogue::is_of_one_broker(name)
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

/// Brokers accept it at runtime only for one listener.
fn for_a_listener(name: &str, at: Spot) -> Problem {
    let message = format!("`{name}` changes for one listener only while a broker runs");
    let hint = format!(
        "write `listener.name.NAME.{name}` under `broker.brokers` and the broker's id, with the listener's name in small letters, or put it under `broker.process`"
    );
    Problem::at(at, message).hint(hint)
}

fn not_of_topics(name: &str, at: Spot) -> Problem {
    if catalogue::broker_key(name).is_none() {
        let meant = catalogue::suggest(Scope::Topic, name);
        return unknown(name, Of::Topic, at, meant.as_deref());
    }
    let hint = match catalogue::topic_key_from(name) {
        Some(key) => format!("for a topic it is `{}`", key.name),
        None => "put it under `broker`".to_owned(),
    };
    Problem::at(at, format!("`{name}` is a key of brokers, not of topics")).hint(hint)
}

fn not_of_brokers(name: &str, of: Of, at: Spot) -> Option<Problem> {
    if let Some(key) = catalogue::topic_key(name) {
        let hint = match key.synonyms.first() {
            Some(broker_key) => format!("for brokers it is `{broker_key}`"),
            None => "put it under `topics.defaults.configs`".to_owned(),
        };
        let message = format!("`{name}` is a key of topics, not of brokers");
        return Some(Problem::at(at, message).hint(hint));
    }
    let meant = catalogue::suggest(Scope::Broker, name);
    if of != Of::Process {
        return Some(unknown(name, of, at, meant.as_deref()));
    }
    let meant = nearest(name, [HEAP]).or(meant.as_deref());
    meant.map(|meant| unknown(name, of, at, Some(meant)))
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

/// Whether Kafka hides the value of a key. The key may be at the wrong place.
pub(super) fn is_secret(name: &str, of: Of) -> bool {
    catalogue::key(of.scope(), name).is_some_and(Key::is_sensitive)
}

/// Whether the value of a field or key of this name may be a secret. Unknown keys count as secrets.
pub(super) fn may_be_secret(name: &str) -> bool {
    let known = [Scope::Topic, Scope::Broker].map(|scope| catalogue::key(scope, name));
    let mut known = known.into_iter().flatten().peekable();
    match known.peek() {
        Some(_) => known.any(Key::is_sensitive),
        None => name.contains('.'),
    }
}

/// Checks the value of the key `name`, as written.
///
/// # Errors
/// Kafka does not accept the value.
pub(super) fn check(
    key: &Key,
    name: &str,
    of: Of,
    text: &str,
    node: &Node<'_>,
) -> Result<(), Problem> {
    if key.is_sensitive() {
        return check_hidden(name, of, node);
    }
    key.check(text).map_err(|invalid| {
        let hint = || format!("`tonkafka explain {}` says what it means", key.name);
        if let Some(reference) = node::reference_in(node) {
            let shown = quote(reference);
            let message = format!("`{name}` cannot be what {shown} stands for");
            return Problem::at(node.at, message).hint(hint());
        }
        let hint = match invalid.meant() {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => hint(),
        };
        Problem::at(node.at, escape(&invalid.to_string())).hint(hint)
    })
}

/// Checks that a secret is given by a reference.
fn check_hidden(name: &str, of: Of, node: &Node<'_>) -> Result<(), Problem> {
    if node::is_reference(node) {
        return Ok(());
    }
    let message = format!("`{name}` is a secret, and stands here for everybody to read");
    let hint = "write `${env:NAME}` or `${file:PATH}`, or pass `--allow sensitive-in-clear`";
    Err(Problem::at(node.at, message)
        .hint(hint)
        .about(RemarkKind::SensitiveInClear, of.subject()))
}
