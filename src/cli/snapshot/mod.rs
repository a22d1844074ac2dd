//! `snapshot`: writes the records of topics to a file, and restores them.
//!
//! - [`create`], [`restore`]: with a cluster
//! - [`verify`], [`show`]: without one

mod create;
mod opened;
mod restore;
mod show;
mod verify;

use clap::Subcommand;

use super::args::Global;
use super::exit::Exit;
use super::terminal::Terminal;

#[derive(Debug, Subcommand)]
pub(super) enum SnapshotCommand {
    /// Write the records of topics to a file
    Create(create::CreateArgs),
    /// Read a whole snapshot, and check that it is undamaged
    Verify(verify::VerifyArgs),
    /// Show what a snapshot holds
    Show(show::ShowArgs),
    /// Write the records of a snapshot to a cluster
    Restore(restore::args::RestoreArgs),
}

pub(super) async fn run(
    global: &Global,
    what: &SnapshotCommand,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    match what {
        SnapshotCommand::Create(args) => create::run(global, args, terminal).await,
        SnapshotCommand::Verify(args) => verify::run(args, terminal),
        SnapshotCommand::Show(args) => show::run(args, terminal),
        SnapshotCommand::Restore(args) => restore::run(global, args, terminal).await,
    }
}
