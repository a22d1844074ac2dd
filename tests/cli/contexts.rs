//! `context`, `--context` and `--command-config`, word for word.

use std::fs;

use tonkafka::cluster::fake::State;

use crate::fake::{Bench, holding, topic};
use crate::program::{Program, Ran};

const MANIFEST: &str = "version: 1\ntopics: {items: [{name: a, partitions: 1}]}\n";

/// Clusters in files, each with a topic of its file's name.
fn clusters(names: &[&str]) -> Program {
    let program = Program::new();
    for name in names {
        let state = holding(&[(name, topic(1, &[]))]);
        program.write(name, &serde_json::to_string(&state).unwrap());
    }
    program
}

/// Which of the clusters `list topics` means.
fn meant(program: &Program, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let words = [&["list", "topics"], arguments].concat();
    let ran = run(program, &words, variables).exits(0);
    ran.stdout.trim().to_owned()
}

fn run(program: &Program, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = program.command(arguments);
    command.envs(variables.iter().copied());
    crate::program::finish(command.spawn().unwrap())
}

#[test]
fn contexts_are_added_chosen_and_shown() {
    let program = clusters(&["near", "far"]);
    let empty = program.run(&["context", "list"]).exits(0);
    assert_eq!(
        empty.stdout,
        "no contexts; `tonkafka context add NAME -b HOST:PORT` adds one\n"
    );
    let none = program.run(&["context", "show"]).exits(2);
    assert_eq!(
        none.stderr,
        "error: no context is current\nhint: name one, or choose one with `tonkafka context use NAME`\n"
    );

    let file = program.path().join("home/config/tonkafka/config.toml");
    let added = program.run(&["context", "add", "near", "-b", "fake:near"]);
    assert_eq!(
        added.exits(0).stdout,
        format!("`near` is in {}\n", file.display())
    );
    let far = ["context", "add", "far", "-b", "fake:far", "--use"];
    program.run(&far).exits(0);
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "current = \"far\"\n[contexts.near]\nbootstrap = [\"fake:near\"]\n\n[contexts.far]\nbootstrap = [\"fake:far\"]\n"
    );
    let listed = program.run(&["context", "list"]).exits(0);
    assert_eq!(
        listed.stdout,
        "\
CURRENT  NAME  BOOTSTRAP  COMMAND-CONFIG
*        far   fake:far   -
         near  fake:near  -
"
    );
    assert_eq!(meant(&program, &[], &[]), "far");
    let used = program.run(&["context", "use", "near"]).exits(0);
    assert_eq!(used.stdout, "commands now mean `near`\n");
    assert_eq!(meant(&program, &[], &[]), "near");
    let shown = program.run(&["context", "show", "-o", "json"]).exits(0);
    let shown = shown.json();
    assert_eq!(shown["kind"], "Context");
    assert_eq!(shown["name"], "near");
    assert_eq!(shown["bootstrap"][0], "fake:near");

    let again = program.run(&far[..5]).exits(2);
    assert_eq!(
        again.stderr,
        "error: there is a context `far` already\nhint: to write it anew, with what you say now alone, pass `--replace`\n"
    );
    let replaced = [&far[..4], &["fake:near", "--replace"]].concat();
    program.run(&replaced).exits(0);
    assert_eq!(meant(&program, &["--context", "far"], &[]), "near");
    let wrong = program.run(&["context", "use", "nera"]).exits(2);
    assert_eq!(
        wrong.stderr,
        "error: there is no context `nera`\nhint: did you mean `near`?\n"
    );
    for (name, words) in [
        ("a b", "error: `a b` cannot be a context's name\n"),
        ("", "error: `` cannot be a context's name\n"),
    ] {
        let ran = program.run(&["context", "add", name, "-b", "x:1"]).exits(2);
        assert!(ran.stderr.starts_with(words), "{}", ran.stderr);
    }
    let nowhere = program.run(&["context", "add", "x"]).exits(2);
    assert_eq!(
        nowhere.stderr,
        "error: a context needs the address of a broker\nhint: add `-b HOST:PORT`, or a `--command-config` file with `bootstrap.servers`\n"
    );
}

