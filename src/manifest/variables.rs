//! `${env:NAME}` and `${file:PATH}`: references to values outside of the manifest.
//!
//! They are replaced in the node tree, after YAML was parsed, so a value is always one scalar. The
//! scalar keeps the reference as its text, for messages; code that needs the value has to ask for it.
//!
//! Values are not looked up in environments that were not chosen: such a scalar is unknown.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::keys;
use super::node::{Entry, Kind, Meaning, Node, Scalar, Style};
use super::problem::{Problem, quote};
use super::problems::Problems;
use super::spot::Spot;

/// The largest value of one reference, in bytes.
pub const MAX_VALUE_BYTES: u64 = 1 << 20;
/// The largest sum of all values, counted at each use, in bytes.
const MOST_BYTES: usize = 64 << 20;

/// A reference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// An environment variable.
    Env(String),
    /// A file's content.
    File {
        /// The path as it is written.
        path: String,
        /// The manifest that contains the reference; relative paths start at its directory.
        manifest: Arc<str>,
    },
}

/// Why a reference has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoValue {
    /// The variable or file does not exist.
    Missing,
    /// It cannot be read; holds the reason.
    Unreadable(String),
}

/// Looks up the value of a reference. Of a file that is larger than [`MAX_VALUE_BYTES`], one byte more
/// than that is enough.
pub type ValueLookup<'l> = &'l dyn Fn(&Reference) -> Result<Vec<u8>, NoValue>;

/// Replaces the references of all files.
pub(super) struct Variables<'l> {
    lookup: ValueLookup<'l>,
    environment: Option<&'l str>,
    known: BTreeMap<Reference, Known>,
    bytes: usize,
}

struct Known {
    meaning: Rc<Meaning>,
    /// Whether it is the value of a secret key.
    secret: bool,
}

/// What is known of a node from its place.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Whether its value is needed.
    counts: bool,
    /// Whether it is a secret.
    secret: bool,
}

impl<'l> Variables<'l> {
    pub(super) fn new(lookup: ValueLookup<'l>, environment: Option<&'l str>) -> Self {
        Self {
            lookup,
            environment,
            known: BTreeMap::new(),
            bytes: 0,
        }
    }

    /// The values that are not secret, ordered by reference.
    pub(super) fn open(&self) -> impl Iterator<Item = &str> {
        let open = self.known.values().filter(|known| !known.secret);
        open.filter_map(|known| match &*known.meaning {
            Meaning::Value(text) => Some(text.as_str()),
            Meaning::Unknown => None,
        })
    }

    /// The document with its references replaced.
    pub(super) fn replace<'a>(
        &mut self,
        root: Rc<Node<'a>>,
        manifest: &Arc<str>,
        problems: &mut Problems,
    ) -> Rc<Node<'a>> {
        let mut replacing = Replacing {
            manifest,
            problems,
            variables: self,
        };
        let base = Place {
            counts: true,
            secret: false,
        };
        let Kind::Map(entries) = &root.kind else {
            return replacing.node(&root, base).unwrap_or(root);
        };
        let replaced = replacing.entries(entries, |entry, replacing| {
            if entry.key.value == "environments" {
                replacing.environments(&entry.value)
            } else {
                replacing.node(&entry.value, base)
            }
        });
        match replaced {
            Some(entries) => Rc::new(root.with(Kind::Map(entries))),
            None => root,
        }
    }
}

struct Replacing<'r, 'l> {
    manifest: &'r Arc<str>,
    problems: &'r mut Problems,
    variables: &'r mut Variables<'l>,
}

