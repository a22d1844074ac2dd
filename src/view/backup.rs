//! Backups of clusters.

use std::fmt::Write as _;

use super::json::of_one;
use super::style::Look;
use super::table::{Cell, Choice, Column, Listing, Paint};
use super::text::{config_value, count, escape};
use crate::backup::shelf::Listed;
use crate::model::backup::{Backup, Kept, KeptSetting};

const LIST: [Column; 6] = [
    Column::words("id"),
    Column::words("taken-at"),
    Column::words("cluster"),
    Column::words("reason"),
    Column::numbers("bytes"),
    Column::words("state"),
];

const SETTINGS: [Column; 3] = [
    Column::words("of"),
    Column::words("key"),
    Column::words("value"),
];

const TOPICS: [Column; 4] = [
    Column::words("topic"),
    Column::numbers("partitions"),
    Column::numbers("replicas"),
    Column::words("id"),
];

const GROUPS: [Column; 3] = [
    Column::words("group"),
    Column::words("type"),
    Column::numbers("commits"),
];

/// The contents and the place of a new backup.
#[must_use]
pub fn created(listed: &Listed, backup: &Backup) -> String {
    format!(
        "backup {} of cluster {}: {}\nin {}\n",
        listed.id,
        backup.cluster_id,
        contents(backup),
        escape(&listed.path)
    )
}

/// Parts that the cluster does not support, each with its reason; none if it supports all. A
/// missing authorizer does not count.
#[must_use]
pub fn nothing_to_keep(backup: &Backup) -> Option<String> {
    let parts = [
        ("settings of brokers", reason(&backup.broker_defaults)),
        ("ACLs", reason(&backup.acls)),
        ("users", reason(&backup.users)),
        ("quotas", reason(&backup.quotas)),
    ];
    let told: Vec<String> = parts
        .into_iter()
        .filter_map(|(part, reason)| Some(format!("{part} ({})", escape(reason?))))
        .collect();
    (!told.is_empty()).then(|| {
        format!(
            "nothing to keep, for this cluster does not tell of it: {}",
            told.join(", ")
        )
    })
}

fn reason<T>(kept: &Kept<T>) -> Option<&str> {
    match kept {
        Kept::NotSupported(words) if !words.starts_with("SECURITY_DISABLED") => Some(words),
        _ => None,
    }
}

/// For example `3 topics, 2 settings of brokers, 1 group with 4 commits`.
fn contents(backup: &Backup) -> String {
    let mut parts = vec![
        count(backup.topics.len(), "topic"),
        count(backup.broker_settings(), "setting") + " of brokers",
        match backup.commits() {
            0 => count(backup.groups.len(), "group"),
            commits => format!(
                "{} with {}",
                count(backup.groups.len(), "group"),
                count(commits, "commit")
            ),
        },
    ];
    let number = |kept: Option<usize>, noun: &str| kept.map(|number| count(number, noun));
    parts.extend(number(backup.acls.value().map(Vec::len), "ACL"));
    parts.extend(number(backup.users.value().map(Vec::len), "user"));
    parts.extend(number(backup.quotas.value().map(Vec::len), "quota"));
    parts.join(", ")
}

/// Backups, one per row.
#[must_use]
pub fn list(look: Look, backups: &[Listed]) -> String {
    if backups.is_empty() {
        return "no backups on this machine; `tonkafka backup create` takes one\n".to_owned();
    }
    let rows = backups.iter().map(|one| {
        let state = match (&one.damaged, one.partial.len()) {
            (Some(why), _) => Cell::words(escape(why)).painted(Paint::Bad),
            (None, 0) => Cell::words("whole"),
            (None, missing) => {
                Cell::words(format!("partial ({missing} not seen)")).painted(Paint::Warning)
            }
        };
        vec![
            Cell::words(escape(&one.id)),
            Cell::words(one.taken_at.as_deref().unwrap_or("-")),
            Cell::words(one.cluster_id.as_deref().unwrap_or("-")),
            Cell::words(one.reason.to_string()),
            Cell::number(one.bytes),
            state,
        ]
    });
    let listing = Listing {
        columns: &LIST,
        rows: rows.collect(),
    };
    listing.show(look, &Choice::default())
}

