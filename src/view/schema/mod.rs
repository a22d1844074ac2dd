//! JSON Schemas of documents, derived from the types that are printed. Each schema contains all
//! that it refers to.
//!
//! The schemas are strict: a field that no document has is refused. Programs that check documents
//! need the schema of the version that wrote them.

mod narrow;

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use schemars::transform::Transform as _;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use self::narrow::{Narrow, merged};
use super::documents::{ErrorFields, ManifestDocument, NamesDocument, ValidationDocument};
use super::json::FORMAT_VERSION;
use super::{
    api_versions, context, describe, explain, lag_json, local, log_dirs, mirror, reference, report,
    restore, rights, snapshot, version,
};
use crate::apply::{EventDocument, JournalLine, Reset};
use crate::backup::shelf::Listed;
use crate::local::StartedCluster;
use crate::model::access::{AclBinding, Quota, User};
use crate::model::backup::Backup;
use crate::model::quorum::Quorum;
use crate::plan::Plan;
use crate::snapshot::SnapshotHeader;
use crate::snapshot::restore::progress::RestoreProgress;

/// The schema of one kind of document.
#[derive(Debug, Clone, Copy)]
pub struct DocumentSchema {
    /// The name for `render schema`.
    pub name: &'static str,
    /// What the schema describes.
    pub of: &'static str,
    /// The forms of the document.
    forms: fn(&mut SchemaGenerator) -> Vec<Schema>,
}

/// A schema a line: its name, what it describes, and its forms.
macro_rules! schemas {
    ($($name:literal, $of:literal: $forms:expr;)*) => {
        &[$(DocumentSchema { name: $name, of: $of, forms: $forms }),*]
    };
}

/// Every schema of a document.
pub const SCHEMAS: &[DocumentSchema] = schemas! {
    "plan", "`plan -o json`, and the file of `plan --out`":
        |to| vec![summed::<Plan>(to, "checksum")];
    "report", "The last document of `apply -o json`":
        whole::<report::ReportDocument<'_>>;
    "event", "The documents of `apply -o json` before the last one":
        whole::<EventDocument>;
    "journal", "A line of a journal":
        whole::<JournalLine>;
    "error", "What a command that failed prints with `-o json`":
        |to| of_one::<ErrorFields>(to, &["Error"], "Why a command failed.", ("error", "The error."));
    "validation", "`validate -o json`":
        |to| of_kinds::<ValidationDocument<'_>>(to, &["Validation"]);
    "names", "`list -o json`":
        |to| of_kinds::<NamesDocument<'_>>(to, &["TopicNames", "BrokerIds", "GroupNames"]);
    "backup", "A backup, and `backup show -o json`":
        |to| vec![summed::<Backup>(to, "sha256")];
    "backups", "`backup list -o json`, and `backup create -o json`":
        |to| of_one::<Vec<Listed>>(to, &["Backups"], "Backups in the state directory.", ("backups", ""));
    "access", "`describe acls|users|quotas -o json`":
        |to| [
            of_one::<Vec<AclBinding>>(to, &["Acls"], "ACLs.", ("acls", "")),
            of_one::<Vec<User>>(to, &["Users"], "Users with SCRAM credentials.", ("users", "")),
            of_one::<Vec<Quota>>(to, &["Quotas"], "Quotas.", ("quotas", "")),
        ].concat();
    "entitlements", "`describe access -o json`":
        |to| of_kinds::<rights::EntitlementsDocument<'_>>(to, &["Entitlements"]);
    "decision", "`can -o json`":
        |to| of_kinds::<rights::DecisionDocument<'_>>(to, &["Decision"]);
    "topics", "`describe topics -o json`, and `describe -o json`":
        |to| of_kinds::<describe::TopicsDocument<'_>>(to, &["Topics"]);
    "topic-details", "`describe topic -o json`":
        |to| of_kinds::<describe::TopicDetailsDocument<'_>>(to, &["TopicDetails"]);
    "partitions", "Partitions that `describe topics -o json` was asked for":
        |to| of_kinds::<describe::PartitionsDocument<'_>>(to, &["Partitions"]);
    "brokers", "`describe brokers -o json`":
        |to| of_kinds::<describe::BrokersDocument<'_>>(to, &["Brokers"]);
    "broker", "`describe broker -o json`":
        |to| of_kinds::<describe::BrokerDocument<'_>>(to, &["Broker"]);
    "cluster", "`describe cluster -o json`":
        |to| of_kinds::<describe::ClusterDocument<'_>>(to, &["Cluster"]);
    "log-dirs", "`describe log-dirs -o json`":
        |to| of_one::<Vec<log_dirs::BrokerLogDirsFields<'_>>>(
            to, &["LogDirs"], "The log directories of brokers, with every log.", ("brokers", ""),
        );
    "quorum", "`describe quorum -o json`":
        |to| of_one::<Quorum>(to, &["Quorum"], "The metadata quorum.", ("quorum", ""));
    "api-versions", "`describe api-versions -o json`":
        |to| of_one::<Vec<api_versions::BrokerApiFields<'_>>>(
            to, &["ApiVersions"], "Request versions and features by broker.", ("brokers", ""),
        );
    "lag", "`lag -o json`, and `describe groups -o json`":
        |to| of_kinds::<lag_json::LagDocument<'_>>(to, &["Lag", "Groups", "GroupDetails"]);
    "resets", "`reset-offsets history -o json`":
        |to| of_one::<Vec<Reset>>(
            to, &["OffsetResets"], "Earlier resets of committed offsets.", ("resets", "The resets, newest first."),
        );
    "reset", "The file that `reset-offsets undo` takes a change back by":
        whole::<Reset>;
    "explanation", "`explain -o json`":
        |to| of_kinds::<explain::ExplanationDocument<'_>>(to, &["Explanation"]);
    "text", "`render compose -o json`, and `render reference -o json`":
        |to| of_one::<String>(
            to, &["ComposeFile", "Reference"], "A page or a file as a document.", ("text", "The whole text."),
        );
    "client-properties", "`render reference client-properties -o json`":
        |to| of_one::<Vec<reference::ClientKeyFields>>(
            to, &["ClientProperties"], "Every key of a client's properties file.", ("keys", ""),
        );
    "import", "`import -o json`":
        |to| of_kinds::<ManifestDocument<'_>>(to, &["Manifest"]);
    "contexts", "`context list -o json`":
        |to| of_kinds::<context::ContextsDocument<'_>>(to, &["Contexts"]);
    "context", "`context show|use|add|remove -o json`":
        |to| of_kinds::<context::ContextDocument<'_>>(to, &["Context"]);
    "context-test", "`context test -o json`":
        |to| of_kinds::<context::ContextTestDocument<'_>>(to, &["ContextTest"]);
    "snapshot", "`snapshot show -o json`":
        |to| of_kinds::<snapshot::SnapshotDocument<'_>>(to, &["Snapshot"]);
    "snapshot-header", "The head of a snapshot's file":
        whole::<SnapshotHeader>;
    "record", "A line of `snapshot show --records`":
        whole::<snapshot::RecordDocument<'_>>;
    "verification", "`snapshot verify -o json`":
        |to| of_kinds::<snapshot::VerificationDocument<'_>>(to, &["SnapshotVerification"]);
    "restore", "`snapshot restore -o json`":
        |to| of_kinds::<restore::RestoreDocument<'_>>(to, &["Restore"]);
    "restore-progress", "The file by which a restore of a snapshot goes on":
        whole::<RestoreProgress>;
    "mirror", "The documents of `mirror -o json`":
        |to| of_kinds::<mirror::MirrorDocument<'_>>(to, &["Mirror"]);
    "local", "`up -o json`, `down -o json`, and `status -o json`":
        |to| [
            of_kinds::<local::LocalUpDocument<'_>>(to, &["LocalUp"]),
            of_kinds::<local::LocalDownDocument<'_>>(to, &["LocalDown"]),
            of_kinds::<local::LocalStatusDocument<'_>>(to, &["LocalStatus"]),
        ].concat();
    "local-cluster", "The file in which `up` keeps what it has started":
        whole::<StartedCluster>;
    "version", "`version -o json`":
        |to| of_kinds::<version::Versions<'_>>(to, &["Version"]);
};

