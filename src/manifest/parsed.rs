//! What is read from a manifest without a mistake.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnostic::ManifestErrors;
use super::remark::Remark;
use super::uncatalogued::UncataloguedSetting;
use crate::model::catalogue::Scope;
use crate::model::desired::Desired;
use crate::model::told::Told;

/// A manifest that holds nothing wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// What it asks for, with the chosen environment and the defaults merged in.
    pub desired: Desired,
    /// What passed and should be known, in the order of the sources and of the places in them.
    pub remarks: Vec<Remark>,
    /// Settings that only the brokers can judge.
    pub asked: Vec<UncataloguedSetting>,
    /// The names of all environments it defines, in order of name.
    pub environments: Vec<String>,
    /// SHA-256 over the bytes of all sources, the name of the environment and the values that
    /// references stand for, in hexadecimal. Values of keys that are, or may be, secrets are left out:
    /// the hash stands in saved plans, where a short secret could be guessed from it. (A plan has a
    /// digest of its own for each secret that it writes.)
    pub hash: String,
}

impl Manifest {
    /// The keys of topics that only brokers can judge, with a value that is to be set.
    #[must_use]
    pub fn asked_of_topics(&self) -> BTreeMap<&str, &str> {
        let asked = self.asked.iter();
        let asked = asked.filter(|asked| asked.scope == Scope::Topic && asked.is_in(&self.desired));
        let pairs = asked.map(|asked| (&*asked.key, asked.value.as_deref().unwrap_or_default()));
        pairs.collect()
    }

    /// Settles what only brokers can judge, by what they told.
    ///
    /// # Errors
    /// Keys that they do not know, and values that they do not take.
    pub fn settle(
        &self,
        told: impl Fn(Scope, &str) -> Told,
    ) -> Result<Vec<Remark>, ManifestErrors> {
        let (mut errors, mut remarks) = (Vec::new(), Vec::new());
        let mut said = BTreeSet::new();
        for asked in self.asked.iter().filter(|one| one.is_in(&self.desired)) {
            let answer = told(asked.scope, &asked.key);
            let is_new = said.insert((asked.scope == Scope::Topic, &asked.key));
            if let Told::Known(key) = &answer
                && let Some(wrong) = asked.wrong(key)
            {
                errors.push(wrong);
            }
            match answer {
                Told::Unknown => errors.push(asked.unknown.clone()),
                Told::Known(key) => {
                    remarks.extend(is_new.then(|| asked.taken(&key, &self.desired)));
                    remarks.extend(asked.let_through(&key, &self.desired));
                }
                Told::Silent(words) => {
                    remarks.extend(is_new.then(|| asked.silent(&words, &self.desired)));
                }
            }
        }
        if errors.is_empty() {
            Ok(remarks)
        } else {
            Err(ManifestErrors(errors))
        }
    }
}