/// Backups, as JSON.
#[must_use]
pub fn list_json(backups: &[Listed]) -> String {
    of_one("Backups", "backups", &backups)
}

/// What a backup holds.
#[must_use]
pub fn one(look: Look, backup: &Backup) -> String {
    let mut text = format!(
        "{}\ntaken at {} ({}) by tonkafka {}\n",
        look.strong(&format!(
            "backup {} of cluster {}",
            backup.id, backup.cluster_id
        )),
        backup.taken_at,
        backup.reason,
        backup.tonkafka
    );
    let brokers: Vec<String> = backup.brokers.iter().map(ToString::to_string).collect();
    let _ = writeln!(text, "brokers {}; {}", brokers.join(", "), contents(backup));
    for unseen in &backup.partial {
        let _ = writeln!(text, "{} {unseen}", look.changed("not seen:"));
    }
    text += &section(look, &TOPICS, topics(backup));
    text += &section(look, &SETTINGS, settings(backup));
    text += &section(look, &GROUPS, groups(backup));
    text += &access(look, backup);
    text
}

fn section(look: Look, columns: &[Column], rows: Vec<Vec<Cell>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let listing = Listing { columns, rows };
    format!("\n{}", listing.show(look, &Choice::default()))
}

fn topics(backup: &Backup) -> Vec<Vec<Cell>> {
    let row = |(name, topic): (&String, &crate::model::backup::KeptTopic)| {
        vec![
            Cell::words(name),
            Cell::number(topic.count()),
            Cell::number(topic.replicas()),
            Cell::words(topic.id.to_string()),
        ]
    };
    backup.topics.iter().map(row).collect()
}

fn settings(backup: &Backup) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    let mut add = |of: &str, kept: &Kept<Vec<KeptSetting>>| {
        let settings: &[KeptSetting] = kept.value().map_or(&[], Vec::as_slice);
        for one in settings {
            let value = config_value(&one.key, &one.value);
            rows.push(vec![
                Cell::words(of),
                Cell::words(&one.key),
                Cell::words(value),
            ]);
        }
    };
    add("all brokers", &backup.broker_defaults);
    for (id, kept) in &backup.broker_configs {
        add(&format!("broker {id}"), kept);
    }
    for (name, topic) in &backup.topics {
        add(&format!("topic {name}"), &topic.configs);
    }
    rows
}

fn groups(backup: &Backup) -> Vec<Vec<Cell>> {
    let row = |(id, group): (&String, &crate::model::backup::KeptGroup)| {
        vec![
            Cell::words(escape(id)),
            Cell::words(escape(&group.group_type.to_string())),
            match &group.commits {
                Kept::Value(_) => Cell::number(group.commits().count()),
                Kept::NotSupported(_) | Kept::NotSeen(_) => Cell::words("not seen"),
            },
        ]
    };
    backup.groups.iter().map(row).collect()
}

fn access(look: Look, backup: &Backup) -> String {
    let mut text = String::new();
    let mut lines = |heading: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(text, "\n{}\n  {}", look.strong(heading), lines.join("\n  "));
        }
    };
    let acls = backup.acls.value().into_iter().flatten();
    lines("ACLs:", acls.map(ToString::to_string).collect());
    let users = backup.users.value().into_iter().flatten();
    let users = users.map(|user| {
        let mechanisms = user.credentials.iter().map(|one| escape(&one.mechanism));
        let mechanisms: Vec<String> = mechanisms.collect();
        format!("{} ({})", escape(&user.name), mechanisms.join(", "))
    });
    lines("users:", users.collect());
    let quotas = backup.quotas.value().into_iter().flatten();
    let quotas = quotas.map(|quota| {
        let values = quota.values.iter();
        let values: Vec<String> = values
            .map(|(key, value)| format!("{} {value}", escape(key)))
            .collect();
        format!("{}: {}", quota.entity, values.join(", "))
    });
    lines("quotas:", quotas.collect());
    text
}