/// Its methods return none where nothing was replaced.
impl Replacing<'_, '_> {
    fn environments<'a>(&mut self, node: &Node<'a>) -> Option<Rc<Node<'a>>> {
        let Kind::Map(entries) = &node.kind else {
            return None;
        };
        let entries = self.entries(entries, |entry, replacing| {
            let chosen = replacing.variables.environment;
            let place = Place {
                counts: chosen == Some(&entry.key.value),
                secret: false,
            };
            replacing.node(&entry.value, place)
        })?;
        Some(Rc::new(node.with(Kind::Map(entries))))
    }

    fn node<'a>(&mut self, node: &Node<'a>, place: Place) -> Option<Rc<Node<'a>>> {
        let kind = match &node.kind {
            Kind::Scalar(scalar) => Kind::Scalar(self.scalar(scalar, node.at, place)?),
            Kind::List(items) => Kind::List(self.items(items, place)?),
            Kind::Map(entries) => Kind::Map(self.entries(entries, |entry, replacing| {
                let secret = place.secret || keys::may_be_secret(&entry.key.value);
                replacing.node(&entry.value, Place { secret, ..place })
            })?),
        };
        Some(Rc::new(node.with(kind)))
    }

    fn items<'a>(&mut self, items: &[Rc<Node<'a>>], place: Place) -> Option<Vec<Rc<Node<'a>>>> {
        let mut replaced = None;
        for (index, item) in items.iter().enumerate() {
            if let Some(item) = self.node(item, place) {
                replaced.get_or_insert_with(|| items.to_vec())[index] = item;
            }
        }
        replaced
    }

    fn entries<'a>(
        &mut self,
        entries: &[Entry<'a>],
        mut value: impl FnMut(&Entry<'a>, &mut Self) -> Option<Rc<Node<'a>>>,
    ) -> Option<Vec<Entry<'a>>> {
        let mut replaced = None;
        for (index, entry) in entries.iter().enumerate() {
            if let Some(node) = value(entry, self) {
                replaced.get_or_insert_with(|| entries.to_vec())[index].value = node;
            }
        }
        replaced
    }

    fn scalar<'a>(&mut self, scalar: &Scalar<'a>, at: Spot, place: Place) -> Option<Scalar<'a>> {
        if !scalar.text.contains("${") {
            return None;
        }
        let meaning = match read(&scalar.text, self.manifest) {
            Ok(Written::Literal(text)) => {
                return Some(Scalar {
                    text: Cow::Owned(text),
                    style: scalar.style,
                    stands_for: None,
                });
            }
            Ok(Written::Reference(_)) if !place.counts => Rc::new(Meaning::Unknown),
            Ok(Written::Reference(reference)) => self.meaning(reference, &scalar.text, at, place),
            Err(mistake) => {
                self.problems.push(mistake.problem(&scalar.text, at));
                Rc::new(Meaning::Unknown)
            }
        };
        Some(Scalar {
            text: scalar.text.clone(),
            style: Style::Plain,
            stands_for: Some(meaning),
        })
    }

    fn meaning(
        &mut self,
        reference: Reference,
        written: &str,
        at: Spot,
        place: Place,
    ) -> Rc<Meaning> {
        if let Some(known) = self.variables.known.get_mut(&reference) {
            known.secret |= place.secret;
            let meaning = Rc::clone(&known.meaning);
            return self.spend(meaning, at);
        }
        let meaning = match self.look_up(&reference) {
            Ok(text) => Meaning::Value(text),
            Err(wrong) => {
                self.problems.push(wrong.problem(&reference, written, at));
                Meaning::Unknown
            }
        };
        let known = Known {
            meaning: Rc::new(meaning),
            secret: place.secret,
        };
        let meaning = Rc::clone(&known.meaning);
        self.variables.known.insert(reference, known);
        self.spend(meaning, at)
    }

    fn look_up(&self, reference: &Reference) -> Result<String, Wrong> {
        let bytes = (self.variables.lookup)(reference).map_err(Wrong::NoValue)?;
        if bytes.len() as u64 > MAX_VALUE_BYTES {
            return Err(Wrong::Large);
        }
        let mut text = String::from_utf8(bytes).map_err(|_| Wrong::NotUtf8)?;
        if matches!(reference, Reference::File { .. }) && text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        match text {
            text if text.is_empty() => Err(Wrong::Empty),
            text if text.contains('\0') => Err(Wrong::Nul),
            text => Ok(text),
        }
    }

    fn spend(&mut self, meaning: Rc<Meaning>, at: Spot) -> Rc<Meaning> {
        let Meaning::Value(text) = &*meaning else {
            return meaning;
        };
        let before = self.variables.bytes;
        self.variables.bytes = before.saturating_add(text.len());
        if self.variables.bytes <= MOST_BYTES {
            return meaning;
        }
        if before <= MOST_BYTES {
            let problem = Problem::at(at, "more than 64 MiB of values from elsewhere");
            self.problems
                .push(problem.hint("use large values in fewer places"));
        }
        Rc::new(Meaning::Unknown)
    }
}

/// A scalar that contains `${`.
#[derive(Debug, PartialEq, Eq)]
enum Written {
    Literal(String),
    Reference(Reference),
}

/// An error in the form of a reference.
#[derive(Debug, PartialEq, Eq)]
enum Mistake {
    Unclosed,
    Nested,
    Inside,
    NoKind(String),
    Kind(String),
    Empty,
    Name(String),
}

fn read(text: &str, manifest: &Arc<str>) -> Result<Written, Mistake> {
    let Some(start) = start(text) else {
        return Ok(Written::Literal(text.replace("$${", "${")));
    };
    let inside = &text[start + 2..];
    let (inside, rest) = inside.split_once('}').ok_or(Mistake::Unclosed)?;
    if inside.contains("${") {
        return Err(Mistake::Nested);
    }
    if start > 0 || !rest.is_empty() {
        return Err(Mistake::Inside);
    }
    let (kind, name) = inside
        .split_once(':')
        .ok_or_else(|| Mistake::NoKind(inside.to_owned()))?;
    if !matches!(kind, "env" | "file") {
        return Err(Mistake::Kind(kind.to_owned()));
    }
    if name.trim().is_empty() {
        return Err(Mistake::Empty);
    }
    let odd = |c: char| c.is_control() || (kind == "env" && (c.is_whitespace() || c == '='));
    if name.contains(odd) {
        return Err(Mistake::Name(name.to_owned()));
    }
    Ok(Written::Reference(match kind {
        "env" => Reference::Env(name.to_owned()),
        _ => Reference::File {
            path: name.to_owned(),
            manifest: Arc::clone(manifest),
        },
    }))
}

