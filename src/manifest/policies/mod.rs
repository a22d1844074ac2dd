//! The section `policies`: named rules for topics. A rule is off unless the manifest names it, except
//! for `max-partitions-in-all` and `min-insync-within-replicas`, which warn if they are not named.
//!
//! A rule is written as its value, or as a mapping that contains the value: `max-partitions: 50`, or
//! `max-partitions: { value: 50, severity: warn, except: [logs.*] }`. `false` switches a rule off, for
//! example in an environment. [`judge`] checks topics against the rules.

mod judge;
pub(super) mod policy;

use std::ops::RangeInclusive;

use globset::{Glob, GlobSet, GlobSetBuilder};
use regex::Regex;

use super::fields::{Fields, fields};
use super::keys::{self, Known, Of};
use super::limits::{MOST_IN_ALL, MOST_PARTITIONS, MOST_REPLICAS};
use super::node::{Entry, Kind, Node, Style};
use super::problem::{Problem, nearest, quote};
use super::problems::Problems;
use super::question::Question;
use super::spot::Placed;
use super::value;
use crate::model::units::{self, Unit};

pub(super) use self::judge::{check, within_replicas};
pub(super) use self::policy::{Policies, WITHIN_REPLICAS};
use self::policy::{Policy, Rule, Span, Switch};

/// All rules, by name.
pub(super) const RULES: [&str; 15] = [
    "naming",
    "min-partitions",
    "max-partitions",
    "max-partitions-in-all",
    "min-replicas",
    "max-replicas",
    "min-insync-below-replicas",
    WITHIN_REPLICAS,
    "min-retention",
    "max-retention",
    "cleanup-policies",
    "require-keys",
    "forbid-keys",
    "require-description",
    "require-schema",
];

/// The fields in the mapping of a rule.
pub(super) const PARTS: [&str; 4] = ["value", "severity", "only", "except"];

const PARTITIONS: RangeInclusive<i64> = 1..=MOST_PARTITIONS;

const IN_ALL: RangeInclusive<i64> = 1..=MOST_IN_ALL;
const REPLICAS: RangeInclusive<i64> = 1..=MOST_REPLICAS;

pub(super) fn read(node: &Node<'_>, problems: &mut Problems) -> Policies {
    let Some(fields) = fields(node, "`policies`", &RULES, problems) else {
        return Policies::default();
    };
    RULES
        .into_iter()
        .filter_map(|name| {
            let entry = fields.entry(name)?;
            let policy = policy(name, entry, problems)?;
            Some((name, Placed::new(policy, entry.key.at)))
        })
        .collect()
}

/// Whether the manifest switches a rule off with `false`.
pub(super) fn is_off(policies: &Policies, name: &str) -> bool {
    let placed = policies.get(name);
    placed.is_some_and(|placed| matches!(placed.value, Switch::Off))
}

/// None, with an error, if it cannot be read.
fn policy(name: &'static str, entry: &Entry<'_>, problems: &mut Problems) -> Option<Switch> {
    let node = &*entry.value;
    if is_false(node) {
        return Some(Switch::Off);
    }
    if !matches!(node.kind, Kind::Map(_)) {
        let rule = rule(name, node, problems)?;
        return Some(Switch::On(Policy {
            rule,
            refuses: true,
            only: None,
            except: None,
        }));
    }
    let parts = fields(node, &format!("the policy `{name}`"), &PARTS, problems)?;
    let rule = match parts.get("value") {
        Some(node) if is_false(node) => return Some(Switch::Off),
        Some(node) => rule(name, node, problems),
        None => flag(name).or_else(|| {
            if !parts.is_misspelt("value") {
                let problem = Problem::at(parts.at, format!("the policy `{name}` has no `value`"));
                problems.push(problem.hint("add `value: …`, or `value: false` to switch it off"));
            }
            None
        }),
    };
    let refuses = severity(&parts, problems);
    let only = names(&parts, "only", problems);
    let except = names(&parts, "except", problems);
    Some(Switch::On(Policy {
        rule: rule?,
        refuses,
        only,
        except,
    }))
}

fn is_false(node: &Node<'_>) -> bool {
    matches!(&node.kind, Kind::Scalar(scalar)
        if scalar.style == Style::Plain && scalar.value() == "false")
}

/// The rules without a value.
fn flag(name: &str) -> Option<Rule> {
    Some(match name {
        "min-insync-below-replicas" => Rule::MinInsyncBelowReplicas,
        WITHIN_REPLICAS => Rule::MinInsyncWithinReplicas,
        "require-description" => Rule::RequireDescription,
        "require-schema" => Rule::RequireSchema,
        _ => return None,
    })
}

fn rule(name: &'static str, node: &Node<'_>, problems: &mut Problems) -> Option<Rule> {
    match name {
        "naming" => naming(node, problems),
        "min-partitions" => count(node, name, &PARTITIONS, problems).map(Rule::MinPartitions),
        "max-partitions" => count(node, name, &PARTITIONS, problems).map(Rule::MaxPartitions),
        "max-partitions-in-all" => {
            count(node, name, &IN_ALL, problems).map(Rule::MaxPartitionsInAll)
        }
        "min-replicas" => count(node, name, &REPLICAS, problems).map(Rule::MinReplicas),
        "max-replicas" => count(node, name, &REPLICAS, problems).map(Rule::MaxReplicas),
        "min-retention" => span(node, name, problems).map(Rule::MinRetention),
        "max-retention" => span(node, name, problems).map(Rule::MaxRetention),
        "cleanup-policies" => cleanup_policies(node, name, problems),
        "require-keys" => {
            let keys = texts(node, name, problems)?;
            for key in &keys {
                check_key(key, problems);
            }
            let keys = keys.into_iter().map(|key| key.value);
            Some(Rule::RequireKeys(keys.collect()))
        }
        "forbid-keys" => {
            let is_key = |text: &&Placed<String>| !text.value.contains(['*', '?', '[', '{']);
            let texts = texts(node, name, problems)?;
            for key in texts.iter().filter(is_key) {
                check_key(key, problems);
            }
            let globs = globs(&texts, problems)?;
            Some(Rule::ForbidKeys { globs })
        }
        _ => {
            value::boolean(node, name, problems)?;
            flag(name)
        }
    }
}

