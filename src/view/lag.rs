//! Lag, by group, topic or partition.

use super::style::Look;
use super::table::{Cell, Choice, Column, Listing, Paint};
use super::text::{count, escape};
use crate::model::group::DescribedGroup;
use crate::model::lag::{
    CommitStorage, GroupLag, LagState, Lags, Next, Position, Readers, Total, Trouble, Unread, kept,
};
use crate::model::lag_limit::{Excess, Over};
use crate::model::measure::TopicPartition;
use crate::model::pace::{Pace, Paces, Trend};
use crate::model::seen::{Cause, Seen};
use crate::model::units::{about_count, span};
use crate::observe::stage::LagStage;

/// What a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LagBy {
    /// A group.
    Group,
    /// A topic that a group reads.
    Topic,
    /// A partition that a group reads.
    Partition,
}

/// The lag of groups with what is needed to show it.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// The lag.
    pub lags: &'a Lags,
    /// When it was read, in milliseconds since the epoch.
    pub now_ms: i64,
    /// Whether the ages of next records were read.
    pub ages: bool,
    /// The rates between earlier reads, under `--watch`.
    pub paces: Option<&'a Paces>,
}

/// Which rows are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// What a row shows.
    pub by: LagBy,
    /// Part of the name of a group or topic; other rows are left out.
    pub filter: String,
    /// Whether the order is reversed.
    pub reversed: bool,
}

const GROUP: [Column; 6] = [
    Column::words("group"),
    Column::words("type").wide(),
    Column::words("state"),
    Column::numbers("members").wide(),
    Column::numbers("topics"),
    Column::numbers("partitions"),
];
const TOPIC: [Column; 3] = [
    Column::words("group"),
    Column::words("topic"),
    Column::numbers("partitions"),
];
const PARTITION: [Column; 7] = [
    Column::words("group"),
    Column::words("topic"),
    Column::numbers("partition"),
    Column::numbers("committed"),
    Column::numbers("log-start").wide(),
    Column::numbers("log-end"),
    Column::words("client").wide(),
];
const LAG: [Column; 2] = [Column::numbers("lag"), Column::numbers("lost").wide()];
const AGE: [Column; 1] = [Column::words("age")];
const PACE: [Column; 4] = [
    Column::numbers("consumed-per-s"),
    Column::numbers("produced-per-s"),
    Column::words("trend"),
    Column::words("zero-in"),
];
const NOTE: [Column; 1] = [Column::words("note")];

/// The columns of a table.
#[must_use]
pub fn columns(by: LagBy, ages: bool, paces: bool) -> Vec<Column> {
    let own: &[Column] = match by {
        LagBy::Group => &GROUP,
        LagBy::Topic => &TOPIC,
        LagBy::Partition => &PARTITION,
    };
    let ages: &[Column] = if ages { &AGE } else { &[] };
    let paces: &[Column] = if paces { &PACE } else { &[] };
    [own, &LAG, ages, paces, &NOTE].concat()
}

/// The table, worst rows first, with the total below.
#[must_use]
pub fn lag(look: Look, sight: Sight<'_>, rows: &Rows, choice: &Choice) -> String {
    let mut found: Vec<Row<'_>> = sight
        .lags
        .groups
        .iter()
        .flat_map(|group| sight.rows(group, rows.by))
        .filter(|row| row.is_named(&rows.filter))
        .collect();
    found.sort_by(|one, other| one.order.cmp(&other.order));
    if rows.reversed {
        found.reverse();
    }
    let columns = columns(rows.by, sight.ages, sight.paces.is_some());
    let listing = Listing {
        columns: &columns,
        rows: found.into_iter().map(|row| row.cells).collect(),
    };
    format!("{}\n{}", listing.show(look, choice), sight.summary())
}

/// A row, with the values for sorting and filtering.
struct Row<'a> {
    order: (Trouble, &'a str, &'a str, i32),
    topics: Vec<&'a str>,
    cells: Vec<Cell>,
}

impl Row<'_> {
    fn is_named(&self, filter: &str) -> bool {
        self.order.1.contains(filter) || self.topics.iter().any(|topic| topic.contains(filter))
    }
}

