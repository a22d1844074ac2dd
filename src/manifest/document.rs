//! Parses YAML text to nodes that know their place and their style.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, Span, Tag, options};

use super::node::{Entry, Kind, Node, Scalar, Style};
use super::problem::{Problem, quote};
use super::problems::Problems;
use super::spot::{Placed, Spot, number};
use super::syntax;

/// The deepest accepted nesting, with aliases expanded.
const DEEPEST: usize = 64;
/// The largest accepted number of nodes in all files, with aliases expanded.
const MOST_NODES: u32 = 2_000_000;
/// Text that an alias repeats counts as one node for each so many bytes, because it is copied.
const TEXT_OF_ONE: usize = 64;

/// The number of nodes that may still be read.
pub(super) struct Budget {
    left: u32,
    /// Whether aliases repeated nodes.
    repeats: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            left: MOST_NODES,
            repeats: false,
        }
    }
}

/// Parses a source, which has to be one document. None if it cannot be understood; `problems` then has
/// at least one reason.
pub(super) fn read<'a>(
    file: u32,
    text: &'a str,
    budget: &mut Budget,
    problems: &mut Problems,
) -> Option<Rc<Node<'a>>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder {
        file,
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        budget,
        problems,
    };
    let outcome = builder.read(text).and_then(|()| {
        builder
            .root
            .take()
            .filter(|root| !is_nothing(root))
            .ok_or_else(|| empty(file))
    });
    match outcome {
        Ok(root) => Some(root),
        Err(problem) => {
            builder.problems.push(problem);
            None
        }
    }
}

/// A document without a value, such as a lone `---`.
fn is_nothing(root: &Node<'_>) -> bool {
    root.at.width == 0 && matches!(&root.kind, Kind::Scalar(scalar) if scalar.style == Style::Plain)
}

fn empty(file: u32) -> Problem {
    let start = Spot {
        file,
        line: 1,
        column: 1,
        width: 1,
    };
    Problem::at(start, "the file is empty").hint("a manifest starts with `version: 1`")
}

fn parser_options() -> Options {
    options! {
        emit_comments: false,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
    }
}

/// A list or a mapping whose end was not read yet.
struct Open<'a> {
    at: Spot,
    anchor: usize,
    inside: Inside<'a>,
}

enum Inside<'a> {
    List(Vec<Rc<Node<'a>>>),
    Map {
        entries: Vec<(Rc<Node<'a>>, Rc<Node<'a>>)>,
        key: Option<Rc<Node<'a>>>,
    },
}

struct Builder<'a, 'p> {
    file: u32,
    open: Vec<Open<'a>>,
    anchors: HashMap<usize, Rc<Node<'a>>>,
    root: Option<Rc<Node<'a>>>,
    budget: &'p mut Budget,
    problems: &'p mut Problems,
}

