//! A plan as text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::style::Look;
use super::text::{escape, shorten, value};
use super::{kinds, offsets, records};
use crate::plan::{Action, Finding, LeftAlone, Plan, Resource, Risk, Severity, Step};

/// The whole plan: steps, findings, what is left alone, and the summary.
#[must_use]
pub fn plan(look: Look, plan: &Plan) -> String {
    let mut text = String::new();
    text.extend(plan.steps.iter().filter_map(|one| step(look, one)));
    text += &offsets::tables(look, plan);
    text += &records::tables(look, plan);
    if !text.is_empty() {
        text += "\n";
    }
    text += &remarks(look, plan);
    text += &look.strong(&summary(plan));
    text + "\n"
}

/// Findings, and what is left alone; empty if there is nothing to say.
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

/// `plan: 2 to create, 1 to change, 0 to delete`, and the sums of other kinds.
#[must_use]
pub fn summary(plan: &Plan) -> String {
    let of = |wanted: fn(&Action) -> bool| {
        let actions = plan.steps.iter().map(|step| &step.action);
        actions.filter(|action| wanted(action)).count()
    };
    let create = of(|action| matches!(action, Action::CreateTopic(..)));
    let change = of(|action| {
        matches!(
            action,
            Action::CreatePartitions(..) | Action::AlterConfigs(..)
        )
    });
    let delete = of(|action| matches!(action, Action::DeleteTopic(..)));
    let mut parts = Vec::new();
    if create + change + delete > 0 {
        let size = records::deleted(plan).map(|size| format!(" with {size}"));
        let size = size.unwrap_or_default();
        parts.push(format!(
            "{create} to create, {change} to change, {delete} to delete{size}"
        ));
    }
    parts.extend(kinds::sums(plan));
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

/// A step with its details below it; none if a table shows it.
fn step(look: Look, step: &Step) -> Option<String> {
    let rows = kinds::rows(step)?;
    let width = rows.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let (mark, risk) = (kinds::sign(step).mark(look), risk(look, step.risk));
    let mut text = format!("{mark} {}{risk}\n", step.resource());
    for (key, row) in rows {
        let _ = writeln!(text, "    {key:width$}  {row}");
    }
    Some(text)
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

/// Undeclared topics under owned prefixes that the plan does not delete.
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

/// The names of orphans that the plan does not delete.
pub fn kept_orphans(plan: &Plan) -> impl Iterator<Item = &str> {
    let doomed: BTreeSet<&str> = plan
        .steps
        .iter()
        .filter_map(|step| Some(step.action.topic()?.name.as_str()))
        .collect();
    let names = plan.orphans.iter().map(String::as_str);
    names.filter(move |name| !doomed.contains(name))
}

/// Parts of the manifest that `--only` left out.
fn left_out(look: Look, left: &[Resource]) -> String {
    if left.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", look.faint("in the manifest, left out by `--only`:"));
    let shown_as = |is_meant: fn(&Resource) -> bool| -> Vec<String> {
        let meant = left.iter().filter(|one| is_meant(one));
        meant.map(ToString::to_string).collect()
    };
    let brokers = shown_as(|one| matches!(one, Resource::BrokerDefaults | Resource::Broker { .. }));
    if !brokers.is_empty() {
        let _ = writeln!(text, "  settings of {}", shorten(&brokers));
    }
    let quotas = shown_as(|one| matches!(one, Resource::Quota { .. }));
    if !quotas.is_empty() {
        let _ = writeln!(text, "  {}", shorten(&quotas));
    }
    let acls = shown_as(|one| matches!(one, Resource::Acl(_)));
    if !acls.is_empty() {
        let _ = writeln!(text, "  {}", super::text::count(acls.len(), "ACL"));
    }
    let names = left.iter().filter_map(Resource::topic_name);
    text + &topic_names(names) + "\n"
}

/// `  topics a, b and 3 more` as a line.
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
