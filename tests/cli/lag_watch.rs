//! `lag --watch`, on a terminal with keys and without a terminal.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};
use tonkafka::cluster::fake::State;

use crate::fake::{Bench, holding, topic};
use crate::lag_state::{group, incident, log, member};
use crate::program::{finish, words};
use crate::pty;

fn bench_of(state: &State) -> Bench {
    Bench::new("version: 1\ntopics: {items: []}\n", state)
}

/// Replaces the state for the program's next read.
fn change(bench: &Bench, state: &State) {
    let text = serde_json::to_string(state).unwrap();
    let beside = bench.program.write("next.json", &text);
    fs::rename(beside, bench.program.path().join("cluster.json")).unwrap();
}

/// The program on a pseudo-terminal.
struct Session {
    child: Child,
    terminal: File,
    programs: File,
    printed: Receiver<Vec<u8>>,
    all: String,
}

impl Session {
    fn start(bench: &Bench, arguments: &[&str]) -> Self {
        let (terminal, programs) = pty::open(140);
        let mut command = bench.program.command(&bench.arguments(arguments));
        command
            .env("TERM", "xterm")
            .stdin(programs.try_clone().unwrap())
            .stdout(programs.try_clone().unwrap())
            .stderr(programs.try_clone().unwrap());
        let child = command.spawn().unwrap();
        let (sender, printed) = channel();
        let mut reader = terminal.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            terminal,
            programs,
            printed,
            all: String::new(),
        }
    }

    fn press(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).unwrap();
    }

    /// The first complete screen from now on that satisfies `wanted`.
    fn screen(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + Duration::from_secs(20);
        self.all.clear();
        loop {
            let screens = self.all.split("\x1b[H").skip(1);
            let whole = screens.filter_map(|screen| screen.split_once("\x1b[J"));
            let plain = |screen: &str| screen.replace("\x1b[K", "").replace("\r\n", "\n");
            let found = whole.map(|(screen, _)| plain(screen));
            if let Some(screen) = found.into_iter().find(|screen| wanted(screen)) {
                return screen;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.printed.recv_timeout(left) else {
                panic!("never shown:\n{}", self.all);
            };
            self.all += &String::from_utf8_lossy(&bytes);
        }
    }

    fn echoes(&self) -> bool {
        let modes = tcgetattr(&self.programs).unwrap().local_modes;
        modes.contains(LocalModes::ECHO | LocalModes::ICANON)
    }

    /// Waits for the end, and panics unless the terminal was restored.
    fn ends(mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(status.code(), Some(0));
        assert!(self.echoes(), "the terminal was left without an echo");
    }
}

/// The first words of a screen's rows.
fn groups(screen: &str) -> Vec<&str> {
    let table = screen.split("\n\n").nth(2).unwrap();
    let rows = table.lines().skip(1);
    // A note may span several lines.
    rows.map(|row| row.split(' ').next().unwrap())
        .filter(|group| !group.is_empty())
        .collect()
}

const WATCH: [&str; 4] = ["lag", "--watch", "--interval", "150ms"];

#[test]
fn keys_sort_reverse_filter_and_quit() {
    let bench = bench_of(&incident());
    let mut session = Session::start(&bench, &WATCH);
    let screen = session.screen(|screen| screen.contains("total:"));
    let status = "by trouble  (s sort, r reverse, / filter, q quit)";
    assert_eq!(screen.lines().nth(2), Some(status));
    let usual = words("billing ahead audit-reader shared level workers");
    assert_eq!(groups(&screen), usual);
    assert!(!session.echoes());

    session.press("s");
    let screen = session.screen(|screen| screen.contains("by lag  ("));
    let by_lag = words("audit-reader ahead shared billing level workers");
    assert_eq!(groups(&screen), by_lag);
    session.press("r");
    let screen = session.screen(|screen| screen.contains("by lag, reversed  ("));
    let reversed = words("level billing shared ahead audit-reader workers");
    assert_eq!(groups(&screen), reversed);

    session.press("/l");
    session.press("ex");
    session.press("\x7f");
    let screen = session.screen(|screen| screen.contains("filter: le_"));
    assert_eq!(groups(&screen), ["level"]);
    // While a filter is typed, q is a letter.
    session.press("q\x7f\r");
    session.screen(|screen| screen.contains("filter: le  (s sort"));
    session.press("/");
    session.screen(|screen| screen.contains("filter: le_"));
    session.press("\x1b");
    let screen = session.screen(|screen| !screen.contains("filter:"));
    assert_eq!(groups(&screen).len(), 6);
    // The filter matches topics too.
    session.press("/audit\r");
    let screen = session.screen(|screen| screen.contains("filter: audit  ("));
    assert_eq!(groups(&screen), ["audit-reader"]);
    session.press("q");
    session.ends();
}