fn count<T: TryFrom<i64>>(
    node: &Node<'_>,
    name: &str,
    range: &RangeInclusive<i64>,
    problems: &mut Problems,
) -> Option<T> {
    value::integer(node, name, range, problems).map(|number: Placed<T>| number.value)
}

fn naming(node: &Node<'_>, problems: &mut Problems) -> Option<Rule> {
    let pattern = value::text(node, "naming", problems)?.value;
    match Regex::new(&format!("^(?:{pattern})$")) {
        Ok(whole) => Some(Rule::Naming { pattern, whole }),
        Err(error) => {
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default();
            let reason = reason.trim_start_matches("error: ");
            let message = format!("`naming` is no regular expression: {reason}");
            let hint = "write one for the whole name, such as `[a-z][a-z0-9]*([.][a-z0-9]+)*`";
            problems.push(Problem::at(node.at, message).hint(hint));
            None
        }
    }
}

fn span(node: &Node<'_>, name: &str, problems: &mut Problems) -> Option<Span> {
    if node.is_unknown() {
        return None;
    }
    if let Kind::Scalar(scalar) = &node.kind {
        let text = scalar.value();
        let ms = match units::parse(text, Unit::Milliseconds) {
            Some(with_unit) => with_unit.ok(),
            None => text.parse().ok(),
        };
        if let Some(ms @ 1..) = ms {
            let text = text.to_owned();
            return Some(Span { text, ms });
        }
    }
    let problem = value::mismatch(node, &format!("`{name}`"), "a time");
    problems.push(problem.hint("write one with its unit, such as `30d` or `12h`"));
    None
}

fn cleanup_policies(node: &Node<'_>, name: &str, problems: &mut Problems) -> Option<Rule> {
    const KNOWN: [&str; 2] = ["compact", "delete"];
    let words = texts(node, name, problems)?;
    for Placed { value: word, at } in &words {
        if !KNOWN.contains(&word.as_str()) {
            let hint = match nearest(word, KNOWN) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "write `delete`, `compact` or both".to_owned(),
            };
            let message = format!("`cleanup.policy` is never {}", quote(word));
            problems.push(Problem::at(*at, message).hint(hint));
        }
    }
    let words = words.into_iter().map(|word| word.value);
    Some(Rule::CleanupPolicies(words.collect()))
}

/// Checks a key in a rule. A key that is not in the catalogue is settled without asking brokers.
fn check_key(key: &Placed<String>, problems: &mut Problems) {
    match keys::known(&key.value, Of::Topic, key.at) {
        Ok(Known::Unlisted(unknown)) => {
            problems.ask(Question::of_rule(&key.value, key.at, unknown));
        }
        Ok(_) => {}
        Err(problem) => problems.push(problem),
    }
}

/// Whether the rule refuses, which is the default, or warns.
fn severity(parts: &Fields<'_, '_>, problems: &mut Problems) -> bool {
    let Some(node) = parts.get("severity") else {
        return true;
    };
    let Some(text) = value::text(node, "severity", problems) else {
        return true;
    };
    match text.value.as_str() {
        "error" => true,
        "warn" => false,
        other => {
            let shown = quote(node.reference().unwrap_or(other));
            let hint = match nearest(other, ["error", "warn", "warning"]) {
                Some("error") => "did you mean `error`?",
                Some(_) => "did you mean `warn`?",
                None => "`false` in place of the rule switches it off",
            };
            let message = format!("`severity` must be `error` or `warn`, not {shown}");
            problems.push(Problem::at(node.at, message).hint(hint));
            true
        }
    }
}

fn names(parts: &Fields<'_, '_>, part: &str, problems: &mut Problems) -> Option<GlobSet> {
    let texts = texts(parts.get(part)?, part, problems)?;
    globs(&texts, problems)
}

/// One text or several.
fn texts(node: &Node<'_>, field: &str, problems: &mut Problems) -> Option<Vec<Placed<String>>> {
    if matches!(node.kind, Kind::Scalar(_)) {
        return value::text(node, field, problems).map(|text| vec![text]);
    }
    let hint = format!("write `{field}: […]`");
    let items = value::items(node, &format!("`{field}`"), &hint, problems);
    if matches!(&node.kind, Kind::List(items) if items.is_empty()) {
        let problem = Problem::at(node.at, format!("`{field}` names nothing"));
        problems.push(problem.hint("name at least one, or remove it"));
    }
    let texts = items
        .iter()
        .filter_map(|item| value::text(item, field, problems));
    let texts: Vec<Placed<String>> = texts.collect();
    (!texts.is_empty()).then_some(texts)
}

/// Patterns for whole names.
fn globs(texts: &[Placed<String>], problems: &mut Problems) -> Option<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for Placed { value: text, at } in texts {
        match Glob::new(text) {
            Ok(glob) => {
                set.add(glob);
            }
            Err(error) => {
                let message = format!("{} is no pattern: {}", quote(text), error.kind());
                let hint = "write a name, or a pattern such as `user.*`";
                problems.push(Problem::at(*at, message).hint(hint));
                return None;
            }
        }
    }
    set.build().ok()
}
