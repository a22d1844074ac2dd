//! From `up --profile secure` to `down`, using only the files that `up` writes, checked with
//! Apache's tools.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::program::{Program, Ran, words};
use crate::support::apache::{self, Said};
use crate::up::Running;

const MANIFEST: &str = "\
version: 1
broker: {process: {heap: 512M}}
topics: {items: [{name: orders, partitions: 1}]}
";

pub const UP: [&str; 7] = [
    "up",
    "--engine",
    "native",
    "--profile",
    "secure",
    "--port",
    "0",
];

/// A running secure cluster, with its addresses and files.
pub struct Secure<'a> {
    pub program: &'a Program,
    pub data: PathBuf,
    pub bootstrap: String,
}

impl<'a> Secure<'a> {
    pub fn up(program: &'a Program) -> (Self, Ran) {
        let up = program.run(&UP).exits(0);
        let status = program.run(&["status", "-o", "json"]).exits(0).json();
        let cluster = &status["cluster"];
        let text = |name: &str| cluster[name].as_str().unwrap().to_owned();
        let secure = Self {
            program,
            data: text("dataDir").into(),
            bootstrap: text("bootstrap"),
        };
        (secure, up)
    }

    pub fn file(&self, user: &str) -> String {
        let name = if user == "admin" { "client" } else { user };
        let path = self.data.join(format!("{name}.properties"));
        path.display().to_string()
    }

    /// Every secret in clear: passwords of users and of stores.
    pub fn secrets(&self) -> Vec<String> {
        let kept = fs::read(self.data.join("secure.json")).unwrap();
        let kept: Value = serde_json::from_slice(&kept).unwrap();
        let users = kept["users"].as_object().unwrap().values();
        let all = users.chain([&kept["storePassword"]]);
        all.map(|secret| secret.as_str().unwrap().to_owned())
            .collect()
    }

    fn tool(&self, user: &str, main_class: &str, arguments: &[&str]) -> Said {
        let file = self.file(user);
        let with = [&["--command-config", &file], arguments].concat();
        apache::run(main_class, &self.bootstrap, &with)
    }

    fn topics(&self, user: &str, arguments: &[&str]) -> Said {
        self.tool(user, "org.apache.kafka.tools.TopicCommand", arguments)
    }

    fn produce(&self, user: &str, value: &str) -> Said {
        let main_class = "org.apache.kafka.tools.ConsoleProducer";
        let file = self.file(user);
        let arguments = ["--command-config", &file, "--topic", "orders", "--sync"];
        apache::run_with_input(main_class, &self.bootstrap, &arguments, value)
    }

    fn consume(&self, user: &str) -> Said {
        let main_class = "org.apache.kafka.tools.consumer.ConsoleConsumer";
        let from = ["--topic", "orders", "--from-beginning", "--group", "g"];
        let until = ["--max-messages", "1", "--timeout-ms", "15000"];
        self.tool(user, main_class, &[&from[..], &until].concat())
    }

    fn acls(&self, user: &str, arguments: &[&str]) -> Said {
        self.tool(user, "org.apache.kafka.tools.AclCommand", arguments)
    }
}

/// Expects a refusal for a missing permission.
#[track_caller]
fn not_permitted(said: &Said) {
    let words = format!("{}{}", said.stdout, said.stderr);
    let refused = ["AuthorizationException", "uthorization failed"];
    assert!(
        refused.iter().any(|refused| words.contains(refused)),
        "{words}"
    );
}

/// The command lines of all processes while `work` runs.
pub fn watching_processes<T>(work: impl FnOnce() -> T) -> (T, BTreeSet<String>) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut seen = BTreeSet::new();
            while !done.load(Ordering::Relaxed) {
                seen.extend(command_lines());
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            seen
        });
        let worked = work();
        done.store(true, Ordering::Relaxed);
        (worked, watcher.join().unwrap())
    })
}

fn command_lines() -> impl Iterator<Item = String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
}

#[track_caller]
pub fn free_of(secrets: &[String], what: &str, text: &str) {
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{what} has a secret");
    }
}

fn modes(directory: &Path) -> Vec<(String, u32)> {
    let entries = fs::read_dir(directory).unwrap().flatten();
    let mut modes: Vec<(String, u32)> = entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, entry.metadata().unwrap().permissions().mode() & 0o777)
        })
        .collect();
    modes.sort();
    modes
}

