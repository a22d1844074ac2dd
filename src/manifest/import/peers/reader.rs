//! Shared by all readers: topics with settings, errors, and warnings about what has no equivalent.

use std::collections::HashMap;

use super::super::super::diagnostic::{Diagnostic, ManifestErrors};
use super::super::super::fields;
use super::super::super::level::Level;
use super::super::super::limits::{MOST_PARTITIONS, MOST_REPLICAS};
use super::super::super::node::{Entry, Kind, Node, Style};
use super::super::super::problem::{Problem, list, nearest, quote};
use super::super::super::problems::Problems;
use super::super::super::scalar::{self, Reading};
use super::super::super::snippet::Lines as SourceLines;
use super::super::super::source::SourceFile;
use super::super::super::spot::{Placed, Spot};
use super::super::super::value;
use super::super::imported::{Imported, Line, Lines, Present, State, Topic};
use super::super::judge::{Judge, Part};
use super::peer::Peer;
use crate::model::catalogue;
use crate::model::topic::{check_name, is_internal_name};

const NO_EQUAL: &str = "has no equal in a manifest";

/// Collects topics, errors and warnings.
pub(super) struct Reader<'s> {
    peer: Peer,
    sources: &'s [SourceFile],
    pub(super) problems: Problems,
    pub(super) imported: Imported,
    warnings: Vec<Warning>,
    /// The warning with a message, by index.
    said: HashMap<String, usize>,
    judge: Judge,
    /// The place of each topic.
    places: HashMap<String, Spot>,
}

/// Something in the files that the manifest does not have.
struct Warning {
    at: Spot,
    message: String,
    hint: String,
    /// The number of further places with the same message.
    more: usize,
}

impl<'s> Reader<'s> {
    pub(super) fn of(peer: Peer, sources: &'s [SourceFile]) -> Self {
        Self {
            peer,
            sources,
            problems: Problems::default(),
            imported: Imported::default(),
            warnings: Vec::new(),
            said: HashMap::new(),
            judge: Judge::default(),
            places: HashMap::new(),
        }
    }

    /// The manifest and the warnings, or all errors.
    pub(super) fn finish(mut self) -> Result<(Imported, Vec<Diagnostic>), ManifestErrors> {
        for left in self.imported.settle(0) {
            let Some(at) = self.places.get(&left.topic).copied() else {
                continue;
            };
            let topic = quote(&left.topic);
            let message = format!("topic {topic} is left out: {}", left.why);
            self.warn(at, message, "correct it, and import again");
        }
        self.problems.into_result(self.sources)?;
        let sources = self.sources;
        let lines: Vec<SourceLines<'_>> = sources
            .iter()
            .map(|one| SourceLines::new(&one.text))
            .collect();
        self.warnings.sort_by_key(|warning| warning.at);
        let diagnostic = |warning: Warning| Diagnostic {
            level: Level::Warning,
            place: Some(warning.at.place(sources)),
            message: match warning.more {
                0 => warning.message,
                1 => format!("{}, here and at 1 more place", warning.message),
                more => format!("{}, here and at {more} more places", warning.message),
            },
            snippet: lines[warning.at.file as usize].snippet(warning.at),
            hint: Some(warning.hint),
            ..Diagnostic::default()
        };
        let warnings = self.warnings.into_iter().map(diagnostic).collect();
        Ok((self.imported, warnings))
    }

    pub(super) fn problem(&mut self, at: Spot, message: impl Into<String>, hint: &str) {
        self.problems.push(Problem::at(at, message).hint(hint));
    }

    /// Reports a file without content.
    pub(super) fn empty(&mut self, file: u32) {
        let start = Spot {
            file,
            line: 1,
            column: 1,
            width: 1,
        };
        self.problem(start, "the file is empty", "leave it out");
    }

    /// Adds a warning; the same message at further places is only counted.
    pub(super) fn warn(&mut self, at: Spot, message: impl Into<String>, hint: &str) {
        let message = message.into();
        if let Some(known) = self.said.get(&message) {
            self.warnings[*known].more += 1;
            return;
        }
        self.said.insert(message.clone(), self.warnings.len());
        self.warnings.push(Warning {
            at,
            message,
            hint: hint.to_owned(),
            more: 0,
        });
    }

