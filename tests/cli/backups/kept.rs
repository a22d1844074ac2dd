//! The backups on this machine: how many are kept, for whom, and errors of the state directory.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tonkafka::backup::file::from_text;

use super::{bench, kept, state};
use crate::fake::{Bench, put};
use crate::program::words;

#[test]
fn the_newest_are_kept_and_those_that_were_asked_for() {
    let bench = bench();
    bench.run(&["backup", "create"]).exits(0);
    for value in 1..=4 {
        let manifest = format!(
            "version: 1\ntopics:\n  items:\n    - {{name: orders, partitions: 2, configs: {{max.message.bytes: {value}}}}}\n"
        );
        bench.program.write("topics.yaml", &manifest);
        bench
            .run(&["apply", "--yes", "--keep-backups", "2"])
            .exits(0);
    }
    let kept = kept(&bench);
    let values: Vec<Option<String>> = kept
        .iter()
        .map(|path| from_text(&fs::read_to_string(path).unwrap()).unwrap())
        .map(|backup| {
            let mut configs = backup.topics["orders"].configs.value().unwrap().iter();
            let own = configs.find(|one| one.key == "max.message.bytes").unwrap();
            own.value.text().map(str::to_owned)
        })
        .collect();
    let expected = ["5000", "2", "3"].map(|value| Some(value.to_owned()));
    assert_eq!(values, expected);
}

#[test]
fn where_no_backup_can_be_kept_nothing_is_written() {
    let manifest = "version: 1\ntopics:\n  items:\n    - {name: fresh, partitions: 1}\n";
    let bench = Bench::new(manifest, &state());
    let home = bench.program.path().join("home");
    fs::create_dir_all(home.join("state/tonkafka")).unwrap();
    fs::write(home.join("state/tonkafka/backups"), "in the way").unwrap();
    let ran = bench.run(&["apply", "--yes"]).exits(1);
    ran.stderr_starts("error: nothing was written: no backup can be taken first: ");
    ran.stderr_ends("hint: to go on without one, pass `--no-backup`\n");
    assert_eq!(bench.state(), state());
    bench.run(&["apply", "--yes", "--no-backup"]).exits(0);
}

#[test]
fn applies_at_once_keep_a_backup_each() {
    let bench = bench();
    let manifest = bench.program.write(
        "more.yaml",
        "version: 1\ntopics: {items: [{name: more, partitions: 1}]}\n",
    );
    let manifest = manifest.display().to_string();
    let children: Vec<_> = (0..10)
        .map(|number| {
            let at = put(&bench.program, &format!("cluster-{number}.json"), &state());
            let words = ["apply", "-f", &manifest, "--yes", "-o", "json", "-b", &at];
            bench.program.command(&words).spawn().unwrap()
        })
        .collect();
    let told: std::collections::BTreeSet<String> = children
        .into_iter()
        .map(|child| {
            let ran = crate::program::finish(child).exits(0);
            let report = ran.documents().pop().unwrap();
            report["backup"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(told.len(), 10, "{told:?}");
    let listed = bench.run(&["backup", "list", "-o", "json"]).exits(0).json();
    let listed = listed["backups"].as_array().unwrap().iter();
    let listed = listed.map(|backup| backup["id"].as_str().unwrap().to_owned());
    assert_eq!(listed.collect::<std::collections::BTreeSet<_>>(), told);
    for id in &told {
        let shown = bench.run(&["backup", "show", id, "-o", "json"]).exits(0);
        assert_eq!(shown.json()["id"], id.as_str());
    }
}

#[test]
fn directories_of_state_are_for_their_owner_only() {
    let bench = bench();
    let ours = bench.program.path().join("home/state/tonkafka");
    let open = |path: &std::path::Path| {
        fs::create_dir_all(path).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    open(&ours);
    open(&ours.join("backups"));
    let manifest = "version: 1\ntopics: {items: [{name: more, partitions: 1}]}\n";
    bench.program.write("topics.yaml", manifest);
    bench.run(&["apply", "--yes"]).exits(0);
    let to = words("reset-offsets billing --topic orders:0 --to 80 --yes");
    bench.run(&to).exits(0);
    let mut directories = vec![ours];
    let mut count = 0;
    while let Some(directory) = directories.pop() {
        count += 1;
        let mode = fs::metadata(&directory).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", directory.display());
        let below = fs::read_dir(&directory)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        directories.extend(below.filter(|path| path.is_dir()));
    }
    assert_eq!(count, 7);
}
