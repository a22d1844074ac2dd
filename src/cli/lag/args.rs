//! Arguments of `lag`.

use std::time::Duration;

use clap::Args as Group;

use crate::cli::args::{duration, name};
use crate::cli::completed::Completed;
use crate::model::units::{Unit, parse};
use crate::view::lag::LagBy;

#[derive(Debug, Group)]
#[command(
    after_help = "Lag is what is left to be read. Partitions without a commit, of topics that a group \
commits to, count from the log start. What cannot be counted is said instead: \
a commit below the log start (so many records already lost) or beyond the log end, a topic that is \
gone. Exit code 3: over a limit; 7: a part could not be read, the rest is printed."
)]
pub(in crate::cli) struct LagArgs {
    /// Ids of the groups; without any, all groups
    #[arg(value_name = "GROUP", value_parser = name, add = Completed::Groups)]
    pub(super) groups: Vec<String>,
    /// All groups, which is the default
    #[arg(long, conflicts_with = "groups")]
    all_groups: bool,
    /// Only this topic; may be repeated
    #[arg(long, value_name = "NAME", value_parser = topic, add = Completed::Topics)]
    pub(super) topic: Vec<String>,
    /// What a row shows [default: group, topic with --topic, partition with GROUP]
    #[arg(long, value_enum, value_name = "WHAT")]
    by: Option<LagBy>,
    /// Look up how old the next record to read is
    #[arg(long)]
    time: bool,
    /// Exit with 3 if a group's lag is above this, or if records are lost
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..), allow_hyphen_values = true)]
    pub(super) fail_over: Option<i64>,
    /// Exit with 3 if a record to read is older than this, such as 15m, or if records are lost
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(super) fail_over_time: Option<i64>,
    /// Columns of the table, in order
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(super) columns: Vec<String>,
    /// Sort the rows by a column; :desc puts the largest first
    #[arg(long, value_name = "COLUMN[:desc]")]
    pub(super) sort: Option<String>,
    /// Refresh until q or Ctrl-C, with rates; s sorts, r reverses, / filters
    #[arg(long, conflicts_with_all = ["fail_over", "fail_over_time"])]
    pub(super) watch: bool,
    /// How long to wait between two refreshes
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration)]
    pub(super) interval: Duration,
}

impl LagArgs {
    pub(super) fn by(&self) -> LagBy {
        self.by.unwrap_or(if !self.groups.is_empty() {
            LagBy::Partition
        } else if !self.topic.is_empty() {
            LagBy::Topic
        } else {
            LagBy::Group
        })
    }

    /// Whether the ages of next records are wanted.
    pub(super) fn ages(&self) -> bool {
        self.time || self.fail_over_time.is_some()
    }
}

/// Parses an age such as `90s`, `15m` or `2d`, in milliseconds.
fn age(text: &str) -> Result<i64, String> {
    match parse(text, Unit::Milliseconds) {
        Some(Ok(ms)) => Ok(ms),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("write an age such as `90s`, `15m` or `2d`".to_owned()),
    }
}

/// Parses the name of a topic, without partitions.
fn topic(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some((alone, _)) => Err(format!(
            "write a topic alone, such as `{alone}`; `--by partition` shows each of its partitions"
        )),
        None => name(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_a_unit() {
        assert_eq!(age("15m"), Ok(900_000));
        assert_eq!(age("30d"), Ok(2_592_000_000));
        assert_eq!(age("0s"), Ok(0));
        assert!(age("15").is_err());
        assert!(age("-1s").is_err());
    }
}
