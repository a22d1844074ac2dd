//! One definition for each kind of document.

use serde_json::{Value, json};

use super::shape::{about, beside, list, mapping, of_kind, or_null, tagged, text, to};
use super::steps::acl;
use crate::plan::Code;

/// Definitions by their names.
pub(super) fn plans() -> Value {
    let codes: Vec<String> = Code::ALL.iter().map(ToString::to_string).collect();
    json!({
        "finding": about("What a plan cannot or will not do, and why.", mapping(json!({
            "code": { "enum": codes },
            "severity": about("`refused` and `unreadable` stop the whole apply.", json!({
                "enum": ["refused", "unreadable", "allowed", "cannot-apply", "note"],
            })),
            "resource": to("resource"),
            "message": text(),
            "hint?": text(),
            "place?": about("Where the manifest says it, as file:line:col.", text()),
        }))),
        "leftAlone": about("What is there and nobody declared: never touched.", mapping(json!({
            "topics": list(&text()),
            "overrides": list(&mapping(json!({
                "resource": to("resource"),
                "key": text(),
                "value": about("Null where the broker hides it.", json!({
                    "type": ["string", "null"],
                })),
            }))),
        }))),
        "unmoved": about("A partition that is where it is wanted.", mapping(json!({
            "group": text(),
            "topic": text(),
            "partition": to("count"),
            "committed": { "type": ["integer", "null"] },
            "logStart": to("offset"),
            "logEnd": to("offset"),
        }))),
        "plan": of_kind("Plan", json!({
            "clusterId": text(),
            "manifestHash": to("manifestHash"),
            "steps": about("What would be written, in order.", list(&to("step"))),
            "findings": list(&to("finding")),
            "orphans": about("Topics under an owned prefix that nobody declared.", list(&text())),
            "leftAlone": to("leftAlone"),
            "leftOut?": about("What the manifest declares and `--only` leaves out.", list(&to("resource"))),
            "unmoved?": list(&to("unmoved")),
            "announced?": about("Commits for records that are written after the steps: their offsets are known then.", mapping(json!({
                "groups": about("Null where all that committed for the records are meant.", or_null(&list(&text()))),
                "topics": list(&text()),
            }))),
            "checksum?": about("Of a plan in a file: SHA-256 over the rest.", to("sha256")),
        })),
    })
}

/// Definitions by their names.
pub(super) fn applies() -> Value {
    let stopped = ["journal", "lock"].map(|by| tagged("by", by, json!({ "message": text() })));
    json!({
        "settled": about("A step and what became of it.", json!({
            "oneOf": outcomes(&json!({ "step": to("step") })),
        })),
        "deviation": about("Something that is not as it was planned.", mapping(json!({
            "what": about("A key, or `partitions`, `replicas` or `offset`.", text()),
            "planned?": about("What was planned; missing where nothing was to be set.", text()),
            "found?": about("What is there; missing where nothing is set.", text()),
            "broker?": about("The broker that shows it, where not all do.", to("count")),
        }))),
        "report": of_kind("Report", json!({
            "clusterId": text(),
            "steps": list(&to("settled")),
            "interrupted": about("A signal ended it early.", json!({ "type": "boolean" })),
            "stopped?": about("Why else it ended early.", json!({ "oneOf": stopped })),
            "reset?": about("What `reset-offsets undo` takes it back by.", text()),
            "backup?": about("The backup that was taken before the first write.", text()),
            "plan": to("plan"),
        })),
        "interrupted": about("An earlier apply that was cut off.", mapping(json!({
            "journal": about("Its file.", text()),
            "clusterId": text(),
            "startedAt": to("time"),
            "process": to("count"),
            "settled": about("How many steps have a known outcome.", to("count")),
            "inDoubt": about("Steps whose outcome is not known.", list(&to("step"))),
            "notSent": about("How many steps were never sent.", to("count")),
        }))),
        "event": { "oneOf": events() },
        "journal": { "oneOf": journal() },
    })
}

