//! A JSON Schema of manifests for editors, made from the fields in `reference` and from the catalogue.
//!
//! It accepts everything that [`parse`](super::parse) accepts in a manifest of one file, and a little
//! more: rules that need several places are left to `validate`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::policies::PARTS;
use super::reference::{FIELDS, Form, ManifestField, Takes};
use super::sections::OVERLAYS;
use super::{keys, quotas};
use crate::model::access::{Operation, ResourceType};
use crate::model::allowed::Allowed;
use crate::model::catalogue::{self, Key, Scope, wants_listener};
use crate::model::config::ConfigType;
use crate::model::rights;
use crate::model::units::{self, Unit, unit_of};

/// The schema, in JSON Schema 2020-12.
#[must_use]
pub fn schema() -> Value {
    let mut root = mapping("", false);
    root["required"] = json!(["version"]);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A manifest of tonkafka",
    });
    extend(&mut schema, root);
    schema["$defs"] = json!({
        "reference": {
            "description": "A value from a variable of the environment, or from a file.",
            "type": "string",
            "pattern": "^\\$\\{(env|file):[^}]+\\}$",
        },
        "topicKeys": keys_of(Scope::Topic),
        "brokerKeys": keys_of(Scope::Broker),
    });
    schema
}

fn extend(schema: &mut Value, more: Value) {
    if let (Value::Object(schema), Value::Object(more)) = (schema, more) {
        schema.extend(more);
    }
}

/// The fields directly below `above`, which is empty or ends with a point. `overlay`: for an
/// environment.
fn mapping(above: &str, overlay: bool) -> Value {
    let below = FIELDS.iter().filter(|field| {
        let name = field.path.strip_prefix(above);
        let in_overlay = !overlay || !above.is_empty() || OVERLAYS.contains(&field.path);
        in_overlay && name.is_some_and(|name| !name.contains('.'))
    });
    let properties: Map<String, Value> = below
        .map(|field| (field.name().to_owned(), of_field(field, overlay)))
        .collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn of_field(field: &ManifestField, overlay: bool) -> Value {
    let below = format!("{}.", field.path);
    let mut schema = match field.form {
        Form::Version => json!({ "const": 1 }),
        Form::Mapping => mapping(&below, overlay),
        Form::Text => or_reference(&json!({ "type": "string", "minLength": 1 })),
        Form::Integer { most } => {
            or_reference(&json!({ "type": "integer", "minimum": 1, "maximum": most }))
        }
        Form::Boolean => or_reference(&json!({ "type": "boolean" })),
        Form::OneOf(words) => or_reference(&json!({ "enum": words })),
        Form::Name => {
            or_reference(&json!({ "type": "string", "pattern": "^[a-zA-Z0-9._-]{1,249}$" }))
        }
        Form::Kafka => {
            or_reference(&json!({ "type": "string", "pattern": "^[0-9]+([.][0-9]+){1,2}$" }))
        }
        Form::Heap => {
            or_reference(&json!({ "type": "string", "pattern": "^[1-9][0-9]{0,5}[kKmMgG]$" }))
        }
        Form::Addresses => json!({
            "anyOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1 },
            ],
        }),
        Form::Prefixes => {
            let prefix = json!({ "type": "string", "pattern": "^[A-Za-z0-9.-][A-Za-z0-9._-]*$" });
            json!({ "anyOf": [prefix, { "type": "array", "items": prefix, "minItems": 1 }] })
        }
        Form::TopicKeys => configs(Scope::Topic, |_| true),
        Form::SharedKeys => configs(Scope::Broker, |key| keys::is_shared(&key.name)),
        Form::EachBroker => json!({
            "type": "object",
            "patternProperties": { "^[0-9]+$": configs(Scope::Broker, |key| !wants_listener(&key.name)) },
            "additionalProperties": false,
        }),
        Form::Process => process(&below),
        Form::Policy(takes) => policy(takes),
        Form::Topics => topics(&below, overlay),
        Form::Yes => or_reference(&json!({ "const": true })),
        Form::Texts => one_or_several(&json!({ "type": "string", "minLength": 1 })),
        Form::Principals | Form::PrincipalPrefixes => one_or_several(&or_reference(
            &json!({ "type": "string", "pattern": "^[^:]+:.+$" }),
        )),
        Form::Operations => one_or_several(&or_reference(&json!({ "enum": operations() }))),
        Form::Acls => list_of(&below, overlay, &["principal"]),
        Form::Quotas => list_of(&below, overlay, &[]),
        Form::QuotaKeys => quota_keys(),
        Form::Environments => environments(),
    };
    schema["description"] = json!(field.about);
    schema
}

