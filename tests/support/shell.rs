//! Real shells with the scripts of `completions/` loaded, asked as if Tab was pressed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::program::{Program, skipped};

/// Loads the script and calls the registered function, with words as bash splits them. Prints the
/// microseconds that took first.
const BASH: &str = r#"
source "$1" || exit
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
registered=$(complete -p tonkafka)
[[ $registered =~ -F\ ([^ ]+) ]] || exit
began=${EPOCHREALTIME/[.,]/}
"${BASH_REMATCH[1]}" tonkafka "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
echo $((${EPOCHREALTIME/[.,]/} - began))
printf '%s\n' "${COMPREPLY[@]}"
"#;

/// Completes the last of these words in bash, which splits at `:` and `=` too.
pub fn bash(program: &Program, words: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    bash_timed(program, words, variables).0
}

/// Like [`bash`], with the time that the shell waited.
pub fn bash_timed(
    program: &Program,
    words: &[&str],
    variables: &[(&str, &str)],
) -> (Vec<String>, Duration) {
    let mut bash = command(program, "bash", variables);
    bash.args(["--norc", "-c", BASH, "bash"]);
    bash.arg(script("tonkafka.bash")).args(words);
    let mut lines = lines(&bash.output().unwrap());
    let took = lines.remove(0).parse().unwrap();
    (lines, Duration::from_micros(took))
}

/// Repeats [`bash`] until there are candidates.
pub fn bash_at_last(program: &Program, words: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    at_last(
        || bash(program, words, variables),
        |found| !found.is_empty(),
    )
}

/// Repeats a question until its answer satisfies `is_one`: under load an answer may come too late,
/// and is then empty.
pub fn at_last<T>(ask: impl Fn() -> T, is_one: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = ask();
        if is_one(&answer) || Instant::now() > deadline {
            return answer;
        }
    }
}

/// The longest acceptable time for an answer.
const PROMPT: Duration = Duration::from_millis(300);

/// Panics unless one of a few tries answers in time. The start of a process, which is slow on a
/// loaded machine, is not counted. `ask` returns its time.
#[track_caller]
pub fn assert_prompt(program: &Program, ask: impl Fn() -> Duration) {
    let start = |()| {
        let started = Instant::now();
        program.run(&["--version"]);
        started.elapsed()
    };
    let start = [(); 3].map(start).into_iter().min().unwrap();
    let fastest = [(); 5].map(|()| ask()).into_iter().min().unwrap();
    assert!(fastest < PROMPT + start, "{fastest:?}, start {start:?}");
}

/// Completes a line in fish; none if fish is not installed.
pub fn fish(program: &Program, line: &str, variables: &[(&str, &str)]) -> Option<Vec<String>> {
    installed("fish")?;
    let mut fish = command(program, "fish", variables);
    let ask = "source $argv[1]; complete --do-complete $argv[2]";
    fish.args(["--no-config", "-c", ask]);
    fish.arg(script("tonkafka.fish")).arg(line);
    let lines = lines(&fish.output().unwrap());
    let value = |line: String| line.split('\t').next().unwrap_or_default().to_owned();
    Some(lines.into_iter().map(value).collect())
}

/// Completes a line in zsh on a terminal, and returns the line after Tab; none if zsh is not
/// installed.
pub fn zsh(program: &Program, line: &str, variables: &[(&str, &str)]) -> Option<String> {
    installed("zsh")?;
    let mut zsh = command(program, "timeout", variables);
    zsh.args(["20", "zsh", "-f", "-c", ZSH, "zsh"]);
    zsh.arg(script("_tonkafka")).arg(line);
    let output = zsh.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, buffer) = said.split_once("BUFFER<").unwrap_or_else(|| {
        let also = String::from_utf8_lossy(&output.stderr);
        panic!("zsh showed no line: {said}{also}")
    });
    Some(buffer.split_once('>').unwrap().0.to_owned())
}

/// Zsh completes only on a terminal: one shell types into another, and then asks for its line.
const ZSH: &str = r#"
zmodload zsh/zpty || exit
zpty shell zsh -f -i
zpty -w shell "PS1=; fpath=(${1:h} \$fpath); autoload -Uz compinit; compinit -D -u"
zpty -w shell "show() { print -r -- \"BUFFER<\$BUFFER>\"; exit }; zle -N show; bindkey ^X show; print REA''DY"
zpty -r -m shell said '*READY*' || exit
zpty -w -n shell "$2"$'\t'$'\x18'
zpty -r -m shell said '*BUFFER<*>*'
print -r -- "$said"
"#;

fn command(program: &Program, shell: &str, variables: &[(&str, &str)]) -> Command {
    let ours: &Path = Path::new(env!("CARGO_BIN_EXE_tonkafka")).parent().unwrap();
    let mut path = OsString::from(ours);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let home = program.path().join("home");
    std::fs::create_dir_all(&home).unwrap();
    let mut command = Command::new(shell);
    command
        .current_dir(program.path())
        .env("PATH", path)
        .env("HOME", &home)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("TERM", "dumb")
        .env_remove("TONKAFKA_BOOTSTRAP_SERVER")
        .envs(variables.iter().copied())
        .stdin(std::process::Stdio::null());
    command
}

fn script(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("completions").join(name)
}

/// Whether a shell is installed. Panics in a pipeline if it is not.
fn installed(shell: &str) -> Option<()> {
    if Command::new(shell).arg("--version").output().is_ok() {
        return Some(());
    }
    let all = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(
        !all,
        "{shell} is not installed, and CI=true wants every shell"
    );
    skipped(&format!("{shell} is not installed"));
    None
}

/// The lines of stdout; stderr must be empty.
#[track_caller]
fn lines(output: &Output) -> Vec<String> {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let said = String::from_utf8_lossy(&output.stdout);
    let lines = said.lines().filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}
