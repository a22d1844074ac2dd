//! Tables: columns two spaces apart, no lines, headings in capitals.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::style::Look;

/// A table; columns named in `numeric` are aligned to the right.
#[must_use]
pub fn table(look: Look, headings: &[&str], numeric: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).force_no_tty();
    match look.width {
        Some(width) => {
            table.set_width(width);
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    table.set_header(headings.iter().copied());
    table.add_rows(rows);
    for (index, heading) in headings.iter().enumerate() {
        if let Some(column) = table.column_mut(index) {
            column.set_padding((0, 2));
            if numeric.contains(heading) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    lines(&table)
}

fn lines(table: &Table) -> String {
    table
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}
