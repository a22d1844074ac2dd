//! Waits until a started broker answers.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use super::error::LocalError;
use super::{LocalEvent, OnEvent, Reach};

const PATIENCE: Duration = Duration::from_secs(90);
const ONE_ATTEMPT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(100);
const TICK: Duration = Duration::from_millis(500);

/// Calls `probe` until it succeeds. Ends at once if `dead` returns why the broker cannot start.
pub(super) async fn wait<P, F, D>(
    reach: &Reach,
    probe: P,
    mut dead: D,
    on_event: OnEvent<'_>,
) -> Result<(), LocalError>
where
    P: Fn(Reach) -> F,
    F: Future<Output = Result<(), String>>,
    D: FnMut() -> Option<LocalError>,
{
    let start = Instant::now();
    let answer = async {
        let mut reason = "no answer".to_owned();
        while start.elapsed() < PATIENCE {
            match timeout(ONE_ATTEMPT, probe(reach.clone())).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => reason = error,
                Err(_) => {}
            }
            sleep(PAUSE).await;
        }
        let seconds = PATIENCE.as_secs();
        Err(LocalError::NotReady { seconds, reason })
    };
    let death = async {
        let mut ticked = Instant::now();
        loop {
            if let Some(error) = dead() {
                return error;
            }
            if ticked.elapsed() >= TICK {
                ticked = Instant::now();
                let elapsed = start.elapsed();
                on_event(LocalEvent::Waiting { elapsed });
            }
            sleep(PAUSE).await;
        }
    };
    tokio::select! {
        biased;
        answered = answer => answered?,
        error = death => return Err(error),
    }
    let elapsed = start.elapsed();
    on_event(LocalEvent::Ready { elapsed });
    Ok(())
}
