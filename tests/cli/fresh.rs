//! Files of the repository that the program prints: each is checked against what it prints now, and
//! written anew when `UPDATE_EXPECT=1` says so.

use std::fs;
use std::path::{Path, PathBuf};

/// A path below the repository's root.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Panics unless the file at `path` is `text`.
#[track_caller]
pub fn check(path: &str, text: &str) {
    let full = repository(path);
    if std::env::var_os("UPDATE_EXPECT").is_some_and(|wanted| wanted == "1") {
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, text).unwrap();
        return;
    }
    let held = fs::read_to_string(full).unwrap_or_default();
    let line = held.lines().zip(text.lines()).position(|(a, b)| a != b);
    let line = line.unwrap_or_else(|| held.lines().count().min(text.lines().count()));
    let hint = "run the tests with UPDATE_EXPECT=1";
    assert!(held == text, "{path}:{} is not fresh: {hint}", line + 1);
}
