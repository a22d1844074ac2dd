//! Bash splits words at `:` and `=` too, so `localhost:9092` arrives as three words. They are
//! joined before completion, and candidates are cut to the part that bash takes for the current
//! word.

use std::ffi::OsString;
use std::io::{Error, Write};
use std::path::Path;

use clap::Command;
use clap_complete::engine::complete;
use clap_complete::env::EnvCompleter;

const SCRIPT: &str = r#"_tonkafka() {
    local IFS=$'\n' current="${2-${COMP_WORDS[COMP_CWORD]}}"
    COMPREPLY=($(VARIABLE=bash COMPLETER -- "${COMP_WORDS[@]:0:COMP_CWORD}" "$current" 2>/dev/null))
    case "${COMPREPLY-}" in
        *[=/:]) compopt -o nospace 2>/dev/null ;;
    esac
}
complete -F _tonkafka BIN
"#;

pub(super) struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        variable: &str,
        _name: &str,
        bin: &str,
        completer: &str,
        script: &mut dyn Write,
    ) -> Result<(), Error> {
        let text = SCRIPT
            .replace("VARIABLE", variable)
            .replace("COMPLETER", completer)
            .replace("BIN", bin);
        script.write_all(text.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        words: Vec<OsString>,
        directory: Option<&Path>,
        said: &mut dyn Write,
    ) -> Result<(), Error> {
        let words = rejoin(words);
        let current = words.last().cloned().unwrap_or_default();
        let index = words.len().saturating_sub(1);
        let hidden = hidden_prefix(&current.to_string_lossy());
        for candidate in complete(command, words, index, directory)? {
            let value = candidate.get_value().to_string_lossy();
            writeln!(said, "{}", value.get(hidden..).unwrap_or_default())?;
        }
        Ok(())
    }
}

/// Joins what bash split: a word of only `:` or `=` belongs to both neighbours.
pub(super) fn rejoin(words: Vec<OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    let mut glue = false;
    for word in words {
        let breaks = is_break(&word);
        match joined.last_mut() {
            Some(last) if glue || breaks => last.push(&word),
            _ => joined.push(word),
        }
        glue = breaks;
    }
    joined
}

fn is_break(word: &OsString) -> bool {
    let text = word.to_string_lossy();
    !text.is_empty() && text.chars().all(|c| c == ':' || c == '=')
}

/// The length of the part that bash does not count to the current word.
fn hidden_prefix(current: &str) -> usize {
    current.rfind([':', '=']).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bash_split_is_put_together() {
        let rejoin = |words: &[&str]| {
            let words = rejoin(words.iter().map(OsString::from).collect());
            words
                .into_iter()
                .map(|word| word.into_string().unwrap())
                .collect::<Vec<_>>()
        };
        let typed = ["x", "-b", "localhost", ":", "9092", "describe", ""];
        assert_eq!(
            rejoin(&typed),
            ["x", "-b", "localhost:9092", "describe", ""]
        );
        assert_eq!(rejoin(&["x", "--env", "=", "pr"]), ["x", "--env=pr"]);
        assert_eq!(rejoin(&["x", "--env", "=", ""]), ["x", "--env="]);
        assert_eq!(hidden_prefix("--env=pr"), 6);
        assert_eq!(hidden_prefix("user.a"), 0);
    }
}
