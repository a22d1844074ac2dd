//! Lag under `--watch`: rates between successive reads, and keys that sort and filter.

use super::look::Look;
use crate::cli::print;
use crate::cli::terminal::Terminal;
use crate::cli::watch::{Display, Key, Pressed};
use crate::model::escape::escape;
use crate::model::pace::Paces;
use crate::view::documents::ErrorFields;
use crate::view::lag::{Rows, Sight, columns, lag};
use crate::view::lag_json::lag_json;
use crate::view::table::Choice;

/// A sort order that `s` steps through: a column, and whether its largest comes first; none sorts
/// by trouble, the worst first.
type Sort = Option<(String, bool)>;

pub(super) struct Watched<'a> {
    terminal: &'a Terminal,
    rows: Rows,
    choice: Choice,
    ages: bool,
    sorts: Vec<Sort>,
    sort: usize,
    /// Whether typed keys edit the filter.
    is_filtering: bool,
    paces: Paces,
    last: Option<Look>,
    /// What could not be read last, as documents show it.
    error: Option<ErrorFields>,
}

impl<'a> Watched<'a> {
    pub(super) fn new(terminal: &'a Terminal, rows: Rows, choice: Choice, ages: bool) -> Self {
        let columns = columns(rows.by, ages, true);
        let is_there = |name: &str| columns.iter().any(|column| column.name == name);
        let usual = [
            ("lag", true),
            ("consumed-per-s", true),
            ("produced-per-s", true),
            ("zero-in", true),
            ("age", true),
            ("group", false),
        ];
        let usual = usual.into_iter().filter(|(name, _)| is_there(name));
        let usual = usual.map(|(name, largest_first)| Some((name.to_owned(), largest_first)));
        let mut sorts: Vec<Sort> = [None].into_iter().chain(usual).collect();
        if choice.sort.is_some() {
            sorts.retain(|sort| *sort != choice.sort);
            sorts.insert(0, choice.sort.clone());
        }
        Self {
            terminal,
            rows,
            choice,
            ages,
            sorts,
            sort: 0,
            is_filtering: false,
            paces: Paces::default(),
            last: None,
            error: None,
        }
    }

    /// The columns and the current order of rows.
    fn choice(&self) -> Choice {
        let turned = |(name, largest_first): &(String, bool)| {
            (name.clone(), *largest_first != self.rows.reversed)
        };
        Choice {
            sort: self.sorts[self.sort].as_ref().map(turned),
            ..self.choice.clone()
        }
    }

    /// The current order and filter, and the keys that change them.
    fn status(&self) -> String {
        let sort = match self.sorts[self.sort].as_ref() {
            None => "trouble",
            Some((name, _)) => name,
        };
        let reversed = if self.rows.reversed { ", reversed" } else { "" };
        let filter = match (self.is_filtering, self.rows.filter.as_str()) {
            (false, "") => String::new(),
            (true, filter) => format!("  filter: {}_", escape(filter)),
            (false, filter) => format!("  filter: {}", escape(filter)),
        };
        let keys = if self.is_filtering {
            "enter keeps it, esc drops it"
        } else {
            "s sort, r reverse, / filter, q quit"
        };
        format!("by {sort}{reversed}{filter}  ({keys})\n\n")
    }

    fn type_filter(&mut self, key: Key) {
        match key {
            Key::Char(c) => self.rows.filter.push(c),
            Key::Backspace => {
                self.rows.filter.pop();
            }
            Key::Enter => self.is_filtering = false,
            Key::Escape => {
                self.rows.filter.clear();
                self.is_filtering = false;
            }
        }
    }
}

impl Display<Look> for Watched<'_> {
    fn take(&mut self, mut seen: Look) -> Option<anyhow::Error> {
        let error = seen.error.take();
        self.error = error.as_ref().map(print::error_fields);
        self.paces.look(&seen.lags.groups, seen.now_ms);
        self.last = Some(seen);
        error
    }

    fn text(&self, can_press: bool) -> String {
        let Some(look) = &self.last else {
            return String::new();
        };
        let sight = Sight {
            lags: &look.lags,
            now_ms: look.now_ms,
            ages: self.ages,
            paces: Some(&self.paces),
        };
        let status = || {
            if can_press {
                self.status()
            } else {
                String::new()
            }
        };
        self.terminal.form(
            || status() + &lag(self.terminal.out, sight, &self.rows, &self.choice()),
            || lag_json("Lag", sight, None, self.error.clone()),
        )
    }

    fn press(&mut self, key: Key) -> Pressed {
        if self.is_filtering {
            self.type_filter(key);
            return Pressed::Changed;
        }
        match key {
            Key::Char('q') => return Pressed::Quit,
            Key::Char('s') => self.sort = (self.sort + 1) % self.sorts.len(),
            Key::Char('r') => self.rows.reversed = !self.rows.reversed,
            Key::Char('/') => self.is_filtering = true,
            Key::Escape => self.rows.filter.clear(),
            _ => return Pressed::Ignored,
        }
        Pressed::Changed
    }
}
