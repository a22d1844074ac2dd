//! `validate`: checks manifests without a cluster.

use std::fmt::Write as _;

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
    let desired = &manifest.desired;
    let (topics, acls, quotas) = (
        desired.topics.len(),
        desired.acls.len(),
        desired.quotas.len(),
    );
    let findings: Vec<Finding> = remarks::findings(&manifest, &[]).collect();
    terminal.show(
        |_| {
            let mut text = format!("valid: {}", count(topics, "topic"));
            for (number, what) in [(acls, "ACL"), (quotas, "quota")] {
                if number > 0 {
                    let _ = write!(text, ", {}", count(number, what));
                }
            }
            text + "\n"
        },
        || {
            let fields = ValidationDocument {
                valid: true,
                topics,
                acls,
                quotas,
                manifest_hash: &manifest.hash,
                findings,
            };
            of_kind("Validation", &fields)
        },
    );
    Ok(Exit::Done)
}
