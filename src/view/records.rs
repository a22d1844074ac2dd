//! Records that a plan deletes: tables for truncated topics, sums for deleted ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::offsets::UPPER_BOUNDS;
use super::style::Look;
use super::table::{Cell, Column, Listing};
use super::text::count;
use crate::model::units::about;
use crate::plan::kinds::DeleteRecords;
use crate::plan::{Action, Plan, Step};

const COLUMNS: [Column; 6] = [
    Column::numbers("partition"),
    Column::numbers("log-start"),
    Column::numbers("new-start"),
    Column::numbers("log-end"),
    Column::numbers("records"),
    Column::words("size"),
];

/// The partitions of a topic, by number.
type Rows<'a> = BTreeMap<i32, &'a DeleteRecords>;

/// The tables; empty if no topic is truncated.
#[must_use]
pub fn tables(look: Look, plan: &Plan) -> String {
    let mut topics: BTreeMap<&str, Rows<'_>> = BTreeMap::new();
    for step in &plan.steps {
        if let Action::DeleteRecords(on, truncation) = &step.action {
            let rows = topics.entry(&on.topic.name).or_default();
            rows.insert(on.number, truncation);
        }
    }
    let tables = topics.iter().map(|(topic, rows)| table(look, topic, rows));
    let mut text: String = tables.collect();
    if !text.is_empty() {
        let _ = writeln!(text, "{}", look.faint(UPPER_BOUNDS));
    }
    text
}

fn table(look: Look, topic: &str, rows: &Rows<'_>) -> String {
    let (records, bytes) = totals(rows.values().copied());
    let text = format!(
        "{} topic {topic}: deletes {}  {}\n",
        look.removed("-"),
        size(Some(records), bytes),
        look.changed("(cannot be undone)")
    );
    let listing = Listing {
        columns: &COLUMNS,
        rows: rows
            .iter()
            .map(|(partition, truncation)| cells(*partition, truncation))
            .collect(),
    };
    text + &listing.inset(look)
}

fn cells(partition: i32, truncation: &DeleteRecords) -> Vec<Cell> {
    let size = truncation.bytes.map(|bytes| Cell::words(about(bytes)));
    vec![
        Cell::number(partition),
        Cell::number(truncation.log_start),
        Cell::number(truncation.before),
        Cell::number(truncation.log_end),
        Cell::number(truncation.before - truncation.log_start),
        size.unwrap_or_else(Cell::missing),
    ]
}

/// The sum of records and bytes; no bytes if some are not known.
pub(super) fn totals<'a>(
    truncations: impl Iterator<Item = &'a DeleteRecords>,
) -> (i64, Option<i64>) {
    truncations.fold((0, Some(0)), |(records, bytes), one| {
        let bytes = bytes.zip(one.bytes).map(|(all, more)| all + more);
        (records + one.before - one.log_start, bytes)
    })
}

/// For example `up to 150 records (about 1.5 MiB)`.
#[must_use]
pub fn size(records: Option<i64>, bytes: Option<i64>) -> String {
    match (records, bytes) {
        (Some(0), _) => "no records".to_owned(),
        (Some(records), bytes) => {
            let number = count(usize::try_from(records).unwrap_or(usize::MAX), "record");
            let size = match bytes {
                Some(bytes) => format!("about {}", about(bytes)),
                None => "of unknown size".to_owned(),
            };
            format!("up to {number} ({size})")
        }
        (None, Some(bytes)) => format!("an unknown number of records (about {})", about(bytes)),
        (None, None) => "an unknown number of records".to_owned(),
    }
}

/// The records of the deleted topics; none if no topic is deleted or records were not counted.
#[must_use]
pub fn deleted(plan: &Plan) -> Option<String> {
    let mut records = Some(0);
    let mut bytes = Some(0);
    for step in &plan.steps {
        if let Action::DeleteTopic(_, delete) = &step.action {
            records = records.zip(delete.records).map(|(all, more)| all + more);
            bytes = bytes.zip(delete.bytes).map(|(all, more)| all + more);
        }
    }
    let is_deleted = |step: &Step| matches!(step.action, Action::DeleteTopic(..));
    let is_some = plan.steps.iter().any(is_deleted);
    (is_some && records.is_some()).then(|| size(records, bytes))
}