    pub(super) fn no_equal(&mut self, at: Spot, what: &str, hint: &str) {
        self.warn(at, format!("`{what}` {NO_EQUAL}"), hint);
    }

    /// The fields of a mapping.
    pub(super) fn mapping<'n, 'a>(&mut self, node: &'n Node<'a>, what: &str) -> &'n [Entry<'a>] {
        self.fields(node, what).unwrap_or_default()
    }

    /// The same; none, with an error, if it is no mapping.
    pub(super) fn fields<'n, 'a>(
        &mut self,
        node: &'n Node<'a>,
        what: &str,
    ) -> Option<&'n [Entry<'a>]> {
        fields::mapping(node, what, &mut self.problems)
    }

    /// Reports a field that the other program does not know.
    pub(super) fn unknown(&mut self, entry: &Entry<'_>, known: &[&str]) {
        let key = &*entry.key.value;
        let hint = match nearest(key, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the fields here are {}", list(known.iter().copied())),
        };
        let message = format!("unknown field {}", quote(key));
        self.problem(entry.key.at, message, &hint);
    }

    /// Text, with or without quotes.
    pub(super) fn text(&mut self, node: &Node<'_>, what: &str) -> Option<Placed<String>> {
        let text = match &node.kind {
            Kind::Scalar(scalar) if !is_nothing(node) => match scalar.style {
                Style::Block => scalar.text.trim_end().to_owned(),
                Style::Plain | Style::Quoted => scalar.text.clone().into_owned(),
            },
            _ => {
                let problem = value::mismatch(node, &format!("`{what}`"), "text");
                let hint = format!("write `{what}: …` on one line");
                self.problems.push(problem.hint(hint));
                return None;
            }
        };
        self.is_literal(node.at, &text)
            .then(|| Placed::new(text, node.at))
    }

    /// Whether the text contains no placeholders of the other program.
    fn is_literal(&mut self, at: Spot, text: &str) -> bool {
        let starts = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '{');
        let dollars = text.match_indices('$');
        let varies = self.peer == Peer::Topicctl
            && dollars
                .into_iter()
                .any(|(index, _)| text[index + 1..].starts_with(starts));
        if varies {
            let message = format!(
                "{} has a variable in it, which is not known here",
                quote(text)
            );
            self.problem(
                at,
                message,
                "put its value in first, such as with `envsubst`",
            );
        }
        !varies
    }

    /// A number within `range`.
    fn number<T: TryFrom<i64>>(
        &mut self,
        node: &Node<'_>,
        what: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<T> {
        let text = self.text(node, what)?.value;
        let (least, most) = (range.start(), range.end());
        let fitting = text.parse().ok().filter(|number| range.contains(number));
        let number = fitting.and_then(|number| T::try_from(number).ok());
        if number.is_none() {
            let shown = quote(&text);
            let message = format!("`{what}` must be a number from {least} to {most}, not {shown}");
            self.problem(node.at, message, "write it in plain digits");
        }
        number
    }

    pub(super) fn partitions(&mut self, node: &Node<'_>) -> Option<i32> {
        self.number(node, "partitions", 1..=MOST_PARTITIONS)
    }

    pub(super) fn replicas(&mut self, node: &Node<'_>, what: &str) -> Option<i16> {
        self.number(node, what, 1..=MOST_REPLICAS)
    }

    /// Minutes of retention in milliseconds.
    pub(super) fn minutes(&mut self, node: &Node<'_>, what: &str) -> Option<i64> {
        let minutes: i64 = self.number(node, what, 0..=i64::from(i32::MAX))?;
        Some(minutes * 60_000)
    }

    /// Reads a topic's settings into `lines`. Settings that are there already win.
    pub(super) fn settings(&mut self, node: &Node<'_>, what: &str, lines: &mut Lines) {
        if is_nothing(node) {
            return;
        }
        for entry in self.mapping(node, what) {
            let key = entry.key.value.clone().into_owned();
            let Some(value) = self.setting(entry) else {
                continue;
            };
            if let Some(Line::Set(wins)) = lines.get(&key)
                && *wins != value
            {
                let message = format!(
                    "{} of `{key}` is left out: a ConfigMap says {}",
                    quote(&value),
                    quote(wins)
                );
                self.warn(
                    entry.key.at,
                    message,
                    "change it in the manifest if the other one is meant",
                );
            }
            if lines.contains_key(&key) {
                continue;
            }
            let line = self.judged(entry.key.at, &key, value);
            lines.insert(key, line);
        }
    }

    fn judged(&mut self, at: Spot, key: &str, value: String) -> Line {
        let (why, hint) = if catalogue::is_throttle(key) {
            let why = "whoever moves replicas sets it and takes it away".to_owned();
            (
                why,
                "declare no throttle: it would come back with every apply",
            )
        } else {
            match self.judge.why_not(Part::Topic, key, &value) {
                None => return Line::Set(value),
                Some(why) => (why, "correct it, or leave it out"),
            }
        };
        self.warn(at, format!("{} is left out: {why}", quote(key)), hint);
        Line::Left(why)
    }

    /// The text that Kafka gets.
    fn setting(&mut self, entry: &Entry<'_>) -> Option<String> {
        let key = &*entry.key.value;
        match &entry.value.kind {
            Kind::List(items) => {
                let texts = items.iter().map(|item| self.text(item, key));
                let texts: Option<Vec<_>> = texts.collect();
                let texts = texts?.into_iter().map(|text| text.value);
                Some(texts.collect::<Vec<_>>().join(","))
            }
            Kind::Scalar(scalar) if scalar.style == Style::Plain => {
                if let Reading::LooseNumber(_) = scalar::read(&scalar.text) {
                    let shown = quote(&scalar.text);
                    let message = format!("{shown} is not a plain number");
                    self.problem(entry.value.at, message, "write it in plain digits");
                    return None;
                }
                self.text(&entry.value, key).map(|text| text.value)
            }
            _ => self.text(&entry.value, key).map(|text| text.value),
        }
    }

    /// Adds a topic that should exist. A missing `partitions` was reported already.
    pub(super) fn present(
        &mut self,
        name: Placed<String>,
        partitions: Option<i32>,
        topic: Present,
    ) {
        if self.admits(&name)
            && let Some(partitions) = partitions
        {
            let state = State::Present(Present {
                partitions,
                ..topic
            });
            let name = name.value;
            self.imported.topics.push(Topic { name, state });
        }
    }

    /// Adds a topic that should not exist.
    pub(super) fn absent(&mut self, name: Placed<String>) {
        if self.admits(&name) {
            let (name, state) = (name.value, State::Absent);
            self.imported.topics.push(Topic { name, state });
        }
    }

    /// Whether a manifest can have a topic of that name, and has none yet.
    fn admits(&mut self, name: &Placed<String>) -> bool {
        let Placed { value: name, at } = name;
        if let Err(illegal) = check_name(name) {
            let hint = "use letters from `a` to `z`, digits, `.`, `_` and `-`";
            self.problem(*at, illegal.to_string(), hint);
            return false;
        }
        if is_internal_name(name) {
            let message = format!("{} is one of Kafka's own topics", quote(name));
            self.warn(*at, message, "leave it out: Kafka makes it by itself");
            return false;
        }
        if let Some(first) = self.places.insert(name.clone(), *at) {
            let message = format!("the topic {} is here twice", quote(name));
            let problem = Problem::at(*at, message).related("the other", first);
            self.problems.push(problem.hint("keep one of the two"));
            return false;
        }
        true
    }
}

/// Whether it is empty or `null`.
pub(super) fn is_nothing(node: &Node<'_>) -> bool {
    matches!(&node.kind, Kind::Scalar(scalar)
        if scalar.style == Style::Plain && scalar::read(&scalar.text) == Reading::Null)
}

/// The value of a field.
pub(super) fn field<'n, 'a>(entries: &'n [Entry<'a>], name: &str) -> Option<&'n Node<'a>> {
    let mut entries = entries.iter();
    let entry = entries.find(|entry| entry.key.value == name)?;
    Some(&entry.value)
}
