//! Test cases as text files. A theme is one file in the form of Go's `txtar`: a line `-- NAME --`
//! starts a file. After an input such as `tab-indent.yaml` comes its expected output,
//! `tab-indent.stderr`. `UPDATE_EXPECT=1` writes the outputs anew.
//!
//! A file `NAME.escaped` is the file `NAME` with `\xNN` for a byte, `\\` for `\`, and `\` before a
//! line end that is not part of the file.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fresh;

/// An input and its expected output.
pub struct Case {
    pub name: String,
    pub input: Vec<u8>,
    /// The input as the file has it.
    kept: String,
    said: String,
}

/// Every case in a folder of themes.
pub fn all(folder: &str) -> Vec<Case> {
    let themes = themes(folder).into_iter();
    themes.flat_map(|theme| read(&theme, "stderr")).collect()
}

/// Panics unless a folder of themes has this many cases, and the output of each is the expected one
/// under `ending`. An error is the reason why there is no output to compare.
#[track_caller]
pub fn check(
    folder: &str,
    ending: &str,
    least: usize,
    say: impl Fn(&Case) -> Result<String, String>,
) {
    compare(folder, ending, least, fresh::update(), say);
}

#[track_caller]
fn compare(
    folder: &str,
    ending: &str,
    least: usize,
    updates: bool,
    say: impl Fn(&Case) -> Result<String, String>,
) {
    let mut count = 0;
    let mut wrong = Vec::new();
    for theme in themes(folder) {
        let mut text = String::new();
        for case in read(&theme, ending) {
            let at = format!("=== {} in {}", case.name, theme.display());
            let said = say(&case).unwrap_or_else(|why| {
                wrong.push(format!("{at}: {why}"));
                case.said.clone()
            });
            if said != case.said && !updates {
                wrong.push(format!("{at}\n{}--- is now\n{said}", case.said));
            }
            let answer = answer_to(&case.name, ending);
            text.extend([&case.kept, "-- ", &answer, " --\n", &said]);
            count += 1;
        }
        if updates {
            fs::write(theme, text).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= least, "only {count} cases in {folder}");
}

fn themes(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(fresh::repository(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == "txtar"));
    paths.sort();
    paths
}

/// The name of the expected output of an input.
fn answer_to(name: &str, ending: &str) -> String {
    format!("{}.{ending}", name.rsplit_once('.').unwrap().0)
}

fn read(theme: &Path, ending: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (name, text) in files(&fs::read_to_string(theme).unwrap()) {
        let asked = cases.last_mut();
        if let Some(asked) = asked.filter(|asked| answer_to(&asked.name, ending) == name) {
            asked.said = text;
            continue;
        }
        assert!(!name.ends_with(ending), "{name} is said of nothing");
        let plain = name.strip_suffix(".escaped");
        cases.push(Case {
            kept: format!("-- {name} --\n{text}"),
            input: plain.map_or_else(|| text.clone().into_bytes(), |_| unescaped(&text)),
            name: plain.unwrap_or(name).to_owned(),
            said: String::new(),
        });
    }
    cases
}

/// The names and texts of an archive's files.
fn files(archive: &str) -> Vec<(&str, String)> {
    let mut files: Vec<(&str, String)> = Vec::new();
    for line in archive.split_inclusive('\n') {
        let name = line.strip_prefix("-- ");
        let name = name.and_then(|rest| rest.strip_suffix(" --\n"));
        match (name, files.last_mut()) {
            (Some(name), _) => files.push((name, String::new())),
            (None, Some((_, text))) => text.push_str(line),
            (None, None) => panic!("no name comes before {line}"),
        }
    }
    files
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut parts = text.split('\\');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    while let Some(part) = parts.next() {
        if let Some(hex) = part.strip_prefix('x') {
            bytes.push(u8::from_str_radix(&hex[..2], 16).unwrap());
            bytes.extend(hex[2..].bytes());
        } else if let Some(next_line) = part.strip_prefix('\n') {
            bytes.extend(next_line.bytes());
        } else {
            assert_eq!(part, "", "`\\` comes before `x`, `\\` or a line's end");
            bytes.push(b'\\');
            bytes.extend(parts.next().unwrap_or_default().bytes());
        }
    }
    bytes
}

#[test]
#[should_panic(expected = "=== b.txt in")]
fn what_is_said_otherwise_does_not_pass() {
    let folder = tempfile::TempDir::new().unwrap();
    let theme = "-- a.txt --\n1\n-- a.said --\n1\n-- b.txt --\n1\n-- b.said --\n2\n";
    fs::write(folder.path().join("theme.txtar"), theme).unwrap();
    let said = |case: &Case| Ok(String::from_utf8(case.input.clone()).unwrap());
    compare(folder.path().to_str().unwrap(), "said", 2, false, said);
}
