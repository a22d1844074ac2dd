//! Which context, file or flag selects the cluster.

use std::fs;

use tonkafka::cluster::fake::State;

use super::{clusters, meant};
use crate::fake::{Bench, holding, put};
use crate::program::{Program, Ran, words};

const MANIFEST: &str = "version: 1\ntopics: {items: [{name: a, partitions: 1}]}\n";

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

    // If something else names the cluster, the file of contexts may be invalid.
    program.write("broken.toml", "current = ");
    let broken: &[(&str, &str)] = &[("TONKAFKA_CONFIG", "broken.toml")];
    assert_eq!(meant(&program, &["-b", "fake:flag"], broken), "flag");
    let ran = program.run_with(&["list", "topics"], broken).exits(2);
    ran.stderr_starts("error: broken.toml:1: ");

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
    let add = words("context add ops --command-config ops.properties");
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
    shown.stdout_has("bootstrap       in its file\n");
    shown.stdout_has(&path.display().to_string());

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

#[test]
fn a_command_without_a_manifest_takes_its_address_where_nothing_else_names_one() {
    let program = Program::new();
    let address = put(&program, "cluster.json", &State::default());
    let manifest = "version: 1\ncluster: { bootstrap: ['localhost:1'] }\n";
    program.write("topics.yaml", manifest);
    let ran = program.run(&["list", "brokers"]).exits(7);
    let start = "error: cannot reach localhost:1: ";
    ran.stderr_starts(start);
    // An invalid manifest matters only if its address is needed.
    program.write("topics.yaml", "version: 2\n");
    program.run(&["list", "brokers"]).exits(2);
    program.run(&["list", "brokers", "-b", &address]).exits(0);
}

/// Runs without the variables that name user directories.
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
    // The home directory of the password database is used.
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

/// Whether another user may execute the program.
fn may_be_run_by_others() -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_tonkafka"));
    program.ancestors().all(|path| {
        let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
        mode & 0o005 == 0o005
    })
}

#[test]
fn the_context_that_names_the_address_is_told() {
    let program = clusters(&["near"]);
    program.write("f.properties", "bootstrap.servers=fake:near\n");
    let add = words("context add near -b fake:near --command-config f.properties --use");
    program.run(&add).exits(0);
    let ran = program.run(&["list", "topics", "-v"]).exits(0);
    let first = ran.stderr.lines().next();
    assert_eq!(first, Some("bootstrap.servers=fake:near (context near)"));
    let ran = program.run(&["context", "show"]).exits(0);
    ran.stdout_has("bootstrap.servers  fake:near  context near\n");
}
