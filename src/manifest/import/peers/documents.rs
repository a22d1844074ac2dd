//! Several documents in one file.

use super::super::super::problem::Problem;
use super::super::super::problems::Problems;
use super::super::super::source::SourceFile;
use super::super::super::spot::Spot;
use super::super::super::spot::number;

/// The documents of a file that are not empty. Each is preceded by as many empty lines as come before
/// it in the file, so that places stay right.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut current = String::new();
    for (index, line) in text.split('\n').enumerate() {
        if is_start(line) {
            found.push(std::mem::replace(&mut current, "\n".repeat(index)));
            // Text after the document marker belongs to the document.
            current.push_str("   ");
            current.push_str(&line[3..]);
        } else {
            current.push_str(line);
        }
        current.push('\n');
    }
    found.push(current);
    found.retain(|text| has_something(text));
    found
}

fn is_start(line: &str) -> bool {
    line.strip_prefix("---")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r']))
}

fn has_something(text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().any(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#') && line != "..."
    })
}

/// Whether the file is a template, which is an error.
pub(super) fn template(file: u32, sources: &[SourceFile], problems: &mut Problems) -> bool {
    let text = &sources[file as usize].text;
    let marked = text.lines().enumerate().find_map(|(index, line)| {
        let code = !line.trim_start().starts_with('#');
        let column = ["{{", "{%"]
            .into_iter()
            .filter_map(|mark| line.find(mark))
            .min();
        column.filter(|_| code).map(|column| (index, line, column))
    });
    let Some((index, line, column)) = marked else {
        return false;
    };
    let at = Spot {
        file,
        line: number(index + 1),
        column: number(line[..column].chars().count() + 1),
        width: 2,
    };
    let hint = "render it with its values first: `jikkou validate` prints what comes out";
    problems.push(Problem::at(at, "this is a template, not what it stands for").hint(hint));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_keep_their_lines() {
        assert_eq!(split("a: 1\n"), ["a: 1\n\n"]);
        assert_eq!(
            split("---\na: 1\n--- # two\nb: 2\n---\n# no more\n...\n"),
            ["   \na: 1\n", "\n\n    # two\nb: 2\n"]
        );
        assert_eq!(split("text: |\n  --- no\n---\r\nb: 2").len(), 2);
        assert_eq!(split("\u{feff}# nothing\n"), [""; 0]);
    }
}
