//! Kafka's own settings: keys and values are passed on unchanged, once it is certain what they mean.

use super::fields::{mapping, plain_name};
use super::keys::{self, Known, Of};
use super::layer::Settings;
use super::node::{self, Entry, Kind, Node, Scalar, Style};
use super::problem::{Problem, quote};
use super::problems::Problems;
use super::question::Question;
use super::scalar::{self, Reading};
use super::spot::Placed;
use super::value;
use crate::model::desired::Setting;
use crate::model::units::{self, Unit};
use crate::model::wire;

/// The setting that is checked against numbers of replicas.
pub(super) const MIN_ISR: &str = "min.insync.replicas";

/// Reads a mapping of settings. `what` names it in messages.
pub(super) fn read(node: &Node<'_>, what: &str, of: Of, problems: &mut Problems) -> Settings {
    let entries = mapping(node, what, problems).unwrap_or_default();
    let mut settings = Settings::new();
    for entry in entries {
        if problems.is_full() {
            break;
        }
        settings.extend(setting(entry, of, problems));
    }
    settings
}

/// Reads one setting.
pub(super) fn setting(
    entry: &Entry<'_>,
    of: Of,
    problems: &mut Problems,
) -> Option<(String, Placed<Setting>)> {
    let key = plain_name(entry, "a setting's key", problems)?;
    if keys::is_secret(&key, of) && !node::is_reference(&entry.value) {
        problems.conceal(entry.value.at);
    }
    let known = keys::known(&key, of, entry.key.at);
    if has_unknown(&entry.value) {
        problems.extend(known.err());
        return None;
    }
    let secret = matches!(&known, Ok(Known::Listed(known)) if known.is_sensitive());
    let value = if secret && entry.value.reference().is_some() {
        hidden(&key, &entry.value)
    } else {
        value_of(&key, &entry.value)
    };
    let is_map = matches!(entry.value.kind, Kind::Map(_));
    let checked = match (known, &value) {
        (Ok(Known::Listed(known)), Ok(Setting::Value(text))) => {
            keys::check(known, &key, of, text, &entry.value)
        }
        // A key that continues in a nested mapping is reported as such.
        (Err(_) | Ok(Known::Unlisted(_)), Err(_)) if is_map => Ok(()),
        (Ok(Known::Unlisted(unknown)), value) => {
            let value = value.as_ref().ok();
            problems.ask(Question::of(
                (&key, entry.key.at),
                of,
                value,
                &entry.value,
                unknown,
            ));
            Ok(())
        }
        (known, _) => known.map(drop),
    };
    if let Err(problem) = checked {
        problems.push(problem);
    }
    // Properties of a local broker are written to a file, so requests do not limit their length.
    let fits = of == Of::Process;
    match value.and_then(|value| {
        if fits {
            Ok(value)
        } else {
            fitting(&key, entry, value)
        }
    }) {
        Ok(value) => Some((key, Placed::new(value, entry.value.at))),
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}

/// Checks that key and value fit into a request.
fn fitting(key: &str, entry: &Entry<'_>, value: Setting) -> Result<Setting, Problem> {
    let shorten = |problem: Problem| {
        let hint = format!(
            "shorten it to {} bytes: brokers close the connection over more",
            wire::MAX_TEXT_BYTES
        );
        problem.hint(hint)
    };
    if let Err(long) = wire::check(key) {
        let message = format!("the key {} is {long}", quote(key));
        return Err(shorten(Problem::at(entry.key.at, message)));
    }
    if let Setting::Value(text) = &value
        && let Err(long) = wire::check(text)
    {
        let message = format!("`{key}` is {long}");
        return Err(shorten(Problem::at(entry.value.at, message)));
    }
    Ok(value)
}

/// Whether it contains a reference without a known value.
fn has_unknown(node: &Node<'_>) -> bool {
    match &node.kind {
        Kind::Scalar(_) => node.is_unknown(),
        Kind::List(items) => items.iter().any(|item| item.is_unknown()),
        Kind::Map(_) => false,
    }
}

/// The value of a secret is taken as text, because a user cannot quote it.
fn hidden(key: &str, node: &Node<'_>) -> Result<Setting, Problem> {
    let Kind::Scalar(scalar) = &node.kind else {
        return value_of(key, node);
    };
    check_text(key, node, scalar.value())?;
    Ok(Setting::Value(scalar.value().to_owned()))
}

fn value_of(key: &str, node: &Node<'_>) -> Result<Setting, Problem> {
    match &node.kind {
        Kind::Scalar(scalar) if is_unset(scalar) => Ok(Setting::Unset),
        Kind::Scalar(scalar) => single(key, node, scalar).map(Setting::Value),
        Kind::List(items) => joined(key, node, items).map(Setting::Value),
        Kind::Map(entries) => Err(nested(key, node, entries)),
    }
}

fn is_unset(scalar: &Scalar<'_>) -> bool {
    scalar.style == Style::Plain && scalar.value() == "unset"
}

/// A YAML list as Kafka's text with commas.
fn joined(key: &str, node: &Node<'_>, items: &[std::rc::Rc<Node<'_>>]) -> Result<String, Problem> {
    if units::unit_of(key).is_some() {
        return Err(
            Problem::at(node.at, format!("`{key}` must be one number, not a list"))
                .hint(number_hint(key)),
        );
    }
    let texts: Result<Vec<String>, Problem> = items.iter().map(|item| item_of(key, item)).collect();
    texts.map(|texts| texts.join(","))
}

