//! Settings whose keys the catalogue lacks.
//!
//! Without a cluster they are refused, unless `cluster.kafka` is newer than the catalogue: then they
//! are noted. With one, its brokers are asked, and what they say counts: [`Manifest::settle`].

use std::collections::{BTreeMap, BTreeSet};

use super::Manifest;
use super::diagnostic::{Diagnostic, ManifestErrors};
use super::document::Node;
use super::keys::Of;
use super::layer::Layer;
use super::problem::{Problem, Problems, Spot};
use super::remark::{About, Level, Remark, Subject};
use super::value;
use crate::model::catalogue::{Key, Scope, is_newer, versions};
use crate::model::desired::{Desired, Setting, Settings, TopicState};
use crate::model::escape::escape;
use crate::model::told::Told;

/// A key that the catalogue lacks, as it is read.
#[derive(Debug)]
pub(super) struct Question {
    of: Of,
    pub key: String,
    /// None where it is unset, or cannot be read.
    value: Option<String>,
    in_clear: bool,
    /// None in a policy, which is held against the manifest alone.
    value_at: Option<Spot>,
    key_at: Spot,
    /// What is wrong if nobody knows it.
    pub unknown: Problem,
    /// The environment that it is written in.
    pub environment: Option<String>,
}

impl Question {
    pub(super) fn of(
        (key, key_at): (&str, Spot),
        of: Of,
        value: Option<&Setting>,
        node: &Node<'_>,
        unknown: Problem,
    ) -> Self {
        Self {
            of,
            key: key.to_owned(),
            value: match value {
                Some(Setting::Value(text)) => Some(text.clone()),
                Some(Setting::Unset) | None => None,
            },
            in_clear: !value::is_reference(node),
            value_at: Some(node.at),
            key_at,
            unknown,
            environment: None,
        }
    }

    /// One of a policy.
    pub(super) fn of_rule(key: &str, key_at: Spot, unknown: Problem) -> Self {
        Self {
            of: Of::Topic,
            key: key.to_owned(),
            value: None,
            in_clear: false,
            value_at: None,
            key_at,
            unknown,
            environment: None,
        }
    }

    /// The same with everything that may have to be said; none of a policy.
    pub(super) fn asked(
        self,
        may_be_clear: bool,
        say: &dyn Fn(Problem) -> Diagnostic,
    ) -> Option<Asked> {
        Some(Asked {
            at_value: say(Problem::at(self.value_at?, "")),
            unknown: say(self.unknown),
            broker: match self.of {
                Of::OneBroker(id) => id,
                _ => None,
            },
            scope: self.of.scope(),
            key: self.key,
            value: self.value,
            in_clear: self.in_clear,
            may_be_clear,
        })
    }

    fn note(&self, layer: &Layer) -> Problem {
        let newest = versions().next_back().unwrap_or_default();
        let key = &self.key;
        let message = format!(
            "`{key}` is not in tonkafka's catalogue, which ends with Kafka {newest}: it passes unchecked"
        );
        let topics = layer.topics.items.list.iter();
        let having = topics.filter(|topic| topic.configs.contains_key(key));
        let subject = match self.of {
            Of::Topic => Subject::Topics(having.map(|topic| topic.name.value.clone()).collect()),
            Of::OneBroker(Some(id)) => Subject::Broker(id),
            _ => Subject::AllBrokers,
        };
        Problem::at(self.key_at, message).about(About::UncataloguedKey, subject)
    }
}

/// Decides what can be decided without a cluster; what is left of an environment that was not chosen is
/// no matter of this cluster.
pub(super) fn settle(
    chosen: Option<&str>,
    layer: &Layer,
    others: &BTreeMap<String, Layer>,
    problems: &mut Problems,
) {
    let asks = problems.asks_brokers();
    for question in problems.take_questions() {
        let environment = question.environment.as_deref();
        let is_rule = question.value_at.is_none();
        if asks && !is_rule {
            if environment.is_none() || environment == chosen {
                problems.ask(question);
            }
            continue;
        }
        let other = environment.and_then(|name| others.get(name));
        let own = other.and_then(|other| other.cluster.kafka.as_ref());
        let kafka = own.or(layer.cluster.kafka.as_ref());
        match kafka.is_some_and(|kafka| is_newer(&kafka.value)) {
            true if is_rule => {}
            true => problems.push(question.note(layer)),
            false => problems.push(question.unknown),
        }
    }
}

/// A setting that only the brokers can judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What has it.
    scope: Scope,
    /// Its key.
    key: String,
    value: Option<String>,
    /// The broker that it is for, where that is one.
    broker: Option<i32>,
    in_clear: bool,
    may_be_clear: bool,
    /// What is wrong if they do not know the key.
    unknown: Diagnostic,
    /// Where the value is, without words.
    at_value: Diagnostic,
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

impl Asked {
    /// Whether it is declared; a part of a manifest may have left it out.
    fn is_in(&self, desired: &Desired) -> bool {
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

    /// What is wrong with a value that is not of the key's type, or a secret for everybody to read.
    fn wrong(&self, key: &Key) -> Option<Diagnostic> {
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
            let name = key.config_type.kafka_name().unwrap_or("another type");
            format!("the brokers say that it is {name}")
        });
        Some(wrong)
    }

    fn in_the_clear(&self) -> String {
        let key = &self.key;
        format!("`{key}` is a secret, and stands here for everybody to read")
    }

    /// Words about a secret: its line is shown to nobody.
    fn secret(&self, message: String, level: Level, hint: Option<&str>) -> Diagnostic {
        Diagnostic {
            level,
            message,
            snippet: None,
            hint: hint.map(str::to_owned),
            ..self.at_value.clone()
        }
    }

    fn let_through(&self, key: &Key, desired: &Desired) -> Option<Remark> {
        let is_clear = key.is_sensitive() && self.in_clear && self.value.is_some();
        is_clear.then(|| {
            let message = self.in_the_clear();
            Remark {
                about: About::SensitiveInClear,
                subject: self.subject(desired),
                diagnostic: self.secret(message, Level::Allowed, None),
            }
        })
    }

    fn taken(&self, key: &Key, desired: &Desired) -> Remark {
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
        self.remark(About::UncataloguedKey, message, desired)
    }

    fn silent(&self, words: &str, desired: &Desired) -> Remark {
        let message = format!(
            "`{}` is not in tonkafka's catalogue, and the brokers do not tell whether they know it: {words}",
            self.key
        );
        let mut remark = self.remark(About::KeyNotTold, message, desired);
        let hint =
            "give this user DESCRIBE_CONFIGS on a topic and on the cluster, or CREATE on the topic";
        remark.diagnostic.hint = Some(hint.to_owned());
        remark
    }

    fn remark(&self, about: About, message: String, desired: &Desired) -> Remark {
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
