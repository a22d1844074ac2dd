//! `validate`: manifests, without a cluster.

use serde_json::json;

use super::args::ManifestArgs;
use super::exit::Exit;
use super::manifest;
use super::terminal::Terminal;
use crate::view::json::of_kind;
use crate::view::text::count;

pub(super) fn run(args: &ManifestArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let manifest = manifest::read(args)?;
    let topics = manifest.desired.topics.len();
    terminal.show(
        |_| format!("valid: {}\n", count(topics, "topic")),
        || {
            of_kind(
                "Validation",
                json!({ "valid": true, "topics": topics, "manifestHash": manifest.hash }),
            )
        },
    );
    Ok(Exit::Done)
}
