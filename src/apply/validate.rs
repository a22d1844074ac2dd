//! Asks the brokers about a plan without writing anything.

use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use tokio::time::sleep;

use super::batch::{phases, requests};
use super::execute::PARALLEL;
use super::kinds::{can_be_validated, send};
use super::throttle::{self, Answers, Throttling};
use crate::cluster::{Answer, Cluster, Mode};
use crate::plan::{Code, Finding, Plan, Resource, Severity, Step};

/// What brokers say against the steps of a plan, their policies (`create.topic.policy.class.name`)
/// included. They are sent in the batches that [`super::apply`] would send; deletes are not, because
/// Kafka cannot be asked about them. A step that depends on an earlier one is judged as things are
/// now. What a quota holds back is asked about again, until `timeout`.
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

/// What brokers say against steps of one kind.
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

/// Nobody knows what brokers would say.
fn unanswered(resource: Resource, reason: &str) -> Finding {
    let message = format!("the brokers were asked about it and gave no answer: {reason}");
    let finding = Finding::new(Code::NotVisible, Severity::Unreadable, resource, message);
    finding.hint("plan again, or leave out `--validate-on-broker`")
}
