//! The report of an apply.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cluster::BrokerError;
use crate::model::broker::BrokerId;
use crate::plan::Step;

/// The outcome of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Written, and read back from every live broker.
    Done {
        /// How that is known, if not from the broker's answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// Where the result deviates from the plan, because the broker changed the value or someone else
        /// did.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        found: Vec<Deviation>,
    },
    /// Not written.
    Refused {
        /// The broker's error.
        error: BrokerError,
    },
    /// It may be written: no answer came, and reading back could not tell.
    Unknown {
        /// What happened instead of an answer.
        reason: String,
    },
    /// Never sent.
    NotAttempted {
        /// Why no broker could be asked; none when it was not tried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// The beginning of the note on a step that the broker refused because it was already done.
pub(super) const ALREADY: &str = "already so";

impl Outcome {
    /// Done as planned.
    #[must_use]
    pub fn done() -> Self {
        Self::Done {
            note: None,
            found: Vec::new(),
        }
    }

    /// Whether it is done as planned.
    #[must_use]
    pub fn is_as_planned(&self) -> bool {
        matches!(self, Self::Done { found, .. } if found.is_empty())
    }

    /// Not attempted, without a reason.
    pub(super) fn not_tried() -> Self {
        Self::NotAttempted { reason: None }
    }

    /// Whether it was not sent because no broker was reachable.
    #[must_use]
    pub fn was_unreachable(&self) -> bool {
        matches!(self, Self::NotAttempted { reason: Some(_) })
    }

    /// Whether it is or may be done.
    #[must_use]
    pub fn may_be_done(&self) -> bool {
        match self {
            Self::Done { .. } | Self::Unknown { .. } => true,
            Self::Refused { .. } | Self::NotAttempted { .. } => false,
        }
    }

    /// Whether the broker refused it as already done, by someone else or by an earlier request of this
    /// apply.
    #[must_use]
    pub fn was_so_already(&self) -> bool {
        matches!(self, Self::Done { note: Some(note), .. } if note.starts_with(ALREADY))
    }

    /// Whether it is done, but deviates from the plan.
    #[must_use]
    pub fn is_otherwise(&self) -> bool {
        matches!(self, Self::Done { found, .. } if !found.is_empty())
    }
}

/// A value that deviates from the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deviation {
    /// A key, or one of [`Self::PARTITIONS`], [`Self::REPLICAS`], [`Self::OFFSET`] and
    /// [`Self::TOPIC_ID`].
    pub what: String,
    /// The planned value; none when it was to be unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<String>,
    /// The observed value; none when it is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// The broker that shows it, if not all do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub broker: Option<BrokerId>,
}

impl Deviation {
    /// The number of partitions.
    pub const PARTITIONS: &str = "partitions";
    /// The replication factor.
    pub const REPLICAS: &str = "replicas";
    /// The committed offset.
    pub const OFFSET: &str = "offset";
    /// The id of a topic that was created anew around the write.
    pub const TOPIC_ID: &str = "topicId";

    pub(super) fn new(what: &str, planned: Option<String>, found: Option<String>) -> Self {
        Self {
            what: what.to_owned(),
            planned,
            found,
            broker: None,
        }
    }

    /// `retention.ms is 1000`.
    pub(super) fn seen(&self) -> String {
        let found = self.found.as_deref().unwrap_or(self.nothing());
        match self.what.as_str() {
            Self::PARTITIONS => format!("it has {found} partitions"),
            Self::REPLICAS => format!("its replication factor is {found}"),
            Self::OFFSET => format!("{found} is committed"),
            Self::TOPIC_ID => format!("the topic was deleted and made anew: its id is {found}"),
            key => format!("{key} is {found}"),
        }
    }

    /// The word for no value.
    fn nothing(&self) -> &'static str {
        if self.what == Self::OFFSET {
            "nothing"
        } else {
            "unset"
        }
    }
}

impl fmt::Display for Deviation {
    /// `retention.ms is 1000 now, not 500 as planned`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let planned = self.planned.as_deref().unwrap_or(self.nothing());
        write!(f, "{} now, not {planned} as planned", self.seen())?;
        match self.broker {
            Some(broker) => write!(f, " (on broker {broker})"),
            None => Ok(()),
        }
    }
}

/// A step and its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Settled {
    /// The step.
    pub step: Step,
    /// Its outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The report of an apply, in the order of the steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of this document.
    #[schemars(extend("const" = Self::FORMAT_VERSION))]
    pub format_version: u32,
    /// `Report`.
    #[schemars(extend("const" = "Report"))]
    pub kind: &'static str,
    /// The `cluster.id` of the cluster.
    pub cluster_id: String,
    /// Every step.
    pub steps: Vec<Settled>,
    /// Whether a signal ended it early.
    pub interrupted: bool,
    /// Why it ended early otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// The id for `reset-offsets undo`, when it changed committed offsets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<String>,
    /// The backup that was taken before, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<String>,
}

/// Why nothing more was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Stopped {
    /// The journal cannot be written any more.
    Journal {
        /// The error.
        message: String,
    },
    /// The lock is lost, so another apply may run.
    Lock {
        /// The error.
        message: String,
    },
}

