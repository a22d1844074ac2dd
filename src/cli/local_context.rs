//! The context `local`: how commands get into the secure local cluster. One of the user's own is left
//! alone.

use std::path::Path;

use super::connect::{Level, Named};
use super::print;
use super::terminal::Terminal;
use crate::cluster::contexts::{Context, ContextError, Contexts};
use crate::local::{Forgotten, StartedCluster};
use crate::model::escape::path as shown;

/// What it is called.
pub(super) const NAME: &str = "local";

/// Sees that the context leads to a cluster that was started. Gives its name; none where there is another
/// one of that name, or it cannot be written, which is told.
pub(super) fn keep(record: &StartedCluster, terminal: &Terminal) -> Option<&'static str> {
    let secured = record.security.as_ref()?;
    let admin = secured.admin();
    let context = made(&record.bootstrap, &admin);
    let written = change(|contexts| {
        // The port of an earlier start may have been another one.
        let is_ours = |there: &Context| {
            let bootstrap = context.bootstrap.clone();
            Context {
                bootstrap,
                ..there.clone()
            } == context
        };
        let replace = contexts.all().get(NAME).is_some_and(is_ours);
        contexts.add(NAME, context.clone(), replace)
    });
    match written {
        Ok(()) => return Some(NAME),
        Err(Problem::Context(ContextError::Exists(_))) => {
            let file = shown(&admin);
            print::note(
                terminal,
                &format!(
                    "there is a context `{NAME}` of your own, which stays: pass `--command-config {file}`"
                ),
            );
        }
        Err(problem) => print::note(
            terminal,
            &format!("the context `{NAME}` is not written: {problem}"),
        ),
    }
    None
}

/// The context's name if it leads to this cluster.
pub(super) fn of(record: &StartedCluster) -> Option<&'static str> {
    let admin = record.security.as_ref()?.admin();
    let contexts = Contexts::load(&file().ok()?).ok()?;
    leads_to(&contexts, &record.bootstrap, &admin).then_some(NAME)
}

/// Removes the context if it is still as it was written. Gives its name if it was; what keeps it from being
/// removed is told.
pub(super) fn forget(forgotten: &Forgotten, terminal: &Terminal) -> Option<&'static str> {
    let admin = &forgotten.command_config;
    let contexts = Contexts::load(&file().ok()?).ok()?;
    if !leads_to(&contexts, &forgotten.bootstrap, admin) {
        return None;
    }
    let removed = change(|contexts| {
        if leads_to(contexts, &forgotten.bootstrap, admin) {
            contexts.remove(NAME);
        }
        Ok(())
    });
    match removed {
        Ok(()) => Some(NAME),
        Err(problem) => {
            let text = format!("the context `{NAME}` is not removed: {problem}");
            print::note(terminal, &text);
            None
        }
    }
}

/// The context of a cluster, and nothing that somebody added to it.
fn made(bootstrap: &str, admin: &Path) -> Context {
    Context {
        bootstrap: vec![bootstrap.to_owned()],
        command_config: Some(admin.to_owned()),
        ..Context::default()
    }
}

fn leads_to(contexts: &Contexts, bootstrap: &str, admin: &Path) -> bool {
    contexts.all().get(NAME) == Some(&made(bootstrap, admin))
}

/// Why the file of contexts is not changed.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Context(#[from] ContextError),
    #[error(transparent)]
    NoHome(#[from] crate::local::NoHome),
}

fn change(change: impl Fn(&mut Contexts) -> Result<(), ContextError>) -> Result<(), Problem> {
    Ok(Contexts::change(&file()?, change)?)
}

fn file() -> Result<std::path::PathBuf, crate::local::NoHome> {
    Named::behind(Level::default())
        .contexts()
        .map(Path::to_owned)
}
