//! Errors in client properties.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use super::setting::FileLine;

/// One error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileFault {
    /// Its place.
    pub place: FileLine,
    /// What is wrong, without a final stop.
    pub message: String,
    /// What the user can do.
    pub hint: String,
}

/// Why client properties cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The file system's error.
        error: io::Error,
    },
    /// Their content is wrong.
    #[error("{}", list(_0))]
    Content(
        /// All errors; at least one.
        Vec<ProfileFault>,
    ),
}

fn list(faults: &[ProfileFault]) -> String {
    let mut text = String::new();
    for (index, fault) in faults.iter().enumerate() {
        let stop = if index == 0 { "" } else { "; " };
        let _ = write!(text, "{stop}{}: {}", fault.place, fault.message); // a String takes everything
    }
    text
}

impl ProfileError {
    /// What the user can do; the hint of each error, once.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Read { .. } => "name a properties file with `--command-config`".to_owned(),
            Self::Content(faults) => {
                let mut hints: Vec<&str> = Vec::new();
                for fault in faults {
                    if !hints.contains(&fault.hint.as_str()) {
                        hints.push(&fault.hint);
                    }
                }
                hints.join("; ")
            }
        }
    }
}
