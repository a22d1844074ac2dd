//! What this program is made of.

use serde_json::{Map, Value};

use super::json::of_kind;

/// Each part with its version, in a line of its own.
#[must_use]
pub fn text(parts: &[(&str, &str)]) -> String {
    let width = parts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, version): &(&str, &str)| format!("{name:width$}  {version}\n");
    parts.iter().map(line).collect()
}

/// The same as a document.
#[must_use]
pub fn json(parts: &[(&str, &str)]) -> String {
    let fields = parts.iter();
    let fields: Map<String, Value> = fields
        .map(|(name, version)| ((*name).to_owned(), Value::from(*version)))
        .collect();
    of_kind("Version", Value::Object(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_a_line() {
        let parts = [("tonkafka", "0.1.0"), ("openssl", "OpenSSL 3.6.3")];
        assert_eq!(text(&parts), "tonkafka  0.1.0\nopenssl   OpenSSL 3.6.3\n");
    }
}
