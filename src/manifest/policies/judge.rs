//! Checks topics against the policies.

use std::collections::BTreeMap;

use super::policy::{Policies, Policy, Rule, Span, Switch, WITHIN_REPLICAS};
use crate::manifest::layer::{Layer, Topic};
use crate::manifest::limits::MOST_PARTITIONS;
use crate::manifest::problem::{Problem, list, quote};
use crate::manifest::problems::Problems;
use crate::manifest::remark::{RemarkKind, Subject};
use crate::manifest::settings::MIN_ISR;
use crate::manifest::spot::Spot;
use crate::model::desired::Setting;
use crate::model::topic::is_internal_name;

const RETENTION: &str = "retention.ms";
const CLEANUP: &str = "cleanup.policy";
const IN_ALL: &str = "max-partitions-in-all";

/// Where a topic breaks a rule, its value there, and a hint.
struct Broken {
    at: Spot,
    has: String,
    hint: String,
}

/// Checks a complete layer, after defaults were filled in. Topics with errors are left out: what they
/// seem to lack may be in the part that could not be read.
pub(in crate::manifest) fn check(layer: &Layer, problems: &mut Problems) {
    problems.extend(too_many_in_all(layer));
    if layer.policies.is_empty() || layer.topics.doubtful {
        return;
    }
    let judged = |topic: &&Topic| {
        !topic.doubtful && !topic.is_absent() && !is_internal_name(&topic.name.value)
    };
    let topics: Vec<&Topic> = layer.topics.items.list.iter().filter(judged).collect();
    for (name, placed) in &layer.policies {
        if let Switch::On(policy) = &placed.value {
            problems.extend(broken(name, policy, placed.at, &topics));
        }
    }
}

/// A value that several topics get from one place, such as `topics.defaults`, is reported once.
fn broken(name: &'static str, policy: &Policy, at: Spot, topics: &[&Topic]) -> Vec<Problem> {
    let mut found: BTreeMap<(Spot, String), (String, Vec<&str>)> = BTreeMap::new();
    for topic in topics.iter().filter(|topic| policy.is_for(topic)) {
        for Broken { at, has, hint } in policy.rule.breaks(topic) {
            let names = &mut found.entry((at, has)).or_insert((hint, Vec::new())).1;
            names.push(&topic.name.value);
        }
    }
    let about = RemarkKind::Policy {
        name,
        refuses: policy.refuses,
    };
    let each = found.into_iter().map(|((place, has), (hint, names))| {
        let who = who(&names);
        let subject = Subject::Topics(names.into_iter().map(str::to_owned).collect());
        Problem::at(place, format!("{who} {has} (policy `{name}`)"))
            .related("the policy", at)
            .hint(format!(
                "{hint}, or name the topic under the policy's `except`"
            ))
            .about(about, subject)
    });
    each.collect()
}

/// Whether the policy about `min.insync.replicas` above the number of replicas refuses (`true`) or
/// warns (`false`) for a topic; none if it does not apply.
pub(in crate::manifest) fn within_replicas(policies: &Policies, topic: &Topic) -> Option<bool> {
    match policies.get(WITHIN_REPLICAS).map(|placed| &placed.value) {
        None => Some(false),
        Some(Switch::Off) => None,
        Some(Switch::On(policy)) => policy.is_for(topic).then_some(policy.refuses),
    }
}

