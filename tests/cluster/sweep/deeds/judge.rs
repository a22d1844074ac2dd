//! Checks whether the report of a run is true.

use std::collections::BTreeSet;

use serde_json::Value;
use tonkafka::apply::Outcome;
use tonkafka::cluster::access::Access;
use tonkafka::model::access::Operation;
use tonkafka::plan::{Action, Step};

use super::super::standing::Standing;
use super::{Deed, PARTITIONS, RECORDS, Scene, Verdict};
use crate::program::Ran;

impl Scene<'_> {
    pub(super) fn judge_steps(&self, ran: &Ran, verdict: &mut Verdict) {
        let report = last_document(ran);
        let Some(steps) = report["steps"]
            .as_array()
            .filter(|_| report["kind"] == "Report")
        else {
            // Without a report nothing may be written, whatever the steps were.
            if ![1, 2, 4, 7].contains(&verdict.code) {
                verdict
                    .untrue
                    .push(format!("exit code {} without a report", verdict.code));
            }
            return;
        };
        let mut outcomes = Vec::new();
        for settled in steps {
            let step: Step = serde_json::from_value(settled["step"].clone()).unwrap();
            let outcome: Outcome = serde_json::from_value(settled.clone()).unwrap();
            let standing = self.place.target.standing(&step);
            let is_true = match &outcome {
                Outcome::Done { .. } => standing == Standing::After,
                Outcome::Refused { .. } | Outcome::NotAttempted { .. } => {
                    standing == Standing::Before
                }
                Outcome::Unknown { .. } => !matches!(standing, Standing::Other(_)),
            };
            if !is_true {
                let words = format!(
                    "{} {:?}: {outcome:?}, and it is {standing:?}",
                    step.resource(),
                    step.action
                );
                verdict.untrue.push(words);
            }
            outcomes.push(outcome);
            verdict.steps.push(step);
        }
        let expected = code_of(&outcomes);
        if expected != verdict.code {
            verdict
                .untrue
                .push(format!("exit code {} for {outcomes:?}", verdict.code));
        }
        self.note_undo(&report, verdict);
    }

    pub(super) fn note_undo(&self, report: &Value, verdict: &mut Verdict) {
        let key = if self.deed == Deed::Apply {
            "backup"
        } else {
            "reset"
        };
        if let Some(id) = report[key].as_str() {
            verdict.undo.insert(0, id.to_owned());
        }
    }

    pub(super) fn judge_copy(&self, ran: &Ran, verdict: &mut Verdict) {
        let topic = self.topic();
        let eyes = &self.place.target;
        let is_there = eyes.has_topic(&topic);
        let found = if is_there { self.found() } else { Vec::new() };
        let count: usize = found.iter().map(Vec::len).sum();
        match verdict.code {
            0 => self.expect_all(&found, verdict),
            1 | 2 | 4 | 7 if is_there => {
                let words = format!(
                    "exit code {}: the topic is there, with {count} records",
                    verdict.code
                );
                verdict.untrue.push(words);
            }
            1 | 2 | 4 | 7 | 6 => {}
            5 if is_there => {}
            code => verdict.untrue.push(format!(
                "exit code {code}, and the topic is there: {is_there}"
            )),
        }
        if self.deed == Deed::MirrorGroups
            && !matches!(verdict.code, 0 | 6)
            && !ran.stderr.contains("groups were given offsets")
            && eyes.committed(&self.group(), &topic, 0).is_some()
        {
            let words = "the group has offsets, and it is not told";
            verdict.untrue.push(words.to_owned());
        }
        // Duplicates, which at-least-once allows, count once.
        let distinct = found
            .iter()
            .map(|keys| keys.iter().collect::<BTreeSet<_>>().len());
        let distinct: usize = distinct.sum();
        if let Some((low, high)) = bounds(ran)
            && !(low..=high).contains(&distinct)
        {
            verdict.untrue.push(format!(
                "{low} to {high} records are told, and {distinct} are there: {}",
                ran.stdout
            ));
        }
    }

    /// Keys of the records at the target, by partition.
    fn found(&self) -> Vec<Vec<String>> {
        let keys = |partition| self.place.target.keys(&self.topic(), partition);
        (0..PARTITIONS).map(keys).collect()
    }

    /// Expects all records: each once, or with at-least-once in order with repeats.
    fn expect_all(&self, found: &[Vec<String>], verdict: &mut Verdict) {
        let expected: Vec<String> = (0..RECORDS).map(|n| n.to_string()).collect();
        for (partition, keys) in (0..).zip(found) {
            let mut seen = BTreeSet::new();
            let once = matches!(self.deed, Deed::Restore | Deed::MirrorOnce);
            let first = keys.iter().filter(|key| once || seen.insert(*key));
            let first: Vec<String> = first.cloned().collect();
            if first != expected {
                let words = format!("exit code 0, and partition {partition} has {keys:?}");
                verdict.untrue.push(words);
            }
        }
        if found.is_empty() {
            verdict
                .untrue
                .push("exit code 0, and the topic is not there".to_owned());
        }
        if self.deed == Deed::MirrorGroups {
            let committed = self.place.target.committed(&self.group(), &self.topic(), 0);
            if committed.is_none() {
                verdict
                    .untrue
                    .push("exit code 0, and the group has no commit".to_owned());
            }
        }
    }

    /// Runs the operation again without a fault, and expects it to converge.
    pub fn repeat(&self, verdict: &mut Verdict) {
        let ran = self.run();
        let is_gone = matches!(self.deed, Deed::DeleteGroup | Deed::DeleteOffsets);
        let all_after = |verdict: &Verdict| {
            let mut standings = verdict
                .steps
                .iter()
                .map(|step| self.place.target.standing(step));
            standings.all(|standing| standing == Standing::After)
        };
        let mut again = Verdict {
            code: ran.code.unwrap_or(-1),
            ..Verdict::default()
        };
        if self.deed.copies() {
            self.judge_copy(&ran, &mut again);
        } else if again.code == 0 {
            self.judge_steps(&ran, &mut again);
        }
        // What is already deleted cannot be deleted again.
        let converged =
            again.code == 0 || (is_gone && !verdict.steps.is_empty() && all_after(verdict));
        if !converged || !all_after(verdict) || !again.untrue.is_empty() {
            verdict.untrue.push(format!(
                "the second run ends with {}: {:?}\n  stdout: {}\n  stderr: {}",
                again.code,
                again.untrue,
                shortened(&ran.stdout),
                ran.stderr
            ));
        }
        if verdict.steps.is_empty() {
            verdict.steps = again.steps;
        }
        verdict.undo.splice(0..0, again.undo);
    }

    /// Undoes what can be undone; otherwise the output says why not.
    pub fn undo(&self, verdict: &mut Verdict) {
        let command: &[&str] = match self.deed {
            Deed::Apply => &["rollback"],
            Deed::Reset | Deed::DeleteGroup | Deed::DeleteOffsets => &["reset-offsets", "undo"],
            _ => return,
        };
        if verdict.undo.is_empty() && !verdict.steps.is_empty() {
            verdict.untrue.push("nothing can take it back".to_owned());
        }
        let at = self.place.target.bootstrap();
        let mut all_done = true;
        for id in verdict.undo.clone() {
            let mut arguments = command.to_vec();
            arguments.extend([id.as_str(), "--yes", "-b", &at]);
            let ran = self.program.run(&arguments);
            let says_why = ran.code == Some(4) && !ran.stderr.is_empty();
            all_done &= ran.code == Some(0);
            if ran.code != Some(0) && !says_why {
                let words = format!(
                    "undo {id} ends with {:?}: {}{}",
                    ran.code, ran.stdout, ran.stderr
                );
                verdict.untrue.push(words);
            }
        }
        let can_go_back = |step: &&Step| {
            !matches!(
                step.action,
                Action::CreatePartitions(..) | Action::DeleteTopic(..) | Action::CreateTopic(..)
            )
        };
        for step in verdict
            .steps
            .iter()
            .filter(can_go_back)
            .filter(|_| all_done)
        {
            let standing = self.place.target.standing(step);
            if standing != Standing::Before {
                verdict.untrue.push(format!(
                    "after the undo {} is {standing:?}",
                    step.resource()
                ));
            }
        }
    }

    /// Removes everything that the run created.
    pub fn clean(&self) {
        let names = ["t", "new", "grown", "gone"].map(|name| format!("{}-{name}", self.stem));
        self.place.target.delete_topics(&names);
        self.place.source.delete_topics(&names);
        if self.alone.is_some() {
            let target = &self.place.target;
            let key = "consumer_byte_rate".to_owned();
            let quota = [(self.user(), vec![(key, None)])];
            let acls = [self.acl(Operation::Read), self.acl(Operation::Write)];
            target.runtime.block_on(async {
                target.cluster.delete_acls(&acls).await;
                target.cluster.alter_quotas(&quota).await;
            });
        }
    }
}

