//! How the observed state differs from what a step was planned on.

use super::target::TopicTarget;
use crate::model::group::{Commits, DescribedGroup};
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::model::topic::Topic;

/// One fact that differs from the plan, at the step's target or at `group`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub(super) group: Option<String>,
    pub(super) what: String,
    pub(super) planned: String,
    pub(super) found: String,
}

impl Difference {
    pub(super) fn new(what: &str, planned: &str, found: &str) -> Self {
        Self {
            group: None,
            what: what.to_owned(),
            planned: planned.to_owned(),
            found: found.to_owned(),
        }
    }

    /// A fact that was visible when the plan was made, and is not now.
    pub(super) fn unseen(what: &str) -> Self {
        Self::new(what, "visible", "not visible")
    }

    fn of_group(self, id: &str) -> Self {
        let group = Some(id.to_owned());
        Self { group, ..self }
    }
}

/// The planned topic, as observed.
///
/// # Errors
/// It is gone, was replaced by one of the same name, or cannot be seen.
pub(super) fn topic<'a>(
    planned: &TopicTarget,
    observed: &'a Observed,
) -> Result<&'a Topic, Vec<Difference>> {
    let difference = match observed.topics.get(&planned.name) {
        Some(Seen::Value(topic)) => match planned.id {
            Some(id) if id != topic.id => {
                Difference::new("the topic's id", &id.to_string(), &topic.id.to_string())
            }
            _ => return Ok(topic),
        },
        Some(Seen::Absent) => Difference::new("the topic", "there", "absent"),
        _ => Difference::unseen("the topic"),
    };
    Err(vec![difference])
}

/// The difference if the topic is no longer the planned one.
pub(super) fn id(planned: &TopicTarget, observed: &Observed) -> Vec<Difference> {
    topic(planned, observed).err().unwrap_or_default()
}

/// The difference if the group's members prevent a write. An absent group has no members.
pub(super) fn members(
    id: &str,
    is_fit: impl Fn(&DescribedGroup) -> bool,
    observed: &Observed,
) -> Vec<Difference> {
    match observed.groups.get(id) {
        Some(Seen::Absent) => Vec::new(),
        Some(Seen::Value(group)) if is_fit(group) => Vec::new(),
        Some(Seen::Value(group)) => {
            let found = match group.members.len() {
                0 => group.state.to_string(),
                _ => group.member_names(),
            };
            vec![Difference::new("membership", "none", &found).of_group(id)]
        }
        _ => vec![Difference::unseen("the group")],
    }
}

/// The differences that `compare` finds in a group's commits.
pub(super) fn commits(
    id: &str,
    observed: &Observed,
    compare: impl FnOnce(&Commits) -> Vec<Difference>,
) -> Vec<Difference> {
    let none = Commits::new();
    let commits = match observed.commits.get(id) {
        Some(Seen::Value(commits)) => commits,
        Some(Seen::Absent) => &none,
        _ => return vec![Difference::unseen("its commits")],
    };
    let mut differences = compare(commits);
    let group = observed.groups.get(id).and_then(Seen::value);
    if !differences.is_empty() && group.is_some_and(DescribedGroup::is_empty) {
        // A consumer that assigns partitions by itself commits without being a member.
        let seen = Difference::new("a reader that is no member", "not seen", "likely");
        differences.push(seen.of_group(id));
    }
    differences
}
