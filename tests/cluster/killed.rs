//! An apply that is killed in its midst, and the one after it.

use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::program::{Program, finish};
use crate::support::{apache, kafka};

const ROUNDS: u64 = 20;

/// Twenty topics of a round as they are before: two partitions, an hour.
fn before(round: u64) -> String {
    let mut text = "version: 1\ntopics:\n  items:\n".to_owned();
    for n in 0..20 {
        let configs = "configs: {retention.ms: 1h}";
        let _ = writeln!(
            text,
            "    - {{name: old-{round}-{n}, partitions: 2, {configs}}}"
        );
    }
    text
}

/// Sixty steps: each of the twenty grows and keeps records for longer, and there are twenty more.
fn after(round: u64) -> String {
    let mut text = before(round)
        .replace("partitions: 2", "partitions: 3")
        .replace("1h", "2h");
    for n in 0..20 {
        let configs = "configs: {retention.ms: 3h}";
        let _ = writeln!(
            text,
            "    - {{name: new-{round}-{n}, partitions: 1, {configs}}}"
        );
    }
    text
}

/// Numbers that look random and follow from the seed alone (`SplitMix64`).
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *seed;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn seed() -> u64 {
    let given = std::env::var("TONKAFKA_TEST_SEED").ok();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    given.map_or(now.as_secs(), |text| text.parse().unwrap())
}

#[test]
fn a_killed_apply_is_told_and_the_next_one_converges() {
    let kafka = kafka::fresh(1, &[]);
    let admin = kafka.admin();
    let mut seed = seed();
    eprintln!("TONKAFKA_TEST_SEED={seed}");
    let program = Program::new();
    let run = |arguments: &[&str]| program.run(&[arguments, &["-b", &admin]].concat());
    let whole = |round: u64| {
        program.write("topics.yaml", &before(round));
        run(&["apply", "--yes"]).exits(0);
        program.write("topics.yaml", &after(round));
        let started = Instant::now();
        let child = program.command(&["apply", "--yes", "-b", &admin]).spawn();
        (child.unwrap(), started)
    };
    let (child, started) = whole(0);
    let ran = finish(child).exits(0);
    let steps = "apply: 60 done and verified";
    assert_eq!(ran.stdout.lines().last(), Some(steps));
    let length = u64::try_from(started.elapsed().as_micros()).unwrap();

    let mut told = 0;
    for round in 1..=ROUNDS {
        let moment = Duration::from_micros(random(&mut seed) % length);
        let (mut child, _) = whole(round);
        std::thread::sleep(moment);
        child.kill().unwrap();
        finish(child);

        let mut next = run(&["apply", "--yes"]);
        for _ in 0..20 {
            if next.code != Some(4) {
                break;
            }
            // What the killed one had sent was carried out only after this one had planned: one topic
            // after the other, where ZooKeeper keeps them.
            let stale = "the cluster is not as it was when the plan was made";
            assert!(next.stderr.contains(stale), "{}", next.stderr);
            next = run(&["apply", "--yes"]);
        }
        let next = next.exits(0);
        if let Some((_, tail)) = next.stderr.split_once(") was cut off: ") {
            told += 1;
            let mut numbers = tail.split(|c: char| !c.is_ascii_digit());
            let mut number = || numbers.find_map(|one| one.parse::<usize>().ok()).unwrap();
            assert_eq!(number() + number() + number(), 60, "{}", next.stderr);
            assert!(!tail.contains("something else"), "{}", next.stderr);
            assert!(!tail.contains("unreadable"), "{}", next.stderr);
        }
        let again = run(&["plan", "--exit-code"]).exits(0);
        assert_eq!(again.stdout.lines().last(), Some("plan: nothing to do"));
        assert_eq!(again.stderr, "", "after {moment:?}");
    }
    assert!(
        told >= 3,
        "only {told} of {ROUNDS} were killed in their midst"
    );

    let shown = apache::describe_topics(&admin);
    for round in 0..=ROUNDS {
        for n in 0..20 {
            for (kind, partitions, ms) in [("old", 3, "7200000"), ("new", 1, "10800000")] {
                let topic = &shown[&format!("{kind}-{round}-{n}")];
                assert_eq!(topic.partitions, partitions);
                assert_eq!(topic.configs["retention.ms"], ms);
            }
        }
    }
    let configs = apache::topic_configs(&admin, "old-7-7");
    assert_eq!(configs["retention.ms"], "7200000");
}
