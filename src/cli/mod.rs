//! Arguments, settings, prompts, signals, exit codes. The only room that prints and exits.
//!
//! Typed errors become an `exit::Exit`, a message and a hint here. stdout is data, stderr is
//! messages and progress. With `-o json`, stdout is exactly one document, an error document if the
//! command fails. Only `apply` and `mirror` print several, one per line; the error document is then
//! the last.

mod apply;
mod args;
mod asked;
mod backup;
mod can;
mod columns;
mod command;
mod complete;
mod completed;
mod completions;
mod connect;
mod consent;
mod context;
mod describe;
mod environment;
mod exit;
mod explain;
mod files;
mod groups;
mod import;
mod interrupted;
mod lag;
mod list;
mod local;
mod local_context;
mod manifest;
mod mirror;
mod names;
mod offsets;
mod plan;
mod print;
mod render;
mod shown;
mod shown_steps;
mod signals;
mod snapshot;
mod target;
mod terminal;
mod topics;
mod validate;
mod values;
mod version;
mod watch;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser as _};

use args::Output;
use command::{Args, Command};
use exit::{Exit, Failure};
use terminal::Terminal;

use crate::model::escape::escape;
use crate::view::json::to_yaml;

/// Runs the program and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    if complete::answer() {
        return ExitCode::SUCCESS;
    }
    let (args, checked) = match parsed() {
        Ok(parsed) => parsed,
        Err(error) => {
            let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
            return print::usage(&error, Output::of_words(words)).into();
        }
    };
    let tells = matches!(args.command, Command::Apply(_) | Command::Mirror(_));
    let terminal = Terminal::new(&args.global, tells);
    if let Err(failure) = checked {
        print::fail(&terminal, &failure.into());
        return Exit::BadInput.into();
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            print::fail(&terminal, &error.into());
            return Exit::Failed.into();
        }
    };
    let exit = runtime
        .block_on(run(&args, &terminal))
        .unwrap_or_else(|error| {
            print::fail(&terminal, &error);
            exit::of(&error)
        });
    // A request that is no longer awaited must not keep the program alive.
    runtime.shutdown_background();
    print::settled(exit).into()
}

/// The parsed command line, and the check of the files that it names. A usage error shows control
/// characters of the arguments escaped.
fn parsed() -> Result<(Args, Result<(), Failure>), clap::Error> {
    let mut command = Args::command();
    let parsed = command.try_get_matches_from_mut(std::env::args_os());
    let parsed = parsed.and_then(|matches| Ok((Args::from_arg_matches(&matches)?, matches)));
    let (args, matches) = parsed.map_err(|error| {
        let words = std::env::args_os().map(|word| escape(&word.to_string_lossy()));
        Args::try_parse_from(words).err().unwrap_or(error)
    })?;
    let checked = files::check(&command, &matches, &args.global.environment);
    Ok((args, checked))
}

async fn run(args: &Args, terminal: &Terminal) -> anyhow::Result<Exit> {
    let global = &args.global;
    let is_plan = matches!(args.command, Command::Plan(_));
    if global.output == Output::Markdown && !is_plan {
        let failure = Failure::new(Exit::BadInput, "only `plan` can be printed as markdown");
        return Err(failure.hint("use `-o text`, `-o json` or `-o yaml`").into());
    }
    let has_columns = matches!(args.command, Command::Describe(_) | Command::Lag(_));
    if global.output == Output::Wide && !has_columns {
        let message = "only `describe` and `lag` can be printed wide";
        let failure = Failure::new(Exit::BadInput, message);
        return Err(failure.hint("use `-o text`, `-o json` or `-o yaml`").into());
    }
    match &args.command {
        Command::Validate(args) => validate::run(args, terminal),
        Command::Explain { key } => explain::run(global, key, terminal).await,
        Command::Plan(args) => plan::run(global, args, terminal).await,
        Command::Apply(args) => apply::run(global, args, terminal).await,
        Command::Describe(args) => describe::run(global, args, terminal).await,
        Command::Can(args) => can::run(global, args, terminal).await,
        Command::ResetOffsets(args) => offsets::run(global, args, terminal).await,
        Command::Lag(args) => lag::run(global, args, terminal).await,
        Command::Groups { what } => groups::run(global, what, terminal).await,
        Command::Topics { what } => topics::run(global, what, terminal).await,
        Command::Snapshot { what } => snapshot::run(global, what, terminal).await,
        Command::Mirror(args) => mirror::run(global, args, terminal).await,
        Command::List { what } => list::run(global, what, terminal).await,
        Command::Backup { what } => backup::run(global, what, terminal).await,
        Command::Rollback(args) => backup::rollback(global, args, terminal).await,
        Command::Import(args) => import::run(global, args, terminal).await,
        Command::Up(args) => local::up(global, args, terminal).await,
        Command::Down { delete_data } => local::down(global, *delete_data, terminal).await,
        Command::Status => local::status(global, terminal).await,
        Command::Context { what } => context::run(global, what, terminal).await,
        Command::Render { what } => render::run(what, terminal),
        Command::Completions { shell } => completions::completions(*shell),
        Command::Man { dir } => completions::man(dir.as_deref()),
        Command::Version => Ok(version::run(terminal)),
    }
}

impl Terminal {
    /// Prints text, or a document with `-o json` and `-o yaml`.
    fn show(&self, text: impl FnOnce(&Self) -> String, json: impl FnOnce() -> String) {
        match self.output {
            Output::Text | Output::Wide | Output::Markdown => print::out(&text(self)),
            Output::Json | Output::Yaml => print::document(self, &json()),
        }
    }

    /// Text, or a document with `-o json` and `-o yaml`.
    fn form(&self, text: impl FnOnce() -> String, json: impl FnOnce() -> String) -> String {
        match self.output {
            Output::Text | Output::Wide | Output::Markdown => text(),
            Output::Json => json(),
            Output::Yaml => to_yaml(&json()),
        }
    }
}
