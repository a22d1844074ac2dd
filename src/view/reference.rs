//! Markdown pages of every key of Kafka and its clients, and of every field of manifests.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::explain::{
    ExplainedField, allowed_words, before_words, default_words, type_words, update_words,
    version_words,
};
use super::json::of_one;
use crate::cluster::profile::keys::{Effect, is_secret, keys as client_keys};
use crate::model::catalogue::{Key, Scope, Update, keys as keys_of, versions};

/// Every key of topics and brokers.
#[must_use]
pub fn keys() -> String {
    let kafka: Vec<&str> = versions().collect();
    let mut page = format!(
        "# Keys of Kafka\n\n\
         <!-- written by `tonkafka render reference keys` -->\n\n\
         Every key of topics and brokers, as Kafka {} say themselves. A test keeps this page as they\n\
         are. `tonkafka explain KEY` prints one of them with all that Kafka says about it.\n\n\
         Whole numbers that count time or bytes take units in a manifest: `7d`, `1GiB`. Where the two\n\
         versions differ, the newer one is shown, and the older one beside it.\n",
        kafka.join(" and ")
    );
    for (heading, about, scope, update) in SECTIONS {
        let listed: Vec<&Key> = keys_of(scope)
            .iter()
            .filter(|key| key.update == update)
            .collect();
        let _ = write!(
            page,
            "\n## {heading}\n\n{about} There are {} of them.\n\n{HEAD}",
            listed.len()
        );
        page.extend(listed.into_iter().map(row));
    }
    page
}

/// Every key of a client's properties file.
#[must_use]
pub fn client_properties() -> String {
    let mut page = "# Keys of a client's properties file\n\n\
         <!-- written by `tonkafka render reference client-properties` -->\n\n\
         Every key of Apache's clients and of librdkafka, and what it does in the file of\n\
         `--command-config` or in the `properties` of a context. A key that is not here is an error. A\n\
         test keeps this page as the program is; [client-properties.json](../../schemas/client-properties.json)\n\
         is the same for programs. What the keys mean is in [Connecting](../connecting.md).\n"
        .to_owned();
    for (heading, about, effect) in CLIENT_SECTIONS {
        let listed = client_keys().filter(|key| key.effect == effect);
        let _ = write!(
            page,
            "\n## {heading}\n\n{about}\n\n| key | why |\n|---|---|\n"
        );
        page.extend(listed.map(|key| format!("| `{}` | {} |\n", key.name, cell(key.reason))));
    }
    page
}

/// The sections of the page on clients' keys.
const CLIENT_SECTIONS: [(&str, &str, Effect); 3] = [
    (
        "Applied",
        "They count. A value that cannot be had is refused with its line.",
        Effect::Applied,
    ),
    (
        "Refused",
        "A file that has one is refused: a connection is never less protected than its file says.",
        Effect::Refused,
    ),
    (
        "Without effect",
        "They are of producers, consumers and other programs; `context test` and `context show` list them.",
        Effect::Unused,
    ),
];

/// A key of a client's properties file, and its effect.
#[derive(Serialize, JsonSchema)]
pub(super) struct ClientKeyFields {
    key: &'static str,
    #[schemars(extend("enum" = ["applied", "refused", "unused"]))]
    effect: &'static str,
    /// Why the key has this effect.
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'static str,
    /// Whether its value is hidden.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    secret: bool,
}

/// Every key of a client's properties file, as JSON.
#[must_use]
pub fn client_properties_json() -> String {
    let keys = client_keys().map(|key| ClientKeyFields {
        key: key.name,
        effect: key.effect.word(),
        reason: key.reason,
        secret: is_secret(key.name),
    });
    of_one("ClientProperties", "keys", &keys.collect::<Vec<_>>())
}

