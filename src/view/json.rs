//! JSON documents, each with `formatVersion` and `kind`. Characters that act on a terminal are
//! escaped, in YAML too.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::escape::{self, is_hidden_beyond_ascii, yaml_quoted};

/// The format version of documents that have none of their own.
pub const FORMAT_VERSION: u32 = 1;

/// A value as an indented document with a final newline.
#[must_use]
pub fn document(value: &impl Serialize) -> String {
    // Cannot fail: these documents have only string keys and finite numbers.
    escape::json(serde_json::to_string_pretty(value).unwrap_or_default()) + "\n"
}

/// A value as a document of one line.
#[must_use]
pub fn line(value: &impl Serialize) -> String {
    // Cannot fail, as above.
    escape::json(serde_json::to_string(value).unwrap_or_default()) + "\n"
}

/// A JSON document on one line.
#[must_use]
pub fn to_line(document: &str) -> String {
    let value: Value = serde_json::from_str(document).unwrap_or_default();
    line(&value)
}

/// A JSON document as YAML.
#[must_use]
pub fn to_yaml(document: &str) -> String {
    // Cannot fail: the input is this program's JSON, and YAML can express all of it.
    let value: Value = serde_json::from_str(document).unwrap_or_default();
    let mut marks = (0..).map(|number| format!("hidden{number}x"));
    let mark = marks
        .find(|mark| !document.contains(mark))
        .unwrap_or_default();
    let mut hidden = Hidden {
        mark,
        texts: Vec::new(),
    };
    let value = hidden.out_of(value);
    let yaml = serde_saphyr::to_string(&value).unwrap_or_default();
    hidden.put_into(&yaml)
}

/// Texts with characters that act on a terminal. The YAML writer would not escape them, so it is
/// given marks instead, which are replaced by quoted texts afterwards.
struct Hidden {
    /// A text that the document does not contain, and that YAML does not quote.
    mark: String,
    texts: Vec<String>,
}

impl Hidden {
    fn out_of(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.marked(text)),
            Value::Array(items) => items.into_iter().map(|item| self.out_of(item)).collect(),
            Value::Object(fields) => {
                let fields = fields.into_iter();
                let fields = fields.map(|(name, value)| (self.marked(name), self.out_of(value)));
                Value::Object(fields.collect::<Map<_, _>>())
            }
            other => other,
        }
    }

    fn marked(&mut self, text: String) -> String {
        if !text.contains(is_hidden_beyond_ascii) {
            return text;
        }
        self.texts.push(text);
        format!("{}{}_", self.mark, self.texts.len() - 1)
    }

    fn put_into(&self, yaml: &str) -> String {
        let mut parts = yaml.split(&self.mark);
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (number, rest) = part.split_once('_').unwrap_or_default();
            let hidden = number.parse().ok().and_then(|at: usize| self.texts.get(at));
            text += &yaml_quoted(hidden.map_or("", String::as_str));
            text += rest;
        }
        text
    }
}

/// `fields` under `formatVersion` and `kind`.
#[must_use]
pub fn of_kind(kind: &str, fields: &impl Serialize) -> String {
    /// A document with its format version and kind.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Headed<'a, T> {
        format_version: u32,
        kind: &'a str,
        #[serde(flatten)]
        fields: &'a T,
    }
    document(&Headed {
        format_version: FORMAT_VERSION,
        kind,
        fields,
    })
}

/// A document of this kind with one field.
#[must_use]
pub fn of_one(kind: &str, field: &str, value: &impl Serialize) -> String {
    of_kind(kind, &BTreeMap::from([(field, value)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use crate::model::escape::is_hidden;

    #[test]
    fn documents_hold_what_is_hidden_by_its_number() {
        let odd = "\u{9b}2J\u{202e}";
        let value = json!({
            "kind": "Odd", odd: [odd, "hidden0x1_", "plain", { "below": format!("a\n{odd}: #") }],
        });
        for text in [document(&value), line(&value), to_line(&document(&value))] {
            assert!(!text.replace('\n', "").contains(is_hidden), "{text}");
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
        let yaml = to_yaml(&document(&value));
        assert!(!yaml.replace('\n', "").contains(is_hidden), "{yaml}");
        assert_eq!(serde_saphyr::from_str::<Value>(&yaml).unwrap(), value);
        assert!(yaml.contains("- plain\n"), "{yaml}");
    }
}