/// The status of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportStatus {
    /// Every step is done as planned.
    Done,
    /// Some steps are done and some refused or not sent, or a result deviates from the plan.
    Partly,
    /// Steps were refused, and none is done.
    Refused,
    /// The outcome of at least one step is unknown.
    Unknown,
    /// Nothing was sent, because no broker was reachable.
    Unreachable,
    /// It was stopped before the first write.
    Interrupted,
}

impl Report {
    /// The version of the JSON.
    pub const FORMAT_VERSION: u32 = 1;

    /// How many outcomes satisfy `wanted`.
    #[must_use]
    pub fn count(&self, wanted: fn(&Outcome) -> bool) -> usize {
        self.steps
            .iter()
            .filter(|settled| wanted(&settled.outcome))
            .count()
    }

    /// Whether any step is or may be done.
    #[must_use]
    pub fn may_have_written(&self) -> bool {
        self.steps
            .iter()
            .any(|settled| settled.outcome.may_be_done())
    }

    /// The status of the whole report.
    #[must_use]
    pub fn status(&self) -> ReportStatus {
        let done = self.count(|outcome| matches!(outcome, Outcome::Done { .. }));
        let unsent = self.count(|outcome| matches!(outcome, Outcome::NotAttempted { .. }));
        let unreachable = self.count(Outcome::was_unreachable);
        if self.count(|outcome| matches!(outcome, Outcome::Unknown { .. })) > 0 {
            ReportStatus::Unknown
        } else if self.count(Outcome::is_as_planned) == self.steps.len() {
            ReportStatus::Done
        } else if unsent == self.steps.len() && unreachable > 0 {
            ReportStatus::Unreachable
        } else if unsent == self.steps.len() {
            ReportStatus::Interrupted
        } else if done == 0 {
            ReportStatus::Refused
        } else {
            ReportStatus::Partly
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::kinds::AlterConfigs;
    use crate::plan::target::{ConfigTarget, TopicTarget};
    use crate::plan::{Reason, Risk};

    fn report(outcomes: Vec<Outcome>) -> Report {
        let topic = ConfigTarget::Topic(TopicTarget::named("t"));
        let alter = AlterConfigs { changes: vec![] };
        let step = Step::new((topic, alter), Reason::SettingDiffers, Risk::None);
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
        let done = Outcome::done;
        let otherwise = || Outcome::Done {
            note: None,
            found: vec![Deviation::new("retention.ms", None, None)],
        };
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
        assert_eq!(status(vec![]), ReportStatus::Done);
        assert_eq!(status(vec![done(), done()]), ReportStatus::Done);
        assert_eq!(status(vec![done(), refused()]), ReportStatus::Partly);
        let unsent = || Outcome::NotAttempted {
            reason: Some("cannot reach it".into()),
        };
        let not_tried = Outcome::not_tried;
        assert_eq!(status(vec![done(), not_tried()]), ReportStatus::Partly);
        assert_eq!(status(vec![done(), unsent()]), ReportStatus::Partly);
        assert_eq!(
            status(vec![unsent(), not_tried()]),
            ReportStatus::Unreachable
        );
        assert_eq!(status(vec![refused(), unsent()]), ReportStatus::Refused);
        assert_eq!(status(vec![otherwise()]), ReportStatus::Partly);
        assert_eq!(status(vec![done(), otherwise()]), ReportStatus::Partly);
        assert_eq!(status(vec![otherwise(), unknown()]), ReportStatus::Unknown);
        assert_eq!(status(vec![refused(), refused()]), ReportStatus::Refused);
        assert_eq!(
            status(vec![done(), unknown(), refused()]),
            ReportStatus::Unknown
        );
        assert_eq!(status(vec![not_tried()]), ReportStatus::Interrupted);
    }

    #[test]
    fn what_came_out_otherwise_is_said_in_true_words() {
        let words = |what, planned: Option<&str>, found: Option<&str>| {
            let text = |value: Option<&str>| value.map(str::to_owned);
            Deviation::new(what, text(planned), text(found)).to_string()
        };
        let key = words("retention.ms", Some("500"), Some("1000"));
        assert_eq!(key, "retention.ms is 1000 now, not 500 as planned");
        let key = words("retention.ms", None, Some("1000"));
        assert_eq!(key, "retention.ms is 1000 now, not unset as planned");
        let count = words(Deviation::PARTITIONS, Some("3"), Some("6"));
        assert_eq!(count, "it has 6 partitions now, not 3 as planned");
        let factor = words(Deviation::REPLICAS, Some("3"), Some("1"));
        assert_eq!(factor, "its replication factor is 1 now, not 3 as planned");
        let offset = words(Deviation::OFFSET, Some("3"), None);
        assert_eq!(offset, "nothing is committed now, not 3 as planned");
        let one = Deviation {
            broker: Some(2),
            ..Deviation::new("flush.ms", Some("1".to_owned()), Some("2".to_owned()))
        };
        assert_eq!(
            one.to_string(),
            "flush.ms is 2 now, not 1 as planned (on broker 2)"
        );
    }
}
