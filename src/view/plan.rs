//! A plan as text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::offsets;
use super::style::Look;
use super::text::{config_value, count, escape, value};
use crate::model::config::ConfigSource;
use crate::model::units::about;
use crate::plan::{
    Action, After, ConfigChange, Finding, LeftAlone, Plan, Reason, Resource, Risk, Severity, Step,
    Truncation,
};

/// The whole plan: steps, findings, what is left alone, and one line that sums it up.
#[must_use]
pub fn plan(look: Look, plan: &Plan) -> String {
    let mut text = String::new();
    for each in plan.steps.iter().filter(|step| !offsets::is_shown(step)) {
        text += &step(look, each);
    }
    text += &offsets::tables(look, plan);
    if !text.is_empty() {
        text += "\n";
    }
    text += &remarks(look, plan);
    text += &look.strong(&summary(plan));
    text + "\n"
}

/// Findings and what is left alone; nothing where there is nothing to say.
#[must_use]
pub fn remarks(look: Look, plan: &Plan) -> String {
    let mut text = String::new();
    for (severity, heading) in [
        (Severity::Refused, "refused:"),
        (Severity::Unreadable, "cannot be read:"),
        (Severity::Allowed, "let through:"),
        (Severity::CannotApply, "cannot be applied:"),
        (Severity::Note, "notes:"),
    ] {
        text += &findings(look, plan, severity, heading);
    }
    text + &orphans(look, plan) + &left_alone(look, &plan.left_alone)
}

/// `plan: 2 to create, 1 to change, 0 to delete`, and what else there is to say.
#[must_use]
pub fn summary(plan: &Plan) -> String {
    let of = |wanted: fn(&Action) -> bool| {
        plan.steps
            .iter()
            .filter(|step| wanted(&step.action))
            .count()
    };
    let create = of(|action| matches!(action, Action::Create { .. }));
    let delete = of(|action| {
        matches!(
            action,
            Action::Delete { .. } | Action::DeleteGroup(_) | Action::Truncate(_)
        )
    });
    let offsets = plan.steps.iter().filter(|step| offsets::is_shown(step));
    let change = plan.steps.len() - create - delete - offsets.count();
    let mut line = match offsets::summary(plan) {
        _ if plan.is_empty() => "plan: nothing to do".to_owned(),
        Some(words) if create + change + delete == 0 => format!("plan: {words}"),
        words => {
            let words = words.map(|words| format!(", {words}")).unwrap_or_default();
            format!("plan: {create} to create, {change} to change, {delete} to delete{words}")
        }
    };
    for (severity, words) in [
        (Severity::Refused, "refused"),
        (Severity::Unreadable, "cannot be read"),
        (Severity::Allowed, "let through"),
        (Severity::CannotApply, "cannot be applied"),
    ] {
        let number = plan.findings_of(severity).count();
        if number > 0 {
            let _ = write!(line, ", {number} {words}");
        }
    }
    line
}

/// One step with its details, each on a line.
fn step(look: Look, step: &Step) -> String {
    let (sign, rows) = match &step.action {
        Action::Create {
            partitions,
            replicas,
            configs,
        } => {
            let mut rows = vec![("partitions".to_owned(), partitions.to_string())];
            let factor = replicas.map_or("broker's default".to_owned(), |n| n.to_string());
            rows.push(("replication factor".to_owned(), factor));
            rows.extend(
                configs
                    .iter()
                    .map(|(key, text)| (key.clone(), value(key, text))),
            );
            (look.added("+"), rows)
        }
        Action::Grow { before, after, .. } => {
            let row = format!("{before} → {after}");
            (look.changed("~"), vec![("partitions".to_owned(), row)])
        }
        Action::Configure { changes } => (
            look.changed("~"),
            changes
                .iter()
                .map(|one| (one.key.clone(), change(one)))
                .collect(),
        ),
        Action::Delete { partitions, .. } => {
            let row = count(usize::try_from(*partitions).unwrap_or(0), "partition");
            let mut rows = vec![("deletes".to_owned(), row + " with all records")];
            if step.reason == Reason::Orphan {
                let why = "the manifest owns its prefix and does not declare it";
                rows.push(("orphan".to_owned(), why.to_owned()));
            }
            (look.removed("-"), rows)
        }
        Action::DeleteGroup(deletion) => {
            let commits = count(deletion.commits.len(), "partition");
            let row = format!("what it committed for {commits}");
            (look.removed("-"), vec![("deletes".to_owned(), row)])
        }
        Action::Truncate(truncation) => (look.removed("-"), truncated(truncation)),
        // These have tables of their own.
        Action::Commit(_) | Action::Forget { .. } => return String::new(),
    };
    let width = rows.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let mut text = format!("{sign} {}{}\n", step.resource, risk(look, step.risk));
    for (key, row) in rows {
        let _ = writeln!(text, "    {key:width$}  {row}");
    }
    text
}

fn truncated(truncation: &Truncation) -> Vec<(String, String)> {
    let Truncation {
        log_start,
        log_end,
        before,
        bytes,
    } = truncation;
    let records = before - log_start;
    let size = bytes
        .map(|bytes| format!(" (about {})", about(bytes)))
        .unwrap_or_default();
    vec![
        ("log start".to_owned(), format!("{log_start} → {before}")),
        ("log end".to_owned(), log_end.to_string()),
        ("deletes".to_owned(), format!("{records} records{size}")),
    ]
}

