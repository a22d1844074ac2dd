//! An apply that is killed midway, and the next apply.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::program::{Program, finish};
use crate::support::kafka::Kafka;
use crate::support::proxy::{Action, api};
use crate::support::{apache, kafka};

const ROUNDS: u64 = 20;

/// Twenty topics of a round before the apply: two partitions, an hour of retention.
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

/// Sixty steps: each of the twenty topics gets partitions and retention, and there are twenty new
/// ones.
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

/// Pseudo-random numbers from the seed (`SplitMix64`).
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

/// The newest journal.
fn newest_journal(program: &Program) -> Option<PathBuf> {
    let all = program.path().join("home/state/tonkafka/journal");
    let [of_cluster] = fs::read_dir(all)
        .ok()?
        .collect::<Vec<_>>()
        .try_into()
        .ok()?;
    let journals = fs::read_dir(of_cluster.ok()?.path()).ok()?;
    journals.filter_map(|entry| Some(entry.ok()?.path())).max()
}

/// The number of a journal's lines about sent and settled steps.
fn progress(journal: &Path) -> usize {
    let text = fs::read_to_string(journal).unwrap_or_default();
    let lines = text.lines();
    let is_progress = |line: &&str| {
        line.starts_with("{\"line\":\"sending\"") || line.starts_with("{\"line\":\"settled\"")
    };
    lines.filter(is_progress).count()
}

/// Waits until the journal after `earlier` has this many lines, or the apply has ended.
fn wait_for_line(child: &mut Child, program: &Program, earlier: Option<&Path>, line: usize) {
    while child.try_wait().unwrap().is_none() {
        let journal = newest_journal(program).filter(|newest| Some(newest.as_path()) != earlier);
        if journal.is_some_and(|journal| progress(&journal) >= line) {
            return;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

#[test]
fn a_killed_apply_is_told_and_the_next_one_converges() {
    let kafka = Kafka::options().proxies(1).start();
    let (admin, proxy) = (kafka.admin(), kafka.proxy());
    let mut seed = seed();
    eprintln!("TONKAFKA_TEST_SEED={seed}");
    let program = Program::new();
    let run = |arguments: &[&str]| program.run(&[arguments, &["-b", &admin]].concat());
    let whole = |round: u64| {
        program.write("topics.yaml", &before(round));
        run(&["apply", "--yes"]).exits(0);
        program.write("topics.yaml", &after(round));
        // The last request is delayed, and reaches the broker even if its sender is killed.
        proxy.reset();
        let on_its_way = Action::Delay(Duration::from_millis(300));
        proxy.on(api::INCREMENTAL_ALTER_CONFIGS, 1, on_its_way);
        let earlier = newest_journal(&program);
        let started = Instant::now();
        let arguments = ["apply", "--yes", "-b", &proxy.bootstrap()];
        let child = program.command(&arguments).spawn();
        (child.unwrap(), started, earlier)
    };
    let (child, started, _) = whole(0);
    let ran = finish(child).exits(0);
    let steps = "apply: 60 done and verified";
    assert_eq!(ran.stdout.lines().last(), Some(steps));
    let length = u64::try_from(started.elapsed().as_micros()).unwrap();
    let lines = progress(&newest_journal(&program).unwrap());
    assert!(lines > 60, "{lines}");

    let (mut told, mut in_midst) = (0, 0);
    for round in 1..=ROUNDS {
        // A quarter is killed at a random time, the others at a random line of the journal.
        let by_journal = !round.is_multiple_of(4);
        let chosen = random(&mut seed);
        let (mut child, _, earlier) = whole(round);
        let moment = if by_journal {
            in_midst += 1;
            // The lines of the last request come at once, right before the end.
            let line = 1 + usize::try_from(chosen).unwrap_or(0) % (lines - 21);
            wait_for_line(&mut child, &program, earlier.as_deref(), line);
            format!("line {line}")
        } else {
            let moment = Duration::from_micros(chosen % length);
            std::thread::sleep(moment);
            format!("{moment:?}")
        };
        child.kill().unwrap();
        finish(child);

        let mut next = run(&["apply", "--yes"]);
        let first = next.stderr.clone();
        for _ in 0..20 {
            // The requests of the killed apply were carried out after the next one had planned:
            // with ZooKeeper, topic by topic.
            let words = match next.code {
                Some(4) => "the cluster is not as it was when the plan was made",
                Some(5) => "CHANGED_SINCE_PLAN",
                _ => break,
            };
            next.stderr_has(words);
            next = run(&["apply", "--yes"]);
        }
        next.exits(0);
        if let Some((_, tail)) = first.split_once(") was cut off: ") {
            told += 1;
            let mut numbers = tail.split(|c: char| !c.is_ascii_digit());
            let mut number = || numbers.find_map(|one| one.parse::<usize>().ok()).unwrap();
            assert_eq!(number() + number() + number(), 60, "{first}");
            // With ZooKeeper requests are carried out topic by topic, even during the read back.
            let goes_on = kafka::with_zookeeper();
            assert!(goes_on || !tail.contains("something else"), "{first}");
            assert!(!tail.contains("unreadable"), "{first}");
        }
        let again = run(&["plan", "--exit-code"]).exits(0);
        assert_eq!(again.stdout.lines().last(), Some("plan: nothing to do"));
        assert_eq!(again.stderr, "", "after {moment}");
    }
    eprintln!("{told} of {ROUNDS} were told, {in_midst} were killed by their journals");
    // On a loaded machine some applies end before they are killed.
    assert!(told >= in_midst - 2, "only {told}");

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
