//! `render`: files for other programs, made from the manifest.

use serde_json::json;

use super::args::{LayoutArg, ManifestArgs, Render, RenderArgs};
use super::exit::{Exit, Failure};
use super::manifest;
use super::terminal::Terminal;
use crate::local::compose::{Compose, KAFKA_VERSION, Layout};
use crate::manifest::Passing;
use crate::model::catalogue::{Key, broker_key};
use crate::model::desired::BrokerSettings;
use crate::view::json::of_kind;

pub(super) fn run(args: &RenderArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    match &args.what {
        Render::Compose { manifest, layout } => compose(manifest, *layout, terminal),
        Render::Schema => {
            schema(terminal);
            Ok(Exit::Done)
        }
    }
}

/// A JSON Schema is JSON in every form of output.
fn schema(terminal: &Terminal) {
    let schema = crate::manifest::schema();
    let text = format!("{schema:#}\n");
    terminal.show(|_| text.clone(), || text.clone());
}

fn compose(args: &ManifestArgs, layout: LayoutArg, terminal: &Terminal) -> anyhow::Result<Exit> {
    let desired = manifest::read(args, Passing::default())?.desired;
    if let Some(key) = secret(&desired.broker) {
        let message = format!("`{key}` is a secret, which a Compose file would show");
        let hint = "render a manifest without it, and give it to the container in another way";
        return Err(Failure::new(Exit::BadInput, message).hint(hint).into());
    }
    let file = Compose {
        layout: match layout {
            LayoutArg::Single => Layout::Single {
                kafka_version: KAFKA_VERSION,
            },
            LayoutArg::Zookeeper => Layout::ZooKeeper,
        },
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
    terminal.show(
        |_| text.clone(),
        || of_kind("ComposeFile", json!({ "text": text })),
    );
    Ok(Exit::Done)
}

/// The first key in the file to be whose value nobody may see.
fn secret(broker: &BrokerSettings) -> Option<&str> {
    let keys = broker.defaults.keys().chain(broker.process.settings.keys());
    let mut keys = keys.map(String::as_str);
    keys.find(|key| broker_key(key).is_some_and(Key::is_sensitive))
}
