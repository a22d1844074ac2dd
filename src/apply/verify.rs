//! Reads back writes from every live broker until all agree.
//!
//! A broker's metadata lags behind the controller's, by seconds when thousands of topics are new: "absent"
//! right after a write means "not yet". Every round has a time limit, and every broker is read on its own,
//! so that a dead or silent one does not delay the others.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::{Instant, sleep, sleep_until};

use super::judge::{self, Judgement, Reading, Told, Topics, View};
use super::kinds::{of_view, reading};
use super::recheck::{self, read_groups};
use super::report::{ALREADY, Outcome};
use super::stop::Stop;
use crate::cluster::{At, BrokerError, Cluster, ClusterError, OffsetSpec};
use crate::model::access::by_entity;
use crate::model::broker::BrokerId;
use crate::model::config::ConfigResource;
use crate::model::measure::TopicPartition;
use crate::model::seen::{Cause, Seen};
use crate::observe::topics::topics_with_configs;
use crate::plan::Step;
use crate::plan::stale::changes;

const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// One read may take 1/`SHARE` of the time-out in the first round, and up to 1/`LARGEST_SHARE` later.
const SHARE: u32 = 8;
const LARGEST_SHARE: u32 = 4;

/// The number of brokers read in parallel.
const PARALLEL: usize = 16;

/// How long a deviating value has to persist before it is believed. A broker shows the new source of a
/// setting shortly before the new value.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long an interrupted apply continues to read.
const INTERRUPTED: Duration = Duration::from_secs(1);

/// What the answer to a write claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim {
    /// The broker acknowledged it.
    Acknowledged,
    /// No answer came, for this reason.
    Lost(String),
    /// The broker refused it as already done or impossible, perhaps because of an earlier request of this
    /// apply.
    Conflict(BrokerError),
}

/// A step that has to be read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) index: usize,
    pub(super) claim: Claim,
}

/// Reads until each pending step is settled or `timeout` has passed. Returns outcomes by step index.
pub(super) async fn verify(
    cluster: &dyn Cluster,
    steps: &[Step],
    mut pending: Vec<Pending>,
    timeout: Duration,
    stop: &Stop,
) -> Vec<(usize, Outcome)> {
    let started = Instant::now();
    let mut deadline = started + timeout;
    let mut share = timeout / SHARE;
    let mut pause = FIRST_PAUSE;
    let mut settled = Vec::new();
    loop {
        deadline = shortened(deadline, stop);
        let began = Instant::now();
        let over = async {
            tokio::select! {
                () = sleep_until(deadline) => {}
                () = stop.passed(INTERRUPTED) => {}
            }
        };
        let about: Vec<&Step> = pending.iter().map(|one| &steps[one.index]).collect();
        let bounded = cluster.within(share);
        let judgements = round(&*bounded, &about, over).await;
        deadline = shortened(deadline, stop);
        let late = Instant::now() + pause >= deadline;
        let wait = match (late, began - started < PATIENCE) {
            (true, _) => Wait::Over,
            (false, true) => Wait::ForAnything,
            (false, false) => Wait::ForMissing,
        };
        let mut left = Vec::new();
        for (one, judgement) in pending.into_iter().zip(judgements) {
            match settle(&one.claim, judgement, wait) {
                Some(outcome) => settled.push((one.index, outcome)),
                None => left.push(one),
            }
        }
        pending = left;
        if pending.is_empty() {
            return settled;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        share = (share * 2).min(timeout / LARGEST_SHARE);
    }
}

/// The deadline, shortened when the apply is interrupted.
fn shortened(deadline: Instant, stop: &Stop) -> Instant {
    if stop.requested() {
        deadline.min(Instant::now() + INTERRUPTED)
    } else {
        deadline
    }
}

/// The current state of a step whose outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "found", rename_all = "kebab-case")]
pub enum StepState {
    /// As planned, on every live broker that answers.
    InEffect,
    /// As before the step.
    NotInEffect,
    /// Neither as planned nor as before.
    SomethingElse {
        /// The observed state.
        seen: String,
    },
    /// It cannot be read.
    Unreadable {
        /// The reason.
        reason: String,
    },
}

/// Reads the current state of each step once. All steps are of one phase.
pub(super) async fn look(cluster: &dyn Cluster, steps: &[Step]) -> Vec<StepState> {
    let about: Vec<&Step> = steps.iter().collect();
    let judgements = round(cluster, &about, std::future::pending()).await;
    let changed = match recheck::read(cluster, steps).await {
        Ok(observed) => changes(steps, &observed),
        Err(error) => {
            let reason = error.to_string();
            return vec![StepState::Unreadable { reason }; steps.len()];
        }
    };
    let changed: BTreeSet<usize> = changed.iter().map(|change| change.step).collect();
    steps
        .iter()
        .zip(judgements)
        .map(|(step, judgement)| match judgement {
            Judgement::InEffect | Judgement::WhereSeen(_) | Judgement::Replaced => {
                StepState::InEffect
            }
            _ if !changed.contains(&step.id) => StepState::NotInEffect,
            Judgement::NotYet(seen) | Judgement::Unseen(seen) => StepState::SomethingElse { seen },
            Judgement::Still(told) | Judgement::Differs(told) => {
                StepState::SomethingElse { seen: told.seen() }
            }
        })
        .collect()
}

/// What is still waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// Any deviation, which may still disappear.
    ForAnything,
    /// Only what is not visible yet.
    ForMissing,
    /// Nothing.
    Over,
}

