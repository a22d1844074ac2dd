//! Steps that a quota of the controller's holds back (`controller_mutation_rate`, KIP-599).
//!
//! `THROTTLING_QUOTA_EXCEEDED` proves that an item was not carried out, so it is sent again after the
//! wait that the broker names. The time-out begins anew whenever brokers have taken something: a plan
//! that is larger than the quota goes through as slowly as the quota says.

use std::time::Duration;

use tokio::time::Instant;

use crate::cluster::{Answer, BrokerError};
use crate::plan::Step;

/// The shortest wait: a broker that names none is not asked without end.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

/// The answers to steps, none where a step was not sent.
pub(super) type Answers = Vec<Option<Answer>>;

/// Steps that are sent until none is held back any more.
pub(super) struct Throttling {
    pub(super) answers: Answers,
    timeout: Duration,
    deadline: Instant,
}

/// Steps that are held back.
pub(super) struct Held {
    /// Their places among all steps.
    places: Vec<usize>,
    /// After how long they may be sent again.
    pub(super) wait: Duration,
}

impl Throttling {
    /// After the first answers.
    pub(super) fn new(answers: Answers, timeout: Duration) -> Self {
        Self {
            answers,
            timeout,
            deadline: Instant::now() + timeout,
        }
    }

    /// What is held back, and can be sent again before the time-out.
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

    /// Takes the answers of what was sent again.
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
    /// Those of `steps` that are held back.
    pub(super) fn of(&self, steps: &[Step]) -> Vec<Step> {
        let places = self.places.iter();
        places.map(|place| steps[*place].clone()).collect()
    }
}

/// What a step that was held back to the end is told with.
pub(super) fn refusal(wait: Duration, error: BrokerError) -> BrokerError {
    let quota = format!(
        "the quota `controller_mutation_rate` of this user or client is used up for another {} s",
        wait.as_secs_f64().ceil()
    );
    // Brokers that leave the words out have their code there.
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
