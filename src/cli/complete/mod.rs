//! Answers a shell when Tab is pressed.
//!
//! A registered shell runs the program with the variable `TONKAFKA_COMPLETE` and the words typed so
//! far. The answer comes within 300 ms, even if the network or the disk hangs. Nothing but
//! candidates is printed; after an error there are none.
//!
//! - [`bash`]: the shell that splits words at colons
//! - [`live`]: names from a cluster, a manifest or this machine's files
//! - [`line`]: the settings among the words typed so far
//! - [`cache`]: names that a cluster had a moment ago

use std::ffi::OsString;
use std::time::Duration;

use clap::{Command, CommandFactory as _};
use clap_complete::env::{EnvCompleter, Fish, Powershell, Zsh};
use clap_complete::{ArgValueCandidates, ArgValueCompleter};

use super::args::ShellArg;
use super::command::Args;
use super::completed::Completed;
use super::print;
use words::words;

mod bash;
mod cache;
mod line;
mod live;
mod words;

const VARIABLE: &str = "TONKAFKA_COMPLETE";

/// The time after which the program exits. The rest of the 300 ms is for its start.
const LIMIT: Duration = Duration::from_millis(280);

/// Zsh calls a script found on its `fpath`, so the script must complete at once.
const FOUND_BY_ZSH: &str = r#"if [[ "${funcstack[1]}" == _tonkafka ]]; then
    _clap_dynamic_completer_tonkafka "$@"
fi
"#;

/// The script that registers completion with a shell.
pub(super) fn registration(shell: ShellArg) -> std::io::Result<String> {
    let mut script = Vec::new();
    let name = "tonkafka";
    completer(shell).write_registration(VARIABLE, name, name, name, &mut script)?;
    let script = String::from_utf8_lossy(&script);
    let lines = script.lines().map(str::trim_end);
    let text = lines.collect::<Vec<_>>().join("\n");
    let more = if shell == ShellArg::Zsh {
        FOUND_BY_ZSH
    } else {
        ""
    };
    Ok(format!("{}\n{more}", text.trim()))
}

/// Answers a shell; false if no shell asked.
pub(super) fn answer() -> bool {
    let Some(name) = std::env::var_os(VARIABLE).filter(|name| !name.is_empty()) else {
        return false;
    };
    std::thread::spawn(leave_in_time);
    let name = name.to_string_lossy();
    if let Some(shell) = SHELLS.into_iter().find(|one| completer(*one).is(&name)) {
        let directory = std::env::current_dir().ok();
        let (command, words, mut said) = (&mut completing(Args::command()), words(), Vec::new());
        let is_option = words.last().is_some_and(is_option);
        let asked =
            completer(shell).write_complete(command, words, directory.as_deref(), &mut said);
        if asked.is_ok() {
            print::candidates(&wanted(&String::from_utf8_lossy(&said), is_option));
        }
    }
    true
}

/// Adds to each argument the function that completes it.
fn completing(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let find = match arg.get() {
            None => return arg,
            Some(Completed::TopicPartitions) => {
                return arg.add(ArgValueCompleter::new(live::topic_partitions));
            }
            Some(Completed::Topics) => live::topics,
            Some(Completed::Groups) => live::groups,
            Some(Completed::Brokers) => live::brokers,
            Some(Completed::Positions) => live::positions,
            Some(Completed::ManifestTopics) => live::manifest_topics,
            Some(Completed::Environments) => live::environments,
            Some(Completed::Principals) => live::principals,
            Some(Completed::Resources) => live::resources,
            Some(Completed::Contexts) => live::contexts,
            Some(Completed::Backups) => live::backups,
        };
        arg.add(ArgValueCandidates::new(find))
    });
    command.mut_subcommands(completing)
}

const SHELLS: [ShellArg; 4] = [
    ShellArg::Bash,
    ShellArg::Zsh,
    ShellArg::Fish,
    ShellArg::Powershell,
];

fn completer(shell: ShellArg) -> &'static dyn EnvCompleter {
    match shell {
        ShellArg::Bash => &bash::Bash,
        ShellArg::Zsh => &Zsh,
        ShellArg::Fish => &Fish,
        ShellArg::Powershell => &Powershell,
    }
}

fn is_option(word: &OsString) -> bool {
    word.to_string_lossy().starts_with('-')
}

/// The candidates, one per line; options only after a hyphen, so that they do not hide names.
fn wanted(said: &str, is_option: bool) -> String {
    said.lines()
        .filter(|line| is_option || !line.starts_with('-'))
        .flat_map(|line| [line, "\n"])
        .collect()
}

#[expect(clippy::exit, reason = "a thread that hangs cannot be ended otherwise")]
fn leave_in_time() {
    std::thread::sleep(LIMIT);
    std::process::exit(0);
}
