//! The Compose files, and how images turn their environment into properties. Pure.
//!
//! Each layout is a template of this folder, with `@name@` where the manifest decides.
//!
//! Traps: `docker compose up --wait` fails on a service that has ended, even with success, unless
//! another service waits for its end. A setting stored in the cluster overrides the environment,
//! and every new cluster of Kafka 4.1 or later stores `min.insync.replicas`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use crate::model::desired::{BrokerSettings, DesiredTopic, Setting, TopicState};
use crate::model::units::{human, unit_of};

use super::secure::LOOPBACK;
use super::secure::broker::{self, For};
use super::settings::{self, SettingsError};

mod init;
mod yaml;

use init::Tools;

/// The version of Kafka in [`Layout::Single`] by default.
pub const KAFKA_VERSION: &str = "4.3.1";

/// The Confluent Platform with Kafka 3.9; Apache's image of that version has no ZooKeeper.
const PLATFORM: &str = "7.9.1";

const SINGLE: &str = include_str!("single.yml");
const ZOOKEEPER: &str = include_str!("zookeeper.yml");
const SECURE: &str = include_str!("secure.yml");
const INIT: &str = include_str!("init.yml");
const UI: &str = include_str!("ui.yml");
/// The lines that the service for topics needs beside [`INIT`] to log in to [`Layout::Secure`].
const INIT_SECRETS: &str = "      COMMAND_CONFIG: /etc/kafka/secrets/internal.properties
    volumes:
      - kafka-secrets:/etc/kafka/secrets:ro
";

/// The services in a Compose file, beside the web UI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout<'a> {
    /// One broker, which is also the controller.
    Single {
        /// Kafka's version.
        kafka_version: &'a str,
    },
    /// One broker, which is also the controller, with TLS, users and ACLs, and without a web UI. The
    /// file contains no secret: secrets are in files beside it, which [`super::secure::Secrets`]
    /// creates for [`NAMES`].
    Secure {
        /// Kafka's version.
        kafka_version: &'a str,
    },
    /// ZooKeeper and one broker of Kafka 3.9.
    ZooKeeper,
}

/// The default port for clients on this machine; `TONKAFKA_PORT` overrides it.
pub const CLIENT_PORT: u16 = 9092;

/// The names in the broker's certificate for [`Layout::Secure`].
pub const NAMES: [&str; 4] = [LOOPBACK[0], LOOPBACK[1], LOOPBACK[2], "lowcode-kafka"];

/// The directory of the secrets in the containers of [`Layout::Secure`].
const SECRETS: &str = "/etc/kafka/secrets";

/// The listeners of [`Layout::Secure`].
const LISTENERS: [(&str, For); 4] = [
    ("INTERNAL", For::Clients),
    ("EXTERNAL", For::Clients),
    ("BROKERS", For::Brokers),
    ("CONTROLLER", For::Brokers),
];

impl Layout<'_> {
    fn is_secure(self) -> bool {
        matches!(self, Self::Secure { .. })
    }
}

/// The input of a Compose file.
#[derive(Debug, Clone, Copy)]
pub struct Compose<'a> {
    /// The layout.
    pub layout: Layout<'a>,
    /// The manifest's broker settings.
    pub broker: &'a BrokerSettings,
    /// The topics that a separate service creates; without topics there is no such service.
    pub topics: &'a [DesiredTopic],
}

/// Something needs more than one broker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} asks for {replicas} replicas, and a layout of `render compose` has one broker")]
pub struct TooManyReplicas {
    /// The topic or setting.
    pub what: String,
    /// The number of replicas that it asks for.
    pub replicas: String,
}

