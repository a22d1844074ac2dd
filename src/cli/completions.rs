//! `completions` and `man`: files that a package installs beside the program.

use anyhow::Context as _;
use clap::CommandFactory as _;

use super::args::{CompletionsArgs, ManArgs};
use super::command::Args;
use super::exit::Exit;
use super::{complete, print};
use crate::view::text::path as shown;

/// Prints the script that registers completion with a shell.
pub(super) fn completions(args: &CompletionsArgs) -> anyhow::Result<Exit> {
    print::out(&complete::registration(args.shell)?);
    Ok(Exit::Done)
}

/// Prints the program's manual page, or writes the pages of all commands to a directory.
pub(super) fn man(args: &ManArgs) -> anyhow::Result<Exit> {
    if let Some(directory) = &args.dir {
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
