//! Generates `src/model/catalogue.json` from Kafka 3.9, 4.3 and 4.4. `UPDATE_EXPECT=1` rewrites it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use tonkafka::model::allowed::Allowed;
use tonkafka::model::catalogue::{Before, Catalogue, Key, Update};
use tonkafka::model::config::ConfigType;

use crate::support::kafka::{self, Kafka};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/model/catalogue.json");
const PROGRAM: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/cluster/java/Catalogue.java"
);

/// The newest patch of each minor version in the catalogue, oldest first.
const VERSIONS: [&str; 3] = ["3.9.2", "4.3.1", "4.4.0"];

#[test]
fn the_catalogue_is_what_kafka_says() {
    let said = VERSIONS.map(|version| {
        let kafka = Kafka::options().version(version).start();
        (version, said(&kafka, version))
    });
    for (version, said) in &said {
        check_reported(version, said);
    }
    let made = written(&merged(said));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(COMMITTED, &made).unwrap();
    }
    let committed = fs::read_to_string(COMMITTED).unwrap();
    let changed = made.lines().zip(committed.lines()).find(|(a, b)| a != b);
    assert!(
        made == committed,
        "src/model/catalogue.json is out of date: run\n  \
         UPDATE_EXPECT=1 cargo test --test cluster the_catalogue\n\
         The first difference: {changed:#?}"
    );
}

/// The output of `Catalogue.java` for one version.
#[derive(Deserialize)]
struct Said {
    topic: Vec<Defined>,
    broker: Vec<Defined>,
    reported: Reported,
}

/// A key as Kafka's classes define it.
#[derive(Deserialize)]
struct Defined {
    name: String,
    #[serde(rename = "type")]
    config_type: ConfigType,
    default: Option<String>,
    valid: Option<String>,
    documentation: Option<String>,
    /// Only for keys of topics.
    synonyms: Option<Vec<String>>,
    /// Only for keys of brokers.
    mode: Option<String>,
}

/// A running broker's answer to `DescribeConfigs`.
#[derive(Deserialize)]
struct Reported {
    topic: Vec<Entry>,
    broker: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    name: String,
    #[serde(rename = "type")]
    config_type: ConfigType,
    read_only: bool,
    documentation: Option<String>,
}

fn said(kafka: &Kafka, version: &str) -> Said {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("said.json");
    let mut java = kafka::artefacts(version).command(["-Xmx512m"], PROGRAM);
    java.args([&kafka.admin(), "1"]).arg(&file);
    let output = java.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    read(&file)
}

