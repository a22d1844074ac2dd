//! Steps that a controller quota holds back (`controller_mutation_rate`, KIP-599).
//!
//! `THROTTLING_QUOTA_EXCEEDED` proves that a step was not carried out, so it is sent again after the wait
//! that the broker names. The time-out starts anew whenever a step got another answer, so a plan above the
//! quota goes through at the quota's rate.

use std::time::Duration;

use tokio::time::Instant;

use crate::cluster::{Answer, BrokerError};
use crate::plan::Step;

/// The minimum wait, for brokers that name none.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

/// One answer per step; none when it was not sent.
pub(super) type Answers = Vec<Option<Answer>>;

/// Steps that are sent again while a quota holds them back.
pub(super) struct Throttling {
    pub(super) answers: Answers,
    timeout: Duration,
    deadline: Instant,
}

/// Steps that are held back.
pub(super) struct Held {
    /// Their indexes among all steps.
    places: Vec<usize>,
    /// The wait before they may be sent again.
    pub(super) wait: Duration,
}

impl Throttling {
    /// Starts with the first answers.
    pub(super) fn new(answers: Answers, timeout: Duration) -> Self {
        Self {
            answers,
            timeout,
            deadline: Instant::now() + timeout,
        }
    }

    /// The steps that are held back and can be sent again before the time-out.
    pub(super) fn held(&self) -> Option<Held> {
        let answers = self.answers.iter().enumerate();
        let held = answers.filter_map(|(place, answer)| match answer {
            Some(Answer::Throttled { wait, .. }) => Some((place, *wait)),
            _ => None,
        });
        let (places, waits): (Vec<usize>, Vec<Duration>) = held.unzip();
        let wait = waits.into_iter().max()?.max(SHORTEST_WAIT);
        (Instant::now() + wait < self.deadline).then_some(Held { places, wait })
    }

    /// Stores the answers of steps that were sent again.
    pub(super) fn take(&mut self, held: &Held, answers: Answers) {
        for (place, answer) in held.places.iter().zip(answers) {
            if let Some(answer) = answer {
                let is_taken = !matches!(answer, Answer::Throttled { .. });
                self.answers[*place] = Some(answer);
                if is_taken {
                    self.deadline = Instant::now() + self.timeout;
                }
            }
        }
    }
}

impl Held {
    /// The held-back steps among `steps`.
    pub(super) fn of(&self, steps: &[Step]) -> Vec<Step> {
        let places = self.places.iter();
        places.map(|place| steps[*place].clone()).collect()
    }
}

/// The error of a step that was held back until the time-out.
pub(super) fn refusal(wait: Duration, error: BrokerError) -> BrokerError {
    let quota = format!(
        "the quota `controller_mutation_rate` of this user or client is used up for another {} s",
        wait.as_secs_f64().ceil()
    );
    // Brokers without a message repeat the code there.
    let message = if error.message == error.code {
        quota
    } else {
        format!("{}: {quota}", error.message.trim_end_matches('.'))
    };
    BrokerError {
        code: error.code,
        message,
    }
}
