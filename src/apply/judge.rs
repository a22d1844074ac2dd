//! Judges from one reading whether a step is in effect. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::report::Deviation;
use crate::model::access::{AclBinding, Quotas};
use crate::model::broker::BrokerId;
use crate::model::config::ConfigEntry;
use crate::model::group::{Commits, DescribedGroup};
use crate::model::measure::Offsets;
use crate::model::seen::Seen;
use crate::model::topic::Topic;
use crate::plan::target::{ConfigTarget, TopicTarget};
use crate::plan::{Action, Step};

/// The judgement on a step from a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    /// As planned on every live broker.
    InEffect,
    /// As planned on every live broker that answers; why the others could not be read.
    WhereSeen(String),
    /// Not visible yet.
    NotYet(String),
    /// It cannot be read.
    Unseen(String),
    /// As before the step.
    Still(Otherwise),
    /// Neither as before nor as planned.
    Differs(Otherwise),
    /// The deleted topic is gone, and another one has its name.
    Replaced,
}

/// The deviations from the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Otherwise {
    /// Each with the first broker that shows it, if brokers were asked one by one.
    found: Vec<Deviation>,
    /// Whether all brokers show the same.
    pub(super) is_everywhere: bool,
}

impl Otherwise {
    pub(super) fn new(found: Vec<Deviation>) -> Self {
        Self {
            found,
            is_everywhere: true,
        }
    }

    /// The deviations, with a broker where not all show the same.
    pub(super) fn found(&self) -> Vec<Deviation> {
        let named = |one: &Deviation| Deviation {
            broker: one.broker.filter(|_| !self.is_everywhere),
            ..one.clone()
        };
        self.found.iter().map(named).collect()
    }

    /// The observed and the planned values, in words.
    pub(super) fn words(&self) -> String {
        let found = self.found().into_iter();
        let words: Vec<String> = found.map(|one| one.to_string()).collect();
        words.join("; ")
    }

    /// The observed values and their brokers, in words.
    pub(super) fn seen(&self) -> String {
        let seen = self.found.iter().map(|one| match one.broker {
            Some(broker) => format!("{} on broker {broker}", one.seen()),
            None => one.seen(),
        });
        seen.collect::<Vec<_>>().join("; ")
    }
}

/// Topics by name.
pub(super) type Topics = BTreeMap<String, Seen<Topic>>;

/// Which reading shows whether the steps of a phase are in effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Each live broker's view of topics.
    Topics,
    /// Each live broker's own settings.
    Settings,
    /// Each live broker's view of ACLs.
    Acls,
    /// Each live broker's view of quotas.
    Quotas,
    /// The coordinators of groups.
    Groups,
    /// The leaders of partitions.
    LogStarts,
}

/// The result of a [`Reading`].
pub(super) enum View {
    Topics(Topics),
    Settings(Seen<Vec<ConfigEntry>>),
    Acls(Seen<BTreeSet<AclBinding>>),
    Quotas(Seen<Quotas>),
    Groups {
        groups: BTreeMap<String, Seen<DescribedGroup>>,
        commits: BTreeMap<String, Seen<Commits>>,
        /// The topics of the commits.
        topics: Topics,
    },
    LogStarts {
        starts: Offsets,
        /// The topics of the partitions.
        topics: Topics,
    },
}

impl View {
    pub(super) fn seen_topic(&self, on: &TopicTarget) -> Option<&Seen<Topic>> {
        match self {
            Self::Topics(topics) => topics.get(&on.name),
            _ => None,
        }
    }

    /// A topic in the view.
    ///
    /// # Errors
    /// The judgement when it is absent or cannot be read.
    pub(super) fn topic(&self, on: &TopicTarget) -> Result<&Topic, Judgement> {
        match self.seen_topic(on) {
            Some(Seen::Value(topic)) => Ok(topic),
            Some(Seen::Absent) => Err(Judgement::NotYet("the topic is not there".to_owned())),
            _ => Err(Judgement::Unseen("the topic cannot be seen".to_owned())),
        }
    }
}