fn or_reference(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "$ref": "#/$defs/reference" }] })
}

/// A rule: its value, a mapping with the value, or `false`.
fn policy(takes: Takes) -> Value {
    let value = or_reference(&policy_value(takes));
    let names = one_or_several(&json!({ "type": "string", "minLength": 1 }));
    let parts = [
        json!({ "anyOf": [value, { "const": false }] }),
        or_reference(&json!({ "enum": ["error", "warn"] })),
        names.clone(),
        names,
    ];
    let properties: Map<String, Value> = PARTS.map(str::to_owned).into_iter().zip(parts).collect();
    let mut mapping =
        json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if takes != Takes::Flag {
        mapping["required"] = json!(["value"]);
    }
    json!({ "anyOf": [value, { "const": false }, mapping] })
}

fn policy_value(takes: Takes) -> Value {
    match takes {
        Takes::Pattern => json!({ "type": "string", "minLength": 1 }),
        Takes::Count { most } => json!({ "type": "integer", "minimum": 1, "maximum": most }),
        Takes::Flag => json!({ "const": true }),
        Takes::Time => json!({
            "anyOf": [
                { "type": "integer", "minimum": 1 },
                { "type": "string", "pattern": "^[0-9]+ ?[a-z]+$" },
            ],
        }),
        Takes::OneOf(words) => one_or_several(&json!({ "enum": words })),
        Takes::Texts => one_or_several(&json!({ "type": "string", "minLength": 1 })),
    }
}

fn one_or_several(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "array", "items": schema, "minItems": 1 }] })
}

fn topics(below: &str, overlay: bool) -> Value {
    let mut topic = mapping(below, overlay);
    topic["required"] = json!(["name"]);
    if !overlay {
        // `state` may be a reference, whose value is unknown here, so `partitions` may be needed or
        // not.
        topic["anyOf"] = json!([{ "required": ["partitions"] }, { "required": ["state"] }]);
    }
    json!({ "type": "array", "items": topic })
}

/// A list of mappings with the fields below.
fn list_of(below: &str, overlay: bool, required: &[&str]) -> Value {
    let mut item = mapping(below, overlay);
    item["required"] = json!(required);
    json!({ "type": "array", "items": item })
}

fn operations() -> BTreeSet<Operation> {
    let each = ResourceType::ALL.iter();
    let each = each.flat_map(|kind| rights::operations(*kind)).copied();
    each.chain([Operation::All]).collect()
}

/// Quotas and their numbers; byte rates take sizes with a unit.
fn quota_keys() -> Value {
    let keys = quotas::OF_CLIENTS.iter().chain(&quotas::OF_ADDRESSES);
    let properties: Map<String, Value> = keys
        .map(|key| {
            let mut forms = vec![
                json!({ "type": "number", "exclusiveMinimum": 0 }),
                json!({ "const": "unset" }),
                json!({ "$ref": "#/$defs/reference" }),
            ];
            if key.ends_with("_byte_rate") {
                forms.push(with_unit(Unit::Bytes));
            }
            ((*key).to_owned(), json!({ "anyOf": forms }))
        })
        .collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn environments() -> Value {
    json!({
        "type": "object",
        "propertyNames": { "pattern": "^[A-Za-z0-9._-]+$" },
        "additionalProperties": mapping("", true),
    })
}

/// The properties of a local broker; plug-ins may have keys that are not in the catalogue.
fn process(below: &str) -> Value {
    let mut process = configs(Scope::Broker, |_| true);
    let own = mapping(below, false);
    if let (Some(all), Some(own)) = (
        process["properties"].as_object_mut(),
        own["properties"].as_object(),
    ) {
        all.extend(own.clone());
    }
    process["additionalProperties"] = json!(true);
    process
}

/// Keys of the catalogue, and patterns for other keys.
fn configs(scope: Scope, takes: impl Fn(&Key) -> bool) -> Value {
    let name = defs(scope);
    let known = catalogue::keys(scope).iter().filter(|key| takes(key));
    let properties: Map<String, Value> = known
        .map(|key| {
            let definition = format!("#/$defs/{name}/{}", key.name);
            (key.name.clone(), json!({ "$ref": definition }))
        })
        .collect();
    let vendors: Vec<String> = catalogue::vendor_prefixes()
        .map(|prefix| prefix.replace('.', "\\."))
        .collect();
    let mut patterns = Map::new();
    patterns.insert(format!("^({})", vendors.join("|")), json!({}));
    if scope == Scope::Broker {
        patterns.insert("^listener\\.name\\.[^.]+\\.".to_owned(), json!({}));
    }
    json!({
        "type": "object",
        "properties": properties,
        "patternProperties": patterns,
        "additionalProperties": false,
    })
}

fn defs(scope: Scope) -> &'static str {
    match scope {
        Scope::Topic => "topicKeys",
        Scope::Broker => "brokerKeys",
    }
}

