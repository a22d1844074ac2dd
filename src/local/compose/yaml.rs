//! Values in a Compose file. Pure.

use crate::model::escape::{is_hidden, yaml_quoted};

/// A value of an environment block, without Compose's variable substitution.
pub(super) fn value(text: &str) -> String {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && (1..=18).contains(&text.len()) && (text == "0" || !text.starts_with('0')) {
        return text.to_owned();
    }
    yaml_quoted(&literal(text))
}

/// Lines as a literal block indented by `indent` spaces; in quotes if a block cannot contain them.
pub(super) fn block(text: &str, indent: usize) -> String {
    let text = literal(text);
    if text.starts_with(' ') || text.contains(|c: char| is_hidden(c) && c != '\n') {
        return yaml_quoted(&text);
    }
    let mut block = "|".to_owned();
    for line in text.lines() {
        block.push('\n');
        if !line.is_empty() {
            block.extend(std::iter::repeat_n(' ', indent));
            block.push_str(line);
        }
    }
    block
}

/// Compose takes two dollar signs for one.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> serde_json::Value {
        serde_saphyr::from_str(&format!("- {yaml}\n")).unwrap()
    }

    #[test]
    fn yaml_reads_back_what_was_meant() {
        for text in [
            "a: b # c",
            "true",
            "\"\\",
            "x\ty\u{7f}",
            "0123",
            "1e3",
            "😀",
        ] {
            assert_eq!(read(&value(text))[0], text, "{text:?}");
        }
        assert_eq!(value("168"), "168");
        assert_eq!(read(&value("a$b"))[0], "a$$b");
    }

    #[test]
    fn a_block_keeps_its_lines() {
        let text = "set -eu\n  echo \"$1\" # x\n\nend\n";
        assert_eq!(read(&block(text, 4))[0], text.replace('$', "$$"));
        assert_eq!(read(&block("a\tb\n", 4))[0], "a\tb\n");
        assert_eq!(read(&block(" a\r\n", 4))[0], " a\r\n");
    }
}
