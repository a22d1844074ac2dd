//! Steps → phases → requests. Pure.

use std::mem::discriminant;
use std::ops::Range;

use crate::plan::{Action, Resource, Step};

/// The weight of one request, half of what a controller takes in one (10,000 metadata records).
const MAX_WEIGHT: usize = 5_000;

/// Neighbouring steps that one kind of request writes.
pub(super) fn phases(steps: &[Step]) -> Vec<Range<usize>> {
    ranges(steps, |first, step| {
        discriminant(&first.action) == discriminant(&step.action)
            && on_topics(first) == on_topics(step)
    })
}

fn on_topics(step: &Step) -> bool {
    matches!(step.resource, Resource::Topic { .. })
}

/// One phase cut into requests. A step heavier than a request goes alone: the broker has the last
/// word on it.
pub(super) fn requests(steps: &[Step]) -> Vec<Range<usize>> {
    let mut weight = 0;
    ranges(steps, |first, step| {
        if weight == 0 {
            weight = first.weight();
        }
        weight += step.weight();
        let fits = weight <= MAX_WEIGHT && can_share(first, step);
        if !fits {
            weight = 0;
        }
        fits
    })
}

/// Whether one request can hold two steps of a phase: one is about one broker's settings, or about
/// what one group committed.
fn can_share(one: &Step, other: &Step) -> bool {
    match &one.action {
        Action::Configure { .. } => on_topics(other),
        Action::Commit(change) => {
            let also = matches!(&other.action, Action::Commit(also) if also.share == change.share);
            also && one.resource.group_id() == other.resource.group_id()
        }
        Action::Forget { .. } => one.resource.group_id() == other.resource.group_id(),
        _ => true,
    }
}

/// Cuts `steps` wherever `joins`, given the first step of a range and the next, says no.
fn ranges(steps: &[Step], mut joins: impl FnMut(&Step, &Step) -> bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        match found.last_mut() {
            Some(range) if joins(&steps[range.start], step) => range.end = index + 1,
            _ => found.push(index..index + 1),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Risk, step::Reason};
    use std::collections::BTreeMap;

    fn create(partitions: i32) -> Step {
        Step {
            id: 0,
            resource: Resource::topic("t"),
            topic_id: None,
            action: Action::Create {
                partitions,
                replicas: None,
                configs: BTreeMap::new(),
            },
            reason: Reason::Missing,
            risk: Risk::None,
        }
    }

    fn configure(resource: Resource) -> Step {
        Step {
            resource,
            action: Action::Configure { changes: vec![] },
            ..create(1)
        }
    }

    #[test]
    fn a_phase_holds_one_kind_of_step() {
        let steps = [
            configure(Resource::BrokerDefaults),
            configure(Resource::Broker { id: 1 }),
            create(1),
            create(1),
            configure(Resource::topic("t")),
        ];
        assert_eq!(phases(&steps), [0..2, 2..4, 4..5]);
        assert_eq!(requests(&steps[0..2]), [0..1, 1..2]);
    }

    #[test]
    fn a_request_stays_under_its_weight() {
        let steps: Vec<Step> = (0..1_000).map(|_| create(9)).collect();
        assert_eq!(requests(&steps), [0..500, 500..1_000]);
        let steps = [create(20_000), create(1), create(4_998), create(1)];
        assert_eq!(requests(&steps), [0..1, 1..2, 2..3, 3..4]);
        let steps = [create(4_996), create(2), create(1)];
        assert_eq!(requests(&steps), [0..2, 2..3]);
    }
}
