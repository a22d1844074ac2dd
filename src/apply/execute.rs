//! Sends the steps of a plan, phase by phase.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use tokio::time::sleep;

use super::batch::{phases, requests};
use super::journal::Journal;
use super::kinds::{may_be_ours, send};
use super::report::{Outcome, Report, Settled, Stopped};
use super::resets::Record;
use super::throttle::{self, Answers, Throttling};
use super::verify::{Claim, Pending, verify};
use super::{ApplyEvent, NotStarted, Stop, recheck};
use crate::cluster::lease::Lease;
use crate::cluster::{Answer, Cluster, Mode};
use crate::plan::{Announced, Plan, Step};
use crate::store::StoreError;

/// How a plan is applied.
#[derive(Clone, Copy)]
pub struct ApplySettings<'a> {
    /// The limit of each verification.
    pub timeout: Duration,
    /// The directory in which this machine keeps journals, backups and records of offsets.
    pub shelves: &'a Path,
    /// The user's request to stop early.
    pub stop: &'a Stop,
    /// The cluster's lock, if it is held.
    pub lease: Option<&'a dyn Lease>,
    /// The name of the mirror that commits for groups, if it is one. All its commits for a group are one
    /// change to undo.
    pub mirror: Option<&'a str>,
}

impl<'a> ApplySettings<'a> {
    /// Settings without a lock, and not of a mirror.
    #[must_use]
    pub fn new(timeout: Duration, shelves: &'a Path, stop: &'a Stop) -> Self {
        Self {
            timeout,
            shelves,
            stop,
            lease: None,
            mirror: None,
        }
    }
}

/// The number of requests sent in parallel.
pub(super) const PARALLEL: usize = 3;

type Emit<'a> = &'a mut (dyn FnMut(ApplyEvent<'_>) + Send);

/// [`Emit`] shared by parallel requests.
type SharedEmit<'a, 'b> = Mutex<&'a mut (dyn FnMut(ApplyEvent<'_>) + Send + 'b)>;

/// Applies a plan and reads back what it wrote. The report has every step, in order. No step is sent twice,
/// or before the journal has it. After a request to stop, further steps are not attempted.
///
/// # Errors
/// The cluster is another one or changed since the plan was made, or the journal or record of offsets
/// cannot be written. Nothing was written then.
pub async fn apply(
    cluster: &dyn Cluster,
    plan: &Plan,
    settings: ApplySettings<'_>,
    emit: Emit<'_>,
) -> Result<Report, NotStarted> {
    let mut execution = Execution::new(cluster, settings);
    execution.carry_out(plan, emit).await?;
    Ok(execution.finish())
}

/// Carries out several plans with one journal and one report: the agreed plan, then those that it
/// announces.
pub struct Execution<'a> {
    cluster: &'a dyn Cluster,
    settings: ApplySettings<'a>,
    journal: Option<Journal>,
    stopped: OnceLock<Stopped>,
    /// The `cluster.id` and the announced commits of the first plan.
    agreed: Option<(String, Option<Announced>)>,
    settled: Vec<Settled>,
    resets: BTreeSet<String>,
}

impl<'a> Execution<'a> {
    /// An execution that has carried out nothing yet.
    #[must_use]
    pub fn new(cluster: &'a dyn Cluster, settings: ApplySettings<'a>) -> Self {
        Self {
            cluster,
            settings,
            journal: None,
            stopped: OnceLock::new(),
            agreed: None,
            settled: Vec::new(),
            resets: BTreeSet::new(),
        }
    }

