//! `describe`: what is there.
//!
//! Each kind of thing makes a [`Shown`], once or, with `--watch`, again and again.
//!
//! - [`topics`]: the manifest's topics, all topics, topics in depth
//! - [`brokers`]: brokers and the cluster around them
//! - [`logs`]: log directories
//! - [`protocol`]: the quorum, API versions
//! - [`watch`]: again and again

mod brokers;
mod logs;
mod protocol;
mod topics;
mod watch;

use super::args::{Describe, DescribeArgs, Global, Output};
use super::connect;
use super::exit::{self, Exit, Failure};
use super::manifest::{self, LOOKING};
use super::print;
use super::terminal::Terminal;
use crate::cluster::Cluster;
use crate::manifest::Manifest;
use crate::view::table::{Choice, Column};
use crate::view::{api_versions, describe as view, log_dirs, quorum};

/// What is printed on stdout, and how it ends; with what kept the rest out of it.
struct Shown {
    text: String,
    exit: Exit,
    error: Option<anyhow::Error>,
}

impl Shown {
    fn whole(text: String) -> Self {
        Self {
            text,
            exit: Exit::Done,
            error: None,
        }
    }

    /// Everything, or a part of it only.
    fn perhaps_whole(text: String, is_whole: bool) -> Self {
        let exit = if is_whole {
            Exit::Done
        } else {
            Exit::Unreachable
        };
        Self {
            exit,
            ..Self::whole(text)
        }
    }

    /// As much as an error has left.
    fn with_error(text: String, error: Option<anyhow::Error>) -> Self {
        Self {
            exit: error.as_ref().map_or(Exit::Done, exit::of),
            error,
            text,
        }
    }
}

/// What one look needs.
struct Looking<'a> {
    cluster: &'a dyn Cluster,
    manifest: Option<&'a Manifest>,
    choice: Choice,
    terminal: &'a Terminal,
}

pub(super) async fn run(
    global: &Global,
    args: &DescribeArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let choice = choice(args, terminal.output)?;
    let manifest = match &args.what {
        None => Some(manifest::read(&args.manifest(), LOOKING)?),
        Some(_) => manifest::read_if_there(&args.manifest(), LOOKING)?,
    };
    let desired = manifest.as_ref().map(|manifest| &manifest.desired);
    let connected = connect::open(global, desired).await?;
    let looking = Looking {
        cluster: &*connected.cluster,
        manifest: manifest.as_ref(),
        choice,
        terminal,
    };
    let what = args.what.as_ref();
    if args.watch {
        return watch::watch(terminal, args.interval, || look(&looking, what)).await;
    }
    let shown = look(&looking, what).await?;
    print::out(&shown.text);
    if let Some(error) = &shown.error {
        print::error(terminal, error);
    }
    Ok(shown.exit)
}

async fn look(looking: &Looking<'_>, what: Option<&Describe>) -> anyhow::Result<Shown> {
    match (what, looking.manifest) {
        (None, None) => Err(Failure::new(Exit::BadInput, "there is no manifest").into()),
        (None, Some(manifest)) => topics::declared(looking, &manifest.desired).await,
        (Some(Describe::Topics(filters)), _) => topics::topics(looking, filters).await,
        (Some(Describe::Topic { names, all }), _) => topics::topic(looking, names, *all).await,
        (Some(Describe::Brokers), _) => brokers::brokers(looking).await,
        (Some(Describe::Broker { id, all }), _) => brokers::broker(looking, *id, *all).await,
        (Some(Describe::Cluster), _) => brokers::whole(looking).await,
        (Some(Describe::LogDirs(filters)), _) => logs::log_dirs(looking, filters).await,
        (Some(Describe::Quorum), _) => protocol::quorum(looking).await,
        (Some(Describe::ApiVersions), _) => protocol::api_versions(looking).await,
    }
}

/// Which columns were asked for. Names are checked before anybody is called.
fn choice(args: &DescribeArgs, output: Output) -> Result<Choice, Failure> {
    let sort = args.sort.as_deref().map(|text| match text.split_once(':') {
        None | Some((_, "asc")) => Ok((text.trim_end_matches(":asc"), false)),
        Some((name, "desc")) => Ok((name, true)),
        Some((name, other)) => Err(Failure::new(
            Exit::BadInput,
            format!("`{other}` is no order of rows"),
        )
        .hint(format!("write `{name}`, `{name}:asc` or `{name}:desc`"))),
    });
    let choice = Choice {
        columns: args.columns.iter().map(|name| plain(name)).collect(),
        sort: sort
            .transpose()?
            .map(|(name, largest_first)| (plain(name), largest_first)),
        wide: output == Output::Wide,
    };
    if choice.columns.is_empty() && choice.sort.is_none() {
        return Ok(choice);
    }
    let Some(columns) = columns(args.what.as_ref()) else {
        let message = "this description has no columns to choose from";
        return Err(Failure::new(Exit::BadInput, message).hint(
            "`--columns` and `--sort` go with topics, brokers, log-dirs, quorum and api-versions",
        ));
    };
    choice
        .check(columns)
        .map_err(|error| Failure::new(Exit::BadInput, error.to_string()).hint(error.hint()))?;
    Ok(choice)
}

/// A column's name as it is written here, from the name or its heading.
fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '_'], "-")
}

fn columns(what: Option<&Describe>) -> Option<&'static [Column]> {
    match what {
        None => Some(view::topic_columns(true)),
        Some(Describe::Topics(filters)) if filters.of_partitions() => {
            Some(&view::PARTITION_COLUMNS)
        }
        Some(Describe::Topics(_)) => Some(view::topic_columns(false)),
        Some(Describe::Brokers) => Some(&view::BROKER_COLUMNS),
        Some(Describe::LogDirs(filters)) => Some(log_dirs::columns(filters.by())),
        Some(Describe::Quorum) => Some(&quorum::COLUMNS),
        Some(Describe::ApiVersions) => Some(&api_versions::COLUMNS),
        Some(Describe::Topic { .. } | Describe::Broker { .. } | Describe::Cluster) => None,
    }
}
