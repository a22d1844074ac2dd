//! What became of a plan.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cluster::BrokerError;
use crate::model::broker::BrokerId;
use crate::plan::Step;

/// What became of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Written, and read back from every live broker.
    Done {
        /// How that is known, where the broker's own answer does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// What is in effect otherwise than planned: the broker made something else of it, or somebody
        /// else has changed it since.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        found: Vec<Deviation>,
    },
    /// Not written.
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
    NotAttempted {
        /// Why no broker could be asked; none where it was not tried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// How the note of a step begins that the broker refused because it was so already.
pub(super) const ALREADY: &str = "already so";

impl Outcome {
    /// Done, and as planned.
    #[must_use]
    pub fn done() -> Self {
        Self::Done {
            note: None,
            found: Vec::new(),
        }
    }

    /// Whether it is done, and as planned.
    #[must_use]
    pub fn is_as_planned(&self) -> bool {
        matches!(self, Self::Done { found, .. } if found.is_empty())
    }

    /// It was not tried.
    pub(super) fn not_tried() -> Self {
        Self::NotAttempted { reason: None }
    }

    /// Whether it was not sent because no broker could be asked.
    #[must_use]
    pub fn was_unreachable(&self) -> bool {
        matches!(self, Self::NotAttempted { reason: Some(_) })
    }

    /// Whether it is done, or may be.
    #[must_use]
    pub fn may_be_done(&self) -> bool {
        match self {
            Self::Done { .. } | Self::Unknown { .. } => true,
            Self::Refused { .. } | Self::NotAttempted { .. } => false,
        }
    }

    /// Whether the broker refused it because it was so already: somebody else did it meanwhile, or an
    /// earlier request of ours.
    #[must_use]
    pub fn was_so_already(&self) -> bool {
        matches!(self, Self::Done { note: Some(note), .. } if note.starts_with(ALREADY))
    }

    /// Whether it is done, and not as planned.
    #[must_use]
    pub fn is_otherwise(&self) -> bool {
        matches!(self, Self::Done { found, .. } if !found.is_empty())
    }
}

/// Something that is not as it was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deviation {
    /// A key, or one of [`Self::PARTITIONS`], [`Self::REPLICAS`], [`Self::OFFSET`] and
    /// [`Self::TOPIC_ID`].
    pub what: String,
    /// What was planned; none where nothing was to be set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<String>,
    /// What is there; none where nothing is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// The broker that shows it, where not all do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub broker: Option<BrokerId>,
}

impl Deviation {
    /// The number of partitions.
    pub const PARTITIONS: &str = "partitions";
    /// The replication factor.
    pub const REPLICAS: &str = "replicas";
    /// What a group committed.
    pub const OFFSET: &str = "offset";
    /// The id of a topic: it was made anew before it was written to, or right after.
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

    /// What is said where nothing is set.
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

/// A step and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Settled {
    /// The step.
    pub step: Step,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of a plan, in the order of its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of this form.
    #[schemars(extend("const" = Self::FORMAT_VERSION))]
    pub format_version: u32,
    /// `Report`.
    #[schemars(extend("const" = "Report"))]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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
pub enum ReportStatus {
    /// Every step is done, as planned.
    Done,
    /// Some are done, some refused or never sent; or something came out otherwise than planned.
    Partly,
    /// Every step was refused.
    Refused,
    /// What became of at least one step is unknown.
    Unknown,
    /// Nothing could be sent, because no broker was reached.
    Unreachable,
    /// Stopped before the first write.
    Interrupted,
}

impl Report {
    /// The version of its JSON.
    pub const FORMAT_VERSION: u32 = 1;

    /// How many steps ended as `wanted` says.
    #[must_use]
    pub fn count(&self, wanted: fn(&Outcome) -> bool) -> usize {
        self.steps
            .iter()
            .filter(|settled| wanted(&settled.outcome))
            .count()
    }

    /// Whether a step is done, or may be.
    #[must_use]
    pub fn may_have_written(&self) -> bool {
        self.steps
            .iter()
            .any(|settled| settled.outcome.may_be_done())
    }

    /// The report in one word.
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
