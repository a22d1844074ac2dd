//! New topics whose names differ from others only in `.` and `_`, so that both have one name in Kafka's
//! metrics. Brokers refuse such a topic when the other exists, but accept both in one request.

use std::collections::BTreeMap;

use super::finding::{Code, Finding};
use super::kinds::Action;
use super::step::Step;
use super::target::TopicTarget;
use crate::model::escape::escape;
use crate::model::topic::metric_name;

/// Refuses created topics that collide with topics in `there` or with each other.
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