impl Compose<'_> {
    /// Checks that one broker is enough for the manifest.
    ///
    /// # Errors
    /// The first topic or setting that asks for more than one replica.
    pub fn check(&self) -> Result<(), TooManyReplicas> {
        for (key, value) in settings::manifest_properties(self.broker) {
            check_setting("", &key, &value)?;
        }
        for topic in self.topics {
            let TopicState::Present(spec) = &topic.state else {
                continue;
            };
            let what = format!("topic `{}`", topic.name);
            if let Some(replicas @ 2..) = spec.replicas {
                let replicas = replicas.to_string();
                return Err(TooManyReplicas { what, replicas });
            }
            for (key, setting) in &spec.configs {
                if let Setting::Value(value) = setting {
                    check_setting(&format!("{what}: "), key, value)?;
                }
            }
        }
        Ok(())
    }

    /// Renders the file.
    ///
    /// # Errors
    /// No broker can start with the settings.
    pub fn render(&self) -> Result<String, SettingsError> {
        let heap = settings::heap_flags(self.broker.process.heap.as_deref())?.join(" ");
        let template = match self.layout {
            Layout::Single { .. } => SINGLE,
            Layout::Secure { .. } => SECURE,
            Layout::ZooKeeper => ZOOKEEPER,
        };
        let parts = [
            ("@init@\n", self.init()),
            ("@ui@\n", self.ui()),
            ("@security@\n", security()),
            ("@protocols@", protocols()),
            ("@settings@\n", self.settings()),
            ("@heap@", yaml::value(&heap)),
            ("@platform@", PLATFORM.to_owned()),
            ("@image@", self.image()),
        ];
        Ok(fill(template, &parts))
    }

    fn image(&self) -> String {
        match self.layout {
            Layout::Single { kafka_version } | Layout::Secure { kafka_version } => {
                format!("apache/kafka:{kafka_version}")
            }
            Layout::ZooKeeper => format!("confluentinc/cp-kafka:{PLATFORM}"),
        }
    }

    fn init(&self) -> String {
        let is_secure = self.layout.is_secure();
        if self.topics.is_empty() && !is_secure {
            return String::new();
        }
        let tools = match self.layout {
            Layout::Single { .. } => Tools::Apaches,
            Layout::Secure { .. } => Tools::ApachesWithLogin,
            Layout::ZooKeeper => Tools::Confluents,
        };
        let script = init::script(tools, &self.broker.defaults, self.topics);
        let address = if is_secure {
            "lowcode-kafka:29093"
        } else {
            "lowcode-kafka:29092"
        };
        let access = if is_secure { INIT_SECRETS } else { "" };
        let parts = [
            ("@image@", self.image()),
            ("@address@", address.to_owned()),
            ("@access@\n", access.to_owned()),
            ("@script@", yaml::block(&script, 8)),
        ];
        fill(INIT, &parts)
    }

    /// The UI comes last, because `up --wait` needs a service that waits for the end of the one for
    /// topics.
    fn ui(&self) -> String {
        let after = if self.topics.is_empty() {
            "kafka:\n        condition: service_healthy"
        } else {
            "kafka-init:\n        condition: service_completed_successfully"
        };
        fill(UI, &[("@after@", after.to_owned())])
    }

    /// Whether the file sets this key, so that the manifest may not.
    fn decides(&self, key: &str) -> bool {
        key.contains("inter.broker")
            || key == "zookeeper.connect"
            || NO_PROPERTIES.contains(&variable_of(key).as_str())
            || (self.layout.is_secure() && broker::is_ours(key))
    }

    /// The lines with the settings for a single broker and those of the manifest. Listeners stay as in
    /// the template, because containers use them to find each other.
    fn settings(&self) -> String {
        let mut declared = settings::manifest_properties(self.broker);
        declared.retain(|key, _| !self.decides(key));
        let is_zookeeper = self.layout == Layout::ZooKeeper;
        let needed = settings::ONE_BROKER
            .into_iter()
            .filter(|(key, _)| !declared.contains_key(*key))
            .filter(|(key, _)| !(is_zookeeper && key.starts_with("share.")));
        let mut lines = group(
            "What one broker needs, and a first consumer need not wait",
            needed,
        );
        let declared = declared.iter();
        let declared = declared.map(|(key, value)| (key.as_str(), value.as_str()));
        lines += &group("From the manifest", declared);
        lines
    }
}

/// The protocols of [`LISTENERS`].
fn protocols() -> String {
    let each = LISTENERS.map(|(name, whom)| format!("{name}:{}", whom.protocol()));
    each.join(",")
}

/// The lines with the security settings of [`LISTENERS`].
fn security() -> String {
    let properties = broker::properties(LISTENERS.into_iter(), Path::new(SECRETS));
    let properties = properties.iter();
    let properties = properties.map(|(key, value)| (key.as_str(), value.as_str()));
    group("Who gets in", properties)
}

/// Replaces the placeholders of a template. Replacements are not searched for placeholders.
fn fill(template: &str, parts: &[(&str, String)]) -> String {
    let mut filled = String::new();
    let mut rest = template;
    loop {
        let next = parts
            .iter()
            .filter_map(|(name, part)| Some((rest.find(name)?, name, part)))
            .min_by_key(|(at, ..)| *at);
        let Some((at, name, part)) = next else {
            return filled + rest;
        };
        filled += &rest[..at];
        filled += part;
        rest = &rest[at + name.len()..];
    }
}

/// The lines of some variables below a comment; empty without variables.
fn group<'a>(comment: &str, properties: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut lines = String::new();
    for (key, value) in properties {
        let said = unit_of(key).and_then(|unit| human(value, unit));
        let said = said.map_or_else(String::new, |said| format!(" # {said}"));
        let (name, value) = (variable_of(key), yaml::value(value));
        let _ = writeln!(lines, "      {name}: {value}{said}"); // a String takes everything
    }
    if lines.is_empty() {
        return lines;
    }
    format!("\n      # {comment}\n{lines}")
}

