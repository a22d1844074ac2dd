//! Steps and their parts, which every document on a plan has.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::plan::{Resource, Step};

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        defined("step", generator)
    }
}

impl JsonSchema for Resource {
    fn schema_name() -> Cow<'static, str> {
        "resource".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        defined("resource", generator)
    }
}

/// One definition, with those that it may refer to.
fn defined(name: &str, generator: &mut SchemaGenerator) -> Schema {
    for definitions in [parts(), steps()] {
        if let Value::Object(definitions) = definitions {
            for (name, definition) in definitions {
                let all = generator.definitions_mut();
                all.entry(name).or_insert(definition);
            }
        }
    }
    let found = steps().get(name).cloned();
    found
        .and_then(|found| found.try_into().ok())
        .unwrap_or_default()
}

/// Definitions by their names.
fn parts() -> Value {
    json!({
        "time": { "type": "string", "format": "date-time" },
        "sha256": { "type": "string", "pattern": "^[0-9a-f]{64}$" },
        "manifestHash": {
            "description": "SHA-256; empty where no manifest asked for it.",
            "type": "string",
            "pattern": "^([0-9a-f]{64})?$",
        },
        "topicId": { "type": "string", "pattern": "^[A-Za-z0-9_-]{22}$" },
        "count": { "type": "integer", "minimum": 0 },
        "number": { "type": "integer", "minimum": 1 },
        "offset": { "type": "integer" },
        "value": about("A value as a broker shows it: text, one that it hides, or none.", json!({
            "anyOf": [mapping(json!({ "value": text() })), { "enum": ["sensitive", "null"] }],
        })),
        "effective": about("A value in effect, and where it comes from.", mapping(json!({
            "value": to("value"),
            "source": { "enum": [
                "DYNAMIC_TOPIC_CONFIG",
                "DYNAMIC_BROKER_CONFIG",
                "DYNAMIC_DEFAULT_BROKER_CONFIG",
                "STATIC_BROKER_CONFIG",
                "DEFAULT_CONFIG",
                "DYNAMIC_BROKER_LOGGER_CONFIG",
                "UNKNOWN",
            ] },
        }))),
        "brokerError": about("An error as a broker words it.", mapping(json!({
            "code": about("Kafka's name of the code, such as POLICY_VIOLATION.", text()),
            "message": text(),
        }))),
        "committed": about("What a group committed for a partition.", mapping(json!({
            "offset": to("offset"),
            "leaderEpoch?": { "type": "integer" },
            "metadata?": text(),
        }))),
        "entity": about(
            "Whom quotas are for: names by user, client-id and ip; null is the default.",
            json!({ "type": "object", "additionalProperties": { "type": ["string", "null"] } }),
        ),
        "partitionCommit": mapping(json!({
            "topic": text(),
            "partition": to("count"),
            "committed": to("committed"),
            "lag?": about("How many records are left to read, at most.", to("count")),
        })),
    })
}

/// Definitions by their names.
fn steps() -> Value {
    json!({
        "step": about("One write.", mapping(json!({
            "id": about("Its number in the plan.", to("number")),
            "resource": to("resource"),
            "topicId?": about("The topic's id when it was read.", to("topicId")),
            "action": to("action"),
            "reason": { "enum": [
                "missing",
                "too-few-partitions",
                "setting-differs",
                "declared-absent",
                "orphan",
                "not-declared",
                "requested",
                "undo",
            ] },
            "risk": { "enum": ["none", "irreversible", "remaps-keys", "deletes-records"] },
        }))),
        "resource": about("What is changed.", json!({ "oneOf": [
            resource("brokerDefaults", json!({})),
            resource("broker", json!({ "id": to("count") })),
            resource("topic", json!({ "name": text() })),
            resource("partition", json!({ "topic": text(), "partition": to("count") })),
            resource("group", json!({ "id": text() })),
            resource("commit", json!({
                "group": text(),
                "topic": text(),
                "partition": to("count"),
            })),
            resource("cluster", json!({})),
            resource("acl", acl()),
            resource("quota", json!({ "entity": to("entity") })),
            resource("user", json!({ "name": text() })),
        ] })),
        "action": about("How it is changed.", json!({ "oneOf": actions() })),
        "configChange": about("One key that a step changes.", mapping(json!({
            "key": text(),
            "before": about("What is set at the resource now.", or_null(&to("value"))),
            "effective": about("What is in effect now.", or_null(&to("effective"))),
            "after": about("What it will be. Of a hidden value there is a digest only.", json!({
                "oneOf": [
                    mapping(json!({ "set": text() })),
                    mapping(json!({ "secret": mapping(json!({ "digest": to("sha256") })) })),
                    { "const": "removed" },
                ],
            })),
            "inherits?": about("What applies once it is removed.", to("effective")),
            "pruned?": about("The manifest does not declare it.", json!({ "const": true })),
        }))),
    })
}

