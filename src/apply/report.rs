//! What became of a plan.

use serde::{Deserialize, Serialize};

use crate::cluster::BrokerError;
use crate::plan::Step;

/// What became of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Written, and read back from every live broker.
    Done {
        /// How that is known, where the broker's own answer does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Not written, or not in effect although the broker took it.
    Refused {
        /// The broker's words.
        error: BrokerError,
    },
    /// It may be written: there was no answer, and reading could not tell.
    Unknown {
        /// What happened instead.
        reason: String,
    },
    /// Never sent.
    NotAttempted,
}

/// A step and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// The step.
    pub step: Step,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of a plan, in the order of its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of this form.
    pub format_version: u32,
    /// `Report`.
    pub kind: &'static str,
    /// The `cluster.id` it was applied to.
    pub cluster_id: String,
    /// Every step.
    pub steps: Vec<Settled>,
    /// A signal ended it early.
    pub interrupted: bool,
    /// Why else it ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// What `reset-offsets undo` takes it back by, where it changed what groups committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<String>,
    /// The backup that was taken before, where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<String>,
}

/// Why nothing more was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Stopped {
    /// What is about to be sent cannot be written down any more.
    Journal {
        /// What happened.
        message: String,
    },
    /// The lock is lost, so another apply may be at work.
    Lock {
        /// What happened.
        message: String,
    },
}

/// A report in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Every step is done.
    Done,
    /// Some are done, some refused or never sent.
    Partly,
    /// Every step was refused.
    Refused,
    /// What became of at least one step is unknown.
    Unknown,
    /// Stopped before the first write.
    Interrupted,
}

impl Report {
    /// How many steps ended as `wanted` says.
    #[must_use]
    pub fn count(&self, wanted: fn(&Outcome) -> bool) -> usize {
        self.steps
            .iter()
            .filter(|settled| wanted(&settled.outcome))
            .count()
    }

    /// The report in one word.
    #[must_use]
    pub fn status(&self) -> Status {
        let done = self.count(|outcome| matches!(outcome, Outcome::Done { .. }));
        let unsent = self.count(|outcome| matches!(outcome, Outcome::NotAttempted));
        if self.count(|outcome| matches!(outcome, Outcome::Unknown { .. })) > 0 {
            Status::Unknown
        } else if done == self.steps.len() {
            Status::Done
        } else if unsent == self.steps.len() {
            Status::Interrupted
        } else if done == 0 {
            Status::Refused
        } else {
            Status::Partly
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Action, Resource, Risk, step::Reason};

    fn report(outcomes: Vec<Outcome>) -> Report {
        let step = Step {
            id: 1,
            resource: Resource::topic("t"),
            topic_id: None,
            action: Action::Configure { changes: vec![] },
            reason: Reason::SettingDiffers,
            risk: Risk::None,
        };
        Report {
            format_version: 1,
            kind: "Report",
            cluster_id: "c".into(),
            interrupted: false,
            stopped: None,
            reset: None,
            backup: None,
            steps: outcomes
                .into_iter()
                .map(|outcome| Settled {
                    step: step.clone(),
                    outcome,
                })
                .collect(),
        }
    }

    #[test]
    fn one_word_for_every_mixture() {
        let done = || Outcome::Done { note: None };
        let refused = || Outcome::Refused {
            error: BrokerError {
                code: "POLICY_VIOLATION".into(),
                message: "no".into(),
            },
        };
        let unknown = || Outcome::Unknown {
            reason: "lost".into(),
        };
        let status = |outcomes| report(outcomes).status();
        assert_eq!(status(vec![]), Status::Done);
        assert_eq!(status(vec![done(), done()]), Status::Done);
        assert_eq!(status(vec![done(), refused()]), Status::Partly);
        assert_eq!(status(vec![done(), Outcome::NotAttempted]), Status::Partly);
        assert_eq!(status(vec![refused(), refused()]), Status::Refused);
        assert_eq!(status(vec![done(), unknown(), refused()]), Status::Unknown);
        assert_eq!(status(vec![Outcome::NotAttempted]), Status::Interrupted);
    }
}
