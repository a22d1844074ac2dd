//! Every writing request, under every fault, in every operation that sends it: the report is true,
//! a second run converges, and undo works or says why not.
//!
//! ```sh
//! cargo test --test cluster sweep::                                          # a part
//! TONKAFKA_SWEEP=2000 cargo test --test cluster sweep:: -- --nocapture       # everything
//! TONKAFKA_SWEEP_RUN=1234 cargo test --test cluster sweep:: -- --nocapture   # one run again
//! ```
//! `TONKAFKA_SWEEP_SEED` selects other moments. The witness is librdkafka, not through the proxy;
//! only ACLs and quotas, which it does not support, are read with the library under test.

mod alter;
mod deeds;
mod standing;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tonkafka::local::artefacts::DEFAULT_VERSION;

use self::deeds::{Deed, Place, Verdict};
use crate::contract_access::authorizer;
use crate::support::kafka::{self, Kafka};
use crate::support::proxy::{Action, api};

/// The program's time-out for an answer and for verification.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Longer than the program waits for an answer, and longer than it waits in total.
const TOO_LATE: [Duration; 2] = [Duration::from_millis(2_700), Duration::from_millis(4_600)];

/// The time for a part; the current run is finished.
const SLICE: Duration = Duration::from_secs(75);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    CutBefore,
    CutInTheMiddle,
    AnswerDropped,
    AnswerHalf,
    AnswerNever,
    RequestTooLate,
    AnswerTooLate,
    AnswerAltered,
    /// The request arrives, and from then on nothing is answered.
    Silence,
}

const FAULTS: [Fault; 9] = [
    Fault::CutBefore,
    Fault::CutInTheMiddle,
    Fault::AnswerDropped,
    Fault::AnswerHalf,
    Fault::AnswerNever,
    Fault::RequestTooLate,
    Fault::AnswerTooLate,
    Fault::AnswerAltered,
    Fault::Silence,
];

/// The writing requests of each operation.
const SENT: [(Deed, &[i16]); 10] = [
    (
        Deed::Apply,
        &[
            api::CREATE_TOPICS,
            api::CREATE_PARTITIONS,
            api::INCREMENTAL_ALTER_CONFIGS,
            api::DELETE_TOPICS,
        ],
    ),
    (Deed::Reset, &[api::OFFSET_COMMIT]),
    (Deed::DeleteGroup, &[api::DELETE_GROUPS]),
    (Deed::DeleteOffsets, &[api::OFFSET_DELETE]),
    (Deed::Truncate, &[api::DELETE_RECORDS]),
    (
        Deed::Access,
        &[api::CREATE_ACLS, api::DELETE_ACLS, api::ALTER_CLIENT_QUOTAS],
    ),
    (
        Deed::Restore,
        &[api::CREATE_TOPICS, api::INIT_PRODUCER_ID, api::PRODUCE],
    ),
    (Deed::Mirror, &[api::CREATE_TOPICS, api::PRODUCE]),
    (
        Deed::MirrorOnce,
        &[
            api::INIT_PRODUCER_ID,
            api::ADD_PARTITIONS_TO_TXN,
            api::PRODUCE,
            api::END_TXN,
        ],
    ),
    (Deed::MirrorGroups, &[api::OFFSET_COMMIT]),
];

/// One run of the sweep.
#[derive(Debug, Clone, Copy)]
struct Case {
    number: usize,
    deed: Deed,
    api_key: i16,
    fault: Fault,
    /// Which request of this API the fault hits.
    nth: usize,
    random: u64,
}

impl Case {
    fn of(number: usize, seed: u64) -> Self {
        let pairs: Vec<(Deed, i16)> = SENT
            .iter()
            .flat_map(|(deed, keys)| keys.iter().map(|key| (*deed, *key)))
            .collect();
        let random = mixed(seed.wrapping_add(number as u64));
        // Neighbouring numbers cover all operations and all faults.
        let (deed, api_key) = pairs[number % pairs.len()];
        let fault = FAULTS[(number + number / pairs.len()) % FAULTS.len()];
        let of_many = [api::PRODUCE, api::ADD_PARTITIONS_TO_TXN, api::END_TXN];
        let nth = if of_many.contains(&api_key) {
            1 + usize::try_from(random % 3).unwrap()
        } else {
            1
        };
        Self {
            number,
            deed,
            api_key,
            fault,
            nth,
            random,
        }
    }

    fn too_late(&self) -> Duration {
        TOO_LATE[usize::try_from((self.random >> 16) % 2).unwrap()]
    }

