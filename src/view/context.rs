//! Contexts: named clusters.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::json::of_kind;
use super::style::Look;
use super::table::table;
use super::text::{count, escape};
use crate::cluster::contexts::{Context, Contexts};
use crate::model::broker::DescribedCluster;

/// All contexts; a star marks the current one.
#[must_use]
pub fn list(look: Look, contexts: &Contexts) -> String {
    if contexts.all().is_empty() {
        return "no contexts; `tonkafka context add NAME -b HOST:PORT` adds one\n".to_owned();
    }
    let rows = contexts.all().iter().map(|(name, context)| {
        let is_current = contexts.current() == Some(name);
        let mark = if is_current { "*" } else { "" };
        vec![
            mark.to_owned(),
            name.clone(),
            addresses(context),
            command_config(context),
        ]
    });
    let headings = ["CURRENT", "NAME", "BOOTSTRAP", "COMMAND-CONFIG"];
    table(look, &headings, &[], rows.collect())
}

/// All contexts, as JSON.
#[must_use]
pub fn list_json(contexts: &Contexts) -> String {
    let items: Vec<Value> = contexts
        .all()
        .iter()
        .map(|(name, context)| fields(name, context))
        .collect();
    of_kind(
        "Contexts",
        json!({ "current": contexts.current(), "contexts": items }),
    )
}

/// One context, and the file that has it.
#[must_use]
pub fn one(look: Look, name: &str, context: &Context, file: &Path) -> String {
    let row = |what: &str, text: String| vec![what.to_owned(), text];
    let rows = vec![
        row("name", name.to_owned()),
        row("bootstrap", addresses(context)),
        row("command-config", command_config(context)),
        row("kept in", escape(&file.display().to_string())),
    ];
    table(look, &["WHAT", "VALUE"], &[], rows)
}

/// One context, as JSON.
#[must_use]
pub fn one_json(name: &str, context: &Context, file: &Path) -> String {
    let mut fields = fields(name, context);
    fields["file"] = json!(file);
    of_kind("Context", fields)
}

fn fields(name: &str, context: &Context) -> Value {
    json!({
        "name": name,
        "bootstrap": context.bootstrap,
        "commandConfig": context.command_config,
    })
}

fn addresses(context: &Context) -> String {
    if context.bootstrap.is_empty() {
        "in its file".to_owned()
    } else {
        escape(&context.bootstrap.join(","))
    }
}

fn command_config(context: &Context) -> String {
    let path = context.command_config.as_ref();
    path.map_or("-".to_owned(), |path| escape(&path.display().to_string()))
}

/// A cluster that answered.
#[derive(Debug)]
pub struct Tested {
    /// What it says of itself.
    pub cluster: DescribedCluster,
    /// Where it was asked.
    pub address: String,
    /// Who named the address.
    pub from: String,
    /// From connecting to its answer.
    pub took: Duration,
    /// Keys of the properties file that change nothing.
    pub unused: Vec<String>,
}

/// The cluster that answered.
#[must_use]
pub fn tested(tested: &Tested) -> String {
    let mut text = format!(
        "cluster {} with {} answers at {} (from {}) after {} ms\n",
        escape(&tested.cluster.id),
        count(tested.cluster.live_brokers().count(), "broker"),
        escape(&tested.address),
        tested.from,
        tested.took.as_millis(),
    );
    if !tested.unused.is_empty() {
        let keys = tested.unused.join(", ");
        let _ = writeln!(
            text,
            "keys of the properties file that change nothing here: {keys}"
        );
    }
    text
}

/// The cluster that answered, as JSON.
#[must_use]
pub fn tested_json(tested: &Tested) -> String {
    let brokers = tested.cluster.live_brokers().map(|broker| broker.id);
    of_kind(
        "ContextTest",
        json!({
            "clusterId": tested.cluster.id,
            "address": tested.address,
            "from": tested.from,
            "brokers": brokers.collect::<Vec<i32>>(),
            "milliseconds": u64::try_from(tested.took.as_millis()).unwrap_or(u64::MAX),
            "unusedKeys": tested.unused,
        }),
    )
}
