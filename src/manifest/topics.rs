//! The section `topics`.

use super::fields::{Fields, fields};
use super::keys::Of;
use super::layer::{State, Topic, Topics};
use super::node::{Kind, Node};
use super::problem::{Problem, nearest, quote};
use super::problems::Problems;
use super::spot::{Placed, Spot};
use super::{merge, settings, value};
use crate::manifest::limits::MOST_PARTITIONS;
use crate::manifest::limits::MOST_REPLICAS;
use crate::model::topic::{IllegalName, check_name, is_internal_name};

pub(super) const FIELDS: [&str; 2] = ["defaults", "items"];
pub(super) const DEFAULTS: [&str; 2] = ["replicas", "configs"];
pub(super) const TOPIC: [&str; 8] = [
    "name",
    "partitions",
    "replicas",
    "description",
    "configs",
    "schema",
    "keyed",
    "state",
];
/// The fields that a topic with `state: absent` may have.
const ABSENT: [&str; 3] = ["name", "description", "state"];

pub(super) fn read(node: &Node<'_>, problems: &mut Problems) -> Topics {
    let mut topics = Topics::default();
    let Some(fields) = fields(node, "`topics`", &FIELDS, problems) else {
        return topics;
    };
    if let Some(node) = fields.get("defaults") {
        defaults(node, &mut topics, problems);
    }
    if let Some(node) = fields.get("items") {
        let hint = "write `- name: …` for each topic, or `[]` for none";
        for item in value::items(node, "`items`", hint, problems) {
            if problems.is_full() {
                break;
            }
            if let Some(topic) = topic(item, problems) {
                merge::add_topic(&mut topics.items, topic, problems);
            }
        }
    }
    topics
}

fn defaults(node: &Node<'_>, topics: &mut Topics, problems: &mut Problems) {
    let before = problems.count();
    if let Some(fields) = fields(node, "`defaults`", &DEFAULTS, problems) {
        topics.replicas = replicas(&fields, problems);
        if let Some(node) = fields.get("configs") {
            topics.configs = settings::read(node, "`configs`", Of::Topic, problems);
        }
    }
    topics.doubtful = problems.count() > before;
}

fn topic(item: &Node<'_>, problems: &mut Problems) -> Option<Topic> {
    if let Kind::Scalar(_) = &item.kind {
        let message = format!("a topic must be a mapping, not {}", value::describe(item));
        problems.push(Problem::at(item.at, message).hint("write `- name: …` and its `partitions`"));
        return None;
    }
    let before = problems.count();
    let fields = fields(item, "a topic", &TOPIC, problems)?;
    let text = |name, problems: &mut Problems| {
        let node = fields.get(name)?;
        value::text(node, name, problems)
    };
    let state = state(&fields, problems);
    check_internal(&fields, state.as_ref(), problems);
    check_absent(&fields, state.as_ref(), problems);
    let bad_state = state.is_none() && fields.get("state").is_some();
    let partitions = partitions(&fields, bad_state, problems);
    let replicas = replicas(&fields, problems);
    let configs = fields
        .get("configs")
        .map(|node| settings::read(node, "`configs`", Of::Topic, problems));
    let keyed = fields
        .get("keyed")
        .and_then(|node| value::boolean(node, "keyed", problems));
    Some(Topic {
        description: text("description", problems),
        schema: text("schema", problems),
        name: name(&fields, problems)?,
        configs: configs.unwrap_or_default(),
        state,
        partitions,
        replicas,
        keyed,
        doubtful: problems.count() > before,
    })
}

fn name(fields: &Fields<'_, '_>, problems: &mut Problems) -> Option<Placed<String>> {
    let Some(node) = fields.get("name") else {
        if !fields.is_misspelt("name") {
            let problem = Problem::at(fields.at, "a topic without a `name`");
            problems.push(problem.hint("add `name: …`"));
        }
        return None;
    };
    if value::is_blank(node) {
        problems.push(illegal_name(node.at, &IllegalName::Empty));
        return None;
    }
    let name = value::text(node, "name", problems)?;
    if let Err(illegal) = check_name(&name.value) {
        problems.push(illegal_name(name.at, &illegal));
    }
    Some(name)
}

