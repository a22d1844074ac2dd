//! `describe`: what a cluster has.
//!
//! Each module here makes a [`Shown`], once or, with `--watch`, repeatedly.
//!
//! - [`topics`]: the manifest's topics, all topics, topics in detail
//! - [`brokers`]: brokers, and the cluster as a whole
//! - [`groups`]: groups that read topics
//! - [`logs`]: log directories
//! - [`access`]: ACLs, users, quotas
//! - [`rights`]: who may do what, and by which ACL
//! - [`protocol`]: the quorum, API versions

mod access;
mod brokers;
mod groups;
mod logs;
mod looking;
mod protocol;
mod rights;
pub(super) mod topics;

use looking::Looking;

use super::args::{Describe, DescribeArgs, Global, Output};
use super::columns;
use super::connect;
use super::exit::{Exit, Failure};
use super::manifest::{self, LOOKING};
use super::print;
use super::shown::Shown;
use super::terminal::Terminal;
use super::watch::{self, Last};
use crate::view::table::Column;
use crate::view::{
    access as access_view, api_versions, describe as view, groups as groups_view, log_dirs, quorum,
    rights as rights_view,
};

pub(super) async fn run(
    global: &Global,
    args: &DescribeArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let choice = columns::choice(
        &args.columns,
        args.sort.as_deref(),
        terminal.output == Output::Wide,
        columns(args.what.as_ref()),
        "`--columns` and `--sort` go with topics, brokers, groups, log-dirs, quorum, api-versions, acls, \
         users and quotas",
    )?;
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
        let look = || look(&looking, what);
        return watch::watch(terminal, args.interval, look, &mut Last::default()).await;
    }
    let shown = look(&looking, what).await?;
    print::out(&shown.text);
    print::notes(terminal, &shown);
    if let Some(error) = &shown.error {
        print::error(terminal, error);
    }
    Ok(shown.exit)
}

async fn look(looking: &Looking<'_>, what: Option<&Describe>) -> anyhow::Result<Shown> {
    match (what, looking.manifest) {
        (None, None) => Err(Failure::new(Exit::BadInput, "there is no manifest").into()),
        (None, Some(manifest)) => topics::declared(looking, manifest).await,
        (Some(Describe::Topics(filters)), _) => topics::topics(looking, filters).await,
        (Some(Describe::Topic { names, all }), _) => topics::topic(looking, names, *all).await,
        (Some(Describe::Brokers), _) => brokers::brokers(looking).await,
        (Some(Describe::Broker { id, all }), _) => brokers::broker(looking, *id, *all).await,
        (Some(Describe::Cluster), _) => brokers::whole(looking).await,
        (Some(Describe::Groups), _) => groups::groups(looking).await,
        (Some(Describe::Group { names }), _) => groups::group(looking, names).await,
        (Some(Describe::LogDirs(filters)), _) => logs::log_dirs(looking, filters).await,
        (Some(Describe::Quorum), _) => protocol::quorum(looking).await,
        (Some(Describe::ApiVersions), _) => protocol::api_versions(looking).await,
        (Some(Describe::Acls), _) => access::acls(looking).await,
        (Some(Describe::Access(args)), _) => rights::access(looking, args).await,
        (Some(Describe::Users), _) => access::users(looking).await,
        (Some(Describe::Quotas), _) => access::quotas(looking).await,
    }
}

fn columns(what: Option<&Describe>) -> Option<&'static [Column]> {
    match what {
        None => Some(view::topic_columns(true)),
        Some(Describe::Topics(filters)) if filters.of_partitions() => {
            Some(&view::PARTITION_COLUMNS)
        }
        Some(Describe::Topics(_)) => Some(view::topic_columns(false)),
        Some(Describe::Brokers) => Some(&view::BROKER_COLUMNS),
        Some(Describe::Groups) => Some(&groups_view::GROUP_COLUMNS),
        Some(Describe::LogDirs(filters)) => Some(log_dirs::columns(filters.by())),
        Some(Describe::Quorum) => Some(&quorum::COLUMNS),
        Some(Describe::ApiVersions) => Some(&api_versions::COLUMNS),
        Some(Describe::Acls) => Some(&access_view::ACL_COLUMNS),
        Some(Describe::Access(_)) => Some(&rights_view::COLUMNS),
        Some(Describe::Users) => Some(&access_view::USER_COLUMNS),
        Some(Describe::Quotas) => Some(&access_view::QUOTA_COLUMNS),
        Some(
            Describe::Topic { .. }
            | Describe::Broker { .. }
            | Describe::Cluster
            | Describe::Group { .. },
        ) => None,
    }
}
