//! JSON documents. Each carries `formatVersion` and `kind`.

use serde::Serialize;
use serde_json::{Value, json};

/// The version of documents that have none of their own.
pub const FORMAT_VERSION: u32 = 1;

/// A value as an indented document with a final newline.
#[must_use]
pub fn document(value: &impl Serialize) -> String {
    match serde_json::to_string_pretty(value) {
        Ok(text) => text + "\n",
        Err(error) => error_document(1, &error.to_string(), None),
    }
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

/// The one document on stdout when a command fails.
#[must_use]
pub fn error_document(code: u8, message: &str, hint: Option<&str>) -> String {
    let fields = json!({ "error": { "code": code, "message": message, "hint": hint } });
    of_kind("Error", fields)
}
