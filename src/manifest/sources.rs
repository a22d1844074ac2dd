//! Files → text. The only part of this room that reads anything.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::MAX_FILE_BYTES;
use super::diagnostic::{Diagnostic, ManifestErrors};
use crate::model::desired::Place;

/// One file of a manifest, already read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file as it was named; `-` is standard input.
    pub name: Arc<str>,
    /// What is in it.
    pub text: String,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("no such file or directory")]
    Missing,
    #[error("cannot read this: {0}")]
    Io(io::Error),
    #[error("this is neither a file nor a directory")]
    Special,
    #[error("no `*.yaml` or `*.yml` file in this directory")]
    NoYaml,
    #[error("this file is given twice")]
    Twice,
    #[error("this file is larger than 64 MiB")]
    Large,
    #[error("this file is UTF-16, not UTF-8")]
    Utf16,
    #[error("this is not UTF-8")]
    NotUtf8 { before: usize, bytes: Vec<u8> },
    #[error("a NUL byte, which no YAML file has")]
    Nul { before: usize, bytes: Vec<u8> },
}

/// Reads the files of a manifest in the given order. A directory stands for every `*.yaml` and
/// `*.yml` in it, sorted by name, without those in further directories; `-` is standard input.
///
/// # Errors
/// Every path that is missing, unreadable, given twice, no file (a pipe is refused rather than waited
/// for), larger than [`MAX_FILE_BYTES`], or not UTF-8.
pub fn read_sources(paths: &[PathBuf]) -> Result<Vec<Source>, ManifestErrors> {
    let mut sources = Vec::new();
    let mut errors = Vec::new();
    let mut seen = HashSet::new();
    for path in paths {
        match files(path) {
            Ok(files) => {
                for file in files {
                    match read(&file, &mut seen) {
                        Ok(source) => sources.push(source),
                        Err(reason) => errors.push(diagnostic(&file, &reason)),
                    }
                }
            }
            Err(reason) => errors.push(diagnostic(path, &reason)),
        }
    }
    if errors.is_empty() {
        Ok(sources)
    } else {
        Err(ManifestErrors(errors))
    }
}

/// The files that `path` stands for.
fn files(path: &Path) -> Result<Vec<PathBuf>, Unusable> {
    if is_stdin(path) || !metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(Unusable::Io)? {
        let file = entry.map_err(Unusable::Io)?.path();
        if is_yaml(&file) && !file.is_dir() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Unusable::NoYaml);
    }
    Ok(files)
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn is_yaml(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml"))
}

fn metadata(path: &Path) -> Result<fs::Metadata, Unusable> {
    fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Unusable::Missing,
        _ => Unusable::Io(error),
    })
}

fn read(path: &Path, seen: &mut HashSet<PathBuf>) -> Result<Source, Unusable> {
    let identity = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if !seen.insert(identity) {
        return Err(Unusable::Twice);
    }
    let bytes = if is_stdin(path) {
        read_bounded(io::stdin().lock())
    } else {
        read_file(path)
    }?;
    Ok(Source {
        name: path.to_string_lossy().into(),
        text: text(bytes)?,
    })
}

/// The size is looked at before anything is read; a file that grows meanwhile is cut off as well.
fn read_file(path: &Path) -> Result<Vec<u8>, Unusable> {
    let metadata = metadata(path)?;
    if !metadata.is_file() {
        return Err(Unusable::Special);
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(Unusable::Large);
    }
    read_bounded(File::open(path).map_err(Unusable::Io)?)
}

fn read_bounded(reader: impl Read) -> Result<Vec<u8>, Unusable> {
    let mut bytes = Vec::new();
    reader
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(Unusable::Io)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(Unusable::Large);
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, Unusable> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Unusable::Utf16);
    }
    if let Some(before) = bytes.iter().position(|byte| *byte == 0) {
        return Err(Unusable::Nul { before, bytes });
    }
    String::from_utf8(bytes).map_err(|error| Unusable::NotUtf8 {
        before: error.utf8_error().valid_up_to(),
        bytes: error.into_bytes(),
    })
}

