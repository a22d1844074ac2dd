//! Settings for display, and placeholders. Pure.

use super::given::Given;
use super::jaas;
use super::keys::is_secret;
use crate::cluster::security::{Login, Security, Trust, Verify};

/// The text in place of a secret.
const HIDDEN: &str = "(hidden)";

/// Defaults: key, value, and other keys that set the same.
pub(super) fn defaults(
    security: &Security,
) -> Vec<(&'static str, &'static str, &'static [&'static str])> {
    let mut found: Vec<(_, _, &[&str])> = vec![("security.protocol", "PLAINTEXT", &[])];
    if let Some(tls) = &security.tls {
        if tls.trust == Trust::System {
            let others: &[&str] = &["ssl.ca.location"];
            let value = "(those that the system trusts)";
            found.push(("ssl.truststore.location", value, others));
        }
        if tls.verify == Verify::ChainAndName {
            let others: &[&str] = &[];
            found.push(("ssl.endpoint.identification.algorithm", "https", others));
        }
    }
    if let Some(Login::MskIam(iam)) = &security.login
        && iam.profile.is_none()
        && iam.role.is_none()
    {
        let value = "(those of AWS's default chain)";
        found.push(("awsProfileName", value, &[]));
    }
    found
}

/// The value of a key for display; `(hidden)` for a secret.
#[must_use]
pub fn shown(key: &str, value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    match key {
        "sasl.jaas.config" => match jaas::parse(value) {
            Ok(entry) => entry.shown(),
            Err(_) => HIDDEN.to_owned(),
        },
        key if is_secret(key) => HIDDEN.to_owned(),
        _ if value.contains("-----BEGIN") => "(PEM)".to_owned(),
        _ if has_user(value) => HIDDEN.to_owned(),
        _ => value.trim().to_owned(),
    }
}

/// Whether a URL contains a user name or password.
fn has_user(value: &str) -> bool {
    let mut rests = value.split("://").skip(1);
    rests.any(|rest| {
        let authority = rest.split(['/', '?', '#', ',']).next();
        authority.is_some_and(|authority| authority.contains('@'))
    })
}

/// Whether the value is or contains a secret.
pub(super) fn holds_secret(given: &Given) -> bool {
    if given.key != "sasl.jaas.config" {
        return is_secret(&given.key) && !given.value.is_empty();
    }
    jaas::parse(&given.value).is_ok_and(|entry| {
        let mut options = entry.options.iter();
        options.any(|(key, _)| !jaas::is_shown(key))
    })
}

/// The parts of a value that users write: name, value, and whether it is secret.
pub(super) fn parts(given: &Given) -> Vec<(String, String, bool)> {
    let name = format!("`{}`", given.key);
    match given.key.as_str() {
        "sasl.jaas.config" => {
            let entry = jaas::parse(&given.value).ok();
            let options = entry.into_iter().flat_map(|entry| entry.options);
            let named = options.map(|(key, value)| {
                let is_secret = !jaas::is_shown(&key);
                (format!("`{key}` in {name}"), value, is_secret)
            });
            named.collect()
        }
        "bootstrap.servers" | "metadata.broker.list" => {
            let hosts = given.value.split(',').map(host);
            hosts.map(|host| (name.clone(), host, false)).collect()
        }
        key => vec![(name, given.value.clone(), is_secret(key))],
    }
}

/// The host of an address.
fn host(address: &str) -> String {
    let address = address.trim();
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.to_owned()
}

/// Whether a text is a placeholder of a documentation page: `<API_KEY>`, `{{ CLUSTER_API_KEY }}`,
/// `{YOUR.CONNECTION.STRING}`, `YOUR_API_KEY`.
pub(super) fn is_placeholder(text: &str) -> bool {
    let between = |open: &str, close: &str| {
        let inner = text.strip_prefix(open)?.strip_suffix(close)?.trim();
        (!inner.is_empty()).then_some(inner)
    };
    let is_name = |inner: &str| {
        inner.starts_with(|c: char| c.is_ascii_alphabetic())
            && inner
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '))
    };
    let is_upper = |inner: &str| !inner.contains(|c: char| c.is_ascii_lowercase());
    between("{{", "}}").is_some_and(is_name)
        || between("<", ">").is_some_and(is_name)
        || between("{", "}").is_some_and(|inner| is_name(inner) && is_upper(inner))
        || between("[", "]").is_some_and(|inner| is_name(inner) && is_upper(inner))
        || (is_upper(text)
            && is_name(text)
            && ["YOUR_", "YOUR-", "YOUR."]
                .iter()
                .any(|start| text.starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::is_placeholder;

    #[test]
    fn placeholders_are_known_by_their_form() {
        for text in [
            "<API_KEY>",
            "<your password>",
            "{{ CLUSTER_API_KEY }}",
            "{{CLUSTER_API_SECRET}}",
            "{YOUR.EVENTHUBS.CONNECTION.STRING}",
            "[PASSWORD]",
            "YOUR_API_KEY",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "", "<>", "<3", "a<b>", "{abc}", "[::1]", "YOURS", "s3cret", "{x}y",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
