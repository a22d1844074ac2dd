//! Lets brokers validate a plan without writing.

use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use tokio::time::sleep;

use super::batch::{phases, requests};
use super::execute::PARALLEL;
use super::kinds::{can_be_validated, send};
use super::throttle::{self, Answers, Throttling};
use crate::cluster::{Answer, Cluster, Mode};
use crate::plan::{Code, Finding, Plan, Resource, Step};

/// The objections of brokers, including their policies (`create.topic.policy.class.name`), to the steps of
/// a plan. Steps are sent in the same requests as by [`super::apply`]; those that Kafka cannot validate,
/// such as deletes, are left out. Each step is judged by the current state, even if it depends on an
/// earlier step. Throttled steps are sent again until `timeout`.
pub async fn validate(cluster: &dyn Cluster, plan: &Plan, timeout: Duration) -> Vec<Finding> {
    let batches = phases(&plan.steps).into_iter().flat_map(|phase| {
        let steps = &plan.steps[phase];
        requests(steps).into_iter().map(move |range| &steps[range])
    });
    let asked = batches.filter(|steps| {
        let first = steps.first();
        first.is_some_and(can_be_validated)
    });
    let found: Vec<Vec<Finding>> = stream::iter(asked)
        .map(|steps| objections(cluster, steps, timeout))
        .buffered(PARALLEL)
        .collect()
        .await;
    found.into_iter().flatten().collect()
}

/// The objections to steps of one request.
async fn objections(cluster: &dyn Cluster, steps: &[Step], timeout: Duration) -> Vec<Finding> {
    let ask = async |steps: &[Step]| -> Answers {
        let answers = send(cluster, steps, Mode::ValidateOnly).await;
        answers.into_iter().map(Some).collect()
    };
    let mut throttling = Throttling::new(ask(steps).await, timeout);
    while let Some(held) = throttling.held() {
        sleep(held.wait).await;
        let answers = ask(&held.of(steps)).await;
        throttling.take(&held, answers);
    }
    let each = steps.iter().zip(throttling.answers.into_iter().flatten());
    each.filter_map(|(step, answer)| objection(step, answer))
        .collect()
}

fn objection(step: &Step, answer: Answer) -> Option<Finding> {
    let resource = step.resource();
    match answer {
        Answer::Done => None,
        Answer::Refused(error) => {
            let message = format!("the brokers refuse it: {error}");
            let hint = "change the manifest, or ask whoever runs the cluster";
            Some(Finding::refused(Code::BrokerRefused, resource, message).hint(hint))
        }
        Answer::Throttled { wait, error } => {
            let reason = throttle::refusal(wait, error).to_string();
            Some(unanswered(resource, &reason))
        }
        Answer::Unknown { reason } | Answer::NotSent { reason } => {
            Some(unanswered(resource, &reason))
        }
    }
}

/// The finding that the brokers gave no answer.
fn unanswered(resource: Resource, reason: &str) -> Finding {
    let message = format!("the brokers were asked about it and gave no answer: {reason}");
    let finding = Finding::unreadable(resource, message);
    finding.hint("plan again, or leave out `--validate-on-broker`")
}
