//! Every manifest in `manifests/` is wrong, and the file beside it says how it is refused.
//! `UPDATE_EXPECT=1` writes those files anew.

#![allow(clippy::unwrap_used)] // a helper that fails is a test that fails

use std::fs;
use std::path::{Path, PathBuf};

use tonkafka::manifest::{
    ManifestErrors, NoValue, ParseOptions, Passing, Reference, SourceFile, parse,
};

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

/// What the corpus's references stand for: the variables that a comment `# env: NAME=VALUE` sets, with
/// Rust's escapes in the value, and the files beside it.
fn look_up(text: &str, reference: &Reference) -> Result<Vec<u8>, NoValue> {
    let set = text.lines().filter_map(|line| line.strip_prefix("# env: "));
    let mut set = set.filter_map(|line| line.split_once('='));
    match reference {
        Reference::Env(name) => match set.find(|(set, _)| set == name) {
            Some((_, "1 MiB and more")) => Ok(vec![b'x'; (1 << 20) + 1]),
            Some((_, "no text")) => Ok(vec![0xff]),
            Some((_, value)) => Ok(value.replace("\\n", "\n").replace("\\0", "\0").into_bytes()),
            None => Err(NoValue::Missing),
        },
        Reference::File { path, .. } if path == "secret" => Ok(b"from a file\n".to_vec()),
        Reference::File { path, .. } if path == "denied" => {
            Err(NoValue::Unreadable("permission denied".to_owned()))
        }
        Reference::File { .. } => Err(NoValue::Missing),
    }
}

fn refused(path: &Path) -> ManifestErrors {
    let text = fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let source = SourceFile {
        name: name.into(),
        text: text.clone(),
    };
    let options = ParseOptions {
        environment: environment(&text),
        variables: &|reference| look_up(&text, reference),
        passing: Passing::default(),
    };
    match parse(&[source], options) {
        Ok(_) => panic!("{name} is accepted"),
        Err(errors) => errors,
    }
}

#[test]
fn every_bad_manifest_is_refused_in_these_words() {
    let manifests = manifests();
    assert!(manifests.len() >= 167, "only {} manifests", manifests.len());
    let mut different = Vec::new();
    for path in manifests {
        let expected = path.with_extension("stderr");
        let found = format!("{}\n", refused(&path));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&expected, &found).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != found {
            different.push(format!("=== {}\n{found}", path.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn every_message_tells_the_way_out() {
    for path in manifests() {
        for wrong in refused(&path).0 {
            let hint = wrong.hint.as_deref().unwrap_or_default();
            assert!(!hint.is_empty(), "{}: {wrong}", path.display());
        }
    }
}

#[test]
fn no_message_has_what_a_reference_stands_for() {
    for path in manifests() {
        let shown = refused(&path).to_string();
        for secret in ["hunter2", "from a file"] {
            assert!(!shown.contains(secret), "{}: {shown}", path.display());
        }
    }
}

#[test]
fn nothing_reaches_the_terminal_raw() {
    for path in manifests() {
        let raw = refused(&path).to_string().replace('\n', "");
        assert!(!raw.contains(char::is_control), "{}", path.display());
    }
}
