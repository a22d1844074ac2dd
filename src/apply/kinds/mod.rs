//! How each kind of change is sent and verified.

mod access;
mod commit;
mod config;
mod group;
mod partitions;
mod records;
mod topic;

use super::judge::{Judgement, Reading, View, of_another_topic};
use super::report::Deviation;
use crate::cluster::{Answer, Cluster, Mode};
use crate::model::seen::Seen;
use crate::plan::kinds::{self, StepKind, all_kinds};
use crate::plan::{Action, Step};

/// A change of one kind, with its target.
type Change<'a, K> = (&'a <K as StepKind>::Target, &'a K);

/// How changes of a kind are sent and verified.
trait Applied: StepKind {
    /// Error codes for what is already done. Brokers forward requests to the controller, again after a lost
    /// connection, so such a refusal can be the echo of this apply's own write.
    const ECHOES: &'static [&'static str] = &[];

    /// Whether brokers can validate it without writing (`validateOnly`).
    const CAN_BE_VALIDATED: bool = false;

    /// Sends or validates changes in one request. One answer per change, in order.
    async fn send(cluster: &dyn Cluster, all: &[Change<'_, Self>], mode: Mode) -> Vec<Answer>;

    /// Whether one request can hold both.
    fn share_a_request(_one: Change<'_, Self>, _other: Change<'_, Self>) -> bool {
        true
    }

    /// The reading that shows whether it is in effect.
    fn reading(on: &Self::Target) -> Reading;

    /// The judgement from a view.
    fn judge(&self, on: &Self::Target, view: &View) -> Judgement;

    /// The judgement when another topic than the planned one has the name.
    fn judge_another_topic(judgement: Judgement, id: Deviation) -> Judgement {
        of_another_topic(judgement, id)
    }
}

macro_rules! dispatch {
    ($($Kind:ident($Target:ty)),* $(,)?) => {
        async fn send_all(cluster: &dyn Cluster, steps: &[Step], mode: Mode) -> Vec<Answer> {
            match steps.first().map(|step| &step.action) {
                None => Vec::new(),
                $(Some(Action::$Kind(..)) => {
                    let changes = steps.iter().filter_map(|step| match &step.action {
                        Action::$Kind(on, what) => Some((on, what)),
                        _ => None,
                    });
                    kinds::$Kind::send(cluster, &changes.collect::<Vec<_>>(), mode).await
                })*
            }
        }

        /// Whether one request can hold two steps.
        pub(super) fn share_a_request(one: &Step, other: &Step) -> bool {
            match (&one.action, &other.action) {
                $((Action::$Kind(on, what), Action::$Kind(other_on, other)) => {
                    kinds::$Kind::share_a_request((on, what), (other_on, other))
                })*
                _ => false,
            }
        }

        /// Whether a refusal can be the echo of this apply's own write.
        pub(super) fn may_be_ours(step: &Step, code: &str) -> bool {
            match &step.action { $(Action::$Kind(..) => kinds::$Kind::ECHOES.contains(&code)),* }
        }

        /// Whether brokers can validate a step without writing.
        pub(super) fn can_be_validated(step: &Step) -> bool {
            match &step.action { $(Action::$Kind(..) => kinds::$Kind::CAN_BE_VALIDATED),* }
        }

        /// The reading that shows whether a step is in effect.
        pub(super) fn reading(step: &Step) -> Reading {
            match &step.action { $(Action::$Kind(on, _) => kinds::$Kind::reading(on)),* }
        }

        fn judge(step: &Step, view: &View) -> Judgement {
            match &step.action { $(Action::$Kind(on, what) => what.judge(on, view)),* }
        }

        fn judge_another_topic(step: &Step, judgement: Judgement, id: Deviation) -> Judgement {
            match &step.action { $(Action::$Kind(..) => kinds::$Kind::judge_another_topic(judgement, id)),* }
        }
    };
}
all_kinds!(dispatch);

/// Sends steps of one kind in one request. One answer per step, in order.
pub(super) async fn send(cluster: &dyn Cluster, steps: &[Step], mode: Mode) -> Vec<Answer> {
    let mut answers = send_all(cluster, steps, mode).await;
    answers.resize_with(steps.len(), || {
        let reason = "nothing was said of it".to_owned();
        Answer::Unknown { reason }
    });
    answers
}

/// The judgement on a step from a view.
pub(super) fn of_view(step: &Step, view: &View) -> Judgement {
    let judgement = judge(step, view);
    let topics = match view {
        View::Topics(topics) | View::Groups { topics, .. } | View::LogStarts { topics, .. } => {
            topics
        }
        View::Settings(_) | View::Acls(_) | View::Quotas(_) => return judgement,
    };
    let planned = step.action.topic();
    let found = planned
        .and_then(|topic| topics.get(&topic.name))
        .and_then(Seen::value);
    match (planned.and_then(|topic| topic.id), found) {
        (Some(planned), Some(found)) if planned != found.id => {
            let (planned, found) = (planned.to_string(), found.id.to_string());
            let id = Deviation::new(Deviation::TOPIC_ID, Some(planned), Some(found));
            judge_another_topic(step, judgement, id)
        }
        _ => judgement,
    }
}