/// The sections of the page on topics' and brokers' keys.
const SECTIONS: [(&str, &str, Scope, Update); 4] = [
    (
        "Topics",
        "Under `configs` of a topic, or of `topics.defaults`.",
        Scope::Topic,
        Update::PerTopic,
    ),
    (
        "All brokers",
        "Under `broker.defaults`, or for one broker under `broker.brokers`.",
        Scope::Broker,
        Update::ClusterWide,
    ),
    (
        "Each broker by itself",
        "Under `broker.brokers`.",
        Scope::Broker,
        Update::PerBroker,
    ),
    (
        "Brokers, with a restart",
        "Under `broker.process` for a broker that `tonkafka up` starts. Elsewhere in a manifest they \
         are compared and never written.",
        Scope::Broker,
        Update::Static,
    ),
];

const HEAD: &str = "| key | type | default | allowed | changed | Kafka | what it is |\n\
                    |---|---|---|---|---|---|---|\n";

fn row(key: &Key) -> String {
    let mut allowed = allowed_words(&key.allowed).unwrap_or_default();
    if let Some(before) = before_words(key) {
        let separator = if allowed.is_empty() { "" } else { "; " };
        let _ = write!(allowed, "{separator}{before}");
    }
    let default = default_words(key, key.default.as_deref());
    let cells = [
        format!("`{}`", key.name),
        cell(&type_words(key)),
        cell(&default),
        cell(&allowed),
        cell(&update_words(&key.name, key.update)),
        cell(&version_words(key)),
        cell(&first_sentence(&key.documentation)),
    ];
    format!("| {} |\n", cells.join(" | "))
}

/// Escapes text for a Markdown table. Text between backticks is kept.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            cell.push('`');
        }
        let is_code = index % 2 == 1;
        for letter in part.chars() {
            match letter {
                '|' => cell.push_str("\\|"),
                '<' if !is_code => cell.push_str("&lt;"),
                '*' | '_' | '[' | ']' if !is_code => cell.extend(['\\', letter]),
                letter => cell.push(letter),
            }
        }
    }
    cell
}

/// The first sentence of Kafka's documentation, with its full stop.
fn first_sentence(text: &str) -> String {
    let paragraph = text.lines().next().unwrap_or_default();
    let starts = paragraph.match_indices(". ").map(|(at, _)| at);
    let end = starts.into_iter().find(|at| {
        let before = &paragraph[..*at];
        let next = paragraph[at + 2..].chars().next();
        let is_short_form = ["e.g", "i.e", "etc"].iter().any(|it| before.ends_with(it));
        !is_short_form && next.is_none_or(|letter| !letter.is_lowercase())
    });
    let sentence = end.map_or(paragraph, |end| &paragraph[..end]);
    let mut sentence = sentence.trim().trim_end_matches([':', '.']).to_owned();
    if sentence.matches('`').count() % 2 == 1 {
        sentence.push('`');
    }
    sentence + "."
}

/// Every field of manifests.
#[must_use]
pub fn manifest(fields: &[ExplainedField]) -> String {
    let mut page = "# Fields of a manifest\n\n\
         <!-- written by `tonkafka render reference manifest` -->\n\n\
         Everything that a manifest can say, in the order in which it says it. [The manifest](../manifest.md)\n\
         tells how it is read, [Keys of Kafka](keys.md) which settings there are.\n"
        .to_owned();
    let mut section = "";
    for field in fields {
        let (top, _) = field.path.split_once('.').unwrap_or((field.path, ""));
        if top != section {
            section = top;
            let _ = write!(
                page,
                "\n## {top}\n\n| field | takes | what it does |\n|---|---|---|\n"
            );
        }
        let _ = writeln!(
            page,
            "| `{}` | {} | {} |",
            field.path,
            cell(field.takes),
            cell(field.about)
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_ends_where_a_new_one_begins() {
        let first = |text| first_sentence(text);
        assert_eq!(first("One. Two."), "One.");
        assert_eq!(first("One, e.g. this. Two"), "One, e.g. this.");
        assert_eq!(first("Only this"), "Only this.");
        assert_eq!(first("A list:\n- one"), "A list.");
        assert_eq!(first("At 0.5 or so. Then"), "At 0.5 or so.");
    }

    #[test]
    fn text_stays_text_in_a_table() {
        assert_eq!(
            cell("a|b <c> d_e `f_g<h>|i`"),
            "a\\|b &lt;c> d\\_e `f_g<h>\\|i`"
        );
    }
}
