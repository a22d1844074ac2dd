//! All groups as a table, or some in detail.

use super::lag::{
    committed, group_note, kind, known_lag, note, position_note, total_lag, total_note,
};
use super::style::Look;
use super::table::{Cell, Choice, Column, Listing, Paint};
use super::text::{count, escape};
use crate::model::group::{DescribedGroup, Member};
use crate::model::lag::{GroupLag, Lags, Positions, Total};
use crate::model::seen::Seen;

/// The columns of groups.
pub const GROUP_COLUMNS: [Column; 11] = [
    Column::words("group"),
    Column::words("type"),
    Column::words("state"),
    Column::numbers("coordinator"),
    Column::words("assignor"),
    Column::numbers("members"),
    Column::numbers("topics"),
    Column::numbers("partitions"),
    Column::numbers("lag"),
    Column::numbers("lost").wide(),
    Column::words("note"),
];

const MEMBER_COLUMNS: [Column; 6] = [
    Column::words("client"),
    Column::words("host"),
    Column::words("instance"),
    Column::numbers("partitions"),
    Column::words("member").wide(),
    Column::words("reads"),
];

const PARTITION_COLUMNS: [Column; 10] = [
    Column::words("topic"),
    Column::numbers("partition"),
    Column::numbers("committed"),
    Column::numbers("log-start"),
    Column::numbers("log-end"),
    Column::numbers("lag"),
    Column::words("client"),
    Column::numbers("leader-epoch").wide(),
    Column::words("metadata").wide(),
    Column::words("note"),
];

/// Groups, one per row, sorted by id.
#[must_use]
pub fn groups(look: Look, lags: &Lags, choice: &Choice) -> String {
    let mut groups: Vec<&GroupLag> = lags.groups.iter().collect();
    groups.sort_by(|one, other| one.id.cmp(&other.id));
    Listing {
        columns: &GROUP_COLUMNS,
        rows: groups.into_iter().map(group_row).collect(),
    }
    .show(look, choice)
}

fn group_row(group: &GroupLag) -> Vec<Cell> {
    let mut cells = vec![Cell::words(escape(&group.id))];
    match &group.group {
        Seen::Value(described) => cells.extend([
            Cell::words(kind(described)),
            Cell::words(escape(&described.state.to_string())),
            Cell::number(described.coordinator),
            optional(described.assignor.as_deref()),
            Cell::number(described.members.len()),
        ]),
        _ => cells.resize(6, Cell::missing()),
    }
    if group.positions.value().is_some_and(|one| !one.is_empty()) {
        let total = group.total();
        cells.extend([
            Cell::number(total.topics.len()),
            Cell::number(total.partitions),
            total_lag(&total),
            Cell::number(total.lost),
            note(total_note(&total, false)),
        ]);
    } else {
        cells.resize(GROUP_COLUMNS.len() - 1, Cell::missing());
        cells.push(note(group_note(group)));
    }
    cells
}

fn optional(text: Option<&str>) -> Cell {
    text.map_or_else(Cell::missing, |text| Cell::words(escape(text)))
}

/// Groups in detail: members with their assignments, and every partition.
#[must_use]
pub fn group_details(look: Look, groups: &[GroupLag], choice: &Choice) -> String {
    let each: Vec<String> = groups
        .iter()
        .map(|one| details(look, one, choice))
        .collect();
    each.join("\n")
}

fn details(look: Look, lag: &GroupLag, choice: &Choice) -> String {
    let title = look.strong(&format!("group {}", escape(&lag.id)));
    let Seen::Value(group) = &lag.group else {
        return format!("{title}\n\n{}\n", words(group_note(lag)));
    };
    let assignor = group.assignor.as_deref().map(escape);
    let mut parts = vec![format!(
        "{title}  {}  {}  coordinator {}{}{}  {}\n",
        kind(group),
        escape(&group.state.to_string()),
        group.coordinator,
        assignor.map_or_else(String::new, |name| format!("  assignor {name}")),
        group
            .epoch
            .map_or_else(String::new, |epoch| format!("  epoch {epoch}")),
        count(group.members.len(), "member"),
    )];
    if !group.members.is_empty() {
        parts.push(members(look, group, choice));
    }
    match lag.positions.value().filter(|one| !one.is_empty()) {
        Some(positions) => {
            parts.push(partitions(look, lag, positions, choice));
            parts.push(sum(&lag.total()));
        }
        None => parts.push(format!("{}\n", words(group_note(lag)))),
    }
    parts.join("\n")
}

fn sum(total: &Total) -> String {
    let lag = total_lag(total);
    let lag = (None, format!("lag {}", lag.text()));
    let notes = total_note(total, false);
    words([lag].into_iter().chain(notes).collect()) + "\n"
}

fn words(said: Vec<(Option<Paint>, String)>) -> String {
    let words: Vec<String> = said.into_iter().map(|(_, words)| words).collect();
    words.join("; ")
}

fn members(look: Look, group: &DescribedGroup, choice: &Choice) -> String {
    let row = |member: &Member| {
        vec![
            Cell::words(escape(&member.client_id)),
            Cell::words(escape(&member.host)),
            optional(member.instance_id.as_deref()),
            Cell::number(member.assignment.values().map(Vec::len).sum::<usize>()),
            Cell::words(escape(&member.id)),
            Cell::words(reads(member)),
        ]
    };
    Listing {
        columns: &MEMBER_COLUMNS,
        rows: group.members.iter().map(row).collect(),
    }
    .show(look, choice)
}

/// For example `orders:0-2,5 audit:1`.
fn reads(member: &Member) -> String {
    if member.assignment.is_empty() {
        return "-".to_owned();
    }
    let topics = member.assignment.iter();
    let topics = topics.map(|(topic, numbers)| format!("{}:{}", escape(topic), ranges(numbers)));
    topics.collect::<Vec<_>>().join(" ")
}

/// Numbers in order, with consecutive ones as a range.
fn ranges(numbers: &[i32]) -> String {
    let mut ranges: Vec<(i32, i32)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let shown = ranges.into_iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first},{last}"),
        _ => format!("{first}-{last}"),
    });
    shown.collect::<Vec<_>>().join(",")
}

fn partitions(look: Look, lag: &GroupLag, positions: &Positions, choice: &Choice) -> String {
    let readers = lag.readers();
    let rows = positions
        .iter()
        .map(|(key, position)| {
            let told = position.committed.value();
            let client = readers.of(key).map(|member| member.client_id.as_str());
            let metadata = told.map(|one| one.metadata.as_str());
            let epoch = told.and_then(|one| one.leader_epoch);
            vec![
                Cell::words(escape(&key.topic)),
                Cell::number(key.partition),
                committed(position),
                Cell::known(position.start.value().copied()),
                Cell::known(position.end.value().copied()),
                known_lag(&position.lag_state()),
                optional(client),
                Cell::known(epoch.map(i64::from)),
                optional(metadata.filter(|text| !text.is_empty())),
                note(position_note(position)),
            ]
        })
        .collect();
    Listing {
        columns: &PARTITION_COLUMNS,
        rows,
    }
    .show(look, choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_follow_each_other_are_one_range() {
        assert_eq!(ranges(&[0, 1, 2, 5, 7, 8]), "0-2,5,7,8");
        assert_eq!(ranges(&[]), "");
    }
}