/// The position of the first `${` that is not escaped as `$${`.
fn start(text: &str) -> Option<usize> {
    let mut found = text.match_indices("${").map(|(index, _)| index);
    found.find(|index| !text[..*index].ends_with('$'))
}

impl Mistake {
    fn problem(self, text: &str, at: Spot) -> Problem {
        const FORMS: &str = "write `${env:NAME}` or `${file:PATH}`, or `$${` for the characters";
        let (message, hint) = match self {
            Self::Unclosed => ("`${` is never closed".to_owned(), "close it with `}`, or write `$${` for the characters".to_owned()),
            Self::Nested => (
                "a reference inside a reference".to_owned(),
                "name the variable or the file itself".to_owned(),
            ),
            Self::Inside => (
                format!("{} has a reference inside a longer text", quote(text)),
                "a reference is the whole value: put the whole text where it points, or write `$${` for the characters".to_owned(),
            ),
            Self::NoKind(name) if !name.trim().is_empty() => (
                format!("{} does not say what it refers to", quote(text)),
                format!("write {}, or `$${{` for the characters", quote(&format!("${{env:{name}}}"))),
            ),
            Self::Kind(kind) => (
                format!("a reference of the unknown kind {}", quote(&kind)),
                FORMS.to_owned(),
            ),
            Self::Empty | Self::NoKind(_) => (format!("{} has no name in it", quote(text)), FORMS.to_owned()),
            Self::Name(name) => (
                format!("{} cannot be a name", quote(&name)),
                "write it without spaces, `=` and control characters".to_owned(),
            ),
        };
        Problem::at(at, message).hint(hint)
    }
}

/// An error in the value of a reference.
enum Wrong {
    NoValue(NoValue),
    Large,
    NotUtf8,
    Empty,
    Nul,
}

impl Wrong {
    fn problem(self, reference: &Reference, written: &str, at: Spot) -> Problem {
        let shown = quote(written);
        let (message, hint) = match (self, reference) {
            (Self::NoValue(NoValue::Missing), Reference::Env(name)) => (
                format!("the environment variable {} is not set", quote(name)),
                "set it, or write the value itself",
            ),
            (Self::NoValue(NoValue::Missing), Reference::File { path, .. }) => (
                format!("there is no file {}", quote(path)),
                "a relative path starts at the manifest's own directory",
            ),
            (Self::NoValue(NoValue::Unreadable(why)), _) => {
                let why = crate::model::escape::escape(&why);
                (
                    format!("cannot read {shown}: {why}"),
                    "make it a file that this user may read",
                )
            }
            (Self::Large, _) => (
                format!("what {shown} stands for is larger than 1 MiB"),
                "a value is one line or a few: check what it refers to",
            ),
            (Self::NotUtf8, _) => (
                format!("what {shown} stands for is not UTF-8"),
                "a value is text: encode bytes, such as with base64",
            ),
            (Self::Nul, _) => (
                format!("what {shown} stands for has a NUL byte in it"),
                "a value is text: encode bytes, such as with base64",
            ),
            (Self::Empty, _) => (
                format!("{shown} is there, and empty"),
                "give it a value; to go back to a setting's default write `unset` here",
            ),
        };
        Problem::at(at, message).hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<Written, Mistake> {
        read(text, &"a.yaml".into())
    }

    #[test]
    fn a_reference_is_the_whole_of_a_scalar() {
        let env = |name: &str| Ok(Written::Reference(Reference::Env(name.to_owned())));
        assert_eq!(written("${env:A_b.C}"), env("A_b.C"));
        let file = Reference::File {
            path: "a b:c".into(),
            manifest: "a.yaml".into(),
        };
        assert_eq!(written("${file:a b:c}"), Ok(Written::Reference(file)));
        for (text, mistake) in [
            ("${env:A", Mistake::Unclosed),
            ("${", Mistake::Unclosed),
            ("x${env:A}", Mistake::Inside),
            ("${env:A}x", Mistake::Inside),
            ("${env:A}${env:B}", Mistake::Inside),
            ("${env:${env:A}}", Mistake::Nested),
            ("${env:}", Mistake::Empty),
            ("${file: }", Mistake::Empty),
            ("${A}", Mistake::NoKind("A".into())),
            ("${vault:a}", Mistake::Kind("vault".into())),
            ("${Env:A}", Mistake::Kind("Env".into())),
            ("${env: A}", Mistake::Name(" A".into())),
        ] {
            assert_eq!(written(text), Err(mistake), "{text}");
        }
    }

    #[test]
    fn a_doubled_dollar_is_a_dollar() {
        for (text, literal) in [
            ("$${env:A}", "${env:A}"),
            ("a $${ b $${c}", "a ${ b ${c}"),
            ("$$${", "$${"),
        ] {
            assert_eq!(written(text), Ok(Written::Literal(literal.into())));
        }
        assert_eq!(written("$${a} ${b}"), Err(Mistake::Inside));
    }
}