/// Reported once, at the topic that exceeds the limit. Without the policy there is a limit that warns:
/// a slip such as `partitions: 120000` is more likely than a cluster of that size.
fn too_many_in_all(layer: &Layer) -> Option<Problem> {
    let placed = layer.policies.get(IN_ALL);
    let policy = match placed.map(|placed| &placed.value) {
        Some(Switch::Off) => return None,
        Some(Switch::On(policy)) => Some(policy),
        None => None,
    };
    let most = match policy.map(|policy| &policy.rule) {
        Some(Rule::MaxPartitionsInAll(most)) => *most,
        _ => MOST_PARTITIONS,
    };
    let mut sum = 0;
    let counted = layer
        .topics
        .items
        .list
        .iter()
        .filter(|topic| !topic.is_absent() && policy.is_none_or(|policy| policy.is_for(topic)));
    let (topic, at) = counted.into_iter().find_map(|topic| {
        let partitions = topic.partitions.as_ref()?;
        sum += i64::from(partitions.value);
        (sum > most).then_some((topic, partitions.at))
    })?;
    let message = format!("with this, the topics have more than {most} partitions in all");
    let about = RemarkKind::Policy {
        name: IN_ALL,
        refuses: policy.is_some_and(|policy| policy.refuses),
    };
    let subject = Subject::Topics(vec![topic.name.value.clone()]);
    let Some(placed) = placed else {
        let hint = format!(
            "correct `partitions`, or say with the policy `{IN_ALL}` how many there may be"
        );
        return Some(Problem::at(at, message).hint(hint).about(about, subject));
    };
    Some(
        Problem::at(at, format!("{message} (policy `{IN_ALL}`)"))
            .related("the policy", placed.at)
            .hint("lower `partitions`, or raise the policy's limit")
            .about(about, subject),
    )
}

fn who(names: &[&str]) -> String {
    let first = quote(names.first().copied().unwrap_or_default());
    match names.len() {
        0 | 1 => format!("the topic {first} has"),
        more => format!("the topic {first} and {} more have", more - 1),
    }
}

impl Policy {
    fn is_for(&self, topic: &Topic) -> bool {
        let name = &topic.name.value;
        let is_meant = self.only.as_ref().is_none_or(|only| only.is_match(name));
        is_meant
            && !self
                .except
                .as_ref()
                .is_some_and(|except| except.is_match(name))
    }
}

impl Rule {
    fn breaks(&self, topic: &Topic) -> Vec<Broken> {
        match self {
            Self::RequireKeys(keys) => keys.iter().filter_map(|key| missing(topic, key)).collect(),
            Self::ForbidKeys { globs } => {
                let found = topic.configs.iter().filter(|(key, setting)| {
                    setting.value != Setting::Unset && globs.is_match(key)
                });
                found
                    .map(|(key, setting)| Broken {
                        at: setting.at,
                        has: format!("the forbidden key `{key}`"),
                        hint: "remove the key".to_owned(),
                    })
                    .collect()
            }
            _ => self.break_of(topic).into_iter().collect(),
        }
    }

    fn break_of(&self, topic: &Topic) -> Option<Broken> {
        match self {
            Self::Naming { pattern, whole } => {
                let has = format!("a name that does not match {}", quote(pattern));
                (!whole.is_match(&topic.name.value)).then(|| of_name(topic, has, "rename it"))
            }
            Self::MinPartitions(least) => {
                let found = topic.partitions.as_ref()?;
                below("partition", found.value, *least, found.at)
            }
            Self::MaxPartitions(most) => {
                let found = topic.partitions.as_ref()?;
                above("partition", found.value, *most, found.at)
            }
            Self::MinReplicas(least) => match &topic.replicas {
                Some(found) => below("replica", found.value, *least, found.at),
                None => Some(no_replicas(topic)),
            },
            Self::MaxReplicas(most) => match &topic.replicas {
                Some(found) => above("replica", found.value, *most, found.at),
                None => Some(no_replicas(topic)),
            },
            Self::MinInsyncBelowReplicas => insync_not_below_replicas(topic),
            Self::MinRetention(least) => shorter(topic, least),
            Self::MaxRetention(most) => longer(topic, most),
            Self::CleanupPolicies(words) => other_cleanup(topic, words),
            Self::RequireDescription => topic.description.is_none().then(|| {
                let hint = "say in its `description` what it is for";
                of_name(topic, "no `description`".to_owned(), hint)
            }),
            Self::RequireSchema => topic.schema.is_none().then(|| {
                let hint = "name the file of its `schema`";
                of_name(topic, "no `schema`".to_owned(), hint)
            }),
            // These rules are checked elsewhere: keys are many for each topic, the sum is of all
            // topics, and the last one warns without being named.
            Self::RequireKeys(_)
            | Self::ForbidKeys { .. }
            | Self::MaxPartitionsInAll(_)
            | Self::MinInsyncWithinReplicas => None,
        }
    }
}

