//! The events of an apply, for views and as JSON documents.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::interrupted::{Interrupted, ReadBack};
use super::journal::now;
use super::report::Outcome;
use crate::plan::{Resource, Step};

/// An event of an apply.
#[derive(Debug, Clone, Copy)]
pub enum ApplyEvent<'a> {
    /// These steps are being sent.
    Sending(&'a [Step]),
    /// A quota holds these steps back; they are sent again after the duration.
    Throttled(&'a [Step], Duration),
    /// These steps are being read back.
    Verifying(&'a [Step]),
    /// The outcome of a step is known.
    Settled(&'a Step, &'a Outcome),
}

/// One document of the event stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventDocument {
    /// The version of this document.
    #[schemars(extend("const" = Self::FORMAT_VERSION))]
    pub format_version: u32,
    /// `Event`.
    #[schemars(extend("const" = "Event"))]
    pub kind: &'static str,
    /// The time, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// The event.
    #[serde(flatten)]
    pub what: What,
}

/// An event in a document.
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
        /// The current state of its steps without a known outcome.
        read_back: Vec<ReadBack>,
    },
    /// Steps are being sent.
    Sending {
        /// Their numbers.
        #[schemars(inner(range(min = 1)))]
        steps: Vec<usize>,
    },
    /// A controller quota holds steps back (`controller_mutation_rate`, KIP-599). They are sent again
    /// later.
    Throttled {
        /// Their numbers.
        #[schemars(inner(range(min = 1)))]
        steps: Vec<usize>,
        /// The time until then, in milliseconds.
        #[schemars(range(min = 1))]
        wait_ms: u64,
    },
    /// Steps are being read back.
    Verifying {
        /// The steps' numbers.
        #[schemars(inner(range(min = 1)))]
        steps: Vec<usize>,
    },
    /// The outcome of a step is known.
    Settled {
        /// Its number.
        #[schemars(range(min = 1))]
        step: usize,
        /// Its target.
        resource: Resource,
        /// Its outcome.
        #[serde(flatten)]
        outcome: Outcome,
    },
}

impl EventDocument {
    /// The version of the JSON.
    pub const FORMAT_VERSION: u32 = 1;

    /// The document of an event at the current time.
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
