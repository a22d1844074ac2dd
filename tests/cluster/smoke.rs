//! The smoke test proves that records pass, and leaves neither group nor topic behind.

use std::time::Duration;

use tonkafka::cluster::security::Security;
use tonkafka::cluster::settings::ConnectionSettings;
use tonkafka::events::smoke::{SmokeError, smoke_test};

use crate::program::words;
use crate::security;
use crate::support::proxy::{Action, api};
use crate::support::{apache, kafka};

const PATIENCE: Duration = Duration::from_secs(20);

fn settings(bootstrap: &str, patience: Duration) -> ConnectionSettings {
    ConnectionSettings {
        timeout: patience,
        ..security::settings(bootstrap, Security::default())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_comes_back_and_no_group_is_left() {
    let kafka = kafka::fresh(1, &[]);
    let create = words("--create --config cleanup.policy=compact --topic smoke");
    apache::topics(&kafka.admin(), &create).ok();

    let first = smoke_test(&settings(&kafka.bootstrap(), PATIENCE), None, "smoke")
        .await
        .unwrap();
    let second = smoke_test(&settings(&kafka.bootstrap(), PATIENCE), None, "smoke")
        .await
        .unwrap();
    assert_eq!((first.partition, first.offset), (0, 0));
    assert_eq!((second.partition, second.offset), (0, 1));
    assert!(first.round_trip < PATIENCE);

    assert_eq!(apache::groups(&kafka.admin()), [""; 0]);
    let topics = apache::describe_topics(&kafka.admin());
    assert_eq!(topics.keys().collect::<Vec<_>>(), ["smoke"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_not_there_is_not_created() {
    let kafka = kafka::single();
    let topic = kafka::topic_name("absent");
    let patience = Duration::from_secs(3);
    let error = smoke_test(&settings(&kafka.bootstrap(), patience), None, &topic)
        .await
        .unwrap_err();
    assert!(matches!(error, SmokeError::Write { .. }), "{error}");
    assert_eq!(apache::describe_topic(&kafka.admin(), &topic), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_read_is_told_in_time() {
    let kafka = kafka::single();
    let topic = kafka::topic_name("silent");
    apache::topics(&kafka.admin(), &["--create", "--topic", &topic]).ok();
    let proxy = kafka.proxy();
    proxy.on(api::FETCH, 1, Action::BlackHole);
    let patience = Duration::from_secs(3);
    let error = smoke_test(&settings(&proxy.bootstrap(), patience), None, &topic)
        .await
        .unwrap_err();
    assert!(matches!(error, SmokeError::Read { .. }), "{error}");
}
