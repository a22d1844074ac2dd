//! Decides on keys that are not in the catalogue, as far as possible without a cluster.

use std::collections::BTreeMap;

use super::layer::Layer;
use super::problems::Problems;
use crate::model::catalogue::is_newer;

/// Decides what can be decided without a cluster. Questions from environments that were not chosen are
/// dropped.
pub(super) fn settle(
    chosen: Option<&str>,
    layer: &Layer,
    others: &BTreeMap<String, Layer>,
    problems: &mut Problems,
) {
    let asks = problems.asks_brokers();
    for question in problems.take_questions() {
        let environment = question.environment.as_deref();
        let is_rule = question.value_at.is_none();
        if asks && !is_rule {
            if environment.is_none() || environment == chosen {
                problems.ask(question);
            }
            continue;
        }
        let other = environment.and_then(|name| others.get(name));
        let own = other.and_then(|other| other.cluster.kafka.as_ref());
        let kafka = own.or(layer.cluster.kafka.as_ref());
        match kafka.is_some_and(|kafka| is_newer(&kafka.value)) {
            true if is_rule => {}
            true => problems.push(question.note(layer)),
            false => problems.push(question.unknown),
        }
    }
}
