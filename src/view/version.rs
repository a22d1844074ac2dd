//! The versions of the program and its libraries.

use schemars::JsonSchema;
use serde::Serialize;

use super::json::of_kind;

/// Versions, one per line.
#[must_use]
pub fn text(parts: &[(&str, &str)]) -> String {
    let width = parts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, version): &(&str, &str)| format!("{name:width$}  {version}\n");
    parts.iter().map(line).collect()
}

/// The version of this program, and those of its Kafka and TLS libraries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "names of programs")]
pub struct Versions<'a> {
    pub tonkafka: &'a str,
    pub krafka: &'a str,
    pub librdkafka: &'a str,
    pub openssl: &'a str,
}

/// Versions as a document.
#[must_use]
pub fn json(versions: &Versions<'_>) -> String {
    of_kind("Version", versions)
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
