//! How schemas are put together.

use serde_json::{Map, Value, json};

use super::super::json::FORMAT_VERSION;
use crate::plan;

/// A mapping of these fields and no others. A name with `?` at its end is of a field that may be
/// missing.
pub(super) fn mapping(fields: Value) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    if let Value::Object(fields) = fields {
        for (name, takes) in fields {
            if let Some(name) = name.strip_suffix('?') {
                properties.insert(name.to_owned(), takes);
            } else {
                required.push(name.clone());
                properties.insert(name, takes);
            }
        }
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A mapping whose field `tag` tells it from others.
pub(super) fn tagged(tag: &str, word: &str, fields: Value) -> Value {
    mapping(beside(&json!({ tag: { "const": word } }), fields))
}

/// A document of a kind.
pub(super) fn of_kind(kind: &str, fields: Value) -> Value {
    let version = match kind {
        // Reports of before have plans of version 1.
        "Plan" => json!({ "enum": [1, plan::FORMAT_VERSION] }),
        _ => json!({ "const": FORMAT_VERSION }),
    };
    let first = json!({ "formatVersion": version, "kind": { "const": kind } });
    mapping(beside(&first, fields))
}

/// Fields and more fields after them.
pub(super) fn beside(first: &Value, then: Value) -> Value {
    let mut all = first.clone();
    if let (Value::Object(all), Value::Object(then)) = (&mut all, then) {
        all.extend(then);
    }
    all
}

pub(super) fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

/// A definition by its name.
pub(super) fn to(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

pub(super) fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

pub(super) fn about(words: &str, mut schema: Value) -> Value {
    schema["description"] = json!(words);
    schema
}