#[test]
fn the_strongest_name_of_a_cluster_counts() {
    let program = clusters(&["flag", "variable", "named", "chosen", "file", "manifest"]);
    for name in ["named", "chosen"] {
        let address = format!("fake:{name}");
        program
            .run(&["context", "add", name, "-b", &address])
            .exits(0);
    }
    program.write("file.properties", "bootstrap.servers=fake:file\n");
    let file: &[&str] = &["--command-config", "file.properties"];
    let in_file = &[("TONKAFKA_COMMAND_CONFIG", "file.properties")];
    let variable: &[(&str, &str)] = &[("TONKAFKA_BOOTSTRAP_SERVER", "fake:variable")];
    let context: &[(&str, &str)] = &[("TONKAFKA_CONTEXT", "named")];
    let both = [variable, context].concat();

    assert_eq!(meant(&program, file, &[]), "file");
    assert_eq!(meant(&program, &[], in_file), "file");
    program.run(&["context", "use", "chosen"]).exits(0);
    assert_eq!(meant(&program, &[], &[]), "chosen");
    assert_eq!(meant(&program, file, &[]), "file");
    assert_eq!(meant(&program, &[], context), "named");
    assert_eq!(meant(&program, file, context), "named");
    assert_eq!(meant(&program, &[], variable), "variable");
    assert_eq!(meant(&program, &[], &both), "variable");
    assert_eq!(meant(&program, &["--context", "named"], variable), "named");
    assert_eq!(meant(&program, &["-b", "fake:flag"], &both), "flag");
    let two = ["-b", "fake:flag", "--context", "named"];
    assert_eq!(meant(&program, &two, &both), "flag");

    // A cluster that is named elsewhere needs no file of contexts, not even a sound one.
    program.write("broken.toml", "current = ");
    let broken: &[(&str, &str)] = &[("TONKAFKA_CONFIG", "broken.toml")];
    assert_eq!(meant(&program, &["-b", "fake:flag"], broken), "flag");
    let ran = run(&program, &["list", "topics"], broken).exits(2);
    assert!(
        ran.stderr.starts_with("error: broken.toml:1: "),
        "{}",
        ran.stderr
    );

    let address = "version: 1\ncluster: {bootstrap: [x:1]}\ntopics: {items: []}\n";
    program.write("topics.yaml", address);
    let plan = program.run(&["plan", "-v"]).exits(0);
    let first: Vec<&str> = plan.stderr.lines().take(3).collect();
    assert_eq!(
        first,
        [
            "bootstrap.servers=fake:chosen (context chosen)",
            "security.protocol=PLAINTEXT (default)",
            "cluster fake-cluster at fake:chosen (from context chosen)",
        ]
    );
}

#[test]
fn a_context_is_tried_out() {
    let bench = Bench::new(MANIFEST, &holding(&[]));
    bench.program.write(
        "ops.properties",
        "bootstrap.servers=fake:cluster.json\nretries=3\nclient.id=ops\n",
    );
    let add = [
        "context",
        "add",
        "ops",
        "--command-config",
        "ops.properties",
    ];
    bench.program.run(&add).exits(0);
    let ran = bench.program.run(&["context", "test", "ops"]).exits(0);
    let (start, rest) = ran.stdout.split_once(" after ").unwrap();
    assert_eq!(
        start,
        "cluster fake-cluster with 1 broker answers at fake:cluster.json (from context ops) over PLAINTEXT"
    );
    assert!(
        rest.ends_with(" ms\nkeys of the properties file that change nothing here: retries\n"),
        "{rest}"
    );
    let shown = bench.program.run(&["context", "show", "ops"]).exits(0);
    let path = bench.program.path().join("ops.properties");
    assert!(shown.stdout.contains("bootstrap       in its file\n"));
    assert!(shown.stdout.contains(&path.display().to_string()));

    let gone = ["context", "add", "gone", "-b", "127.0.0.1:1"];
    bench.program.run(&gone).exits(0);
    let ran = bench
        .program
        .run(&["context", "test", "gone", "--timeout", "5s"]);
    assert!(
        ran.exits(7)
            .stderr
            .starts_with("error: cannot reach 127.0.0.1:1: ")
    );
}

