//! The exact output of `context`, `--context` and `--command-config`.

mod choice;
mod commands;
mod properties;
mod risks;

use std::fs;

use crate::fake::{holding, put, topic};
use crate::program::Program;

/// Clusters in files; the topic of each is named after its file.
fn clusters(names: &[&str]) -> Program {
    let program = Program::new();
    for name in names {
        let state = holding(&[(name, topic(1, &[]))]);
        put(&program, name, &state);
    }
    program
}

/// The cluster whose topics `list topics` prints.
fn meant(program: &Program, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let words = [&["list", "topics"], arguments].concat();
    let ran = program.run_with(&words, variables).exits(0);
    ran.stdout.trim().to_owned()
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

const INLINE: &str = r#"current = "test"

[contexts.test]
bootstrap = ["fake:near"]

[contexts.test.properties]
"security.protocol" = "SASL_PLAINTEXT"
"sasl.mechanism" = "SCRAM-SHA-256"
"sasl.username" = "ops"
"sasl.password" = "${env:OPS_PASSWORD}"
"#;