fn risk(look: Look, risk: Risk) -> String {
    let words = match risk {
        Risk::None => return String::new(),
        Risk::Irreversible => "cannot be undone",
        Risk::RemapsKeys => "cannot be undone, and sends keys to other partitions",
        Risk::DeletesRecords => "deletes records, cannot be undone",
    };
    format!("  {}", look.changed(&format!("({words})")))
}

/// `before → after`; what is not set here is shown by what is in effect instead.
#[must_use]
pub fn change(change: &ConfigChange) -> String {
    let key = &change.key;
    let before = match (&change.before, &change.effective) {
        (Some(own), _) => config_value(key, own),
        (None, Some(effective)) => format!(
            "{} [{}]",
            config_value(key, &effective.value),
            source(effective.source)
        ),
        (None, None) => "(not set)".to_owned(),
    };
    let after = match &change.after {
        After::Set(text) => value(key, text),
        After::Secret(_) => "(sensitive)".to_owned(),
        After::Removed => "(unset)".to_owned(),
    };
    let inherits = match &change.inherits {
        Some(found) => format!(
            ", then {} [{}]",
            config_value(key, &found.value),
            source(found.source)
        ),
        None => String::new(),
    };
    let why = if change.pruned { ", not declared" } else { "" };
    format!("{before} → {after}{inherits}{why}")
}

/// A source in a word or two.
#[must_use]
pub fn source(source: ConfigSource) -> &'static str {
    match source {
        ConfigSource::DynamicTopicConfig => "topic",
        ConfigSource::DynamicBrokerConfig => "this broker",
        ConfigSource::DynamicDefaultBrokerConfig => "all brokers",
        ConfigSource::StaticBrokerConfig => "broker's file",
        ConfigSource::DefaultConfig => "default",
        ConfigSource::DynamicBrokerLoggerConfig => "logger",
        ConfigSource::Unknown => "unknown source",
    }
}

fn findings(look: Look, plan: &Plan, severity: Severity, heading: &str) -> String {
    let mut text = String::new();
    for (index, finding) in plan.findings_of(severity).enumerate() {
        if index == 0 {
            let heading = match severity {
                Severity::Refused | Severity::Unreadable => look.removed(heading),
                _ => look.changed(heading),
            };
            let _ = writeln!(text, "{heading}");
        }
        text += &one_finding(look, finding);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn one_finding(look: Look, finding: &Finding) -> String {
    let mut text = format!(
        "  {}: {} {}\n",
        finding.resource,
        escape(&finding.message),
        look.faint(&format!("[{}]", finding.code))
    );
    if let Some(place) = &finding.place {
        let _ = writeln!(text, "    at {}", escape(place));
    }
    if let Some(hint) = &finding.hint {
        let _ = writeln!(text, "    {} {}", look.added("hint:"), escape(hint));
    }
    text
}

/// Owned topics that nobody declares and the plan does not delete.
fn orphans(look: Look, plan: &Plan) -> String {
    let kept: Vec<String> = kept_orphans(plan).map(escape).collect();
    if kept.is_empty() {
        return String::new();
    }
    format!(
        "{}\n  {} {}\n    {} declare them, or pass `--delete-orphans` to plan their deletion\n\n",
        look.changed("orphans, under a prefix that the manifest owns and not declared:"),
        if kept.len() == 1 { "topic" } else { "topics" },
        shorten(&kept),
        look.added("hint:")
    )
}

/// The orphans that stay.
pub fn kept_orphans(plan: &Plan) -> impl Iterator<Item = &str> {
    let doomed: BTreeSet<&str> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.resource {
            Resource::Topic { name } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let names = plan.orphans.iter().map(String::as_str);
    names.filter(move |name| !doomed.contains(name))
}

fn left_alone(look: Look, left: &LeftAlone) -> String {
    if left.topics.is_empty() && left.overrides.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", look.faint("not in the manifest, left alone:"));
    for each in &left.overrides {
        let shown = each
            .value
            .as_deref()
            .map_or("(sensitive)".to_owned(), |text| value(&each.key, text));
        let _ = writeln!(text, "  {}: {} = {shown}", each.resource, each.key);
    }
    if !left.topics.is_empty() {
        let names: Vec<String> = left.topics.iter().map(|name| escape(name)).collect();
        let noun = if names.len() == 1 { "topic" } else { "topics" };
        let _ = writeln!(text, "  {noun} {}", shorten(&names));
    }
    text + "\n"
}

/// The first names of a long list, and how many more there are.
pub(super) fn shorten(names: &[String]) -> String {
    const SHOWN: usize = 10;
    if names.len() <= SHOWN {
        return names.join(", ");
    }
    format!(
        "{} and {} more",
        names[..SHOWN].join(", "),
        names.len() - SHOWN
    )
}

/// What a step does in a few words: `create topic a.b`.
#[must_use]
pub fn step_words(step: &Step) -> String {
    let verb = match &step.action {
        Action::Create { .. } => "create",
        Action::Grow { .. } => "add partitions to",
        Action::Configure { .. } => "configure",
        Action::Delete { .. } | Action::DeleteGroup(_) => "delete",
        Action::Commit(change) => {
            return format!("commit {} for {}", change.after.offset, step.resource);
        }
        Action::Forget { .. } => "forget the commit of",
        Action::Truncate(truncation) => {
            return format!(
                "delete records before {} of {}",
                truncation.before, step.resource
            );
        }
    };
    match &step.resource {
        Resource::Topic { name } => format!("{verb} topic {}", escape(name)),
        other => format!("{verb} {other}"),
    }
}
