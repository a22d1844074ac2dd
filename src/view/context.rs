//! Contexts: named clusters.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::json::of_kind;
use super::style::Look;
use super::table::table;
use super::text::{count, escape};
use crate::cluster::contexts::{Context, Contexts};
use crate::cluster::profile;
use crate::cluster::security::{Login, Security};
use crate::model::broker::{BrokerId, DescribedCluster};

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
    let all = contexts.all().iter();
    let fields = ContextsDocument {
        current: contexts.current(),
        contexts: all
            .map(|(name, context)| ContextFields::of(Some(name), context))
            .collect(),
    };
    of_kind("Contexts", &fields)
}

/// All contexts.
#[derive(Serialize, JsonSchema)]
pub(super) struct ContextsDocument<'a> {
    /// The name of the current context.
    current: Option<&'a str>,
    contexts: Vec<ContextFields<'a>>,
}

/// A context as its file has it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContextFields<'a> {
    name: Option<&'a str>,
    bootstrap: &'a [String],
    command_config: Option<&'a Path>,
    allow_plaintext_login: bool,
    allow_unverified_tls: bool,
}

impl<'a> ContextFields<'a> {
    fn of(name: Option<&'a str>, context: &'a Context) -> Self {
        Self {
            name,
            bootstrap: &context.bootstrap,
            command_config: context.command_config.as_deref(),
            allow_plaintext_login: context.allowed.plaintext_login,
            allow_unverified_tls: context.allowed.unverified_tls,
        }
    }
}

/// A changed or shown context.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum ContextDocument<'a> {
    /// The context is now the current one.
    Used {
        #[schemars(extend("const" = true))]
        used: bool,
        name: &'a str,
    },
    /// The context was added to the file.
    Added {
        #[schemars(extend("const" = true))]
        added: bool,
        name: &'a str,
    },
    /// The context was removed from the file.
    Removed {
        #[schemars(extend("const" = true))]
        removed: bool,
        name: &'a str,
    },
    /// A context with its settings.
    Shown {
        #[serde(flatten)]
        context: ContextFields<'a>,
        /// The file that holds the context.
        file: Option<&'a Path>,
        /// The security protocol.
        protocol: &'static str,
        /// The SASL mechanism.
        mechanism: Option<&'static str>,
        settings: &'a [Row],
    },
}

/// A context that is now the current one, as JSON.
#[must_use]
pub fn used_json(name: &str) -> String {
    of_kind("Context", &ContextDocument::Used { used: true, name })
}

/// A context that was added, as JSON.
#[must_use]
pub fn added_json(name: &str) -> String {
    of_kind("Context", &ContextDocument::Added { added: true, name })
}

/// A context that was removed, as JSON.
#[must_use]
pub fn removed_json(name: &str) -> String {
    let removed = true;
    of_kind("Context", &ContextDocument::Removed { removed, name })
}

/// A setting with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// The key.
    pub key: String,
    /// The value; `(hidden)` for a secret.
    pub value: String,
    /// The source: a flag, a context, a file with its line, or the default.
    pub from: String,
    /// Whether the key has no effect.
    pub unused: bool,
}

/// A context with the settings that it results in.
#[derive(Debug, Clone, Copy)]
pub struct ShownContext<'a> {
    /// The name of the context and the file that holds it; none if flags describe it.
    pub name: Option<(&'a str, &'a Path)>,
    /// The context as its file has it.
    pub context: &'a Context,
    /// The security settings.
    pub security: &'a Security,
    /// Each setting with its source.
    pub rows: &'a [Row],
}

/// A context, its file, and its settings with their sources.
#[must_use]
pub fn one(look: Look, shown: &ShownContext<'_>) -> String {
    let row = |what: &str, text: String| vec![what.to_owned(), text];
    let name = shown.name.map(|(name, _)| row("name", name.to_owned()));
    let mut rows: Vec<Vec<String>> = name.into_iter().collect();
    rows.extend([
        row("bootstrap", addresses(shown.context)),
        row("command-config", command_config(shown.context)),
        row("protocol", protocol(shown.security)),
    ]);
    let allowed = shown.context.allowed;
    if allowed.plaintext_login {
        rows.push(row("allow-plaintext-login", "true".to_owned()));
    }
    if allowed.unverified_tls {
        rows.push(row("allow-unverified-tls", "true".to_owned()));
    }
    if let Some((_, file)) = shown.name {
        rows.push(row("kept in", escape(&file.display().to_string())));
    }
    let about = table(look, &["WHAT", "VALUE"], &[], rows);
    let rows = shown.rows.iter().map(|row| {
        let note = if row.unused {
            ", changes nothing here"
        } else {
            ""
        };
        let from = format!("{}{note}", escape(&row.from));
        vec![escape(&row.key), escape(&row.value), from]
    });
    let settings = table(look, &["SETTING", "VALUE", "FROM"], &[], rows.collect());
    format!("{about}\n{settings}")
}

