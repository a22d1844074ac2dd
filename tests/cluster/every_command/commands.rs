//! The arguments of every command, checked for completeness.

use std::collections::BTreeSet;
use std::fs;

use tonkafka::model::record::{Record, TimestampType};
use tonkafka::snapshot::{GroupOffset, GroupOffsets};

use super::Bench;
use crate::made::{self, Content};
use crate::program::{Program, words};
use crate::secure::UP;
use crate::support::kafka;

/// A manifest with a secret from the environment in a broker's setting.
pub(super) const WITH_A_SECRET: &str = "\
version: 1
broker:
  brokers: {1: {listener.name.unused.ssl.keystore.password: \"${env:PLANTED}\"}}
topics: {items: [{name: orders, partitions: 2}, {name: more, partitions: 1}]}
";

pub(super) const GROWN: &str = "\
version: 1
topics: {items: [{name: more, partitions: 2, configs: {retention.ms: 1d}}]}
";

pub(super) const WITHOUT_THE_SECRET: &str = "\
version: 1
broker: {brokers: {1: {listener.name.unused.ssl.keystore.password: unset}}}
topics: {items: [{name: orders, partitions: 2}]}
";

/// Every command with its exit code, in an order in which each finds what it needs. `%` is the
/// number of the round.
const LINES: &[(&str, i32)] = &[
    ("", 2),
    ("version", 0),
    ("status", 0),
    ("completions bash", 0),
    ("man", 0),
    ("man --dir pages%", 0),
    ("explain retention.ms", 0),
    ("explain listener.name.unused.ssl.keystore.password", 0),
    ("validate", 0),
    ("validate -f secret.yaml", 0),
    ("render", 2),
    ("render compose", 0),
    ("render compose -f secret.yaml", 2),
    ("render compose --profile secure --secrets made%", 0),
    ("render schema", 0),
    ("render reference client-properties", 0),
    ("context", 2),
    (
        "context add mine% --command-config data/client.properties",
        0,
    ),
    (
        "context add planted --replace -b localhost:1 --command-config planted.properties",
        0,
    ),
    ("context use mine%", 0),
    ("context list", 0),
    ("context show", 0),
    ("context show planted", 0),
    ("context show local", 0),
    ("context test", 0),
    ("context test local", 0),
    ("context remove mine%", 0),
    ("plan", 0),
    ("plan -f secret.yaml --exit-code --validate-on-broker", 3),
    ("plan -f secret.yaml --out plan%.json --junit plan%.xml", 0),
    (
        "apply plan%.json -f secret.yaml --yes --junit apply%.xml",
        0,
    ),
    ("apply -f secret.yaml --yes --rewrite-sensitive --lock", 0),
    ("apply -f grown.yaml --yes", 0),
    ("rollback --dry-run", 0),
    ("rollback --yes", 0),
    ("snapshot", 2),
    (
        "snapshot restore made.snapshot orders --groups --yes --allow-cluster-change --restart --map map% --append --allow-expired --verify",
        0,
    ),
    ("snapshot create orders --out orders%.snapshot", 0),
    ("snapshot verify orders%.snapshot", 0),
    ("snapshot show orders%.snapshot", 0),
    ("snapshot show orders%.snapshot --records", 0),
    (
        "snapshot restore orders%.snapshot --rename orders=copy --yes --allow-expired",
        0,
    ),
    ("describe", 0),
    ("describe topics", 0),
    ("describe topic orders --all", 0),
    ("describe brokers", 0),
    ("describe broker 1 --all", 0),
    ("describe cluster", 0),
    ("describe groups", 0),
    ("describe group billing", 0),
    ("describe log-dirs", 0),
    ("describe quorum", 0),
    ("describe api-versions", 0),
    ("describe acls", 0),
    ("describe access User:producer", 0),
    ("can User:producer WRITE topic:orders", 0),
    ("can User:consumer WRITE topic:orders", 7),
    ("describe users", 0),
    ("describe quotas", 0),
    ("list", 2),
    ("list topics", 0),
    ("list groups", 0),
    ("list brokers", 0),
    ("lag --time", 0),
    ("lag billing", 0),
    ("import", 0),
    ("import --out import%.yaml --pin", 0),
    (
        "reset-offsets billing --topic orders --to earliest --dry-run --times",
        0,
    ),
    (
        "reset-offsets billing --topic orders --to earliest --out reset%.json",
        0,
    ),
    (
        "reset-offsets billing --topic orders --to earliest --yes",
        0,
    ),
    ("reset-offsets history", 0),
    ("reset-offsets undo --yes", 0),
    ("apply reset%.json --yes", 0),
    ("groups", 2),
    ("groups clone billing shipping --yes", 0),
    ("groups delete-offsets shipping --topic orders:0 --yes", 0),
    ("backup", 2),
    ("backup create", 0),
    ("backup create --out backup%.json", 0),
    ("backup list", 0),
    ("backup show backup%.json", 0),
    ("groups delete shipping --yes", 0),
    ("backup diff backup%.json --exit-code", 3),
    ("backup restore backup%.json --yes", 0),
    ("groups delete shipping --yes", 0),
    ("topics", 2),
    (
        "topics truncate orders:0 --to latest --yes --allow truncates-unread",
        0,
    ),
    ("topics delete copy --allow-delete 1 --dry-run", 0),
    ("topics delete copy more --yes --allow-delete 2", 0),
    ("apply -f unset.yaml --yes", 0),
    ("groups delete billing --yes", 0),
];

/// Commands that are not run from [`LINES`].
const APART: [&str; 3] = ["up", "down", "mirror"];

/// Commands without JSON output.
const WITHOUT_JSON: &[&str] = &[];

/// All commands, by the names of their manual pages.
fn commands(program: &Program) -> BTreeSet<String> {
    program.run(&["man", "--dir", "all"]).exits(0);
    let pages = fs::read_dir(program.path().join("all")).unwrap().flatten();
    pages
        .map(|page| page.file_name().into_string().unwrap())
        .map(|name| name.trim_end_matches(".1").to_owned())
        .collect()
}

/// The manual page of the command in these words.
fn command_of(words: &str, commands: &BTreeSet<String>) -> String {
    let mut name = "tonkafka".to_owned();
    for word in words.split_whitespace() {
        let longer = format!("{name}-{word}");
        if !commands.contains(&longer) {
            break;
        }
        name = longer;
    }
    name
}

pub(super) fn each_command_has_a_line(program: &Program) {
    let commands = commands(program);
    let lines = LINES.iter().map(|(words, _)| *words).chain(APART);
    let run: BTreeSet<String> = lines.map(|words| command_of(words, &commands)).collect();
    let missing: Vec<&String> = commands.difference(&run).collect();
    assert!(missing.is_empty(), "not run: {missing:?}");
}

/// The flags that each round adds.
pub(super) const ROUNDS: [&[&str]; 3] = [&[], &["-v"], &["-v", "-o", "json"]];

pub(super) fn rounds(bench: &mut Bench<'_>) {
    let commands = commands(bench.secure.program);
    let client = bench.secure.file("admin");
    for (round, flags) in ROUNDS.into_iter().enumerate() {
        let number = round.to_string();
        for (line, code) in LINES {
            let line = line.replace('%', &number);
            let mut words: Vec<&str> = line.split_whitespace().collect();
            if words.contains(&"data/client.properties") {
                words.retain(|word| *word != "data/client.properties");
                words.push(&client);
            } else if !names_a_context(&words) && !words.contains(&"--command-config") {
                words.extend(["--command-config", &client]);
            }
            words.extend(flags);
            let has_none = WITHOUT_JSON.contains(&&*command_of(&line, &commands));
            let code = if flags.contains(&"json") && has_none {
                2
            } else {
                *code
            };
            bench.run(&words, code);
        }
        mirrors(bench, &number, flags);
        without_an_end(bench, flags);
    }
}

/// Whether the command names a context, which has a file of its own.
fn names_a_context(words: &[&str]) -> bool {
    matches!(words, ["context", "show" | "test", _, ..])
}

/// Mirrors out of the secure cluster, and into it.
fn mirrors(bench: &mut Bench<'_>, round: &str, flags: &[&str]) {
    let other = kafka::single();
    let client = bench.secure.file("admin");
    let topic = format!("{}-{round}", kafka::topic_name("mirrored"));
    let restore =
        words("snapshot restore made.snapshot --yes --allow-cluster-change --allow-expired");
    let renamed = format!("orders={topic}");
    let renamed = [
        "--rename",
        &renamed,
        "--restart",
        "--command-config",
        &client,
    ];
    bench.run(&[&restore[..], &renamed, flags].concat(), 0);
    let admin = other.admin();
    for [from, to] in [["from", "to"], ["to", "from"]] {
        let ends = [
            format!("--{from}-bootstrap-server={}", bench.secure.bootstrap),
            format!("--{from}-command-config={client}"),
            format!("--{to}-bootstrap-server={admin}"),
        ];
        let ends = ends.each_ref().map(String::as_str);
        let once = ["mirror", &topic, "--yes", "--once", "--append", "--groups"];
        bench.run(&[&once[..], &ends, flags].concat(), 0);
        let exactly = ["mirror", &topic, "--yes", "--append", "--exactly-once"];
        bench.stopped(&[&exactly[..], &ends, flags].concat(), 0);
    }
    let delete = ["topics", "delete", &topic, "--yes", "--allow-delete", "1"];
    let allow = ["--allow", "topic-in-use", "--command-config", &client];
    bench.run(&[&delete[..], &allow, flags].concat(), 0);
}

/// Commands that repeat until they are stopped.
fn without_an_end(bench: &mut Bench<'_>, flags: &[&str]) {
    let client = bench.secure.file("admin");
    let often = [
        "--watch",
        "--interval",
        "200ms",
        "--command-config",
        &client,
    ];
    for command in ["lag", "describe"] {
        bench.stopped(&[&[command], &often[..], flags].concat(), 0);
    }
}

/// Starts the local cluster again, and stops it.
pub(super) fn up_and_down(bench: &mut Bench<'_>) {
    for flags in ROUNDS {
        bench.run(&[&UP[..], flags].concat(), 0);
    }
    bench.run(&["down", "-v"], 0);
    bench.run(&["down", "-v", "-o", "json"], 0);
    bench.run(&[&UP[..], &["-v", "-o", "json"]].concat(), 0);
}

/// Writes a snapshot with records and a commit of another cluster.
pub(super) fn write_a_snapshot(program: &Program) {
    let record = |offset: i64| Record {
        offset,
        timestamp: 1_790_000_000_000,
        key: None,
        value: Some((&b"a record"[..]).into()),
        headers: Vec::new(),
    };
    let partitions = vec![(0..5).map(record).collect(), (0..3).map(record).collect()];
    let mut orders = Content::new("orders", partitions);
    orders.timestamps = TimestampType::CreateTime;
    let commit = |partition: i32, offset: i64| GroupOffset {
        topic: "orders".to_owned(),
        partition,
        offset,
        leader_epoch: None,
        metadata: String::new(),
    };
    let groups = [GroupOffsets {
        group: "billing".to_owned(),
        offsets: vec![commit(0, 3), commit(1, 2)],
    }];
    made::write(
        &program.path().join("made.snapshot"),
        "another",
        &[orders],
        &groups,
    );
}
