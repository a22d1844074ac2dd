//! `plan`: what apply would change.

use anyhow::Context as _;

use super::args::{Global, Output, PlanArgs, ScopeArgs};
use super::connect::{self, Connected};
use super::exit::Exit;
use super::interrupted;
use super::manifest;
use super::print;
use super::terminal::Terminal;
use crate::cluster::observe::observe;
use crate::manifest::Manifest;
use crate::plan::diff::{Options, diff};
use crate::plan::{Plan, Severity, file};
use crate::{store, view};

/// A manifest and the cluster it is for.
pub(super) struct Prepared {
    manifest: Manifest,
    options: Options,
    pub(super) connected: Connected,
}

/// Reads the manifest, then connects.
pub(super) async fn prepare(global: &Global, args: &ScopeArgs) -> anyhow::Result<Prepared> {
    let manifest = manifest::read_scope(args)?;
    let connected = connect::open(global, Some(&manifest.desired)).await?;
    let options = Options {
        allow_delete: args.allow_delete,
        rewrite_sensitive: args.rewrite_sensitive,
        manifest_hash: manifest.hash.clone(),
    };
    Ok(Prepared {
        manifest,
        options,
        connected,
    })
}

impl Prepared {
    /// Reads the cluster and finds the difference.
    pub(super) async fn plan(&self) -> anyhow::Result<Plan> {
        let observed = observe(&*self.connected.cluster, &self.manifest.desired).await?;
        Ok(diff(&self.manifest.desired, &observed, &self.options))
    }
}

pub(super) async fn run(
    global: &Global,
    args: &PlanArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let prepared = prepare(global, &args.scope).await?;
    let plan = prepared.plan().await?;
    if terminal.verbose {
        let address = &prepared.connected.address;
        print::note(
            terminal,
            &format!("cluster {} at {address}", plan.cluster_id),
        );
    }
    interrupted::tell(&*prepared.connected.cluster, &plan.cluster_id, terminal).await;
    terminal.show(
        |terminal| match terminal.output {
            Output::Markdown => view::markdown::plan(&plan),
            _ => view::plan::plan(terminal.out, &plan),
        },
        || view::json::document(&plan),
    );
    print::junit(args.junit.as_deref(), || view::junit::plan(&plan))?;
    let stopped = stops(&plan);
    if let Some(path) = &args.out
        && stopped.is_none()
    {
        store::replace(path, file::to_text(&plan).as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
        print::note(terminal, &format!("the plan is in {}", path.display()));
    }
    let pending = args.exit_code && !plan.is_empty();
    let stuck = args.strict && plan.has(Severity::CannotApply);
    Ok(match stopped {
        Some(exit) => exit,
        None if pending || stuck => Exit::Pending,
        None => Exit::Done,
    })
}

/// The exit code of a plan that cannot be applied at all.
pub(super) fn stops(plan: &Plan) -> Option<Exit> {
    if plan.has(Severity::Unreadable) {
        Some(Exit::Unreachable)
    } else if plan.has(Severity::Refused) {
        Some(Exit::Refused)
    } else {
        None
    }
}