fn keys_of(scope: Scope) -> Value {
    let keys = catalogue::keys(scope).iter();
    keys.map(|key| (key.name.clone(), of_key(key))).collect()
}

fn of_key(key: &Key) -> Value {
    let mut forms = vec![
        json!({ "const": "unset" }),
        json!({ "$ref": "#/$defs/reference" }),
    ];
    let older = key.before.as_ref().map(|before| &before.allowed);
    for allowed in std::iter::once(&key.allowed).chain(older) {
        for form in of_value(key, allowed) {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    json!({ "description": key.documentation, "anyOf": forms })
}

fn of_value(key: &Key, allowed: &Allowed) -> Vec<Value> {
    match key.config_type {
        ConfigType::Boolean => vec![json!({ "enum": [true, false, "true", "false"] })],
        ConfigType::Short => number(key, allowed, i16::MIN.into(), i16::MAX.into()),
        ConfigType::Int => number(key, allowed, i32::MIN.into(), i32::MAX.into()),
        ConfigType::Long => number(key, allowed, i64::MIN, i64::MAX),
        ConfigType::Double => vec![ratio(allowed)],
        ConfigType::List => list(allowed),
        ConfigType::Password => Vec::new(),
        ConfigType::String | ConfigType::Class | ConfigType::Unknown => vec![text(allowed)],
    }
}

fn number(key: &Key, allowed: &Allowed, least: i64, most: i64) -> Vec<Value> {
    let (min, max, or) = match allowed {
        Allowed::Range { min, max, or } => (*min, *max, *or),
        _ => (None, None, None),
    };
    let (min, max) = (min.unwrap_or(least), max.unwrap_or(most));
    let mut forms = vec![json!({ "type": "integer", "minimum": min, "maximum": max })];
    forms.extend(or.map(|or| json!({ "const": or })));
    forms.extend(unit_of(&key.name).map(with_unit));
    forms
}

fn with_unit(unit: Unit) -> Value {
    let names: Vec<&str> = units::names(unit).collect();
    json!({ "type": "string", "pattern": format!("^[0-9]+ ?({})$", names.join("|")) })
}

fn ratio(allowed: &Allowed) -> Value {
    let mut schema = json!({ "type": "number" });
    if let Allowed::Range { min, max, .. } = allowed {
        extend(
            &mut schema,
            min.map_or(json!({}), |min| json!({ "minimum": min })),
        );
        extend(
            &mut schema,
            max.map_or(json!({}), |max| json!({ "maximum": max })),
        );
    }
    schema
}

fn list(allowed: &Allowed) -> Vec<Value> {
    let Allowed::ListOf { values } = allowed else {
        let item = text(&Allowed::Any);
        return vec![
            item.clone(),
            json!({ "type": "array", "items": item, "uniqueItems": true }),
        ];
    };
    let choice = values.join("|");
    let items = or_reference(&json!({ "enum": values }));
    let joined = format!("^ *({choice})?( *, *({choice}))* *$");
    vec![
        json!({ "type": "array", "items": items, "uniqueItems": true }),
        json!({ "enum": values }),
        json!({ "type": "string", "pattern": joined }),
    ]
}

/// YAML numbers are accepted as text too.
fn text(allowed: &Allowed) -> Value {
    match allowed {
        Allowed::OneOf {
            values,
            ignore_case: false,
        } => json!({ "enum": values }),
        _ => json!({ "type": ["string", "number", "boolean"] }),
    }
}