/// The outcome from a claim and a reading; none while waiting can still change it.
fn settle(claim: &Claim, judgement: Judgement, wait: Wait) -> Option<Outcome> {
    let is_waited_for = match judgement {
        Judgement::InEffect | Judgement::Replaced => false,
        // A write without an answer may still be carried out later.
        Judgement::Differs(_) if matches!(claim, Claim::Lost(_)) => wait != Wait::Over,
        Judgement::Differs(_) => wait == Wait::ForAnything,
        _ => wait != Wait::Over,
    };
    if is_waited_for {
        return None;
    }
    let told = match claim {
        Claim::Acknowledged => None,
        Claim::Lost(reason) => Some(format!("the answer was lost ({reason}); read back")),
        Claim::Conflict(error) => Some(format!("{ALREADY} ({}); read back", error.code)),
    };
    Some(match (claim, judgement) {
        (_, Judgement::InEffect) => Outcome::Done {
            note: told,
            found: Vec::new(),
        },
        (_, Judgement::WhereSeen(unseen)) => {
            let unseen = format!("not read back everywhere: {unseen}");
            let notes: Vec<String> = told.into_iter().chain([unseen]).collect();
            Outcome::Done {
                note: Some(notes.join("; ")),
                found: Vec::new(),
            }
        }
        (Claim::Conflict(error), Judgement::Unseen(words)) => Outcome::Unknown {
            reason: format!("{error}, perhaps after our own write, and {words}"),
        },
        (Claim::Acknowledged, Judgement::Differs(told)) => Outcome::Done {
            note: None,
            found: told.found(),
        },
        // All brokers agree, so none lags behind.
        (Claim::Acknowledged, Judgement::Still(told)) if told.is_everywhere => Outcome::Done {
            note: None,
            found: told.found(),
        },
        (Claim::Acknowledged | Claim::Lost(_), Judgement::Replaced) => {
            let replaced = "another topic has its name now, and is left alone".to_owned();
            let notes: Vec<String> = told.into_iter().chain([replaced]).collect();
            Outcome::Done {
                note: Some(notes.join("; ")),
                found: Vec::new(),
            }
        }
        (Claim::Conflict(error), _) => Outcome::Refused {
            error: error.clone(),
        },
        (Claim::Acknowledged, judgement) => Outcome::Unknown {
            reason: format!("the broker took it, but {}", missing(judgement)),
        },
        (Claim::Lost(reason), judgement) => Outcome::Unknown {
            reason: format!(
                "{reason}, and {}: it may still come into effect",
                missing(judgement)
            ),
        },
    })
}

fn missing(judgement: Judgement) -> String {
    match judgement {
        Judgement::InEffect | Judgement::Replaced => String::new(),
        Judgement::WhereSeen(words) | Judgement::NotYet(words) | Judgement::Unseen(words) => words,
        Judgement::Still(told) | Judgement::Differs(told) => told.words(),
    }
}

/// Reads the targets of steps of one phase once, until `over`. One judgement per step.
async fn round(
    cluster: &dyn Cluster,
    about: &[&Step],
    over: impl Future<Output = ()>,
) -> Vec<Judgement> {
    let mut over = pin!(over);
    let all = |words: String| vec![Judgement::Unseen(words); about.len()];
    let read = tokio::select! {
        read = first_read(cluster, about) => read,
        () = &mut over => return all("it cannot be read back in time".to_owned()),
    };
    match read {
        Ok(Read::Judged(judgements)) => judgements,
        Ok(Read::Live(brokers)) => on_brokers(cluster, about, &brokers, over).await,
        Err(error) => all(format!("it cannot be read back: {error}")),
    }
}

/// The result of the first read.
enum Read {
    /// The judgements.
    Judged(Vec<Judgement>),
    /// The live brokers, to be read one by one.
    Live(Vec<BrokerId>),
}