/// By broker: one judgement per step, or why the broker could not be read.
pub(super) type Told = BTreeMap<BrokerId, Result<Vec<Judgement>, String>>;

/// The common judgement of the brokers on the step at `index`.
pub(super) fn together(step: &Step, index: usize, told: &Told) -> Judgement {
    if let Action::AlterConfigs(ConfigTarget::Broker(id), _) = &step.action {
        return match told.get(id) {
            Some(Ok(judgements)) => judgements[index].clone(),
            Some(Err(words)) => Judgement::Unseen(words.clone()),
            None => Judgement::Unseen(format!("broker {id} is gone")),
        };
    }
    let mut unseen = Vec::new();
    let mut seen = 0;
    let mut in_effect = Judgement::InEffect;
    let (mut still, mut differs) = (Vec::new(), Vec::new());
    for (broker, judgements) in told {
        match judgements.as_ref().map(|judgements| &judgements[index]) {
            Ok(Judgement::NotYet(words)) => {
                return Judgement::NotYet(format!("{words} on broker {broker}"));
            }
            Ok(Judgement::Unseen(words) | Judgement::WhereSeen(words)) => {
                return Judgement::Unseen(format!("{words} on broker {broker}"));
            }
            Ok(Judgement::Still(found)) => still.push((*broker, found)),
            Ok(Judgement::Differs(found)) => differs.push((*broker, found)),
            Ok(Judgement::InEffect) => {}
            Ok(Judgement::Replaced) => in_effect = Judgement::Replaced,
            Err(words) => {
                unseen.push(words.as_str());
                continue;
            }
        }
        seen += 1;
    }
    match (
        seen,
        still.is_empty(),
        differs.is_empty(),
        unseen.is_empty(),
    ) {
        (0, _, _, true) => Judgement::Unseen("no broker is live".to_owned()),
        (0, _, _, false) => Judgement::Unseen(unseen.join("; ")),
        (_, false, _, _) => Judgement::Still(agreed(&still, seen)),
        (_, true, false, _) => Judgement::Differs(agreed(&differs, seen)),
        (_, true, true, false) => Judgement::WhereSeen(unseen.join("; ")),
        (_, true, true, true) => in_effect,
    }
}

/// The first broker's deviations, and whether all brokers show the same.
fn agreed(found: &[(BrokerId, &Otherwise)], seen: usize) -> Otherwise {
    let Some((broker, first)) = found.first() else {
        return Otherwise::new(Vec::new());
    };
    let named = |one: &Deviation| Deviation {
        broker: Some(*broker),
        ..one.clone()
    };
    Otherwise {
        found: first.found.iter().map(named).collect(),
        is_everywhere: found.len() == seen && found.iter().all(|(_, other)| other == first),
    }
}

/// The judgement on a deviation, depending on whether the value is as before.
pub(super) fn otherwise(is_as_before: bool, deviation: Deviation) -> Judgement {
    if is_as_before {
        Judgement::Still(Otherwise::new(vec![deviation]))
    } else {
        differs(vec![deviation])
    }
}

pub(super) fn differs(found: Vec<Deviation>) -> Judgement {
    Judgement::Differs(Otherwise::new(found))
}

/// The common judgement: not yet or unseen first, then as before, then different.
pub(super) fn all(judgements: impl Iterator<Item = Judgement>) -> Judgement {
    let (mut still, mut others) = (Vec::new(), Vec::new());
    for judgement in judgements {
        match judgement {
            Judgement::InEffect | Judgement::WhereSeen(_) | Judgement::Replaced => {}
            judgement @ (Judgement::NotYet(_) | Judgement::Unseen(_)) => return judgement,
            Judgement::Still(told) => still.extend(told.found),
            Judgement::Differs(told) => others.extend(told.found),
        }
    }
    match (still.is_empty(), others.is_empty()) {
        (true, true) => Judgement::InEffect,
        (true, false) => differs(others),
        (false, _) => {
            still.append(&mut others);
            Judgement::Still(Otherwise::new(still))
        }
    }
}

