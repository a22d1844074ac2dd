//! Tables: columns two spaces apart, no lines, headings in capitals.
//!
//! The columns of a [`Listing`] have stable names, from which users choose ([`Choice`]).

use std::cmp::Ordering;

use comfy_table::{
    CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, Width, presets,
};
use unicode_width::UnicodeWidthStr;

use super::style::Look;
use crate::model::suggest::closest;

/// The spaces between two columns.
const GAP: usize = 2;

/// The least width of a column of words that may be broken further.
const BREAKABLE: usize = 12;

/// Where a name may be broken: a zero-width space, which is removed again.
const BREAK: char = '\u{200b}';

/// A column of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name, on which scripts rely: lower case, with hyphens between words. The heading is the
    /// same in capitals.
    pub name: &'static str,
    /// Whether it holds numbers.
    pub numeric: bool,
    /// Whether the column is shown only with `-o wide` or by name.
    pub wide: bool,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub const fn words(name: &'static str) -> Self {
        Self {
            name,
            numeric: false,
            wide: false,
        }
    }

    /// A column of numbers, aligned to the right.
    #[must_use]
    pub const fn numbers(name: &'static str) -> Self {
        Self {
            numeric: true,
            ..Self::words(name)
        }
    }

    /// The same column, shown only with `-o wide` or by name.
    #[must_use]
    pub const fn wide(self) -> Self {
        Self { wide: true, ..self }
    }

    fn heading(self) -> String {
        self.name.to_uppercase().replace('-', " ")
    }
}

/// The meaning of a colour. The table applies colours after the layout, because coloured text has
/// no measurable width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Not as it should be.
    Bad,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    text: String,
    paint: Option<Paint>,
    order: Option<i64>,
}

impl Cell {
    /// Words, sorted as text.
    #[must_use]
    pub fn words(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            paint: None,
            order: None,
        }
    }

    /// A number, sorted by its value.
    #[must_use]
    pub fn number(number: impl TryInto<i64> + ToString) -> Self {
        Self::words(number.to_string()).sorted_by(number.try_into().unwrap_or(i64::MAX))
    }

    /// A number; missing if it is not known.
    #[must_use]
    pub fn known(number: Option<i64>) -> Self {
        number.map_or_else(Self::missing, Self::number)
    }

    /// A missing value, sorted last.
    #[must_use]
    pub fn missing() -> Self {
        Self::words("-")
    }

    /// The same cell, sorted by a number.
    #[must_use]
    pub fn sorted_by(self, order: i64) -> Self {
        Self {
            order: Some(order),
            ..self
        }
    }

    /// The same cell, coloured.
    #[must_use]
    pub fn painted(self, paint: Paint) -> Self {
        Self {
            paint: Some(paint),
            ..self
        }
    }

    /// The text of the cell.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn is_missing(&self) -> bool {
        self.text == "-"
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self.order, other.order) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => self.text.cmp(&other.text),
        }
    }
}

/// The columns to show, and the order of rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// Names of columns, in order; empty for the usual ones.
    pub columns: Vec<String>,
    /// The column to sort by, and whether its largest value comes first.
    pub sort: Option<(String, bool)>,
    /// Whether to show the wide columns too.
    pub wide: bool,
}

/// A name that no column has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no column `{name}`")]
pub struct UnknownColumn {
    /// The name as it was written.
    pub name: String,
    /// The names of the columns.
    pub known: Vec<&'static str>,
}

