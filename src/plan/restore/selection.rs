//! Which parts of a backup are restored.

use std::collections::BTreeSet;

use crate::model::backup::{Backup, Concerns, Omission, Part};
use crate::model::broker::BrokerId;

/// A selection of a backup's content.
pub struct Selection {
    /// The selected kinds of content.
    pub parts: BTreeSet<Part>,
    /// The selected names among them.
    pub names: SelectedNames,
}

/// Which topics, groups and brokers are selected.
pub enum SelectedNames {
    /// All.
    All,
    /// Topics and groups whose name matches; parts without such names are left out.
    Matching(Box<dyn Fn(&str) -> bool + Send + Sync>),
    /// What a change was about.
    Concerned(Concerns),
}

impl Selection {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self {
            parts: Part::ALL.into(),
            names: SelectedNames::All,
        }
    }

    /// What can be rolled back of a change. Commits are not, because consumers move them on.
    #[must_use]
    pub fn concerned(concerns: Concerns) -> Self {
        let mut parts: BTreeSet<Part> = Part::ALL.into();
        parts.remove(&Part::Groups);
        Self {
            parts,
            names: SelectedNames::Concerned(concerns),
        }
    }

    /// Whether a topic is selected.
    #[must_use]
    pub fn topic(&self, name: &str) -> bool {
        self.parts.contains(&Part::Topics)
            && match &self.names {
                SelectedNames::All => true,
                SelectedNames::Matching(matches) => matches(name),
                SelectedNames::Concerned(concerns) => concerns.topics.contains(name),
            }
    }

    /// Whether a group is selected.
    #[must_use]
    pub fn group(&self, id: &str) -> bool {
        self.parts.contains(&Part::Groups)
            && match &self.names {
                SelectedNames::All => true,
                SelectedNames::Matching(matches) => matches(id),
                SelectedNames::Concerned(concerns) => concerns.groups.contains(id),
            }
    }

    /// Whether the settings of one broker are selected, or with none the cluster-wide ones.
    #[must_use]
    pub fn broker(&self, id: Option<BrokerId>) -> bool {
        self.parts.contains(&Part::Brokers)
            && match (&self.names, id) {
                (SelectedNames::All, _) => true,
                (SelectedNames::Matching(_), _) => false,
                (SelectedNames::Concerned(concerns), None) => concerns.broker_defaults,
                (SelectedNames::Concerned(concerns), Some(id)) => concerns.brokers.contains(&id),
            }
    }

    /// Whether a part without names is selected.
    #[must_use]
    pub fn part(&self, part: Part) -> bool {
        self.parts.contains(&part)
            && match &self.names {
                SelectedNames::All => true,
                SelectedNames::Matching(_) => false,
                SelectedNames::Concerned(concerns) => concerns.parts.contains(&part),
            }
    }

    /// What `backup` lacks of the selection because it could not be read.
    pub fn unseen<'a>(&'a self, backup: &'a Backup) -> impl Iterator<Item = &'a Omission> {
        let is_meant = |part: Part, name: Option<&str>| match (part, name) {
            (Part::Topics, Some(name)) => self.topic(name),
            (Part::Groups, Some(id)) => self.group(id),
            // Concerned topics and groups were looked up by name, so gaps in listings do not matter.
            (Part::Topics | Part::Groups, None) => {
                self.parts.contains(&part) && !matches!(self.names, SelectedNames::Concerned(_))
            }
            (Part::Brokers, id) => self.broker(id.and_then(|id| id.parse().ok())),
            (part, _) => self.part(part),
        };
        let all = backup.partial.iter();
        all.filter(move |one| is_meant(one.part, one.name.as_deref()))
    }
}
