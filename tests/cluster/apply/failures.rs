//! Silent brokers, lost answers and interrupts.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{run, summary, topics};
use crate::program::{Program, Ran, finish};
use crate::support::proxy::{Action, Proxy, api};
use crate::support::{apache, kafka};

#[test]
fn a_dead_address_is_reported_in_time() {
    let manifest = topics("    - {name: a, partitions: 1}\n");
    let refused = Program::with_manifest(&manifest);
    let port = kafka::free_port();
    let ran = refused
        .run(&[
            "plan",
            "-b",
            &format!("localhost:{port}"),
            "--timeout",
            "3s",
        ])
        .exits(7);
    ran.stderr_starts(&format!("error: cannot reach localhost:{port}: "));
    assert!(ran.took < Duration::from_secs(5), "{:?}", ran.took);

    // A listener that never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = silent.local_addr().unwrap().to_string();
    for command in ["plan", "apply"] {
        let ran = refused
            .run(&[command, "-b", &at, "--timeout", "2s"])
            .exits(7);
        assert!(ran.took < Duration::from_secs(4), "{:?}", ran.took);
    }
}

#[test]
fn silence_after_connecting_is_reported_in_time() {
    let proxy = kafka::single().proxy();
    proxy.on(api::DESCRIBE_CONFIGS, 1, Action::BlackHole);
    let program = Program::with_manifest(&topics("    - {name: a, partitions: 1}\n"));
    let ran = program
        .run(&[
            "apply",
            "--yes",
            "-b",
            &proxy.bootstrap(),
            "--timeout",
            "2s",
        ])
        .exits(7);
    assert!(ran.took < Duration::from_secs(4), "{:?}", ran.took);
}

#[test]
fn a_lost_answer_is_read_back_and_nothing_is_sent_twice() {
    let kafka = kafka::single();
    let proxy = kafka.proxy();
    let name = kafka::topic_name("lost");
    let item = |rest: &str| topics(&format!("    - {{name: {name}, {rest}}}\n"));
    let steps = [
        (
            api::CREATE_TOPICS,
            item("partitions: 1, configs: {retention.ms: 1000}"),
        ),
        (
            api::INCREMENTAL_ALTER_CONFIGS,
            item("partitions: 1, configs: {retention.ms: 2000}"),
        ),
        (api::CREATE_PARTITIONS, item("partitions: 3")),
        (api::DELETE_TOPICS, item("state: absent")),
    ];
    for (api_key, manifest) in steps {
        let program = Program::with_manifest(&manifest);
        proxy.reset();
        proxy.on(api_key, 1, Action::SwallowAndCut);
        let arguments = ["apply", "--yes", "--allow-delete", "1"];
        let ran = run(&program, &proxy.bootstrap(), &arguments).exits(0);
        ran.stderr_has("the answer was lost");
        assert_eq!(summary(&ran), "apply: 1 done and verified");
        assert_eq!(proxy.count(api_key), 1, "api {api_key} was sent again");
        run(&program, &kafka.admin(), &["plan", "--exit-code"]).exits(0);
    }
    assert_eq!(apache::describe_topic(&kafka.admin(), &name), None);
}

#[test]
fn what_cannot_be_read_back_is_unknown_and_converges_later() {
    let kafka = kafka::single();
    let proxy = kafka.proxy();
    let name = kafka::topic_name("unknown");
    let program =
        Program::with_manifest(&topics(&format!("    - {{name: {name}, partitions: 1}}\n")));
    proxy.on(api::CREATE_TOPICS, 1, Action::BlackHole);
    let ran = program
        .run(&[
            "apply",
            "--yes",
            "-b",
            &proxy.bootstrap(),
            "--timeout",
            "2s",
        ])
        .exits(6);
    assert_eq!(summary(&ran), "apply: 0 done and verified, 1 unknown");
    run(&program, &kafka.admin(), &["apply", "--yes"]).exits(0);
    run(&program, &kafka.admin(), &["plan", "--exit-code"]).exits(0);
}

/// Interrupts an apply while its first write is in flight, and returns the result.
fn interrupted(program: &Program, proxy: &Proxy<'_>, times: usize) -> Ran {
    let at = proxy.bootstrap();
    let child = program
        .command(&["apply", "--yes", "-b", &at, "--timeout", "30s"])
        .spawn()
        .unwrap();
    let pid = Pid::from_child(&child);
    while proxy.count(api::CREATE_TOPICS) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    for _ in 0..times {
        kill_process(pid, Signal::INT).unwrap();
        std::thread::sleep(Duration::from_millis(200));
    }
    finish(child)
}

#[test]
fn an_interrupt_finishes_what_is_on_the_way_and_sends_nothing_more() {
    let kafka = kafka::single();
    let (new, old) = (kafka::topic_name("new"), kafka::topic_name("old"));
    apache::topics(&kafka.admin(), &["--create", "--topic", &old]).ok();
    let program = Program::with_manifest(&topics(&format!(
        "    - {{name: {new}, partitions: 1}}\n    - {{name: {old}, partitions: 2}}\n"
    )));
    let proxy = kafka.proxy();
    proxy.on(
        api::CREATE_TOPICS,
        1,
        Action::Delay(Duration::from_millis(800)),
    );
    let ran = interrupted(&program, &proxy, 1).exits(5);
    assert_eq!(
        summary(&ran),
        "apply: 1 done and verified, 1 not sent (interrupted)"
    );
    assert!(ran.took < Duration::from_secs(5), "{:?}", ran.took);
    assert_eq!(proxy.count(api::CREATE_PARTITIONS), 0);
    run(&program, &kafka.admin(), &["apply", "--yes"]).exits(0);

    // A request without an answer is given up within five seconds, and its outcome is unknown.
    let other = kafka::topic_name("new");
    program.write(
        "topics.yaml",
        &topics(&format!("    - {{name: {other}, partitions: 1}}\n")),
    );
    proxy.reset();
    proxy.on(api::CREATE_TOPICS, 1, Action::BlackHole);
    let ran = interrupted(&program, &proxy, 1).exits(6);
    assert!(ran.took < Duration::from_secs(5), "{:?}", ran.took);
}

#[test]
fn a_second_interrupt_leaves_at_once() {
    let kafka = kafka::single();
    let proxy = kafka.proxy();
    let name = kafka::topic_name("twice-interrupted");
    let program =
        Program::with_manifest(&topics(&format!("    - {{name: {name}, partitions: 1}}\n")));
    proxy.on(api::CREATE_TOPICS, 1, Action::BlackHole);
    let ran = interrupted(&program, &proxy, 2).exits(6);
    assert!(ran.took < Duration::from_secs(1), "{:?}", ran.took);
}
