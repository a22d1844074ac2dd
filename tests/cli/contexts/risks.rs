//! Logins in clear and unverified brokers need explicit permission.

use std::fs;

use super::{PLAIN_LOGIN, private};
use crate::program::{Program, words};

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
    ran.stderr_starts("error: cannot reach kafka.invalid:9092");
    for near in ["localhost:1", "127.0.0.1:1", "[::1]:1"] {
        let ran = program.run(&[&["list", "topics", "-b", near], &file[..]].concat());
        ran.exits(7);
    }

    let add = words("context add far -b kafka.invalid:9092 --command-config plain.properties");
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
    shown.stdout_has("allow-plaintext-login  true\n");

    // Either side of a mirror may be the risky one.
    let mirror =
        words("mirror x --from-bootstrap-server kafka.invalid:1 --to-bootstrap-server localhost:1");
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
    let list = words("list topics -b localhost:1 --command-config any.properties --timeout 1s");
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
    ran.stderr_starts(start);
}

#[test]
fn a_context_that_commands_will_refuse_is_warned_of() {
    let program = Program::new();
    private(&program, "plain.properties", PLAIN_LOGIN);
    let add = words("context add far -b 192.0.2.1:9092 --command-config plain.properties");
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
    let near = words("context add near -b localhost:9092 --command-config plain.properties");
    assert_eq!(program.run(&near).exits(0).stderr, "");
}
