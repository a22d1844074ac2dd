//! The Compose file of the profile `single`, and what a container's environment means to Kafka. Pure.

use std::collections::BTreeMap;

/// `compose/single.yml`: one broker and a web UI.
pub const SINGLE: &str = include_str!("../../compose/single.yml");

/// The version of Kafka in [`SINGLE`].
pub const KAFKA_VERSION: &str = "4.3.1";

/// Variables of the image that are for the JVM and the start script, not for the broker
/// (`kafka.docker.KafkaDockerWrapper`).
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

/// The server properties that the image `apache/kafka` makes of its environment: `KAFKA_LOG_DIRS` is
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

/// [`SINGLE`] with another version of Kafka.
#[must_use]
pub fn single(kafka_version: &str) -> String {
    let image = |version: &str| format!("image: apache/kafka:{version}\n");
    SINGLE.replace(&image(KAFKA_VERSION), &image(kafka_version))
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
    fn the_version_is_pinned() {
        assert!(single("4.4.0").contains("image: apache/kafka:4.4.0\n"));
        assert!(!single("4.4.0").contains(KAFKA_VERSION));
    }
}
