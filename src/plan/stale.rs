//! What changed since a plan was made.

use std::fmt;

use serde::Serialize;

use super::resource::Resource;
use super::step::Step;
use crate::model::observed::Observed;

/// One fact that differs from what the plan was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The number of the step concerned.
    pub step: usize,
    /// Where it changed.
    pub resource: Resource,
    /// What, such as a key or `partitions`.
    pub what: String,
    /// The value when the plan was made.
    pub planned: String,
    /// The value now.
    pub found: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} was {}, and is {} now",
            self.resource, self.what, self.planned, self.found
        )
    }
}

/// All facts that `steps` were planned on and that differ in `observed`. What cannot be read counts as
/// changed.
#[must_use]
pub fn changes(steps: &[Step], observed: &Observed) -> Vec<Change> {
    let changes = steps.iter().flat_map(|step| {
        let differences = step.action.differences(observed).into_iter();
        differences.map(|one| Change {
            step: step.id,
            resource: match one.group {
                Some(id) => Resource::Group { id },
                None => step.resource(),
            },
            what: one.what,
            planned: one.planned,
            found: one.found,
        })
    });
    changes.collect()
}