    fn action(&self, stem: &str) -> Action {
        match self.fault {
            Fault::CutBefore => Action::Cut,
            Fault::CutInTheMiddle => Action::CutInTheMiddle,
            Fault::AnswerDropped => Action::SwallowAndCut,
            Fault::AnswerHalf => Action::HalfAnswer,
            Fault::AnswerNever => Action::Swallow,
            Fault::Silence => Action::Last,
            Fault::RequestTooLate => Action::Delay(self.too_late()),
            Fault::AnswerTooLate => Action::Late(self.too_late()),
            Fault::AnswerAltered => {
                Action::Alter(alter::ambiguous(self.api_key, stem, self.random))
            }
        }
    }
}

/// `SplitMix64`.
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[test]
fn the_report_is_true_whatever_goes_wrong() {
    let is_other = kafka::version() != DEFAULT_VERSION || kafka::with_zookeeper();
    if kafka::skips(is_other, "the sweep is of the default version") {
        return;
    }
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let all: Option<usize> = number("TONKAFKA_SWEEP");
    let only: Option<usize> = number("TONKAFKA_SWEEP_RUN");
    let seed = number("TONKAFKA_SWEEP_SEED").unwrap_or(1) as u64;
    let workers = if all.is_some() { 8 } else { 2 };
    let runs = all.unwrap_or(usize::MAX);
    let deadline = all.is_none().then(|| Instant::now() + SLICE);

    let mut options = Kafka::options().proxies(workers);
    for (key, value) in authorizer() {
        options = options.property(key, value);
    }
    let target = options.start();
    let source = kafka::fresh(1, &[]);
    let next = AtomicUsize::new(only.unwrap_or(0));
    let figures = Mutex::new(Figures::default());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let place = Place::of(&target, &source);
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let is_over = deadline.is_some_and(|end| Instant::now() > end);
                    let is_last = only.is_some_and(|only| number > only) || number >= runs;
                    if is_last || (is_over && only.is_none()) {
                        return;
                    }
                    let case = Case::of(number, seed);
                    let verdict = one(&place, &case);
                    for words in &verdict.untrue {
                        println!("run {number}: {words}");
                    }
                    figures.lock().unwrap().add(&case, &verdict);
                }
            });
        }
    });
    let figures = figures.into_inner().unwrap();
    println!("{}", figures.told());
    assert_eq!(
        alter::MISSED.load(Ordering::SeqCst),
        0,
        "answers not altered"
    );
    assert!(figures.untrue.is_empty(), "{}", figures.untrue.join("\n"));
    assert!(
        only.is_some() || figures.runs >= 20,
        "only {} runs",
        figures.runs
    );
}

/// One run: the operation under its fault, again without, then undo.
fn one(place: &Place<'_>, case: &Case) -> Verdict {
    let stem = kafka::topic_name("sweep");
    let scene = place.scene(case.deed, &stem, case.random);
    place.proxy.reset();
    place.proxy.on(case.api_key, case.nth, case.action(&stem));
    let ran = scene.run();
    let was_hit = place.proxy.count(case.api_key) >= case.nth;
    if matches!(case.fault, Fault::RequestTooLate) && was_hit {
        // The delayed request arrives and is carried out.
        std::thread::sleep(case.too_late());
    }
    place.proxy.reset();
    place.proxy.cut_all();
    let mut verdict = scene.judge(&ran);
    verdict.was_hit = was_hit;
    scene.repeat(&mut verdict);
    scene.undo(&mut verdict);
    scene.clean();
    verdict
}

/// The results of all runs.
#[derive(Default)]
struct Figures {
    runs: usize,
    hit: usize,
    by_fault: BTreeMap<Fault, BTreeMap<i32, usize>>,
    by_deed: BTreeMap<Deed, BTreeMap<i32, usize>>,
    untrue: Vec<String>,
}

impl Figures {
    fn add(&mut self, case: &Case, verdict: &Verdict) {
        self.runs += 1;
        self.hit += usize::from(verdict.was_hit);
        let code = verdict.code;
        *self
            .by_fault
            .entry(case.fault)
            .or_default()
            .entry(code)
            .or_default() += 1;
        *self
            .by_deed
            .entry(case.deed)
            .or_default()
            .entry(code)
            .or_default() += 1;
        let number = case.number;
        let told = verdict.untrue.iter();
        let told = told.map(|words| format!("run {number}, {case:?}\n  {words}"));
        self.untrue.extend(told);
    }

    fn told(&self) -> String {
        let mut text = format!(
            "{} runs, {} of them hit a request, {} untrue\n",
            self.runs,
            self.hit,
            self.untrue.len()
        );
        let mut line = |name: String, codes: &BTreeMap<i32, usize>| {
            let codes = codes.iter().map(|(code, count)| format!("{code}: {count}"));
            let codes: Vec<String> = codes.collect();
            let _ = writeln!(text, "{name:<16} exit codes {}", codes.join(", "));
        };
        for (fault, codes) in &self.by_fault {
            line(format!("{fault:?}"), codes);
        }
        for (deed, codes) in &self.by_deed {
            line(format!("{deed:?}"), codes);
        }
        text
    }
}