/// What is wrong with a properties file, each with its line.
#[test]
fn a_properties_file_is_read_strictly() {
    let program = clusters(&["near"]);
    let cases = [
        (
            "retires=3",
            "1: no client of Kafka knows the key `retires`",
            "did you mean `retries`?",
        ),
        (
            "a\nb=1",
            "1: the line has no `=`\nhint: write `key=value`\nerror: FILE:2: no client of Kafka knows the key `b`",
            "keys are those of Kafka's clients or of librdkafka",
        ),
        (
            "\nsecurity.protocol=SASL_SSL",
            "2: `security.protocol=SASL_SSL` is there without `sasl.mechanism`: Kafka's default is GSSAPI, which is not supported",
            "set `sasl.mechanism` to one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER and AWS_MSK_IAM",
        ),
        (
            "security.protocol=TLS",
            "1: `TLS` is no security protocol",
            "Kafka has PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL",
        ),
        (
            "ssl.truststore.location=x.jks",
            "1: `ssl.truststore.location` does nothing: `security.protocol` is not set",
            "set `security.protocol` to SSL or SASL_SSL, or remove the key",
        ),
        (
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.jaas.config=secret",
            "3: `sasl.jaas.config`: `required` is missing after the login module",
            "its form is `MODULE required KEY=\"VALUE\" …;`",
        ),
        (
            "bootstrap.servers=a:1\nmetadata.broker.list=b:1",
            "2: `metadata.broker.list` says again where the brokers are",
            "keep one of `bootstrap.servers` and `metadata.broker.list`",
        ),
        (
            "retries=1\nretries=2",
            "2: `retries` is there twice, first in line 1",
            "remove one of the two",
        ),
    ];
    for (text, message, hint) in cases {
        program.write("FILE", text);
        let arguments = [
            "list",
            "topics",
            "-b",
            "fake:near",
            "--command-config",
            "FILE",
        ];
        let ran = program.run(&arguments).exits(2);
        let start = format!("error: FILE:{message}");
        assert!(ran.stderr.starts_with(&start), "{}", ran.stderr);
        assert!(
            ran.stderr.ends_with(&format!("hint: {hint}\n")),
            "{}",
            ran.stderr
        );
        assert!(!ran.stderr.contains("secret"));
    }
    program.write("FILE", &"x\n".repeat(60));
    let many = program
        .run(&["list", "topics", "--command-config", "FILE"])
        .exits(2);
    assert_eq!(many.stderr.matches("error: ").count(), 50);
    assert!(many.stderr.ends_with("\nand 10 more\n"), "{}", many.stderr);
    let missing = program
        .run(&["list", "topics", "--command-config", "none"])
        .exits(2);
    assert_eq!(
        missing.stderr,
        "error: cannot read none: No such file or directory (os error 2)\nhint: name a properties file with `--command-config`\n"
    );
    let directory = program
        .run(&["list", "topics", "--command-config", "."])
        .exits(2);
    assert!(
        directory
            .stderr
            .starts_with("error: cannot read .: it is no plain file\n")
    );
}

#[test]
fn a_command_without_a_manifest_takes_its_address_where_nothing_else_names_one() {
    let program = Program::new();
    let state = serde_json::to_string(&State::default()).unwrap();
    let file = program.write("cluster.json", &state);
    let address = format!("fake:{}", file.display());
    let manifest = "version: 1\ncluster: { bootstrap: ['localhost:1'] }\n";
    program.write("topics.yaml", manifest);
    let ran = program.run(&["list", "brokers"]).exits(7);
    let start = "error: cannot reach localhost:1: ";
    assert!(ran.stderr.starts_with(start), "{}", ran.stderr);
    // A manifest that cannot be read matters only where it is asked.
    program.write("topics.yaml", "version: 2\n");
    program.run(&["list", "brokers"]).exits(2);
    program.run(&["list", "brokers", "-b", &address]).exits(0);
}

#[test]
fn contexts_that_are_added_at_once_are_all_there() {
    let program = Program::new();
    let children: Vec<_> = (0..20)
        .map(|number| {
            let name = format!("n{number}");
            let add = ["context", "add", &name, "-b", "x:1"];
            program.command(&add).spawn().unwrap()
        })
        .collect();
    for child in children {
        crate::program::finish(child).exits(0);
    }
    let listed = program.run(&["context", "list", "-o", "json"]).exits(0);
    assert_eq!(listed.json()["contexts"].as_array().unwrap().len(), 20);
}