#[test]
fn each_user_does_what_it_may_and_no_more() {
    let program = Program::with_manifest(MANIFEST);
    let _running = Running(&program);
    let ((secure, up), seen) = watching_processes(|| Secure::up(&program));
    tells_no_secret(&secure, &up, &seen);
    is_private(&secure);
    tools_accept_the_stores(&secure);
    strangers_get_nothing(&secure);

    // The admin may do everything.
    secure.topics("admin", &["--create", "--topic", "own"]).ok();
    let listed = secure.acls("admin", &["--list"]).ok();
    for user in ["operator", "producer", "consumer"] {
        assert!(
            listed.contains(&format!("principal=User:{user},")),
            "{listed}"
        );
    }
    assert!(!listed.contains("operation=ALL"), "{listed}");

    let create = words("--create --topic made --config retention.ms=1000");
    secure.topics("operator", &create).ok();
    secure
        .topics(
            "operator",
            &["--alter", "--topic", "made", "--partitions", "2"],
        )
        .ok();
    secure
        .topics("operator", &["--delete", "--topic", "made"])
        .ok();
    let grant = words("--add --allow-principal User:operator --operation All");
    not_permitted(&secure.acls("operator", &[&grant[..], &["--topic", "*"]].concat()));
    not_permitted(&secure.produce("operator", "forged"));

    secure.produce("producer", "first").ok();
    // This tool logs the error, and exits with success.
    assert_eq!(secure.consume("producer").stdout, "");
    not_permitted(&secure.topics("producer", &["--create", "--topic", "no"]));

    assert_eq!(secure.consume("consumer").ok(), "first\n");
    not_permitted(&secure.produce("consumer", "forged"));
    not_permitted(&secure.topics("consumer", &["--delete", "--topic", "orders"]));
    let groups = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
    let listed = secure.tool("operator", groups, &["--list"]).ok();
    assert_eq!(listed, "g\n");
}

/// No password is printed, logged, or visible in a process list.
fn tells_no_secret(secure: &Secure<'_>, up: &Ran, seen: &BTreeSet<String>) {
    let secrets = secure.secrets();
    assert_eq!(secrets.len(), 5);
    free_of(&secrets, "up", &format!("{}{}", up.stdout, up.stderr));
    let tools: Vec<&String> = seen
        .iter()
        .filter(|line| line.contains("kafka.tools.StorageTool"))
        .collect();
    assert!(!tools.is_empty(), "the formatting was not seen");
    for line in seen {
        free_of(&secrets, "a command line", line);
    }
    let status = secure.program.run(&["status"]).exits(0);
    free_of(&secrets, "status", &status.stdout);
    let state = secure.data.parent().unwrap();
    for name in ["cluster.json", "kafka.log", "server.properties"] {
        let text = fs::read_to_string(state.join(name)).unwrap();
        free_of(&secrets, name, &text);
    }
    for words in [
        "protocol      SASL_SSL with SCRAM-SHA-256\n",
        "certificates  until 20",
        &format!("user operator  {}\n", secure.file("operator"))[..],
    ] {
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (told, words) = (squeezed(&status.stdout), squeezed(words));
        assert!(told.contains(&words), "{}", status.stdout);
    }
    let with_kafkas = format!(
        "kafka-topics.sh --list --bootstrap-server {} --command-config {}\n",
        secure.bootstrap,
        secure.file("admin")
    );
    for words in ["tonkafka describe --context local", &with_kafkas] {
        up.stdout_has(words);
    }
}

/// All files of the cluster are private to their owner.
fn is_private(secure: &Secure<'_>) {
    let mode = fs::metadata(&secure.data).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let found = modes(&secure.data);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        ".tonkafka",
        "broker.p12",
        "broker.pem",
        "ca.pem",
        "client.p12",
        "client.pem",
        "client.properties",
        "consumer.properties",
        "kafka",
        "operator.properties",
        "producer.properties",
        "secure.json",
        "stores.password",
        "truststore.p12",
    ];
    assert_eq!(names, expected);
    for (name, mode) in found {
        let expected = if name == "kafka" { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{name}");
    }
}

/// Java and OpenSSL can read the PKCS#12 stores, and their certificates are valid.
fn tools_accept_the_stores(secure: &Secure<'_>) {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(&secure.data)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let also = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {said}{also}"
        );
        said + &also
    };
    for (store, entry) in [
        ("broker.p12", "broker, "),
        ("client.p12", "admin, "),
        ("truststore.p12", "trustedCertEntry"),
    ] {
        let password = ["-storepass:file", "stores.password"];
        let list = ["-list", "-storetype", "PKCS12", "-keystore", store];
        let said = run("keytool", &[&list[..], &password].concat());
        assert!(said.contains(entry), "{said}");
        let check = ["pkcs12", "-noout", "-passin", "file:stores.password", "-in"];
        run("openssl", &[&check[..], &[store]].concat());
    }
    for certificate in ["broker.pem", "client.pem"] {
        run(
            "openssl",
            &["verify", "-x509_strict", "-CAfile", "ca.pem", certificate],
        );
    }
    for name in ["localhost", "127.0.0.1", "::1"] {
        let kind = if name == "localhost" {
            "-checkhost"
        } else {
            "-checkip"
        };
        let said = run(
            "openssl",
            &["x509", "-noout", "-in", "broker.pem", kind, name],
        );
        assert!(said.contains("does match"), "{said}");
    }
}

