//! The real program, in a directory and a home of its own.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

#[path = "documents.rs"]
#[allow(
    dead_code,
    reason = "not all who run the program look at documents by themselves"
)]
pub mod documents;

/// A directory to run the program in.
pub struct Program {
    directory: TempDir,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// The largest observed resident set, in KiB.
    pub peak_kib: u64,
    pub took: Duration,
}

impl Program {
    pub fn new() -> Self {
        Self {
            directory: TempDir::new().unwrap(),
        }
    }

    /// A program with this manifest as its `topics.yaml`.
    pub fn with_manifest(text: &str) -> Self {
        let program = Self::new();
        program.write("topics.yaml", text);
        program
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// The command, not yet started.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tonkafka"));
        let home = self.path().join("home");
        fs::create_dir_all(&home).unwrap();
        command
            .args(arguments)
            .current_dir(self.path())
            .env("HOME", &home)
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env_remove("TONKAFKA_BOOTSTRAP_SERVER")
            .env_remove("TONKAFKA_CONTEXT")
            .env_remove("TONKAFKA_COMMAND_CONFIG")
            .env_remove("TONKAFKA_CONFIG")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end. JSON output must be valid by its schema.
    #[track_caller]
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Ran {
        self.run_with(arguments, &[])
    }

    /// Runs the program to its end with these variables.
    pub fn run_with<S: AsRef<OsStr>>(&self, arguments: &[S], variables: &[(&str, &str)]) -> Ran {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        let ran = finish(command.spawn().unwrap());
        let has = |word: &str| arguments.iter().any(|one| one.as_ref() == word);
        if has("json") && !has("--help") {
            documents::check(&ran.stdout);
        }
        ran
    }
}

/// Says on stderr that the current test, or a part of it, is skipped and why. The harness captures
/// `eprintln!` of passing tests, but not this.
pub fn skipped(why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let line = format!("skipped: {test}: {why}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// The words of a command line.
pub fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// Waits for a started program, and reads its output meanwhile.
pub fn finish(mut child: Child) -> Ran {
    let started = Instant::now();
    let read = |pipe: Option<Box<dyn std::io::Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.unwrap().read_to_end(&mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        })
    };
    let stdout = read(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let stderr = read(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let mut peak_kib = 0;
    let code = loop {
        peak_kib = resident(child.id()).unwrap_or(0).max(peak_kib);
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Ran {
        code,
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
        peak_kib,
        took: started.elapsed(),
    }
}

fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

impl Ran {
    /// Panics with everything that was printed, unless the code is as expected.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        self
    }

    /// Panics with everything that was printed, unless `holds`.
    #[track_caller]
    fn expect(&self, words: &str, holds: bool) {
        let Self { stdout, stderr, .. } = self;
        assert!(holds, "no `{words}` in\n{stdout}{stderr}");
    }

    #[track_caller]
    pub fn stdout_has(&self, words: &str) {
        self.expect(words, self.stdout.contains(words));
    }

    #[track_caller]
    pub fn stdout_starts(&self, words: &str) {
        self.expect(words, self.stdout.starts_with(words));
    }

    #[track_caller]
    pub fn stdout_ends(&self, words: &str) {
        self.expect(words, self.stdout.ends_with(words));
    }

    #[track_caller]
    pub fn stderr_has(&self, words: &str) {
        self.expect(words, self.stderr.contains(words));
    }

    #[track_caller]
    pub fn stderr_starts(&self, words: &str) {
        self.expect(words, self.stderr.starts_with(words));
    }

    #[track_caller]
    pub fn stderr_ends(&self, words: &str) {
        self.expect(words, self.stderr.ends_with(words));
    }

    /// stdout as JSON documents, one a line.
    pub fn documents(&self) -> Vec<serde_json::Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// stdout as one JSON document.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}
