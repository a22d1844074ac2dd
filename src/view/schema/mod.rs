//! JSON Schemas of the documents that programs read. Each holds all that it refers to.
//!
//! They are as narrow as the documents: a field that no document has is refused. So a program that
//! checks documents takes the schema of the version that wrote them.

mod backups;
mod documents;
mod mirrors;
mod shape;
mod snapshots;
mod steps;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// A document that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `plan -o json`, and the file of `plan --out`.
    Plan,
    /// The last document of `apply -o json`.
    Report,
    /// The documents before it.
    Event,
    /// A line of a journal.
    Journal,
    /// What a command that failed prints.
    Error,
    /// `validate -o json`.
    Validation,
    /// `list -o json`.
    Names,
    /// A backup, and `backup show -o json`.
    Backup,
    /// `backup list -o json`, and `backup create -o json`.
    Backups,
    /// `describe acls|users|quotas -o json`.
    Access,
    /// `snapshot show -o json`.
    Snapshot,
    /// A line of `snapshot show --records`.
    Record,
    /// `snapshot verify -o json`.
    Verification,
    /// `snapshot restore -o json`.
    Restore,
    /// The documents of `mirror -o json`.
    Mirror,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Plan,
        Self::Report,
        Self::Event,
        Self::Journal,
        Self::Error,
        Self::Validation,
        Self::Names,
        Self::Backup,
        Self::Backups,
        Self::Access,
        Self::Snapshot,
        Self::Record,
        Self::Verification,
        Self::Restore,
        Self::Mirror,
    ];

    /// What it is called where a schema is asked for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Report => "report",
            Self::Event => "event",
            Self::Journal => "journal",
            Self::Error => "error",
            Self::Validation => "validation",
            Self::Names => "names",
            Self::Backup => "backup",
            Self::Backups => "backups",
            Self::Access => "access",
            Self::Snapshot => "snapshot",
            Self::Record => "record",
            Self::Verification => "verification",
            Self::Restore => "restore",
            Self::Mirror => "mirror",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Plan => "What an apply would do, and what it would not",
            Self::Report => "What became of a plan",
            Self::Event => "What happens during an apply",
            Self::Journal => "A line of what an apply keeps before it writes",
            Self::Error => "Why a command failed",
            Self::Validation => "Manifests that are valid",
            Self::Names => "Names of what a cluster has",
            Self::Backup => "How a cluster was set up",
            Self::Backups => "Backups that are kept in files",
            Self::Access => "ACLs, users or quotas",
            Self::Snapshot => "What a snapshot holds",
            Self::Record => "A record of a snapshot",
            Self::Verification => "A snapshot that is as it was written",
            Self::Restore => "A snapshot that was put back into a cluster",
            Self::Mirror => "What happens during a copy to another cluster",
        }
    }
}

/// The schema of a kind, in the form of 2020-12.
#[must_use]
pub fn schema(kind: Kind) -> Value {
    let all = definitions();
    let mut used = BTreeSet::new();
    collect(
        &json!({ "$ref": format!("#/$defs/{}", kind.name()) }),
        &all,
        &mut used,
    );
    let root = all.get(kind.name()).cloned().unwrap_or_default();
    let kept: Map<String, Value> = all
        .into_iter()
        .filter(|(name, _)| used.contains(name) && name != kind.name())
        .collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.title(),
    });
    if let (Value::Object(schema), Value::Object(root)) = (&mut schema, root) {
        schema.extend(root);
    }
    if !kept.is_empty() {
        schema["$defs"] = Value::Object(kept);
    }
    schema
}

/// Every definition by its name.
fn definitions() -> Map<String, Value> {
    let all = [
        steps::parts(),
        steps::steps(),
        documents::plans(),
        documents::applies(),
        documents::others(),
        backups::backups(),
        snapshots::all(),
        mirrors::all(),
    ];
    let mut merged = Map::new();
    for definitions in all {
        if let Value::Object(definitions) = definitions {
            merged.extend(definitions);
        }
    }
    merged
}

/// The names of definitions that a schema refers to, and those that they refer to.
fn collect(schema: &Value, all: &Map<String, Value>, used: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            let target = fields.get("$ref").and_then(Value::as_str);
            let name = target.and_then(|target| target.strip_prefix("#/$defs/"));
            if let Some(name) = name
                && used.insert(name.to_owned())
                && let Some(definition) = all.get(name)
            {
                collect(definition, all, used);
            }
            for below in fields.values() {
                collect(below, all, used);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect(item, all, used);
            }
        }
        _ => {}
    }
}
