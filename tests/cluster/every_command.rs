//! Every command on the cluster of `up --profile secure`, with the one properties file that Apache's tools
//! accept too; and no secret anywhere but in the files that are there to keep it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use base64::Engine as _;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tonkafka::backup::snapshot::{GroupOffset, GroupOffsets};
use tonkafka::model::record::{Record, TimestampType};

use crate::made::{self, Content};
use crate::program::{Program, Ran, finish};
use crate::secure::{Secure, UP, watching_processes};
use crate::support::kafka;
use crate::up::Running;

/// A secret of the environment, which shows where text is escaped or encoded.
const PLANTED: &str = "pla\"nted/5e&cr=et\\9Q";
/// A secret that is written where it is wrong, or wrongly.
const MISPLACED: &str = "misplaced-0e8c1f-secret";

const MANIFEST: &str = "\
version: 1
broker: {process: {heap: 512M}}
topics: {items: [{name: orders, partitions: 2}]}
";

/// With a secret of the environment in a setting of a broker.
const WITH_A_SECRET: &str = "\
version: 1
broker:
  brokers: {1: {listener.name.unused.ssl.keystore.password: \"${env:PLANTED}\"}}
topics: {items: [{name: orders, partitions: 2}, {name: more, partitions: 1}]}
";

const GROWN: &str = "\
version: 1
topics: {items: [{name: more, partitions: 2, configs: {retention.ms: 1d}}]}
";

const WITHOUT_THE_SECRET: &str = "\
version: 1
broker: {brokers: {1: {listener.name.unused.ssl.keystore.password: unset}}}
topics: {items: [{name: orders, partitions: 2}]}
";

/// The words of each command with its exit code, in an order in which each finds what it needs. `%` is the
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

/// Commands that are run by other means than [`LINES`].
const APART: [&str; 3] = ["up", "down", "mirror"];

/// Commands that have no document to print.
const WITHOUT_JSON: &[&str] = &[];

/// A secure cluster, and all that was printed about it.
struct Bench<'a> {
    secure: &'a Secure<'a>,
    said: Vec<(String, String)>,
    wrong: Vec<String>,
}

impl<'a> Bench<'a> {
    fn new(secure: &'a Secure<'a>) -> Self {
        Self {
            secure,
            said: Vec::new(),
            wrong: Vec::new(),
        }
    }

    fn start(&self, words: &[&str]) -> Child {
        let mut command = self.secure.program.command(words);
        command.env("PLANTED", PLANTED);
        command.env("WRONG_PASSWORD", MISPLACED).spawn().unwrap()
    }

    /// Keeps what a command said, and whether it ended as it has to.
    fn ended(&mut self, words: &[&str], ran: Ran, code: i32) -> Ran {
        let words = words.join(" ");
        if ran.code != Some(code) {
            let Ran { stdout, stderr, .. } = &ran;
            let told = format!("{words}: {:?} and not {code}\n{stdout}{stderr}", ran.code);
            self.wrong.push(told);
        }
        let text = format!("{}{}", ran.stdout, ran.stderr);
        self.said.push((words, text));
        ran
    }

    fn run(&mut self, words: &[&str], code: i32) -> Ran {
        let ran = finish(self.start(words));
        self.ended(words, ran, code)
    }

    /// Runs a command that has no end of its own until it has had time to show something.
    fn stopped(&mut self, words: &[&str], code: i32) {
        let child = self.start(words);
        std::thread::sleep(Duration::from_secs(1));
        let id = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
        kill_process(id, Signal::INT).unwrap();
        self.ended(words, finish(child), code);
    }

    /// Fails with all that went otherwise.
    fn check(&self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

/// The program's own list of its commands, from the names of their pages of the manual.
fn commands(program: &Program) -> BTreeSet<String> {
    program.run(&["man", "--dir", "all"]).exits(0);
    let pages = fs::read_dir(program.path().join("all")).unwrap().flatten();
    pages
        .map(|page| page.file_name().into_string().unwrap())
        .map(|name| name.trim_end_matches(".1").to_owned())
        .collect()
}

/// The command that words begin with, as its page is called.
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

fn each_command_has_a_line(program: &Program) {
    let commands = commands(program);
    let lines = LINES.iter().map(|(words, _)| *words).chain(APART);
    let run: BTreeSet<String> = lines.map(|words| command_of(words, &commands)).collect();
    let missing: Vec<&String> = commands.difference(&run).collect();
    assert!(missing.is_empty(), "not run: {missing:?}");
}

/// What a round adds to each command.
const ROUNDS: [&[&str]; 3] = [&[], &["-v"], &["-v", "-o", "json"]];

fn rounds(bench: &mut Bench<'_>) {
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
            } else if !words.contains(&"--command-config") {
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

/// Out of the secure cluster, and into it.
fn mirrors(bench: &mut Bench<'_>, round: &str, flags: &[&str]) {
    let other = kafka::single();
    let client = bench.secure.file("admin");
    let topic = format!("{}-{round}", kafka::topic_name("mirrored"));
    let restore = [
        "snapshot",
        "restore",
        "made.snapshot",
        "--yes",
        "--allow-cluster-change",
        "--allow-expired",
    ];
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

/// What looks again and again.
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

/// The local cluster is started once more, and stopped.
fn up_and_down(bench: &mut Bench<'_>) {
    for flags in ROUNDS {
        bench.run(&[&UP[..], flags].concat(), 0);
    }
    bench.run(&["down", "-v"], 0);
    bench.run(&["down", "-v", "-o", "json"], 0);
    bench.run(&[&UP[..], &["-v", "-o", "json"]].concat(), 0);
}

/// Records and a commit, from elsewhere.
fn write_a_snapshot(program: &Program) {
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

fn write_private(program: &Program, name: &str, text: &str) -> PathBuf {
    let path = program.write(name, text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// What the mistake is, the properties, and how a command ends that is given them.
type Mistake = (&'static str, String, i32);

/// Properties with something wrong about the secret, which is right or [`MISPLACED`].
fn mistaken(secure: &Secure<'_>) -> Vec<Mistake> {
    let right = fs::read_to_string(secure.file("admin")).unwrap();
    let password = jaas_password(&right);
    let with = |from: &str, to: &str| {
        assert!(right.contains(from), "{from}");
        right.replace(from, to)
    };
    let quoted = format!("password=\"{password}\"");
    let provider = "config.providers=env\nconfig.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider\n";
    let from_the_environment = |name: &str| {
        let text = with(&password, &format!("${{env:{name}}}"));
        provider.to_owned() + &text
    };
    let lines = right.lines().filter(|line| !line.starts_with("ssl."));
    let in_plaintext = lines.collect::<Vec<_>>().join("\n");
    let in_plaintext = in_plaintext.replace("SASL_SSL", "SASL_PLAINTEXT");
    let mut all = vec![
        ("wrong", with(&password, MISPLACED), 7),
        (
            "nobody",
            with("username=\"admin\"", "username=\"nobody\""),
            7,
        ),
        ("environment", from_the_environment("WRONG_PASSWORD"), 7),
        ("unset", from_the_environment("NOWHERE"), 2),
        ("plaintext", in_plaintext, 7),
        ("quote", with(&quoted, &format!("password=\"{password}")), 2),
        ("semicolon", with(&format!("{quoted};"), &quoted), 2),
        (
            "option",
            with(&quoted, &format!("pasword=\"{password}\"")),
            2,
        ),
        (
            "placeholder",
            with(&quoted, &format!("password=\"<{MISPLACED}>\"")),
            2,
        ),
        (
            "braces",
            with(&quoted, &format!("password=\"{{{{ {MISPLACED} }}}}\"")),
            2,
        ),
        ("module", with("ScramLoginModule", "ScramLoginModul"), 2),
        (
            "escape",
            with(&quoted, &format!("password=\"{password}\\u00zz\"")),
            2,
        ),
        ("key", with("sasl.jaas.config=", "sasl.jaas.confg="), 2),
        ("equals", with("sasl.jaas.config=", "sasl.jaas.config "), 2),
    ];
    all.extend(with_a_line_too_many(secure, &right));
    all
}

/// The right properties, and something behind them that is wrong.
fn with_a_line_too_many(secure: &Secure<'_>, right: &str) -> Vec<Mistake> {
    let store = secure.data.join("client.p12");
    let store = |more: &str| {
        format!(
            "{right}\nssl.keystore.location={}\n{more}\n",
            store.display()
        )
    };
    vec![
        (
            "twice",
            format!("{right}\nsasl.jaas.config={MISPLACED}\n"),
            2,
        ),
        ("both", format!("{right}\nsasl.password={MISPLACED}\n"), 2),
        (
            "misspelt",
            format!("{right}\nsasl.pasword={MISPLACED}\n"),
            2,
        ),
        ("alone", format!("{right}\n{MISPLACED}\n"), 2),
        ("store", store(""), 2),
        (
            "storepassword",
            store(&format!("ssl.keystore.password={MISPLACED}")),
            2,
        ),
        (
            "pem",
            format!(
                "{right}\nssl.keystore.type=PEM\nssl.keystore.key={MISPLACED}\nssl.keystore.certificate.chain={MISPLACED}\n"
            ),
            2,
        ),
    ]
}

fn jaas_password(properties: &str) -> String {
    let (_, rest) = properties.split_once("password=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

fn mistakes(bench: &mut Bench<'_>) {
    for (name, text, code) in mistaken(bench.secure) {
        let file = format!("mistake-{name}.properties");
        write_private(bench.secure.program, &file, &text);
        for flags in ROUNDS {
            let describe = ["describe", "cluster", "--command-config", &file];
            bench.run(&[&describe[..], flags].concat(), code);
        }
        let add = ["context", "add", name, "--command-config", &file, "-v"];
        bench.run(&add, if code == 2 { 2 } else { 0 });
    }
}

/// Manifests with a secret where it is wrong, or wrongly written.
const MISTAKEN: [(&str, &str, i32); 5] = [
    (
        "clear",
        "broker: {brokers: {1: {listener.name.unused.ssl.keystore.password: @}}}",
        2,
    ),
    (
        "key",
        "broker: {brokers: {1: {listener.name.unused.ssl.keystore.pasword: @}}}",
        2,
    ),
    (
        "quote",
        "broker: {brokers: {1: {listener.name.unused.ssl.keystore.password: \"@}}}",
        2,
    ),
    (
        "twice",
        "broker: {brokers: {1: {ssl.keystore.password: @, ssl.keystore.password: @}}}",
        2,
    ),
    (
        "elsewhere",
        "topics: {items: [{name: a, partitions: \"${env:PLANTED}\"}]}",
        2,
    ),
];

fn mistakes_in_manifests(bench: &mut Bench<'_>) {
    let client = bench.secure.file("admin");
    for (name, text, code) in MISTAKEN {
        let file = format!("mistake-{name}.yaml");
        let text = format!("version: 1\n{}\n", text.replace('@', MISPLACED));
        write_private(bench.secure.program, &file, &text);
        for flags in ROUNDS {
            for command in [&["validate"][..], &["plan", "--command-config", &client]] {
                let words = [command, &["-f", &file], flags].concat();
                bench.run(&words, code);
            }
        }
    }
    let clear = [
        "-f",
        "mistake-clear.yaml",
        "-v",
        "--command-config",
        &client,
    ];
    let allow = ["--allow", "sensitive-in-clear"];
    let plan = [&["plan", "--out", "clear.json"], &allow[..], &clear].concat();
    bench.run(&plan, 0);
    bench.run(&[&["apply", "clear.json", "--yes"], &clear[..]].concat(), 0);
    bench.run(&[&["apply", "--yes"], &allow[..], &clear].concat(), 0);
}

/// A context file with a secret in it.
fn a_secret_among_contexts(bench: &mut Bench<'_>) {
    let text = format!(
        "[contexts.clear]\nbootstrap = [\"localhost:1\"]\n[contexts.clear.properties]\n\"security.protocol\" = \"SASL_SSL\"\n\"sasl.mechanism\" = \"PLAIN\"\n\"sasl.username\" = \"me\"\n\"sasl.password\" = \"{MISPLACED}\"\n"
    );
    let file = write_private(bench.secure.program, "mistake.toml", &text);
    for words in [
        &["context", "show", "clear", "-v"][..],
        &["list", "topics", "--context", "clear", "-o", "json"],
    ] {
        let mut command = bench.secure.program.command(words);
        let ran = finish(command.env("TONKAFKA_CONFIG", &file).spawn().unwrap());
        bench.ended(words, ran, 2);
    }
}

/// What is not to be found anywhere, with a name that may be told.
fn secrets(secure: &Secure<'_>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut add = |name: String, secret: &str| {
        let debug = format!("{secret:?}");
        let forms = [
            ("", secret.to_owned()),
            (" in base64", base64(secret)),
            (" in a URL", url_encoded(secret)),
            (
                " as JSON",
                serde_json::to_string(secret)
                    .unwrap()
                    .trim_matches('"')
                    .to_owned(),
            ),
            (" as Rust", debug.trim_matches('"').to_owned()),
        ];
        for (form, text) in forms {
            all.insert(format!("{name}{form}"), text);
        }
    };
    add("PLANTED".to_owned(), PLANTED);
    add("MISPLACED".to_owned(), MISPLACED);
    for (number, secret) in secure.secrets().iter().enumerate() {
        add(format!("password {number}"), secret);
    }
    let mut directories = vec![secure.data.clone()];
    directories
        .extend((0..ROUNDS.len()).map(|round| secure.program.path().join(format!("made{round}"))));
    for directory in &directories {
        for file in ["broker.pem", "client.pem"] {
            let path = directory.join(file);
            let line = key_line(&fs::read_to_string(&path).unwrap());
            all.insert(format!("the key of {}", path.display()), line);
        }
        let kept: Value =
            serde_json::from_slice(&fs::read(directory.join("secure.json")).unwrap()).unwrap();
        let users = kept["users"].as_object().unwrap().iter();
        for (user, secret) in users {
            let secret = secret.as_str().unwrap().to_owned();
            all.insert(format!("{user} of {}", directory.display()), secret);
        }
    }
    all
}

/// A line from the middle of a private key.
fn key_line(pem: &str) -> String {
    let lines: Vec<&str> = pem.lines().collect();
    let begin = lines
        .iter()
        .position(|line| line.contains("PRIVATE KEY"))
        .unwrap();
    lines[begin + 2].to_owned()
}

/// Without the last group of characters, which depends on what follows.
fn base64(text: &str) -> String {
    let whole = &text.as_bytes()[..text.len() / 3 * 3];
    base64::engine::general_purpose::STANDARD.encode(whole)
}

fn url_encoded(text: &str) -> String {
    let bytes = text.bytes();
    let letters = bytes.map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    letters.collect()
}

/// Files that are there to keep a secret.
const KEEPERS: [&str; 9] = [
    "client.properties",
    "internal.properties",
    "operator.properties",
    "producer.properties",
    "consumer.properties",
    "secure.json",
    "stores.password",
    "broker.pem",
    "client.pem",
];

/// Whether a file may have this secret in it.
fn may_hold(secure: &Secure<'_>, path: &Path, secret: &str) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    let parent = path.parent().unwrap();
    let keeps = KEEPERS.contains(&name) || name.contains(".SCRAM-SHA-");
    let made = parent
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .starts_with("made");
    let written_here = parent == secure.program.path() && name.starts_with("mistake");
    // A broker keeps the passwords among its settings in its log of metadata.
    let of_the_broker = path.starts_with(secure.data.join("kafka"));
    let set_at_the_broker = secret.starts_with("PLANTED") || secret.starts_with("MISPLACED");
    written_here || (parent == secure.data || made) && keeps || of_the_broker && set_at_the_broker
}

/// All files but the indices of a broker's logs, which are large and hold numbers.
fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files.extend(files_below(&entry.path()));
        } else if kind.is_file() && !entry.file_name().to_string_lossy().ends_with("index") {
            files.push(entry.path());
        }
    }
    files
}

/// Where a secret is that is not to be there.
fn leaks(bench: &Bench<'_>, seen: &BTreeSet<String>) -> Vec<String> {
    let secrets = secrets(bench.secure);
    let found_in = |text: &str| -> Vec<&String> {
        let found = secrets
            .iter()
            .filter(|(_, secret)| text.contains(secret.as_str()));
        found.map(|(name, _)| name).collect()
    };
    let mut leaks = Vec::new();
    for (words, text) in &bench.said {
        for name in found_in(text) {
            leaks.push(format!("`{words}` says {name}:\n{text}"));
        }
    }
    for line in seen {
        for name in found_in(line) {
            leaks.push(format!("a command line has {name}"));
        }
    }
    for path in files_below(bench.secure.program.path()) {
        let text = fs::read(&path).unwrap_or_default();
        for name in found_in(&String::from_utf8_lossy(&text)) {
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            let is_private = mode == 0o600 || path.starts_with(bench.secure.data.join("kafka"));
            if !may_hold(bench.secure, &path, name) || !is_private {
                leaks.push(format!("{} has {name}, mode {mode:o}", path.display()));
            }
        }
    }
    leaks
}

#[test]
fn none_tells_a_secret() {
    let program = Program::with_manifest(MANIFEST);
    each_command_has_a_line(&program);
    for (name, text) in [
        ("secret.yaml", WITH_A_SECRET),
        ("grown.yaml", GROWN),
        ("unset.yaml", WITHOUT_THE_SECRET),
    ] {
        program.write(name, text);
    }
    write_a_snapshot(&program);
    let planted = "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username=me\nsasl.password=${env:PLANTED}\nconfig.providers=env\nconfig.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider\n";
    write_private(&program, "planted.properties", planted);
    let _running = Running(&program);
    let ((secure, up), mut seen) = watching_processes(|| Secure::up(&program));
    let mut bench = Bench::new(&secure);
    bench.ended(&UP, up, 0);
    let ((), more) = watching_processes(|| {
        rounds(&mut bench);
        mistakes(&mut bench);
        mistakes_in_manifests(&mut bench);
        a_secret_among_contexts(&mut bench);
        up_and_down(&mut bench);
    });
    seen.extend(more);
    let leaks = leaks(&bench, &seen);
    bench.wrong.extend(leaks);
    bench.check();
}