fn events() -> Vec<Value> {
    let of = |word: &str, fields: Value| {
        let first = json!({ "at": to("time"), "type": { "const": word } });
        of_kind("Event", beside(&first, fields))
    };
    let mut events = vec![
        of(
            "interrupted",
            json!({
                "apply": to("interrupted"),
                "readBack": list(&json!({ "oneOf": read_back() })),
            }),
        ),
        of("sending", json!({ "steps": list(&to("number")) })),
        of(
            "throttled",
            json!({ "steps": list(&to("number")), "waitMs": to("number") }),
        ),
        of("verifying", json!({ "steps": list(&to("number")) })),
    ];
    events.extend(outcome_fields().map(|outcome| {
        let first = json!({ "step": to("number"), "resource": to("resource") });
        of("settled", beside(&first, outcome))
    }));
    events
}

/// What became of a step, beside other fields.
fn outcomes(first: &Value) -> Vec<Value> {
    let outcomes = outcome_fields();
    outcomes
        .map(|fields| mapping(beside(first, fields)))
        .collect()
}

fn outcome_fields() -> impl Iterator<Item = Value> {
    let of = |word: &str, fields| beside(&json!({ "outcome": { "const": word } }), fields);
    [
        of("done", json!({
            "note?": text(),
            "found?": about("What is in effect otherwise than planned.", list(&to("deviation"))),
        })),
        of("refused", json!({ "error": to("brokerError") })),
        of("unknown", json!({ "reason": text() })),
        of("not-attempted", json!({ "reason?": about("Why no broker could be asked.", text()) })),
    ]
    .into_iter()
}

/// What is there now of a step whose outcome was not known.
fn read_back() -> [Value; 4] {
    let of = |word: &str, fields: Value| {
        let first = json!({ "step": to("step"), "found": { "const": word } });
        mapping(beside(&first, fields))
    };
    [
        of("in-effect", json!({})),
        of("not-in-effect", json!({})),
        of("something-else", json!({ "seen": text() })),
        of("unreadable", json!({ "reason": text() })),
    ]
}

fn journal() -> Vec<Value> {
    let of = |word: &str, fields: Value| tagged("line", word, fields);
    let mut lines = vec![
        of(
            "header",
            json!({
                "formatVersion": { "const": 1 },
                "kind": { "const": "Journal" },
                "clusterId": text(),
                "manifestHash": to("manifestHash"),
                "planHash": to("sha256"),
                "startedAt": to("time"),
                "process": to("count"),
            }),
        ),
        of("step", json!({ "step": to("step") })),
        of(
            "sending",
            json!({ "at": to("time"), "steps": list(&to("number")) }),
        ),
        of("end", json!({ "at": to("time") })),
    ];
    lines.extend(outcome_fields().map(|outcome| {
        let first = json!({ "at": to("time"), "step": to("number") });
        of("settled", beside(&first, outcome))
    }));
    lines
}

fn error_fields() -> Value {
    mapping(json!({
        "code": about("The exit code.", json!({ "enum": [1, 2, 3, 4, 5, 6, 7, 8, 130] })),
        "message": text(),
        "hint": about("What to try.", json!({ "type": ["string", "null"] })),
    }))
}

/// Definitions by their names.
pub(super) fn others() -> Value {
    let names = ["TopicNames", "BrokerIds", "GroupNames"].map(|kind| {
        of_kind(kind, json!({
            "names": list(&text()),
            "onlyVisible?": about("There may be more, which this user may not describe.", json!({ "const": true })),
            "error?": about("What kept some of them out.", error_fields()),
        }))
    });
    let user = mapping(json!({
        "name": text(),
        "credentials": list(&mapping(json!({ "mechanism": text(), "iterations": to("number") }))),
    }));
    let quota = mapping(json!({
        "entity": to("entity"),
        "values": { "type": "object", "additionalProperties": { "type": "number" } },
    }));
    let access = [
        of_kind("Acls", json!({ "acls": list(&mapping(acl())) })),
        of_kind("Users", json!({ "users": list(&user) })),
        of_kind("Quotas", json!({ "quotas": list(&quota) })),
    ];
    json!({
        "error": of_kind("Error", json!({ "error": error_fields() })),
        "validation": of_kind("Validation", json!({
            "valid": { "const": true },
            "topics": to("count"),
            "manifestHash": to("sha256"),
            "findings": about("What passed and is worth a look.", list(&to("finding"))),
        })),
        "names": { "oneOf": names },
        "access": { "oneOf": access },
    })
}