impl UnknownColumn {
    /// How to write the name instead.
    #[must_use]
    pub fn hint(&self) -> String {
        let list = self.known.join(", ");
        match closest(&self.name, self.known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`? columns: {list}"),
            None => format!("columns: {list}"),
        }
    }
}

impl Choice {
    /// Checks that all chosen columns exist.
    ///
    /// # Errors
    /// The first name that no column has.
    pub fn check(&self, columns: &[Column]) -> Result<(), UnknownColumn> {
        let sort = self.sort.iter().map(|(name, _)| name);
        let is_unknown = |name: &&String| columns.iter().all(|column| column.name != **name);
        match self.columns.iter().chain(sort).find(is_unknown) {
            Some(name) => Err(UnknownColumn {
                name: name.clone(),
                known: columns.iter().map(|column| column.name).collect(),
            }),
            None => Ok(()),
        }
    }

    /// The indices of the columns to show.
    fn places(&self, columns: &[Column]) -> Vec<usize> {
        if self.columns.is_empty() {
            let is_shown = |place: &usize| self.wide || !columns[*place].wide;
            return (0..columns.len()).filter(is_shown).collect();
        }
        let place = |name: &String| columns.iter().position(|column| column.name == *name);
        self.columns.iter().filter_map(place).collect()
    }
}

/// Rows with named columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<'a> {
    /// The columns.
    pub columns: &'a [Column],
    /// The rows; each has one cell per column.
    pub rows: Vec<Vec<Cell>>,
}

impl Listing<'_> {
    /// The chosen columns of the rows, in the chosen order.
    #[must_use]
    pub fn show(mut self, look: Look, choice: &Choice) -> String {
        let sort = choice.sort.as_ref();
        let place = sort.and_then(|(name, largest_first)| {
            let place = self.columns.iter().position(|column| column.name == *name);
            Some((place?, *largest_first))
        });
        if let Some((place, largest_first)) = place {
            self.rows
                .sort_by(|one, other| ordered(&one[place], &other[place], largest_first));
        }
        let places = choice.places(self.columns);
        let columns: Vec<Column> = places.iter().map(|place| self.columns[*place]).collect();
        let cells = |row: &Vec<Cell>| places.iter().map(|place| row[*place].clone()).collect();
        let rows: Vec<Vec<Cell>> = self.rows.iter().map(cells).collect();
        arranged(look, &columns, &rows)
    }
}

/// The indentation of a table below a heading.
const INDENT: u16 = 4;

impl Listing<'_> {
    /// The table without its wide columns, indented below a heading.
    #[must_use]
    pub fn inset(self, look: Look) -> String {
        let narrower = Look {
            width: look.width.map(|width| width.saturating_sub(INDENT)),
            ..look
        };
        let text = self.show(narrower, &Choice::default());
        let lines = text.lines().flat_map(|line| ["    ", line, "\n"]);
        lines.collect()
    }
}

fn ordered(one: &Cell, other: &Cell, largest_first: bool) -> Ordering {
    one.is_missing().cmp(&other.is_missing()).then_with(|| {
        if largest_first {
            other.compare(one)
        } else {
            one.compare(other)
        }
    })
}

fn arranged(look: Look, columns: &[Column], rows: &[Vec<Cell>]) -> String {
    let headings: Vec<String> = columns.iter().map(|column| column.heading()).collect();
    let numeric: Vec<bool> = columns.iter().map(|column| column.numeric).collect();
    laid_out(look, &headings, &numeric, rows)
}

/// A table; columns named in `numeric` are aligned to the right.
#[must_use]
pub fn table(look: Look, headings: &[&str], numeric: &[&str], rows: Vec<Vec<String>>) -> String {
    let right: Vec<bool> = headings.iter().map(|one| numeric.contains(one)).collect();
    let cells = |row: Vec<String>| row.into_iter().map(Cell::words).collect();
    let rows: Vec<Vec<Cell>> = rows.into_iter().map(cells).collect();
    laid_out(look, headings, &right, &rows)
}

fn laid_out(look: Look, headings: &[impl ToString], right: &[bool], rows: &[Vec<Cell>]) -> String {
    let headings: Vec<String> = headings.iter().map(ToString::to_string).collect();
    let least = least_widths(&headings, right, rows);
    let needed: usize = least.iter().map(|width| width + GAP).sum();
    let width = look.width.filter(|width| usize::from(*width) >= needed);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if look.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = width {
        table.set_width(width);
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(headings);
    table.add_rows(rows.iter().map(|row| row.iter().map(coloured)));
    for (column, (is_right, least)) in table.column_iter_mut().zip(right.iter().zip(least)) {
        column.set_padding((0, 2));
        if *is_right {
            column.set_cell_alignment(CellAlignment::Right);
        }
        // Columns that may be broken share the remaining width.
        if width.is_some() && (*is_right || least < BREAKABLE) {
            let least = u16::try_from(least + GAP).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
        }
    }
    lines(&table)
}

fn coloured(cell: &Cell) -> comfy_table::Cell {
    let plain = breakable(&cell.text);
    match cell.paint {
        None => plain,
        Some(Paint::Good) => plain.fg(Color::DarkGreen),
        Some(Paint::Warning) => plain.fg(Color::DarkYellow),
        Some(Paint::Bad) => plain.fg(Color::DarkRed),
    }
}

/// Lets a name without spaces be broken after a point, a hyphen or an underscore.
fn breakable(text: &str) -> comfy_table::Cell {
    if text.contains(' ') {
        return comfy_table::Cell::new(text);
    }
    let mut parts = String::with_capacity(text.len());
    for c in text.chars() {
        parts.push(c);
        if matches!(c, '.' | '-' | '_') {
            parts.push(BREAK);
        }
    }
    comfy_table::Cell::new(parts).set_delimiter(BREAK)
}

/// The least width of each column. Numbers and headings must not be broken: parts of them would
/// read as other values. A narrower terminal folds the table.
fn least_widths(headings: &[String], right: &[bool], rows: &[Vec<Cell>]) -> Vec<usize> {
    let word = |text: &str| {
        text.split(' ')
            .map(UnicodeWidthStr::width)
            .max()
            .unwrap_or(0)
    };
    headings
        .iter()
        .zip(right)
        .enumerate()
        .map(|(place, (heading, is_right))| {
            let cells = rows.iter().filter_map(|row| row.get(place));
            let longest = cells.map(|cell| word(&cell.text)).max().unwrap_or(0);
            let least = if *is_right {
                longest
            } else {
                longest.min(BREAKABLE)
            };
            least.max(word(heading))
        })
        .collect()
}

fn lines(table: &Table) -> String {
    table
        .lines()
        .map(|line| line.replace(BREAK, "").trim_end().to_owned() + "\n")
        .collect()
}
