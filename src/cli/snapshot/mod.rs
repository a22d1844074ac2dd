//! `snapshot`: the records of topics in a file, and back.
//!
//! - [`create`], [`restore`]: with a cluster
//! - [`verify`], [`show`]: of a file alone

mod create;
mod restore;
mod show;
mod verify;

use std::path::Path;

use clap::{Args as Group, Subcommand};

use super::args::Global;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use crate::backup::snapshot::{Reader, SnapshotError};
use crate::model::units::{self, Unit};

#[derive(Debug, Group)]
pub(super) struct SnapshotArgs {
    #[command(subcommand)]
    what: SnapshotCommand,
}

#[derive(Debug, Subcommand)]
enum SnapshotCommand {
    /// Write the records of topics to a file
    Create(create::CreateArgs),
    /// Read all of a snapshot, and say whether it is as it was written
    Verify(verify::VerifyArgs),
    /// Show what a snapshot holds
    Show(show::ShowArgs),
    /// Write the records of a snapshot to a cluster
    Restore(restore::args::RestoreArgs),
}

pub(super) async fn run(
    global: &Global,
    args: &SnapshotArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    match &args.what {
        SnapshotCommand::Create(args) => create::run(global, args, terminal).await,
        SnapshotCommand::Verify(args) => verify::run(args, terminal),
        SnapshotCommand::Show(args) => show::run(args, terminal),
        SnapshotCommand::Restore(args) => restore::run(global, args, terminal).await,
    }
}

/// A number of bytes, such as `10GiB`.
fn size(text: &str) -> Result<u64, String> {
    let bytes = match units::parse(text, Unit::Bytes) {
        Some(bytes) => bytes.map_err(|error| error.to_string())?,
        None => text
            .parse()
            .map_err(|_| "write a size, such as 10GiB".to_owned())?,
    };
    u64::try_from(bytes).map_err(|_| "write a size, such as 10GiB".to_owned())
}

/// A snapshot that has at most so many bytes unpacked.
fn opened(path: &Path, max_bytes: Option<u64>) -> Result<Reader, Failure> {
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

/// Why a file cannot be used.
fn refused(path: &Path, error: &SnapshotError) -> Failure {
    let failure = Failure::new(
        Exit::BadInput,
        format!("cannot use {}: {error}", path.display()),
    );
    match error {
        SnapshotError::Newer { .. } => failure.hint("update tonkafka"),
        SnapshotError::CutOff => failure.hint(
            "the same `tonkafka snapshot create` goes on with a snapshot that was interrupted",
        ),
        SnapshotError::Damaged { .. } => failure.hint("use another copy of it"),
        _ => failure,
    }
}
