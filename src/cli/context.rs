//! `context`: named clusters.

use std::path::{Path, absolute};
use std::time::Instant;

use serde_json::json;

use super::args::{ContextArgs, ContextCommand, Global};
use super::connect::{self, Level, Named, Origin};
use super::exit::{Exit, Failure};
use super::print::note;
use super::terminal::Terminal;
use crate::cluster::contexts::{Context, ContextError, Contexts};
use crate::cluster::profile;
use crate::cluster::security::Login;
use crate::view;
use crate::view::context::{Shown, Tested};
use crate::view::text::path;

pub(super) async fn run(
    global: &Global,
    args: &ContextArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let named = Named::of(global);
    let file = named.contexts()?;
    let load = || Contexts::load(file);
    match &args.what {
        ContextCommand::List => list(&load()?, terminal),
        ContextCommand::Show { name } => show(&load()?, name.as_deref(), file, terminal)?,
        ContextCommand::Use { name } => {
            Contexts::change(file, |contexts| contexts.choose(name))?;
            say(
                terminal,
                "used",
                name,
                &format!("commands now mean `{name}`"),
            );
        }
        ContextCommand::Add {
            name,
            r#use,
            replace,
        } => {
            let context = described(global)?;
            Contexts::change(file, |contexts| {
                contexts.add(name, context.clone(), *replace)?;
                if *r#use {
                    contexts.choose(name)
                } else {
                    Ok(())
                }
            })?;
            say(
                terminal,
                "added",
                name,
                &format!("`{name}` is in {}", path(file)),
            );
        }
        ContextCommand::Test { name } => test(global, name.clone(), terminal).await?,
    }
    Ok(Exit::Done)
}

fn say(terminal: &Terminal, field: &str, name: &str, text: &str) {
    terminal.show(
        |_| format!("{text}\n"),
        || view::json::of_kind("Context", json!({ field: true, "name": name })),
    );
}

fn list(contexts: &Contexts, terminal: &Terminal) {
    terminal.show(
        |terminal| view::context::list(terminal.out, contexts),
        || view::context::list_json(contexts),
    );
}

fn show(
    contexts: &Contexts,
    name: Option<&str>,
    file: &Path,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let name = name.or(contexts.current()).ok_or(ContextError::NoCurrent)?;
    let context = contexts.get(name)?;
    let profile = connect::of_context(context, file)?;
    let brokers = [&context.bootstrap, &profile.bootstrap];
    let brokers = brokers.into_iter().find(|list| !list.is_empty());
    let rows = connect::rows(
        &profile,
        brokers.map_or(&[], Vec::as_slice),
        &Origin::Context(name.to_owned()),
    );
    let shown = Shown {
        name,
        context,
        file,
        security: &profile.security,
        rows: &rows,
    };
    for warning in &profile.warnings {
        note(
            terminal,
            &format!("warning: {}", view::text::escape(warning)),
        );
    }
    terminal.show(
        |terminal| view::context::one(terminal.out, &shown),
        || view::context::one_json(&shown),
    );
    Ok(())
}

/// The context that the flags describe. Its files are looked at now, not when it is needed.
fn described(global: &Global) -> anyhow::Result<Context> {
    let bootstrap = match &global.bootstrap_server {
        Some(text) => connect::addresses(text),
        None => Vec::new(),
    };
    let command_config = match &global.command_config {
        Some(path) => Some(absolute(path)?),
        None => None,
    };
    let in_file = profile::read(command_config.as_deref(), None)?.bootstrap;
    if bootstrap.is_empty() && in_file.is_empty() {
        let failure = Failure::new(Exit::BadInput, "a context needs the address of a broker")
            .hint("add `-b HOST:PORT`, or a `--command-config` file with `bootstrap.servers`");
        return Err(failure.into());
    }
    connect::check(&bootstrap)?;
    connect::check(&in_file)?;
    Ok(Context {
        bootstrap,
        command_config,
        properties: Vec::new(),
        allowed: global.allowed(),
    })
}

async fn test(global: &Global, name: Option<String>, terminal: &Terminal) -> anyhow::Result<()> {
    let named = match name {
        None => Named::of(global),
        Some(name) => Named::behind(Level {
            context: Some(name),
            ..Level::default()
        })
        .allowing(global.allowed()),
    };
    let target = connect::target(&named, None)?;
    let unused = target.profile.unused();
    let security = target.profile.security.clone();
    let started = Instant::now();
    let connected = connect::told(target, global).await?;
    let cluster = connected.cluster.describe_cluster().await?;
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
