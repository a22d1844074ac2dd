//! `context`: named clusters.

use std::path::{Path, absolute};
use std::time::Instant;

use super::args::{ContextCommand, Global};
use super::connect::{self, Named, Target};
use super::environment::Level;
use super::exit::{self, Exit, Failure};
use super::print::note;
use super::terminal::Terminal;
use crate::cluster::contexts::{Context, ContextError, Contexts};
use crate::cluster::profile;
use crate::cluster::security::Login;
use crate::observe::brokers;
use crate::view;
use crate::view::context::{ShownContext, Tested};
use crate::view::text::path;

pub(super) async fn run(
    global: &Global,
    what: &ContextCommand,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let named = Named::of(global);
    let file = named.contexts()?;
    let load = || Contexts::load(file);
    match what {
        ContextCommand::List => list(&load()?, terminal),
        ContextCommand::Show { name } => show(global, &load()?, name.as_deref(), terminal)?,
        ContextCommand::Use { name } => {
            Contexts::change(file, |contexts| contexts.choose(name))?;
            let text = format!("commands now mean `{name}`");
            say(terminal, &text, || view::context::used_json(name));
        }
        ContextCommand::Add {
            name,
            r#use,
            replace,
        } => add(global, file, (name, *r#use, *replace), terminal)?,
        ContextCommand::Remove { name } => remove(file, name, terminal)?,
        ContextCommand::Test { name } => test(global, name.clone(), terminal).await?,
    }
    Ok(Exit::Done)
}

fn say(terminal: &Terminal, text: &str, document: impl FnOnce() -> String) {
    terminal.show(|_| format!("{text}\n"), document);
}

fn list(contexts: &Contexts, terminal: &Terminal) {
    terminal.show(
        |terminal| view::context::list(terminal.out, contexts),
        || view::context::list_json(contexts),
    );
}

/// Adds a context. Names the settings of a replaced context that the new one lacks.
fn add(
    global: &Global,
    file: &Path,
    (name, is_used, replace): (&str, bool, bool),
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let context = described(global, name, terminal)?;
    let lost = Contexts::change(file, |contexts| {
        let before = contexts.all().get(name);
        let lost = before.map_or_else(Vec::new, |before| view::context::lost(before, &context));
        contexts.add(name, context.clone(), replace)?;
        if is_used {
            contexts.choose(name)?;
        }
        Ok(lost)
    })?;
    if !lost.is_empty() {
        let lines = lost.join("\n  ");
        note(
            terminal,
            &format!("`{name}` is written anew, and no longer has:\n  {lines}"),
        );
    }
    let text = format!("`{name}` is in {}", path(file));
    say(terminal, &text, || view::context::added_json(name));
    Ok(())
}

fn remove(file: &Path, name: &str, terminal: &Terminal) -> anyhow::Result<()> {
    let was_current = Contexts::change(file, |contexts| {
        contexts.get(name)?;
        let was_current = contexts.current() == Some(name);
        contexts.remove(name);
        Ok(was_current)
    })?;
    if was_current {
        let text = format!(
            "`{name}` was the current context, and none is now: `tonkafka context use NAME` chooses one"
        );
        note(terminal, &text);
    }
    let text = format!("`{name}` is no longer in {}", path(file));
    say(terminal, &text, || view::context::removed_json(name));
    Ok(())
}

/// Refuses flags beside a context's name: they would be ignored.
fn only_named(global: &Global, name: &str, command: &str) -> Result<(), Failure> {
    let flags = [
        (global.bootstrap_server.is_some(), "--bootstrap-server"),
        (global.context.is_some(), "--context"),
        (global.command_config.is_some(), "--command-config"),
    ];
    let Some((_, flag)) = flags.into_iter().find(|(is_given, _)| *is_given) else {
        return Ok(());
    };
    let name = view::text::escape(name);
    let message = format!("`{flag}` and the name `{name}` say two things");
    let hint = format!(
        "leave out the name: `tonkafka context {command}` takes what flags say, as every command does"
    );
    Err(Failure::new(Exit::BadInput, message).hint(hint))
}

fn show(
    global: &Global,
    contexts: &Contexts,
    name: Option<&str>,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let named = Named::of(global);
    let name = match name {
        Some(name) => {
            only_named(global, name, "show")?;
            name
        }
        None if named.is_more_than_a_context() => return show_meant(&named, terminal),
        None => named
            .context()
            .or(contexts.current())
            .ok_or(ContextError::NoCurrent)?,
    };
    let context = contexts.get(name)?;
    let file = named.contexts()?;
    let target = Target::of_context(name, context, connect::of_context(context, file)?);
    let shown = ShownContext {
        name: Some((name, file)),
        context,
        security: &target.profile.security,
        rows: &target.settings(),
    };
    print_shown(&shown, &target.profile.warnings, terminal);
    Ok(())
}

/// Shows the cluster that commands with these flags and variables would use.
fn show_meant(named: &Named<'_>, terminal: &Terminal) -> anyhow::Result<()> {
    let target = connect::target(named, None)?;
    let rows = target.settings();
    let context = Context {
        bootstrap: target.bootstrap,
        command_config: named.command_config().cloned(),
        properties: Vec::new(),
        allowed: target.allowed,
    };
    let shown = ShownContext {
        name: None,
        context: &context,
        security: &target.profile.security,
        rows: &rows,
    };
    print_shown(&shown, &target.profile.warnings, terminal);
    Ok(())
}

fn print_shown(shown: &ShownContext<'_>, warnings: &[String], terminal: &Terminal) {
    for warning in warnings {
        note(
            terminal,
            &format!("warning: {}", view::text::escape(warning)),
        );
    }
    terminal.show(
        |terminal| view::context::one(terminal.out, shown),
        || view::context::one_json(shown),
    );
}

/// The context that the flags describe. Checks its files and whether connecting is allowed now, not
/// at first use.
fn described(global: &Global, name: &str, terminal: &Terminal) -> anyhow::Result<Context> {
    let bootstrap = match &global.bootstrap_server {
        Some(text) => connect::addresses(text),
        None => Vec::new(),
    };
    let command_config = match &global.command_config {
        Some(path) => Some(absolute(path)?),
        None => None,
    };
    let profile = profile::read(command_config.as_deref(), None)?;
    if bootstrap.is_empty() && profile.bootstrap.is_empty() {
        let failure = Failure::new(Exit::BadInput, "a context needs the address of a broker")
            .hint("add `-b HOST:PORT`, or a `--command-config` file with `bootstrap.servers`");
        return Err(failure.into());
    }
    connect::check(&bootstrap)?;
    let context = Context {
        bootstrap,
        command_config,
        properties: Vec::new(),
        allowed: global.allowed(),
    };
    if let Err(refused) = Target::of_context(name, &context, profile).check_safety() {
        let refused = refused.into();
        let hint = exit::hint(&refused).unwrap_or_default();
        let text = format!("warning: commands with this context will be refused: {refused}");
        note(
            terminal,
            &format!("{}\nhint: {hint}", view::text::escape(&text)),
        );
    }
    Ok(context)
}

async fn test(global: &Global, name: Option<String>, terminal: &Terminal) -> anyhow::Result<()> {
    let named = match name {
        None => Named::of(global),
        Some(name) => {
            only_named(global, &name, "test")?;
            let flags = Level {
                context: Some(name),
                ..Level::default()
            };
            Named::behind(flags, &global.environment).allowing(global.allowed())
        }
    };
    let target = connect::target(&named, None)?;
    let unused = target.profile.unused();
    let security = target.profile.security.clone();
    let started = Instant::now();
    let connected = connect::told(target, global).await?;
    let cluster = brokers::described(&*connected.cluster).await?;
    let tested = Tested {
        cluster,
        address: connected.address,
        from: connected.origin.to_string(),
        took: started.elapsed(),
        unused,
        protocol: security.protocol(),
        mechanism: security.login.as_ref().map(Login::mechanism),
    };
    terminal.show(
        |_| view::context::tested(&tested),
        || view::context::tested_json(&tested),
    );
    Ok(())
}