fn check_setting(whose: &str, key: &str, value: &str) -> Result<(), TooManyReplicas> {
    let counts_replicas = key.ends_with("replication.factor")
        || key.ends_with("min.isr")
        || key == "min.insync.replicas";
    if counts_replicas && value.trim().parse().is_ok_and(|replicas: i32| replicas > 1) {
        let what = format!("{whose}`{key}`");
        let replicas = value.to_owned();
        return Err(TooManyReplicas { what, replicas });
    }
    Ok(())
}

/// Variables of the image that are not converted to properties, because they are for the JVM and the
/// start script (`kafka.docker.KafkaDockerWrapper`; Confluent's image leaves out the same).
const NO_PROPERTIES: [&str; 11] = [
    "KAFKA_GC_LOG_OPTS",
    "KAFKA_HEAP_OPTS",
    "KAFKA_JMX_HOSTNAME",
    "KAFKA_JMX_OPTS",
    "KAFKA_LOG4J_LOGGERS",
    "KAFKA_JVM_PERFORMANCE_OPTS",
    "KAFKA_LOG4J_OPTS",
    "KAFKA_LOG4J_ROOT_LOGLEVEL",
    "KAFKA_OPTS",
    "KAFKA_TOOLS_LOG4J_LOGLEVEL",
    "KAFKA_VERSION",
];

/// The server properties that the images make from environment variables: `KAFKA_LOG_DIRS` is
/// `log.dirs`, two underscores are one, three are a hyphen.
#[must_use]
pub fn environment_to_properties(
    environment: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    environment
        .iter()
        .filter(|(name, _)| !NO_PROPERTIES.contains(&name.as_str()))
        .filter_map(|(name, value)| {
            let key = name.strip_prefix("KAFKA_")?.to_ascii_lowercase();
            let key = key.replace('_', ".").replace("...", "-").replace("..", "_");
            Some((key, value.clone()))
        })
        .collect()
}

/// The variable for a server property: the inverse of [`environment_to_properties`].
#[must_use]
pub fn variable_of(property: &str) -> String {
    let mut name = "KAFKA_".to_owned();
    for character in property.chars() {
        match character {
            '.' => name.push('_'),
            '_' => name.push_str("__"),
            '-' => name.push_str("___"),
            _ => name.push(character.to_ascii_uppercase()),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_become_properties() {
        let environment = [
            ("KAFKA_LOG_DIRS", "/data"),
            ("KAFKA_A__B", "underscore"),
            ("KAFKA_A___B", "hyphen"),
            ("KAFKA_HEAP_OPTS", "-Xmx1G"),
            ("CLUSTER_ID", "x"),
        ];
        let environment = environment.map(|(name, value)| (name.into(), value.into()));
        let properties = environment_to_properties(&environment.into());
        let expected = [
            ("a-b", "hyphen"),
            ("a_b", "underscore"),
            ("log.dirs", "/data"),
        ];
        let expected = expected.map(|(key, value)| (key.into(), value.into()));
        assert_eq!(properties, expected.into());
    }

    #[test]
    fn properties_become_variables_and_come_back() {
        for property in ["log.dirs", "a_b.c-d", "listener.name.x.scram-sha-256.y"] {
            let environment = [(variable_of(property), "x".to_owned())].into();
            let properties = environment_to_properties(&environment);
            assert_eq!(properties.keys().collect::<Vec<_>>(), [property]);
        }
    }

    fn broker(key: &str, value: &str) -> BrokerSettings {
        let setting = Setting::Value(value.to_owned());
        BrokerSettings {
            defaults: [(key.to_owned(), setting)].into(),
            ..BrokerSettings::default()
        }
    }

    #[test]
    fn the_manifest_wins_and_its_values_stay_literal() {
        let broker = broker("offsets.topic.replication.factor", "a$b @image@");
        let layout = Layout::Single {
            kafka_version: "4.4.0",
        };
        let topics = &[];
        let compose = Compose {
            layout,
            broker: &broker,
            topics,
        };
        let text = compose.render().unwrap();
        let read: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let kafka = &read["services"]["kafka"];
        assert_eq!(kafka["image"], "apache/kafka:4.4.0");
        let variable = "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR";
        assert_eq!(kafka["environment"][variable], "a$$b @image@");
        assert_eq!(text.matches(variable).count(), 1);
        assert!(read["services"]["kafka-init"].is_null());
    }

    #[test]
    fn one_broker_holds_no_two_replicas() {
        let check = |key, value| {
            let compose = Compose {
                layout: Layout::ZooKeeper,
                broker: &broker(key, value),
                topics: &[],
            };
            compose.check()
        };
        assert_eq!(check("default.replication.factor", "1"), Ok(()));
        assert_eq!(check("log.retention.hours", "168"), Ok(()));
        let error = check("transaction.state.log.min.isr", "2").unwrap_err();
        assert_eq!(error.what, "`transaction.state.log.min.isr`");
        assert!(check("min.insync.replicas", "2").is_err());
    }
}
