//! Two concurrent applies, with and without the lock.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::program::{Program, Ran, finish};
use crate::support::librdkafka::Witness;
use crate::support::proxy::{Action, api};
use crate::support::{apache, kafka};

const ROUNDS: usize = 50;

/// A new topic with these partitions and this retention.
fn manifest(topic: &str, partitions: usize, retention: usize) -> String {
    format!(
        "version: 1\ntopics:\n  items:\n    - {{name: {topic}, partitions: {partitions}, configs: {{retention.ms: {retention}}}}}\n"
    )
}

/// Runs both concurrently.
fn both(programs: [&Program; 2], arguments: &[&str]) -> [Ran; 2] {
    let children = programs.map(|program| program.command(arguments).spawn().unwrap());
    children.map(finish)
}

/// The results of a round.
struct Round {
    codes: [i32; 2],
    /// Whether the topic is as each of the two wants it.
    fits: [bool; 2],
}

/// Rounds of two concurrent applies to a topic that one round creates and the next changes. Returns
/// the results.
fn rounds(admin: &str, stem: &str, conflicting: bool, lock: &[&str]) -> Vec<Round> {
    let programs = [Program::new(), Program::new()];
    let witness = Witness::of(admin);
    let arguments = [&["apply", "--yes", "-b", admin], lock].concat();
    let mut done = Vec::new();
    let mut before = [(0, 0); 2];
    for round in 0..ROUNDS {
        let name = format!("{stem}-{}", round / 2);
        let partitions = 1 + round % 2;
        let first = (partitions, 1_000_000 + round * 10);
        let creates = round % 2 == 0;
        let second = match (conflicting, creates) {
            (false, _) => first,
            (true, true) => (partitions + 1, first.1 + 1),
            (true, false) => (partitions, first.1 + 1),
        };
        let wanted = [first, second];
        for (program, (partitions, retention)) in programs.iter().zip(wanted) {
            program.write("topics.yaml", &manifest(&name, partitions, retention));
        }
        let ran = both([&programs[0], &programs[1]], &arguments);
        let codes = [0, 1].map(|one: usize| ran[one].code.unwrap());
        for code in codes {
            assert!([0, 4, 5, 8].contains(&code), "{ran:?}");
        }
        // Each value is one that an apply wanted. An earlier value remains only if neither reported
        // success.
        let is_done = codes.contains(&0);
        let there = witness.partitions(&name);
        let retention: usize = witness.value(&name, "retention.ms").parse().unwrap();
        let may_be = |one: fn(&(usize, usize)) -> usize, seen: usize| {
            let earlier = if is_done { &[][..] } else { &before[..] };
            wanted.iter().chain(earlier).any(|pair| one(pair) == seen)
        };
        assert!(may_be(|pair| pair.0, there), "{there} partitions: {ran:?}");
        assert!(may_be(|pair| pair.1, retention), "{retention} ms: {ran:?}");
        before = if creates { wanted } else { [(0, 0); 2] };
        let fits = wanted.map(|pair| pair == (there, retention));
        assert!(conflicting || fits == [true, true], "{ran:?}");
        for one in 0..2 {
            // A successful apply is overruled at most by one that also succeeded, at least partly.
            let overruled = [0, 5].contains(&codes[1 - one]);
            assert!(fits[one] || codes[one] != 0 || overruled, "{ran:?}");
            // An apply that wrote nothing, or found another value, says why.
            let says_why = codes[one] == 0 || ran[one].stderr.contains("error: ");
            let is_otherwise = codes[one] == 5 && ran[one].stderr.contains(" as planned");
            let is_refused = ran[one].stderr.contains("refused  ");
            assert!(says_why || is_otherwise || is_refused, "{ran:?}");
        }
        done.push(Round { codes, fits });
    }
    done
}

/// The number of rounds in which an apply reported that it lost.
fn lost(rounds: &[Round]) -> usize {
    let lost = rounds.iter().filter(|round| round.codes != [0, 0]);
    lost.count()
}

#[test]
fn two_applies_at_once_make_no_third_value() {
    let kafka = kafka::fresh(1, &[]);
    let admin = kafka.admin();
    for conflicting in [false, true] {
        let stem = format!("free-{conflicting}");
        let free = rounds(&admin, &stem, conflicting, &[]);
        eprintln!("{stem}: {} lost", lost(&free));
        assert!(free.iter().all(|round| !round.codes.contains(&8)));
        if conflicting {
            // Kafka refuses the second creation of a topic, but not the second change of a key.
            let made = free.iter().step_by(2);
            let told = made.filter(|round| round.codes != [0, 0]).count();
            assert!(told >= 3, "only {told} were told that they lost");
        }
        let stem = format!("locked-{conflicting}");
        let locked = rounds(&admin, &stem, conflicting, &["--lock"]);
        eprintln!("{stem}: {} lost", lost(&locked));
        // A late loser finds the lock free again.
        assert!(lost(&locked) >= 3);
        for round in &locked {
            // One succeeds completely; the other finds the lock held, or succeeds or is refused
            // afterwards.
            assert!(round.codes.contains(&0), "{:?}", round.codes);
            let won = [0, 1].map(|one: usize| round.codes[one] == 0 && round.fits[one]);
            assert!(won.contains(&true), "{:?} {:?}", round.codes, round.fits);
        }
    }
    let groups = apache::groups(&admin);
    assert_eq!(groups, Vec::<String>::new());
    let shown = apache::describe_topics(&admin);
    assert_eq!(shown.len(), 4 * ROUNDS / 2, "{shown:?}");
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
    refused.stderr_has(&process);
    other.run(&waiting).exits(0);
    kill_process(pid, Signal::CONT).unwrap();
    let paused = finish(child).exits(5);
    paused.stdout_has("1 done and verified, 1 not sent (stopped: the lock is lost: ");
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
