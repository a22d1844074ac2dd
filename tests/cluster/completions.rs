//! Completion in a real bash, with real Kafka.

use crate::program::Program;
use crate::shell;
use crate::support::{apache, kafka};

#[test]
fn bash_completes_live_topics_and_brokers() {
    let kafka = kafka::single();
    let (one, other) = (kafka::topic_name("tab.one"), kafka::topic_name("tab.two"));
    for name in [&one, &other] {
        apache::topics(&kafka.admin(), &["--create", "--topic", name]).ok();
    }
    let program = Program::new();
    let address = kafka.bootstrap();
    let (host, port) = address.split_once(':').unwrap();
    let typed = ["tonkafka", "-b", host, ":", port, "describe"];
    let topic = [&typed[..], &["topic", "tab.o"]].concat();
    assert_eq!(shell::bash_at_last(&program, &topic, &[]), [one]);
    let broker = [&typed[..], &["broker", ""]].concat();
    assert_eq!(shell::bash_at_last(&program, &broker, &[]), ["1"]);
}

/// Cached names are not offered once nothing listens at the address.
#[test]
fn a_broker_that_was_asked_and_is_stopped_gives_nothing_and_at_once() {
    let kafka = kafka::fresh(1, &[]);
    let name = kafka::topic_name("tab.gone");
    apache::topics(&kafka.admin(), &["--create", "--topic", &name]).ok();
    let program = Program::new();
    let address = kafka.bootstrap();
    let (host, port) = address.split_once(':').unwrap();
    let typed = [
        "tonkafka", "-b", host, ":", port, "describe", "topic", "tab.g",
    ];
    let ask = || shell::bash_at_last(&program, &typed, &[]);
    assert_eq!(ask(), [name.as_str()]);

    // A silent broker still exists, so its cached names are offered.
    kafka.pause(1);
    shell::assert_prompt(&program, || {
        let (found, took) = shell::bash_timed(&program, &typed, &[]);
        assert!(found.is_empty() || found == [name.as_str()], "{found:?}");
        took
    });
    kafka.resume(1);
    assert_eq!(ask(), [name.as_str()]);

    kafka.stop_broker(1);
    shell::assert_prompt(&program, || {
        let (found, took) = shell::bash_timed(&program, &typed, &[]);
        assert_eq!(found, [""; 0]);
        took
    });
}