    /// Applies a plan like [`apply`], and returns its settled steps. Step numbers continue across plans.
    ///
    /// # Errors
    /// Those of [`apply`], or a later plan has a step that the first does not announce. Nothing of this
    /// plan was written then.
    pub async fn carry_out(
        &mut self,
        plan: &Plan,
        emit: Emit<'_>,
    ) -> Result<&[Settled], NotStarted> {
        self.agree(plan)?;
        recheck::whole(self.cluster, plan).await?;
        if self.settings.mirror.is_some() {
            self.forget();
        }
        let before = self.settled.len();
        let mut plan = plan.clone();
        for step in &mut plan.steps {
            step.id += before;
        }
        if !plan.is_empty() {
            match &self.journal {
                None => self.journal = Some(Journal::begin(self.settings.shelves, &plan)?),
                Some(journal) => journal.add(&plan.steps)?,
            }
        }
        let record = Record::begin(self.settings.shelves, &plan, self.settings.mirror)?;
        let settled = self.all(&plan, emit).await;
        self.end();
        self.resets
            .extend(record.and_then(|record| record.finish(&settled)));
        self.settled.extend(settled);
        Ok(&self.settled[before..])
    }

    /// Drops ended plans, because a mirror runs without end and its memory must not grow.
    fn forget(&mut self) {
        if self.stopped.get().is_none() {
            self.settled.clear();
            if let Some(ended) = self.journal.take() {
                ended.remove();
            }
        }
    }

    /// Accepts the first plan, and later ones if it announces all their steps.
    fn agree(&mut self, plan: &Plan) -> Result<(), NotStarted> {
        let Some((_, announced)) = &self.agreed else {
            self.agreed = Some((plan.cluster_id.clone(), plan.announced.clone()));
            return Ok(());
        };
        let is_announced = |step: &&Step| {
            announced
                .as_ref()
                .is_some_and(|announced| announced.has(step))
        };
        match plan.steps.iter().find(|step| !is_announced(step)) {
            None => Ok(()),
            Some(step) => Err(NotStarted::NotAnnounced(step.resource())),
        }
    }

    /// Ignores requests to stop from now on.
    #[must_use]
    pub fn to_the_end(mut self) -> Self {
        self.settings.stop = Stop::never();
        self
    }

    /// The ids of the records that undo changes of offsets.
    #[must_use]
    pub fn resets(&self) -> &BTreeSet<String> {
        &self.resets
    }

    /// The report so far.
    #[must_use]
    pub fn report(&self) -> Report {
        self.report_of(self.settled.clone())
    }

    /// The final report.
    #[must_use]
    pub fn finish(mut self) -> Report {
        let steps = std::mem::take(&mut self.settled);
        self.report_of(steps)
    }

    fn report_of(&self, steps: Vec<Settled>) -> Report {
        let id = self.agreed.as_ref().map(|(id, _)| id.clone());
        Report {
            format_version: Report::FORMAT_VERSION,
            kind: "Report",
            cluster_id: id.unwrap_or_default(),
            steps,
            interrupted: self.settings.stop.requested(),
            stopped: self.stopped.get().cloned(),
            reset: self.resets.last().cloned(),
            backup: None,
        }
    }

    /// Whether nothing more may be sent.
    fn is_over(&self) -> bool {
        self.settings.stop.requested() || self.stopped.get().is_some()
    }

    /// Writes to the journal. If that fails, nothing more is sent.
    fn note(&self, write: impl FnOnce(&Journal) -> Result<(), StoreError>) {
        if let Some(Err(error)) = self.journal.as_ref().map(write) {
            let message = error.to_string();
            // The first reason is kept.
            let _ = self.stopped.set(Stopped::Journal { message });
        }
    }

    /// A journal that failed gets no end, so that the next apply reports its open steps.
    fn end(&self) {
        if !matches!(self.stopped.get(), Some(Stopped::Journal { .. })) {
            self.note(Journal::end);
        }
    }

    async fn all(&self, plan: &Plan, emit: Emit<'_>) -> Vec<Settled> {
        let mut settled = Vec::with_capacity(plan.steps.len());
        for phase in phases(&plan.steps) {
            let is_first = phase.start == 0;
            let steps = &plan.steps[phase];
            let outcomes = if self.is_over() {
                vec![Outcome::not_tried(); steps.len()]
            } else if is_first {
                self.phase(steps, emit).await
            } else {
                self.checked_phase(steps, emit).await
            };
            for (step, outcome) in steps.iter().zip(outcomes) {
                self.note(|journal| journal.settled(step, &outcome));
                emit(ApplyEvent::Settled(step, &outcome));
                settled.push(Settled {
                    step: step.clone(),
                    outcome,
                });
            }
        }
        settled
    }

