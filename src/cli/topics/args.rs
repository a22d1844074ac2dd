//! Arguments of `topics`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as Group, Subcommand};

use crate::cli::args::{PlannedArgs, code, name};
use crate::cli::completed::Completed;
use crate::plan::Code;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TopicsCommand {
    /// Delete topics with all their records
    Delete(DeleteArgs),
    /// Delete the records of topics before an offset or a time, or all; the topics stay
    Truncate(TruncateArgs),
}

#[derive(Debug, Group)]
pub(in crate::cli) struct DeleteArgs {
    /// Names of the topics
    #[arg(required = true, value_name = "TOPIC", value_parser = name, add = Completed::Topics)]
    pub(super) topics: Vec<String>,
    /// Treat the names as patterns with * and ?
    #[arg(long)]
    pub(super) r#match: bool,
    /// Allow this many topics to be deleted, with their records
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) allow_delete: usize,
    /// Let this guard through
    #[arg(long, value_name = "CODE", value_parser = only(Code::TopicInUse))]
    pub(super) allow: Vec<Code>,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct TruncateArgs {
    /// Topics, or some of their partitions as orders:0,2
    #[arg(required = true, value_name = "TOPIC[:P,…]", value_parser = name, add = Completed::Topics)]
    pub(super) topics: Vec<String>,
    /// Delete the records before this: an offset, a time with its zone, @ and milliseconds,
    /// -DURATION, or latest for all
    #[arg(
        long,
        required = true,
        value_name = "POSITION",
        allow_hyphen_values = true
    )]
    pub(super) to: String,
    /// Treat the names as patterns with * and ?
    #[arg(long)]
    pub(super) r#match: bool,
    /// Use the nearest offset in the log instead of one outside of it
    #[arg(long)]
    pub(super) clamp: bool,
    /// Let this guard through
    #[arg(long, value_name = "CODE", value_parser = only(Code::TruncatesUnread))]
    pub(super) allow: Vec<Code>,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

/// Parses the code of one guard.
fn only(allowed: Code) -> impl TypedValueParser<Value = Code> {
    PossibleValuesParser::new([allowed.to_string()]).try_map(|name| code(&name))
}
