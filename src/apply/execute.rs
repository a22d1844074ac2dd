//! Sends the steps of a plan, phase by phase.

use std::ops::Range;

use futures::StreamExt;
use futures::stream;

use super::batch::{phases, requests};
use super::report::{Outcome, Report, Settled};
use super::verify::{Claim, Pending, verify};
use super::{Event, NotStarted, Options, Stop, recheck};
use crate::cluster::{Answer, Cluster, Mode, NewTopic};
use crate::model::config::{ConfigAlteration, ConfigResource};
use crate::plan::{Action, ConfigChange, FORMAT_VERSION, Plan, Resource, Step};

/// Requests on their way at once.
pub(super) const PARALLEL: usize = 3;

/// Applies a plan and reads back what it wrote. The report has every step, in order. Nothing is
/// sent twice; steps that were not sent when `stop` asked to end are not attempted.
///
/// # Errors
/// The cluster is another one, or not as it was when the plan was made; nothing was written then.
pub async fn apply(
    cluster: &dyn Cluster,
    plan: &Plan,
    options: Options,
    stop: &Stop,
    emit: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Report, NotStarted> {
    recheck::whole(cluster, plan).await?;
    let mut settled = Vec::with_capacity(plan.steps.len());
    for phase in phases(&plan.steps) {
        let is_first = phase.start == 0;
        let steps = &plan.steps[phase];
        let outcomes = if stop.requested() {
            vec![Outcome::NotAttempted; steps.len()]
        } else if is_first {
            run_phase(cluster, steps, options, stop, emit).await
        } else {
            run_checked(cluster, steps, options, stop, emit).await
        };
        for (step, outcome) in steps.iter().zip(outcomes) {
            emit(Event::Settled(step, &outcome));
            settled.push(Settled {
                step: step.clone(),
                outcome,
            });
        }
    }
    Ok(Report {
        format_version: FORMAT_VERSION,
        kind: "Report",
        cluster_id: plan.cluster_id.clone(),
        steps: settled,
        interrupted: stop.requested(),
    })
}

/// A later phase: the ones before took time, so what it was planned on is read again.
async fn run_checked(
    cluster: &dyn Cluster,
    steps: &[Step],
    options: Options,
    stop: &Stop,
    emit: &mut (dyn FnMut(Event<'_>) + Send),
) -> Vec<Outcome> {
    let unfit = recheck::phase(cluster, steps).await;
    let fit: Vec<Step> = steps
        .iter()
        .zip(&unfit)
        .filter(|(_, outcome)| outcome.is_none())
        .map(|(step, _)| step.clone())
        .collect();
    let mut outcomes = run_phase(cluster, &fit, options, stop, emit)
        .await
        .into_iter();
    unfit
        .into_iter()
        .map(|outcome| {
            outcome
                .or_else(|| outcomes.next())
                .unwrap_or(Outcome::NotAttempted)
        })
        .collect()
}

async fn run_phase(
    cluster: &dyn Cluster,
    steps: &[Step],
    options: Options,
    stop: &Stop,
    emit: &mut (dyn FnMut(Event<'_>) + Send),
) -> Vec<Outcome> {
    emit(Event::Sending(steps));
    let sent: Vec<Vec<Option<Answer>>> = stream::iter(requests(steps))
        .map(|range| send_unless_stopped(cluster, steps, range, stop))
        .buffered(PARALLEL)
        .collect()
        .await;
    let mut outcomes = Vec::with_capacity(steps.len());
    let mut pending = Vec::new();
    for (index, answer) in sent.into_iter().flatten().enumerate() {
        let (outcome, claim) = first_judgement(&steps[index], answer);
        outcomes.push(outcome);
        pending.extend(claim.map(|claim| Pending { index, claim }));
    }
    if !pending.is_empty() {
        emit(Event::Verifying(steps));
        for (index, outcome) in verify(cluster, steps, pending, options.timeout, stop).await {
            outcomes[index] = outcome;
        }
    }
    outcomes
}

/// What an answer says by itself, and what has to be read back because of it.
fn first_judgement(step: &Step, answer: Option<Answer>) -> (Outcome, Option<Claim>) {
    match answer {
        None => (Outcome::NotAttempted, None),
        Some(Answer::Done) => (Outcome::Done { note: None }, Some(Claim::Acknowledged)),
        Some(Answer::Unknown { reason }) => (
            Outcome::Unknown {
                reason: reason.clone(),
            },
            Some(Claim::Lost(reason)),
        ),
        Some(Answer::Refused(error)) => {
            let claim = may_be_ours(step, &error.code).then(|| Claim::Conflict(error.clone()));
            (Outcome::Refused { error }, claim)
        }
    }
}

/// Brokers pass requests on to the controller, again after a lost connection, so a refusal can be
/// the echo of our own write.
fn may_be_ours(step: &Step, code: &str) -> bool {
    match step.action {
        Action::Create { .. } => code == "TOPIC_ALREADY_EXISTS",
        Action::Grow { .. } => code == "INVALID_PARTITIONS",
        Action::Delete { .. } => code == "UNKNOWN_TOPIC_OR_PARTITION",
        Action::Configure { .. } => false,
    }
}

/// One request's answers, one a step; none where it was not sent.
async fn send_unless_stopped(
    cluster: &dyn Cluster,
    steps: &[Step],
    range: Range<usize>,
    stop: &Stop,
) -> Vec<Option<Answer>> {
    let steps = &steps[range];
    if stop.requested() {
        return vec![None; steps.len()];
    }
    tokio::select! {
        answers = send(cluster, steps, Mode::Write) => answers.into_iter().map(Some).collect(),
        () = stop.overdue() => {
            let reason = "interrupted before the answer came".to_owned();
            vec![Some(Answer::Unknown { reason }); steps.len()]
        }
    }
}

/// Sends steps of one kind in one request. Deletes are only ever written.
pub(super) async fn send(cluster: &dyn Cluster, steps: &[Step], mode: Mode) -> Vec<Answer> {
    match steps.first().map(|step| &step.action) {
        Some(Action::Create { .. }) => {
            let topics: Vec<NewTopic> = steps.iter().filter_map(new_topic).collect();
            cluster.create_topics(&topics, mode).await
        }
        Some(Action::Grow { .. }) => {
            let totals: Vec<(String, i32)> = steps.iter().filter_map(total).collect();
            cluster.create_partitions(&totals, mode).await
        }
        Some(Action::Configure { .. }) => {
            let changes: Vec<_> = steps.iter().filter_map(alterations).collect();
            cluster.alter_configs(&changes, mode).await
        }
        Some(Action::Delete { .. }) => {
            let names: Vec<String> = steps.iter().filter_map(topic_name).collect();
            cluster.delete_topics(&names).await
        }
        None => Vec::new(),
    }
}

fn topic_name(step: &Step) -> Option<String> {
    match &step.resource {
        Resource::Topic { name } => Some(name.clone()),
        _ => None,
    }
}

fn new_topic(step: &Step) -> Option<NewTopic> {
    let name = topic_name(step)?;
    match &step.action {
        Action::Create {
            partitions,
            replicas,
            configs,
        } => Some(NewTopic {
            name,
            partitions: *partitions,
            replicas: *replicas,
            configs: configs.clone(),
        }),
        _ => None,
    }
}

fn total(step: &Step) -> Option<(String, i32)> {
    match &step.action {
        Action::Grow { after, .. } => Some((topic_name(step)?, *after)),
        _ => None,
    }
}

fn alterations(step: &Step) -> Option<(ConfigResource, Vec<ConfigAlteration>)> {
    match &step.action {
        Action::Configure { changes } => Some((
            step.resource.config_resource(),
            changes.iter().map(ConfigChange::alteration).collect(),
        )),
        _ => None,
    }
}
