//! The Kafka version of this run, and features that it lacks.

use tonkafka::local::artefacts::DEFAULT_VERSION;

fn of_this_run() -> String {
    std::env::var("TONKAFKA_TEST_KAFKA").unwrap_or_default()
}

/// Whether the brokers of this run use ZooKeeper.
pub fn with_zookeeper() -> bool {
    of_this_run().ends_with("-zookeeper")
}

pub fn version() -> String {
    let run = of_this_run();
    let version = run.strip_suffix("-zookeeper").unwrap_or(&run);
    if version.is_empty() {
        DEFAULT_VERSION.to_owned()
    } else {
        version.to_owned()
    }
}

/// Whether this run must skip a test or a part of it, which is then reported.
pub fn skips(is_none: bool, why: &str) -> bool {
    if is_none {
        let run = of_this_run();
        crate::program::skipped(&format!("{why} (TONKAFKA_TEST_KAFKA={run})"));
    }
    is_none
}

/// Whether the brokers of this run have the groups that Kafka 3 lacks; reported if not.
pub fn has_newer_groups() -> bool {
    let why = "Kafka 3 has neither the consumer protocol nor share groups";
    !skips(version().starts_with("3."), why)
}

/// The group protocols of this run's brokers.
pub fn protocols() -> &'static [&'static str] {
    if has_newer_groups() {
        &["classic", "consumer"]
    } else {
        &["classic"]
    }
}
