//! What can go wrong with a local cluster, and what to try.

use std::io;
use std::path::{Path, PathBuf};

use super::java::OLDEST;

/// Why a local cluster could not be started, stopped or looked at.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// No `java` to be found.
    #[error("Kafka needs Java {OLDEST} or newer, and there is no `java` on the PATH")]
    NoJava,
    /// `JAVA_HOME` is wrong.
    #[error("JAVA_HOME is set, but {} is not there", .0.display())]
    JavaHome(PathBuf),
    /// Java is too old, or says no version.
    #[error("Kafka needs Java {OLDEST} or newer, and {} says: {said}", .program.display())]
    OldJava {
        /// The `java` that was asked.
        program: PathBuf,
        /// What it said.
        said: String,
    },
    /// `KAFKA_HOME` has no Kafka in it.
    #[error("KAFKA_HOME is set, but {}/libs has no kafka_2.13 jar", .0.display())]
    KafkaHome(PathBuf),
    /// No `mvn` to be found.
    #[error("Kafka's jars are not here yet, and there is no `mvn` on the PATH to fetch them with")]
    NoMaven,
    /// Not a version.
    #[error("`{0}` is no version of Kafka")]
    NoVersion(String),
    /// Maven could not fetch.
    #[error("Maven could not fetch Kafka {version}: {said}")]
    Maven {
        /// The version.
        version: String,
        /// Maven's own words.
        said: String,
    },
    /// A program did not start.
    #[error("cannot start {}: {error}", .program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The system's words.
        error: io::Error,
    },
    /// A file or directory could not be used.
    #[error("cannot {action} {}: {error}", .path.display())]
    File {
        /// What was tried, as an infinitive.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
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

    /// What to try.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoJava | Self::OldJava { .. } => format!(
                "install a Java {OLDEST} runtime (such as the package `openjdk-{OLDEST}-jre-headless`), or point JAVA_HOME at one"
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
        }
    }
}
