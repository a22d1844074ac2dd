//! The value in effect where a key is not set. Topics inherit from brokers; a broker from the cluster-wide
//! dynamic value, its file, a coarser key (`log.retention.hours`), Kafka's default.

use super::Plan;
use super::kinds::{Action, After, ConfigChange, Effective};
use super::target::{ConfigTarget, StepTarget, TopicTarget};
use crate::model::broker::BrokerId;
use crate::model::catalogue::{self, Scope};
use crate::model::config::{ConfigEntry, ConfigSource, ConfigValue};
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::model::units::{Unit, unit_of};

/// Fills in what each removed setting falls back to after the plan; none when unknown.
pub(super) fn fill(plan: &mut Plan, observed: &Observed) {
    let planned = planned_defaults(plan);
    for step in &mut plan.steps {
        let Action::AlterConfigs(on, altered) = &mut step.action else {
            continue;
        };
        for change in &mut altered.changes {
            if change.after == After::Removed {
                change.inherits = inherited(on, &change.key, observed, &planned);
            }
        }
    }
}

/// The plan's own changes of cluster-wide broker settings.
fn planned_defaults(plan: &Plan) -> Vec<ConfigChange> {
    plan.steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::AlterConfigs(ConfigTarget::BrokerDefaults, altered) => {
                Some(altered.changes.clone())
            }
            _ => None,
        })
        .flatten()
        .collect()
}

/// The value of `key` for a new topic that does not set it.
pub(super) fn of_new_topic(key: &str, plan: &Plan, observed: &Observed) -> Option<Effective> {
    let topic = ConfigTarget::Topic(TopicTarget::named(""));
    inherited(&topic, key, observed, &planned_defaults(plan))
}

/// The value of a broker key that brokers run with after the plan.
pub(super) fn of_brokers(key: &str, plan: &Plan, observed: &Observed) -> Option<Effective> {
    let planned = planned_defaults(plan);
    let chain = [key.to_owned()];
    observed
        .brokers
        .values()
        .filter_map(seen_entries)
        .find_map(|entries| first_set(&chain, key, None, entries, &planned))
}

fn inherited(
    on: &ConfigTarget,
    key: &str,
    observed: &Observed,
    planned: &[ConfigChange],
) -> Option<Effective> {
    let chain = chain(on, key);
    let without = on.topic().is_none().then(|| on.source());
    let concerns = |id: BrokerId| !matches!(on, ConfigTarget::Broker(own) if *own != id);
    observed
        .brokers
        .iter()
        .filter(|(id, _)| concerns(**id))
        .filter_map(|(_, seen)| seen_entries(seen))
        .filter_map(|entries| first_set(&chain, key, without, entries, planned))
        // When brokers differ, the lowest value deletes most.
        .min_by_key(|found| limit(&found.value).unwrap_or(i64::MAX))
}

fn seen_entries(seen: &Seen<Vec<ConfigEntry>>) -> Option<&[ConfigEntry]> {
    seen.value().map(Vec::as_slice)
}

fn limit(value: &ConfigValue) -> Option<i64> {
    let number: i64 = value.text()?.parse().ok()?;
    (number >= 0).then_some(number)
}

/// The broker keys that a value can come from, highest precedence first.
fn chain(on: &ConfigTarget, key: &str) -> Vec<String> {
    if on.topic().is_some() {
        let key = catalogue::key(Scope::Topic, key);
        return key.map(|key| key.synonyms.clone()).unwrap_or_default();
    }
    let from_here = catalogue::keys(Scope::Topic).iter().find_map(|topic| {
        let here = topic.synonyms.iter().position(|name| name == key)?;
        Some(topic.synonyms[here..].to_vec())
    });
    from_here.unwrap_or_else(|| vec![key.to_owned()])
}

/// The first value in the chain; `without` is the source from which `key` is removed.
fn first_set(
    chain: &[String],
    key: &str,
    without: Option<ConfigSource>,
    entries: &[ConfigEntry],
    planned: &[ConfigChange],
) -> Option<Effective> {
    chain.iter().find_map(|name| {
        let entry = entries.iter().find(|entry| entry.name == *name)?;
        let removed = without.filter(|_| name == key);
        let change = planned.iter().find(|change| change.key == *name);
        let (value, source) = strongest(entry, removed, change)?;
        Some(Effective {
            value: in_unit_of(key, name, value)?,
            source,
        })
    })
}

/// The value of the highest precedence for `entry` after the plan, with its source.
fn strongest(
    entry: &ConfigEntry,
    removed: Option<ConfigSource>,
    planned: Option<&ConfigChange>,
) -> Option<(ConfigValue, ConfigSource)> {
    let all = ConfigSource::DynamicDefaultBrokerConfig;
    let own = ConfigSource::DynamicBrokerConfig;
    if entry.source != own || removed == Some(own) {
        match planned.map(|change| &change.after) {
            Some(After::Set(value)) if removed != Some(all) => {
                return Some((ConfigValue::Value(value.clone()), all));
            }
            _ => {}
        }
    }
    let gone = |source: ConfigSource| {
        removed == Some(source)
            || (source == all && planned.is_some_and(|change| change.after == After::Removed))
    };
    let effective = (&entry.value, entry.source);
    let others = entry
        .synonyms
        .iter()
        .filter(|one| one.name == entry.name)
        .map(|one| (&one.value, one.source));
    std::iter::once(effective)
        .chain(others)
        .find(|(value, source)| !gone(*source) && **value != ConfigValue::Null)
        .map(|(value, source)| (value.clone(), source))
}

/// Converts a value such as `log.retention.hours` to the milliseconds of `retention.ms`.
fn in_unit_of(key: &str, name: &str, value: ConfigValue) -> Option<ConfigValue> {
    let factor = match (unit_of(key), unit_of(name)) {
        (Some(Unit::Milliseconds), Some(Unit::Hours)) => 3_600_000,
        (Some(Unit::Milliseconds), Some(Unit::Minutes)) => 60_000,
        _ => return Some(value),
    };
    let number: i64 = value.text()?.parse().ok()?;
    let ms = if number < 0 {
        number
    } else {
        number.checked_mul(factor)?
    };
    Some(ConfigValue::Value(ms.to_string()))
}
