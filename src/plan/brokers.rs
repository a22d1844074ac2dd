//! Diffs declared broker settings.
//!
//! A cluster-wide setting is satisfied when every live broker runs with its value, from any source.
//! Precedence (`DynamicBrokerConfig`): dynamic value of the broker, dynamic value of the cluster, the
//! broker's properties file, Kafka's default.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::draft::Draft;
use super::finding::{Code, Finding, Severity};
use super::kinds::{After, AlterConfigs, ConfigChange, Effective};
use super::prune;
use super::resource::Resource;
use super::step::{Reason, Risk};
use super::target::{ConfigTarget, StepTarget};
use crate::model::broker::BrokerId;
use crate::model::catalogue;
use crate::model::config::{ConfigEntry, ConfigSource, ConfigType, ConfigValue, same_value};
use crate::model::desired::{Desired, Setting, Settings};
use crate::model::observed::Observed;
use crate::model::secret::Secret;
use crate::model::seen::{Cause, Seen};
use crate::model::suggest::closest;

pub(super) fn diff(desired: &Desired, observed: &Observed, draft: &mut Draft) {
    let declared = &desired.broker;
    if declared.defaults.is_empty() && declared.brokers.is_empty() {
        return;
    }
    if let Some(seen) = observed.kept_back() {
        draft.find(kept_back(desired, seen));
        return;
    }
    let Some(brokers) = readable(observed, draft) else {
        return;
    };
    let all = Scope {
        on: ConfigTarget::BrokerDefaults,
        weaker: None,
        prunes: draft.options.prune_configs,
    };
    let defaults = |key: &str| -> Vec<Running<'_>> {
        brokers
            .iter()
            .filter(|(id, _)| !declares(desired, *id, key))
            .filter_map(|(id, entries)| running(*id, entries, key))
            .collect()
    };
    section(
        &all,
        &declared.defaults,
        &brokers,
        &defaults,
        observed,
        draft,
    );
    for (id, settings) in &declared.brokers {
        let scope = Scope {
            on: ConfigTarget::Broker(*id),
            weaker: Some(&declared.defaults),
            prunes: draft.options.prune_configs,
        };
        let Some(own) = brokers.iter().find(|(live, _)| live == id) else {
            draft.find(unknown_broker(*id, &brokers));
            continue;
        };
        let one = |key: &str| running(own.0, own.1, key).into_iter().collect();
        section(&scope, settings, &brokers, &one, observed, draft);
    }
}

const MIN_ISR: &str = "min.insync.replicas";

/// A broker's id and its settings.
type Entries<'a> = (BrokerId, &'a [ConfigEntry]);

/// Where settings are written: one broker, or all.
struct Scope<'a> {
    on: ConfigTarget,
    /// Declared cluster-wide settings, which a broker's value follows unless it has its own.
    weaker: Option<&'a Settings>,
    /// Whether undeclared settings are removed.
    prunes: bool,
}

impl Scope<'_> {
    /// Whether `entry` has the wanted value and keeps it when the rest of the plan is applied.
    fn satisfied(&self, entry: &ConfigEntry, wanted: &str) -> bool {
        let declared_below = self
            .weaker
            .is_some_and(|settings| settings.contains_key(&entry.name));
        let dynamic = [
            ConfigSource::DynamicBrokerConfig,
            ConfigSource::DynamicDefaultBrokerConfig,
        ];
        let may_go = declared_below || (self.prunes && dynamic.contains(&entry.source));
        matches(entry, &entry.value, wanted) && (entry.source == self.on.source() || !may_go)
    }
}

/// The value of one key that a broker runs with.
struct Running<'a> {
    broker: BrokerId,
    entry: Cow<'a, ConfigEntry>,
}

fn running<'a>(broker: BrokerId, entries: &'a [ConfigEntry], key: &str) -> Option<Running<'a>> {
    let listed = entries.iter().find(|entry| entry.name == key);
    let entry = listed
        .map(Cow::Borrowed)
        .or_else(|| of_listener(key).map(Cow::Owned))?;
    Some(Running { broker, entry })
}

/// A listener's key that is not set: brokers list such keys only when set.
fn of_listener(key: &str) -> Option<ConfigEntry> {
    let known = catalogue::broker_key(key).filter(|_| catalogue::is_of_listener(key))?;
    Some(ConfigEntry {
        name: key.to_owned(),
        value: ConfigValue::Null,
        source: ConfigSource::DefaultConfig,
        read_only: false,
        config_type: known.config_type,
        synonyms: Vec::new(),
    })
}

