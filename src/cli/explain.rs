//! `explain`: a key of Kafka or a field of a manifest. A cluster is asked only for keys that are
//! not in the catalogue, and only if a cluster is named.

use super::args::Global;
use super::connect::{self, Named, Origin};
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use crate::manifest::reference::{self, FIELDS};
use crate::model::catalogue::{self, Key, Scope};
use crate::model::suggest::closest;
use crate::model::told::{Told, told};
use crate::observe::manifest::ask_for_key;
use crate::view::explain::{self, ExplainedField};

pub(super) async fn run(global: &Global, name: &str, terminal: &Terminal) -> anyhow::Result<Exit> {
    let keys: Vec<&Key> = [Scope::Topic, Scope::Broker]
        .into_iter()
        .filter_map(|scope| catalogue::key(scope, name))
        .collect();
    let fields: Vec<ExplainedField> = reference::fields(name).map(field).collect();
    let told = if keys.is_empty() && fields.is_empty() {
        told_by_brokers(global, name).await
    } else {
        Vec::new()
    };
    let keys: Vec<&Key> = keys.into_iter().chain(&told).collect();
    if keys.is_empty() && fields.is_empty() {
        return Err(unknown(name).into());
    }
    terminal.show(
        |terminal| explain::text(terminal.out, name, &keys, &fields),
        || explain::document(name, &keys, &fields),
    );
    Ok(Exit::Done)
}

/// The key as the named cluster's brokers know it; empty without a cluster or an answer.
async fn told_by_brokers(global: &Global, name: &str) -> Vec<Key> {
    match connect::target(&Named::of(global), None) {
        Ok(meant) if meant.origin != Origin::Default => {
            let asked = ask(meant, global, name).await;
            asked.unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

async fn ask(meant: connect::Target, global: &Global, name: &str) -> anyhow::Result<Vec<Key>> {
    let connected = connect::to(meant, global.timeout).await?;
    let cluster = &*connected.cluster;
    let observed = ask_for_key(cluster, name).await?;
    let told = [Scope::Topic, Scope::Broker].map(|scope| told(&observed, scope, name));
    let known = told.into_iter().filter_map(|told| match told {
        Told::Known(key) => Some(*key),
        Told::Unknown | Told::Silent(_) => None,
    });
    Ok(known.collect())
}

/// A field in the form that the view takes.
pub(super) fn field(field: &'static reference::ManifestField) -> ExplainedField {
    ExplainedField {
        path: field.path,
        takes: field.takes,
        about: field.about,
    }
}

fn unknown(name: &str) -> Failure {
    if let Some(vendor) = catalogue::vendor(name) {
        let message = format!("`{name}` is no key of Apache Kafka");
        let hint = format!("by its prefix it is {vendor}'s: their documentation has it");
        return Failure::new(Exit::BadInput, message).hint(hint);
    }
    let suggestions = [Scope::Topic, Scope::Broker].map(|scope| catalogue::suggest(scope, name));
    let mut suggestions = suggestions.iter().flatten().map(String::as_str);
    let fields = FIELDS.iter().map(|field| -> &str { field.name() });
    let meant = if catalogue::is_of_listener(name) {
        suggestions.next()
    } else {
        closest(name, suggestions.chain(fields))
    };
    let failure = Failure::new(Exit::BadInput, format!("there is no key `{name}`"));
    match meant {
        Some(meant) => failure.hint(format!("did you mean `{meant}`?")),
        None => failure.hint("write a key such as `retention.ms`, or a field such as `partitions`"),
    }
}
