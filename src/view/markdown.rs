//! A plan as a comment on a pull request: what it comes to first, the details folded.

use std::fmt::Write as _;

use super::plan::{change, kept_orphans, summary};
use super::text::{count, escape, value};
use crate::plan::{Action, Finding, Plan, Reason, Resource, Risk, Severity, Step};

/// The whole plan.
#[must_use]
pub fn plan(plan: &Plan) -> String {
    let mut text = format!("### tonkafka {}\n\n", summary(plan));
    let _ = writeln!(text, "Cluster {}", code(&plan.cluster_id));
    for (severity, heading) in [
        (Severity::Refused, "Refused: nothing is applied"),
        (Severity::Unreadable, "Cannot be read: nothing is applied"),
        (Severity::Allowed, "Guards let through"),
    ] {
        text += &findings(plan, severity, heading);
    }
    text += &risks(plan);
    for (heading, rows) in [
        ("To create", rows(plan, &created)),
        ("To change", rows(plan, &changed)),
        ("To delete", rows(plan, &deleted)),
    ] {
        text += &folded(heading, &rows);
    }
    for (severity, heading) in [
        (Severity::CannotApply, "Cannot be applied"),
        (Severity::Note, "Notes"),
    ] {
        text += &folded_findings(plan, severity, heading);
    }
    text + &orphans(plan) + &left_alone(plan)
}

/// Text as code, whatever it holds.
fn code(text: &str) -> String {
    let safe = escape(text).replace('|', "\\|");
    let longest = safe.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 {
        format!("{fence}{safe}{fence}")
    } else {
        format!("{fence} {safe} {fence}")
    }
}

/// Text as text, with nothing in it that Markdown or HTML would act on.
fn plain(text: &str) -> String {
    escape(text).chars().fold(String::new(), |mut safe, c| {
        match c {
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '|' | '*' | '_' | '[' | ']' | '#' | '@' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
        safe
    })
}

fn name(resource: &Resource) -> String {
    match resource {
        Resource::Topic { name } => code(name),
        other => other.to_string(),
    }
}

fn findings(plan: &Plan, severity: Severity, heading: &str) -> String {
    let items: Vec<String> = plan.findings_of(severity).map(finding).collect();
    if items.is_empty() {
        return String::new();
    }
    format!("\n**{heading}**\n\n{}", items.concat())
}

fn finding(finding: &Finding) -> String {
    let hint = match &finding.hint {
        Some(hint) => format!(" ({})", plain(hint)),
        None => String::new(),
    };
    format!(
        "- {}: {}{hint} {}\n",
        name(&finding.resource),
        plain(&finding.message),
        code(&finding.code.to_string())
    )
}

fn folded_findings(plan: &Plan, severity: Severity, heading: &str) -> String {
    let items: Vec<String> = plan.findings_of(severity).map(finding).collect();
    if items.is_empty() {
        return String::new();
    }
    details(heading, items.len(), &items.concat())
}

fn details(heading: &str, number: usize, body: &str) -> String {
    format!("\n<details><summary>{heading} ({number})</summary>\n\n{body}\n</details>\n")
}

/// How much of what cannot be undone stands outside the folds.
const RISKS_SHOWN: usize = 10;

/// What cannot be undone stands outside the folds: records that go first, and the rest as far as it can
/// be read at a glance.
fn risks(plan: &Plan) -> String {
    let mut steps: Vec<&Step> = plan.steps.iter().collect();
    steps.sort_by_key(|step| step.risk != Risk::DeletesRecords);
    let items: Vec<String> = steps
        .into_iter()
        .filter_map(|step| {
            let words = match step.risk {
                Risk::None => return None,
                Risk::Irreversible => "more partitions cannot be undone",
                Risk::RemapsKeys => "more partitions cannot be undone, and send keys elsewhere",
                Risk::DeletesRecords => match step.action {
                    Action::Delete { .. } => "is deleted with all records",
                    _ => "records are dropped",
                },
            };
            Some(format!("- {} {words}\n", name(&step.resource)))
        })
        .collect();
    if items.is_empty() {
        return String::new();
    }
    let (shown, more) = items.split_at(items.len().min(RISKS_SHOWN));
    let mut text = format!("\n**Cannot be undone**\n\n{}", shown.concat());
    if !more.is_empty() {
        text += &details("More that cannot be undone", more.len(), &more.concat());
    }
    text
}

fn rows(plan: &Plan, row: &dyn Fn(&Step) -> Vec<String>) -> Vec<String> {
    plan.steps.iter().flat_map(row).collect()
}

fn created(step: &Step) -> Vec<String> {
    let Action::Create {
        partitions,
        replicas,
        configs,
    } = &step.action
    else {
        return Vec::new();
    };
    let factor = replicas.map_or("broker's default".to_owned(), |factor| factor.to_string());
    let settings: Vec<String> = configs
        .iter()
        .map(|(key, text)| code(&format!("{key} = {}", value(key, text))))
        .collect();
    let partitions = count(usize::try_from(*partitions).unwrap_or(0), "partition");
    vec![format!(
        "| {} | {partitions}, replication factor {factor} | {} |\n",
        name(&step.resource),
        settings.join("<br>")
    )]
}

fn changed(step: &Step) -> Vec<String> {
    match &step.action {
        Action::Grow { before, after, .. } => vec![format!(
            "| {} | partitions | {before} → {after} |\n",
            name(&step.resource)
        )],
        Action::Configure { changes } => changes
            .iter()
            .map(|one| {
                let resource = name(&step.resource);
                format!(
                    "| {resource} | {} | {} |\n",
                    code(&one.key),
                    code(&change(one))
                )
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn deleted(step: &Step) -> Vec<String> {
    match &step.action {
        Action::Delete { partitions, .. } => {
            let partitions = count(usize::try_from(*partitions).unwrap_or(0), "partition");
            let why = match step.reason {
                Reason::Orphan => "all records; an orphan",
                _ => "all records",
            };
            vec![format!(
                "| {} | {partitions} | {why} |\n",
                name(&step.resource)
            )]
        }
        _ => Vec::new(),
    }
}

fn folded(heading: &str, rows: &[String]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let table = format!("| what | | |\n|---|---|---|\n{}", rows.concat());
    details(heading, rows.len(), &table)
}

/// Owned topics that nobody declares and the plan does not delete.
fn orphans(plan: &Plan) -> String {
    let items: Vec<String> = kept_orphans(plan)
        .map(|topic| format!("- {}\n", code(topic)))
        .collect();
    if items.is_empty() {
        return String::new();
    }
    let heading = "Orphans: owned by prefix, not declared";
    details(heading, items.len(), &items.concat())
}

fn left_alone(plan: &Plan) -> String {
    let left = &plan.left_alone;
    let overrides = left.overrides.iter().map(|each| {
        let shown = each.value.as_deref().unwrap_or("(sensitive)");
        let setting = code(&format!("{} = {shown}", each.key));
        format!("- {}: {setting}\n", name(&each.resource))
    });
    let topics = left
        .topics
        .iter()
        .map(|topic| format!("- {}\n", code(topic)));
    let items: Vec<String> = overrides.chain(topics).collect();
    if items.is_empty() {
        return String::new();
    }
    details(
        "Not in the manifest, left alone",
        items.len(),
        &items.concat(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_stays_text() {
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(plain("<b> @all a_b"), "&lt;b> \\@all a\\_b");
    }
}
