//! Mistakes in files that contain secrets.

use std::fs;

use super::commands::ROUNDS;
use super::{Bench, MISPLACED, write_private};
use crate::program::finish;
use crate::secure::Secure;

/// A name, properties with a mistake, and the exit code of a command that uses them.
type Mistake = (&'static str, String, i32);

/// Properties with a mistake near the secret, which is the right one or [`MISPLACED`].
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
        ("equals", with("sasl.jaas.config=", "sasl.jaas.confg "), 2),
    ];
    all.extend(with_a_line_too_many(secure, &right));
    all
}

/// The right properties, followed by a wrong line.
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

pub(super) fn mistakes(bench: &mut Bench<'_>) {
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

/// Manifests with a secret in the wrong place or form.
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

pub(super) fn mistakes_in_manifests(bench: &mut Bench<'_>) {
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
pub(super) fn a_secret_among_contexts(bench: &mut Bench<'_>) {
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
