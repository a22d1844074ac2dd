//! What happens during an apply, and the same as documents for programs.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::interrupted::{Interrupted, ReadBack};
use super::journal::now;
use super::report::Outcome;
use crate::plan::{Resource, Step};

/// What happens while a plan is applied.
#[derive(Debug, Clone, Copy)]
pub enum ApplyEvent<'a> {
    /// These steps are being sent.
    Sending(&'a [Step]),
    /// A quota holds these steps back, and they are sent again after so long.
    Throttled(&'a [Step], Duration),
    /// What was sent is being read back.
    Verifying(&'a [Step]),
    /// What became of a step.
    Settled(&'a Step, &'a Outcome),
}

/// One document of the event stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventDocument {
    /// The version of this form.
    #[schemars(extend("const" = Self::FORMAT_VERSION))]
    pub format_version: u32,
    /// `Event`.
    #[schemars(extend("const" = "Event"))]
    pub kind: &'static str,
    /// When, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum What {
    /// An earlier apply to this cluster was cut off.
    Interrupted {
        /// What its journal says.
        apply: Interrupted,
        /// What is there now of its steps without a known outcome.
        read_back: Vec<ReadBack>,
    },
    /// Steps are being sent.
    Sending {
        /// Their numbers.
        #[schemars(inner(range(min = 1)))]
        steps: Vec<usize>,
    },
    /// A quota of the controller's holds steps back (`controller_mutation_rate`, KIP-599). They are sent
    /// again after a while.
    Throttled {
        /// Their numbers.
        #[schemars(inner(range(min = 1)))]
        steps: Vec<usize>,
        /// How long that is, in milliseconds.
        #[schemars(range(min = 1))]
        wait_ms: u64,
    },
    /// What was sent is being read back.
    Verifying {
        /// The steps' numbers.
        #[schemars(inner(range(min = 1)))]
        steps: Vec<usize>,
    },
    /// What became of a step.
    Settled {
        /// Its number.
        #[schemars(range(min = 1))]
        step: usize,
        /// What it changes.
        resource: Resource,
        /// What became of it.
        #[serde(flatten)]
        outcome: Outcome,
    },
}

impl EventDocument {
    /// The version of its JSON.
    pub const FORMAT_VERSION: u32 = 1;

    /// Something that happened now.
    #[must_use]
    pub fn now(what: What) -> Self {
        Self {
            format_version: Self::FORMAT_VERSION,
            kind: "Event",
            at: now(),
            what,
        }
    }
}

impl From<ApplyEvent<'_>> for What {
    fn from(event: ApplyEvent<'_>) -> Self {
        let numbers = |steps: &[Step]| steps.iter().map(|step| step.id).collect();
        match event {
            ApplyEvent::Sending(steps) => Self::Sending {
                steps: numbers(steps),
            },
            ApplyEvent::Throttled(steps, wait) => Self::Throttled {
                steps: numbers(steps),
                wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            },
            ApplyEvent::Verifying(steps) => Self::Verifying {
                steps: numbers(steps),
            },
            ApplyEvent::Settled(step, outcome) => Self::Settled {
                step: step.id,
                resource: step.resource(),
                outcome: outcome.clone(),
            },
        }
    }
}
