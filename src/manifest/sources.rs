//! Files → text. Beside `lookup`, the only part of this room that reads anything.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};

use super::diagnostic::{Diagnostic, ManifestErrors};
use super::limits::MAX_FILE_BYTES;
use super::source::SourceFile;
use crate::model::desired::Place;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("no such file or directory")]
    Missing,
    #[error("this pattern matches no file")]
    NoMatch,
    #[error("this pattern cannot be read: {0}")]
    Pattern(String),
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

/// Reads the files of a manifest, in order. A directory stands for its `*.yaml` and `*.yml` files,
/// sorted by name, without subdirectories. A pattern such as `topics/*.yaml` stands for the files that
/// match, unless a file has exactly that name. `-` is standard input.
///
/// # Errors
/// Every path that is missing, unreadable, given twice, no regular file (a pipe is refused
/// rather than waited for), larger than [`MAX_FILE_BYTES`], or not UTF-8.
pub fn read_sources(paths: &[PathBuf]) -> Result<Vec<SourceFile>, ManifestErrors> {
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

/// The files that `path` stands for, and the files of their `${file:PATH}` references, as far as they
/// can be read.
#[must_use]
pub fn files_of(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let files = files(path).unwrap_or_default().into_iter();
    for file in files.filter(|file| !is_stdin(file)) {
        if let Ok(source) = read(&file, &mut HashSet::new()) {
            let directory = super::lookup::directory_of(&source.name);
            let values = source.text.split("${file:").skip(1);
            let values = values.filter_map(|rest| rest.split_once('}'));
            found.extend(values.map(|(value, _)| directory.join(value)));
        }
        found.push(file);
    }
    found
}

/// The files that `path` stands for.
fn files(path: &Path) -> Result<Vec<PathBuf>, Unusable> {
    if is_stdin(path) {
        return Ok(vec![path.to_owned()]);
    }
    match metadata(path) {
        Ok(found) if found.is_dir() => in_directory(path),
        Ok(_) => Ok(vec![path.to_owned()]),
        Err(Unusable::Missing) if is_pattern(path) => matching(path),
        Err(reason) => Err(reason),
    }
}

fn in_directory(path: &Path) -> Result<Vec<PathBuf>, Unusable> {
    let mut files = listed(path)?;
    files.retain(|file| is_yaml(file) && !file.is_dir());
    if files.is_empty() {
        return Err(Unusable::NoYaml);
    }
    Ok(files)
}

/// The entries of a directory, sorted by name.
fn listed(directory: &Path) -> Result<Vec<PathBuf>, Unusable> {
    let entries = fs::read_dir(directory).map_err(Unusable::Io)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_, _>>().map_err(Unusable::Io)?;
    paths.sort();
    Ok(paths)
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[', '{'])
}

/// The files that match a pattern; `*` does not match `/`.
fn matching(pattern: &Path) -> Result<Vec<PathBuf>, Unusable> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let part = Path::new(part.as_os_str());
        if !is_pattern(part) {
            for path in &mut found {
                path.push(part);
            }
            continue;
        }
        let glob = Glob::new(&part.to_string_lossy());
        let glob = glob.map_err(|error| Unusable::Pattern(error.kind().to_string()))?;
        found = below(&found, &glob.compile_matcher())?;
    }
    found.retain(|path| path.exists() && !path.is_dir());
    if found.is_empty() {
        return Err(Unusable::NoMatch);
    }
    Ok(found)
}

/// The entries of these directories whose names match, without hidden files.
fn below(directories: &[PathBuf], name: &GlobMatcher) -> Result<Vec<PathBuf>, Unusable> {
    let mut found = Vec::new();
    for directory in directories {
        let here = directory.as_os_str().is_empty();
        let read = if here { Path::new(".") } else { directory };
        if !read.is_dir() {
            continue;
        }
        for path in listed(read)? {
            let Some(last) = path.file_name() else {
                continue;
            };
            if name.is_match(last) && !last.to_string_lossy().starts_with('.') {
                found.push(directory.join(last));
            }
        }
    }
    Ok(found)
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

fn read(path: &Path, seen: &mut HashSet<PathBuf>) -> Result<SourceFile, Unusable> {
    let identity = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if !seen.insert(identity) {
        return Err(Unusable::Twice);
    }
    let bytes = if is_stdin(path) {
        read_bounded(io::stdin().lock())
    } else {
        read_file(path)
    }?;
    Ok(SourceFile {
        name: path.to_string_lossy().into(),
        text: text(bytes)?,
    })
}

/// The size is checked before reading, and again while reading, in case the file grows.
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
        Unusable::NoMatch => (None, Some("check the directory, and quote the pattern")),
        Unusable::Pattern(_) => (None, Some("write a pattern such as `topics/*.yaml`")),
        Unusable::NoYaml => (None, Some("name a directory that has some, or a file")),
        Unusable::Twice => (None, Some("name it once")),
        Unusable::Io(_) => (None, Some("make it a file that this user may read")),
    };
    Diagnostic {
        path: Some(path.to_owned()),
        place,
        message: reason.to_string(),
        hint: hint.map(str::to_owned),
        ..Diagnostic::default()
    }
}

/// The place after `before`.
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

    /// The error of reading a file with these bytes, without its directory.
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
    fn a_pattern_stands_for_the_files_that_it_matches() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["b/x.yaml", "a/x.yaml", "a/y.yml", "c/.x.yaml", "a/z/x.yaml"] {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        let read = |pattern: &str| {
            let read = read_sources(&[directory.path().join(pattern)])?;
            let texts = read.into_iter().map(|source| source.text);
            Ok::<_, ManifestErrors>(texts.collect::<Vec<_>>())
        };
        assert_eq!(read("*/*.yaml").unwrap(), ["a/x.yaml", "b/x.yaml"]);
        assert_eq!(read("a/?.y*ml").unwrap(), ["a/x.yaml", "a/y.yml"]);
        let message = |pattern| read(pattern).unwrap_err().0[0].message.clone();
        assert_eq!(message("c/*.yaml"), "this pattern matches no file");
        assert!(message("[a/x.yaml").starts_with("this pattern cannot be read: "));
        fs::write(directory.path().join("a/[1].yaml"), "itself").unwrap();
        assert_eq!(read("a/[1].yaml").unwrap(), ["itself"]);
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
