//! Tests of the harness itself.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use crate::support::proxy::{Action, Proxy, api};
use crate::support::{apache, kafka};

/// An `ApiVersions` request, version 0, with no client id.
const API_VERSIONS_REQUEST: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff];

#[test]
fn apache_tools_see_what_they_make() {
    let kafka = kafka::single();
    let topic = kafka::topic_name("seen");
    let config = "cleanup.policy=compact,delete";
    let create = [
        "--create",
        "--partitions",
        "3",
        "--config",
        config,
        "--topic",
        &topic,
    ];
    apache::topics(&kafka.admin(), &create).ok();

    let seen = apache::describe_topic(&kafka.bootstrap(), &topic).unwrap();
    assert_eq!((seen.partitions, seen.replication_factor), (3, 1));
    assert_eq!(seen.configs["cleanup.policy"], "compact,delete");
    let configs = apache::topic_configs(&kafka.admin(), &topic);
    assert_eq!(configs["cleanup.policy"], "compact,delete");
    assert_eq!(apache::describe_topic(&kafka.admin(), "absent"), None);
}

#[test]
fn three_brokers_hold_three_replicas_in_sync() {
    let kafka = kafka::three();
    let topic = kafka::topic_name("replicated");
    let create = [
        "--create",
        "--partitions",
        "2",
        "--replication-factor",
        "3",
        "--topic",
        &topic,
    ];
    apache::topics(&kafka.admin(), &create).ok();

    let seen = apache::describe_topic(&kafka.admin(), &topic).unwrap();
    assert_eq!(seen.replication_factor, 3);
    for assignment in seen.assignments.values() {
        let mut isr = assignment.isr.clone();
        isr.sort_unstable();
        assert_eq!(isr, [1, 2, 3]);
    }
}

#[test]
fn a_broker_of_ones_own_can_be_killed_and_started() {
    let kafka = kafka::fresh(1, &[("log.retention.ms", "12345678")]);
    let create = ["--create", "--topic", "kept"];
    apache::topics(&kafka.admin(), &create).ok();
    kafka.kill_broker(1);
    assert!(TcpStream::connect(kafka.bootstrap()).is_err());
    kafka.start_broker(1);
    assert!(apache::describe_topics(&kafka.admin()).contains_key("kept"));
}

#[test]
fn the_proxy_counts_and_loses() {
    let proxy = kafka::single().proxy();
    assert_eq!(ask(&proxy), Answer::Bytes);
    assert_eq!(proxy.count(api::API_VERSIONS), 1);

    proxy.on(api::API_VERSIONS, 2, Action::SwallowAndCut);
    assert_eq!(ask(&proxy), Answer::Bytes);
    assert_eq!(ask(&proxy), Answer::Closed);
    assert_eq!(proxy.count(api::API_VERSIONS), 3);

    proxy.on(api::API_VERSIONS, 1, Action::Cut);
    assert_eq!(ask(&proxy), Answer::Closed);
    proxy.on(api::API_VERSIONS, 1, Action::Swallow);
    assert_eq!(ask(&proxy), Answer::Silence);
    proxy.on(api::API_VERSIONS, 1, Action::CutInTheMiddle);
    assert_eq!(ask(&proxy), Answer::Closed);
    proxy.from(
        api::API_VERSIONS,
        1,
        Action::Alter(Arc::new(|_, _| vec![0; 4])),
    );
    assert_eq!(ask(&proxy), Answer::Bytes);
    assert_eq!(ask(&proxy), Answer::Bytes);
    proxy.black_hole();
    assert_eq!(ask(&proxy), Answer::Silence);
    proxy.reset();
    assert_eq!(proxy.count(api::API_VERSIONS), 0);
    assert_eq!(ask(&proxy), Answer::Bytes);
}

#[test]
fn a_client_stays_on_the_way_through_the_proxy() {
    let proxy = kafka::three().proxy();
    apache::topics(&proxy.bootstrap(), &["--list"]).ok();
    assert!(proxy.count(api::METADATA) > 0);
    let topic = kafka::topic_name("proxied");
    apache::topics(&proxy.bootstrap(), &["--create", "--topic", &topic]).ok();
    assert_eq!(proxy.count(api::CREATE_TOPICS), 1);
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Bytes,
    Closed,
    Silence,
}

fn ask(proxy: &Proxy<'_>) -> Answer {
    let mut stream = TcpStream::connect(proxy.bootstrap()).unwrap();
    let patience = Duration::from_millis(700);
    stream.set_read_timeout(Some(patience)).unwrap();
    stream.write_all(&API_VERSIONS_REQUEST).unwrap();
    let mut answer = [0; 8];
    match stream.read(&mut answer) {
        Ok(0) => Answer::Closed,
        Ok(_) => Answer::Bytes,
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Answer::Closed,
        Err(_) => Answer::Silence,
    }
}
