//! New topics whose names differ from others only in `.` and `_`: both would have one name in Kafka's
//! metrics. Brokers refuse the second one where the first is there; of two in one request they take both.

use std::collections::BTreeMap;

use super::finding::{Code, Finding};
use super::kinds::Action;
use super::step::Step;
use super::target::TopicTarget;
use crate::model::escape::escape;
use crate::model::topic::metric_name;

/// What is found of the topics that steps create, beside those that are there, and beside each other.
pub(super) fn collisions<'a>(
    steps: &'a [Step],
    there: impl IntoIterator<Item = &'a String>,
    hint: &str,
) -> Vec<Finding> {
    let live = |name: &'a String| (metric_name(name), (name.as_str(), true));
    let mut names: BTreeMap<String, (&str, bool)> = there.into_iter().map(live).collect();
    let mut findings = Vec::new();
    for step in steps {
        let Action::CreateTopic(TopicTarget { name, .. }, _) = &step.action else {
            continue;
        };
        let metric = metric_name(name);
        let Some((other, is_there)) = names.get(&metric) else {
            names.insert(metric, (name, false));
            continue;
        };
        let other = escape(other);
        let message = if *is_there {
            format!(
                "the cluster has {other}, which is the same name in Kafka's metrics: brokers refuse the second one"
            )
        } else {
            format!("the plan creates {other} too, which is the same name in Kafka's metrics")
        };
        let finding = Finding::refused(Code::NameCollision, step.resource(), message);
        findings.push(finding.hint(hint));
    }
    findings
}
