//! The rules between the rooms, checked on the source.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use self::source::{File, room};

/// A room and the rooms that it may name.
const ROOMS: [(&str, &[&str]); 15] = [
    ("model", &[]),
    ("manifest", &["model"]),
    ("cluster", &["model", "store"]),
    ("plan", &["model"]),
    ("observe", &["cluster", "model"]),
    ("apply", &["cluster", "model", "observe", "plan", "store"]),
    ("backup", &["cluster", "model", "observe", "plan", "store"]),
    ("snapshot", &["cluster", "model", "observe", "store"]),
    (
        "mirror",
        &["apply", "cluster", "model", "observe", "plan", "store"],
    ),
    ("events", &["cluster", "model"]),
    (
        "ops",
        &[
            "apply", "backup", "cluster", "events", "local", "manifest", "mirror", "model",
            "observe", "plan", "snapshot", "store",
        ],
    ),
    ("local", &["model", "store"]),
    ("store", &[]),
    (
        "view",
        &[
            "apply", "backup", "cluster", "local", "mirror", "model", "observe", "plan",
            "snapshot", "store",
        ],
    ),
    (
        "cli",
        &[
            "apply", "backup", "cluster", "events", "local", "manifest", "mirror", "model",
            "observe", "ops", "plan", "snapshot", "store", "view",
        ],
    ),
];

/// A crate or module, and the only places that may name it.
const KEPT_TO: [(&str, &[&str]); 12] = [
    ("krafka::", &["cluster/live/"]),
    ("krafka::__private", &["cluster/live/wire/"]),
    ("rdkafka::", &["cluster/", "events/"]),
    ("comfy_table", &["view/"]),
    ("indicatif", &["view/"]),
    ("clap::", &["cli/"]),
    ("clap_complete::", &["cli/"]),
    ("clap_mangen::", &["cli/"]),
    ("anyhow::", &["cli/"]),
    ("process::exit", &["cli/"]),
    (
        "std::env::",
        &[
            "cli/",
            "cluster/profile/references.rs",
            "local/places.rs",
            "manifest/lookup.rs",
        ],
    ),
    ("std::env::temp_dir", &[]),
];

/// Rooms that hold facts.
const FACTS: [&str; 3] = ["model", "cluster", "observe"];

/// Rooms that only compute.
const PURE: [&str; 2] = ["model", "plan"];

/// Crates and modules that pure rooms do not name.
const IMPURE: [&str; 9] = [
    "tokio",
    "krafka",
    "rdkafka",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::time",
    "jiff",
];

/// Methods of a cluster that change its setup or its groups' commits.
const WRITES: [&str; 12] = [
    "alter_configs",
    "alter_quotas",
    "alter_share_offsets",
    "commit_offsets",
    "create_acls",
    "create_partitions",
    "create_topics",
    "delete_acls",
    "delete_groups",
    "delete_offsets",
    "delete_records",
    "delete_topics",
];

/// The other methods: they read, or transfer records.
const READS: [&str; 18] = [
    "describe_acls",
    "describe_api_versions",
    "describe_cluster",
    "describe_configs",
    "describe_groups",
    "describe_log_dirs",
    "describe_quorum",
    "describe_quotas",
    "describe_topics",
    "describe_users",
    "fetch_offsets",
    "fetch_share_offsets",
    "list_groups",
    "list_offsets",
    "list_topics",
    "next_records",
    "reader",
    "writer",
];

/// Fails if a rule is violated anywhere.
#[track_caller]
fn holds(rule: &str, violations: &BTreeSet<String>) {
    assert!(violations.is_empty(), "{rule}; violated by {violations:#?}");
}

#[test]
fn a_room_names_only_the_rooms_below_it() {
    for file in source::files() {
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == file.room()) else {
            let is_root = ["lib.rs", "main.rs"].contains(&file.path.as_str());
            assert!(is_root, "{} is in no room", file.path);
            continue;
        };
        for (other, name) in &file.names {
            let fine = room(other) == file.room() || allowed.contains(&room(other));
            assert!(fine, "{} names {name} of {other}", file.path);
        }
    }
}

#[test]
fn libraries_stay_where_they_belong() {
    for file in source::files() {
        for (library, places) in KEPT_TO {
            let fine = places.iter().any(|place| file.path.starts_with(place));
            let named = file.foreign.iter().find(|one| one.starts_with(library));
            assert!(named.is_none() || fine, "{} names {named:?}", file.path);
        }
    }
}

#[test]
fn pure_rooms_touch_nothing_outside() {
    for file in source::files() {
        if !PURE.contains(&file.room()) {
            continue;
        }
        for name in &file.foreign {
            let is_impure = IMPURE.iter().any(|one| {
                name.strip_prefix(one)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            });
            assert!(!is_impure, "{} names {name}", file.path);
        }
    }
}

