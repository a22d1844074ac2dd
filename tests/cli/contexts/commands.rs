//! Contexts are added, chosen, shown, replaced and removed.

use std::fs;

use super::{INLINE, clusters, meant};
use crate::program::Program;

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
        ran.stderr_starts(words);
    }
    let nowhere = program.run(&["context", "add", "x"]).exits(2);
    assert_eq!(
        nowhere.stderr,
        "error: a context needs the address of a broker\nhint: add `-b HOST:PORT`, or a `--command-config` file with `bootstrap.servers`\n"
    );
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

/// Flags beside a name would be ignored.
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
    ran.stdout_has(" at fake:far (from --command-config) ");
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
    let ran = program.run_with(&["context", "show"], &other).exits(0);
    ran.stdout_has("name            near\n");
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
        program.run_with(&words, &config).exits(0).stderr
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
