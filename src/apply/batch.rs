//! Splits steps into phases, and phases into requests. Pure.

use std::mem::discriminant;
use std::ops::Range;

use super::kinds::{reading, share_a_request};
use crate::plan::Step;

/// The maximum weight of one request: half of the 10,000 metadata records that a controller accepts.
const MAX_WEIGHT: usize = 5_000;

/// Phases: neighbouring steps that are sent by the same kind of request and read back in the same way.
pub(super) fn phases(steps: &[Step]) -> Vec<Range<usize>> {
    ranges(steps, |first, step| {
        discriminant(&first.action) == discriminant(&step.action)
            && first.action.phase() == step.action.phase()
            && reading(first) == reading(step)
    })
}

/// Splits one phase into requests. A step above the maximum goes alone, and the broker decides.
pub(super) fn requests(steps: &[Step]) -> Vec<Range<usize>> {
    let mut weight = 0;
    ranges(steps, |first, step| {
        if weight == 0 {
            weight = first.action.weight();
        }
        weight += step.action.weight();
        let fits = weight <= MAX_WEIGHT && share_a_request(first, step);
        if !fits {
            weight = 0;
        }
        fits
    })
}

/// Splits `steps` where `joins`, given the first step of a range and the next step, is false.
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
    use crate::plan::kinds::{AlterConfigs, CreateTopic};
    use crate::plan::target::{ConfigTarget, TopicTarget};
    use crate::plan::{Reason, Risk};
    use std::collections::BTreeMap;

    fn create(partitions: i32) -> Step {
        let create = CreateTopic {
            partitions,
            replicas: None,
            configs: BTreeMap::new(),
        };
        let topic = TopicTarget::named("t");
        Step::new((topic, create), Reason::Missing, Risk::None)
    }

    fn configure(on: ConfigTarget) -> Step {
        let alter = AlterConfigs { changes: vec![] };
        Step::new((on, alter), Reason::Missing, Risk::None)
    }

    #[test]
    fn a_phase_holds_one_kind_of_step() {
        let steps = [
            configure(ConfigTarget::BrokerDefaults),
            configure(ConfigTarget::Broker(1)),
            create(1),
            create(1),
            configure(ConfigTarget::Topic(TopicTarget::named("t"))),
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