/// Runs without a variable that names a directory of the user's.
fn homeless(program: &Program, arguments: &[&str], home: Option<&str>, uid: Option<u32>) -> Ran {
    use std::os::unix::process::CommandExt as _;
    let mut command = program.command(arguments);
    for name in [
        "HOME",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "XDG_CACHE_HOME",
    ] {
        command.env_remove(name);
    }
    command.env("TMPDIR", program.path().join("tmp"));
    if let Some(home) = home {
        command.env("HOME", home);
    }
    if let Some(uid) = uid {
        command.uid(uid);
    }
    crate::program::finish(command.spawn().unwrap())
}

#[test]
fn without_a_home_nothing_is_read_from_a_shared_directory() {
    let program = clusters(&["evil"]);
    let planted = program.path().join("tmp/tonkafka");
    fs::create_dir_all(&planted).unwrap();
    let text = format!(
        "current = \"evil\"\n[contexts.evil]\nbootstrap = [\"fake:{}\"]\n",
        program.path().join("evil").display()
    );
    fs::write(planted.join("config.toml"), text).unwrap();
    // The password database's home counts.
    let ran = homeless(&program, &["context", "list"], None, None).exits(0);
    assert!(!ran.stdout.contains("evil"), "{}", ran.stdout);
    homeless(&program, &["backup", "list"], None, None).exits(0);
    for (arguments, what, variable) in [
        (&["context", "list"][..], "configuration", "XDG_CONFIG_HOME"),
        (&["list", "topics"], "configuration", "XDG_CONFIG_HOME"),
        (&["backup", "list"], "state", "XDG_STATE_HOME"),
        (&["status"], "state", "XDG_STATE_HOME"),
    ] {
        let told = |reason: &str| {
            format!(
                "error: {reason}, so there is no directory for {what}\nhint: set `HOME` or `{variable}` to an absolute path\n"
            )
        };
        let ran = homeless(&program, arguments, Some("relative"), None).exits(2);
        assert_eq!(
            ran.stderr,
            told("`HOME` is no absolute path"),
            "{arguments:?}"
        );
        if rustix::process::geteuid().is_root() && may_be_run_by_others() {
            let ran = homeless(&program, arguments, None, Some(47_110)).exits(2);
            let reason = "`HOME` is not set, and the password database names no home of this user";
            assert_eq!(ran.stderr, told(reason), "{arguments:?}");
        }
    }
}

/// Whether another user reaches the program.
fn may_be_run_by_others() -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_tonkafka"));
    program.ancestors().all(|path| {
        let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
        mode & 0o005 == 0o005
    })
}

const PLAIN_LOGIN: &str = "\
security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.username=ops
sasl.password=hunter2
";