impl<'a> Builder<'a, '_> {
    /// Reads to the end, or to the first error after which parsing makes no sense.
    fn read(&mut self, text: &'a str) -> Result<(), Problem> {
        for event in Parser::new_from_str_with_options(text, parser_options()) {
            let (event, span) = event.map_err(|error| syntax::problem(self.file, text, &error))?;
            self.event(event, &span)?;
        }
        match &self.root {
            Some(root) => syntax::check_first_line(text, root.at),
            None => Ok(()),
        }
    }

    fn event(&mut self, event: Event<'a>, span: &Span) -> Result<(), Problem> {
        let at = spot(self.file, span);
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                return Err(Problem::at(at, "a second document starts here")
                    .hint("keep one document in each file, and name every file with `-f`"));
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span);
                return self.scalar(text, style, anchor, at);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span);
                return self.start(at, anchor, Inside::List(Vec::new()));
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span);
                let (entries, key) = (Vec::new(), None);
                return self.start(at, anchor, Inside::Map { entries, key });
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => return self.alias(anchor, at),
            _ => {}
        }
        Ok(())
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, span: &Span) {
        if let Some(tag) = tag {
            let at = span
                .tag_span()
                .map_or_else(|| spot(self.file, span), |span| spot(self.file, &span));
            let message = format!("the tag {} is not allowed", quote(&tag.original()));
            self.problems.push(
                Problem::at(at, message).hint("remove it; quote text that looks like a number"),
            );
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        anchor: usize,
        at: Spot,
    ) -> Result<(), Problem> {
        self.spend(1, at)?;
        let absent = style == ScalarStyle::Plain && at.width == 0;
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        let at = if absent {
            self.place_of_nothing(at)
        } else {
            at
        };
        let (size, height) = (1 + number(text.len() / TEXT_OF_ONE), 1);
        let kind = Kind::Scalar(Scalar {
            text,
            style,
            stands_for: None,
        });
        self.attach(
            anchor,
            Node {
                at,
                kind,
                size,
                height,
            },
        );
        Ok(())
    }

    /// A missing value is shown at its key.
    fn place_of_nothing(&self, at: Spot) -> Spot {
        match self.open.last().map(|open| &open.inside) {
            Some(Inside::Map { key: Some(key), .. }) => key.at,
            _ => at,
        }
    }

    fn start(&mut self, at: Spot, anchor: usize, inside: Inside<'a>) -> Result<(), Problem> {
        self.spend(1, at)?;
        self.check_depth(1, at)?;
        self.open.push(Open { at, anchor, inside });
        Ok(())
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let (kind, size, height) = match open.inside {
            Inside::List(items) => {
                let (size, height) = measure(items.iter());
                (Kind::List(items), size, height)
            }
            Inside::Map { entries, .. } => {
                let (size, height) = measure(entries.iter().flat_map(|(key, value)| [key, value]));
                (Kind::Map(self.entries(entries)), size, height)
            }
        };
        let at = first_line(open.at, &kind);
        let node = Node {
            at,
            kind,
            size,
            height,
        };
        self.attach(open.anchor, node);
    }

    fn alias(&mut self, anchor: usize, at: Spot) -> Result<(), Problem> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return Err(
                Problem::at(at, "this alias stands inside what it refers to")
                    .hint("write the value out instead"),
            );
        };
        self.budget.repeats = true;
        self.spend(node.size, at)?;
        self.check_depth(usize::from(node.height), at)?;
        self.put(node);
        Ok(())
    }

    fn spend(&mut self, nodes: u32, at: Spot) -> Result<(), Problem> {
        let repeats = self.budget.repeats;
        self.budget.left = self.budget.left.checked_sub(nodes).ok_or_else(|| {
            let (expanded, hint) = if repeats {
                let hint = "use fewer aliases, or split the manifest by cluster";
                (", aliases expanded", hint)
            } else {
                ("", "split the manifest by cluster")
            };
            Problem::at(at, format!("more than {MOST_NODES} values{expanded}")).hint(hint)
        })?;
        Ok(())
    }

    fn check_depth(&self, more: usize, at: Spot) -> Result<(), Problem> {
        if self.open.len() + more > DEEPEST {
            return Err(syntax::too_deep(at));
        }
        Ok(())
    }

    fn attach(&mut self, anchor: usize, node: Node<'a>) {
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.put(node);
    }

    fn put(&mut self, node: Rc<Node<'a>>) {
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Map { entries, key }) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push((key, node)),
            },
        }
    }

    /// Keeps the entries that a manifest may have, and the first entry of each key.
    fn entries(&mut self, pairs: Vec<(Rc<Node<'a>>, Rc<Node<'a>>)>) -> Vec<Entry<'a>> {
        let mut seen: HashMap<Cow<'a, str>, Spot> = HashMap::with_capacity(pairs.len());
        let mut entries = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let entry = match entry(&key, value) {
                Ok(entry) => entry,
                Err(problem) => {
                    self.problems.push(problem);
                    continue;
                }
            };
            if let Some(first) = seen.get(&entry.key.value) {
                self.problems.push(duplicate(&entry.key, *first));
            } else {
                seen.insert(entry.key.value.clone(), entry.key.at);
                entries.push(entry);
            }
        }
        entries
    }
}

fn measure<'n, 'a: 'n>(children: impl Iterator<Item = &'n Rc<Node<'a>>>) -> (u32, u8) {
    children.fold((1, 1), |(size, height), child| {
        let size = child.size.saturating_add(size);
        (size, height.max(child.height.saturating_add(1)))
    })
}

fn entry<'a>(key: &Rc<Node<'a>>, value: Rc<Node<'a>>) -> Result<Entry<'a>, Problem> {
    let Kind::Scalar(scalar) = &key.kind else {
        return Err(Problem::at(key.at, "a list or a mapping cannot be a key")
            .hint("write the key as plain text"));
    };
    if scalar.text == "<<" && scalar.style == Style::Plain {
        return Err(Problem::at(key.at, "merge keys (`<<`) are not allowed")
            .hint("write what topics share under `topics.defaults`"));
    }
    Ok(Entry {
        key: Placed::new(scalar.text.clone(), key.at),
        quoted: scalar.style != Style::Plain,
        value,
    })
}

fn duplicate(key: &Placed<Cow<'_, str>>, first: Spot) -> Problem {
    let message = format!("duplicate key {}", quote(&key.value));
    Problem::at(key.at, message)
        .related("first", first)
        .hint("remove one of the two")
}

/// A block mapping begins at its first key, which is underlined.
fn first_line(at: Spot, kind: &Kind<'_>) -> Spot {
    match kind {
        Kind::Map(entries) => entries
            .first()
            .filter(|first| (first.key.at.line, first.key.at.column) == (at.line, at.column))
            .map_or(at, |first| first.key.at),
        _ => at,
    }
}

fn spot(file: u32, span: &Span) -> Spot {
    let (start, end) = (span.start, span.end);
    let width = if start.line() == end.line() {
        number(end.col().saturating_sub(start.col()))
    } else {
        u32::MAX
    };
    Spot {
        file,
        line: number(start.line()),
        column: number(start.col() + 1),
        width,
    }
}
