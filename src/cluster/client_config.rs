//! `--command-config`: the connection settings in a client's properties file, under Apache's names or
//! librdkafka's.
//!
//! Every key is looked up in `client_keys.txt`: the keys of Kafka's admin client, producer and
//! consumer and those of librdkafka, each with what it does here. A key that would change how a
//! cluster is reached and that has no effect yet is refused by name: a connection is never less
//! protected than its file says.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use super::properties::{Problem, Property, parse};
use crate::model::suggest::closest;
use crate::model::wire::{self, TooLong};
use crate::store::read_text;

/// The most that a properties file may hold, in MiB.
const LARGEST: u64 = 1;

/// Keys with what they do: `applied`, `refused` or `unused`.
const KEYS: &str = include_str!("client_keys.txt");

/// What a properties file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientConfig {
    /// `bootstrap.servers`: `host:port` of brokers to ask first; empty where it is not set.
    pub bootstrap: Vec<String>,
    /// `client.id`: what brokers know this client by.
    pub client_id: Option<String>,
    /// Keys of clients that change nothing here, in order: time-outs, buffers, groups.
    pub unused: Vec<String>,
}

/// Why a properties file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientConfigError {
    /// It cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The file system's words.
        error: io::Error,
    },
    /// Something in it is wrong.
    #[error("{}", list(path, problems))]
    Content {
        /// The file.
        path: PathBuf,
        /// Each line that is wrong; at least one.
        problems: Vec<Problem>,
    },
}

fn list(path: &Path, problems: &[Problem]) -> String {
    let mut text = String::new();
    for (index, problem) in problems.iter().enumerate() {
        let stop = if index == 0 { "" } else { "; " };
        let place = format!("{}:{}", path.display(), problem.line);
        let _ = write!(text, "{stop}{place}: {}", problem.message); // a String takes everything
    }
    text
}

impl ClientConfigError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Read { .. } => "name a properties file with `--command-config`",
            Self::Content { problems, .. } => {
                problems.first().map_or("", |problem| problem.hint.as_str())
            }
        }
    }
}

/// Reads a properties file.
///
/// # Errors
/// It cannot be read, or something in it is wrong; everything that is wrong is told.
pub fn read(path: &Path) -> Result<ClientConfig, ClientConfigError> {
    let text = read_text(path, LARGEST).map_err(|error| ClientConfigError::Read {
        path: path.to_owned(),
        error,
    })?;
    settings(&text).map_err(|problems| ClientConfigError::Content {
        path: path.to_owned(),
        problems,
    })
}

fn settings(text: &str) -> Result<ClientConfig, Vec<Problem>> {
    let mut config = ClientConfig::default();
    let (properties, mut problems) = parse(text);
    for property in &properties {
        match effect(&property.key) {
            Some("applied") => problems.extend(apply(property, &mut config)),
            Some("unused") => config.unused.push(property.key.clone()),
            Some(_) => problems.push(not_supported(property)),
            None => problems.push(unknown(property)),
        }
    }
    if problems.is_empty() {
        return Ok(config);
    }
    problems.sort_by_key(|problem| problem.line);
    Err(problems)
}

fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYS.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(effect, key)| (key, effect))
}

fn effect(key: &str) -> Option<&'static str> {
    keys()
        .find(|(known, _)| *known == key)
        .map(|(_, effect)| effect)
}

fn apply(property: &Property, config: &mut ClientConfig) -> Option<Problem> {
    let value = property.value.trim();
    match property.key.as_str() {
        "client.id" if wire::check(value).is_err() => {
            let message = format!("`client.id` is {TooLong}");
            return Some(Problem::new(property.line, message, "shorten it"));
        }
        "client.id" => config.client_id = Some(value.to_owned()).filter(|id| !id.is_empty()),
        "security.protocol" => return protocol(property),
        _ if config.bootstrap.is_empty() => {
            config.bootstrap = value
                .split(',')
                .map(|address| address.trim().to_owned())
                .filter(|address| !address.is_empty())
                .collect();
        }
        // The other name of the same setting, with another value or not: one of them is a leftover.
        key => {
            return Some(Problem::new(
                property.line,
                format!("`{key}` says again where the brokers are"),
                "keep one of `bootstrap.servers` and `metadata.broker.list`",
            ));
        }
    }
    None
}

fn protocol(property: &Property) -> Option<Problem> {
    let value = property.value.trim();
    match value.to_ascii_uppercase().as_str() {
        "PLAINTEXT" => None,
        "SSL" | "SASL_PLAINTEXT" | "SASL_SSL" => Some(Problem::new(
            property.line,
            format!("`security.protocol={value}` is not supported yet"),
            "connect to a PLAINTEXT listener",
        )),
        _ => Some(Problem::new(
            property.line,
            format!("`{value}` is no security protocol"),
            "Kafka has PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL; PLAINTEXT is supported so far",
        )),
    }
}

fn not_supported(property: &Property) -> Problem {
    Problem::new(
        property.line,
        format!("`{}` is not supported yet", property.key),
        "connect to a PLAINTEXT listener with a file that does not have this key",
    )
}

fn unknown(property: &Property) -> Problem {
    let hint = match closest(&property.key, keys().map(|(key, _)| key)) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "keys are those of Kafka's clients or of librdkafka".to_owned(),
    };
    let message = format!("no client of Kafka knows the key `{}`", property.key);
    Problem::new(property.line, message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_the_brokers_are_understood() {
        let config = settings("bootstrap.servers = a:1, b:2\nclient.id=ops\nretries=3").unwrap();
        assert_eq!(config.bootstrap, ["a:1", "b:2"]);
        assert_eq!(config.client_id.as_deref(), Some("ops"));
        assert_eq!(config.unused, ["retries"]);
        let long = settings(&format!("client.id={}", "x".repeat(32_768))).unwrap_err();
        assert_eq!(
            long[0].message,
            "`client.id` is longer than 32767 bytes, which no request to Kafka holds"
        );
        let config = settings("metadata.broker.list=a:1\nsecurity.protocol=plaintext").unwrap();
        assert_eq!(config.bootstrap, ["a:1"]);
    }

    #[test]
    fn no_key_is_there_twice_and_each_has_an_effect() {
        let mut seen = std::collections::BTreeSet::new();
        for (key, effect) in keys() {
            assert!(seen.insert(key), "{key}");
            assert!(matches!(effect, "applied" | "refused" | "unused"), "{key}");
        }
        assert_eq!(seen.len(), KEYS.lines().count());
    }
}
