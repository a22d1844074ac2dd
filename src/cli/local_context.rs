//! The context `local`, for the secure local cluster. A context of that name that the user made is
//! left alone.

use std::path::Path;

use super::environment::Environment;
use super::print;
use super::terminal::Terminal;
use crate::cluster::contexts::{Context, ContextError, Contexts};
use crate::local::{Forgotten, StartedCluster};
use crate::model::escape::path as shown;

/// The name of the context.
pub(super) const NAME: &str = "local";

/// Points the context at a started cluster, and returns its name. None, with a note, if the user
/// has another context of that name or the file cannot be written.
pub(super) fn keep(
    environment: &Environment,
    record: &StartedCluster,
    terminal: &Terminal,
) -> Option<&'static str> {
    let secured = record.security.as_ref()?;
    let admin = secured.admin();
    let context = made(&record.bootstrap, &admin);
    let written = change(environment, |contexts| {
        // An earlier start may have used another port.
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

/// The context's name if it names this cluster.
pub(super) fn of(environment: &Environment, record: &StartedCluster) -> Option<&'static str> {
    let admin = record.security.as_ref()?.admin();
    let contexts = Contexts::load(environment.contexts().ok()?).ok()?;
    leads_to(&contexts, &record.bootstrap, &admin).then_some(NAME)
}

/// Removes the context if it is unchanged, and returns its name. Prints what kept it from being
/// removed.
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

/// The context of a cluster, as this module writes it.
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
