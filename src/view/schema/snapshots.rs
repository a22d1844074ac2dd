//! Snapshots, what is in them, and whether they are whole.

use serde_json::{Value, json};

use super::shape::{about, beside, list, mapping, of_kind, or_null, text, to};
use crate::model::config::ConfigSource;

/// Definitions by their names.
pub(super) fn all() -> Value {
    let word = json!({ "enum": ["CreateTime", "LogAppendTime"] });
    let facts = facts();
    json!({
        "timestampType": word,
        "openTransaction": about("Offsets of a partition.", mapping(json!({
            "topic": text(),
            "partition": to("count"),
            "from": to("count"),
            "to": about("The offset after the last.", to("count")),
        }))),
        "bytes": about("Text where they are UTF-8.", json!({ "oneOf": [
            mapping(json!({ "text": text() })),
            mapping(json!({ "base64": text() })),
        ] })),
        "verification": of_kind("SnapshotVerification", beside(&facts, json!({ "groups": to("count") }))),
        "snapshotRange": about("A partition, and what there is of it.", mapping(range())),
        "snapshotTopic": topic(),
        "snapshot": of_kind("Snapshot", beside(&facts, json!({
            "tonkafka": about("The version that wrote it.", text()),
            "asked": mapping(json!({
                "topics": list(&text()),
                "from": or_null(&text()),
                "to": or_null(&text()),
                "isolation": { "enum": ["read_committed", "read_uncommitted"] },
            })),
            "topics": list(&to("snapshotTopic")),
            "groups": list(&mapping(json!({
                "group": text(),
                "offsets": list(&mapping(json!({
                    "topic": text(),
                    "partition": to("count"),
                    "offset": to("number"),
                    "leaderEpoch": or_null(&to("number")),
                    "metadata": text(),
                }))),
            }))),
        }))),
        "restore": restore(),
        "record": of_kind("Record", json!({
            "topic": text(),
            "partition": to("count"),
            "offset": to("count"),
            "timestamp": about("In milliseconds since 1970; -1 is none.", json!({ "type": "integer" })),
            "timestampType": to("timestampType"),
            "key": or_null(&to("bytes")),
            "value": or_null(&to("bytes")),
            "headers": list(&mapping(json!({ "name": to("bytes"), "value": or_null(&to("bytes")) }))),
        })),
    })
}

fn range() -> Value {
    let time = or_null(&json!({ "type": "integer" }));
    json!({
        "partition": to("count"),
        "from": about("The first offset that was asked for.", to("count")),
        "to": about("The offset after the last that was asked for.", to("count")),
        "records": to("count"),
        "bytes": to("count"),
        "blocks": to("count"),
        "earliest": about("The earliest timestamp, in milliseconds since 1970.", time.clone()),
        "latest": time,
        "missing": about("How many offsets have no record, and why.", mapping(json!({
            "transactions": to("count"),
            "compaction": to("count"),
            "retention": to("count"),
            "unknown": to("count"),
            "openTransactions": about(
                "Behind `to`, where a transaction was open when the snapshot was taken.",
                to("count"),
            ),
        }))),
        "sha256": about("Of its records; the same where the same were restored.", to("sha256")),
    })
}

fn sources() -> Vec<&'static str> {
    use ConfigSource::{
        DefaultConfig, DynamicBrokerConfig, DynamicBrokerLoggerConfig, DynamicDefaultBrokerConfig,
        DynamicTopicConfig, StaticBrokerConfig, Unknown,
    };
    let all = [
        DynamicTopicConfig,
        DynamicBrokerConfig,
        DynamicDefaultBrokerConfig,
        StaticBrokerConfig,
        DefaultConfig,
        DynamicBrokerLoggerConfig,
        Unknown,
    ];
    all.map(ConfigSource::kafka_name).to_vec()
}

/// What is said of a whole snapshot.
fn facts() -> Value {
    json!({
        "path": text(),
        "snapshot": about("Its id.", text()),
        "cluster": about("The id of the cluster.", text()),
        "taken": to("time"),
        "records": to("count"),
        "partitions": to("count"),
        "blocks": to("count"),
        "fileBytes": to("count"),
        "unpackedBytes": about("Of all blocks, not compressed.", to("count")),
        "sha256": about("Of the file, but for its last 36 bytes.", to("sha256")),
        "openTransactions": about(
            "Offsets that are not in it, though they were asked for: a transaction was open when it was taken.",
            list(&to("openTransaction")),
        ),
        "deleted": about(
            "Offsets that are not in it, though they were there when it was begun: they were deleted before \
             they were read.",
            list(&to("openTransaction")),
        ),
    })
}

/// A topic as it was when the snapshot was taken.
fn topic() -> Value {
    mapping(json!({
        "name": text(),
        "id": text(),
        "partitionCount": to("count"),
        "replicationFactor": to("count"),
        "timestampType": to("timestampType"),
        "configs": list(&mapping(json!({
            "name": text(),
            "value": about("Null where it has none, or is hidden.", or_null(&text())),
            "sensitive": about("Whether the broker hides it.", json!({ "type": "boolean" })),
            "source": { "enum": sources() },
        }))),
        "partitions": list(&to("snapshotRange")),
    }))
}

/// What a restore of records did.
fn restore() -> Value {
    of_kind(
        "Restore",
        json!({
            "snapshot": about("Its id.", text()),
            "clusterId": about("The id of the cluster that it was put back into.", text()),
            "partitions": list(&mapping(json!({
                "topic": about("Its name in the snapshot.", text()),
                "partition": to("count"),
                "target": about("Its name in the cluster.", text()),
                "records": to("count"),
                "from": about("The offset of its first record.", to("count")),
                "to": about("The offset after the last.", to("count")),
            }))),
            "groups": about("Those that got their offsets.", list(&text())),
            "map": about("The file of the map of offsets.", text()),
        }),
    )
}
