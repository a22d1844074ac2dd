//! Backups of how clusters are set up.

use serde_json::{Value, json};

use super::shape::{about, list, mapping, of_kind, text, to};
use crate::model::backup::Part;

/// Definitions by their names.
pub(super) fn backups() -> Value {
    let parts: Vec<String> = Part::ALL.iter().map(ToString::to_string).collect();
    let reason = json!({ "enum": ["asked", "apply", "rollback", "restore"] });
    let brokers = || list(&json!({ "type": "integer" }));
    json!({
        "unseen": about("Something that was not seen.", mapping(json!({
            "part": { "enum": parts.clone() },
            "name?": about("Which topic, group or broker; left out where it may be any.", text()),
            "why": text(),
        }))),
        "keptSetting": about("A setting at one place.", mapping(json!({
            "key": text(),
            "value": to("value"),
            "source": text(),
            "type": text(),
        }))),
        "backup": of_kind("Backup", json!({
            "id": text(),
            "takenAt": to("time"),
            "reason": reason.clone(),
            "tonkafka": about("The version that took it.", text()),
            "clusterId": text(),
            "kafka": mapping(json!({
                "features": by_name(&json!({ "type": "integer" })),
                "interBrokerProtocol?": text(),
            })),
            "brokers": about("Those that were live.", brokers()),
            "partial": about("What was not seen; empty where all was.", list(&to("unseen"))),
            "concerns?": about("What was about to be changed.", mapping(json!({
                "topics": list(&text()),
                "brokerDefaults": { "type": "boolean" },
                "brokers": brokers(),
                "groups": list(&text()),
                "parts": about("Of ACLs, users and quotas.", list(&json!({ "enum": parts }))),
            }))),
            "topics": by_name(&mapping(json!({
                "id": to("topicId"),
                "internal?": { "const": true },
                "partitions": about("The brokers of each partition.", list(&brokers())),
                "configs": kept(&list(&to("keptSetting"))),
            }))),
            "brokerDefaults": kept(&list(&to("keptSetting"))),
            "brokerConfigs": by_name(&kept(&list(&to("keptSetting")))),
            "acls": acls(),
            "users": users(),
            "quotas": quotas(),
            "groups": by_name(&mapping(json!({
                "type": text(),
                "protocolType": text(),
                "commits": kept(&by_name(&by_name(&to("committed")))),
            }))),
            "sha256?": about("Of a file: over all bytes before this line.", to("sha256")),
        })),
        "backups": listing(&reason),
    })
}

/// A mapping of any names.
fn by_name(of: &Value) -> Value {
    json!({ "type": "object", "additionalProperties": of })
}

/// What was seen, or why it was not.
fn kept(of: &Value) -> Value {
    json!({ "oneOf": [
        mapping(json!({ "value": of })),
        about("The cluster has no such thing.", mapping(json!({ "notSupported": text() }))),
        about("Something may be there.", mapping(json!({ "notSeen": text() }))),
    ] })
}

/// The ACLs of a backup.
fn acls() -> Value {
    kept(&list(&mapping(json!({
        "resourceType": text(),
        "resourceName": text(),
        "patternType": text(),
        "principal": text(),
        "host": text(),
        "operation": text(),
        "permission": text(),
    }))))
}

/// The users of a backup.
fn users() -> Value {
    kept(&list(&mapping(json!({
        "name": text(),
        "credentials": list(&mapping(json!({
            "mechanism": text(),
            "iterations": to("number"),
        }))),
    }))))
}

/// The quotas of a backup.
fn quotas() -> Value {
    kept(&list(&mapping(json!({
        "entity": by_name(&json!({ "type": ["string", "null"] })),
        "values": by_name(&json!({ "type": "number" })),
    }))))
}

/// The list of backups.
fn listing(reason: &Value) -> Value {
    let backup = mapping(json!({
        "id": text(),
        "reason": reason,
        "path": text(),
        "bytes": to("count"),
        "takenAt?": to("time"),
        "clusterId?": text(),
        "partial": list(&to("unseen")),
        "damaged?": about("Why it cannot be used.", text()),
    }));
    of_kind("Backups", json!({ "backups": list(&backup) }))
}
