//! Tab in a real bash, with real Kafka behind it.

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

#[test]
fn a_broker_that_is_gone_gives_nothing_and_at_once() {
    let program = Program::new();
    let port = kafka::free_port().to_string();
    let typed = [
        "tonkafka",
        "-b",
        "localhost",
        ":",
        &port,
        "describe",
        "topic",
        "",
    ];
    shell::assert_prompt(|| assert_eq!(shell::bash(&program, &typed, &[]), [""; 0]));
}
