//! Nodes → values of one type, strictly.

use std::ops::RangeInclusive;

use super::node::{Kind, Node, Scalar, Style};
use super::problem::{Problem, quote};
use super::problems::Problems;
use super::scalar::{self, Reading};
use super::spot::Placed;

/// A node in a few words; completes "must be …, not …".
pub(super) fn describe(node: &Node<'_>) -> String {
    match &node.kind {
        Kind::List(_) => "a list".to_owned(),
        Kind::Map(_) => "a mapping".to_owned(),
        Kind::Scalar(scalar) if scalar.style == Style::Quoted => {
            quote(&format!("\"{}\"", scalar.text))
        }
        Kind::Scalar(scalar) => quote(&scalar.text),
    }
}

/// Whether it is empty, `~` or `null`.
pub(super) fn is_null(node: &Node<'_>) -> bool {
    matches!(&node.kind, Kind::Scalar(scalar) if reading(scalar) == Reading::Null)
}

/// Whether it is empty or only white space.
pub(super) fn is_blank(node: &Node<'_>) -> bool {
    match &node.kind {
        Kind::Scalar(scalar) if scalar.value() == "null" => false,
        Kind::Scalar(scalar) => scalar.value().trim().is_empty() || is_null(node),
        _ => false,
    }
}

/// The error that `node` is not `wanted`, such as `a list`.
pub(super) fn mismatch(node: &Node<'_>, what: &str, wanted: &str) -> Problem {
    if is_null(node) && node.reference().is_none() {
        return Problem::at(node.at, format!("{what} has no value"));
    }
    let message = format!("{what} must be {wanted}, not {}", describe(node));
    Problem::at(node.at, message)
}

/// The hint, unless it would reveal the value of a reference.
pub(super) fn hint_without_value(node: &Node<'_>, hint: String) -> String {
    hint_for(node.reference(), hint)
}

/// The hint, unless there is a reference, whose value it would reveal.
pub(super) fn hint_for(reference: Option<&str>, hint: String) -> String {
    match reference {
        Some(reference) => {
            let shown = quote(reference);
            format!("what {shown} stands for is read as if it stood here without quotes")
        }
        None => hint,
    }
}

/// The class of a scalar; quoted scalars are text.
pub(super) fn reading(scalar: &Scalar<'_>) -> Reading {
    match scalar.style {
        Style::Plain => scalar::read(scalar.value()),
        Style::Quoted | Style::Block => Reading::Text,
    }
}