fn read(file: &Path) -> Said {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// Checks that a broker reports what the classes define. It also reports every other key that is
/// set.
fn check_reported(version: &str, said: &Said) {
    for key in &said.topic {
        check_entry(version, &said.reported.topic, key, false);
    }
    for key in &said.broker {
        // A broker reports throttles only while they are set.
        let throttle = key.name.contains("throttled.rate") || key.name.ends_with("per.second");
        if !throttle {
            check_entry(version, &said.reported.broker, key, key.mode.is_none());
        }
    }
}

fn check_entry(version: &str, reported: &[Entry], key: &Defined, read_only: bool) {
    let entry = reported.iter().find(|entry| entry.name == key.name);
    let entry = entry.unwrap_or_else(|| panic!("{version} does not report {}", key.name));
    assert_eq!(
        (entry.config_type, entry.read_only, &entry.documentation),
        (key.config_type, read_only, &key.documentation),
        "{version} {}",
        key.name
    );
}

fn merged(said: [(&str, Said); VERSIONS.len()]) -> Catalogue {
    let kafka = said
        .iter()
        .map(|(version, _)| (*version).to_owned())
        .collect();
    let mut topic = BTreeMap::new();
    let mut broker = BTreeMap::new();
    for (version, said) in said {
        let minor = version.rsplit_once('.').unwrap().0;
        for key in said.topic {
            add(&mut topic, as_key(key, minor, Update::PerTopic));
        }
        for key in said.broker {
            let update = update(&key);
            add(&mut broker, as_key(key, minor, update));
        }
    }
    Catalogue {
        format_version: 1,
        kind: "Catalogue".to_owned(),
        kafka,
        topic: topic.into_values().collect(),
        broker: broker.into_values().collect(),
    }
}

/// Replaces an older version's key by a newer one, and keeps the differences.
fn add(keys: &mut BTreeMap<String, Key>, mut key: Key) {
    if let Some(older) = keys.remove(&key.name) {
        key.before = older.before;
        if (&older.default, &older.allowed) != (&key.default, &key.allowed) {
            let name = &key.name;
            assert!(key.before.is_none(), "{name} was changed more than once");
            key.before = Some(Before {
                kafka: older.kafka.last().unwrap().clone(),
                default: older.default,
                allowed: older.allowed,
            });
        }
        key.kafka.splice(0..0, older.kafka);
    }
    keys.insert(key.name.clone(), key);
}

fn update(key: &Defined) -> Update {
    match key.mode.as_deref() {
        None => Update::Static,
        Some("per-broker") => Update::PerBroker,
        Some("cluster-wide") => Update::ClusterWide,
        Some(other) => panic!("{}: {other}", key.name),
    }
}

fn as_key(key: Defined, minor: &str, update: Update) -> Key {
    Key {
        allowed: allowed(key.config_type, key.valid.as_deref().unwrap_or_default()),
        documentation: plain(key.documentation.as_deref().unwrap_or_default()),
        name: key.name,
        config_type: key.config_type,
        default: key.default,
        update,
        synonyms: key.synonyms.unwrap_or_default(),
        kafka: vec![minor.to_owned()],
        before: None,
    }
}

/// Parses the description of a validator of `ConfigDef`.
fn allowed(config_type: ConfigType, words: &str) -> Allowed {
    let (choice, ignore_case) = match words.strip_prefix("(case insensitive) ") {
        Some(choice) => (choice, true),
        None => (words, false),
    };
    match words {
        // "non-empty" concerns values that are set; an empty list passes the check.
        "" | "non-null string" | "non-empty list" => Allowed::Any,
        "non-empty string" => Allowed::NotEmpty,
        _ if words.starts_with("The default value of -1") => Allowed::at_least_or(1, -1),
        // The validator lists full names, but also accepts `3.9` for `3.9-IV0`.
        _ if words.starts_with("[0.8.0") => Allowed::Form("a version, such as 3.9-IV0".to_owned()),
        _ if words.starts_with("[partitionId]") => Allowed::Form(words.to_owned()),
        _ => range(words).unwrap_or_else(|| {
            let values = listed(choice).unwrap_or_else(|| panic!("a validator says {words}"));
            match config_type {
                ConfigType::List => Allowed::ListOf { values },
                _ => Allowed::OneOf {
                    values,
                    ignore_case,
                },
            }
        }),
    }
}

/// `[a, b]`.
fn listed(words: &str) -> Option<Vec<String>> {
    let inner = words.strip_prefix('[')?.strip_suffix(']')?;
    Some(inner.split(", ").map(str::to_owned).collect())
}

/// `[1,...]`, `[1,...,9]`, `[...,9]` or `[1,...,9] or -1`.
fn range(words: &str) -> Option<Allowed> {
    let (range, or) = match words.split_once(" or ") {
        Some((range, or)) => (range, Some(or.parse().ok()?)),
        None => (words, None),
    };
    let (min, max) = range
        .strip_prefix('[')?
        .strip_suffix(']')?
        .split_once("...")?;
    let bound = |text: &str| match text.trim_matches(',') {
        "" => None,
        text => Some(text.parse().unwrap()),
    };
    Some(Allowed::Range {
        min: bound(min),
        max: bound(max),
        or,
    })
}

/// Kafka's documentation without its HTML.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, tag, after)) = next_tag(rest) {
        text.push_str(before);
        text.push_str(tag);
        rest = after;
    }
    text.push_str(rest);
    let text = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&mdash;", "—"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text, |text, (entity, letter)| text.replace(entity, letter));
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The text before the next HTML tag, the tag's replacement, and the text after it.
fn next_tag(html: &str) -> Option<(&str, &'static str, &str)> {
    for (open, _) in html.match_indices('<') {
        let (tag, after) = html[open + 1..].split_once('>')?;
        let name = tag
            .split([' ', '/'])
            .find(|part| !part.is_empty())
            .unwrap_or_default();
        let plain = match name {
            "code" => "`",
            "li" if !tag.starts_with('/') => "\n- ",
            "p" | "br" | "ul" | "ol" | "li" | "pre" => "\n",
            "a" | "em" | "i" | "b" => "",
            _ => continue,
        };
        return Some((&html[..open], plain, after));
    }
    None
}

/// One key per line, so that diffs are small.
fn written(catalogue: &Catalogue) -> String {
    let line = |key: &Key| format!("    {}", serde_json::to_string(key).unwrap());
    let section = |keys: &[Key]| keys.iter().map(line).collect::<Vec<_>>().join(",\n");
    format!(
        "{{\n  \"formatVersion\": {},\n  \"kind\": \"{}\",\n  \"kafka\": {},\n  \"topic\": [\n{}\n  ],\n  \"broker\": [\n{}\n  ]\n}}\n",
        catalogue.format_version,
        catalogue.kind,
        serde_json::to_string(&catalogue.kafka).unwrap(),
        section(&catalogue.topic),
        section(&catalogue.broker),
    )
}