/// Settings, one per line.
#[must_use]
pub fn lines(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let note = if row.unused {
            "; changes nothing here"
        } else {
            ""
        };
        let (key, value, from) = (escape(&row.key), escape(&row.value), escape(&row.from));
        let _ = writeln!(text, "{key}={value} ({from}{note})");
    }
    text
}

fn protocol(security: &Security) -> String {
    let protocol = security.protocol();
    match &security.login {
        Some(login) => format!("{protocol} with {}", login.mechanism()),
        None => protocol.to_owned(),
    }
}

/// One context, as JSON.
#[must_use]
pub fn one_json(shown: &ShownContext<'_>) -> String {
    let fields = ContextDocument::Shown {
        context: ContextFields::of(shown.name.map(|(name, _)| name), shown.context),
        file: shown.name.map(|(_, file)| file),
        protocol: shown.security.protocol(),
        mechanism: shown.security.login.as_ref().map(Login::mechanism),
        settings: shown.rows,
    };
    of_kind("Context", &fields)
}

/// Settings that a replaced context had and its replacement lacks, one per line.
#[must_use]
pub fn lost(before: &Context, after: &Context) -> Vec<String> {
    let mut lost = Vec::new();
    if !before.bootstrap.is_empty() && after.bootstrap.is_empty() {
        lost.push(format!("bootstrap = {}", addresses(before)));
    }
    if before.command_config.is_some() && after.command_config.is_none() {
        lost.push(format!("command-config = {}", command_config(before)));
    }
    let kept: BTreeSet<&str> = after
        .properties
        .iter()
        .map(|one| one.key.as_str())
        .collect();
    let properties = before.properties.iter();
    let properties = properties.filter(|property| !kept.contains(property.key.as_str()));
    lost.extend(properties.map(|property| {
        let value = profile::shown(&property.key, &property.value);
        let (key, value) = (escape(&property.key), escape(&value));
        format!("properties.\"{key}\" = {value}")
    }));
    let (had, has) = (before.allowed, after.allowed);
    for (field, is_lost) in [
        (
            "allow-plaintext-login",
            had.plaintext_login && !has.plaintext_login,
        ),
        (
            "allow-unverified-tls",
            had.unverified_tls && !has.unverified_tls,
        ),
    ] {
        if is_lost {
            lost.push(format!("{field} = true"));
        }
    }
    lost
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

/// A cluster that answered `context test`.
#[derive(Debug)]
pub struct Tested {
    /// The cluster's own description.
    pub cluster: DescribedCluster,
    /// The address that was used.
    pub address: String,
    /// What named the address.
    pub from: String,
    /// The time from connecting to the answer.
    pub took: Duration,
    /// Keys of the properties file that have no effect.
    pub unused: Vec<String>,
    /// The security protocol.
    pub protocol: &'static str,
    /// The SASL mechanism; none without a login.
    pub mechanism: Option<&'static str>,
}

/// The cluster that answered.
#[must_use]
pub fn tested(tested: &Tested) -> String {
    let mechanism = tested.mechanism.map(|name| format!(" with {name}"));
    let mut text = format!(
        "cluster {} with {} answers at {} (from {}) over {}{} after {} ms\n",
        escape(&tested.cluster.id),
        count(tested.cluster.live_brokers().count(), "broker"),
        escape(&tested.address),
        tested.from,
        tested.protocol,
        mechanism.unwrap_or_default(),
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

/// A cluster that answered.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContextTestDocument<'a> {
    cluster_id: &'a str,
    /// The address that was used.
    address: &'a str,
    /// What named the address.
    from: &'a str,
    /// The security protocol.
    protocol: &'static str,
    /// The SASL mechanism.
    mechanism: Option<&'static str>,
    /// The ids of the live brokers.
    brokers: Vec<BrokerId>,
    /// The time from connecting to the answer, in milliseconds.
    milliseconds: u64,
    /// Keys of the properties file that have no effect.
    unused_keys: &'a [String],
}

/// The cluster that answered, as JSON.
#[must_use]
pub fn tested_json(tested: &Tested) -> String {
    let brokers = tested.cluster.live_brokers().map(|broker| broker.id);
    let fields = ContextTestDocument {
        cluster_id: &tested.cluster.id,
        address: &tested.address,
        from: &tested.from,
        protocol: tested.protocol,
        mechanism: tested.mechanism,
        brokers: brokers.collect(),
        milliseconds: u64::try_from(tested.took.as_millis()).unwrap_or(u64::MAX),
        unused_keys: &tested.unused,
    };
    of_kind("ContextTest", &fields)
}
