//! Files of the repository that the program prints. Each is compared with the current output;
//! `UPDATE_EXPECT=1` writes it anew.

use std::fs;
use std::path::{Path, PathBuf};

/// A path below the repository's root.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Panics unless the file at `path` is `text`.
#[track_caller]
pub fn check(path: &str, text: &str) {
    if update() {
        write(path, text);
    }
    compare(path, text, "run the tests with UPDATE_EXPECT=1");
}

/// Panics unless the file at `path`, an example of a format version, equals `text`. An existing
/// file is never rewritten, because readers of that version exist.
#[track_caller]
pub fn check_for_ever(path: &str, text: &str) {
    if update() && !repository(path).exists() {
        write(path, text);
    }
    let hint = "this form is published and stays for ever: undo the change, or raise the format's \
                version, keep reading this one, and add a file of the new one beside it";
    compare(path, text, hint);
}

/// Like [`check_for_ever`], but ignores the wording of messages, which may change.
#[track_caller]
pub fn check_form_for_ever(path: &str, text: &str) {
    let held = fs::read_to_string(repository(path)).unwrap_or_default();
    if held.is_empty() || without_words(&held) != without_words(text) {
        check_for_ever(path, text);
    }
}

fn without_words(document: &str) -> serde_json::Value {
    let mut document = serde_json::from_str(document).unwrap();
    blank(&mut document);
    document
}

/// Removes messages, hints and the checksum over them.
fn blank(value: &mut serde_json::Value) {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !["message", "hint", "checksum"].contains(&name.as_str()));
        fields.values_mut().for_each(blank);
    } else if let Some(items) = value.as_array_mut() {
        items.iter_mut().for_each(blank);
    }
}

/// Whether expected files are to be rewritten.
pub fn update() -> bool {
    std::env::var_os("UPDATE_EXPECT").is_some_and(|wanted| wanted == "1")
}

fn write(path: &str, text: &str) {
    let full = repository(path);
    fs::create_dir_all(full.parent().unwrap()).unwrap();
    fs::write(full, text).unwrap();
}

#[track_caller]
fn compare(path: &str, text: &str, hint: &str) {
    let held = fs::read_to_string(repository(path)).unwrap_or_default();
    let line = held.lines().zip(text.lines()).position(|(a, b)| a != b);
    let line = line.unwrap_or_else(|| held.lines().count().min(text.lines().count()));
    assert!(held == text, "{path}:{} is another now: {hint}", line + 1);
}

#[test]
#[should_panic(expected = "stays for ever")]
fn a_file_of_a_version_is_never_written_anew() {
    check_for_ever("tests/formats/plan-v2.json", "{}");
}