#[test]
fn the_terminal_is_put_back_whatever_ends_it() {
    let bench = bench_of(&incident());
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut session = Session::start(&bench, &WATCH);
        session.screen(|screen| screen.contains("total:"));
        assert!(!session.echoes());
        kill_process(Pid::from_child(&session.child), signal).unwrap();
        session.ends();
    }
    // An error neither ends the watch nor damages the terminal.
    let mut state = incident();
    state.faults.silent_brokers.insert(2);
    let bench = bench_of(&state);
    let mut session = Session::start(&bench, &WATCH);
    session.screen(|screen| screen.contains("groups of 1 broker not seen"));
    change(&bench, &incident());
    session.screen(|screen| groups(screen).contains(&"audit-reader"));
    session.press("q");
    session.ends();
}

/// A topic with one partition; `reader` has a member, `simple` has none.
fn moving(end: i64, reader: i64, simple: i64) -> State {
    let mut state = holding(&[("t", topic(1, &[]))]);
    state.logs.insert("t".to_owned(), [(0, log(0, end))].into());
    let mut with_member = group(&[("t", &[(0, reader)])]);
    with_member.members = vec![member("c", &[("t", &[0])])];
    state.groups.insert("reader".to_owned(), with_member);
    let without = group(&[("t", &[(0, simple)])]);
    state.groups.insert("simple".to_owned(), without);
    state
}

#[test]
fn rates_trends_and_simple_consumers_are_found_out_by_watching() {
    let bench = bench_of(&moving(1_000, 0, 0));
    let mut session = Session::start(&bench, &WATCH);
    let screen = session.screen(|screen| screen.contains("stuck"));
    assert!(!screen.contains("simple consumer"), "{screen}");
    change(&bench, &moving(1_010, 500, 5));
    let row = |screen: &str, group: &str| -> String {
        let mut lines = screen.lines();
        lines
            .find(|line| line.starts_with(group))
            .unwrap_or_default()
            .to_owned()
    };
    let screen = session.screen(|screen| row(screen, "reader").contains("shrinking"));
    let reader = row(&screen, "reader");
    assert!(reader.contains(" 510  "), "{reader}");
    let simple = row(&screen, "simple");
    assert!(simple.contains("growing"), "{simple}");
    assert!(
        simple.ends_with("simple consumer (assign and commit)"),
        "{simple}"
    );
    assert!(!reader.contains("simple consumer"), "{reader}");
    change(&bench, &moving(1_010, 1_010, 5));
    let screen = session.screen(|screen| row(screen, "reader").contains("now"));
    assert!(row(&screen, "reader").contains(" 0  "), "{screen}");
    session.press("q");
    session.ends();
}

#[test]
fn without_a_terminal_looks_are_appended() {
    let bench = bench_of(&moving(1_000, 0, 0));
    let watched = |form: &str| {
        let all = bench.arguments(&[&WATCH[..], &["-o", form]].concat());
        let child = bench.program.command(&all).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(1_500));
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let ran = finish(child).exits(0);
        assert_eq!(ran.stderr, "");
        assert!(!ran.stdout.contains('\x1b'), "{}", ran.stdout);
        ran
    };
    let text = watched("text").stdout;
    let looks: Vec<&str> = text.split("--- ").skip(1).collect();
    assert!(looks.len() > 1, "{text}");
    assert!(looks[0].contains("ZERO IN"), "{text}");
    assert!(!looks[0].contains("stuck"), "{text}");
    assert!(looks[1].contains("stuck"), "{text}");
    assert!(!text.contains("q quit"), "{text}");

    let documents = watched("json").documents();
    assert!(documents.len() > 1);
    let group = &documents[1]["groups"][0];
    assert_eq!(group["simpleConsumer"], false);
    let pace = &group["total"]["pace"];
    assert_eq!(pace["trend"], "stuck");
    assert_eq!(pace["consumedPerSecond"], 0.0);
    assert!(pace["zeroInMs"].is_null());
    let partition = &group["topics"][0]["partitions"][0];
    assert_eq!(partition["pace"]["producedPerSecond"], 0.0);
}
