//! Every command on the cluster of `up --profile secure`, with a properties file that Apache's
//! tools accept too. Secrets occur only in the files that hold them.

mod commands;
mod leaks;
mod mistakes;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use self::commands::{
    GROWN, WITH_A_SECRET, WITHOUT_THE_SECRET, each_command_has_a_line, rounds, up_and_down,
    write_a_snapshot,
};
use self::leaks::leaks;
use self::mistakes::{a_secret_among_contexts, mistakes, mistakes_in_manifests};
use crate::program::{Program, Ran, finish};
use crate::secure::{Secure, UP, watching_processes};
use crate::up::Running;

/// A secret from the environment, with characters that escaping or encoding changes.
const PLANTED: &str = "pla\"nted/5e&cr=et\\9Q";

/// A secret in the wrong place or form.
const MISPLACED: &str = "misplaced-0e8c1f-secret";

const MANIFEST: &str = "\
version: 1
broker: {process: {heap: 512M}}
topics: {items: [{name: orders, partitions: 2}]}
";

/// A secure cluster, and the output of all commands.
struct Bench<'a> {
    secure: &'a Secure<'a>,
    said: Vec<(String, String)>,
    wrong: Vec<String>,
}

impl<'a> Bench<'a> {
    fn new(secure: &'a Secure<'a>) -> Self {
        Self {
            secure,
            said: Vec::new(),
            wrong: Vec::new(),
        }
    }

    fn start(&self, words: &[&str]) -> Child {
        let mut command = self.secure.program.command(words);
        command.env("PLANTED", PLANTED);
        command.env("WRONG_PASSWORD", MISPLACED).spawn().unwrap()
    }

    /// Records the output of a command, and whether its exit code is as expected.
    fn ended(&mut self, words: &[&str], ran: Ran, code: i32) -> Ran {
        let words = words.join(" ");
        if ran.code != Some(code) {
            let Ran { stdout, stderr, .. } = &ran;
            let told = format!("{words}: {:?} and not {code}\n{stdout}{stderr}", ran.code);
            self.wrong.push(told);
        }
        let text = format!("{}{}", ran.stdout, ran.stderr);
        self.said.push((words, text));
        ran
    }

    fn run(&mut self, words: &[&str], code: i32) -> Ran {
        let ran = finish(self.start(words));
        self.ended(words, ran, code)
    }

    /// Runs an endless command for a second, and stops it.
    fn stopped(&mut self, words: &[&str], code: i32) {
        let child = self.start(words);
        std::thread::sleep(Duration::from_secs(1));
        let id = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
        kill_process(id, Signal::INT).unwrap();
        self.ended(words, finish(child), code);
    }

    /// Fails with all unexpected results.
    fn check(&self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

fn write_private(program: &Program, name: &str, text: &str) -> PathBuf {
    let path = program.write(name, text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[test]
fn none_tells_a_secret() {
    let program = Program::with_manifest(MANIFEST);
    each_command_has_a_line(&program);
    for (name, text) in [
        ("secret.yaml", WITH_A_SECRET),
        ("grown.yaml", GROWN),
        ("unset.yaml", WITHOUT_THE_SECRET),
    ] {
        program.write(name, text);
    }
    write_a_snapshot(&program);
    let planted = "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username=me\nsasl.password=${env:PLANTED}\nconfig.providers=env\nconfig.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider\n";
    write_private(&program, "planted.properties", planted);
    let _running = Running(&program);
    let ((secure, up), mut seen) = watching_processes(|| Secure::up(&program));
    let mut bench = Bench::new(&secure);
    bench.ended(&UP, up, 0);
    let ((), more) = watching_processes(|| {
        rounds(&mut bench);
        mistakes(&mut bench);
        mistakes_in_manifests(&mut bench);
        a_secret_among_contexts(&mut bench);
        up_and_down(&mut bench);
    });
    seen.extend(more);
    let leaks = leaks(&bench, &seen);
    bench.wrong.extend(leaks);
    bench.check();
}
