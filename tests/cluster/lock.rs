//! Two applies at once, with and without the lock.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::program::{Program, Ran, finish};
use crate::support::proxy::{Action, api};
use crate::support::{apache, kafka};

const ROUNDS: usize = 50;

/// A new topic with these partitions and this retention.
fn manifest(topic: &str, partitions: usize, retention: usize) -> String {
    format!(
        "version: 1\ntopics:\n  items:\n    - {{name: {topic}, partitions: {partitions}, configs: {{retention.ms: {retention}}}}}\n"
    )
}

/// Runs both at the same time.
fn both(programs: [&Program; 2], arguments: &[&str]) -> [Ran; 2] {
    let children = programs.map(|program| program.command(arguments).spawn().unwrap());
    children.map(finish)
}

/// Rounds of two applies at once to a topic that one round makes and the next changes. Returns the
/// exit codes.
fn rounds(admin: &str, stem: &str, conflicting: bool, lock: &[&str]) -> Vec<[i32; 2]> {
    let programs = [Program::new(), Program::new()];
    let arguments = [&["apply", "--yes", "-b", admin], lock].concat();
    let mut codes = Vec::new();
    let mut wanted = Vec::new();
    for round in 0..ROUNDS {
        let name = format!("{stem}-{}", round / 2);
        let first = 1_000_000 + round * 10;
        let second = first + usize::from(conflicting);
        let partitions = [
            1 + round % 2,
            1 + round % 2 + usize::from(conflicting && round % 2 == 0),
        ];
        programs[0].write("topics.yaml", &manifest(&name, partitions[0], first));
        programs[1].write("topics.yaml", &manifest(&name, partitions[1], second));
        let ran = both([&programs[0], &programs[1]], &arguments);
        codes.push([0, 1].map(|one: usize| ran[one].code.unwrap()));
        for one in &ran {
            assert!([0, 4, 5, 8].contains(&one.code.unwrap()), "{one:?}");
        }
        let check = |program: &Program| program.run(&["plan", "--exit-code", "-b", admin]);
        let fits = [0, 1].map(|one: usize| check(&programs[one]).code == Some(0));
        // What is there is what one of the two wanted, or each got its say on something.
        let seen = [first, second].map(|ms| ms.to_string());
        wanted.push((name, seen));
        assert!(conflicting || fits == [true, true], "{ran:?}");
        for one in 0..2 {
            let [mine, other] = [ran[one].code.unwrap(), ran[1 - one].code.unwrap()];
            // Who is told that it is done is overruled at most by one who was told so too, or partly.
            assert!(fits[one] || mine != 0 || [0, 5].contains(&other), "{ran:?}");
        }
    }
    let shown = apache::describe_topics(admin);
    for pair in wanted.chunks(2) {
        let (name, seen) = &pair[1];
        let earlier = &pair[0].1;
        let value = &shown[name].configs["retention.ms"];
        assert!(
            seen.contains(value) || earlier.contains(value),
            "{name}: {value}"
        );
    }
    codes
}

#[test]
fn two_applies_at_once_make_no_third_value() {
    let kafka = kafka::fresh(1, &[]);
    let admin = kafka.admin();
    for conflicting in [false, true] {
        let stem = format!("free-{conflicting}");
        let codes = rounds(&admin, &stem, conflicting, &[]);
        assert!(codes.iter().flatten().all(|code| *code != 8), "{codes:?}");
        let stem = format!("locked-{conflicting}");
        let codes = rounds(&admin, &stem, conflicting, &["--lock"]);
        let losers = codes.iter().filter(|pair| pair.contains(&8)).count();
        // A loser that comes late finds the lock free again.
        assert!(losers >= 3, "{codes:?}");
        assert!(codes.iter().all(|pair| pair.contains(&0)), "{codes:?}");
    }
    let groups = apache::groups(&admin);
    assert_eq!(groups, Vec::<String>::new());
}

#[test]
fn a_paused_holder_loses_the_lock_and_a_killed_one_gives_it_back() {
    let kafka = kafka::fresh(1, &[]);
    let admin = kafka.admin();
    let base = Program::with_manifest(&manifest("old", 1, 1000));
    base.run(&["apply", "--yes", "-b", &admin]).exits(0);
    let proxy = kafka.proxy();
    let text = manifest("new", 1, 1000) + "    - {name: old, partitions: 2}\n";
    let holder = Program::with_manifest(&text);
    let at = proxy.bootstrap();
    let start = || {
        proxy.reset();
        proxy.on(
            api::CREATE_TOPICS,
            1,
            Action::Delay(Duration::from_millis(1500)),
        );
        let arguments = ["apply", "--yes", "--lock", "-b", &at];
        let child = holder.command(&arguments).spawn().unwrap();
        while proxy.count(api::CREATE_TOPICS) == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        child
    };
    let other = Program::with_manifest(&manifest("other", 1, 1000));
    let locked = ["apply", "--yes", "--lock", "-b", &admin];
    let waiting = [&locked[..], &["--lock-timeout", "30s"]].concat();

    let child = start();
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::STOP).unwrap();
    let refused = other.run(&locked).exits(8);
    let process = format!(", process {}, since ", child.id());
    assert!(refused.stderr.contains(&process), "{}", refused.stderr);
    other.run(&waiting).exits(0);
    kill_process(pid, Signal::CONT).unwrap();
    let paused = finish(child).exits(5);
    assert!(
        paused
            .stdout
            .contains("1 done and verified, 1 not sent (stopped: the lock is lost: "),
        "{}",
        paused.stdout
    );
    assert_eq!(proxy.count(api::CREATE_PARTITIONS), 0);

    holder.write("topics.yaml", &text.replace("new", "newer"));
    let mut child = start();
    child.kill().unwrap();
    finish(child);
    let started = Instant::now();
    other.run(&waiting).exits(0);
    assert!(
        started.elapsed() < Duration::from_secs(12),
        "{:?}",
        started.elapsed()
    );
}
