//! Commands that documents name are commands of the program.

use crate::fresh;
use crate::program::Program;

#[test]
fn the_page_on_describe_shows_commands_that_exist() {
    let page = fresh::repository("docs/describe.md");
    let page = std::fs::read_to_string(page).unwrap();
    let program = Program::new();
    let commands: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("tonkafka "))
        .map(|line| line.split('#').next().unwrap())
        .collect();
    assert!(commands.len() > 7, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        program.run(&words).exits(0);
    }
}

#[test]
fn the_page_on_kafkas_scripts_names_commands_that_exist() {
    let page = fresh::repository("docs/from-kafka-scripts.md");
    let page = std::fs::read_to_string(page).unwrap();
    let program = Program::new();
    let mut commands: Vec<&str> = page
        .split('`')
        .filter_map(|span| span.strip_prefix("tonkafka "))
        .collect();
    commands.sort_unstable();
    commands.dedup();
    assert!(commands.len() > 20, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        program.run(&words).exits(0);
    }
}
