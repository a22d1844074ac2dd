//! The context `local`: how commands get into the secure local cluster. One of the user's own is left
//! alone.

use std::path::Path;

use super::environment::Environment;
use super::print;
use super::terminal::Terminal;
use crate::cluster::contexts::{Context, ContextError, Contexts};
use crate::local::{Forgotten, StartedCluster};
use crate::model::escape::path as shown;

/// What it is called.
pub(super) const NAME: &str = "local";

/// Sees that the context leads to a cluster that was started. Gives its name; none where there is another
/// one of that name, or it cannot be written, which is told.
pub(super) fn keep(
    environment: &Environment,
    record: &StartedCluster,
    terminal: &Terminal,
) -> Option<&'static str> {
    let secured = record.security.as_ref()?;
    let admin = secured.admin();
    let context = made(&record.bootstrap, &admin);
    let written = change(environment, |contexts| {
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
        Err(error) if matches!(error.downcast_ref(), Some(ContextError::Exists(_))) => {
            let file = shown(&admin);
            let text = format!(
                "there is a context `{NAME}` of your own, which stays: pass `--command-config {file}`"
            );
            print::note(terminal, &text);
        }
        Err(error) => print::note(
            terminal,
            &format!("the context `{NAME}` is not written: {error}"),
        ),
    }
    None
}

/// The context's name if it leads to this cluster.
pub(super) fn of(environment: &Environment, record: &StartedCluster) -> Option<&'static str> {
    let admin = record.security.as_ref()?.admin();
    let contexts = Contexts::load(environment.contexts().ok()?).ok()?;
    leads_to(&contexts, &record.bootstrap, &admin).then_some(NAME)
}

/// Removes the context if it is still as it was written. Gives its name if it was; what keeps it from being
/// removed is told.
pub(super) fn forget(
    environment: &Environment,
    forgotten: &Forgotten,
    terminal: &Terminal,
) -> Option<&'static str> {
    let admin = &forgotten.command_config;
    let contexts = Contexts::load(environment.contexts().ok()?).ok()?;
    if !leads_to(&contexts, &forgotten.bootstrap, admin) {
        return None;
    }
    let removed = change(environment, |contexts| {
        if leads_to(contexts, &forgotten.bootstrap, admin) {
            contexts.remove(NAME);
        }
        Ok(())
    });
    match removed {
        Ok(()) => Some(NAME),
        Err(error) => {
            let text = format!("the context `{NAME}` is not removed: {error}");
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

fn change(
    environment: &Environment,
    change: impl Fn(&mut Contexts) -> Result<(), ContextError>,
) -> anyhow::Result<()> {
    Ok(Contexts::change(environment.contexts()?, change)?)
}
