//! A plan as a comment on a pull request: the summary first, details folded.
//!
//! GitHub refuses comments of more than 65,536 characters. In a longer one, each list is cut after
//! the same number of items and says how many are missing.

use std::fmt::Write as _;

use super::kinds::{self, Sign};
use super::plan::{kept_orphans, summary};
use super::text::{code, count, escape};
use crate::plan::{Action, Finding, Plan, Resource, Risk, Severity, Step};

/// The most characters of a comment: GitHub's limit, with room for a few words around it.
const LONGEST: usize = 65_000;

/// The plan, shortened to what a comment holds.
#[must_use]
pub fn plan(plan: &Plan) -> String {
    let lists = lists(plan);
    let longest = lists.iter().map(|list| list.items.len()).max();
    let most = longest.unwrap_or(0);
    let whole = comment(plan, &lists, most);
    if whole.chars().count() <= LONGEST {
        return whole;
    }
    // Finds the largest number of items that fits.
    let (mut fits, mut is_long) = (0, most);
    while fits + 1 < is_long {
        let tried = usize::midpoint(fits, is_long);
        if comment(plan, &lists, tried).chars().count() <= LONGEST {
            fits = tried;
        } else {
            is_long = tried;
        }
    }
    comment(plan, &lists, fits)
}

/// The comment with at most this many items of each list.
fn comment(plan: &Plan, lists: &[List], most: usize) -> String {
    let mut text = format!("### tonkafka {}\n\n", summary(plan));
    let _ = writeln!(text, "Cluster {}", code(&plan.cluster_id));
    if lists.iter().any(|list| list.items.len() > most) {
        let _ = writeln!(
            text,
            "\n**Shortened:** a comment holds 65,536 characters, so each list ends after {}. \
             `tonkafka plan` prints the whole plan.",
            count(most, "item")
        );
    }
    for list in lists {
        text += &list.text(most);
    }
    text
}

/// Items under a heading.
struct List {
    heading: String,
    form: Form,
    items: Vec<String>,
}

/// The form of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Items that are always visible.
    Open,
    /// Folded items.
    Folded,
    /// Folded rows of a table.
    Table,
}

impl List {
    fn new(heading: &str, form: Form, items: Vec<String>) -> Self {
        let heading = heading.to_owned();
        Self {
            heading,
            form,
            items,
        }
    }

    fn text(&self, most: usize) -> String {
        let (heading, number) = (&self.heading, self.items.len());
        if number == 0 {
            return String::new();
        }
        let mut body = self.items[..number.min(most)].concat();
        if let more @ 1.. = number.saturating_sub(most) {
            let (before, behind) = match self.form {
                Form::Open | Form::Folded => ("- ", ""),
                Form::Table => ("| ", " | | |"),
            };
            let _ = writeln!(body, "{before}… and {more} more{behind}");
        }
        let head = match self.form {
            Form::Open => return format!("\n**{heading}**\n\n{body}"),
            Form::Folded => "",
            Form::Table => "| what | | |\n|---|---|---|\n",
        };
        format!("\n<details><summary>{heading} ({number})</summary>\n\n{head}{body}\n</details>\n")
    }
}

fn lists(plan: &Plan) -> Vec<List> {
    let mut lists = Vec::new();
    for (severity, heading) in [
        (Severity::Refused, "Refused: nothing is applied"),
        (Severity::Unreadable, "Cannot be read: nothing is applied"),
        (Severity::Allowed, "Guards let through"),
    ] {
        lists.push(List::new(heading, Form::Open, findings(plan, severity)));
    }
    let mut risks = risks(plan);
    let more = risks.split_off(risks.len().min(RISKS_SHOWN));
    lists.push(List::new("Cannot be undone", Form::Open, risks));
    lists.push(List::new("More that cannot be undone", Form::Folded, more));
    for (heading, rows) in [
        ("To create", rows(plan, Sign::Added)),
        ("To change", rows(plan, Sign::Changed)),
        ("To delete", rows(plan, Sign::Removed)),
    ] {
        lists.push(List::new(heading, Form::Table, rows));
    }
    for (severity, heading) in [
        (Severity::CannotApply, "Cannot be applied"),
        (Severity::Note, "Notes"),
    ] {
        lists.push(List::new(heading, Form::Folded, findings(plan, severity)));
    }
    let heading = "Orphans: owned by prefix, not declared";
    lists.push(List::new(heading, Form::Folded, orphans(plan)));
    let heading = "In the manifest, left out by `--only`";
    let left_out = plan.left_out.iter();
    let left_out = left_out.map(|one| format!("- {}\n", name(one)));
    lists.push(List::new(heading, Form::Folded, left_out.collect()));
    let heading = "Not in the manifest, left alone";
    lists.push(List::new(heading, Form::Folded, left_alone(plan)));
    lists
}

/// Escapes text so that Markdown and HTML do not act on it.
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
        Resource::Acl(_) | Resource::Quota { .. } | Resource::User { .. } => {
            code(&resource.to_string())
        }
        other => other.to_string(),
    }
}

fn findings(plan: &Plan, severity: Severity) -> Vec<String> {
    plan.findings_of(severity).map(finding).collect()
}

fn finding(finding: &Finding) -> String {
    let hint = match &finding.hint {
        Some(hint) => format!(" ({})", plain(hint)),
        None => String::new(),
    };
    let place = match &finding.place {
        Some(place) => format!(" at {}", code(place)),
        None => String::new(),
    };
    format!(
        "- {}: {}{hint} {}{place}\n",
        name(&finding.resource),
        plain(&finding.message),
        code(&finding.code.to_string())
    )
}

/// How many steps that cannot be undone stand outside the folds.
const RISKS_SHOWN: usize = 10;

/// Steps that cannot be undone, with deletions of records first.
fn risks(plan: &Plan) -> Vec<String> {
    let mut steps: Vec<&Step> = plan.steps.iter().collect();
    steps.sort_by_key(|step| step.risk != Risk::DeletesRecords);
    steps
        .into_iter()
        .filter_map(|step| {
            let words = match step.risk {
                Risk::None => return None,
                Risk::Irreversible => "more partitions cannot be undone",
                Risk::RemapsKeys => "more partitions cannot be undone, and send keys elsewhere",
                Risk::DeletesRecords => match step.action {
                    Action::DeleteTopic(..) => "is deleted with all records",
                    _ => "records are dropped",
                },
            };
            Some(format!("- {} {words}\n", name(&step.resource())))
        })
        .collect()
}

/// Table rows of the steps with this sign.
fn rows(plan: &Plan, sign: Sign) -> Vec<String> {
    let steps = plan.steps.iter().filter(|step| kinds::sign(step) == sign);
    let rows = steps.flat_map(|step| {
        let cells = kinds::cells(step).into_iter();
        cells.map(|[what, how]| {
            format!(
                "|{}|{}|{}|\n",
                cell(&name(&step.resource())),
                cell(&what),
                cell(&how)
            )
        })
    });
    rows.collect()
}

fn cell(text: &str) -> String {
    match text {
        "" => " ".to_owned(),
        text => format!(" {text} "),
    }
}

/// Undeclared topics under owned prefixes that the plan does not delete.
fn orphans(plan: &Plan) -> Vec<String> {
    kept_orphans(plan)
        .map(|topic| format!("- {}\n", code(topic)))
        .collect()
}

fn left_alone(plan: &Plan) -> Vec<String> {
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
    overrides.chain(topics).collect()
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
