//! What can be written after `topics`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as Group, Subcommand};

use crate::cli::args::{PlannedArgs, code, name};
use crate::cli::completed::Completed;
use crate::plan::Code;

#[derive(Debug, Group)]
pub(in crate::cli) struct TopicsArgs {
    #[command(subcommand)]
    pub(super) what: TopicsCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TopicsCommand {
    /// Delete topics with all their records
    Delete(DeleteArgs),
    /// Delete the records of topics before an offset or a time, or all of them; the topics stay
    Truncate(TruncateArgs),
}

#[derive(Debug, Group)]
pub(in crate::cli) struct DeleteArgs {
    /// The topics
    #[arg(required = true, value_name = "TOPIC", value_parser = name, add = Completed::Topics)]
    pub(super) topics: Vec<String>,
    /// Take the names as patterns: * and ? stand for others
    #[arg(long)]
    pub(super) r#match: bool,
    /// Let this many topics be deleted, with their records
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) allow_delete: usize,
    /// Let a guard through
    #[arg(long, value_name = "CODE", value_parser = only(Code::TopicInUse))]
    pub(super) allow: Vec<Code>,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct TruncateArgs {
    /// The topics, or some of their partitions as orders:0,2
    #[arg(required = true, value_name = "TOPIC[:P,…]", value_parser = name, add = Completed::Topics)]
    pub(super) topics: Vec<String>,
    /// Delete what is before this: an offset, a time with its zone, @ and milliseconds, -DURATION, or
    /// latest for all
    #[arg(
        long,
        required = true,
        value_name = "POSITION",
        allow_hyphen_values = true
    )]
    pub(super) to: String,
    /// Take the names as patterns: * and ? stand for others
    #[arg(long)]
    pub(super) r#match: bool,
    /// Take the nearest offset that there is instead of one outside of the log
    #[arg(long)]
    pub(super) clamp: bool,
    /// Let a guard through
    #[arg(long, value_name = "CODE", value_parser = only(Code::TruncatesUnread))]
    pub(super) allow: Vec<Code>,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

/// Reads the code of one guard.
fn only(allowed: Code) -> impl TypedValueParser<Value = Code> {
    PossibleValuesParser::new([allowed.to_string()]).try_map(|name| code(&name))
}
