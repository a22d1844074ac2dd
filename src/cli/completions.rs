//! `completions` and `man`: files that a package installs beside the program.

use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;

use super::args::ShellArg;
use super::command::Args;
use super::exit::Exit;
use super::{complete, print};
use crate::view::text::path as shown;

/// Prints the script that registers completion with a shell.
pub(super) fn completions(shell: ShellArg) -> anyhow::Result<Exit> {
    print::out(&complete::registration(shell)?);
    Ok(Exit::Done)
}

/// Prints the program's manual page, or writes the pages of all commands to a directory.
pub(super) fn man(directory: Option<&Path>) -> anyhow::Result<Exit> {
    if let Some(directory) = directory {
        std::fs::create_dir_all(directory)
            .and_then(|()| clap_mangen::generate_to(Args::command(), directory))
            .with_context(|| format!("cannot write to {}", shown(directory)))?;
        return Ok(Exit::Done);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Args::command().disable_help_subcommand(true)).render(&mut page)?;
    print::out(&String::from_utf8_lossy(&page));
    Ok(Exit::Done)
}
