//! Pipes, descriptors and devices in place of files.

use std::fs::{self, File};
use std::os::unix::fs::FileTypeExt as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::FileType;

use super::{MANIFEST, OUTPUTS, arguments, bench, devices, run, special};
use crate::program::{Ran, finish};

#[test]
fn pipes_and_descriptors_are_written_to_and_stay() {
    for output in OUTPUTS {
        let bench = output.bench();
        let path = bench.program.path().join("pipe");
        assert!(special(&path, FileType::Fifo, 0));
        let reader = std::thread::spawn({
            let path = path.clone();
            move || fs::read_to_string(path).unwrap()
        });
        output.write(&bench, "pipe").exits(0);
        output.check(&reader.join().unwrap());
        assert!(
            fs::metadata(&path).unwrap().file_type().is_fifo(),
            "{}",
            output.page
        );

        // The output follows what the shell has already written.
        let bench = output.bench();
        let words = [output.words, &[output.option, "/dev/fd/3"]].concat();
        let arguments = arguments(&bench, &words);
        let program = bench.program.command(&arguments);
        let mut shell = replaced(&program, "sh");
        shell.args(["-c", "exec 3> three; echo before >&3; exec \"$0\" \"$@\""]);
        shell.arg(program.get_program()).args(&arguments);
        finish(shell.spawn().unwrap()).exits(0);
        let text = bench.program.read("three");
        output.check(text.strip_prefix("before\n").unwrap());

        // The file and the printed text both reach stdout, in either order.
        let bench = output.bench();
        let ran = output.write(&bench, "/dev/stdout").exits(0);
        assert!(ran.stdout.contains(output.begins), "{}", output.page);
        let bench = output.bench();
        let file = File::create(bench.program.path().join("all")).unwrap();
        let words = [output.words, &[output.option, "/dev/stdout"]].concat();
        let mut command = bench.program.command(&self::arguments(&bench, &words));
        assert!(command.stdout(file).status().unwrap().success());
        let all = bench.program.read("all");
        assert!(all.contains(output.begins), "{}: {all}", output.page);
        assert_eq!(
            all.lines().count(),
            ran.stdout.lines().count(),
            "{}: {all}",
            output.page
        );
    }
}

/// The same directory and environment for another program.
fn replaced(command: &std::process::Command, program: &str) -> std::process::Command {
    let mut other = std::process::Command::new(program);
    other.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => other.env(name, value),
            None => other.env_remove(name),
        };
    }
    other
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    other
}

#[test]
fn devices_are_written_to_and_stay() {
    for output in OUTPUTS {
        let bench = output.bench();
        let Some([null, full]) = devices(&bench) else {
            return;
        };
        output.write(&bench, "null").exits(0);
        assert!(
            fs::symlink_metadata(&null)
                .unwrap()
                .file_type()
                .is_char_device()
        );
        let bench = output.bench();
        devices(&bench);
        let ran = output.write(&bench, "full");
        assert!(
            matches!(ran.code, Some(1 | 5)),
            "{}: {}",
            output.page,
            ran.stderr
        );
        assert!(
            ran.stderr
                .contains("full: No space left on device (os error 28)"),
            "{}: {}",
            output.page,
            ran.stderr
        );
        assert!(
            fs::symlink_metadata(&full)
                .unwrap()
                .file_type()
                .is_char_device()
        );
    }
}

/// Waits for a program that must end by itself.
fn ends(mut child: Child) -> Ran {
    let deadline = Instant::now() + Duration::from_secs(20);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    finish(child)
}

#[test]
fn a_pipe_that_nobody_writes_to_is_refused_wherever_a_file_is_read() {
    let bench = bench();
    assert!(special(
        &bench.program.path().join("pipe"),
        FileType::Fifo,
        0
    ));
    bench.program.write(
        "with.yaml",
        &format!("{MANIFEST}      configs: {{x: \"${{file:pipe}}\"}}\n"),
    );
    let reset = ["reset-offsets", "billing", "--to", "file:pipe"];
    for words in [
        &["validate", "-f", "pipe"][..],
        &["validate", "-f", "with.yaml"],
        &["plan", "-f", "pipe"],
        &["apply", "pipe"],
        &["list", "topics", "--command-config", "pipe"],
        &["import", "pipe", "--format", "topicctl"],
        &["backup", "show", "pipe"],
        &["backup", "diff", "pipe"],
        &["backup", "diff", "before.json", "pipe"],
        &["backup", "restore", "pipe"],
        &["snapshot", "verify", "pipe"],
        &["snapshot", "show", "pipe"],
        &["snapshot", "restore", "pipe"],
        &["mirror", "pay", "--from-command-config", "pipe"],
        &["mirror", "pay", "--to-command-config", "pipe"],
        &reset,
    ] {
        let mut command = bench.program.command(&arguments(&bench, words));
        let ran = ends(command.spawn().unwrap());
        assert_eq!(ran.code, Some(2), "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("pipe"), "{words:?}: {}", ran.stderr);
    }
    let ran = run(&bench, &reset).exits(2);
    let words = "error: pipe: it cannot be read: it is no plain file\n";
    ran.stderr_starts(words);
    for words in [["context", "list"], ["context", "add"]] {
        let words = [&words[..], &["name"][..usize::from(words[1] == "add")]].concat();
        let mut command = bench.program.command(&bench.arguments(&words));
        let ran = ends(command.env("TONKAFKA_CONFIG", "pipe").spawn().unwrap());
        assert_eq!(ran.code, Some(2), "{words:?}: {}", ran.stderr);
    }
}
