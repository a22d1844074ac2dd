//! `topics`: deletes topics, or their records.
//!
//! - [`args`]: its arguments

pub(super) mod args;

use std::collections::BTreeSet;

use jiff::ZonedDateTime;

use args::{DeleteArgs, TopicsArgs, TopicsCommand, TruncateArgs};

use super::args::Global;
use super::consent::carry_out;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use super::{connect, names, print, target};
use crate::model::target::Target;
use crate::ops::records;
use crate::plan::Code;
use crate::plan::records::Until;
use crate::view;

pub(super) async fn run(
    global: &Global,
    args: &TopicsArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    match &args.what {
        TopicsCommand::Delete(args) => delete(global, args, terminal).await,
        TopicsCommand::Truncate(args) => truncate(global, args, terminal).await,
    }
}

async fn delete(global: &Global, args: &DeleteArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let topics = names::topics(&args.topics, args.r#match)?;
    if let Some(part) = topics.scopes.iter().find(|one| one.partitions.is_some()) {
        let name = view::text::escape(&part.name);
        let message = format!("only the whole of topic {name} can be deleted");
        let hint = "`tonkafka topics truncate` deletes the records of some partitions";
        return Err(Failure::new(Exit::BadInput, message).hint(hint).into());
    }
    let connected = connect::open_by_itself(global).await?;
    let allow: BTreeSet<Code> = args.allow.iter().copied().collect();
    let plan = records::delete(&*connected.cluster, &topics, args.allow_delete, &allow).await?;
    let plan = plan.ok_or_else(no_topic)?;
    carry_out(global, &args.planned, terminal, &connected, &plan).await
}

async fn truncate(
    global: &Global,
    args: &TruncateArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let topics = names::topics(&args.topics, args.r#match)?;
    let (until, words) = until(&args.to, &ZonedDateTime::now())?;
    let connected = connect::open_by_itself(global).await?;
    if let Some(words) = words {
        print::note(terminal, &format!("before {words}"));
    }
    let mut allow: BTreeSet<Code> = args.allow.iter().copied().collect();
    allow.extend(args.clamp.then_some(Code::OutsideLog));
    let plan = records::truncate(&*connected.cluster, &topics, until, &allow).await?;
    let plan = plan.ok_or_else(no_topic)?;
    carry_out(global, &args.planned, terminal, &connected, &plan).await
}

fn no_topic() -> Failure {
    let failure = Failure::new(Exit::Refused, "no topic matches");
    failure.hint("`tonkafka list topics` names them all; patterns never mean Kafka's own")
}

/// Parses the position up to which records are deleted, and its time in words if it is a time.
fn until(text: &str, now: &ZonedDateTime) -> Result<(Until, Option<String>), Failure> {
    let bad = |message: String, hint: String| Failure::new(Exit::BadInput, message).hint(hint);
    if text == "all" {
        return Ok((Until::End, None));
    }
    let target = target::parse(text, now);
    match target.map_err(|error| bad(error.to_string(), error.hint.clone()))? {
        Target::Latest => Ok((Until::End, None)),
        Target::Offset(offset) => Ok((Until::Offset(offset), None)),
        Target::Time { ms, written } if ms > now.timestamp().as_millisecond() => {
            let message = format!("{written} is in the future");
            Err(bad(
                message,
                "to delete all records, write `--to latest`".to_owned(),
            ))
        }
        Target::Time { ms, written } => Ok((Until::Time(ms), Some(written))),
        Target::Earliest
        | Target::Current
        | Target::Shift(_)
        | Target::File(_)
        | Target::Group(_) => {
            let message = format!(
                "`{}` does not say up to where records go",
                view::text::escape(text)
            );
            let hint = "write an offset, a time such as `2026-01-31T09:00:00Z`, a duration such as `-7d`, or `latest` for all";
            Err(bad(message, hint.to_owned()))
        }
    }
}
