//! The Compose file of the profile `single`, and what a container's environment means to Kafka. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

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

/// The variable from which the image makes a server property: [`environment_to_properties`] backwards.
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

/// [`SINGLE`] with another version of Kafka, and further variables of the broker's environment.
///
/// # Errors
/// None but a bug: the file is not YAML.
pub fn single(
    kafka_version: &str,
    environment: &BTreeMap<String, String>,
) -> Result<String, serde_saphyr::Error> {
    let mut compose: Value = serde_saphyr::from_str(SINGLE)?;
    let kafka = &mut compose["services"]["kafka"];
    kafka["image"] = format!("apache/kafka:{kafka_version}").into();
    for (name, value) in environment {
        let literal = value.replace('$', "$$"); // or Compose would look for a variable
        kafka["environment"][name] = literal.into();
    }
    Ok(format!("{compose:#}\n"))
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

    #[test]
    fn version_and_environment_are_replaced_and_the_rest_is_kept() {
        let environment = [("KAFKA_X".to_owned(), "a$b".to_owned())].into();
        let changed = single("4.4.0", &environment).unwrap();
        let mut changed: Value = serde_saphyr::from_str(&changed).unwrap();
        let kafka = &mut changed["services"]["kafka"];
        assert_eq!(kafka["image"], "apache/kafka:4.4.0");
        assert_eq!(kafka["environment"]["KAFKA_X"], "a$$b");

        kafka["image"] = format!("apache/kafka:{KAFKA_VERSION}").into();
        kafka["environment"]
            .as_object_mut()
            .unwrap()
            .remove("KAFKA_X");
        assert_eq!(changed, serde_saphyr::from_str::<Value>(SINGLE).unwrap());
    }
}