fn illegal_name(at: Spot, illegal: &IllegalName) -> Problem {
    const EXAMPLE: &str = "give it a name such as `user.activity`";
    match illegal {
        IllegalName::Character(c) => {
            let shown = quote(c.encode_utf8(&mut [0; 4]));
            Problem::at(at, format!("{shown} is not allowed in a topic's name"))
                .hint("use letters from `a` to `z`, digits, `.`, `_` and `-`")
        }
        IllegalName::Long(_) => Problem::at(at, illegal.to_string()).hint("choose a shorter name"),
        IllegalName::Empty | IllegalName::Dots => {
            Problem::at(at, illegal.to_string()).hint(EXAMPLE)
        }
    }
}

pub(super) fn state(fields: &Fields<'_, '_>, problems: &mut Problems) -> Option<Placed<State>> {
    let node = fields.get("state")?;
    let text = value::text(node, "state", problems)?;
    let state = match text.value.as_str() {
        "present" => State::Present,
        "absent" => State::Absent,
        other => {
            problems.push(unknown_state(node, other));
            return None;
        }
    };
    Some(Placed::new(state, text.at))
}

fn unknown_state(node: &Node<'_>, text: &str) -> Problem {
    let hint = match nearest(text, ["present", "absent"]) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "write `absent` only to delete it".to_owned(),
    };
    let shown = quote(node.reference().unwrap_or(text));
    let message = format!("`state` must be `present` or `absent`, not {shown}");
    Problem::at(node.at, message).hint(hint)
}

/// Kafka's own topics may have settings (a guard asks about them), but may not be deleted.
fn check_internal(fields: &Fields<'_, '_>, state: Option<&Placed<State>>, problems: &mut Problems) {
    let Some(node) = fields.get("name") else {
        return;
    };
    if let Kind::Scalar(scalar) = &node.kind
        && is_internal_name(&scalar.text)
        && state.is_some_and(|state| state.value == State::Absent)
    {
        let message = format!(
            "{} is Kafka's own topic and is never deleted",
            quote(&scalar.text)
        );
        let problem = Problem::at(node.at, message);
        problems.push(problem.hint("remove it: Kafka looks after it itself"));
    }
}

fn check_absent(fields: &Fields<'_, '_>, state: Option<&Placed<State>>, problems: &mut Problems) {
    let Some(state) = state.filter(|state| state.value == State::Absent) else {
        return;
    };
    for entry in fields.entries() {
        let key = &*entry.key.value;
        if TOPIC.contains(&key) && !ABSENT.contains(&key) {
            let message = format!("`{key}` means nothing for a topic that is to be deleted");
            problems.push(
                Problem::at(entry.key.at, message)
                    .related("`state: absent`", state.at)
                    .hint(format!(
                        "remove `{key}`, or `state: absent` to keep the topic"
                    )),
            );
        }
    }
}

/// A count that cannot be read, is misspelt, or may not be needed does not count as missing.
fn partitions(
    fields: &Fields<'_, '_>,
    bad_state: bool,
    problems: &mut Problems,
) -> Option<Placed<i32>> {
    let stand_in = Placed::new(1, fields.at);
    let Some(node) = fields.get("partitions") else {
        let excused = fields.is_misspelt("partitions") || fields.is_misspelt("state") || bad_state;
        return excused.then_some(stand_in);
    };
    value::integer(node, "partitions", &(1..=MOST_PARTITIONS), problems).or(Some(stand_in))
}

fn replicas(fields: &Fields<'_, '_>, problems: &mut Problems) -> Option<Placed<i16>> {
    let node = fields.get("replicas")?;
    value::integer(node, "replicas", &(1..=MOST_REPLICAS), problems)
}
