//! Commands that documents name are commands of the program, and links lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use tonkafka::model::catalogue::{self, Scope};

use crate::fresh;
use crate::program::Program;

/// Every page, with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut pages = vec![fresh::repository("README.md")];
    let mut directories = vec![fresh::repository("docs")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                pages.push(path);
            }
        }
    }
    let with_text = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    };
    pages.into_iter().map(with_text).collect()
}

/// The commands of a page: lines of blocks, and spans within lines. What stands for something else,
/// such as `NAME`, is no command.
fn commands(page: &str) -> BTreeSet<Vec<&str>> {
    let lines = page.lines().filter_map(|line| {
        let line = line.strip_prefix("$ ").unwrap_or(line);
        line.strip_prefix("tonkafka ")
    });
    let spans = page
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    let spans = spans.filter_map(|span| span.strip_prefix("tonkafka "));
    let is_placeholder =
        |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
    lines
        .chain(spans)
        .map(|command| command.split(" 2>").next().unwrap_or_default())
        .map(|command| command.split([';', '>', '|']).next().unwrap_or_default())
        .map(|command| command.split(" #").next().unwrap_or_default())
        .map(|command| command.split_whitespace().collect::<Vec<_>>())
        .filter(|words| !words.iter().any(is_placeholder) && !words.contains(&"…"))
        .collect()
}

#[test]
fn pages_name_commands_that_exist() {
    let program = Program::new();
    let mut seen = BTreeSet::new();
    for (path, text) in pages() {
        for mut words in commands(&text) {
            let command = words.join(" ").replace('\'', "");
            if !seen.insert(command.clone()) {
                continue;
            }
            words.push("--help");
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

#[test]
fn reference_pages_are_what_the_program_prints() {
    for kind in ["keys", "manifest"] {
        let ran = Program::new().run(&["render", "reference", kind]).exits(0);
        fresh::check(&format!("docs/reference/{kind}.md"), &ran.stdout);
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
        "| `retention.ms` | whole number, 64 bits, in milliseconds | 604800000 (7 days) | at least -1 | at any time, for each topic | 3.9, 4.3 | This configuration controls the maximum time we will retain a log before we will discard old log segments to free up space if we are using the \"delete\" retention policy. |"
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

/// What a heading is linked by.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter(kept)
        .collect::<String>()
        .replace(' ', "-")
}