/// Writes a file that only its owner may read.
fn private(program: &Program, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = program.write(name, text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_login_in_the_open_has_to_be_meant() {
    let program = Program::new();
    private(&program, "plain.properties", PLAIN_LOGIN);
    let file = ["--command-config", "plain.properties", "--timeout", "1s"];
    let far = [&["list", "topics", "-b", "kafka.invalid:9092"], &file[..]].concat();
    let refused = "\
error: plain.properties:1: the login at kafka.invalid:9092 would not be encrypted
hint: use `security.protocol=SASL_SSL`; if it is meant, pass `--allow-plaintext-login`, or set `allow-plaintext-login = true` in the context
";
    assert_eq!(program.run(&far).exits(2).stderr, refused);
    let meant = [&far[..], &["--allow-plaintext-login"]].concat();
    let ran = program.run(&meant).exits(7);
    assert!(
        ran.stderr
            .starts_with("error: cannot reach kafka.invalid:9092"),
        "{}",
        ran.stderr
    );
    for near in ["localhost:1", "127.0.0.1:1", "[::1]:1"] {
        let ran = program.run(&[&["list", "topics", "-b", near], &file[..]].concat());
        ran.exits(7);
    }

    let add = [
        "context",
        "add",
        "far",
        "-b",
        "kafka.invalid:9092",
        "--command-config",
        "plain.properties",
    ];
    program.run(&add).exits(0);
    let list = ["list", "topics", "--context", "far", "--timeout", "1s"];
    program.run(&list).exits(2);
    program
        .run(&[&add[..], &["--replace", "--allow-plaintext-login"]].concat())
        .exits(0);
    let config = fs::read_to_string(program.path().join("home/config/tonkafka/config.toml"));
    assert!(config.unwrap().contains("allow-plaintext-login = true\n"));
    program.run(&list).exits(7);
    let shown = program.run(&["context", "show", "far"]).exits(0);
    assert!(
        shown.stdout.contains("allow-plaintext-login  true\n"),
        "{}",
        shown.stdout
    );

    // A mirror has two sides, and either may be the one.
    let mirror = [
        "mirror",
        "x",
        "--from-bootstrap-server",
        "kafka.invalid:1",
        "--to-bootstrap-server",
        "localhost:1",
    ];
    for side in ["--from-command-config", "--to-command-config"] {
        let ran =
            program.run(&[&mirror[..], &[side, "plain.properties", "--timeout", "1s"]].concat());
        let expected = if side.starts_with("--from") { 2 } else { 7 };
        ran.exits(expected);
    }
}

#[test]
fn brokers_that_are_not_verified_have_to_be_meant() {
    let program = Program::new();
    let text = "security.protocol=SSL\nenable.ssl.certificate.verification=false\n";
    private(&program, "any.properties", text);
    let list = [
        "list",
        "topics",
        "-b",
        "localhost:1",
        "--command-config",
        "any.properties",
        "--timeout",
        "1s",
    ];
    let refused = program.run(&list).exits(2);
    assert_eq!(
        refused.stderr,
        "\
error: any.properties:2: `enable.ssl.certificate.verification=false` lets anybody be a broker and read what is sent
hint: name the authority with `ssl.truststore.location` or `ssl.ca.location`; if it is meant, pass `--allow-unverified-tls`, or set `allow-unverified-tls = true` in the context
"
    );
    let ran = program
        .run(&[&list[..], &["--allow-unverified-tls"]].concat())
        .exits(7);
    let start = "warning: the certificates of brokers are not verified\nerror: ";
    assert!(ran.stderr.starts_with(start), "{}", ran.stderr);
}

/// What is named beside a name would be ignored.
#[test]
fn a_name_and_flags_are_two_things() {
    let program = clusters(&["near", "far"]);
    program
        .run(&["context", "add", "near", "-b", "fake:near", "--use"])
        .exits(0);
    program.write(
        "far.properties",
        "bootstrap.servers=fake:far\nclient.id=far\n",
    );
    for command in ["test", "show"] {
        for (flag, value, told) in [
            ("--command-config", "far.properties", "--command-config"),
            ("-b", "fake:far", "--bootstrap-server"),
            ("--context", "near", "--context"),
        ] {
            let ran = program
                .run(&["context", command, "near", flag, value])
                .exits(2);
            let expected = format!(
                "error: `{told}` and the name `near` say two things\nhint: leave out the name: `tonkafka context {command}` takes what flags say, as every command does\n"
            );
            assert_eq!((ran.stdout.as_str(), ran.stderr), ("", expected));
        }
    }
    let file = ["--command-config", "far.properties"];
    let ran = program
        .run(&[&["context", "test"], &file[..]].concat())
        .exits(0);
    assert!(
        ran.stdout.contains(" at fake:far (from --command-config) "),
        "{}",
        ran.stdout
    );
    let ran = program
        .run(&[&["context", "show"], &file[..]].concat())
        .exits(0);
    assert_eq!(
        ran.stdout,
        "\
WHAT            VALUE
bootstrap       fake:far
command-config  far.properties
protocol        PLAINTEXT

SETTING            VALUE      FROM
bootstrap.servers  fake:far   far.properties:1
client.id          far        far.properties:2
security.protocol  PLAINTEXT  default
"
    );
    let both = [
        &["context", "show", "-b", "fake:near", "-o", "json"],
        &file[..],
    ]
    .concat();
    let shown = program.run(&both).exits(0).json();
    assert_eq!(shown["name"], serde_json::Value::Null);
    assert_eq!(shown["settings"][0]["from"], "--bootstrap-server");
    let other = [("TONKAFKA_CONTEXT", "near")];
    let ran = run(&program, &["context", "show"], &other).exits(0);
    assert!(
        ran.stdout.contains("name            near\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_context_that_names_the_address_is_told() {
    let program = clusters(&["near"]);
    program.write("f.properties", "bootstrap.servers=fake:near\n");
    let add = [
        "context",
        "add",
        "near",
        "-b",
        "fake:near",
        "--command-config",
        "f.properties",
        "--use",
    ];
    program.run(&add).exits(0);
    let ran = program.run(&["list", "topics", "-v"]).exits(0);
    let first = ran.stderr.lines().next();
    assert_eq!(first, Some("bootstrap.servers=fake:near (context near)"));
    let ran = program.run(&["context", "show"]).exits(0);
    assert!(
        ran.stdout
            .contains("bootstrap.servers  fake:near  context near\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn what_a_context_had_before_it_was_written_anew_is_told() {
    let program = clusters(&["near"]);
    program.write("f.properties", "client.id=f\n");
    program.write(
        "config.toml",
        &format!("{INLINE}\"sasl.jaas.config\" = \"M required username='u' password='hunter2';\"\n[contexts.far]\nbootstrap = ['fake:near']\ncommand-config = 'f.properties'\nallow-plaintext-login = true\n"),
    );
    let config = [("TONKAFKA_CONFIG", "config.toml")];
    let add =
        |name: &str| ["context", "add", name, "-b", "fake:near", "--replace"].map(str::to_owned);
    let anew = |name: &str| {
        let words = add(name);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        run(&program, &words, &config).exits(0).stderr
    };
    assert_eq!(
        anew("test"),
        "\
`test` is written anew, and no longer has:
  properties.\"security.protocol\" = SASL_PLAINTEXT
  properties.\"sasl.mechanism\" = SCRAM-SHA-256
  properties.\"sasl.username\" = ops
  properties.\"sasl.password\" = (hidden)
  properties.\"sasl.jaas.config\" = M username=u password=(hidden)
"
    );
    assert_eq!(
        anew("far"),
        "\
`far` is written anew, and no longer has:
  command-config = f.properties
  allow-plaintext-login = true
"
    );
    assert_eq!(anew("far"), "");
    assert_eq!(anew("new"), "");
}

#[test]
fn a_context_is_removed() {
    let program = clusters(&["near", "far"]);
    for name in ["near", "far", "third"] {
        program
            .run(&["context", "add", name, "-b", "fake:near"])
            .exits(0);
    }
    program.run(&["context", "use", "near"]).exits(0);
    let file = program.path().join("home/config/tonkafka/config.toml");
    let ran = program.run(&["context", "remove", "far"]).exits(0);
    let told = |name: &str| format!("`{name}` is no longer in {}\n", file.display());
    assert_eq!((ran.stdout, ran.stderr.as_str()), (told("far"), ""));
    let ran = program.run(&["context", "delete", "near"]).exits(0);
    assert_eq!(
        (ran.stdout, ran.stderr.as_str()),
        (
            told("near"),
            "`near` was the current context, and none is now: `tonkafka context use NAME` chooses one\n"
        )
    );
    assert_eq!(
        fs::read_to_string(&file).unwrap().trim(),
        "[contexts.third]\nbootstrap = [\"fake:near\"]"
    );
    let ran = program.run(&["context", "remove", "near"]).exits(2);
    assert_eq!(
        ran.stderr,
        "error: there is no context `near`\nhint: there are: third\n"
    );
    let ran = program
        .run(&["context", "remove", "third", "-o", "json"])
        .exits(0);
    assert_eq!(ran.json()["removed"], true);
}

#[test]
fn a_context_that_commands_will_refuse_is_warned_of() {
    let program = Program::new();
    private(&program, "plain.properties", PLAIN_LOGIN);
    let add = [
        "context",
        "add",
        "far",
        "-b",
        "192.0.2.1:9092",
        "--command-config",
        "plain.properties",
    ];
    let ran = program.run(&add).exits(0);
    let file = program.path().join("plain.properties");
    assert_eq!(
        ran.stderr,
        format!(
            "warning: commands with this context will be refused: {}:1: the login at 192.0.2.1:9092 would not be encrypted\nhint: use `security.protocol=SASL_SSL`; if it is meant, pass `--allow-plaintext-login`, or set `allow-plaintext-login = true` in the context\n",
            file.display()
        )
    );
    let meant = [&add[..], &["--replace", "--allow-plaintext-login"]].concat();
    assert_eq!(program.run(&meant).exits(0).stderr, "");
    let near = [
        "context",
        "add",
        "near",
        "-b",
        "localhost:9092",
        "--command-config",
        "plain.properties",
    ];
    assert_eq!(program.run(&near).exits(0).stderr, "");
}

#[test]
fn more_may_be_asked_for_twice() {
    let program = clusters(&["near"]);
    let once = program
        .run(&["list", "topics", "-b", "fake:near", "-v"])
        .exits(0);
    for twice in [&["-vv"][..], &["-v", "--verbose"]] {
        let ran = program
            .run(&[&["list", "topics", "-b", "fake:near"], twice].concat())
            .exits(0);
        assert_eq!(ran.stderr, once.stderr);
    }
}

const INLINE: &str = r#"current = "test"

[contexts.test]
bootstrap = ["fake:near"]

[contexts.test.properties]
"security.protocol" = "SASL_PLAINTEXT"
"sasl.mechanism" = "SCRAM-SHA-256"
"sasl.username" = "ops"
"sasl.password" = "${env:OPS_PASSWORD}"
"#;

#[test]
fn a_context_has_properties_of_its_own() {
    let program = clusters(&["near"]);
    program.write("config.toml", INLINE);
    let config = ("TONKAFKA_CONFIG", "config.toml");
    let password = ("OPS_PASSWORD", "hunter2");
    let list = ["list", "topics", "-v"];
    let ran = run(&program, &list, &[config, password]).exits(0);
    assert_eq!(
        ran.stderr,
        "\
bootstrap.servers=fake:near (context test)
security.protocol=SASL_PLAINTEXT (config.toml:7)
sasl.mechanism=SCRAM-SHA-256 (config.toml:8)
sasl.username=ops (config.toml:9)
sasl.password=(hidden) (config.toml:10)
"
    );
    let ran = run(&program, &list, &[config]).exits(2);
    assert_eq!(
        ran.stderr,
        "error: config.toml:10: the environment variable `OPS_PASSWORD` is not set\nhint: set it, or write the value itself\n"
    );
    private(&program, "secret", "hunter2\n");
    program.write(
        "config.toml",
        &INLINE.replace("env:OPS_PASSWORD", "file:secret"),
    );
    assert_eq!(
        run(&program, &["list", "topics"], &[config])
            .exits(0)
            .stderr,
        ""
    );
    program.write(
        "config.toml",
        &INLINE.replace("${env:OPS_PASSWORD}", "hunter2"),
    );
    let ran = run(&program, &list, &[config]).exits(2);
    assert_eq!(
        ran.stderr,
        "error: config.toml:10: `sasl.password` is a secret, which has no place in a context\nhint: write `${env:NAME}` or `${file:PATH}`, or put it into the file of `command-config`\n"
    );
    // A setting of the context goes before one of its file.
    private(
        &program,
        "ops.properties",
        &format!("client.id=file\n{PLAIN_LOGIN}"),
    );
    let both = "[contexts.test]\nbootstrap = ['fake:near']\ncommand-config = 'ops.properties'\nproperties.\"client.id\" = 'context'\n";
    program.write("config.toml", both);
    let ran = run(
        &program,
        &["list", "topics", "-v", "--context", "test"],
        &[config],
    )
    .exits(0);
    assert_eq!(
        ran.stderr,
        "\
bootstrap.servers=fake:near (context test)
client.id=context (config.toml:4)
security.protocol=SASL_PLAINTEXT (ops.properties:2)
sasl.mechanism=PLAIN (ops.properties:3)
sasl.username=ops (ops.properties:4)
sasl.password=(hidden) (ops.properties:5)
"
    );
}

#[test]
fn a_login_of_a_context_may_name_its_secrets() {
    let program = clusters(&["near"]);
    private(&program, "user", "ops\n");
    let login = |options: &str| {
        let text = format!(
            "[contexts.test]\nbootstrap = ['fake:near']\n[contexts.test.properties]\n\"security.protocol\" = \"SASL_PLAINTEXT\"\n\"sasl.mechanism\" = \"PLAIN\"\n\"sasl.jaas.config\" = \"\"\"org.apache.kafka.common.security.plain.PlainLoginModule required {options};\"\"\"\n"
        );
        program.write("config.toml", &text);
    };
    let show = || {
        let variables = [("TONKAFKA_CONFIG", "config.toml"), ("OPS", "hun\\\"ter2")];
        run(&program, &["context", "show", "test"], &variables)
    };
    login("username=\"${file:user}\" password='${env:OPS}'");
    let ran = show().exits(0);
    assert_eq!(ran.stderr, "");
    assert!(
        ran.stdout.contains(
            "sasl.jaas.config   PlainLoginModule username=ops password=(hidden)  config.toml:6\n"
        ),
        "{}",
        ran.stdout
    );
    login("username='ops' password='hunter2'");
    assert_eq!(
        show().exits(2).stderr,
        "error: config.toml:6: `password` in `sasl.jaas.config` is a secret, which has no place in a context\nhint: write `${env:NAME}` or `${file:PATH}`, or put it into the file of `command-config`\n"
    );
    login("username='ops' password='${env:OPS}2'");
    show().exits(2);
    login("username='ops' password='${env:NOBODY}'");
    assert_eq!(
        show().exits(2).stderr,
        "error: config.toml:6: the environment variable `NOBODY` is not set\nhint: set it, or write the value itself\n"
    );
}

/// What Java's own reader takes.
#[test]
fn a_properties_file_may_be_latin_1_and_have_blanks_for_equals() {
    let program = clusters(&["near"]);
    let path = program.path().join("java.properties");
    let text = b"bootstrap.servers fake:near\nclient.id   m\xfcller\nsecurity.protocol:PLAINTEXT\n";
    fs::write(path, text).unwrap();
    let list = [
        "list",
        "topics",
        "-v",
        "--command-config",
        "java.properties",
    ];
    let ran = program.run(&list).exits(0);
    assert_eq!(
        ran.stderr,
        "\
bootstrap.servers=fake:near (java.properties:1)
client.id=m\u{fc}ller (java.properties:2)
security.protocol=PLAINTEXT (java.properties:3)
"
    );
}

#[test]
fn values_come_from_the_providers_that_a_file_names() {
    let program = clusters(&["near"]);
    fs::create_dir(program.path().join("secrets")).unwrap();
    private(&program, "secrets/of.properties", "password=hunter2\n");
    private(&program, "secrets/user", "ops");
    let package = "org.apache.kafka.common.config.provider";
    let providers = format!(
        "config.providers=env,file,dir\nconfig.providers.env.class={package}.EnvVarConfigProvider\nconfig.providers.file.class={package}.FileConfigProvider\nconfig.providers.dir.class={package}.DirectoryConfigProvider\n"
    );
    let login = "bootstrap.servers=fake:near\nclient.id=a-${env:WHO}-b\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.username=${dir:secrets:user}\nsasl.password=${file:secrets/of.properties:password}\n";
    program.write("open.properties", &format!("{providers}{login}"));
    let list = [
        "list",
        "topics",
        "-v",
        "--command-config",
        "open.properties",
    ];
    let ran = run(&program, &list, &[("WHO", "me")]).exits(0);
    assert!(
        ran.stderr
            .contains("client.id=a-me-b (open.properties:6)\n"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .contains("sasl.username=ops (open.properties:9)\n"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    // Without a provider of its name a reference is nothing but text.
    program.write(
        "open.properties",
        "bootstrap.servers=fake:near\nclient.id=${env:WHO}\n",
    );
    let ran = run(&program, &list, &[("WHO", "me")]).exits(0);
    assert!(
        ran.stderr
            .contains("client.id=${env:WHO} (open.properties:2)\n"),
        "{}",
        ran.stderr
    );
}