fn declares(desired: &Desired, id: BrokerId, key: &str) -> bool {
    let own = desired.broker.brokers.get(&id);
    own.is_some_and(|settings| settings.contains_key(key))
}

/// Hidden broker settings are neither compared nor changed. That stops the plan only when the manifest
/// declares nothing else and the settings may exist.
fn kept_back(desired: &Desired, seen: &Seen<Vec<ConfigEntry>>) -> Finding {
    let words = seen.reason().unwrap_or_default();
    let message = format!(
        "the settings of brokers cannot be seen, and are neither compared nor changed: {words}"
    );
    let (severity, hint) = match seen {
        Seen::Unseen(Cause::NotSupported, _) => (
            Severity::CannotApply,
            "take the section `broker` out of the manifest for this cluster",
        ),
        _ if desired.topics.is_empty() => (
            Severity::Unreadable,
            "give this user DESCRIBE_CONFIGS on the cluster",
        ),
        _ => (
            Severity::CannotApply,
            "give this user DESCRIBE_CONFIGS on the cluster, or take the section `broker` out of the manifest",
        ),
    };
    let resource = Resource::BrokerDefaults;
    Finding::new(Code::NotVisible, severity, resource, message).hint(hint)
}

/// The settings of every broker that shows them; none, with a finding each, when a broker could not be
/// read.
fn readable<'a>(observed: &'a Observed, draft: &mut Draft) -> Option<Vec<Entries<'a>>> {
    let mut brokers = Vec::new();
    let mut whole = true;
    for (id, seen) in &observed.brokers {
        match seen {
            Seen::Value(entries) => brokers.push((*id, entries.as_slice())),
            // Reported by `kept_back`.
            Seen::Absent | Seen::Unseen(Cause::NotPermitted | Cause::NotSupported, _) => {}
            Seen::Unseen(Cause::Unavailable, words) => {
                whole = false;
                let finding = Finding::unreadable(
                    Resource::Broker { id: *id },
                    format!("its settings cannot be read: {words}"),
                );
                draft.find(finding.hint("wait until the broker answers"));
            }
        }
    }
    whole.then_some(brokers)
}