/// A missing value is shown at the topic's name.
fn of_name(topic: &Topic, has: String, hint: impl Into<String>) -> Broken {
    let (at, hint) = (topic.name.at, hint.into());
    Broken { at, has, hint }
}

fn below<N: Into<i64>>(noun: &str, number: N, least: N, at: Spot) -> Option<Broken> {
    let (number, least) = (number.into(), least.into());
    (number < least).then(|| Broken {
        at,
        has: format!("{}, fewer than {least}", counted(number, noun)),
        hint: format!("raise `{noun}s`"),
    })
}

fn above<N: Into<i64>>(noun: &str, number: N, most: N, at: Spot) -> Option<Broken> {
    let (number, most) = (number.into(), most.into());
    (number > most).then(|| Broken {
        at,
        has: format!("{}, more than {most}", counted(number, noun)),
        hint: format!("lower `{noun}s`"),
    })
}

fn counted(number: i64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn no_replicas(topic: &Topic) -> Broken {
    let has = "no `replicas`, so that the brokers decide".to_owned();
    of_name(
        topic,
        has,
        "add `replicas: …`, here or under `topics.defaults`",
    )
}

/// The topic's own value of a key, and its place.
fn own<'t>(topic: &'t Topic, key: &str) -> Option<(&'t str, Spot)> {
    let setting = topic.configs.get(key)?;
    match &setting.value {
        Setting::Value(text) => Some((text, setting.at)),
        Setting::Unset => None,
    }
}

fn missing(topic: &Topic, key: &str) -> Option<Broken> {
    if own(topic, key).is_some() {
        return None;
    }
    let hint = format!("set {}, here or under `topics.defaults`", quote(key));
    Some(of_name(
        topic,
        format!("no {} of its own", quote(key)),
        hint,
    ))
}

/// If one broker is down, producers with acks=all cannot write to such a topic.
fn insync_not_below_replicas(topic: &Topic) -> Option<Broken> {
    let (text, at) = own(topic, MIN_ISR)?;
    let least: i64 = text.parse().ok()?;
    let replicas = i64::from(topic.replicas.as_ref()?.value);
    (least >= replicas).then(|| Broken {
        at,
        has: format!(
            "`{MIN_ISR}` {least} and {}: one broker less stops its producers",
            counted(replicas, "replica")
        ),
        hint: format!("lower `{MIN_ISR}`, or raise `replicas`"),
    })
}

/// The topic's own retention in milliseconds, -1 for unlimited; none if the topic is only compacted.
fn kept_ms(topic: &Topic) -> Option<(i64, Spot)> {
    if own(topic, CLEANUP).is_some_and(|(text, _)| text.trim() == "compact") {
        return None;
    }
    let (text, at) = own(topic, RETENTION)?;
    Some((text.trim().parse().ok()?, at))
}

fn shorter(topic: &Topic, least: &Span) -> Option<Broken> {
    let (kept, at) = kept_ms(topic)?;
    (0..least.ms).contains(&kept).then(|| Broken {
        at,
        has: format!("`{RETENTION}` {kept}, less than {}", quote(&least.text)),
        hint: format!("raise `{RETENTION}`"),
    })
}

fn longer(topic: &Topic, most: &Span) -> Option<Broken> {
    let (kept, at) = kept_ms(topic)?;
    let has = match kept {
        ..0 => format!(
            "no limit in `{RETENTION}`, and {} is allowed",
            quote(&most.text)
        ),
        _ => format!("`{RETENTION}` {kept}, more than {}", quote(&most.text)),
    };
    let hint = format!("lower `{RETENTION}`");
    (kept < 0 || kept > most.ms).then_some(Broken { at, has, hint })
}

fn other_cleanup(topic: &Topic, words: &[String]) -> Option<Broken> {
    let (text, at) = own(topic, CLEANUP)?;
    let each = text.split(',').map(str::trim);
    let other = each
        .into_iter()
        .find(|word| !words.iter().any(|one| one == word))?;
    let allowed = list(words.iter().map(String::as_str));
    Some(Broken {
        at,
        has: format!("{} in `{CLEANUP}`", quote(other)),
        hint: format!("the policy allows {allowed}: take what is among them"),
    })
}
