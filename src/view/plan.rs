//! A plan as text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::style::Look;
use super::text::{config_value, count, escape, shorten, value};
use super::{offsets, records};
use crate::model::config::ConfigSource;
use crate::plan::access::QuotaChange;
use crate::plan::{
    Action, After, ConfigChange, Finding, GroupDeletion, LeftAlone, Plan, Reason, Resource, Risk,
    Severity, Step,
};

/// The whole plan: steps, findings, what is left alone, and one line that sums it up.
#[must_use]
pub fn plan(look: Look, plan: &Plan) -> String {
    let mut text = String::new();
    let has_table = |step: &Step| offsets::is_shown(step) || records::is_shown(step);
    for each in plan.steps.iter().filter(|step| !has_table(step)) {
        text += &step(look, each);
    }
    text += &offsets::tables(look, plan);
    text += &records::tables(look, plan);
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
    text + &orphans(look, plan)
        + &left_out(look, &plan.left_out)
        + &left_alone(look, &plan.left_alone)
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
    let change = of(|action| matches!(action, Action::Grow { .. } | Action::Configure { .. }));
    let delete = of(|action| matches!(action, Action::Delete { .. }));
    let groups = of(|action| matches!(action, Action::DeleteGroup(_)));
    let mut parts = Vec::new();
    if create + change + delete > 0 {
        let size = records::deleted(plan).map(|size| format!(" with {size}"));
        let size = size.unwrap_or_default();
        parts.push(format!(
            "{create} to create, {change} to change, {delete} to delete{size}"
        ));
    }
    if groups > 0 {
        parts.push(format!("{} to delete", count(groups, "group")));
    }
    parts.extend(access_summary(plan));
    parts.extend(offsets::summary(plan));
    parts.extend(records::summary(plan));
    let mut line = match parts.as_slice() {
        [] => "plan: nothing to do".to_owned(),
        parts => format!("plan: {}", parts.join(", ")),
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

/// `2 ACLs to create`, `1 ACL to delete`, `quotas of 3 entities to change`.
fn access_summary(plan: &Plan) -> Vec<String> {
    let of = |wanted: fn(&Action) -> bool| {
        let steps = plan.steps.iter();
        steps.filter(|step| wanted(&step.action)).count()
    };
    let create = of(|action| matches!(action, Action::CreateAcl));
    let delete = of(|action| matches!(action, Action::DeleteAcl));
    let quotas = of(|action| matches!(action, Action::AlterQuota { .. }));
    let mut parts = Vec::new();
    if create > 0 {
        parts.push(format!("{} to create", count(create, "ACL")));
    }
    if delete > 0 {
        parts.push(format!("{} to delete", count(delete, "ACL")));
    }
    if quotas > 0 {
        let entities = if quotas == 1 { "entity" } else { "entities" };
        parts.push(format!("quotas of {quotas} {entities} to change"));
    }
    parts
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
        Action::Delete {
            partitions,
            records,
            bytes,
        } => {
            let row = count(usize::try_from(*partitions).unwrap_or(0), "partition");
            let size = match step.reason {
                Reason::Requested => records::size(*records, *bytes),
                _ => "all records".to_owned(),
            };
            let mut rows = vec![("deletes".to_owned(), format!("{row} with {size}"))];
            rows.extend(topic_id(step));
            if step.reason == Reason::Orphan {
                let why = "the manifest owns its prefix and does not declare it";
                rows.push(("orphan".to_owned(), why.to_owned()));
            }
            (look.removed("-"), rows)
        }
        Action::DeleteGroup(deletion) => (look.removed("-"), group_deletion(deletion)),
        Action::CreateAcl => (look.added("+"), Vec::new()),
        Action::DeleteAcl => (look.removed("-"), Vec::new()),
        Action::AlterQuota { changes } => (look.changed("~"), quota_rows(changes)),
        // These have tables of their own.
        Action::Commit(_) | Action::Forget { .. } | Action::Truncate(_) => return String::new(),
    };
    let width = rows.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let mut text = format!("{sign} {}{}\n", step.resource, risk(look, step.risk));
    for (key, row) in rows {
        let _ = writeln!(text, "    {key:width$}  {row}");
    }
    text
}

fn quota_rows(changes: &[QuotaChange]) -> Vec<(String, String)> {
    let changes = changes.iter();
    let rows = changes.map(|one| (escape(&one.key), quota_change(one)));
    rows.collect()
}

/// `before → after`.
#[must_use]
pub fn quota_change(change: &QuotaChange) -> String {
    let before = change.before.map(|value| value.to_string());
    let after = change.after.map(|value| value.to_string());
    format!(
        "{} → {}",
        before.as_deref().unwrap_or("(not set)"),
        after.as_deref().unwrap_or("(unset)")
    )
}

/// The id of a topic that was named: another one of this name is not deleted.
fn topic_id(step: &Step) -> Option<(String, String)> {
    let id = step.topic_id.filter(|_| step.reason == Reason::Requested)?;
    Some(("topic id".to_owned(), id.to_string()))
}

/// The type of a group, and what goes with it.
fn group_deletion(deletion: &GroupDeletion) -> Vec<(String, String)> {
    let commits = &deletion.commits;
    let mut rows = vec![("type".to_owned(), escape(&deletion.group_type.to_string()))];
    if commits.is_empty() {
        rows.push(("commits".to_owned(), "none".to_owned()));
        return rows;
    }
    let topics: BTreeSet<&str> = commits.iter().map(|one| one.topic.as_str()).collect();
    let topics: Vec<String> = topics.into_iter().map(escape).collect();
    let partitions = count(commits.len(), "partition");
    let row = format!("of {partitions}: {}", shorten(&topics));
    rows.push(("commits".to_owned(), row));
    let known: i64 = commits.iter().filter_map(|one| one.lag).sum();
    let unknown = commits.iter().filter(|one| one.lag.is_none()).count();
    let lag = match unknown {
        0 => known.to_string(),
        some => format!("{known}, and unknown for {}", count(some, "partition")),
    };
    rows.push(("lag".to_owned(), lag));
    rows
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
    let kept = topic_names(kept_orphans(plan));
    if kept.is_empty() {
        return kept;
    }
    format!(
        "{}\n{kept}    {} declare them, or pass `--delete-orphans` to plan their deletion\n\n",
        look.changed("orphans, under a prefix that the manifest owns and not declared:"),
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

/// What the manifest declares beside what the plan is about.
fn left_out(look: Look, left: &[Resource]) -> String {
    if left.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", look.faint("in the manifest, left out by `--only`:"));
    let (topics, brokers): (Vec<&Resource>, Vec<&Resource>) = left
        .iter()
        .partition(|one| matches!(one, Resource::Topic { .. }));
    if !brokers.is_empty() {
        let names: Vec<String> = brokers.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "  settings of {}", shorten(&names));
    }
    let names = topics.iter().filter_map(|topic| topic.topic_name());
    text + &topic_names(names) + "\n"
}

/// `  topics a, b and 3 more`, as a line.
fn topic_names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(escape).collect();
    match names.len() {
        0 => String::new(),
        1 => format!("  topic {}\n", names[0]),
        _ => format!("  topics {}\n", shorten(&names)),
    }
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
    text + &topic_names(left.topics.iter().map(String::as_str)) + "\n"
}

/// What a step does in a few words: `create topic a.b`.
#[must_use]
pub fn step_words(step: &Step) -> String {
    let verb = match &step.action {
        Action::Create { .. } | Action::CreateAcl => "create",
        Action::Grow { .. } => "add partitions to",
        Action::Configure { .. } => "configure",
        Action::Delete { .. } | Action::DeleteGroup(_) | Action::DeleteAcl => "delete",
        Action::AlterQuota { .. } => "change",
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