fn unknown_broker(id: BrokerId, brokers: &[Entries<'_>]) -> Finding {
    let live: Vec<String> = brokers.iter().map(|(id, _)| id.to_string()).collect();
    Finding::refused(
        Code::UnknownBroker,
        Resource::Broker { id },
        "the manifest has settings for it, and it is not among the live brokers".to_owned(),
    )
    .hint(format!("live brokers: {}", live.join(", ")))
}

/// Diffs all keys of one scope into at most one step.
fn section<'a>(
    scope: &Scope<'_>,
    settings: &Settings,
    brokers: &[Entries<'_>],
    running: &dyn Fn(&str) -> Vec<Running<'a>>,
    observed: &Observed,
    draft: &mut Draft,
) {
    let mut changes = Vec::new();
    for (key, setting) in settings {
        if !is_known(brokers, key) {
            draft.find(unknown_key(scope, key, brokers));
            continue;
        }
        let live = running(key);
        match setting {
            Setting::Value(wanted) => {
                changes.extend(set(scope, key, wanted, &live, draft));
            }
            Setting::Unset => changes.extend(unset(scope, key, &live, observed, draft)),
        }
    }
    let differs = !changes.is_empty();
    changes.extend(undeclared(scope, settings, brokers, observed, draft));
    if changes.is_empty() {
        return;
    }
    let reason = if differs {
        Reason::SettingDiffers
    } else {
        Reason::NotDeclared
    };
    changes.sort_by(|one, other| one.key.cmp(&other.key));
    draft.step(
        (scope.on.clone(), AlterConfigs { changes }),
        reason,
        Risk::None,
    );
}

/// Undeclared settings at this scope: removed with `--prune-configs` where that is safe, otherwise listed
/// as left alone.
fn undeclared(
    scope: &Scope<'_>,
    settings: &Settings,
    brokers: &[Entries<'_>],
    observed: &Observed,
    draft: &mut Draft,
) -> Vec<ConfigChange> {
    if settings.is_empty() {
        return Vec::new();
    }
    let entries: &[ConfigEntry] = match (&scope.on, &observed.broker_defaults) {
        (ConfigTarget::Broker(id), _) => brokers
            .iter()
            .find(|(live, _)| live == id)
            .map_or(&[], |(_, entries)| entries),
        (_, Some(Seen::Value(entries))) => entries,
        _ => &[],
    };
    let mut removals = Vec::new();
    for entry in entries {
        let is_set = entry.set_at(scope.on.source()).is_some();
        // Kafka sets this one itself, and refuses to remove it while the feature is on.
        let kept = entry.name == MIN_ISR && has_elr(observed);
        if !is_set || kept || settings.contains_key(&entry.name) {
            continue;
        }
        if draft.options.prune_configs && prune::of_brokers(entry) {
            removals.extend(prune::removal(entry, scope.on.source()));
        } else {
            draft.leave_alone(scope.on.resource(), entry);
        }
    }
    removals
}

/// Whether eligible leader replicas (KIP-966) are enabled.
fn has_elr(observed: &Observed) -> bool {
    let feature = "eligible.leader.replicas.version";
    let level = observed.cluster.features.get(feature);
    level.is_some_and(|level| *level > 0)
}

/// Brokers store any key, and show an unknown one as hidden. A hidden value whose type is password belongs
/// to a known key.
fn is_known(brokers: &[Entries<'_>], key: &str) -> bool {
    brokers.is_empty()
        || of_listener(key).is_some()
        || brokers
            .iter()
            .filter_map(|(_, entries)| entries.iter().find(|entry| entry.name == key))
            .any(|entry| {
                entry.value != ConfigValue::Sensitive || entry.config_type == ConfigType::Password
            })
}

fn unknown_key(scope: &Scope<'_>, key: &str, brokers: &[Entries<'_>]) -> Finding {
    let finding = Finding::refused(
        Code::UnknownBrokerKey,
        scope.on.resource(),
        format!("no broker knows the key `{key}`; it would be stored and do nothing"),
    );
    let known = brokers
        .iter()
        .flat_map(|(_, entries)| entries.iter())
        .filter(|entry| entry.value != ConfigValue::Sensitive)
        .map(|entry| entry.name.as_str());
    match closest(key, known) {
        Some(name) => finding.hint(format!("did you mean `{name}`?")),
        None => finding.hint("take it out of the manifest; `tonkafka explain` knows Kafka's keys"),
    }
}

/// The change that makes brokers run with `wanted`. Differences that no write removes become findings.
fn set(
    scope: &Scope<'_>,
    key: &str,
    wanted: &str,
    live: &[Running<'_>],
    draft: &mut Draft,
) -> Option<ConfigChange> {
    if live.iter().any(|running| running.entry.read_only) {
        needs_restart(scope, key, wanted, live, draft);
        return None;
    }
    if live.iter().any(|one| is_secret(&one.entry)) {
        return set_secret(scope, key, wanted, live, draft);
    }
    if live
        .iter()
        .all(|running| scope.satisfied(&running.entry, wanted))
    {
        return None;
    }
    shadows(scope, key, wanted, live, draft);
    let own = live
        .first()
        .and_then(|one| one.entry.set_at(scope.on.source()));
    let is_set = live.iter().any(|running| {
        running
            .entry
            .set_at(scope.on.source())
            .is_some_and(|value| matches(&running.entry, value, wanted))
    });
    (!is_set).then(|| ConfigChange {
        effective: effective(live),
        ..ConfigChange::new(key, own.cloned(), After::Set(wanted.to_owned()))
    })
}

fn is_secret(entry: &ConfigEntry) -> bool {
    entry.config_type == ConfigType::Password || entry.value == ConfigValue::Sensitive
}

/// Writes a hidden value when none is set. One that is set cannot be compared, and is rewritten only with
/// `--rewrite-sensitive`.
fn set_secret(
    scope: &Scope<'_>,
    key: &str,
    wanted: &str,
    live: &[Running<'_>],
    draft: &mut Draft,
) -> Option<ConfigChange> {
    let own = live
        .first()
        .and_then(|one| one.entry.set_at(scope.on.source()));
    if own.is_some() && !draft.options.rewrite_sensitive {
        let finding = Finding::note(
            Code::Sensitive,
            scope.on.resource(),
            format!(
                "{key} is set to a hidden value, which cannot be compared and is left as it is"
            ),
        );
        draft.find(finding.hint("to write it again, pass `--rewrite-sensitive`"));
        return None;
    }
    let place = secret_place(&draft.cluster_id, &scope.on.resource(), key);
    let after = After::Secret(Secret::new(&place, wanted));
    Some(ConfigChange::new(key, own.cloned(), after))
}

/// The identity of a secret, which its digest depends on.
pub(super) fn secret_place(cluster_id: &str, resource: &Resource, key: &str) -> String {
    format!("{cluster_id} {resource} {key}")
}

fn matches(entry: &ConfigEntry, value: &ConfigValue, wanted: &str) -> bool {
    value
        .text()
        .is_some_and(|live| same_value(entry.config_type, wanted, live))
}

fn effective(live: &[Running<'_>]) -> Option<Effective> {
    let listed = live.first().filter(|running| is_listed(running));
    listed.map(|running| Effective::from(&*running.entry))
}

fn is_listed(running: &Running<'_>) -> bool {
    std::matches!(running.entry, Cow::Borrowed(_))
}

/// Static settings that differ: one finding for all brokers with the same value.
fn needs_restart(
    scope: &Scope<'_>,
    key: &str,
    wanted: &str,
    live: &[Running<'_>],
    draft: &mut Draft,
) {
    let mut by_value: BTreeMap<&str, Vec<BrokerId>> = BTreeMap::new();
    for running in live {
        if !matches(&running.entry, &running.entry.value, wanted) {
            let now = running.entry.value.text().unwrap_or("a hidden value");
            by_value.entry(now).or_default().push(running.broker);
        }
    }
    for (now, brokers) in by_value {
        let finding = Finding::cannot_apply(
            Code::NeedsRestart,
            scope.on.resource(),
            format!(
                "{key} needs a restart: {} with {now}, the manifest says {wanted}",
                run(&brokers)
            ),
        );
        let hint = match key {
            "log.retention.hours" | "log.retention.minutes" => {
                "declare `log.retention.ms` instead, which changes while brokers run".to_owned()
            }
            _ => format!("set {key} in each broker's properties and restart it"),
        };
        draft.find(finding.hint(hint));
    }
}

/// `broker 1 runs` or `brokers 1, 2 run`.
fn run(brokers: &[BrokerId]) -> String {
    let ids: Vec<String> = brokers.iter().map(ToString::to_string).collect();
    match ids.as_slice() {
        [one] => format!("broker {one} runs"),
        many => format!("brokers {} run", many.join(", ")),
    }
}

/// Brokers whose own dynamic value overrides the cluster-wide one.
fn shadows(scope: &Scope<'_>, key: &str, wanted: &str, live: &[Running<'_>], draft: &mut Draft) {
    if scope.on != ConfigTarget::BrokerDefaults {
        return;
    }
    for running in live {
        let entry = &*running.entry;
        if entry.source != ConfigSource::DynamicBrokerConfig || matches(entry, &entry.value, wanted)
        {
            continue;
        }
        let id = running.broker;
        let now = entry.value.text().unwrap_or("a hidden value");
        let finding = Finding::cannot_apply(
            Code::Shadowed,
            Resource::Broker { id },
            format!(
                "{key} is {now} there by its own setting, which shadows {wanted} for all brokers"
            ),
        );
        draft.find(finding.hint(format!(
            "to let the cluster-wide value through, declare `{key}: unset` under `broker.brokers.{id}`"
        )));
    }
}

fn unset(
    scope: &Scope<'_>,
    key: &str,
    live: &[Running<'_>],
    observed: &Observed,
    draft: &mut Draft,
) -> Option<ConfigChange> {
    let before = live
        .iter()
        .find_map(|running| running.entry.set_at(scope.on.source()))?
        .clone();
    if key == MIN_ISR && has_elr(observed) {
        let finding = Finding::refused(
            Code::CannotUnset,
            scope.on.resource(),
            "min.insync.replicas cannot be unset while eligible leader replicas (KIP-966) are on"
                .to_owned(),
        );
        draft.find(finding.hint("declare the value you want instead of `unset`"));
        return None;
    }
    Some(ConfigChange {
        effective: effective(live),
        ..ConfigChange::new(key, Some(before), After::Removed)
    })
}
