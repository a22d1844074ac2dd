//! Opens snapshots that the command line names.

use std::path::Path;

use crate::cli::exit::{Exit, Failure};
use crate::model::units::{self, Unit};
use crate::snapshot::{Reader, SnapshotError};

/// Parses a number of bytes, such as `10GiB`.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let bytes = match units::parse(text, Unit::Bytes) {
        Some(bytes) => bytes.map_err(|error| error.to_string())?,
        None => text
            .parse()
            .map_err(|_| "write a size, such as 10GiB".to_owned())?,
    };
    u64::try_from(bytes).map_err(|_| "write a size, such as 10GiB".to_owned())
}

/// Opens a snapshot of at most `max_bytes` uncompressed.
pub(super) fn opened(path: &Path, max_bytes: Option<u64>) -> Result<Reader, Failure> {
    let reader = Reader::open(path).map_err(|error| refused(path, &error))?;
    let bytes = reader.unpacked_bytes();
    match max_bytes {
        Some(most) if bytes > most => {
            let message = format!("{} has {bytes} bytes when it is unpacked", path.display());
            Err(Failure::new(Exit::BadInput, message).hint("pass a larger `--max-bytes`"))
        }
        _ => Ok(reader),
    }
}

pub(super) fn refused(path: &Path, error: &SnapshotError) -> Failure {
    let failure = Failure::new(
        Exit::BadInput,
        format!("cannot use {}: {error}", path.display()),
    );
    match error {
        SnapshotError::Newer { .. } => failure.hint("update tonkafka"),
        SnapshotError::CutOff => failure.hint(
            "use another copy of it; if `tonkafka snapshot create` was interrupted, the same command goes on",
        ),
        SnapshotError::Damaged { .. } => failure.hint("use another copy of it"),
        _ => failure,
    }
}
