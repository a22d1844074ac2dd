//! Reports interrupted applies, and the current state of their open steps.

use std::fmt::Display;

use super::args::Global;
use super::print;
use super::terminal::Terminal;
use crate::apply::{self, Interrupted, ReadBack};
use crate::cluster::Cluster;
use crate::view;

/// Reads back the open steps of interrupted applies to this cluster, and reports them on stderr.
/// Errors are noted and do not end the command.
pub(super) async fn tell(
    global: &Global,
    cluster: &dyn Cluster,
    cluster_id: &str,
    terminal: &Terminal,
) -> Vec<(Interrupted, Vec<ReadBack>)> {
    let shelves = said(global.environment.shelves(), terminal);
    let found = shelves.and_then(|shelves| said(apply::interrupted(shelves, cluster_id), terminal));
    let mut told = Vec::new();
    for interrupted in found.unwrap_or_default() {
        let now = apply::read_back(cluster, &interrupted).await;
        if !terminal.quiet {
            print::err(&view::interrupted::headline(&interrupted));
            print::err(&view::interrupted::read_back(terminal.err, &now));
        }
        told.push((interrupted, now));
    }
    told
}

/// Closes the journals of interrupted applies, because a later apply has ended.
pub(super) fn resolve(global: &Global, cluster_id: &str, terminal: &Terminal) {
    if let Some(shelves) = said(global.environment.shelves(), terminal) {
        said(apply::resolve(shelves, cluster_id), terminal);
    }
}

/// Interrupted applies to any cluster.
pub(super) fn anywhere(global: &Global, terminal: &Terminal) -> Vec<Interrupted> {
    let shelves = said(global.environment.shelves(), terminal);
    let found = shelves.and_then(|shelves| said(apply::interrupted_anywhere(shelves), terminal));
    found.unwrap_or_default()
}

fn said<T, E: Display>(result: Result<T, E>, terminal: &Terminal) -> Option<T> {
    result
        .inspect_err(|error| print::note(terminal, &format!("note: {error}")))
        .ok()
}