impl<'a> Sight<'a> {
    fn rows(self, group: &'a GroupLag, by: LagBy) -> Vec<Row<'a>> {
        let positions = group.positions.value().filter(|one| !one.is_empty());
        match (by, positions) {
            (LagBy::Group, Some(_)) => vec![self.of_group(group)],
            (LagBy::Topic, Some(_)) => self.of_topics(group),
            (LagBy::Partition, Some(positions)) => {
                let readers = group.readers();
                positions
                    .iter()
                    .map(|(key, position)| self.of_partition(group, &readers, key, position))
                    .collect()
            }
            (_, None) => vec![self.of_nothing(group, by)],
        }
    }

    fn of_group(self, group: &'a GroupLag) -> Row<'a> {
        let total = group.total();
        let mut cells = group_cells(group);
        cells.push(Cell::number(total.topics.len()));
        cells.push(Cell::number(total.partitions));
        cells.extend(self.sums(&total, group, None));
        let topics = group.topics().into_keys().collect();
        Row {
            order: (total.trouble(), &group.id, "", 0),
            topics,
            cells,
        }
    }

    fn of_topics(self, group: &'a GroupLag) -> Vec<Row<'a>> {
        let row = |(topic, total): (&'a str, Total)| {
            let mut cells = vec![
                Cell::words(escape(&group.id)),
                Cell::words(escape(topic)),
                Cell::number(total.partitions),
            ];
            cells.extend(self.sums(&total, group, Some(topic)));
            Row {
                order: (total.trouble(), &group.id, topic, 0),
                topics: vec![topic],
                cells,
            }
        };
        group.topics().into_iter().map(row).collect()
    }

    fn of_partition(
        self,
        group: &'a GroupLag,
        readers: &Readers<'a>,
        key: &'a TopicPartition,
        position: &'a Position,
    ) -> Row<'a> {
        let standing = position.lag_state();
        let reader = readers.of(key);
        let client = reader.map(|member| Cell::words(escape(&member.client_id)));
        let mut cells = vec![
            Cell::words(escape(&group.id)),
            Cell::words(escape(&key.topic)),
            Cell::number(key.partition),
            committed(position),
            Cell::known(position.start.value().copied()),
            Cell::known(position.end.value().copied()),
            client.unwrap_or_else(Cell::missing),
            known_lag(&standing),
            Cell::number(standing.lost()),
        ];
        if self.ages {
            let next = position.next.as_ref();
            cells.push(age(
                next.and_then(|next| next.timestamp().ok()),
                self.now_ms,
            ));
        }
        if let Some(paces) = self.paces {
            cells.extend(pace(paces.of(&group.id, key)));
        }
        let simple = simple(self.paces, group);
        cells.push(note([position_note(position), simple].concat()));
        Row {
            order: (
                Trouble::of(key, position),
                &group.id,
                &key.topic,
                key.partition,
            ),
            topics: vec![&key.topic],
            cells,
        }
    }

    /// The row of a group without positions, or without visible ones.
    fn of_nothing(self, group: &'a GroupLag, by: LagBy) -> Row<'a> {
        let width = columns(by, self.ages, self.paces.is_some()).len();
        let mut cells = match by {
            LagBy::Group => group_cells(group),
            LagBy::Topic | LagBy::Partition => vec![Cell::words(escape(&group.id))],
        };
        cells.resize(width - 1, Cell::missing());
        cells.push(note(group_note(group)));
        Row {
            order: (group.trouble(), &group.id, "", 0),
            topics: Vec::new(),
            cells,
        }
    }

    /// The cells from the lag on.
    fn sums(self, total: &Total, group: &GroupLag, topic: Option<&str>) -> Vec<Cell> {
        let mut cells = vec![total_lag(total), Cell::number(total.lost)];
        if self.ages {
            cells.push(age(total.oldest, self.now_ms));
        }
        if let Some(paces) = self.paces {
            cells.extend(pace(paces.together(&group.id, topic)));
        }
        let simple = simple(self.paces, group);
        cells.push(note([total_note(total, self.ages), simple].concat()));
        cells
    }

    /// The total, and what is missing from it, one per line.
    fn summary(self) -> String {
        let lags = self.lags;
        let total = lags.total();
        let untold = |group: &&GroupLag| {
            let positions = &group.positions;
            positions.value().is_none() && !positions.is_unseen_as(Cause::NotSupported)
        };
        let untold = lags.groups.iter().filter(untold).count();
        let is_partial = total.unknown() > 0
            || untold > 0
            || !lags.missing.is_empty()
            || !lags.missing_topics.is_empty()
            || lags.only_visible;
        let mut parts = vec![format!(
            "{} in {}, {}",
            if is_partial {
                format!("lag at least {}", beside(total.lag))
            } else {
                format!("lag {}", beside(total.lag))
            },
            count(lags.groups.len(), "group"),
            count(total.partitions, "partition"),
        )];
        parts.extend(
            total_note(&total, self.ages)
                .into_iter()
                .map(|(_, words)| words),
        );
        if untold > 0 {
            parts.push(format!("{} not seen", count(untold, "group")));
        }
        if !lags.missing.is_empty() {
            parts.push(format!(
                "groups of {} not seen",
                count(lags.missing.len(), "broker")
            ));
        }
        if !lags.missing_topics.is_empty() {
            let topics = count(lags.missing_topics.len(), "topic");
            parts.push(format!("partitions of {topics} not seen"));
        }
        if lags.only_visible {
            parts.push("groups that this user may not describe are left out".to_owned());
        }
        format!("total: {}\n", parts.join("\n       "))
    }
}

/// The cells for id, type, state and members.
fn group_cells(group: &GroupLag) -> Vec<Cell> {
    let described = group.group.value();
    let id = Cell::words(escape(&group.id));
    match described {
        Some(described) => vec![
            id,
            Cell::words(kind(described)),
            Cell::words(escape(&described.state.to_string())),
            Cell::number(described.members.len()),
        ],
        None => vec![
            id,
            Cell::missing(),
            Cell::words("not visible").painted(Paint::Bad),
            Cell::missing(),
        ],
    }
}

/// The committed offset.
pub(super) fn committed(position: &Position) -> Cell {
    let committed = position.committed.value();
    Cell::known(committed.map(|committed| committed.offset))
}

/// A number with a rounded form beside it.
fn beside(number: i64) -> String {
    match about_count(number) {
        Some(about) => format!("{number} ({about})"),
        None => number.to_string(),
    }
}

/// The lag of one partition; missing if it is not a number.
pub(super) fn known_lag(standing: &LagState) -> Cell {
    match standing.lag() {
        Some(lag) => Cell::words(beside(lag)).sorted_by(lag),
        None => Cell::missing(),
    }
}

/// The total lag of several partitions; `?` stands for unknown parts.
pub(super) fn total_lag(total: &Total) -> Cell {
    let lag = beside(total.lag);
    let cell = match (total.known(), total.unknown()) {
        (0, 0) => return Cell::missing(),
        (0, _) => Cell::words("?"),
        (_, 0) => Cell::words(lag),
        (_, _) => Cell::words(format!("{lag} + ?")),
    };
    cell.sorted_by(total.lag)
}

fn age(timestamp: Option<i64>, now_ms: i64) -> Cell {
    let Some(timestamp) = timestamp else {
        return Cell::missing();
    };
    let age = now_ms.saturating_sub(timestamp);
    let words = match age {
        0.. => span(age),
        _ => format!("{} ahead", span(age)),
    };
    Cell::words(words).sorted_by(age)
}

fn pace(pace: Option<Pace>) -> Vec<Cell> {
    let Some(pace) = pace else {
        return vec![Cell::missing(); PACE.len()];
    };
    let rate = |tenths: i64| {
        let number = match tenths % 10 {
            0 => (tenths / 10).to_string(),
            tenth => format!("{}.{}", tenths / 10, tenth.abs()),
        };
        Cell::words(number).sorted_by(tenths)
    };
    let trend = pace.trend();
    let word = Cell::words(trend.word());
    vec![
        rate(pace.consumed),
        rate(pace.produced),
        match trend {
            Trend::Stuck => word.painted(Paint::Bad),
            Trend::Growing => word.painted(Paint::Warning),
            Trend::Steady => word,
            Trend::Shrinking => word.painted(Paint::Good),
        },
        match pace.zero_in_ms() {
            None => Cell::missing(),
            Some(0) if pace.lag == 0 => Cell::words("now").sorted_by(0),
            Some(ms) => Cell::words(span(ms)).sorted_by(ms),
        },
    ]
}

/// A remark, and how bad it is.
type Said = (Option<Paint>, String);

pub(super) fn note(said: Vec<Said>) -> Cell {
    let paint = said.iter().find_map(|(paint, _)| *paint);
    let words: Vec<String> = said.into_iter().map(|(_, words)| words).collect();
    if words.is_empty() {
        return Cell::words("");
    }
    let cell = Cell::words(words.join("; "));
    match paint {
        Some(paint) => cell.painted(paint),
        None => cell,
    }
}

/// Remarks about a position, beside its lag or instead of one.
pub(super) fn position_note(position: &Position) -> Vec<Said> {
    let bad = |words: String| vec![(Some(Paint::Bad), words)];
    let warning = |words: String| vec![(Some(Paint::Warning), words)];
    let mut said = match position.lag_state() {
        LagState::InLog { .. } => Vec::new(),
        LagState::BelowStart { lost, .. } => bad(format!("{} already lost", records(lost))),
        LagState::BeyondEnd { by } => bad(format!("committed {by} beyond the log end")),
        LagState::NoCommit { unread: None } => warning("no commit".to_owned()),
        LagState::NoCommit { unread: Some(0) } => vec![(None, "no commit".to_owned())],
        LagState::NoCommit { .. } => warning("no commit; counted from the log start".to_owned()),
        LagState::Gone => warning("the topic is gone".to_owned()),
        LagState::Unreadable(words) => bad(format!("not visible: {}", escape(&words))),
    };
    if let Some(next) = &position.next
        && let Err(reason) = next.timestamp()
    {
        let paint = (*next != Next::NoneLeft).then_some(Paint::Warning);
        said.push((paint, escape(reason)));
    }
    said
}

fn records(number: i64) -> String {
    match number {
        1 => "1 record".to_owned(),
        number => format!("{} records", beside(number)),
    }
}

/// The type of a group. Groups without consumers have their protocol added.
pub(super) fn kind(group: &DescribedGroup) -> String {
    let group_type = escape(&group.group_type.to_string());
    match kept(group) {
        CommitStorage::Nowhere => format!("{group_type} ({})", escape(&group.protocol_type)),
        CommitStorage::Offsets | CommitStorage::Shares => group_type,
    }
}

/// Remarks about several positions.
pub(super) fn total_note(total: &Total, ages: bool) -> Vec<Said> {
    let mut said = Vec::new();
    let partitions = |number| count(number, "partition");
    if total.lost > 0 {
        let words = format!("{} already lost", records(total.lost));
        said.push((Some(Paint::Bad), words));
    }
    if total.beyond_end > 0 {
        let words = format!(
            "{} committed beyond the log end",
            partitions(total.beyond_end)
        );
        said.push((Some(Paint::Bad), words));
    }
    if total.unreadable > 0 {
        let words = format!("{} not visible", partitions(total.unreadable));
        said.push((Some(Paint::Bad), words));
    }
    if total.gone > 0 {
        let words = format!("{} of topics that are gone", partitions(total.gone));
        said.push((Some(Paint::Warning), words));
    }
    if total.from_start > 0 {
        let words = format!(
            "{} without a commit, {} counted from the log start",
            partitions(total.no_commit),
            beside(total.from_start)
        );
        said.push((Some(Paint::Warning), words));
    } else if total.no_commit > 0 {
        let words = format!("{} without a commit", partitions(total.no_commit));
        said.push((None, words));
    }
    if total.ageless > 0 {
        let words = format!("{} without a known age", partitions(total.ageless));
        said.push((Some(Paint::Warning), words));
    } else if ages && total.oldest.is_none() && total.known() > 0 {
        said.push((None, "no record left to read".to_owned()));
    }
    said
}

/// The reason why a group has no lag.
pub(super) fn group_note(group: &GroupLag) -> Vec<Said> {
    match &group.positions {
        Seen::Value(_) | Seen::Absent => vec![(None, "nothing committed".to_owned())],
        Seen::Unseen(Cause::NotSupported, protocol) => {
            vec![(
                None,
                format!("no consumers: its protocol is {}", escape(protocol)),
            )]
        }
        Seen::Unseen(Cause::NotPermitted | Cause::Unavailable, words) => {
            vec![(Some(Paint::Bad), format!("not visible: {}", escape(words)))]
        }
    }
}

fn simple(paces: Option<&Paces>, group: &GroupLag) -> Vec<Said> {
    let is_simple = paces.is_some_and(|paces| paces.is_simple(&group.id));
    let words = "simple consumer (assign and commit)".to_owned();
    is_simple.then_some((None, words)).into_iter().collect()
}

/// What could not be read, in one line; none if everything was.
#[must_use]
pub fn unseen(lags: &Lags) -> Option<String> {
    const TOLD: usize = 5;
    let mut all: Vec<String> = lags
        .unseen()
        .map(|(what, words)| match what {
            Unread::Broker(id) => format!("groups of broker {id} ({words})"),
            Unread::Topic(name) => format!("partitions of topic `{name}` ({words})"),
            Unread::Group(id) => format!("group `{id}` ({words})"),
            Unread::Partition(group, TopicPartition { topic, partition }) => {
                format!("offsets of `{group}` in {topic}/{partition} ({words})")
            }
        })
        .collect();
    let more = all.len().saturating_sub(TOLD);
    all.truncate(TOLD);
    if more > 0 {
        all.push(format!("{more} more"));
    }
    (!all.is_empty()).then(|| format!("not everything can be seen: {}", all.join(", ")))
}

/// The groups over the limit, in one line.
#[must_use]
pub fn over(over: &[Over]) -> String {
    const TOLD: usize = 5;
    let mut groups: Vec<String> = over
        .iter()
        .take(TOLD)
        .map(|over| {
            let excess: Vec<String> = over.excess.iter().map(excess).collect();
            format!("`{}` ({})", escape(&over.group), excess.join(", "))
        })
        .collect();
    if over.len() > TOLD {
        groups.push(format!("{} more", over.len() - TOLD));
    }
    format!("over the limit: {}", groups.join(", "))
}

fn excess(excess: &Excess) -> String {
    match excess {
        Excess::Lost { lost } => format!("{} already lost", records(*lost)),
        Excess::BeyondLogEnd { partitions } => {
            let partitions = count(*partitions, "partition");
            format!("{partitions} committed beyond the log end")
        }
        Excess::Lag {
            lag,
            from_log_start,
        } => {
            let from_start = match from_log_start {
                0 => String::new(),
                all if all == lag => ", counted from the log start: no commit".to_owned(),
                some => format!(", {} of it without a commit", beside(*some)),
            };
            format!("lag {}{from_start}", beside(*lag))
        }
        Excess::Age {
            topic,
            partition,
            age_ms,
            no_commit,
        } => {
            let no_commit = if *no_commit { ", no commit" } else { "" };
            let age = span(*age_ms);
            format!("{age} in {}/{partition}{no_commit}", escape(topic))
        }
    }
}

/// The progress of reading lag.
#[must_use]
pub fn step(step: LagStage) -> String {
    match step {
        LagStage::Listing => "listing groups".to_owned(),
        LagStage::Describing(groups) => format!("reading {}", count(groups, "group")),
        LagStage::Commits(groups) => format!("reading what {} committed", count(groups, "group")),
        LagStage::Topics(topics) => format!("reading {}", count(topics, "topic")),
        LagStage::Offsets(partitions) => {
            format!("reading offsets of {}", count(partitions, "partition"))
        }
        LagStage::Ages(records) => format!("reading the times of {}", count(records, "record")),
    }
}