    /// Sends a later phase, after reading again what its steps were planned on.
    async fn checked_phase(&self, steps: &[Step], emit: Emit<'_>) -> Vec<Outcome> {
        let unfit = recheck::phase(self.cluster, steps).await;
        let fit: Vec<Step> = steps
            .iter()
            .zip(&unfit)
            .filter(|(_, outcome)| outcome.is_none())
            .map(|(step, _)| step.clone())
            .collect();
        let mut outcomes = self.phase(&fit, emit).await.into_iter();
        unfit
            .into_iter()
            .map(|outcome| {
                outcome
                    .or_else(|| outcomes.next())
                    .unwrap_or_else(Outcome::not_tried)
            })
            .collect()
    }

    async fn phase(&self, steps: &[Step], emit: Emit<'_>) -> Vec<Outcome> {
        let (timeout, stop) = (self.settings.timeout, self.settings.stop);
        emit(ApplyEvent::Sending(steps));
        let sent: Vec<Answers> = {
            let emit = Mutex::new(&mut *emit);
            stream::iter(requests(steps))
                .map(|range| self.request(&steps[range], &emit))
                .buffered(PARALLEL)
                .collect()
                .await
        };
        let mut outcomes = Vec::with_capacity(steps.len());
        let mut pending = Vec::new();
        for (index, answer) in sent.into_iter().flatten().enumerate() {
            let (outcome, claim) = first_judgement(&steps[index], answer);
            outcomes.push(outcome);
            pending.extend(claim.map(|claim| Pending { index, claim }));
        }
        if !pending.is_empty() {
            emit(ApplyEvent::Verifying(steps));
            for (index, outcome) in verify(self.cluster, steps, pending, timeout, stop).await {
                outcomes[index] = outcome;
            }
        }
        outcomes
    }

    /// Sends one request, again for steps that a quota holds back. One answer per step; none when it was
    /// not sent.
    async fn request(&self, steps: &[Step], emit: &SharedEmit<'_, '_>) -> Answers {
        let mut throttling = Throttling::new(self.send(steps).await, self.settings.timeout);
        while let Some(held) = throttling.held() {
            let again = held.of(steps);
            {
                let mut emit = emit.lock().unwrap_or_else(PoisonError::into_inner);
                emit(ApplyEvent::Throttled(&again, held.wait));
            }
            tokio::select! {
                () = sleep(held.wait) => {}
                () = self.settings.stop.wait() => {}
            }
            let answers = self.send(&again).await;
            if answers.iter().all(Option::is_none) {
                break;
            }
            throttling.take(&held, answers);
        }
        throttling.answers
    }

    /// Sends one request once.
    async fn send(&self, steps: &[Step]) -> Answers {
        if !self.may_send(steps).await {
            return vec![None; steps.len()];
        }
        tokio::select! {
            answers = send(self.cluster, steps, Mode::Write) => answers.into_iter().map(Some).collect(),
            () = self.settings.stop.overdue() => {
                let reason = "interrupted before the answer came".to_owned();
                vec![Some(Answer::Unknown { reason }); steps.len()]
            }
        }
    }

    /// Writes the steps to the journal, checks the lock, and returns whether they may be sent.
    async fn may_send(&self, steps: &[Step]) -> bool {
        if self.is_over() {
            return false;
        }
        self.note(|journal| journal.sending(steps));
        if let Some(lease) = self.settings.lease
            && let Err(lost) = lease.check().await
        {
            let message = lost.to_string();
            // The first reason is kept.
            let _ = self.stopped.set(Stopped::Lock { message });
        }
        !self.is_over()
    }
}

