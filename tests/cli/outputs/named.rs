//! Options that name files: an input is not overwritten, and a full disk is reported.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;

use super::{MANIFEST, OUTPUTS, bench, pages, run};
use crate::program::words;

/// Options that name another kind of file: those that are read, directories, and a snapshot, which
/// [`a_snapshot_needs_a_plain_file`] tests.
const OTHERS: [&str; 12] = [
    "tonkafka-render-compose --secrets",
    "--file",
    "--command-config",
    "--from-command-config",
    "--to-command-config",
    "--data-dir",
    "tonkafka-man --dir",
    "tonkafka-snapshot-create --out",
    "tonkafka-apply PLANFILE",
    "tonkafka-import FILE",
    "PATH",
    "FILE|ID",
];

/// The options and arguments of a page that name files.
fn names_of_files(page: &str) -> Vec<String> {
    let plain = page.replace("\\-", "-");
    let mut found = Vec::new();
    for line in plain.lines() {
        let Some((before, value)) = line.split_once("\\fI") else {
            continue;
        };
        let value = value.split("\\fR").next().unwrap().trim_matches(['<', '>']);
        let is_file = ["FILE", "PATH", "DIR"]
            .iter()
            .any(|word| value.replace("PROFILE", "").contains(word));
        let is_heading = before.starts_with("\\fB-") || ["[", "<"].contains(&before);
        if is_file && is_heading {
            let option = before
                .split("\\fR")
                .find_map(|part| part.split_once("\\fB--"));
            found.push(match option {
                Some((_, name)) => format!("--{name}"),
                None => value.to_owned(),
            });
        }
    }
    found
}

#[test]
fn every_option_that_names_a_file_is_tried() {
    let mut count = 0;
    for (page, text) in pages() {
        for name in names_of_files(&text) {
            count += 1;
            let is_tried = OUTPUTS
                .iter()
                .any(|one| one.page == page && one.option == name);
            let whole = format!("{page} {name}");
            let is_other = OTHERS.iter().any(|one| *one == name || *one == whole);
            assert!(is_tried || is_other, "{whole} is not tried");
        }
    }
    assert!(count > 80, "{count} were found");
}

/// Combines every option that writes a file with every argument of the same page that names one:
/// the command must not overwrite the other file.
#[test]
fn a_file_that_the_same_command_reads_or_writes_is_never_replaced() {
    let pages: BTreeMap<String, String> = pages().into_iter().collect();
    let mut count = 0;
    for output in OUTPUTS {
        let bench = output.bench();
        for other in names_of_files(&pages[output.page]) {
            if other == output.option {
                continue;
            }
            count += 1;
            let file = match other.as_str() {
                "PATH" => "orders.snap",
                "FILE|ID" => "before.json",
                _ => "in",
            };
            let path = bench.program.path().join(file);
            if file == "in" {
                fs::write(&path, "in").unwrap();
            }
            let before = fs::read(&path).unwrap();
            let at = |name: &str| bench.program.path().join(name);
            symlink(file, at("link")).unwrap();
            fs::hard_link(&path, at("hard")).unwrap();
            for name in [file, "link", "hard", &format!("./nowhere/../{file}")] {
                fs::create_dir_all(at("nowhere")).unwrap();
                let words = output.twice(&other, (file, name));
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let ran = run(&bench, &words).exits(2);
                let what = format!("{words:?}: {}", ran.stderr);
                assert!(
                    ran.stderr.contains(&format!("`{}`", output.option)),
                    "{what}"
                );
                assert!(ran.stderr.contains(&format!("`{other}`")), "{what}");
                assert!(ran.stderr.contains("nothing was done"), "{what}");
                assert_eq!(fs::read(&path).unwrap(), before, "{what}");
            }
            fs::remove_file(at("link")).unwrap();
            fs::remove_file(at("hard")).unwrap();
        }
    }
    assert!(count > OUTPUTS.len(), "{count} were found");
}

#[test]
fn two_reports_into_one_new_file_are_refused() {
    let bench = bench();
    for (one, other) in [("both", "both"), ("new/both", "./new/../new/both")] {
        let ran = run(&bench, &["plan", "--out", one, "--junit", other]).exits(2);
        ran.stderr_has("are one file");
        assert!(!bench.program.path().join(one).exists());
    }
    run(
        &bench,
        &["plan", "--out", "/dev/null", "--junit", "/dev/null"],
    )
    .exits(0);
}

#[test]
fn files_that_are_read_by_another_name_are_not_replaced_either() {
    let bench = bench();
    let refused = |words: &[&str], by: &str, file: &str| {
        let before = bench.program.read(file);
        let ran = run(&bench, words).exits(2);
        assert!(ran.stderr.contains(by), "{words:?}: {}", ran.stderr);
        assert_eq!(bench.program.read(file), before, "{words:?}");
    };
    fs::create_dir(bench.program.path().join("all")).unwrap();
    bench.program.write("all/one.yaml", MANIFEST);
    bench.program.write("value", "1");
    bench.program.write(
        "with.yaml",
        &MANIFEST.replace("2000000", "\"${file:value}\""),
    );
    for named in ["all", "all/*.yaml"] {
        let words = ["plan", "-f", named, "--out", "all/one.yaml"];
        refused(&words, "`--file`", "all/one.yaml");
    }
    refused(
        &["plan", "-f", "with.yaml", "--out", "value"],
        "`--file`",
        "value",
    );
    refused(
        &["plan", "--junit", "topics.yaml"],
        "`--file`",
        "topics.yaml",
    );
    bench
        .program
        .write("of.csv", "topic,partition,offset\norders,0,10\n");
    let reset = ["reset-offsets", "billing", "--to", "file:of.csv"];
    let out = [&reset[..], &["--dry-run", "--out", "of.csv"]].concat();
    refused(&out, "`--to`", "of.csv");
    let restore = words("snapshot restore orders.snap --rename orders=back --yes");
    bench.program.write("orders.snap.part", "a part");
    let words = [&restore[..], &["--map", "orders.snap.part"]].concat();
    refused(&words, "`PATH`", "orders.snap.part");
    bench.program.write("client.properties", "client.id=me\n");
    let plan = bench.arguments(&["plan", "--out", "client.properties"]);
    let config = [("TONKAFKA_COMMAND_CONFIG", "client.properties")];
    bench.program.run_with(&plan, &config).exits(2);
    assert_eq!(bench.program.read("client.properties"), "client.id=me\n");
}

#[test]
fn a_backup_and_a_map_replace_only_their_like() {
    let bench = bench();
    let restore = words("snapshot restore orders.snap --rename orders=back --yes");
    for (words, option, what) in [
        (&["backup", "create"][..], "--out", "backup"),
        (&restore, "--map", "map of offsets"),
    ] {
        let words = [words, &[option, "there"]].concat();
        bench.program.write("there", "{\"mine\": 1}\n");
        let ran = run(&bench, &words).exits(2);
        assert_eq!(
            ran.stderr,
            format!(
                "error: cannot write there: it is there already, and is no {what}\n\
                 hint: nothing was done; name another file with `{option}`, or remove this one\n"
            )
        );
        assert_eq!(bench.program.read("there"), "{\"mine\": 1}\n");
        fs::remove_file(bench.program.path().join("there")).unwrap();
        assert!(!bench.state().topics.contains_key("back"));
        run(&bench, &words).exits(0);
        run(&bench, &words).exits(0);
    }
}