#[test]
fn only_the_command_line_prints() {
    for file in source::files() {
        // The progress library draws on stderr, and users may name both streams as files.
        let may = ["view/progress.rs", "store/output.rs"].contains(&file.path.as_str());
        if file.room() == "cli" || may {
            continue;
        }
        for name in &file.foreign {
            let last = name.rsplit("::").next().unwrap();
            let prints = [
                "println!",
                "eprintln!",
                "print!",
                "eprint!",
                "stdout",
                "stderr",
            ];
            assert!(!prints.contains(&last), "{} prints with {name}", file.path);
        }
    }
}

#[test]
fn flows_ask_nobody() {
    for file in source::files().iter().filter(|file| file.room() == "ops") {
        let asks = |name: &&String| ["stdin", "tty"].contains(&name.rsplit("::").next().unwrap());
        let asking = file.foreign.iter().find(asks);
        assert!(asking.is_none(), "{} asks with {asking:?}", file.path);
    }
}

/// Except `apply`, which reads the facts of a plan again.
#[test]
fn only_flows_read_and_apply() {
    for file in source::files() {
        let names = |wanted: &str| file.names.keys().any(|other| room(other) == wanted);
        let is_flow = ["ops", "apply"].contains(&file.room());
        let both = names("observe") && names("apply");
        assert!(is_flow || !both, "{} reads and applies", file.path);
    }
}

#[test]
fn only_apply_writes_to_clusters() {
    let mut found = BTreeSet::new();
    for file in source::files() {
        if ["apply", "cluster"].contains(&file.room()) {
            continue;
        }
        let writes = WRITES.iter().filter(|method| file.calls.contains(**method));
        found.extend(writes.map(|method| format!("{} {method}", file.path)));
    }
    holds("only `apply` changes clusters", &found);
}

#[test]
fn facts_name_no_plan() {
    for file in source::files() {
        let named = file.names.keys().find(|other| room(other) == "plan");
        let is_fact = FACTS.contains(&file.room());
        assert!(!is_fact || named.is_none(), "{} names {named:?}", file.path);
    }
}

#[test]
fn the_command_line_asks_clusters_nothing() {
    for file in source::files().iter().filter(|file| file.room() == "cli") {
        let mut methods = READS.iter().chain(&WRITES);
        let called = methods.find(|method| file.calls.contains(**method));
        assert!(called.is_none(), "{} calls {called:?}", file.path);
    }
}

/// The lists above contain every method.
#[test]
fn every_method_of_a_cluster_is_in_a_list() {
    let mut all = BTreeSet::new();
    for file in ["cluster/mod.rs", "cluster/groups.rs", "cluster/access.rs"] {
        all.extend(source::methods(file));
    }
    // One narrows the cluster, the other locks it.
    for neither in ["within", "lease"] {
        assert!(all.remove(neither), "{neither}");
    }
    let known: BTreeSet<String> = READS
        .iter()
        .chain(&WRITES)
        .map(|one| (*one).to_owned())
        .collect();
    assert_eq!(all, known);
}

#[test]
fn files_depend_on_each_other_in_one_direction() {
    let found = circles(source::files());
    assert!(found.is_empty(), "these need each other: {found:#?}");
}

/// Sets of files that depend on each other, directly or not, each sorted.
fn circles(files: &[File]) -> Vec<Vec<&str>> {
    let needs: BTreeMap<&str, Vec<&str>> = files
        .iter()
        .map(|file| {
            (
                file.path.as_str(),
                file.names.keys().map(String::as_str).collect(),
            )
        })
        .collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> = needs
        .keys()
        .map(|file| (*file, reached(&needs, file)))
        .collect();
    let mut circles = BTreeSet::new();
    for (file, all) in &reached {
        let circle: Vec<&str> = all
            .iter()
            .copied()
            .filter(|other| reached[other].contains(file))
            .collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

fn reached<'a>(needs: &BTreeMap<&'a str, Vec<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut next = needs[from].clone();
    while let Some(file) = next.pop() {
        if seen.insert(file) {
            next.extend(&needs[file]);
        }
    }
    seen
}

#[test]
fn a_name_means_one_type() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in source::files() {
        for name in &file.types {
            places
                .entry(name.clone())
                .or_default()
                .push(file.path.clone());
        }
    }
    let several = places.into_iter().filter(|(_, places)| places.len() > 1);
    let found = several.map(|(name, places)| format!("{name}: {}", places.join(" ")));
    holds("a name means one type", &found.collect());
}

#[test]
fn every_room_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (room, _) in ROOMS {
        let text = fs::read_to_string(root.join(room).join("mod.rs")).unwrap();
        let opening = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .count();
        assert!(opening >= 2, "{room}/mod.rs says too little");
    }
}