fn diagnostic(path: &Path, reason: &Unusable) -> Diagnostic {
    let (place, hint) = match reason {
        Unusable::NotUtf8 { before, bytes } | Unusable::Nul { before, bytes } => (
            Some(place(path, &bytes[..*before])),
            Some("save the file as UTF-8"),
        ),
        Unusable::Utf16 => (None, Some("save the file as UTF-8")),
        Unusable::Missing => (None, Some("name the manifest with `-f FILE`")),
        Unusable::Large => (None, Some("split the manifest into several files")),
        Unusable::Special => (None, Some("give a pipe as `-f -`")),
        Unusable::Io(_) | Unusable::NoYaml | Unusable::Twice => (None, None),
    };
    Diagnostic {
        path: Some(path.to_owned()),
        place,
        message: reason.to_string(),
        hint: hint.map(str::to_owned),
        ..Diagnostic::default()
    }
}

/// The place behind `before`.
fn place(path: &Path, before: &[u8]) -> Place {
    let text = String::from_utf8_lossy(before);
    let last = text.rsplit('\n').next().unwrap_or_default();
    Place {
        file: path.to_string_lossy().into(),
        line: text.matches('\n').count() + 1,
        column: last.chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What reading one file of these bytes says, with the directory left out.
    fn refused(bytes: &[u8]) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("topics.yaml");
        fs::write(&path, bytes).unwrap();
        let errors = read_sources(&[path]).unwrap_err().to_string();
        errors.replace(&format!("{}/", directory.path().display()), "")
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_at_their_place() {
        assert_eq!(
            refused(b"version: 1\nname: \xe0\xb8\x81\xff\n"),
            "error: this is not UTF-8\n --> topics.yaml:2:8\nhint: save the file as UTF-8"
        );
        assert_eq!(
            refused(b"\xff\xfev\0e\0"),
            "error: this file is UTF-16, not UTF-8\n --> topics.yaml\nhint: save the file as UTF-8"
        );
        assert_eq!(
            refused(b"version: 1\0"),
            "error: a NUL byte, which no YAML file has\n --> topics.yaml:1:11\nhint: save the file as UTF-8"
        );
    }

    #[test]
    fn a_file_too_large_is_refused_by_its_size() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("topics.yaml");
        File::create(&path)
            .unwrap()
            .set_len(MAX_FILE_BYTES + 1)
            .unwrap();
        let errors = read_sources(&[path]).unwrap_err();
        assert_eq!(errors.0[0].message, "this file is larger than 64 MiB");
    }

    #[test]
    fn a_directory_stands_for_its_yaml_files_in_order() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["b.yml", "a.yaml", "README.md"] {
            fs::write(directory.path().join(name), name).unwrap();
        }
        fs::create_dir(directory.path().join("c.yaml")).unwrap();
        let sources = read_sources(&[directory.path().to_owned()]).unwrap();
        let texts: Vec<_> = sources.iter().map(|source| source.text.as_str()).collect();
        assert_eq!(texts, ["a.yaml", "b.yml"]);
    }

    #[test]
    fn every_path_that_cannot_be_read_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.yaml");
        let empty = directory.path().join("empty");
        fs::write(&file, "version: 1").unwrap();
        fs::create_dir(&empty).unwrap();
        let missing = directory.path().join("missing.yaml");
        let special = PathBuf::from("/dev/null");
        let again = directory.path().join("empty/../a.yaml");
        let errors = read_sources(&[file, empty.clone(), missing, special, again]).unwrap_err();
        let messages: Vec<_> = errors
            .0
            .iter()
            .map(|error| error.message.as_str())
            .collect();
        assert_eq!(
            messages,
            [
                "no `*.yaml` or `*.yml` file in this directory",
                "no such file or directory",
                "this is neither a file nor a directory",
                "this file is given twice"
            ]
        );
        assert_eq!(errors.0[0].path.as_deref(), Some(empty.as_path()));
    }
}
