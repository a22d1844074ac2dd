//! Every manifest in `manifests/` is wrong, and the file beside it says how it is refused.
//! `UPDATE_EXPECT=1` writes those files anew.

#![allow(clippy::unwrap_used)] // a helper that fails is a test that fails

use std::fs;
use std::path::{Path, PathBuf};

use tonkafka::manifest::{Source, parse};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/manifests")
}

fn manifests() -> Vec<PathBuf> {
    let entries = fs::read_dir(corpus()).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    paths.sort();
    paths
}

/// The environment that a comment `# environment: NAME` in the manifest asks for.
fn environment(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("# environment: ")?;
    rest.lines().next()
}

fn refused(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let source = Source {
        name: name.into(),
        text: text.clone(),
    };
    match parse(&[source], environment(&text)) {
        Ok(_) => panic!("{name} is accepted"),
        Err(errors) => format!("{errors}\n"),
    }
}

#[test]
fn every_bad_manifest_is_refused_in_these_words() {
    let manifests = manifests();
    assert!(manifests.len() >= 60, "only {} manifests", manifests.len());
    let mut different = Vec::new();
    for path in manifests {
        let expected = path.with_extension("stderr");
        let found = refused(&path);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&expected, &found).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != found {
            different.push(format!("=== {}\n{found}", path.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn nothing_reaches_the_terminal_raw() {
    for path in manifests() {
        let raw = refused(&path).replace('\n', "");
        assert!(!raw.contains(char::is_control), "{}", path.display());
    }
}
