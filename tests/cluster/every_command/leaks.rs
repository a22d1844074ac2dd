//! Searches output and files for secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde_json::Value;

use super::commands::ROUNDS;
use super::{Bench, MISPLACED, PLANTED};
use crate::secure::Secure;

/// The secrets to search for, with names that may be printed.
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

/// Base64 without the last group, which depends on the text that follows.
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

/// Files that may contain secrets.
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

/// Whether a file may contain this secret.
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
    // A broker keeps the passwords among its settings in its metadata log.
    let of_the_broker = path.starts_with(secure.data.join("kafka"));
    let set_at_the_broker = secret.starts_with("PLANTED") || secret.starts_with("MISPLACED");
    written_here || (parent == secure.data || made) && keeps || of_the_broker && set_at_the_broker
}

/// All files except the indexes of a broker's logs, which are large and hold only numbers.
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

/// The places of secrets where they must not be.
pub(super) fn leaks(bench: &Bench<'_>, seen: &BTreeSet<String>) -> Vec<String> {
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
