//! Mappings whose fields are known.

use super::node::{self, Entry, Kind, Node};
use super::problem::{Problem, list, nearest, quote};
use super::problems::Problems;
use super::scalar::{self, Reading};
use super::spot::Spot;
use super::value;

/// Other names that users give to fields, in lower case without separators.
const SYNONYMS: [(&str, &str); 9] = [
    ("replicationfactor", "replicas"),
    ("replication", "replicas"),
    ("partitioncount", "partitions"),
    ("numpartitions", "partitions"),
    ("settings", "configs"),
    ("bootstrapserver", "bootstrap"),
    ("bootstrapservers", "bootstrap"),
    ("topic", "name"),
    ("doc", "description"),
];

/// The fields of a mapping.
pub(super) struct Fields<'n, 'a> {
    /// The mapping itself.
    pub at: Spot,
    entries: &'n [Entry<'a>],
    misspelt: Vec<&'static str>,
}

/// Reads a mapping that may have only the `known` fields. `what` names it in messages.
pub(super) fn fields<'n, 'a>(
    node: &'n Node<'a>,
    what: &str,
    known: &[&'static str],
    problems: &mut Problems,
) -> Option<Fields<'n, 'a>> {
    let entries = mapping(node, what, problems)?;
    let mut misspelt = Vec::new();
    for entry in entries {
        if problems.is_full() {
            break;
        }
        let key = &*entry.key.value;
        if !known.contains(&key) {
            let meant = meant(key, known);
            misspelt.extend(meant);
            problems.push(unknown(entry, meant, known));
        }
    }
    Some(Fields {
        at: node.at,
        entries,
        misspelt,
    })
}

/// The entries of a mapping.
pub(super) fn mapping<'n, 'a>(
    node: &'n Node<'a>,
    what: &str,
    problems: &mut Problems,
) -> Option<&'n [Entry<'a>]> {
    if let Kind::Map(entries) = &node.kind {
        return Some(entries);
    }
    let problem = value::mismatch(node, what, "a mapping");
    problems.push(problem.hint(mapping_hint(node, what)));
    None
}

fn mapping_hint(node: &Node<'_>, what: &str) -> &'static str {
    match (what, &node.kind) {
        ("a manifest", _) => "a manifest starts with `version: 1`",
        ("`topics`", Kind::List(_)) => "put the list under `topics.items`",
        _ if value::is_null(node) => "write `{}` if nothing belongs there, or remove it",
        _ => "write it as `key: value` lines, or remove it",
    }
}

fn meant(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let plain = key.replace(['_', '-', '.', ' '], "").to_lowercase();
    let synonym = || SYNONYMS.into_iter().find(|(name, _)| *name == plain);
    nearest(key, known.iter().copied())
        .or_else(|| nearest(&plain, known.iter().copied()))
        .or_else(|| synonym().map(|(_, meant)| meant))
        .filter(|meant| known.contains(meant))
}

fn unknown(entry: &Entry<'_>, meant: Option<&str>, known: &[&str]) -> Problem {
    let key = &entry.key.value;
    let setting = key.contains('.');
    let hint = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if setting && known.contains(&"configs") => "put settings under `configs`".to_owned(),
        None if setting && known.contains(&"process") => {
            "put settings under `defaults`, `brokers` or `process`".to_owned()
        }
        None => format!("the fields here are {}", list(known.iter().copied())),
    };
    Problem::at(entry.key.at, format!("unknown field {}", quote(key))).hint(hint)
}

impl<'n, 'a> Fields<'n, 'a> {
    /// The value of a field.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node<'a>> {
        self.entry(name).map(|entry| &*entry.value)
    }

    /// A field with its key.
    pub(super) fn entry(&self, name: &str) -> Option<&'n Entry<'a>> {
        self.entries.iter().find(|entry| entry.key.value == name)
    }

    /// Whether an unknown field is probably a misspelling of `name`.
    pub(super) fn is_misspelt(&self, name: &str) -> bool {
        self.misspelt.contains(&name)
    }

    /// Whether a field has a reference.
    pub(super) fn has_reference(&self) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| node::reference_in(&entry.value).is_some())
    }

    /// All fields.
    pub(super) fn entries(&self) -> &'n [Entry<'a>] {
        self.entries
    }
}

/// A key that the user chose: text without white space that every YAML reader takes for text.
pub(super) fn plain_name(entry: &Entry<'_>, what: &str, problems: &mut Problems) -> Option<String> {
    let key = &*entry.key.value;
    let (message, hint) = if !entry.quoted && scalar::read(key) != Reading::Text {
        let message = format!("{what} must be text, not {}", quote(key));
        (message, "write a name, or quote it")
    } else if key.is_empty() {
        (format!("{what} is empty"), "write a name, or remove it")
    } else if !key.bytes().all(is_name_byte) {
        let message = format!("{} cannot be {what}", quote(key));
        (message, "use letters, digits, `.`, `_` and `-`")
    } else {
        return Some(key.to_owned());
    };
    problems.push(Problem::at(entry.key.at, message).hint(hint));
    None
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}
