//! `--columns` and `--sort`.

use super::exit::{Exit, Failure};
use crate::view::table::{Choice, Column};

/// The columns and order that were asked for. `columns` are those of the table, none if the command
/// prints no table; `choosable` then says what has columns.
pub(super) fn choice(
    names: &[String],
    sort: Option<&str>,
    is_wide: bool,
    columns: Option<&[Column]>,
    choosable: &str,
) -> Result<Choice, Failure> {
    let choice = Choice {
        columns: names.iter().map(|name| plain(name)).collect(),
        sort: sort.map(order).transpose()?,
        wide: is_wide,
    };
    if choice.columns.is_empty() && choice.sort.is_none() {
        return Ok(choice);
    }
    let Some(columns) = columns else {
        let message = "this description has no columns to choose from";
        return Err(Failure::new(Exit::BadInput, message).hint(choosable));
    };
    choice
        .check(columns)
        .map_err(|error| Failure::new(Exit::BadInput, error.to_string()).hint(error.hint()))?;
    Ok(choice)
}

/// The name of a column, and whether its largest value comes first.
fn order(text: &str) -> Result<(String, bool), Failure> {
    let (name, largest_first) = match text.split_once(':') {
        None | Some((_, "asc")) => (text.trim_end_matches(":asc"), false),
        Some((name, "desc")) => (name, true),
        Some((name, other)) => {
            let message = format!("`{other}` is no order of rows");
            let hint = format!("write `{name}`, `{name}:asc` or `{name}:desc`");
            return Err(Failure::new(Exit::BadInput, message).hint(hint));
        }
    };
    Ok((plain(name), largest_first))
}

/// The name of a column, from its name or its heading.
fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '_'], "-")
}