/// The judgement when another topic has the planned name. A request by name went to that topic.
pub(super) fn of_another_topic(judgement: Judgement, id: Deviation) -> Judgement {
    match judgement {
        Judgement::Still(told) | Judgement::Differs(told) => {
            differs([vec![id], told.found].concat())
        }
        _ => differs(vec![id]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::kinds::AlterConfigs;
    use crate::plan::{Reason, Risk};

    fn step(on: ConfigTarget) -> Step {
        let alter = AlterConfigs { changes: vec![] };
        Step::new((on, alter), Reason::SettingDiffers, Risk::None)
    }

    fn dead() -> Result<Vec<Judgement>, String> {
        Err("broker 2 did not answer in time".to_owned())
    }

    fn deviation(found: &str) -> Deviation {
        Deviation::new("flush.ms", Some("5".to_owned()), Some(found.to_owned()))
    }

    fn of(told: &[(BrokerId, Result<Vec<Judgement>, String>)]) -> Judgement {
        let told = told.iter().cloned().collect();
        together(
            &step(ConfigTarget::Topic(TopicTarget::named("a"))),
            0,
            &told,
        )
    }

    #[test]
    fn a_dead_broker_hides_only_what_it_alone_could_show() {
        let good = || Ok(vec![Judgement::InEffect]);
        let absent = || Ok(vec![Judgement::NotYet("the topic is not there".to_owned())]);
        let words = "broker 2 did not answer in time".to_owned();
        assert_eq!(of(&[(1, good()), (3, good())]), Judgement::InEffect);
        let seen = of(&[(1, good()), (2, dead()), (3, good())]);
        assert_eq!(seen, Judgement::WhereSeen(words.clone()));
        let nowhere = of(&[(2, dead())]);
        assert_eq!(nowhere, Judgement::Unseen(words.clone()));
        let lags = of(&[(1, good()), (2, dead()), (3, absent())]);
        let not_there = "the topic is not there on broker 3".to_owned();
        assert_eq!(lags, Judgement::NotYet(not_there));
        let none = of(&[]);
        assert_eq!(none, Judgement::Unseen("no broker is live".to_owned()));

        let told = [(1, good()), (2, dead())].into_iter().collect();
        let its_own = |id| together(&step(ConfigTarget::Broker(id)), 0, &told);
        assert_eq!(its_own(1), Judgement::InEffect);
        assert_eq!(its_own(2), Judgement::Unseen(words));
        assert_eq!(its_own(3), Judgement::Unseen("broker 3 is gone".to_owned()));
    }

    #[test]
    fn a_broker_is_named_where_not_all_show_the_same() {
        let otherwise = |found| Otherwise::new(vec![deviation(found)]);
        let differs = |found| Ok(vec![Judgement::Differs(otherwise(found))]);
        let told = |judgement| match judgement {
            Judgement::Still(told) | Judgement::Differs(told) => told,
            other => panic!("{other:?}"),
        };
        let agreed = told(of(&[(1, differs("9")), (2, dead()), (3, differs("9"))]));
        assert_eq!(agreed.found(), [deviation("9")]);
        assert_eq!(agreed.seen(), "flush.ms is 9 on broker 1");
        let named = || Deviation {
            broker: Some(1),
            ..deviation("9")
        };
        let apart = of(&[(1, differs("9")), (3, differs("8"))]);
        assert_eq!(told(apart).found(), [named()]);
        let still = Ok(vec![Judgement::Still(otherwise("9"))]);
        let lags = of(&[(1, still), (3, differs("8"))]);
        assert!(matches!(lags, Judgement::Still(_)));
        assert_eq!(told(lags).found(), [named()]);
    }
}