/// Access fails without a password, with a wrong one, without TLS, and without a certificate.
fn strangers_get_nothing(secure: &Secure<'_>) {
    let text = fs::read_to_string(secure.file("admin")).unwrap();
    let soon = "default.api.timeout.ms=6000\nrequest.timeout.ms=5000\n";
    let try_with = |name: &str, text: String, bootstrap: &str| {
        let file = secure.program.write(name, &(text + soon));
        let file = file.display().to_string();
        let arguments = ["--command-config", &file, "--list"];
        apache::topics(bootstrap, &arguments)
    };
    let right = &secure.secrets()[0];
    let wrong = text.replace(right.as_str(), "wrong");
    assert_ne!(wrong, text);
    let said = try_with("wrong.properties", wrong, &secure.bootstrap);
    assert!(!said.success);
    let words = "invalid credentials with SASL mechanism SCRAM-SHA-256";
    assert!(
        format!("{}{}", said.stdout, said.stderr).contains(words),
        "{said:?}"
    );

    let status = secure
        .program
        .run(&["status", "-o", "json"])
        .exits(0)
        .json();
    for listener in ["EXTERNAL", "INTERNAL", "CONTROLLER"] {
        let at = format!("localhost:{}", status["cluster"]["ports"][listener]);
        let said = try_with("plain.properties", String::new(), &at);
        assert!(!said.success, "{listener}: {said:?}");
        assert!(!said.stdout.contains("orders"), "{said:?}");
        let ca = secure.data.join("ca.pem").display().to_string();
        let tls = format!(
            "security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location={ca}\n"
        );
        let said = try_with("tls.properties", tls, &at);
        assert!(!said.success, "{listener}: {said:?}");
        assert!(!said.stdout.contains("orders"), "{said:?}");
    }
}

#[test]
fn a_restart_keeps_users_and_the_end_of_data_forgets_them() {
    let program = Program::with_manifest(MANIFEST);
    let running = Running(&program);
    let (secure, _) = Secure::up(&program);
    let secrets = secure.secrets();
    let ca = fs::read_to_string(secure.data.join("ca.pem")).unwrap();
    let contexts = || fs::read_to_string(program.path().join("home/config/tonkafka/config.toml"));
    let admin = secure.file("admin");
    let context = |at: &str| {
        format!("[contexts.local]\nbootstrap = [\"{at}\"]\ncommand-config = \"{admin}\"\n")
    };
    assert_eq!(contexts().unwrap(), context(&secure.bootstrap));

    let again = program.run(&UP).exits(0);
    let words = "already running; nothing was changed\n";
    again.stdout_starts(words);
    program
        .run(&["plan", "--exit-code", "--context", "local"])
        .exits(0);
    program.run(&["down"]).exits(0);

    // An `up` without the profile does not open secured data.
    let open = ["up", "--engine", "native", "--port", "0"];
    let refused = program.run(&open).exits(4);
    let words = "was made with `--profile secure`, and data keeps its profile\nhint: pass `--profile secure`, ";
    refused.stderr_has(words);

    let (secure, _) = Secure::up(&program);
    assert_eq!(secure.secrets(), secrets);
    assert_eq!(fs::read_to_string(secure.data.join("ca.pem")).unwrap(), ca);
    assert_eq!(contexts().unwrap(), context(&secure.bootstrap));
    secure.produce("producer", "after").ok();
    assert_eq!(secure.consume("consumer").ok(), "after\n");

    let down = program.run(&["down", "--delete-data"]).exits(0);
    let told = format!(
        "stopped the cluster at {}\ndeleted {}\nremoved the context `local`\n",
        secure.bootstrap,
        secure.data.display()
    );
    assert_eq!(down.stdout, told);
    assert!(!secure.data.exists());
    assert_eq!(contexts().unwrap(), "");
    drop(running);
}

#[test]
fn a_context_of_the_users_own_stays() {
    let program = Program::with_manifest(MANIFEST);
    let _running = Running(&program);
    let own = "current = \"local\"\n\n[contexts.local]\nbootstrap = [\"elsewhere:9092\"]\n";
    fs::create_dir_all(program.path().join("home/config/tonkafka")).unwrap();
    let file = program.write("home/config/tonkafka/config.toml", own);
    let (secure, up) = Secure::up(&program);
    let admin = secure.file("admin");
    let words = format!(
        "there is a context `local` of your own, which stays: pass `--command-config {admin}`"
    );
    up.stderr_has(&words);
    let words = format!("tonkafka describe --command-config {admin}");
    up.stdout_has(&words);
    assert_eq!(fs::read_to_string(&file).unwrap(), own);
    let plan = ["plan", "--exit-code", "--command-config", &admin];
    program.run(&plan).exits(0);
    let down = program.run(&["down", "--delete-data"]).exits(0);
    assert!(!down.stdout.contains("context"), "{}", down.stdout);
    assert_eq!(fs::read_to_string(&file).unwrap(), own);
}
