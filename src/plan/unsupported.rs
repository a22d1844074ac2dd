//! Settings that depend on the brokers' version of Kafka.
//!
//! A declared setting that the brokers would refuse stops the plan. One that is copied from another cluster
//! or a backup is left out, with a finding.

use super::Plan;
use super::finding::{Code, Finding};
use super::kinds::{Action, After, AlterConfigs, CreateTopic};
use super::resource::Resource;
use super::step::Step;
use crate::model::authorizer::knows_ranges;
use crate::model::catalogue::{self, Line, Objection, Scope, is_of_one_line, objection};
use crate::model::escape::escape;
use crate::model::observed::Observed;

/// Whether any of a topic's settings is accepted by some versions of Kafka only.
pub fn depend_on_version<'a>(settings: impl IntoIterator<Item = (&'a String, &'a String)>) -> bool {
    let mut settings = settings.into_iter();
    settings.any(|(key, value)| is_of_one_line(Scope::Topic, key, value))
}

/// Whether any setting of a step is accepted by some versions of Kafka only.
pub(super) fn depends_on_version(step: &Step) -> bool {
    if range(step).is_some() {
        return true;
    }
    let scope = scope(&step.resource());
    let mut settings = settings(step).into_iter();
    settings.any(|(key, value)| is_of_one_line(scope, key, value))
}

/// Refuses settings of a plan that the brokers' version does not accept.
pub(super) fn findings(plan: &Plan, observed: &Observed) -> Vec<Finding> {
    let mut ranges = Vec::new();
    if knows_ranges(&observed.api_versions) == Some(false) {
        ranges.extend(plan.steps.iter().filter_map(range_refused));
    }
    let Some(line) = observed.line() else {
        return ranges;
    };
    let steps = plan.steps.iter();
    let found = steps.flat_map(|step| {
        let settings = settings(step).into_iter();
        settings.filter_map(move |(key, value)| {
            let objection = objection(scope(&step.resource()), key, value, line)?;
            let message = words(&objection, key, value, line);
            let finding = Finding::refused(Code::UnsupportedSetting, step.resource(), message);
            Some(finding.hint(match objection {
                Objection::NoKey | Objection::NotYet(_) => "take it out of the manifest",
                Objection::Value(_) => "write a value that they take",
            }))
        })
    });
    ranges.into_iter().chain(found).collect()
}

/// The range of addresses in a new ACL.
fn range(step: &Step) -> Option<&str> {
    match &step.action {
        Action::CreateAcl(acl, _) => Some(acl.host.as_str()).filter(|host| host.contains('/')),
        _ => None,
    }
}

fn range_refused(step: &Step) -> Option<Finding> {
    let message = format!(
        "the brokers store `{}` as a text that matches no client: ranges of addresses came with Kafka 4.4",
        escape(range(step)?)
    );
    let finding = Finding::refused(Code::UnsupportedSetting, step.resource(), message);
    Some(finding.hint("write single addresses"))
}

/// Why a setting cannot be copied to brokers of version `line`; none when it can, or the version is
/// unknown.
pub(super) fn left_out(
    resource: &Resource,
    key: &str,
    value: &str,
    line: Option<Line>,
) -> Option<String> {
    let line = line?;
    let objection = objection(scope(resource), key, value, line)?;
    Some(format!("left out: {}", words(&objection, key, value, line)))
}

/// Whether a topic's setting is copied to brokers of version `line`, and a note about it, if any.
pub(super) fn brought_over(
    resource: &Resource,
    (key, value): (&str, &str),
    line: Option<Line>,
) -> (bool, Option<Finding>) {
    let note = |code, message| Finding::note(code, resource.clone(), message);
    if let Some(message) = left_out(resource, key, value, line) {
        return (false, Some(note(Code::SettingLeftOut, message)));
    }
    if catalogue::key(scope(resource), key).is_some() || catalogue::vendor(key).is_some() {
        return (true, None);
    }
    let message =
        format!("`{key}` is not in tonkafka's catalogue; brought over, and the brokers judge it");
    (true, Some(note(Code::UncataloguedKey, message)))
}

fn words(objection: &Objection, key: &str, value: &str, line: Line) -> String {
    let words = objection.words(key, &line.to_string());
    match objection {
        Objection::NoKey => words,
        Objection::NotYet(since) => {
            format!("the brokers have no key `{key}`, which came with Kafka {since}")
        }
        Objection::Value(_) => format!("{words}, not {value}"),
    }
}

fn scope(resource: &Resource) -> Scope {
    match resource {
        Resource::Topic { .. } => Scope::Topic,
        _ => Scope::Broker,
    }
}

/// The settings of a step, without secrets.
fn settings(step: &Step) -> Vec<(&str, &str)> {
    match &step.action {
        Action::CreateTopic(_, CreateTopic { configs, .. }) => {
            let configs = configs.iter();
            configs.map(|(key, value)| (&**key, &**value)).collect()
        }
        Action::AlterConfigs(_, AlterConfigs { changes }) => {
            let set = changes.iter().filter_map(|change| match &change.after {
                After::Set(value) => Some((&*change.key, &**value)),
                After::Secret(_) | After::Removed => None,
            });
            set.collect()
        }
        _ => Vec::new(),
    }
}
