//! The rules between the rooms, read from the source.

use std::fs;
use std::path::{Path, PathBuf};

/// A room and the rooms that it may name.
const ROOMS: [(&str, &[&str]); 12] = [
    ("model", &[]),
    ("manifest", &["model"]),
    ("cluster", &["model", "store"]),
    ("plan", &["model"]),
    ("apply", &["cluster", "model", "plan", "store"]),
    ("backup", &["cluster", "groups", "model", "plan", "store"]),
    ("events", &["cluster", "model"]),
    ("groups", &["cluster", "model", "plan"]),
    ("local", &["model", "store"]),
    ("store", &[]),
    (
        "view",
        &[
            "apply", "backup", "cluster", "groups", "local", "model", "plan",
        ],
    ),
    (
        "cli",
        &[
            "apply", "backup", "cluster", "events", "groups", "local", "manifest", "model", "plan",
            "store", "view",
        ],
    ),
];

/// A crate or module, and the places that may name it.
const KEPT_TO: [(&str, &[&str]); 10] = [
    ("krafka::", &["cluster/live/"]),
    ("krafka::__private", &["cluster/live/wire/"]),
    ("rdkafka::", &["cluster/", "events/", "backup/"]),
    ("comfy_table", &["view/"]),
    ("indicatif", &["view/"]),
    ("clap::", &["cli/"]),
    ("clap_complete::", &["cli/"]),
    ("clap_mangen::", &["cli/"]),
    ("anyhow::", &["cli/"]),
    ("process::exit", &["cli/"]),
];

/// What pure rooms do not name.
const IMPURE: [&str; 9] = [
    "tokio",
    "krafka",
    "rdkafka",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::time",
    "jiff",
];

/// Every source file below `src`, as its path from there and its text without comments and tests.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 30, "the source was not found");
    files
        .into_iter()
        .map(|file| {
            let name = file.strip_prefix(&root).unwrap().to_str().unwrap();
            (name.to_owned(), code(&fs::read_to_string(&file).unwrap()))
        })
        .collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

fn code(text: &str) -> String {
    text.split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn room(file: &str) -> &str {
    file.split('/').next().unwrap()
}

#[test]
fn a_room_names_only_the_rooms_below_it() {
    for (file, text) in sources() {
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room(&file)) else {
            assert!(
                ["lib.rs", "main.rs"].contains(&file.as_str()),
                "{file} is in no room"
            );
            continue;
        };
        for (other, _) in ROOMS {
            let named = text.contains(&format!("crate::{other}::"))
                || text.contains(&format!("crate::{other};"));
            let fine = other == room(&file) || allowed.contains(&other);
            assert!(!named || fine, "{file} names {other}");
        }
    }
}

#[test]
fn libraries_stay_where_they_belong() {
    for (file, text) in sources() {
        for (library, places) in KEPT_TO {
            let fine = places.iter().any(|place| file.starts_with(place));
            assert!(!text.contains(library) || fine, "{file} names {library}");
        }
    }
}

#[test]
fn pure_rooms_touch_nothing_outside() {
    for (file, text) in sources() {
        if !["model", "plan"].contains(&room(&file)) {
            continue;
        }
        for name in IMPURE {
            assert!(!text.contains(name), "{file} names {name}");
        }
    }
}

#[test]
fn only_the_command_line_prints() {
    for (file, text) in sources() {
        for printer in ["println!", "eprintln!", "print!(", "stdout()", "stderr()"] {
            // Progress is drawn by its library, which is given stderr to draw on; a user can name both as
            // files.
            let fine = room(&file) == "cli"
                || ["view/progress.rs", "store/output.rs"].contains(&file.as_str());
            assert!(
                !text.contains(printer) || fine,
                "{file} prints with {printer}"
            );
        }
    }
}

#[test]
fn every_room_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (room, _) in ROOMS {
        let text = fs::read_to_string(root.join(room).join("mod.rs")).unwrap();
        let opening = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .count();
        assert!(opening >= 2, "{room}/mod.rs says too little");
    }
}
