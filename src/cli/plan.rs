//! `plan`: what apply would change.

use super::args::{Global, Output, PlanArgs, ScopeArgs};
use super::connect::{self, Connected};
use super::consent::{keep, stops};
use super::exit::{Exit, Failure};
use super::interrupted;
use super::manifest;
use super::print;
use super::terminal::Terminal;
use crate::apply::validate;
use crate::manifest::Manifest;
use crate::ops::plan::PlanError;
use crate::plan::diff::DiffOptions;
use crate::plan::{Plan, Severity};
use crate::view::text::escape;
use crate::{ops, view};

/// A manifest, and the cluster that it is compared with.
pub(super) struct Prepared {
    manifest: Manifest,
    options: DiffOptions,
    pub(super) connected: Connected,
}

pub(super) async fn prepare(global: &Global, args: &ScopeArgs) -> anyhow::Result<Prepared> {
    let manifest = manifest::read_scope(args)?;
    if args.delete_orphans && manifest.desired.ownership.prefixes.is_empty() {
        let message = "`--delete-orphans` needs a manifest that owns prefixes";
        let hint = "name them under `ownership: { prefixes: […] }`, or leave the flag out";
        return Err(Failure::new(Exit::BadInput, message).hint(hint).into());
    }
    let connected = connect::open(global, Some(&manifest.desired)).await?;
    let options = DiffOptions {
        allow_delete: args.allow_delete,
        allow: args.allow.iter().copied().collect(),
        delete_orphans: args.delete_orphans,
        prune_configs: args.prune_configs,
        rewrite_sensitive: args.rewrite_sensitive,
        ..DiffOptions::default()
    };
    Ok(Prepared {
        manifest,
        options,
        connected,
    })
}

impl Prepared {
    /// Reads the cluster and compares it with the manifest.
    pub(super) async fn plan(&self) -> anyhow::Result<Plan> {
        let cluster = &*self.connected.cluster;
        let plan = ops::plan(cluster, &self.manifest, &self.options).await;
        plan.map_err(unplanned)
    }
}

/// The exit code and hint for a plan that could not be made.
pub(super) fn unplanned(error: PlanError) -> anyhow::Error {
    match error {
        PlanError::Cluster(error) => error.into(),
        PlanError::Manifest(error) => error.into(),
    }
}

pub(super) async fn run(
    global: &Global,
    args: &PlanArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let junit = args.junit.as_deref().map(print::File::open).transpose()?;
    let prepared = prepare(global, &args.scope).await?;
    let mut plan = prepared.plan().await?;
    if args.validate_on_broker {
        let cluster = &*prepared.connected.cluster;
        let objections = validate(cluster, &plan, global.timeout).await;
        plan = plan.with_findings(objections);
    }
    if terminal.verbose {
        let Connected {
            address, origin, ..
        } = &prepared.connected;
        let id = &plan.cluster_id;
        print::note(
            terminal,
            &escape(&format!("cluster {id} at {address} (from {origin})")),
        );
    }
    interrupted::tell(
        global,
        &*prepared.connected.cluster,
        &plan.cluster_id,
        terminal,
    )
    .await;
    terminal.show(
        |terminal| match terminal.output {
            Output::Markdown => view::markdown::plan(&plan),
            _ => view::plan::plan(terminal.out, &plan),
        },
        || view::json::document(&plan),
    );
    if let Some(junit) = junit {
        junit.write(&view::junit::plan(&plan), false)?;
    }
    let stopped = stops(&plan);
    if let Some(path) = &args.out
        && stopped.is_none()
    {
        keep(path, &plan, terminal)?;
    }
    let pending = args.exit_code && !plan.is_empty();
    let stuck = args.strict && plan.has(Severity::CannotApply);
    Ok(match stopped {
        Some(exit) => exit,
        None if pending || stuck => Exit::Pending,
        None => Exit::Done,
    })
}
