//! Every manifest in `manifests/` is invalid, and is refused with the message after it.

use tonkafka::manifest::{
    ManifestErrors, NoValue, ParseOptions, Passing, Reference, SourceFile, parse,
};

use crate::cases::{self, Case};

const FOLDER: &str = "tests/cli/manifests";

/// The environment in a comment `# environment: NAME` of the manifest.
fn environment(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("# environment: ")?;
    rest.lines().next()
}

/// The values of the corpus's references: variables from comments `# env: NAME=VALUE`, with Rust's
/// escapes in the value, and files beside the manifest.
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

fn refused(case: &Case) -> ManifestErrors {
    let text = String::from_utf8(case.input.clone()).unwrap();
    let source = SourceFile {
        name: case.name.as_str().into(),
        text: text.clone(),
    };
    let options = ParseOptions {
        environment: environment(&text),
        variables: &|reference| look_up(&text, reference),
        passing: Passing::default(),
    };
    match parse(&[source], options) {
        Ok(_) => panic!("{} is accepted", case.name),
        Err(errors) => errors,
    }
}

#[test]
fn every_bad_manifest_is_refused_in_these_words() {
    cases::check(FOLDER, "stderr", 170, |case| {
        Ok(format!("{}\n", refused(case)))
    });
}

#[test]
fn every_message_tells_the_way_out() {
    for case in cases::all(FOLDER) {
        for wrong in refused(&case).0 {
            let hint = wrong.hint.as_deref().unwrap_or_default();
            assert!(!hint.is_empty(), "{}: {wrong}", case.name);
        }
    }
}

#[test]
fn no_message_has_what_a_reference_stands_for() {
    for case in cases::all(FOLDER) {
        let shown = refused(&case).to_string();
        for secret in ["hunter2", "from a file"] {
            assert!(!shown.contains(secret), "{}: {shown}", case.name);
        }
    }
}

#[test]
fn nothing_reaches_the_terminal_raw() {
    for case in cases::all(FOLDER) {
        let raw = refused(&case).to_string().replace('\n', "");
        assert!(!raw.contains(char::is_control), "{}", case.name);
    }
}
