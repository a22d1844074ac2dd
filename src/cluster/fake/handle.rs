//! A handle of the cluster in memory: its state behind a lock, and in a file if one is named.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::state::{State, error};
use crate::cluster::lease::Holder;
use crate::cluster::{Answer, BrokerError, ClusterError, Mode};

/// A cluster in memory.
#[derive(Debug, Clone)]
pub struct FakeCluster {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) file: Option<PathBuf>,
}

impl FakeCluster {
    /// A cluster that lives as long as this value.
    #[must_use]
    pub fn new(state: State) -> Self {
        Self {
            state: Arc::new(Mutex::new(state)),
            file: None,
        }
    }

    /// A cluster whose state is in a JSON file.
    ///
    /// # Errors
    /// The file cannot be read, or is no [`State`].
    pub fn open(file: PathBuf) -> Result<Self, ClusterError> {
        let address = format!("fake:{}", file.display());
        let unreachable = |reason: String| ClusterError::Unreachable {
            address: address.clone(),
            reason,
        };
        let text =
            std::fs::read_to_string(&file).map_err(|error| unreachable(error.to_string()))?;
        let state = serde_json::from_str(&text).map_err(|error| unreachable(error.to_string()))?;
        Ok(Self {
            state: Arc::new(Mutex::new(state)),
            file: Some(file),
        })
    }

    /// Reads the file again, which a test may have changed.
    pub(super) fn reload(&self) {
        let text = self.file.as_ref().map(std::fs::read_to_string);
        let state = text.and_then(|text| serde_json::from_str(&text.ok()?).ok());
        if let Some(state) = state {
            *self.lock() = state;
        }
    }

    /// A copy of the state.
    #[must_use]
    pub fn state(&self) -> State {
        self.lock().clone()
    }

    /// Changes the state directly, without a request.
    pub fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        self.save(&state);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Acquires the lock, or returns its holder.
    pub(super) fn take(&self, who: &Holder) -> Result<(), Holder> {
        let mut state = self.lock();
        if let Some(holder) = &state.lock {
            return Err(holder.clone());
        }
        state.lock = Some(who.clone());
        self.save(&state);
        Ok(())
    }

    /// Writes the state to the file.
    pub(super) fn save(&self, state: &State) {
        if let Some(file) = &self.file
            && let Ok(text) = serde_json::to_string_pretty(state)
        {
            // A failed write shows in the test that reads the file back.
            let _ = std::fs::write(file, text);
        }
    }

    /// Writes items one by one, and saves the state. With [`Mode::ValidateOnly`](crate::cluster::Mode)
    /// a copy is written to, so that the same errors are found.
    pub(super) fn write<T>(
        &self,
        (request, mode): (&str, Mode),
        items: &[T],
        describe: impl Fn(&T) -> String,
        apply: impl Fn(&mut State, &T) -> Result<(), BrokerError>,
    ) -> Vec<Answer> {
        let mut state = self.lock();
        if state.faults.unreachable {
            let reason = "cannot reach the brokers: they are silent".to_owned();
            return vec![Answer::NotSent { reason }; items.len()];
        }
        if let Some(error) = state.lacks(request) {
            return vec![Answer::Refused(error); items.len()];
        }
        let forbidden = state.masked(request, None);
        let request = match mode {
            Mode::Write => request.to_owned(),
            Mode::ValidateOnly => format!("{request}(validateOnly)"),
        };
        let names: Vec<String> = items.iter().map(&describe).collect();
        state
            .requests
            .push(format!("{request} {}", names.join(" ")));
        let before = state.clone();
        let held_back = state.held_back(&request);
        let takes = held_back.map_or(items.len(), |(takes, _)| takes);
        let mut answers: Vec<Answer> = items
            .iter()
            .zip(&names)
            .take(takes)
            .map(|(item, name)| {
                if let Some(error) = &forbidden {
                    return Err(error.clone());
                }
                state.refusal(name)?;
                apply(&mut state, item)
            })
            .map(|result| match result {
                Ok(()) => Answer::Done,
                Err(error) => Answer::Refused(error),
            })
            .collect();
        if let Some((_, wait)) = held_back {
            answers.resize(items.len(), throttled(wait));
        }
        if mode == Mode::ValidateOnly {
            *state = State {
                faults: state.faults.clone(),
                ..before
            };
        }
        if state.faults.lose_lock_after.as_deref() == Some(request.as_str()) {
            state.lock = None;
        }
        self.save(&state);
        match state.faults.unanswered(&request) {
            Some(reason) => vec![Answer::Unknown { reason }; items.len()],
            None => answers,
        }
    }
}

fn throttled(wait: Duration) -> Answer {
    let code = "THROTTLING_QUOTA_EXCEEDED";
    let error = error(code, code);
    Answer::Throttled { wait, error }
}