/// The fields of an ACL.
fn acl() -> Value {
    json!({
        "resourceType": { "enum": [
            "TOPIC",
            "GROUP",
            "CLUSTER",
            "TRANSACTIONAL_ID",
            "DELEGATION_TOKEN",
            "USER",
        ] },
        "resourceName": text(),
        "patternType": { "enum": ["LITERAL", "PREFIXED"] },
        "principal": text(),
        "host": text(),
        "operation": { "enum": [
            "ALL",
            "READ",
            "WRITE",
            "CREATE",
            "DELETE",
            "ALTER",
            "DESCRIBE",
            "CLUSTER_ACTION",
            "DESCRIBE_CONFIGS",
            "ALTER_CONFIGS",
            "IDEMPOTENT_WRITE",
            "CREATE_TOKENS",
            "DESCRIBE_TOKENS",
            "TWO_PHASE_COMMIT",
        ] },
        "permission": { "enum": ["DENY", "ALLOW"] },
    })
}

fn resource(word: &str, fields: Value) -> Value {
    tagged("type", word, fields)
}

fn actions() -> Vec<Value> {
    [
        topic_actions(),
        group_actions(),
        partition_actions(),
        access_actions(),
    ]
    .concat()
}

fn action(word: &str, fields: Value) -> Value {
    tagged("type", word, fields)
}

/// What is done to topics, and to settings of brokers.
fn topic_actions() -> Vec<Value> {
    vec![
        action(
            "create",
            json!({
                "partitions": to("number"),
                "replicas": about("The replication factor; null takes the broker's default.", json!({
                    "type": ["integer", "null"],
                    "minimum": 1,
                })),
                "configs": { "type": "object", "additionalProperties": text() },
            }),
        ),
        action(
            "grow",
            json!({ "before": to("number"), "after": to("number") }),
        ),
        action("configure", json!({ "changes": list(&to("configChange")) })),
        action(
            "delete",
            json!({
                "partitions": to("number"),
                "records?": about("How many records it has, at most.", to("count")),
                "bytes?": about("Bytes of its partitions.", to("count")),
            }),
        ),
    ]
}

/// What is done to groups and what they committed.
fn group_actions() -> Vec<Value> {
    vec![
        action(
            "commit",
            json!({
                "before": or_null(&to("committed")),
                "after": to("committed"),
                "logStart": to("offset"),
                "logEnd": to("offset"),
                "replay": about("How many records will be read again, at most.", to("count")),
                "skip": about("How many records will never be read, at most.", to("count")),
                "lagAfter": to("offset"),
                "targetTime?": about("Milliseconds since 1970.", json!({ "type": "integer" })),
                "share?": about("It is the start of a share.", json!({ "const": true })),
            }),
        ),
        action("forget", json!({ "before": to("committed") })),
        action(
            "deleteGroup",
            json!({
                "groupType": text(),
                "commits": list(&to("partitionCommit")),
            }),
        ),
    ]
}

/// What is done to records.
fn partition_actions() -> Vec<Value> {
    vec![action(
        "truncate",
        json!({
            "logStart": to("offset"),
            "logEnd": to("offset"),
            "before": about("The log start offset that will be.", to("offset")),
            "bytes?": about("An estimate.", json!({ "type": "integer" })),
        }),
    )]
}

/// What is done to ACLs and quotas.
fn access_actions() -> Vec<Value> {
    vec![
        action("createAcl", json!({})),
        action("deleteAcl", json!({})),
        action(
            "alterQuota",
            json!({
                "changes": list(&mapping(json!({
                    "key": text(),
                    "before": { "type": ["number", "null"] },
                    "after": { "type": ["number", "null"] },
                }))),
            }),
        ),
    ]
}

/// A mapping of these fields and no others. A name with `?` at its end is of a field that may be
/// missing.
fn mapping(fields: Value) -> Value {
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
fn tagged(tag: &str, word: &str, fields: Value) -> Value {
    mapping(beside(&json!({ tag: { "const": word } }), fields))
}

/// Fields and more fields after them.
fn beside(first: &Value, then: Value) -> Value {
    let mut all = first.clone();
    if let (Value::Object(all), Value::Object(then)) = (&mut all, then) {
        all.extend(then);
    }
    all
}

fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

fn text() -> Value {
    json!({ "type": "string" })
}

/// A definition by its name.
fn to(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn about(words: &str, mut schema: Value) -> Value {
    schema["description"] = json!(words);
    schema
}