/// Text that is not empty. Text that some YAML readers take for something else must be quoted.
pub(super) fn text(
    node: &Node<'_>,
    field: &str,
    problems: &mut Problems,
) -> Option<Placed<String>> {
    if node.is_unknown() {
        return None;
    }
    match any_text(node, field) {
        Ok(text) => Some(Placed::new(text, node.at)),
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}

fn any_text(node: &Node<'_>, field: &str) -> Result<String, Problem> {
    let Kind::Scalar(scalar) = &node.kind else {
        let hint = format!("write `{field}: …` on one line");
        return Err(mismatch(node, &format!("`{field}`"), "text").hint(hint));
    };
    if is_blank(node) {
        let problem = Problem::at(node.at, format!("`{field}` is empty"));
        return Err(problem.hint("give it a value, or remove it"));
    }
    match (reading(scalar), scalar.style) {
        (Reading::Text, Style::Block) => Ok(scalar.text.trim_end().to_owned()),
        (Reading::Text, _) => Ok(scalar.value().to_owned()),
        (other, _) => Err(not_text(node, field, &scalar.text, &other)),
    }
}

fn not_text(node: &Node<'_>, field: &str, text: &str, reading: &Reading) -> Problem {
    let kind = match reading {
        Reading::Null => "nothing",
        Reading::Boolean(_) | Reading::LooseBoolean(_) => "a boolean",
        _ => "a number",
    };
    let shown = quote(text);
    if node.reference().is_some() {
        let message = format!("`{field}` must be text; {shown} stands for {kind}");
        return Problem::at(node.at, message).hint("write the value itself here, in quotes");
    }
    let message = format!("`{field}` must be text; YAML readers take {shown} for {kind}");
    Problem::at(node.at, message).hint(format!("quote it: `{field}: \"{text}\"`"))
}

/// `true` or `false`.
pub(super) fn boolean(
    node: &Node<'_>,
    field: &str,
    problems: &mut Problems,
) -> Option<Placed<bool>> {
    if node.is_unknown() {
        return None;
    }
    let hint = match &node.kind {
        Kind::Scalar(scalar) => match scalar::read(scalar.value()) {
            Reading::Boolean(value) if scalar.style == Style::Plain => {
                return Some(Placed::new(value, node.at));
            }
            Reading::Boolean(value) => format!("write `{value}` without quotes"),
            Reading::LooseBoolean(value) => format!("write `{value}`"),
            _ => "write `true` or `false`".to_owned(),
        },
        _ => "write `true` or `false`".to_owned(),
    };
    let problem = mismatch(node, &format!("`{field}`"), "`true` or `false`");
    problems.push(problem.hint(hint_without_value(node, hint)));
    None
}

/// An integer within `range`.
pub(super) fn integer<T: TryFrom<i64>>(
    node: &Node<'_>,
    field: &str,
    range: &RangeInclusive<i64>,
    problems: &mut Problems,
) -> Option<Placed<T>> {
    if node.is_unknown() {
        return None;
    }
    let problem = match any_integer(node, field) {
        Err(problem) => problem,
        Ok(value) => match T::try_from(value) {
            Ok(fitting) if range.contains(&value) => return Some(Placed::new(fitting, node.at)),
            _ => out_of_range(node, field, value, range),
        },
    };
    problems.push(problem);
    None
}

fn out_of_range(node: &Node<'_>, field: &str, value: i64, range: &RangeInclusive<i64>) -> Problem {
    let (least, most) = (range.start(), range.end());
    let shown = node.reference().map_or_else(|| value.to_string(), quote);
    let message = if value < *least {
        format!("`{field}` must be at least {least}, not {shown}")
    } else {
        format!("`{field}` must be at most {most}, not {shown}")
    };
    let hint = if field == "replicas" && value < *least {
        "leave `replicas` out to take the broker's default".to_owned()
    } else if *most < i64::from(i32::MAX) {
        format!("write a number from {least} to {most}")
    } else {
        format!("write {least} or more")
    };
    Problem::at(node.at, message).hint(hint)
}

/// A 64-bit integer.
fn any_integer(node: &Node<'_>, field: &str) -> Result<i64, Problem> {
    if let Kind::Scalar(scalar) = &node.kind {
        match (scalar::read(scalar.value()), scalar.style) {
            (Reading::Integer(value), Style::Plain) => return Ok(value),
            (Reading::Integer(_) | Reading::Huge | Reading::Decimal, Style::Quoted) => {
                return Err(quoted_number(node, field, &scalar.text));
            }
            (Reading::Huge, _) => return Err(huge(node, &scalar.text)),
            (Reading::LooseNumber(plain), Style::Plain) => {
                return Err(loose_number(node, &scalar.text, plain.as_deref()));
            }
            (Reading::Decimal, Style::Plain) => return Err(decimal(node, field, scalar.value())),
            _ => {}
        }
    }
    Err(mismatch(node, &format!("`{field}`"), "an integer").hint(digits_hint(field)))
}

fn decimal(node: &Node<'_>, field: &str, text: &str) -> Problem {
    let hint = match scalar::whole_part(text) {
        Some(whole) => format!("write `{whole}`"),
        None => digits_hint(field),
    };
    let hint = hint_without_value(node, hint);
    mismatch(node, &format!("`{field}`"), "an integer").hint(hint)
}

fn digits_hint(field: &str) -> String {
    let example = if field == "version" { 1 } else { 3 };
    format!("write plain digits, such as `{example}`")
}

/// The error for a number in quotes.
pub(super) fn quoted_number(node: &Node<'_>, field: &str, text: &str) -> Problem {
    let message = format!("`{field}` is a number in quotes");
    Problem::at(node.at, message).hint(format!("write {text} without quotes"))
}

/// The error for a number of more than 64 bits.
pub(super) fn huge(node: &Node<'_>, text: &str) -> Problem {
    let message = format!("{} does not fit into 64 bits", quote(text));
    Problem::at(node.at, message)
        .hint("write a number between -9223372036854775808 and 9223372036854775807")
}

/// The error for a number that YAML readers understand differently.
pub(super) fn loose_number(node: &Node<'_>, text: &str, plain: Option<&str>) -> Problem {
    let message = format!("{} is not a plain number", quote(text));
    let hint = match plain {
        Some(plain) => format!("write `{plain}`"),
        None => "write plain decimal digits".to_owned(),
    };
    Problem::at(node.at, message).hint(hint_without_value(node, hint))
}

/// The items of a list.
pub(super) fn items<'n, 'a>(
    node: &'n Node<'a>,
    what: &str,
    hint: &str,
    problems: &mut Problems,
) -> &'n [std::rc::Rc<Node<'a>>] {
    if let Kind::List(items) = &node.kind {
        return items;
    }
    problems.push(mismatch(node, what, "a list").hint(hint));
    &[]
}