fn item_of(key: &str, item: &Node<'_>) -> Result<String, Problem> {
    match &item.kind {
        Kind::Scalar(scalar) if is_unset(scalar) => {
            let message = format!("`{key}` has `unset` in its list");
            Err(Problem::at(item.at, message).hint(format!("write `{key}: unset`, or quote it")))
        }
        Kind::Scalar(scalar) => single(key, item, scalar),
        Kind::List(_) | Kind::Map(_) => {
            let message = format!("`{key}` has {} in its list", value::describe(item));
            Err(Problem::at(item.at, message).hint("write a list of plain values"))
        }
    }
}

fn nested(key: &str, node: &Node<'_>, entries: &[Entry<'_>]) -> Problem {
    let hint = match entries.first() {
        Some(first) => {
            let whole = format!("{key}.{}", first.key.value);
            format!(
                "write the whole key on one line, such as {}",
                quote(&format!("{whole}: …"))
            )
        }
        None => "write a value, or `unset`".to_owned(),
    };
    Problem::at(node.at, format!("`{key}` must be a value, not a mapping")).hint(hint)
}

/// A scalar as the text that is sent to Kafka.
fn single(key: &str, node: &Node<'_>, scalar: &Scalar<'_>) -> Result<String, Problem> {
    let text = match scalar.style {
        Style::Plain => plain(key, node, scalar)?,
        Style::Quoted => quoted(key, node, &scalar.text)?,
        Style::Block => scalar.text.trim_end(),
    };
    check_text(key, node, text)?;
    match units::unit_of(key) {
        Some(unit) => counted(key, node, text, unit),
        None => Ok(text.to_owned()),
    }
}

fn plain<'t>(key: &str, node: &Node<'_>, scalar: &'t Scalar<'_>) -> Result<&'t str, Problem> {
    match scalar::read(scalar.value()) {
        Reading::Text | Reading::Integer(_) | Reading::Decimal | Reading::Boolean(_) => {
            Ok(scalar.value())
        }
        Reading::Null => Err(Problem::at(node.at, format!("`{key}` has no value"))
            .hint(format!("to go back to the default write `{key}: unset`"))),
        Reading::LooseBoolean(meant) => {
            let message = format!("{} is not `true` or `false`", quote(&scalar.text));
            let hint = format!("write `{meant}`, or quote it if it is text");
            Err(Problem::at(node.at, message).hint(value::hint_without_value(node, hint)))
        }
        Reading::Huge => Err(value::huge(node, &scalar.text)),
        Reading::LooseNumber(plain) => {
            Err(value::loose_number(node, &scalar.text, plain.as_deref()))
        }
    }
}

fn quoted<'t>(key: &str, node: &Node<'_>, text: &'t str) -> Result<&'t str, Problem> {
    match scalar::read(text) {
        Reading::Integer(_) | Reading::Decimal => Err(value::quoted_number(node, key, text)),
        _ => Ok(text),
    }
}

fn check_text(key: &str, node: &Node<'_>, text: &str) -> Result<(), Problem> {
    if text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
        return Err(
            Problem::at(node.at, format!("`{key}` has a control character in it"))
                .hint("remove it"),
        );
    }
    Ok(())
}

/// The plain number for a key that counts bytes or time.
fn counted(key: &str, node: &Node<'_>, text: &str, unit: Unit) -> Result<String, Problem> {
    if text.parse::<i64>().is_ok() {
        return Ok(text.to_owned());
    }
    match (units::parse(text, unit), node.reference()) {
        (Some(Ok(number)), _) => Ok(number.to_string()),
        (Some(Err(error)), None) => {
            Err(Problem::at(node.at, error.to_string()).hint(number_hint(key)))
        }
        (_, reference) => {
            let shown = quote(reference.unwrap_or(text));
            let message = format!("`{key}` must be a whole number, not {shown}");
            Err(Problem::at(node.at, message).hint(number_hint(key)))
        }
    }
}

fn number_hint(key: &str) -> String {
    let (unit, example) = match units::unit_of(key) {
        Some(Unit::Bytes) => ("bytes", "1GiB"),
        Some(Unit::Seconds) => ("seconds", "10m"),
        Some(Unit::Minutes) => ("minutes", "2h"),
        Some(Unit::Hours) => ("hours", "7d"),
        Some(Unit::Milliseconds) | None => ("milliseconds", "7d"),
    };
    format!("write a number of {unit}, or one with its unit such as `{example}`")
}
