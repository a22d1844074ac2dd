//! The nodes of a document, with place and style.

use std::borrow::Cow;
use std::rc::Rc;

use super::spot::{Placed, Spot};

/// A node of a document.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub at: Spot,
    pub kind: Kind<'a>,
    /// The number of nodes in this subtree, with aliases expanded; long text counts as several.
    pub(super) size: u32,
    /// The depth of this subtree.
    pub(super) height: u8,
}

impl<'a> Node<'a> {
    /// The same node with another content of the same size.
    pub(super) fn with(&self, kind: Kind<'a>) -> Self {
        Self { kind, ..*self }
    }

    /// The reference as written, if this is one.
    pub(super) fn reference(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) if scalar.stands_for.is_some() => Some(&scalar.text),
            _ => None,
        }
    }

    /// Whether this is a reference without a known value. That is no error, or was reported already.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(Scalar { stands_for: Some(meaning), .. })
            if matches!(**meaning, Meaning::Unknown))
    }
}

#[derive(Debug)]
pub(super) enum Kind<'a> {
    Scalar(Scalar<'a>),
    List(Vec<Rc<Node<'a>>>),
    Map(Vec<Entry<'a>>),
}

/// A scalar.
#[derive(Debug)]
pub(super) struct Scalar<'a> {
    /// Its text after YAML's escapes, or the reference as written. For messages.
    pub text: Cow<'a, str>,
    /// How it was written; a reference counts as plain.
    pub style: Style,
    /// The value, if it is a reference.
    pub stands_for: Option<Rc<Meaning>>,
}

impl Scalar<'_> {
    /// The text to parse: the value, if it is a reference. Not for messages, as it may be a secret.
    pub(super) fn value(&self) -> &str {
        match self.stands_for.as_deref() {
            Some(Meaning::Value(value)) => value,
            Some(Meaning::Unknown) | None => &self.text,
        }
    }
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Quoted,
    /// `|` or `>`.
    Block,
}

/// A key of a mapping and its value. Keys are unique.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    pub key: Placed<Cow<'a, str>>,
    pub quoted: bool,
    pub value: Rc<Node<'a>>,
}

/// What a reference stands for.
#[derive(Debug)]
pub(super) enum Meaning {
    Value(String),
    /// Nobody asked for it, or why there is none has been said.
    Unknown,
}

/// Whether nothing of this is written here.
pub(super) fn is_reference(node: &Node<'_>) -> bool {
    match &node.kind {
        Kind::Scalar(_) => node.reference().is_some(),
        Kind::List(items) => !items.is_empty() && items.iter().all(|item| is_reference(item)),
        Kind::Map(_) => false,
    }
}

/// The first reference in a scalar or a list.
pub(super) fn reference_in<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    match &node.kind {
        Kind::Scalar(_) => node.reference(),
        Kind::List(items) => items.iter().find_map(|item| reference_in(item)),
        Kind::Map(_) => None,
    }
}
