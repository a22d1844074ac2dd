//! Exit codes, and hints for errors.

use std::process::ExitCode;

use crate::apply::{NotStarted, Report, ReportStatus, Stopped};
use crate::backup::shelf::BackupError;
use crate::cluster::ClusterError;
use crate::cluster::contexts::ContextError;
use crate::cluster::lease::LeaseError;
use crate::cluster::profile::ProfileError;
use crate::cluster::reader::ReadCause;
use crate::cluster::writer::{Tally, WriteError};
use crate::local::{LocalError, NoHome};
use crate::manifest::ManifestErrors;
use crate::model::escape::escape;

/// The exit code of the program. Scripts rely on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Local I/O, an engine that did not start, a bug.
    Failed = 1,
    /// Bad usage or input; no connection was opened.
    BadInput = 2,
    /// Changes are pending.
    Pending = 3,
    /// A guard, the cluster's state or the user refused; nothing was written.
    Refused = 4,
    /// Partly applied, every outcome known.
    Partly = 5,
    /// At least one outcome is unknown.
    Unknown = 6,
    /// Unreachable, not authorised, or too little was visible to decide.
    Unreachable = 7,
    /// Another apply holds the lock.
    Locked = 8,
    /// Interrupted before any write.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The exit code for records that cannot be read on.
    pub(super) fn of_read(cause: &ReadCause) -> Self {
        match cause {
            ReadCause::NotPermitted(_)
            | ReadCause::Silent(_)
            | ReadCause::Missing { .. }
            | ReadCause::Truncated { .. } => Self::Unreachable,
            ReadCause::Gone(_) => Self::Refused,
            ReadCause::Unreadable(_) => Self::Failed,
        }
    }

    /// The exit code for a write that failed before anything was written.
    pub(super) fn of_write(error: &WriteError) -> Self {
        match error {
            WriteError::Cluster(_)
            | WriteError::Fenced {
                is_perhaps_own: true,
                ..
            } => Self::Unreachable,
            WriteError::Refused { .. } | WriteError::OutOfOrder { .. } => Self::Refused,
            WriteError::Unknown { .. } | WriteError::EndUnknown(_) => Self::Unknown,
            WriteError::Elsewhere { .. } => Self::Partly,
            WriteError::Fenced {
                is_perhaps_own: false,
                ..
            } => Self::Locked,
            WriteError::Encoding { .. } => Self::Failed,
        }
    }

    /// The exit code of a command that wrote `written`; `self` is its code if it had written
    /// nothing. All commands that write records use this rule.
    pub(super) fn after(self, written: Written) -> Self {
        match self {
            Self::Done | Self::Unknown => self,
            _ if written.unsure || written.records.unanswered > 0 => Self::Unknown,
            Self::Locked => self,
            _ if written.is_something() => Self::Partly,
            _ => self,
        }
    }

    /// The exit code of an apply.
    pub(super) fn of_report(report: &Report) -> Self {
        match (report.status(), &report.stopped) {
            (ReportStatus::Done, _) => Self::Done,
            (ReportStatus::Partly, _) => Self::Partly,
            (ReportStatus::Refused, _) => Self::Refused,
            (ReportStatus::Unknown, _) => Self::Unknown,
            (ReportStatus::Unreachable, _) => Self::Unreachable,
            (ReportStatus::Interrupted, Some(Stopped::Journal { .. })) => Self::Failed,
            (ReportStatus::Interrupted, Some(Stopped::Lock { .. })) => Self::Locked,
            (ReportStatus::Interrupted, None) => Self::Interrupted,
        }
    }
}

/// What a command has written to the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Written {
    /// Whether something beside records was changed: topics, settings or commits.
    pub(super) changed: bool,
    /// Whether a change to something beside records was sent and its outcome is unknown.
    pub(super) unsure: bool,
    /// Records that were acknowledged, or sent without an answer.
    pub(super) records: Tally,
}

impl Written {
    /// Whether anything was, or may have been, written.
    pub(super) fn is_something(self) -> bool {
        let Tally {
            acknowledged,
            unanswered,
        } = self.records;
        self.changed || self.unsure || acknowledged > 0 || unanswered > 0
    }
}

