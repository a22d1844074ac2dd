//! Records that a plan deletes: truncations as a table a topic, and what goes with topics.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::offsets::UPPER_BOUNDS;
use super::style::Look;
use super::table::{Cell, Column, Listing};
use super::text::count;
use crate::model::units::about;
use crate::plan::{Action, Plan, Resource, Step, Truncation};

const COLUMNS: [Column; 6] = [
    Column::numbers("partition"),
    Column::numbers("log-start"),
    Column::numbers("new-start"),
    Column::numbers("log-end"),
    Column::numbers("records"),
    Column::words("size"),
];

/// Whether a step is shown in these tables.
#[must_use]
pub fn is_shown(step: &Step) -> bool {
    matches!(step.action, Action::Truncate(_))
}

/// The partitions of a topic, by number.
type Rows<'a> = BTreeMap<i32, &'a Truncation>;

/// A table for each topic that loses records; nothing where none does.
#[must_use]
pub fn tables(look: Look, plan: &Plan) -> String {
    let mut topics: BTreeMap<&str, Rows<'_>> = BTreeMap::new();
    for step in &plan.steps {
        if let (Action::Truncate(truncation), Resource::Partition { topic, partition }) =
            (&step.action, &step.resource)
        {
            topics
                .entry(topic)
                .or_default()
                .insert(*partition, truncation);
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

fn cells(partition: i32, truncation: &Truncation) -> Vec<Cell> {
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

/// Records and bytes added up; no bytes where some are not known.
fn totals<'a>(truncations: impl Iterator<Item = &'a Truncation>) -> (i64, Option<i64>) {
    truncations.fold((0, Some(0)), |(records, bytes), one| {
        let bytes = bytes.zip(one.bytes).map(|(all, more)| all + more);
        (records + one.before - one.log_start, bytes)
    })
}

/// `up to 150 records (about 1.5 MiB)`.
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

/// What goes with the topics that are deleted; none where no topic is, or they were not counted.
#[must_use]
pub fn deleted(plan: &Plan) -> Option<String> {
    let mut records = Some(0);
    let mut bytes = Some(0);
    for step in &plan.steps {
        if let Action::Delete {
            records: of_topic,
            bytes: bytes_of_topic,
            ..
        } = &step.action
        {
            records = records.zip(*of_topic).map(|(all, more)| all + more);
            bytes = bytes.zip(*bytes_of_topic).map(|(all, more)| all + more);
        }
    }
    let is_deleted = |step: &Step| matches!(step.action, Action::Delete { .. });
    let is_some = plan.steps.iter().any(is_deleted);
    (is_some && records.is_some()).then(|| size(records, bytes))
}

/// `up to 150 records of 2 partitions to delete (about 1.5 MiB)`; none where none are.
#[must_use]
pub fn summary(plan: &Plan) -> Option<String> {
    let truncations: Vec<&Truncation> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::Truncate(truncation) => Some(truncation),
            _ => None,
        })
        .collect();
    if truncations.is_empty() {
        return None;
    }
    let partitions = count(truncations.len(), "partition");
    let (records, bytes) = totals(truncations.into_iter());
    Some(format!(
        "{} of {partitions} to delete",
        size(Some(records), bytes)
    ))
}
