//! Exit codes and hints of a restore.

use super::super::opened::refused;
use super::args::RestoreArgs;
use crate::cli::consent::{stops, unprepared};
use crate::cli::exit::{self, Exit, Failure, Written};
use crate::cli::terminal::Terminal;
use crate::cluster::writer::WriteError;
use crate::model::measure::TopicPartition;
use crate::ops::restore::{ChoiceError, Restore, RestoreFailure};
use crate::snapshot::restore::RestoreError;
use crate::view;

const GOES_ON: &str = "the same command goes on where it ended";

/// The failure for a part of a snapshot that cannot be restored.
pub(super) fn not_chosen(error: &ChoiceError, args: &RestoreArgs) -> Failure {
    let failure = Failure::new(Exit::BadInput, error.to_string());
    match error {
        ChoiceError::Snapshot(error) => refused(&args.path, error),
        ChoiceError::NoTopic(_) | ChoiceError::Nothing => {
            failure.hint("`tonkafka snapshot show PATH` lists what it has")
        }
        ChoiceError::SameTarget => failure.hint("give each another name with `--rename`"),
        ChoiceError::Illegal { .. } => failure,
    }
}

/// The failure for an earlier restore that cannot be continued, or a cluster that cannot be read.
pub(super) fn not_begun(error: RestoreError, args: &RestoreArgs) -> anyhow::Error {
    match error {
        RestoreError::Differs { .. } => {
            let path = view::text::escape(&args.path.to_string_lossy());
            let failure = Failure::new(Exit::Refused, format!("nothing was restored: {error}"));
            let hint = format!(
                "somebody else has written to it since; delete the topic, or restore {path} under another name with `--rename`, and pass `--restart`"
            );
            failure.hint(hint).into()
        }
        error => unwritten(error),
    }
}

/// What a restore has written.
pub(super) fn written(restore: &Restore<'_>) -> Written {
    Written {
        changed: restore.made > 0,
        unsure: false,
        records: restore.tally(),
    }
}

/// The exit code of a restore that failed, or the failure with what it has written.
pub(super) fn failed(
    failure: RestoreFailure,
    restore: &Restore<'_>,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let (message, written) = (failure.to_string(), written(restore));
    let so_far = |made| view::restore::so_far(made, &restore.parts);
    let refused = |hint: &str| Failure::new(Exit::Refused, message.as_str()).hint(hint);
    let error = match failure {
        RestoreFailure::NotPrepared(error) => return unprepared(error, so_far, terminal),
        RestoreFailure::Stopped => {
            let message = format!("stopped: {}", so_far(restore.made));
            let exit = Exit::Interrupted.after(written);
            return Err(Failure::new(exit, message).hint(GOES_ON).into());
        }
        RestoreFailure::Unproven(_) => {
            let hint = "retention, compaction or another writer may have changed them since";
            return Err(Failure::new(Exit::Unknown, message).hint(hint).into());
        }
        RestoreFailure::Restore(error) => with_way_out(error, restore),
        RestoreFailure::EndUnseen(_) => Failure::new(Exit::Unreachable, message).into(),
        RestoreFailure::Changed(_) => {
            refused("see who writes to it, or restore it under another name with `--rename`").into()
        }
        RestoreFailure::Followed { .. } => refused(
            "what was restored is where it is to be; see that nothing else writes to the topic",
        )
        .into(),
        RestoreFailure::CommitsStopped(plan) => {
            let exit = stops(&plan).unwrap_or(Exit::Refused);
            Failure::new(exit, message).hint(GOES_ON).into()
        }
        RestoreFailure::CommitsNotStarted(error) => error.into(),
    };
    let so_far = so_far(restore.made);
    Err(exit::after(error, written, &so_far, GOES_ON))
}

/// The failure for an error while records are written.
fn with_way_out(error: RestoreError, restore: &Restore<'_>) -> anyhow::Error {
    let way_out = match &error {
        RestoreError::Write(WriteError::Elsewhere { partition, .. })
        | RestoreError::Differs {
            target: partition, ..
        } => {
            let mut parts = restore.parts.values();
            let was_empty = parts.any(|part| part.target == *partition && part.base == 0);
            let delete = if was_empty {
                "delete the topic and restore it again, or "
            } else {
                ""
            };
            Some(format!(
                "the same command does not go on: see that nothing else writes to it, {delete}restore it under another name with `--rename`"
            ))
        }
        RestoreError::Write(WriteError::Refused {
            partition: TopicPartition { topic, .. },
            error,
            batch,
        }) => view::refused::way_out(topic, error, batch.as_ref(), ""),
        _ => None,
    };
    let error = unwritten(error);
    match way_out {
        Some(hint) => Failure::new(exit::of(&error), error.to_string())
            .hint(hint)
            .into(),
        None => error,
    }
}

/// The failure for an error before anything was written.
fn unwritten(error: RestoreError) -> anyhow::Error {
    let failure = |exit| Failure::new(exit, error.to_string());
    match error {
        RestoreError::Held => failure(Exit::Locked)
            .hint("nothing was written; wait until it has ended")
            .into(),
        RestoreError::Cluster(error) | RestoreError::Write(WriteError::Cluster(error)) => {
            error.into()
        }
        RestoreError::Write(ref write) => failure(Exit::of_write(write)).into(),
        RestoreError::Read(ref read) => failure(Exit::of_read(&read.cause)).into(),
        RestoreError::Differs { .. } => failure(Exit::Refused).into(),
        RestoreError::Snapshot(_) | RestoreError::File(_) => error.into(),
    }
}
