//! `snapshot create`.

use std::path::PathBuf;

use clap::Args as Group;

use crate::cli::args::Global;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;

#[derive(Debug, Group)]
pub(super) struct CreateArgs {
    /// The file
    #[arg(value_name = "PATH")]
    path: PathBuf,
}

pub(super) async fn run(
    _global: &Global,
    args: &CreateArgs,
    _terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let message = format!("cannot create {}", args.path.display());
    Err(Failure::new(Exit::Failed, message).into())
}
