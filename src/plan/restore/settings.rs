//! Restores settings of topics and brokers.

use super::super::finding::Code;
use super::super::kinds::{After, AlterConfigs, ConfigChange};
use super::super::resource::Resource;
use super::super::step::{Reason, Risk};
use super::super::target::{ConfigTarget, StepTarget};
use super::draft::RestoreDraft;
use crate::model::backup::{Kept, KeptSetting};
use crate::model::catalogue;
use crate::model::config::{ConfigValue, same_value};

/// Kafka sets this key cluster-wide itself when eligible leader replicas (KIP-966) are on.
const MIN_ISR: &str = "min.insync.replicas";

impl RestoreDraft<'_, '_> {
    pub(super) fn brokers(&mut self) {
        let (then, now) = (self.then, self.now.backup);
        if self.selection.broker(None) {
            let on = ConfigTarget::BrokerDefaults;
            self.settings(&on, &then.broker_defaults, &now.broker_defaults);
        }
        for (id, kept) in &then.broker_configs {
            let on = ConfigTarget::Broker(*id);
            let has_some = kept.value().is_some_and(|settings| !settings.is_empty());
            match now.broker_configs.get(id) {
                _ if !self.selection.broker(Some(*id)) => {}
                Some(live) => self.settings(&on, kept, live),
                None if has_some => {
                    let message = "it is not among the live brokers, and had settings of its own";
                    self.cannot(Code::UnknownBroker, on.resource(), message.to_owned());
                }
                None => {}
            }
        }
    }

    /// Adds the step that restores settings, if any differ.
    pub(super) fn settings(
        &mut self,
        on: &ConfigTarget,
        then: &Kept<Vec<KeptSetting>>,
        now: &Kept<Vec<KeptSetting>>,
    ) {
        let (Some(then), Some(now)) = (then.value(), now.value()) else {
            return;
        };
        let resource = &on.resource();
        let of = |settings: &[KeptSetting], key: &str| {
            let mut settings = settings.iter();
            settings
                .find(|one| one.key == key)
                .map(|one| one.value.clone())
        };
        let mut changes = Vec::new();
        for kept in then
            .iter()
            .filter(|kept| !catalogue::is_throttle(&kept.key))
        {
            let live = of(now, &kept.key);
            let after = self.after(resource, kept, live.as_ref());
            changes.extend(after.map(|after| ConfigChange::new(&kept.key, live, after)));
        }
        let is_new =
            |one: &&KeptSetting| of(then, &one.key).is_none() && !catalogue::is_throttle(&one.key);
        for new in now.iter().filter(is_new) {
            let live = Some(new.value.clone());
            changes.push(ConfigChange::new(&new.key, live, After::Removed));
        }
        changes.retain(|change| self.is_possible(resource, change));
        if changes.is_empty() {
            return;
        }
        changes.sort_by(|one, other| one.key.cmp(&other.key));
        let alter = AlterConfigs { changes };
        self.draft
            .step((on.clone(), alter), Reason::Undo, Risk::None);
    }

    /// The change that restores a key; none when nothing differs or the value is not known.
    fn after(
        &mut self,
        resource: &Resource,
        kept: &KeptSetting,
        live: Option<&ConfigValue>,
    ) -> Option<After> {
        let key = &kept.key;
        match (&kept.value, live) {
            (ConfigValue::Value(then), Some(ConfigValue::Value(now)))
                if same_value(kept.config_type, then, now) =>
            {
                None
            }
            (ConfigValue::Value(then), _) => {
                let takes = self.takes(resource, key, then);
                takes.then(|| After::Set(then.clone()))
            }
            (ConfigValue::Sensitive, Some(ConfigValue::Sensitive)) => {
                let message = format!(
                    "{key} is hidden, so nobody can tell whether it is what it was; it is left as it is"
                );
                self.note(Code::Sensitive, resource.clone(), message);
                None
            }
            (ConfigValue::Sensitive, _) => {
                let message = format!("{key} was set to a hidden value, which no backup holds");
                let hint = "set it by hand";
                self.cannot_but(Code::Sensitive, resource.clone(), message, Some(hint));
                None
            }
            (ConfigValue::Null, Some(now)) if *now != ConfigValue::Null => Some(After::Removed),
            (ConfigValue::Null, _) => None,
        }
    }

    /// While eligible leader replicas (KIP-966) are on, brokers refuse to unset the cluster-wide
    /// `min.insync.replicas` and to set one broker's.
    fn is_possible(&mut self, resource: &Resource, change: &ConfigChange) -> bool {
        let features = &self.now.backup.kafka.features;
        let level = features.get("eligible.leader.replicas.version");
        let has_elr = level.is_some_and(|level| *level > 0);
        let message = match (resource, &change.after) {
            _ if change.key != MIN_ISR || !has_elr => return true,
            (Resource::BrokerDefaults, After::Removed) => {
                format!(
                    "{MIN_ISR} was not set, and cannot be unset while eligible leader replicas (KIP-966) are on"
                )
            }
            (Resource::Broker { .. }, After::Set(_)) => {
                format!(
                    "{MIN_ISR} was set for this broker, which is refused while eligible leader replicas (KIP-966) are on"
                )
            }
            _ => return true,
        };
        self.cannot(Code::CannotUnset, resource.clone(), message);
        false
    }
}