/// Reads what one broker tells for groups and logs; for other targets, which brokers are live.
async fn first_read(cluster: &dyn Cluster, about: &[&Step]) -> Result<Read, ClusterError> {
    let view = match about.first().map(|step| reading(step)) {
        Some(Reading::Groups) => {
            let steps: Vec<Step> = about.iter().copied().cloned().collect();
            let (groups, commits) = read_groups(cluster, &steps).await?;
            View::Groups {
                groups,
                commits,
                topics: owners(cluster, about).await?,
            }
        }
        Some(Reading::LogStarts) => {
            let partitions = about.iter().filter_map(|step| step.action.partition());
            let partitions: Vec<TopicPartition> = partitions.collect();
            let earliest = OffsetSpec::Earliest;
            View::LogStarts {
                starts: cluster.list_offsets(&partitions, earliest).await?,
                topics: owners(cluster, about).await?,
            }
        }
        _ => {
            let described = cluster.describe_cluster().await?;
            let live = described.live_brokers().map(|broker| broker.id);
            return Ok(Read::Live(live.collect()));
        }
    };
    let judged = about.iter().map(|step| of_view(step, &view));
    Ok(Read::Judged(judged.collect()))
}

/// The topics of the steps' partitions, for steps that were planned with a topic id.
async fn owners(cluster: &dyn Cluster, about: &[&Step]) -> Result<Topics, ClusterError> {
    let topics = about.iter().filter_map(|step| step.action.topic());
    let topics = topics.filter(|topic| topic.id.is_some());
    let names: BTreeSet<String> = topics.map(|topic| topic.name.clone()).collect();
    if names.is_empty() {
        return Ok(Topics::new());
    }
    let names: Vec<String> = names.into_iter().collect();
    cluster.describe_topics(At::AnyBroker, &names).await
}

/// Reads all brokers in parallel.
async fn on_brokers(
    cluster: &dyn Cluster,
    about: &[&Step],
    brokers: &[BrokerId],
    mut over: impl Future<Output = ()> + Unpin,
) -> Vec<Judgement> {
    let late = |id: &BrokerId| (*id, Err(format!("broker {id} did not answer in time")));
    let mut told: Told = brokers.iter().map(late).collect();
    let looking = brokers
        .iter()
        .map(|id| async move { (*id, on_broker(cluster, about, *id).await) });
    let mut looking = stream::iter(looking).buffer_unordered(PARALLEL);
    loop {
        tokio::select! {
            one = looking.next() => match one {
                Some((id, judged)) => drop(told.insert(id, judged)),
                None => break,
            },
            () = &mut over => break,
        }
    }
    let together = |(index, step): (usize, &&Step)| judge::together(step, index, &told);
    about.iter().enumerate().map(together).collect()
}

/// Reads one broker. One judgement per step, or why it cannot be read.
async fn on_broker(
    cluster: &dyn Cluster,
    about: &[&Step],
    id: BrokerId,
) -> Result<Vec<Judgement>, String> {
    let viewed = view(cluster, about, id).await;
    let view = match viewed.map_err(|error| error.to_string())? {
        View::Settings(Seen::Unseen(Cause::Unavailable, words)) => return Err(words),
        view => view,
    };
    Ok(about.iter().map(|step| of_view(step, &view)).collect())
}

