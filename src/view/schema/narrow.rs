//! Makes derived schemas as strict as the printed documents.
//!
//! A derived schema also accepts unknown fields, null or `false` for fields that are left out
//! instead, and number formats that only the generator knows.

use schemars::Schema;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::{Map, Value, json};

/// Narrows a schema and its subschemas; it has the definitions they refer to.
#[derive(Debug, Clone)]
pub(super) struct Narrow(pub(super) Map<String, Value>);

impl Narrow {
    /// Replaces a reference beside other fields by the fields of its definition.
    fn unfold(&self, fields: &mut Map<String, Value>) {
        if !fields.contains_key("properties") {
            return;
        }
        let target = fields.get("$ref").and_then(Value::as_str);
        let name = target.and_then(|target| target.strip_prefix("#/$defs/"));
        if let Some(definition) = name.and_then(|name| self.0.get(name))
            && let Value::Object(both) = merged(&Value::Object(fields.clone()), definition)
        {
            *fields = both;
            fields.shift_remove("$ref");
        }
    }
}

impl Transform for Narrow {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(fields) = schema.as_object_mut() {
            self.unfold(fields);
            spread(fields);
            fields.remove("default");
            narrow_number(fields);
            narrow_fields(fields);
            plain_words(fields);
        }
        transform_subschemas(self, schema);
    }
}

/// An object with the fields of both.
pub(super) fn merged(first: &Value, then: &Value) -> Value {
    let mut all = first.clone();
    let (Value::Object(fields), Value::Object(then)) = (&mut all, then) else {
        return all;
    };
    for (keyword, value) in then {
        match (fields.get_mut(keyword), value) {
            (Some(Value::Object(there)), Value::Object(more)) => there.extend(more.clone()),
            (Some(Value::Array(there)), Value::Array(more)) => there.extend(more.clone()),
            _ => drop(fields.insert(keyword.clone(), value.clone())),
        }
    }
    all
}

/// Moves the fields beside `oneOf` or `anyOf` into each form, so that each form is complete.
fn spread(fields: &mut Map<String, Value>) {
    let word = ["oneOf", "anyOf"].into_iter();
    let Some(word) = word.into_iter().find(|word| fields.contains_key(*word)) else {
        return;
    };
    if !fields.contains_key("properties") {
        return;
    }
    let Some(Value::Array(forms)) = fields.remove(word) else {
        return;
    };
    let mut first = std::mem::take(fields);
    for keyword in ["$schema", "$defs", "title", "description"] {
        if let Some(value) = first.shift_remove(keyword) {
            fields.insert(keyword.to_owned(), value);
        }
    }
    let first = Value::Object(first);
    let mut all = Vec::new();
    for form in forms {
        let mut form = merged(&first, &form);
        if let Value::Object(form) = &mut form {
            spread(form);
        }
        match form.get("oneOf").and_then(Value::as_array) {
            Some(forms) => all.extend(forms.clone()),
            None => all.push(form),
        }
    }
    fields.insert(word.to_owned(), Value::Array(all));
}

/// Removes the generator's own number formats, such as `uint32`.
fn narrow_number(fields: &mut Map<String, Value>) {
    let is_number = |format: &str| {
        ["int", "uint", "double", "float"]
            .iter()
            .any(|start| format.starts_with(start))
    };
    if fields
        .get("format")
        .and_then(Value::as_str)
        .is_some_and(is_number)
    {
        fields.shift_remove("format");
    }
}

/// Refuses unknown fields. An optional field is missing instead of null or `false`, unless it is
/// marked `nullable`.
fn narrow_fields(fields: &mut Map<String, Value>) {
    let required = fields.get("required").cloned().unwrap_or_default();
    let is_required = |name: &str| {
        let names = required.as_array();
        names.is_some_and(|names| names.iter().any(|one| one == name))
    };
    let Some(Value::Object(properties)) = fields.get_mut("properties") else {
        return;
    };
    for (name, field) in properties {
        let Value::Object(field) = field else {
            continue;
        };
        let is_nullable = field.shift_remove("nullable").is_some();
        if is_required(name) || is_nullable {
            continue;
        }
        if field.get("type") == Some(&json!("boolean")) {
            field.shift_remove("type");
            field.insert("const".to_owned(), json!(true));
        }
        never_null(field);
    }
    if !fields.contains_key("additionalProperties") {
        fields.insert("additionalProperties".to_owned(), json!(false));
    }
}

fn never_null(field: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = field.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            field.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(forms)) = field.get_mut("anyOf") {
        forms.retain(|form| form.get("type") != Some(&json!("null")));
        if let [Value::Object(only)] = forms.as_slice() {
            let only = only.clone();
            field.shift_remove("anyOf");
            field.extend(only);
        }
    }
}

/// Removes links and line breaks from descriptions.
fn plain_words(fields: &mut Map<String, Value>) {
    if let Some(Value::String(words)) = fields.get_mut("description") {
        *words = words
            .replace('\n', " ")
            .replace("[`", "`")
            .replace("`]", "`");
    }
}
