//! `snapshot verify`: reads and checks a whole snapshot.

use std::path::PathBuf;

use clap::Args as Group;

use super::opened::{opened, refused, size};
use crate::cli::exit::Exit;
use crate::cli::terminal::Terminal;
use crate::snapshot::verify::verify;
use crate::view;

#[derive(Debug, Group)]
pub(in crate::cli) struct VerifyArgs {
    /// Path of the snapshot
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Refuse a snapshot with more uncompressed bytes than this, such as 10GiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_bytes: Option<u64>,
}

pub(super) fn run(args: &VerifyArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let path = &args.path;
    let reader = opened(path, args.max_bytes)?;
    let bar = terminal.bar(usize::try_from(reader.block_count()).unwrap_or(usize::MAX));
    let verified = verify(reader, || bar.step());
    bar.clear();
    let verified = verified.map_err(|error| refused(path, &error))?;
    let deleted = verified.reader.deleted();
    let deleted = deleted.map_err(|error| refused(path, &error))?;
    terminal.show(
        |_| view::snapshot::verified(path, &verified, &deleted),
        || view::snapshot::verified_json(path, &verified, &deleted),
    );
    Ok(Exit::Done)
}
