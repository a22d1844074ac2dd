//! The login module of `sasl.jaas.config`.

use super::given::Given;
use super::jaas::JaasEntry;
use super::sheet::Sheet;

/// A login module of `sasl.jaas.config`, with its place.
pub(super) struct Module {
    pub(super) given: Given,
    pub(super) entry: JaasEntry,
}

impl Module {
    /// The value of an option; none if it is empty.
    pub(super) fn option(&self, name: &str) -> Option<&str> {
        self.entry.option(name).filter(|value| !value.is_empty())
    }

    /// Adds an error about it.
    pub(super) fn fault(&self, sheet: &mut Sheet, message: impl Into<String>, hint: &str) {
        sheet.fault(&self.given.place, message, hint);
    }

    /// Refuses all other options.
    pub(super) fn only(&self, sheet: &mut Sheet, known: &[&str], starts: &[&str]) {
        for (key, _) in &self.entry.options {
            let is_known =
                known.contains(&key.as_str()) || starts.iter().any(|start| key.starts_with(start));
            if !is_known {
                let class = self.entry.class();
                let message = format!("the option `{key}` of {class} is not supported");
                self.fault(sheet, message, "remove it from `sasl.jaas.config`");
            }
        }
    }
}