async fn view(cluster: &dyn Cluster, about: &[&Step], id: BrokerId) -> Result<View, ClusterError> {
    let at = At::Broker(id);
    Ok(match about.first().map(|step| reading(step)) {
        Some(Reading::Topics) => {
            let topics = about.iter().filter_map(|step| step.action.topic());
            let names: BTreeSet<String> = topics.map(|topic| topic.name.clone()).collect();
            let names: Vec<String> = names.into_iter().collect();
            View::Topics(topics_with_configs(cluster, at, &names).await?)
        }
        Some(Reading::Acls) => {
            let seen = cluster.describe_acls(at).await?;
            View::Acls(seen.map(BTreeSet::from_iter))
        }
        Some(Reading::Quotas) => {
            let seen = cluster.describe_quotas(at).await?;
            View::Quotas(seen.map(by_entity))
        }
        _ => {
            let resource = ConfigResource::Broker(id);
            let resources = std::slice::from_ref(&resource);
            let mut found = cluster.describe_configs(at, resources).await?;
            let left_out = || Seen::unavailable(format!("broker {id} did not tell its settings"));
            View::Settings(found.remove(&resource).unwrap_or_else(left_out))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::judge::Otherwise;
    use super::super::report::Deviation;
    use super::*;

    #[test]
    fn something_else_is_believed_only_when_it_stays() {
        let settle = |wait| settle(&Claim::Acknowledged, Judgement::Differs(otherwise()), wait);
        let found = otherwise().found();
        let done = Outcome::Done { note: None, found };
        assert_eq!(settle(Wait::ForAnything), None);
        assert_eq!(settle(Wait::ForMissing).as_ref(), Some(&done));
        assert_eq!(settle(Wait::Over), Some(done));
    }

    fn otherwise() -> Otherwise {
        let (planned, found) = ("100".to_owned(), "-1".to_owned());
        let deviation = Deviation {
            broker: Some(2),
            ..Deviation::new("log.retention.bytes", Some(planned), Some(found))
        };
        Otherwise::new(vec![deviation])
    }

    #[test]
    fn what_stays_as_before_everywhere_is_what_the_broker_made_of_it() {
        let settle = |told, wait| settle(&Claim::Acknowledged, Judgement::Still(told), wait);
        assert_eq!(settle(otherwise(), Wait::ForMissing), None);
        let found = otherwise().found();
        let done = Outcome::Done { note: None, found };
        assert_eq!(settle(otherwise(), Wait::Over), Some(done));
        // If only some brokers show it, the others may lag behind.
        let mut in_part = otherwise();
        in_part.is_everywhere = false;
        let reason = "the broker took it, but log.retention.bytes is -1 now, not 100 as planned (on broker 2)";
        let unknown = Outcome::Unknown {
            reason: reason.to_owned(),
        };
        assert_eq!(settle(in_part, Wait::Over), Some(unknown));
    }

    #[test]
    fn a_broker_that_does_not_answer_is_named_and_hides_nothing() {
        let seen = || Judgement::WhereSeen("cannot reach broker 2: no answer".to_owned());
        let lost = Claim::Lost("connection closed".to_owned());
        assert_eq!(settle(&lost, seen(), Wait::ForMissing), None);
        let note = "the answer was lost (connection closed); read back; not read back everywhere: cannot reach broker 2: no answer";
        let done = Outcome::Done {
            note: Some(note.to_owned()),
            found: Vec::new(),
        };
        assert_eq!(settle(&lost, seen(), Wait::Over), Some(done));
    }

    #[test]
    fn what_was_sent_and_not_answered_can_still_be_carried_out() {
        let lost = Claim::Lost("connection closed".to_owned());
        let settle = |wait| settle(&lost, Judgement::Differs(otherwise()), wait);
        assert_eq!(settle(Wait::ForMissing), None);
        let reason = "connection closed, and log.retention.bytes is -1 now, not 100 as planned: it may still come into effect";
        let unknown = Outcome::Unknown {
            reason: reason.to_owned(),
        };
        assert_eq!(settle(Wait::Over), Some(unknown));
    }

    #[test]
    fn a_topic_that_was_made_anew_after_its_delete_is_left_alone() {
        let settle = |claim| settle(&claim, Judgement::Replaced, Wait::ForAnything);
        let Some(Outcome::Done {
            note: Some(note), ..
        }) = settle(Claim::Acknowledged)
        else {
            panic!()
        };
        assert_eq!(note, "another topic has its name now, and is left alone");
        let lost = settle(Claim::Lost("connection closed".to_owned()));
        assert!(matches!(lost, Some(Outcome::Done { .. })));
        // The broker did not know the id: nothing was deleted, and the new topic still exists.
        let error = BrokerError {
            code: "UNKNOWN_TOPIC_ID".to_owned(),
            message: String::new(),
        };
        let refused = settle(Claim::Conflict(error.clone()));
        assert_eq!(refused, Some(Outcome::Refused { error }));
    }

    #[test]
    fn a_refusal_that_may_be_of_our_own_write_is_unknown_where_nobody_can_tell() {
        let error = || BrokerError {
            code: "TOPIC_ALREADY_EXISTS".to_owned(),
            message: "it is there".to_owned(),
        };
        let settle = |judgement| settle(&Claim::Conflict(error()), judgement, Wait::Over);
        let unseen = settle(Judgement::Unseen("no broker is live".to_owned()));
        let reason =
            "TOPIC_ALREADY_EXISTS: it is there, perhaps after our own write, and no broker is live";
        let reason = reason.to_owned();
        assert_eq!(unseen, Some(Outcome::Unknown { reason }));
        let refused = Outcome::Refused { error: error() };
        assert_eq!(settle(Judgement::Differs(otherwise())), Some(refused));
    }

    #[test]
    fn what_is_missing_is_waited_for_until_the_end() {
        let missing = || Judgement::NotYet("the topic is not there".to_owned());
        let lost = Claim::Lost("connection closed".to_owned());
        for claim in [Claim::Acknowledged, lost] {
            assert_eq!(settle(&claim, missing(), Wait::ForMissing), None);
            let over = settle(&claim, missing(), Wait::Over);
            assert!(matches!(over, Some(Outcome::Unknown { .. })));
        }
    }
}
