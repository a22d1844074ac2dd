//! `snapshot restore`.

use std::path::PathBuf;

use clap::Args as Group;

use crate::cli::args::Global;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;

#[derive(Debug, Group)]
pub(super) struct RestoreArgs {
    /// The file
    #[arg(value_name = "PATH")]
    path: PathBuf,
}

pub(super) async fn run(
    _global: &Global,
    args: &RestoreArgs,
    _terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let message = format!("cannot restore {}", args.path.display());
    Err(Failure::new(Exit::Failed, message).into())
}
