//! `context`: named clusters.

use std::path::{Path, absolute};
use std::time::Instant;

use serde_json::json;

use super::args::{ContextArgs, ContextCommand, Global};
use super::connect::{self, Level, Named};
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use crate::cluster::client_config;
use crate::cluster::contexts::{Context, ContextError, Contexts};
use crate::view;
use crate::view::context::Tested;
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
    terminal.show(
        |terminal| view::context::one(terminal.out, name, context, file),
        || view::context::one_json(name, context, file),
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
    let file = command_config
        .as_deref()
        .map(client_config::read)
        .transpose()?;
    let in_file = file.map(|file| file.bootstrap).unwrap_or_default();
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
    })
}

async fn test(global: &Global, name: Option<String>, terminal: &Terminal) -> anyhow::Result<()> {
    let named = match name {
        None => Named::of(global),
        Some(name) => Named::behind(Level {
            context: Some(name),
            ..Level::default()
        }),
    };
    let target = connect::target(&named, None)?;
    let unused = target.client.unused.clone();
    let started = Instant::now();
    let connected = connect::to(target, global.timeout).await?;
    let cluster = connected.cluster.describe_cluster().await?;
    let tested = Tested {
        cluster,
        address: connected.address,
        from: connected.origin.to_string(),
        took: started.elapsed(),
        unused,
    };
    terminal.show(
        |_| view::context::tested(&tested),
        || view::context::tested_json(&tested),
    );
    Ok(())
}
