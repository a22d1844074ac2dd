//! `explain`: what a key of Kafka or a field of a manifest is, without a cluster.

use super::args::ExplainArgs;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use crate::manifest::reference::{self, FIELDS};
use crate::model::catalogue::{self, Key, Scope};
use crate::model::suggest::closest;
use crate::view::explain::{self, Field};

pub(super) fn run(args: &ExplainArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let name = args.key.as_str();
    let keys: Vec<&Key> = [Scope::Topic, Scope::Broker]
        .into_iter()
        .filter_map(|scope| catalogue::key(scope, name))
        .collect();
    let fields: Vec<Field> = reference::fields(name).map(field).collect();
    if keys.is_empty() && fields.is_empty() {
        return Err(unknown(name).into());
    }
    terminal.show(
        |terminal| explain::text(terminal.out, name, &keys, &fields),
        || explain::document(name, &keys, &fields),
    );
    Ok(Exit::Done)
}

/// A field as it is shown.
pub(super) fn field(field: &'static reference::Field) -> Field {
    Field {
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