/// A document whose type includes the format version and kind.
fn whole<T: JsonSchema>(generator: &mut SchemaGenerator) -> Vec<Schema> {
    vec![T::json_schema(generator)]
}

/// A document that, in a file, has a SHA-256 over the rest.
fn summed<T: JsonSchema>(generator: &mut SchemaGenerator, field: &str) -> Schema {
    let mut schema = T::json_schema(generator).to_value();
    schema["properties"][field] = json!({
        "description": "Of a file: SHA-256 over what comes before it.",
        "type": "string",
        "pattern": "^[0-9a-f]{64}$",
    });
    schema.try_into().unwrap_or_default()
}

/// A document that gets the format version and one of these kinds.
fn of_kinds<T: JsonSchema>(generator: &mut SchemaGenerator, kinds: &[&str]) -> Vec<Schema> {
    headed(kinds, &T::json_schema(generator).to_value())
}

/// A document that gets the format version and one of these kinds, and has one field.
fn of_one<T: JsonSchema>(
    generator: &mut SchemaGenerator,
    kinds: &[&str],
    about: &str,
    (name, about_field): (&str, &str),
) -> Vec<Schema> {
    let mut field = generator.subschema_for::<T>().to_value();
    if !about_field.is_empty() {
        field["description"] = json!(about_field);
    }
    let fields = json!({
        "description": about,
        "type": "object",
        "properties": { name: field },
        "required": [name],
    });
    headed(kinds, &fields)
}

fn headed(kinds: &[&str], fields: &Value) -> Vec<Schema> {
    let kind = match kinds {
        [kind] => json!({ "const": kind }),
        kinds => json!({ "enum": kinds }),
    };
    let head = json!({
        "type": "object",
        "properties": { "formatVersion": { "const": FORMAT_VERSION }, "kind": kind },
        "required": ["formatVersion", "kind"],
    });
    vec![merged(&head, fields).try_into().unwrap_or_default()]
}

impl DocumentSchema {
    /// The schema, by draft 2020-12.
    #[must_use]
    pub fn schema(&self) -> Value {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        let mut generator = settings.into_generator();
        let mut forms = (self.forms)(&mut generator);
        let mut root = match forms.len() {
            1 => forms.remove(0).to_value(),
            _ => json!({ "oneOf": forms }),
        };
        let definitions = generator.take_definitions(true);
        root["$defs"] = Value::Object(definitions.clone());
        let mut schema: Schema = root.try_into().unwrap_or_default();
        Narrow(definitions).transform(&mut schema);
        let mut root = schema.to_value();
        let all = match root.as_object_mut().and_then(|root| root.remove("$defs")) {
            Some(Value::Object(all)) => all,
            _ => Map::new(),
        };
        let mut used = BTreeSet::new();
        collect(&root, &all, &mut used);
        let kept: Map<String, Value> = all
            .into_iter()
            .filter(|(name, _)| used.contains(name))
            .collect();
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.of,
        });
        if let (Value::Object(schema), Value::Object(root)) = (&mut schema, root) {
            schema.extend(root);
            if !kept.is_empty() {
                schema.insert("$defs".to_owned(), Value::Object(kept));
            }
        }
        schema
    }
}

/// Collects the names of all definitions that a schema uses, directly or not.
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
