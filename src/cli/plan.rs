//! `plan`: what apply would change.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::args::{Global, Output, PlanArgs, ScopeArgs};
use super::connect::{self, Connected};
use super::exit::{Exit, Failure};
use super::interrupted;
use super::kept::keep;
use super::manifest;
use super::print;
use super::terminal::Terminal;
use crate::apply::validate;
use crate::cluster::{Cluster, ClusterError};
use crate::manifest::Manifest;
use crate::model::broker::BrokerId;
use crate::model::desired::Desired;
use crate::model::observed::Observed;
use crate::model::scope::TopicScopes;
use crate::observe::holdings;
use crate::observe::manifest::{observe, widen};
use crate::observe::measure::measure;
use crate::plan::diff::{DiffOptions, diff};
use crate::plan::guards::{self, Losses};
use crate::plan::{Action, Code, Finding, Plan, Severity, compaction, records, retention};
use crate::view;
use crate::view::text::escape;

/// A manifest and the cluster it is for.
pub(super) struct Prepared {
    manifest: Manifest,
    options: DiffOptions,
    pub(super) connected: Connected,
}

/// Reads the manifest, then connects.
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
        let cluster = &*self.connected.cluster;
        guarded(cluster, &self.manifest, &self.options).await
    }
}

/// The difference, judged by every guard: what those need beyond the manifest is read only where
/// the plan has a step that they are about.
pub(super) async fn guarded(
    cluster: &dyn Cluster,
    manifest: &Manifest,
    options: &DiffOptions,
) -> anyhow::Result<Plan> {
    let desired = &manifest.desired;
    let mut observed = observe(cluster, desired).await?;
    let told = manifest::settle(cluster, manifest, &mut observed).await?;
    let mut plan = diff(desired, &observed, options);
    widen(cluster, &mut observed, guards::wider(&plan)).await?;
    guards::settle(&mut plan, &observed);
    let plan = judged(cluster, plan, desired, &observed, &options.allow).await?;
    Ok(plan.with_findings(manifest::findings(manifest, &told)))
}

/// A plan, judged by the guards that look at the whole of it.
pub(super) async fn judged(
    cluster: &dyn Cluster,
    plan: Plan,
    desired: &Desired,
    observed: &Observed,
    allow: &BTreeSet<Code>,
) -> Result<Plan, ClusterError> {
    let cuts = retention::cuts(&plan, observed);
    let now_ms = Timestamp::now().as_millisecond();
    let mut questions = retention::questions(&cuts, now_ms);
    let compactions = compaction::compactions(&plan, observed);
    compaction::ask(&compactions, &mut questions);
    let live = observed.cluster.live_brokers();
    let brokers: Vec<BrokerId> = live.map(|broker| broker.id).collect();
    let measured = measure(cluster, &brokers, &questions).await?;
    let losses = Losses {
        cuts: &cuts,
        compactions: &compactions,
        measured: &measured,
        now_ms,
    };
    let plan = guards::judge(plan, desired, observed, losses, allow);
    let readers = readers_of_deleted(cluster, &plan, allow).await?;
    Ok(plan.with_findings(readers))
}

/// Who still reads the topics that a plan deletes.
async fn readers_of_deleted(
    cluster: &dyn Cluster,
    plan: &Plan,
    allow: &BTreeSet<Code>,
) -> Result<Vec<Finding>, ClusterError> {
    let deleted = plan.steps.iter().filter_map(|step| match &step.action {
        Action::DeleteTopic(topic, _) => Some(topic.name.as_str()),
        _ => None,
    });
    let wanted = TopicScopes::named(deleted);
    if wanted.scopes.is_empty() {
        return Ok(Vec::new());
    }
    let (_, holdings) = holdings::read(cluster, &wanted, None).await?;
    Ok(records::readers_of(&holdings, allow))
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
