//! The pages of the documentation, and the commands in them.

use std::fs;
use std::path::{Path, PathBuf};

/// Every page, with its text.
pub fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    let mut directories = vec![root.join("docs")];
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
    pages.sort();
    let with_text = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    };
    pages.into_iter().map(with_text).collect()
}

/// The commands of a page in order, without the program's name, from code blocks and inline code.
/// Text with placeholders such as `NAME` is left out.
pub fn commands(page: &str) -> Vec<&str> {
    let mut commands = Vec::new();
    let mut in_block = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            let line = line.strip_prefix("$ ").unwrap_or(line);
            commands.extend(line.strip_prefix("tonkafka "));
        } else {
            let spans = line.split('`').skip(1).step_by(2);
            commands.extend(spans.filter_map(|span| span.strip_prefix("tonkafka ")));
        }
    }
    let is_placeholder =
        |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
    commands
        .into_iter()
        .map(|command| command.split(" 2>").next().unwrap_or_default())
        .map(|command| command.split([';', '>', '|']).next().unwrap_or_default())
        .map(|command| command.split(" #").next().unwrap_or_default().trim())
        .filter(|command| !command.contains('…') && !command.split(' ').any(is_placeholder))
        .collect()
}

/// The blocks of a page in this language.
pub fn blocks(page: &str, language: &str) -> Vec<String> {
    let start = format!("```{language}");
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while lines.by_ref().any(|line| line == start) {
        let body = lines.by_ref().take_while(|line| *line != "```");
        blocks.push(body.flat_map(|line| [line, "\n"]).collect());
    }
    blocks
}