/// The exit code of these outcomes (`docs/exit-codes.md`).
pub(super) fn code_of(outcomes: &[Outcome]) -> i32 {
    let is = |wanted: fn(&Outcome) -> bool| outcomes.iter().any(wanted);
    let unknown = is(|one| matches!(one, Outcome::Unknown { .. }));
    let done = is(|one| matches!(one, Outcome::Done { .. }));
    let other = is(|one| matches!(one, Outcome::Refused { .. } | Outcome::NotAttempted { .. }));
    match (unknown, done, other) {
        (true, _, _) => 6,
        (_, true, true) => 5,
        (_, false, true) => 4,
        _ => 0,
    }
}

/// The report or the error: the only document, or that of the last line.
pub(super) fn last_document(ran: &Ran) -> Value {
    let whole = serde_json::from_str(&ran.stdout).ok();
    let last = || serde_json::from_str(ran.stdout.lines().last()?).ok();
    whole.or_else(last).unwrap_or_default()
}

/// The least and the most records restored or copied, according to an error.
pub(super) fn bounds(ran: &Ran) -> Option<(usize, usize)> {
    let document = last_document(ran);
    let message = document["error"]["message"].as_str()?;
    let mut parts = message.split([';', ',']);
    let told = parts.find(|part| part.ends_with(" restored") || part.ends_with(" copied"))?;
    let numbers = told.split(' ').filter_map(|word| word.parse().ok());
    let numbers: Vec<usize> = numbers.collect();
    Some((*numbers.first()?, *numbers.last()?))
}

pub(super) fn shortened(text: &str) -> String {
    text.chars().take(6_000).collect()
}
