//! Settings whose keys are not in the catalogue.
//!
//! Without a cluster they are refused, unless `cluster.kafka` is newer than the catalogue: then they
//! are remarks. With a cluster, its brokers decide: [`super::Manifest::settle`].

use super::diagnostic::Diagnostic;
use super::level::Level;
use super::remark::{Remark, RemarkKind, Subject};
use crate::model::catalogue::{Key, Scope};
use crate::model::desired::{Desired, Settings, TopicState};
use crate::model::escape::escape;

/// A setting that only brokers can check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UncataloguedSetting {
    /// The kind of resource.
    pub(super) scope: Scope,
    /// Its key.
    pub(super) key: String,
    pub(super) value: Option<String>,
    /// The broker, if it is for one broker.
    pub(super) broker: Option<i32>,
    pub(super) in_clear: bool,
    pub(super) may_be_clear: bool,
    /// The error, if brokers do not know the key.
    pub(super) unknown: Diagnostic,
    /// The value's place, with an empty message.
    pub(super) at_value: Diagnostic,
}

impl UncataloguedSetting {
    /// Whether `desired` contains it; `--only` may have left it out.
    pub(super) fn is_in(&self, desired: &Desired) -> bool {
        match self.subject(desired) {
            Subject::Topics(names) => !names.is_empty(),
            Subject::Broker(id) => {
                let own = desired.broker.brokers.get(&id);
                own.is_some_and(|settings| settings.contains_key(&self.key))
            }
            _ => desired.broker.defaults.contains_key(&self.key),
        }
    }

    fn subject(&self, desired: &Desired) -> Subject {
        if self.scope == Scope::Broker {
            return self.broker.map_or(Subject::AllBrokers, Subject::Broker);
        }
        let has = |settings: &Settings| settings.contains_key(&self.key);
        let topics = desired.topics.iter().filter(|topic| match &topic.state {
            TopicState::Present(spec) => has(&spec.configs),
            TopicState::Absent => false,
        });
        Subject::Topics(topics.map(|topic| topic.name.clone()).collect())
    }

    /// The error, if the value does not have the key's type, or is a secret in clear text.
    pub(super) fn wrong(&self, key: &Key) -> Option<Diagnostic> {
        let value = self.value.as_deref()?;
        if key.is_sensitive() {
            let message = self.in_the_clear();
            let hint =
                "write `${env:NAME}` or `${file:PATH}`, or pass `--allow sensitive-in-clear`";
            let refused = self.in_clear && !self.may_be_clear;
            return refused.then(|| self.secret(message, Level::Error, Some(hint)));
        }
        let invalid = key.check(value).err()?;
        let mut wrong = self.at_value.clone();
        if self.in_clear {
            wrong.message = escape(&invalid.to_string());
            let meant = invalid.meant();
            wrong.hint = meant.map(|meant| format!("did you mean `{meant}`?"));
        } else {
            wrong.message = format!("`{}` cannot be what this stands for", self.key);
        }
        wrong.hint.get_or_insert_with(|| {
            let name = key.config_type.kafka_name();
            let name = name.as_deref().unwrap_or("another type");
            format!("the brokers say that it is {name}")
        });
        Some(wrong)
    }

    fn in_the_clear(&self) -> String {
        let key = &self.key;
        format!("`{key}` is a secret, and stands here for everybody to read")
    }

    /// A message about a secret, without the source line.
    fn secret(&self, message: String, level: Level, hint: Option<&str>) -> Diagnostic {
        Diagnostic {
            level,
            message,
            snippet: None,
            hint: hint.map(str::to_owned),
            ..self.at_value.clone()
        }
    }

    pub(super) fn let_through(&self, key: &Key, desired: &Desired) -> Option<Remark> {
        let is_clear = key.is_sensitive() && self.in_clear && self.value.is_some();
        is_clear.then(|| {
            let message = self.in_the_clear();
            Remark {
                about: RemarkKind::SensitiveInClear,
                subject: self.subject(desired),
                diagnostic: self.secret(message, Level::Allowed, None),
            }
        })
    }

    pub(super) fn taken(&self, key: &Key, desired: &Desired) -> Remark {
        let how = match (key.config_type.kafka_name(), key.default.as_deref()) {
            (None, _) => "taken, because the brokers would take it for a new topic".to_owned(),
            (Some(name), None) => format!("taken as the brokers know it: {name}"),
            (Some(name), Some("")) => {
                format!("taken as the brokers know it: {name}, empty by default")
            }
            (Some(name), Some(default)) => {
                let default = escape(default);
                format!("taken as the brokers know it: {name}, default {default}")
            }
        };
        let message = format!("`{}` is not in tonkafka's catalogue; {how}", self.key);
        self.remark(RemarkKind::UncataloguedKey, message, desired)
    }

    pub(super) fn silent(&self, words: &str, desired: &Desired) -> Remark {
        let message = format!(
            "`{}` is not in tonkafka's catalogue, and the brokers do not tell whether they know it: {words}",
            self.key
        );
        let mut remark = self.remark(RemarkKind::KeyNotTold, message, desired);
        let hint =
            "give this user DESCRIBE_CONFIGS on a topic and on the cluster, or CREATE on the topic";
        remark.diagnostic.hint = Some(hint.to_owned());
        remark
    }

    fn remark(&self, about: RemarkKind, message: String, desired: &Desired) -> Remark {
        Remark {
            about,
            subject: self.subject(desired),
            diagnostic: Diagnostic {
                level: Level::Note,
                message,
                snippet: None,
                hint: None,
                ..self.unknown.clone()
            },
        }
    }
}
