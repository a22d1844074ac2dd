//! The Kafka of this run, and what it does not have.

use tonkafka::local::artefacts::DEFAULT_VERSION;

fn of_this_run() -> String {
    std::env::var("TONKAFKA_TEST_KAFKA").unwrap_or_default()
}

/// Whether the brokers of this run keep their metadata in a ZooKeeper.
pub fn with_zookeeper() -> bool {
    of_this_run().ends_with("-zookeeper")
}

/// The version of Kafka of this run.
pub fn version() -> String {
    let run = of_this_run();
    let version = run.strip_suffix("-zookeeper").unwrap_or(&run);
    if version.is_empty() {
        DEFAULT_VERSION.to_owned()
    } else {
        version.to_owned()
    }
}

/// Whether this run is none for a test, or for a part of it, which is said then.
pub fn skips(is_none: bool, why: &str) -> bool {
    if is_none {
        let run = of_this_run();
        crate::program::skipped(&format!("{why} (TONKAFKA_TEST_KAFKA={run})"));
    }
    is_none
}

/// Whether the brokers of this run have the groups that Kafka 3 does not have; says so where not.
pub fn has_newer_groups() -> bool {
    let why = "Kafka 3 has neither the consumer protocol nor share groups";
    !skips(version().starts_with("3."), why)
}

/// The protocols of groups that the brokers of this run speak.
pub fn protocols() -> &'static [&'static str] {
    if has_newer_groups() {
        &["classic", "consumer"]
    } else {
        &["classic"]
    }
}
