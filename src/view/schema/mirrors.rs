//! What happens during a mirror.

use serde_json::{Value, json};

use super::shape::{about, beside, list, mapping, of_kind, text, to};

/// Definitions by their names.
pub(super) fn all() -> Value {
    let standing = standing();
    let of = |word: &str, fields: &Value| {
        of_kind(
            "Mirror",
            beside(&json!({ "type": { "const": word } }), fields.clone()),
        )
    };
    let ended = json!({
        "source": about("The id of the cluster that was copied.", text()),
        "target": about("The id of the cluster that it was copied to.", text()),
        "stopped": about("A signal ended it.", json!({ "type": "boolean" })),
        "openTransactions": about("What they kept back.", list(&to("openTransaction"))),
    });
    json!({ "mirror": { "oneOf": [
        of("progress", &standing),
        of("again", &json!({ "reason": about("What failed, and is tried again.", text()) })),
        of("lost", &json!({
            "topic": text(),
            "partition": to("count"),
            "from": about("The first offset that the source deleted before it was copied.", to("count")),
            "until": about("The offset after the last.", to("count")),
        })),
        of("accepted", &json!({
            "topic": text(),
            "partition": to("count"),
            "from": about("The first offset that nothing came of, which is taken for a gap.", to("count")),
            "until": about("The offset after the last.", to("count")),
        })),
        of("waiting", &json!({
            "openTransactions": about("They are waited for.", list(&to("openTransaction"))),
        })),
        of("open", &json!({
            "openTransactions": about("They stay open.", list(&to("openTransaction"))),
        })),
        of("grown", &json!({
            "topic": text(),
            "partitions": about("How many it has at the source; only some are copied.", to("count")),
        })),
        of("groups", &json!({
            "moved": list(&mapping(json!({
                "group": text(),
                "topic": text(),
                "partition": to("count"),
                "offset": about("Its offset in the target.", to("count")),
            }))),
            "left": list(&mapping(json!({ "group": text(), "reason": text() }))),
        })),
        of("ended", &beside(&standing, ended)),
    ] } })
}

/// How far a mirror is.
fn standing() -> Value {
    json!({
        "copied": about("Records that this run copied.", to("count")),
        "leftOut": about("Records that had been in the target before.", to("count")),
        "lost": about("Offsets that the source deleted before they were copied.", to("count")),
        "lag": about("Offsets that are not copied yet.", to("count")),
        "partitions": list(&mapping(json!({
            "topic": text(),
            "partition": to("count"),
            "next": about("The offset of the source that is copied next.", to("count")),
            "end": about("Where the source's log ends.", to("count")),
            "lag": to("count"),
        }))),
    })
}
