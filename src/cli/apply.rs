//! `apply`: plan, confirm, apply, verify.

use std::path::Path;

use super::args::{ApplyArgs, Global};
use super::connect::{self, Connected};
use super::consent::{self, Handling};
use super::exit::{Exit, Failure};
use super::manifest;
use super::plan::prepare;
use super::terminal::Terminal;
use crate::cluster::Cluster;
use crate::cluster::lease::{Holder, Lease, LeaseError};
use crate::model::backup::Why;
use crate::ops;
use crate::ops::apply::BackupFirst;
use crate::plan::{Code, Plan, Severity, file};
use crate::store;
use crate::view::text::path as shown;

/// The largest plan file that is read, in MiB.
const LARGEST_PLAN: u64 = 64;

pub(super) async fn run(
    global: &Global,
    args: &ApplyArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    if let Some(path) = &args.plan {
        let (connected, plan) = saved(global, args, path).await?;
        let lease = lease(&*connected.cluster, args).await?;
        carry_out(global, args, terminal, &connected, Ok(plan), lease).await
    } else {
        let prepared = prepare(global, &args.scope).await?;
        let connected = &prepared.connected;
        let lease = lease(&*connected.cluster, args).await?;
        carry_out(
            global,
            args,
            terminal,
            connected,
            prepared.plan().await,
            lease,
        )
        .await
    }
}

/// Carries a plan out, if there is one, and releases the lock.
async fn carry_out(
    global: &Global,
    args: &ApplyArgs,
    terminal: &Terminal,
    connected: &Connected,
    plan: anyhow::Result<Plan>,
    lease: Option<Box<dyn Lease>>,
) -> anyhow::Result<Exit> {
    let backup = BackupFirst {
        reason: Why::Apply,
        kept: args.keep_backups,
    };
    let handling = Handling {
        yes: args.yes,
        junit: args.junit.as_deref(),
        backup: (!args.no_backup).then_some(backup),
        lease: lease.as_deref(),
        ..Handling::default()
    };
    let ended = match plan {
        Ok(plan) => consent::carry_out(global, handling, terminal, connected, &plan).await,
        Err(error) => Err(error),
    };
    if let Some(lease) = lease {
        lease.release().await;
    }
    ended
}

/// Takes the cluster's lock for `--lock`, before the plan is made: it cannot get stale then.
async fn lease(
    cluster: &dyn Cluster,
    args: &ApplyArgs,
) -> Result<Option<Box<dyn Lease>>, LeaseError> {
    if !args.lock {
        return Ok(None);
    }
    let patience = args.lock_timeout.unwrap_or_default();
    cluster.lease(&holder(), patience).await.map(Some)
}

/// This process, as shown to others that wait for the lock.
fn holder() -> Holder {
    let user = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok());
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    Holder {
        user: user.unwrap_or_else(|| format!("user {}", rustix::process::getuid().as_raw())),
        host,
        process: std::process::id(),
        since: jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string(),
    }
}

/// The plan in a file, and the cluster that the settings name. The manifest, if there is one, gives
/// the address and the secret values, which a plan file leaves out.
async fn saved(
    global: &Global,
    args: &ApplyArgs,
    path: &Path,
) -> anyhow::Result<(Connected, Plan)> {
    let text =
        store::read_text(path, LARGEST_PLAN).map_err(|error| bad_plan(path, &error.to_string()))?;
    let mut plan = file::from_text(&text).map_err(|error| bad_plan(path, &error.to_string()))?;
    // Guards that the plan let through are not checked again.
    let let_through = plan.findings_of(Severity::Allowed);
    let codes: Vec<Code> = let_through.map(|finding| finding.code).collect();
    let passing = manifest::asking(manifest::passing(&codes));
    let manifest = if file::has_secrets(&plan) {
        Some(manifest::read(&args.scope.manifest, passing)?)
    } else {
        manifest::read_if_there(&args.scope.manifest, passing)?
    };
    let desired = manifest.as_ref().map(|manifest| &manifest.desired);
    if let Some(desired) = desired {
        file::reveal(&mut plan, desired).map_err(|error| {
            Failure::new(Exit::Refused, error.to_string())
                .hint("pass the manifest that the plan was made from with `-f`")
        })?;
    }
    let connected = connect::open(global, desired).await?;
    let login = connected.login.as_deref();
    let plan = ops::plan::for_login(&*connected.cluster, plan, login).await?;
    Ok((connected, plan))
}

fn bad_plan(path: &Path, reason: &str) -> Failure {
    let message = format!("cannot use the plan {}: {reason}", shown(path));
    Failure::new(Exit::BadInput, message).hint("make it again with `tonkafka plan --out`")
}
