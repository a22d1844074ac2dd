//! `render`: files for other programs, made from the manifest.

use std::path::Path;

use super::args::{LayoutArg, ManifestArgs, ReferenceArg, Render, RenderArgs};
use super::exit::{Exit, Failure};
use super::explain::field;
use super::manifest;
use super::terminal::Terminal;
use crate::local::LocalError;
use crate::local::compose::{CLIENT_PORT, Compose, KAFKA_VERSION, Layout, NAMES};
use crate::local::secure::Secrets;
use crate::manifest::Passing;
use crate::manifest::reference::FIELDS;
use crate::model::catalogue::{Key, broker_key};
use crate::model::desired::{BrokerSettings, Settings};
use crate::view;
use crate::view::documents::TextDocument;
use crate::view::explain::ExplainedField;
use crate::view::json::of_kind;
use crate::view::schema::{DocumentSchema, SCHEMAS};

pub(super) fn run(args: &RenderArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    match &args.what {
        Render::Compose {
            manifest,
            layout,
            profile,
            secrets,
        } => {
            let layout = self::layout(*layout, profile.is_secure())?;
            compose(manifest, layout, secrets.as_deref(), terminal)
        }
        Render::Schema { kind } => {
            schema(kind, terminal);
            Ok(Exit::Done)
        }
        Render::Reference { kind } => {
            reference(*kind, terminal);
            Ok(Exit::Done)
        }
    }
}

/// Prints a JSON Schema, which is JSON in every output format.
fn schema(kind: &str, terminal: &Terminal) {
    let document = SCHEMAS.iter().find(|one| one.name == kind);
    let schema = document.map_or_else(crate::manifest::schema, DocumentSchema::schema);
    let text = format!("{schema:#}\n");
    terminal.show(|_| text.clone(), || text.clone());
}

fn reference(kind: ReferenceArg, terminal: &Terminal) {
    let page = match kind {
        ReferenceArg::ClientProperties => {
            let page = view::reference::client_properties;
            return terminal.show(|_| page(), view::reference::client_properties_json);
        }
        ReferenceArg::Keys => view::reference::keys(),
        ReferenceArg::Manifest => {
            let fields: Vec<ExplainedField> = FIELDS.iter().map(field).collect();
            view::reference::manifest(&fields)
        }
    };
    terminal.show(
        |_| page.clone(),
        || of_kind("Reference", &TextDocument { text: &page }),
    );
}

fn layout(layout: LayoutArg, is_secure: bool) -> Result<Layout<'static>, Failure> {
    let kafka_version = KAFKA_VERSION;
    match (layout, is_secure) {
        (LayoutArg::Single, false) => Ok(Layout::Single { kafka_version }),
        (LayoutArg::Single, true) => Ok(Layout::Secure { kafka_version }),
        (LayoutArg::Zookeeper, false) => Ok(Layout::ZooKeeper),
        (LayoutArg::Zookeeper, true) => {
            let message = "the layout `zookeeper` has no profile `secure`";
            let hint = "leave `--layout` or `--profile` out";
            Err(Failure::new(Exit::BadInput, message).hint(hint))
        }
    }
}

/// Creates the secrets of a secure Compose cluster, and leaves existing ones alone.
fn make_secrets(directory: &Path) -> Result<(), LocalError> {
    let bootstrap = format!("localhost:{CLIENT_PORT}");
    let secrets = Secrets::keep_apart(directory, &NAMES, &bootstrap)?;
    secrets.write_scram()
}

fn compose(
    args: &ManifestArgs,
    layout: Layout<'_>,
    secrets: Option<&Path>,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let is_secure = matches!(layout, Layout::Secure { .. });
    if secrets.is_some() && !is_secure {
        let message = "`--secrets` makes those of `--profile secure`, which is not asked for";
        return Err(Failure::new(Exit::BadInput, message).into());
    }
    let desired = manifest::read(args, Passing::default())?.desired;
    if let Some(key) = secret(&desired.broker) {
        let message = format!("`{key}` is a secret, which a Compose file would show");
        let hint = "render a manifest without it, and give it to the container in another way";
        return Err(Failure::new(Exit::BadInput, message).hint(hint).into());
    }
    let file = Compose {
        layout,
        broker: &desired.broker,
        topics: &desired.topics,
    };
    file.check().map_err(|error| {
        let failure = Failure::new(Exit::BadInput, error.to_string());
        failure.hint("render the manifest for one broker: without `--env`, or with an environment that asks for 1")
    })?;
    let text = file.render().map_err(|error| {
        let hint = error.hint();
        Failure::new(Exit::BadInput, error.to_string()).hint(hint)
    })?;
    if let Some(directory) = secrets {
        make_secrets(directory)?;
    }
    terminal.show(
        |_| text.clone(),
        || of_kind("ComposeFile", &TextDocument { text: &text }),
    );
    Ok(Exit::Done)
}

/// The first sensitive key that the file would contain; none if there is none.
fn secret(broker: &BrokerSettings) -> Option<&str> {
    let own = broker.brokers.values().flat_map(Settings::keys);
    let keys = broker.defaults.keys().chain(own);
    let keys = keys.chain(broker.process.settings.keys());
    let mut keys = keys.map(String::as_str);
    keys.find(|key| broker_key(key).is_some_and(Key::is_sensitive))
}