/// An error of a command that has already written. `so_far` names what it wrote; `hint` is used if
/// the error has none.
pub(super) fn after(
    error: anyhow::Error,
    written: Written,
    so_far: &str,
    hint: &str,
) -> anyhow::Error {
    if !written.is_something() {
        return error;
    }
    let exit = of(&error).after(written);
    let failure = error.downcast_ref::<Failure>();
    let own = failure.and_then(|failure| failure.hint.clone());
    let message = format!("{error:#}; {so_far}");
    let failure = Failure::new(exit, message);
    failure.hint(own.unwrap_or_else(|| hint.to_owned())).into()
}

/// An error with its exit code and hint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
    has_lines: bool,
}

impl Failure {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
            has_lines: false,
        }
    }

    /// A failure with one line for each cause.
    pub(super) fn of_lines(exit: Exit, lines: &[String]) -> Self {
        let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
        Self {
            has_lines: true,
            ..Self::new(exit, lines.join("\n"))
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The exit code of an error.
pub(super) fn of(error: &anyhow::Error) -> Exit {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return failure.exit;
    }
    if error.is::<NoHome>() {
        return Exit::BadInput;
    }
    match error.downcast_ref() {
        Some(ContextError::Write(_)) => return Exit::Failed,
        Some(_) => return Exit::BadInput,
        None => {}
    }
    if error.is::<ManifestErrors>() || error.is::<ProfileError>() {
        return Exit::BadInput;
    }
    match error.downcast_ref() {
        Some(LocalError::Settings { .. } | LocalError::NoVersion { .. }) => return Exit::BadInput,
        Some(LocalError::OtherProfile { .. } | LocalError::NotSecure(_)) => return Exit::Refused,
        _ => {}
    }
    if let Some(NotStarted::Stale(_) | NotStarted::WrongCluster { .. }) = error.downcast_ref() {
        return Exit::Refused;
    }
    if let Some(LeaseError::Held(_)) = error.downcast_ref() {
        return Exit::Locked;
    }
    match cluster_error(error) {
        Some(ClusterError::Settings(_) | ClusterError::Unusable { .. }) => Exit::BadInput,
        Some(_) => Exit::Unreachable,
        None => Exit::Failed,
    }
}

/// Whether the message has several lines: several causes, or another program's output.
pub(super) fn has_lines(error: &anyhow::Error) -> bool {
    let failure = error.downcast_ref::<Failure>();
    error.is::<LocalError>() || failure.is_some_and(|failure| failure.has_lines)
}

fn cluster_error(error: &anyhow::Error) -> Option<&ClusterError> {
    if let Some(NotStarted::Cluster(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(BackupError::Cluster(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(LeaseError::Cluster(error)) = error.downcast_ref() {
        return Some(error);
    }
    error.downcast_ref()
}

/// The hint for an error.
pub(super) fn hint(error: &anyhow::Error) -> Option<String> {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return failure.hint.clone();
    }
    if let Some(home) = error.downcast_ref::<NoHome>() {
        return Some(home.hint());
    }
    if let Some(local) = error.downcast_ref::<LocalError>() {
        return Some(local.hint());
    }
    if let Some(context) = error.downcast_ref::<ContextError>() {
        return context.hint().map(str::to_owned);
    }
    if let Some(config) = error.downcast_ref::<ProfileError>() {
        return Some(config.hint());
    }
    if let Some(LeaseError::Held(_)) = error.downcast_ref() {
        let hint =
            "nothing was written; wait for it with `--lock-timeout`, such as `--lock-timeout 5m`";
        return Some(hint.to_owned());
    }
    match error.downcast_ref() {
        Some(NotStarted::Stale(_)) => {
            return Some("nothing was written; make a new plan".to_owned());
        }
        Some(NotStarted::WrongCluster { .. }) => {
            return Some("nothing was written; check `--bootstrap-server`".to_owned());
        }
        Some(NotStarted::File(_)) => {
            return Some(
                "nothing was written; see that the directory may be written and has space, or name another with XDG_STATE_HOME"
                    .to_owned(),
            );
        }
        _ => {}
    }
    let hint = match cluster_error(error)? {
        ClusterError::Unreachable { .. } => {
            "is Kafka running there? `tonkafka up` starts one here, and `--bootstrap-server` names another"
        }
        ClusterError::Login { hint, .. } | ClusterError::Unusable { hint, .. } => hint,
        ClusterError::NotAuthorised { .. } => "ask for the missing right on this cluster",
        ClusterError::NotSupported { .. } | ClusterError::Broker { .. } => return None,
        ClusterError::Settings(_) => "write brokers as host:port,host:port",
    };
    Some(hint.to_owned())
}
