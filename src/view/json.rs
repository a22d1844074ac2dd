//! JSON documents. Each carries `formatVersion` and `kind`.

use serde::Serialize;
use serde_json::{Value, json};

/// The version of documents that have none of their own.
pub const FORMAT_VERSION: u32 = 1;

/// A value as an indented document with a final newline.
#[must_use]
pub fn document(value: &impl Serialize) -> String {
    // Our documents have string keys and finite numbers only, so this cannot fail.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// A value as a document of one line.
#[must_use]
pub fn line(value: &impl Serialize) -> String {
    // As above.
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

/// A document of JSON on one line.
#[must_use]
pub fn to_line(document: &str) -> String {
    let value: Value = serde_json::from_str(document).unwrap_or_default();
    line(&value)
}

/// A document of JSON as YAML.
#[must_use]
pub fn to_yaml(document: &str) -> String {
    // Our own JSON, whose values YAML holds as well: neither step can fail.
    let value: Value = serde_json::from_str(document).unwrap_or_default();
    serde_saphyr::to_string(&value).unwrap_or_default()
}

/// `fields` under `formatVersion` and `kind`.
#[must_use]
pub fn of_kind(kind: &str, fields: Value) -> String {
    let mut object = serde_json::Map::new();
    object.insert("formatVersion".to_owned(), json!(FORMAT_VERSION));
    object.insert("kind".to_owned(), json!(kind));
    match fields {
        Value::Object(fields) => object.extend(fields),
        other => {
            object.insert("items".to_owned(), other);
        }
    }
    document(&Value::Object(object))
}