/// The outcome as far as the answer tells, and the claim that has to be verified, if any.
fn first_judgement(step: &Step, answer: Option<Answer>) -> (Outcome, Option<Claim>) {
    match answer {
        None => (Outcome::not_tried(), None),
        Some(Answer::Done) => (Outcome::done(), Some(Claim::Acknowledged)),
        Some(Answer::Unknown { reason }) => (
            Outcome::Unknown {
                reason: reason.clone(),
            },
            Some(Claim::Lost(reason)),
        ),
        Some(Answer::NotSent { reason }) => {
            let reason = Some(reason);
            (Outcome::NotAttempted { reason }, None)
        }
        Some(Answer::Throttled { wait, error }) => {
            let error = throttle::refusal(wait, error);
            (Outcome::Refused { error }, None)
        }
        Some(Answer::Refused(error)) => {
            let claim = may_be_ours(step, &error.code).then(|| Claim::Conflict(error.clone()));
            (Outcome::Refused { error }, claim)
        }
    }
}

#[cfg(all(test, feature = "fake"))]
mod tests {
    use super::*;
    use crate::cluster::fake::{FakeCluster, State};
    use crate::model::measure::TopicPartition;
    use crate::plan::kinds::CreateTopic;
    use crate::plan::target::TopicTarget;
    use crate::plan::{Reason, Risk};

    #[tokio::test]
    async fn a_disk_that_is_full_stops_all_sending() {
        let cluster = FakeCluster::new(State::default());
        let (_handle, stop) = Stop::new();
        let settings = ApplySettings::new(Duration::from_secs(1), Path::new("/dev"), &stop);
        let run = Execution {
            journal: Some(Journal::on(Path::new("/dev/full"))),
            ..Execution::new(&cluster, settings)
        };
        let create = CreateTopic {
            partitions: 1,
            replicas: None,
            configs: std::collections::BTreeMap::new(),
        };
        let topic = TopicTarget::named("t");
        let create = Step::new((topic, create), Reason::Missing, Risk::None);
        let outcomes = run.phase(&[create], &mut |_| {}).await;
        assert_eq!(outcomes, [Outcome::not_tried()]);
        assert!(cluster.state().requests.is_empty());
        let Some(Stopped::Journal { message }) = run.stopped.get() else {
            panic!("it went on");
        };
        let start = "cannot write the journal /dev/full: No space left on device";
        assert!(message.starts_with(start), "{message}");
    }

    #[tokio::test]
    async fn what_was_not_announced_is_not_done() {
        use crate::model::group::Committed;
        use crate::plan::kinds::CommitOffset;
        use crate::plan::target::CommitTarget;

        let cluster = FakeCluster::new(State::default());
        let (_handle, stop) = Stop::new();
        let shelves = tempfile::tempdir().expect("a directory");
        let settings = ApplySettings::new(Duration::from_secs(1), shelves.path(), &stop);
        let id = cluster.state().cluster_id.clone();
        let mut agreed = Plan::requested(&id, Vec::new(), Vec::new());
        agreed.announced = Some(Announced {
            groups: Some(vec!["billing".to_owned()]),
            topics: vec!["orders".to_owned()],
        });
        let later = |group: &str, topic: &str| {
            let on = CommitTarget::new(group, &TopicPartition::new(topic, 0), None);
            let commit = CommitOffset::new(None, Committed::at(1), (0, 1), false);
            let move_it = Step::new((on, commit), Reason::Requested, Risk::None);
            Plan::requested(&id, vec![move_it], Vec::new())
        };
        for (agreed, group, topic) in [
            (&agreed, "billing", "payments"),
            (&agreed, "reports", "orders"),
            (
                &Plan::requested(&id, Vec::new(), Vec::new()),
                "billing",
                "orders",
            ),
        ] {
            let mut execution = Execution::new(&cluster, settings);
            assert!(execution.carry_out(agreed, &mut |_| {}).await.is_ok());
            let ended = execution.carry_out(&later(group, topic), &mut |_| {}).await;
            assert!(
                matches!(ended, Err(NotStarted::NotAnnounced(_))),
                "{ended:?}"
            );
            assert!(cluster.state().requests.is_empty());
        }
    }
}
