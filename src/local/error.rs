//! Errors of a local cluster, with hints.

use std::io;
use std::path::{Path, PathBuf};

use super::LocalProfile;
use super::port_holder::PortHolder;
use super::settings::SettingsError;
use super::versions::OLDEST_JAVA;
use crate::model::escape::{escape, path as shown};

/// A local cluster could not be started, stopped or examined.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// `java` was not found.
    #[error("Kafka needs Java {OLDEST_JAVA} or newer, and there is no `java` on the PATH")]
    NoJava,
    /// `JAVA_HOME` is wrong.
    #[error("JAVA_HOME is set, but {} is not there", shown(.0))]
    JavaHome(PathBuf),
    /// Java is too old, or its version is unknown.
    #[error("Kafka needs Java {OLDEST_JAVA} or newer, and {} says: {said}", shown(.program))]
    OldJava {
        /// The `java` program.
        program: PathBuf,
        /// Its output.
        said: String,
    },
    /// `KAFKA_HOME` does not contain Kafka.
    #[error("KAFKA_HOME is set, but {}/libs has no kafka_2.13 jar", shown(.0))]
    KafkaHome(PathBuf),
    /// `mvn` was not found.
    #[error("Kafka's jars are not here yet, and there is no `mvn` on the PATH to fetch them with")]
    NoMaven,
    /// Not a version.
    #[error("`{}` is no version of Kafka", escape(.0))]
    NoVersion(String),
    /// Maven could not fetch.
    #[error("Maven could not fetch Kafka {version}: {said}")]
    Maven {
        /// The version.
        version: String,
        /// Maven's message.
        said: String,
    },
    /// A program did not start.
    #[error("cannot start {}: {error}", shown(.program))]
    Start {
        /// The program.
        program: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// A file or directory could not be used.
    #[error("cannot {action} {}: {error}", shown(.path))]
    File {
        /// What was tried, as an infinitive.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The process settings of the manifest cannot be used.
    #[error("cannot start a broker with the manifest's settings: {0}")]
    Settings(#[from] SettingsError),
    /// Another process listens on the clients' port.
    #[error("port {port} is taken{}", .holder.as_ref().map(|holder| format!(" by {holder}")).unwrap_or_default())]
    PortTaken {
        /// The port.
        port: u16,
        /// That process, if it can be seen.
        holder: Option<PortHolder>,
    },
    /// The record cannot be used.
    #[error("cannot use {}: {reason}", shown(.path))]
    Record {
        /// The record's file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// Another `up` or `down` is running.
    #[error("another `up` or `down` is at work")]
    Busy,
    /// The data directory was not created by this program.
    #[error("{} holds files and was not made by `up`", shown(.0))]
    ForeignData(PathBuf),
    /// The data has another profile.
    #[error("{} was made with `--profile {made_with}`, and data keeps its profile", shown(.path))]
    OtherProfile {
        /// The data directory.
        path: PathBuf,
        /// The profile of the data.
        made_with: LocalProfile,
    },
    /// A cluster with a less secure profile is running.
    #[error("a local cluster runs at {0} that everybody may use")]
    NotSecure(String),
    /// The passwords of a secure cluster are missing or changed.
    #[error("cannot use {}: it is not as `up` wrote it", shown(.0))]
    Secrets(PathBuf),
    /// The directory for secrets was not created by this program.
    #[error("{} holds files that are not those of a secure cluster", shown(.0))]
    ForeignSecrets(PathBuf),
    /// Certificates could not be created.
    #[error("cannot make certificates: {0}")]
    Certificates(String),
    /// There is too little space for data.
    #[error("{} has {free_mib} MiB free, and a broker needs 1024", shown(.path))]
    DiskFull {
        /// The data directory.
        path: PathBuf,
        /// The free space, in MiB.
        free_mib: u64,
    },
    /// Formatting the data directory failed.
    #[error("cannot format {}: {said}", shown(.path))]
    Format {
        /// The data directory.
        path: PathBuf,
        /// Kafka's message.
        said: String,
    },
    /// The broker ended during the start.
    #[error("the broker ended while it started; the last lines of {}:\n{last_lines}", shown(.log))]
    Died {
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        last_lines: String,
    },
    /// The broker runs, but did not answer in time; it was stopped.
    #[error("the broker did not answer within {seconds} seconds: {reason}")]
    NotReady {
        /// The time that was waited.
        seconds: u64,
        /// The error of the last attempt.
        reason: String,
    },
    /// The process still runs after SIGKILL.
    #[error("process {0} does not end")]
    Immortal(i32),
    /// Docker was asked for, but does not answer.
    #[error("Docker does not answer: {said}")]
    NoDocker {
        /// Docker's message.
        said: String,
    },
    /// A Docker command failed.
    #[error("`docker {command}` failed: {said}")]
    Docker {
        /// The command.
        command: String,
        /// Docker's message.
        said: String,
    },
    /// A task of this process was aborted.
    #[error("the work was ended: {0}")]
    Ended(String),
}

impl LocalError {
    pub(super) fn start(program: &Path, error: io::Error) -> Self {
        let program = program.to_owned();
        Self::Start { program, error }
    }

    pub(super) fn file(action: &'static str, path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        Self::File {
            action,
            path,
            error,
        }
    }

    /// What the user can do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoJava | Self::OldJava { .. } => format!(
                "install a Java {OLDEST_JAVA} runtime (such as the package `openjdk-{OLDEST_JAVA}-jre-headless`), or point JAVA_HOME at one"
            ),
            Self::JavaHome(_) => "point JAVA_HOME at a Java installation, or unset it".into(),
            Self::KafkaHome(_) => "point KAFKA_HOME at an unpacked Kafka, or unset it".into(),
            Self::NoMaven => {
                "install Maven (the package `maven`), or unpack Kafka and point KAFKA_HOME at it"
                    .into()
            }
            Self::NoVersion(_) => "write it as in `4.3.1`".into(),
            Self::Maven { .. } => {
                "see that Maven works here (its settings.xml, proxy and mirrors), or unpack Kafka and point KAFKA_HOME at it".into()
            }
            Self::Start { .. } => "see that it is installed and may be run".into(),
            Self::File { .. } => "see that the directory exists and may be written".into(),
            Self::Settings(error) => error.hint().into(),
            Self::PortTaken { .. } => "end what listens there, or choose another with --port".into(),
            Self::Record { path, .. } => format!(
                "if no local cluster runs, remove {}",
                shown(path)
            ),
            Self::Busy => "wait until it is done".into(),
            Self::ForeignData(_) => "name a new or empty directory with --data-dir".into(),
            Self::OtherProfile { made_with, .. } => format!(
                "pass `--profile {made_with}`, name another directory with --data-dir, or begin anew after `tonkafka down --delete-data`"
            ),
            Self::NotSecure(_) => {
                "`tonkafka down --delete-data` ends it with its data, which keeps its profile; to keep the data, end it with `tonkafka down` and name another directory with --data-dir".into()
            }
            Self::Secrets(_) => {
                "its passwords are known to nobody else: begin anew after `tonkafka down --delete-data`".into()
            }
            Self::ForeignSecrets(_) => "name a new or empty directory".into(),
            Self::Certificates(_) => "see that the names are hosts and addresses".into(),
            Self::DiskFull { .. } => "free some space, or name another directory with --data-dir".into(),
            Self::Format { .. } => "see that the manifest's `broker` settings are Kafka's".into(),
            Self::Died { log, .. } => format!("all of its output is in {}", shown(log)),
            Self::NotReady { .. } => "try again when the machine is less busy; the log tells what the broker did".into(),
            Self::Immortal(_) => "see what it waits for; a disk that does not answer can hold a process".into(),
            Self::NoDocker { .. } => {
                "start Docker, or use --engine native, which needs Java only".into()
            }
            Self::Docker { .. } => "see that `docker compose version` is 2.1 or newer and that its images can be pulled".into(),
            Self::Ended(_) => "try again".into(),
        }
    }
}
