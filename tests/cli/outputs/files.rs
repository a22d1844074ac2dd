//! The mode, owner and kind of written files.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use rustix::fs::FileType;

use super::{OUTPUTS, bench, devices, names, run, special};
use crate::billing::state;
use crate::fake::Bench;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_file_is_private_and_one_that_is_there_keeps_owner_mode_and_links() {
    let is_root = rustix::process::geteuid().is_root();
    for output in OUTPUTS {
        let bench = output.bench();
        let path = bench.program.path().join("below/new");
        output.write(&bench, "below/new").exits(0);
        output.check(&fs::read_to_string(&path).unwrap());
        assert_eq!(mode(&path), 0o600, "{}", output.page);

        let bench = output.bench();
        let (link, path) = ("link", bench.program.write("there", output.over));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        if is_root {
            std::os::unix::fs::chown(&path, Some(4711), Some(4712)).unwrap();
        }
        symlink("there", bench.program.path().join(link)).unwrap();
        let before = names(&bench);
        output.write(&bench, link).exits(0);
        output.check(&fs::read_to_string(&path).unwrap());
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!(mode(&path), 0o640, "{}", output.page);
        if is_root {
            assert_eq!(
                (metadata.uid(), metadata.gid()),
                (4711, 4712),
                "{}",
                output.page
            );
        }
        assert!(
            bench.program.path().join(link).is_symlink(),
            "{}",
            output.page
        );
        assert_eq!(names(&bench), before, "{}", output.page);

        let bench = output.bench();
        symlink("far", bench.program.path().join(link)).unwrap();
        output.write(&bench, link).exits(0);
        output.check(&bench.program.read("far"));
    }
}

#[test]
fn a_directory_is_refused_and_stays() {
    for output in OUTPUTS {
        let bench = output.bench();
        fs::create_dir(bench.program.path().join("there")).unwrap();
        let ran = output.write(&bench, "there").exits(1);
        assert!(
            ran.stderr.contains("there: it is a directory\n"),
            "{}: {}",
            output.page,
            ran.stderr
        );
        assert!(
            fs::read_dir(bench.program.path().join("there"))
                .unwrap()
                .next()
                .is_none()
        );
    }
}

#[test]
fn digests_of_secrets_make_a_plan_private_again() {
    let manifest = "version: 1\nbroker: {brokers: {1: {listener.name.internal.ssl.keystore.password: \"${env:SECRET}\"}}}\n";
    let bench = Bench::new(manifest, &state());
    let path = bench.program.write("plan.json", "");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let plan = bench.arguments(&["plan", "--out", "plan.json"]);
    bench
        .program
        .run_with(&plan, &[("SECRET", "sesame")])
        .exits(0);
    assert_eq!(mode(&path), 0o600);
    assert!(!bench.program.read("plan.json").contains("sesame"));
}

#[test]
fn a_snapshot_needs_a_plain_file() {
    let bench = bench();
    let create = |to: &str| run(&bench, &["snapshot", "create", "orders", "--out", to]);
    symlink("far.snap", bench.program.path().join("link")).unwrap();
    create("link").exits(0);
    assert!(bench.program.path().join("link").is_symlink());
    assert!(bench.program.path().join("far.snap").is_file());
    let ran = create("link").exits(4);
    ran.stderr_has("is there already");
    let pipe = bench.program.path().join("pipe");
    assert!(special(&pipe, FileType::Fifo, 0));
    for to in ["pipe", "/dev/stdout"] {
        let ran = create(to).exits(2);
        assert_eq!(
            ran.stderr,
            format!(
                "error: cannot write {to}: a snapshot needs a plain file\n\
                 hint: it is read again while it is written: name a new file\n"
            )
        );
    }
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn a_file_of_contexts_is_followed_and_never_replaced() {
    let bench = bench();
    let add = |file: &str, name: &str| {
        let words = bench.arguments(&["context", "add", name]);
        bench.program.run_with(&words, &[("TONKAFKA_CONFIG", file)])
    };
    symlink("real.toml", bench.program.path().join("link.toml")).unwrap();
    add("link.toml", "first").exits(0);
    add("link.toml", "second").exits(0);
    assert!(bench.program.path().join("link.toml").is_symlink());
    let text = bench.program.read("real.toml");
    assert!(
        text.contains("[contexts.first]") && text.contains("[contexts.second]"),
        "{text}"
    );
    if let Some([null, _]) = devices(&bench) {
        add("null", "nowhere").exits(0);
        assert!(
            fs::symlink_metadata(null)
                .unwrap()
                .file_type()
                .is_char_device()
        );
    }
}
