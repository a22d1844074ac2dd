//! `validate`: checks manifests without a cluster.

use super::args::ValidateArgs;
use super::exit::Exit;
use super::terminal::Terminal;
use super::{manifest, print};
use crate::ops::remarks;
use crate::plan::Finding;
use crate::view::documents::ValidationDocument;
use crate::view::json::of_kind;
use crate::view::text::count;

pub(super) fn run(args: &ValidateArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let manifest = manifest::read(&args.manifest, manifest::passing(&args.allow))?;
    for remark in &manifest.remarks {
        print::note(terminal, &remark.diagnostic.to_string());
    }
    let topics = manifest.desired.topics.len();
    let findings: Vec<Finding> = remarks::findings(&manifest, &[]).collect();
    terminal.show(
        |_| format!("valid: {}\n", count(topics, "topic")),
        || {
            let fields = ValidationDocument {
                valid: true,
                topics,
                manifest_hash: &manifest.hash,
                findings,
            };
            of_kind("Validation", &fields)
        },
    );
    Ok(Exit::Done)
}
