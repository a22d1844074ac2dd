//! The keys of Kafka's clients, each with what it does here: `client_keys.txt`, read. Pure.

use crate::model::suggest::closest;

/// One key a line: `applied`, `refused` or `unused`, the name, and the reason. A name that ends with
/// `*` is a prefix.
const KEYS: &str = include_str!("../client_keys.txt");

/// The effect of a key in this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is used.
    Applied,
    /// A file that contains it is refused.
    Refused,
    /// It is ignored.
    Unused,
}

impl Effect {
    /// The word in the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Refused => "refused",
            Self::Unused => "unused",
        }
    }
}

/// A key of Kafka's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileKey {
    /// Its name; a `*` at the end makes it a prefix.
    pub name: &'static str,
    /// Its effect in this program.
    pub effect: Effect,
    /// Why; empty if the effect says enough.
    pub reason: &'static str,
}

/// All keys, by name.
pub fn keys() -> impl Iterator<Item = ProfileKey> {
    KEYS.lines().filter_map(|line| {
        let (effect, rest) = line.split_once(' ')?;
        let (name, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let effect = match effect {
            "applied" => Effect::Applied,
            "refused" => Effect::Refused,
            _ => Effect::Unused,
        };
        Some(ProfileKey {
            name,
            effect,
            reason,
        })
    })
}

/// The key of this name.
#[must_use]
pub fn key(name: &str) -> Option<ProfileKey> {
    keys().find(|key| match key.name.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => key.name == name,
    })
}

/// The name that was probably meant by a misspelt one.
#[must_use]
pub fn near(name: &str) -> Option<&'static str> {
    let names = keys().map(|key| key.name);
    closest(name, names.filter(|name| !name.ends_with('*')))
}

/// Whether the values of a key are secret.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    const PARTS: [&str; 5] = ["password", "secret", "passphrase", "user.info", "token"];
    const WHOLE: [&str; 4] = [
        "ssl.key.pem",
        "ssl.keystore.key",
        "sasl.oauthbearer.config",
        "sasl.oauthbearer.assertion.private.key.pem",
    ];
    let is_address = matches!(name.rsplit('.').next(), Some("url" | "class"));
    WHOLE.contains(&name) || (!is_address && PARTS.iter().any(|part| name.contains(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_there_twice_and_each_that_is_refused_has_a_reason() {
        let mut seen = std::collections::BTreeSet::new();
        for line in KEYS.lines() {
            let effect = line.split(' ').next();
            assert!(matches!(effect, Some("applied" | "refused" | "unused")));
        }
        for key in keys() {
            assert!(seen.insert(key.name), "{}", key.name);
            let is_refused = key.effect == Effect::Refused;
            assert!(!is_refused || !key.reason.is_empty(), "{}", key.name);
        }
        assert_eq!(seen.len(), KEYS.lines().count());
    }

    #[test]
    fn a_star_stands_for_the_rest() {
        let found = key("schema.registry.url").unwrap();
        assert_eq!(found.effect, Effect::Unused);
        assert_eq!(key("schema"), None);
        assert_eq!(near("sasl.mechansim"), Some("sasl.mechanism"));
    }

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in [
            "sasl.password",
            "ssl.key.password",
            "sasl.oauthbearer.client.secret",
            "basic.auth.user.info",
            "ssl.key.pem",
            "bearer.auth.token",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["sasl.username", "sasl.oauthbearer.token.endpoint.url"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
