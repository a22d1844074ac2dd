//! Exit codes and hints of a mirror.

use crate::cli::describe::topics::not_there;
use crate::cli::exit::{Exit, Failure, Written};
use crate::cluster::Cluster;
use crate::cluster::reader::{NoGap, ReadCause};
use crate::cluster::writer::WriteError;
use crate::mirror::{Mirror, MirrorError};
use crate::model::measure::TopicPartition;
use crate::ops::mirror::{MirrorPlan, MirrorPlanError};
use crate::plan::mirror::MirrorSource;
use crate::view;

/// The topic key that limits the size of a batch.
const LARGEST: &str = "max.message.bytes";

pub(super) const GOES_ON: &str = "the same command goes on where it ended";

pub(super) const WAITS: &str = "the same command goes on once they have ended; pass `--allow-open-transactions` to be content with that";

const COMPACTED: &str = "the same command goes on where it ended; where the topic was compacted once, pass `--accept-gaps`";

const LOST: &str = "the target may have records that the source lost; delete the topic there, so that it is made anew";

const ANOTHER: &str = "stop one of them: both copy each record; where none runs any more, the same command goes on where it ended";

const DELETED: &str = "the same command makes the topic anew and copies all that the source has; leave the topic out to go on with the others";

const ANEW: &str = "delete the topic at the target, so that it is made anew";

/// The exit code and hint for a mirror that could not be planned.
pub(super) async fn unplanned(error: MirrorPlanError, from: &dyn Cluster) -> anyhow::Error {
    let message = error.to_string();
    let failure = match error {
        MirrorPlanError::Mirror(error) => return unread(error),
        MirrorPlanError::Topic { name, seen } => not_there(from, &name, Some(&seen)).await,
        MirrorPlanError::Settings { .. } => Failure::new(Exit::Unreachable, message),
        MirrorPlanError::Same(_) => {
            Failure::new(Exit::Refused, message).hint("name another one with `--to`")
        }
        MirrorPlanError::Nothing => {
            Failure::new(Exit::Refused, message).hint("`tonkafka list topics` shows them")
        }
    };
    failure.into()
}

/// The failure of a mirror that cannot start.
fn unread(error: MirrorError) -> anyhow::Error {
    match error {
        MirrorError::Cluster(error) => error.into(),
        error => Failure::new(unwritten(&error), error.to_string()).into(),
    }
}

/// The exit code for an error before anything was written.
fn unwritten(error: &MirrorError) -> Exit {
    match error {
        MirrorError::Read(read) => Exit::of_read(&read.cause),
        MirrorError::Unseen { .. } | MirrorError::Cluster(_) => Exit::Unreachable,
        MirrorError::Write(error) => Exit::of_write(error),
        MirrorError::Commit { .. } => Exit::Unknown,
        MirrorError::Store(_) | MirrorError::Groups(_) => Exit::Failed,
        MirrorError::Another { .. } => Exit::Locked,
        MirrorError::Behind { .. } | MirrorError::Anew(_) | MirrorError::Deleted(_) => {
            Exit::Refused
        }
    }
}

/// The failure of a mirror that cannot go on, with what it wrote.
pub(super) fn failure(
    error: MirrorError,
    mirror: &Mirror<'_>,
    planned: &MirrorPlan,
) -> anyhow::Error {
    let written = Written {
        changed: planned.changed_topics() > 0 || mirror.has_moved_groups(),
        unsure: !mirror.unsure_groups().is_empty(),
        records: mirror.tally(),
    };
    let exit = unwritten(&error).after(written);
    let error = match error {
        MirrorError::Cluster(error) | MirrorError::Write(WriteError::Cluster(error))
            if !written.is_something() =>
        {
            // Unchanged, so that it keeps its usual hint.
            return error.into();
        }
        error => error,
    };
    let done = view::mirror::done(planned.changed_topics(), mirror);
    let which = match &error {
        MirrorError::Write(WriteError::Refused { batch, .. }) => batch.as_ref(),
        _ => None,
    };
    let which = which.map(|batch| view::refused::which(batch, "the source"));
    let lost = (mirror.lost() > 0).then(|| view::mirror::losses(mirror));
    let parts = [Some(error.to_string()), which, done, lost];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let failure = Failure::new(exit, parts.join("; "));
    match way_out(&error, &planned.sources) {
        Some(hint) => failure.hint(hint).into(),
        None => failure.into(),
    }
}

/// The hint for an error.
fn way_out(error: &MirrorError, sources: &[MirrorSource]) -> Option<String> {
    let hint = match error {
        MirrorError::Write(WriteError::Fenced {
            is_perhaps_own: false,
            ..
        }) => "another mirror of these topics was started; stop one of them",
        MirrorError::Write(WriteError::Refused {
            partition: TopicPartition { topic, .. },
            error: refusal,
            batch,
        }) if !error.is_passing() => {
            let mut sources = sources.iter();
            let is_brought = sources
                .find(|source| source.name == *topic)
                .is_some_and(|source| source.overrides.contains_key(LARGEST));
            let place = if is_brought && refusal.code == "MESSAGE_TOO_LARGE" {
                " at the source, whose settings are brought over,"
            } else {
                " at the target"
            };
            return view::refused::way_out(topic, refusal, batch.as_ref(), place);
        }
        MirrorError::Behind { .. } => ANEW,
        MirrorError::Another { .. } => ANOTHER,
        MirrorError::Deleted(_) => DELETED,
        MirrorError::Anew(_) => {
            "delete the topic at the target, so that it is made anew too, or write behind what is there with `--append`"
        }
        MirrorError::Read(read) => match &read.cause {
            ReadCause::Truncated { .. } => LOST,
            ReadCause::Missing { why, .. } if *why != NoGap::RemoteStorage => COMPACTED,
            ReadCause::Missing { .. } | ReadCause::Silent(_) => GOES_ON,
            _ => return None,
        },
        error if error.is_passing() => GOES_ON,
        _ => return None,
    };
    Some(hint.to_owned())
}
