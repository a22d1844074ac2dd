//! Tells of applies that were cut off, and what is there now of what they left open.

use std::fmt::Display;

use super::args::Global;
use super::print;
use super::terminal::Terminal;
use crate::apply::{self, Interrupted, ReadBack};
use crate::cluster::Cluster;
use crate::view;

/// Reads back what applies to this cluster left open, and says so on stderr. What cannot be told is
/// no reason to stop: the cluster is read anyway.
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

/// Ends the journals that were cut off: an apply came to its end, so there is nothing left to tell.
pub(super) fn resolve(global: &Global, cluster_id: &str, terminal: &Terminal) {
    if let Some(shelves) = said(global.environment.shelves(), terminal) {
        said(apply::resolve(shelves, cluster_id), terminal);
    }
}

/// Applies to any cluster that were cut off.
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
