//! PEM in files and properties: with line ends, with spaces instead, or with neither. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A section between `BEGIN` and `END`.
pub(super) struct Section {
    /// Its label, such as `CERTIFICATE`.
    pub(super) label: String,
    /// Its content.
    pub(super) der: Vec<u8>,
    /// Whether it has OpenSSL's encryption from before PKCS#8.
    pub(super) is_legacy: bool,
}

impl Section {
    /// Whether it is a private key, in any form.
    pub(super) fn is_key(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }

    pub(super) fn is_certificate(&self) -> bool {
        matches!(
            self.label.as_str(),
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE"
        )
    }
}

/// All sections, in order.
///
/// # Errors
/// One that has no end, or is not base64.
pub(super) fn sections(text: &str) -> Result<Vec<Section>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) = after.split_once("-----").ok_or("a `BEGIN` has no name")?;
        let end = format!("-----END {label}-----");
        let (body, after) = after
            .split_once(&end)
            .ok_or_else(|| format!("`{label}` has no `END`"))?;
        found.push(section(label, body)?);
        rest = after;
    }
    Ok(found)
}

fn section(label: &str, body: &str) -> Result<Section, String> {
    let is_legacy = body.contains("Proc-Type:") && body.contains("ENCRYPTED");
    let data: String = if is_legacy {
        String::new() // its headers are not base64, and it is refused anyway
    } else {
        body.chars().filter(|c| !c.is_whitespace()).collect()
    };
    let der = STANDARD
        .decode(data)
        .map_err(|_| format!("what is in `{label}` is not base64"))?;
    Ok(Section {
        label: label.to_owned(),
        der,
        is_legacy,
    })
}

/// A section as text.
pub(super) fn text(label: &str, der: &[u8]) -> String {
    let data = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = data.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_may_be_spaces_or_missing() {
        let der: Vec<u8> = (0..100).collect();
        let written = text("CERTIFICATE", &der);
        for form in [
            written.clone(),
            written.replace('\n', " "),
            written.replace('\n', ""),
            format!("subject=/CN=x\n{written}"),
        ] {
            let found = sections(&form).unwrap();
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].der, der);
            assert!(found[0].is_certificate());
        }
        assert_eq!(sections(&written.repeat(3)).unwrap().len(), 3);
        assert!(sections("-----BEGIN X-----\nAAAA").is_err());
        assert!(sections("-----BEGIN X-----\n!\n-----END X-----").is_err());
        assert!(sections("nothing").unwrap().is_empty());
    }
}
