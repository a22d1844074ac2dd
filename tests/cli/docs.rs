//! Commands in documents exist, and links lead somewhere.

use std::collections::BTreeSet;
use std::fs;

use tonkafka::manifest::reference::FIELDS;
use tonkafka::model::catalogue::{self, Scope};

use crate::fresh;
use crate::pages::{blocks, commands, pages};
use crate::program::{Program, finish};

#[test]
fn pages_name_commands_that_exist() {
    let program = Program::new();
    let mut seen = BTreeSet::new();
    for (path, text) in pages() {
        for command in commands(&text) {
            let command = command.replace('\'', "");
            if !seen.insert(command.clone()) {
                continue;
            }
            let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
            let ran = program.run(&words);
            assert_eq!(
                ran.code,
                Some(0),
                "{}: {command}\n{}",
                path.display(),
                ran.stderr
            );
        }
    }
    assert!(seen.len() > 60, "{seen:?}");
}

/// Complete manifests in pages are valid; other YAML blocks are valid parts.
#[test]
fn manifests_of_pages_are_valid() {
    let mut whole = 0;
    for (path, text) in pages() {
        for block in blocks(&text, "yaml") {
            if !block.lines().any(|line| line == "version: 1")
                || block.contains("partitions: \"6\"")
            {
                continue;
            }
            let program = Program::with_manifest(&block);
            program.write("user-activity.txt", "User actions\n");
            let mut command = program.command(&["validate"]);
            let ran = finish(
                command
                    .env("PARTITIONS", "3")
                    .env("KEYSTORE_PASSWORD", "x")
                    .spawn()
                    .unwrap(),
            );
            assert_eq!(
                ran.code,
                Some(0),
                "{}: {block}\n{}",
                path.display(),
                ran.stderr
            );
            if block.contains("environments:") {
                let ran = program.run(&["validate", "--env", "production"]);
                assert_eq!(
                    ran.code,
                    Some(0),
                    "{}: {block}\n{}",
                    path.display(),
                    ran.stderr
                );
            }
            whole += 1;
        }
    }
    assert!(whole >= 8, "only {whole} manifests");
}

/// The page on the manifest shows every field.
#[test]
fn the_manifest_of_the_page_shows_every_field() {
    let page = fs::read_to_string(fresh::repository("docs/manifest.md")).unwrap();
    let shown = blocks(&page, "yaml").concat();
    for field in FIELDS {
        let name = format!("{}:", field.name());
        assert!(shown.contains(&name), "{}", field.path);
    }
}

#[test]
fn reference_pages_are_what_the_program_prints() {
    for kind in ["keys", "manifest", "client-properties"] {
        let ran = Program::new().run(&["render", "reference", kind]).exits(0);
        fresh::check(&format!("docs/reference/{kind}.md"), &ran.stdout);
    }
}

#[test]
fn programs_find_the_keys_of_clients_as_data() {
    let arguments = ["render", "reference", "client-properties", "-o", "json"];
    let ran = Program::new().run(&arguments).exits(0);
    fresh::check("schemas/client-properties.json", &ran.stdout);
    let keys = ran.json()["keys"].as_array().unwrap().clone();
    for key in keys {
        let effect = key["effect"].as_str().unwrap();
        assert!(["applied", "refused", "unused"].contains(&effect), "{key}");
        assert!(effect != "refused" || key["reason"].is_string(), "{key}");
    }
}

#[test]
fn the_reference_of_keys_has_every_key_and_what_is_known_of_it() {
    let page = fs::read_to_string(fresh::repository("docs/reference/keys.md")).unwrap();
    let row = |name: &str| {
        let start = format!("| `{name}` |");
        let mut rows = page.lines().filter(move |line| line.starts_with(&start));
        rows.next().unwrap_or_else(|| panic!("{name} is not there"))
    };
    let keys = [Scope::Topic, Scope::Broker].map(catalogue::keys);
    for key in keys.into_iter().flatten() {
        let cells = row(&key.name).replace("\\|", "").matches(" | ").count();
        assert_eq!(cells, 6, "{}", row(&key.name));
    }
    assert_eq!(
        row("retention.ms"),
        "| `retention.ms` | whole number, 64 bits, in milliseconds | 604800000 (7 days) | at least -1 | at any time, for each topic | 3.9, 4.3, 4.4 | This configuration controls the maximum time we will retain a log before we will discard old log segments to free up space if we are using the \"delete\" retention policy. |"
    );
}

#[test]
fn links_lead_to_files_that_exist() {
    let mut count = 0;
    for (path, text) in pages() {
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let there = path.parent().unwrap().join(file);
            let there = if file.is_empty() { path.clone() } else { there };
            assert!(there.exists(), "{}: {target}", path.display());
            if !heading.is_empty() {
                let text = fs::read_to_string(&there).unwrap();
                let headings = text
                    .lines()
                    .filter(|line| line.starts_with('#'))
                    .map(anchor);
                assert!(
                    headings.into_iter().any(|one| one == heading),
                    "{}: {target}",
                    path.display()
                );
            }
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

/// The anchor of a heading.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter(kept)
        .collect::<String>()
        .replace(' ', "-")
}
