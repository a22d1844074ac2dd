//! `reset-offsets`: moves the committed offsets of groups, and undoes that.
//!
//! - [`args`]: its arguments
//! - [`history`]: earlier resets, and undoing them

pub(super) mod args;
mod history;

use args::{ResetArgs, ResetCommand};
use jiff::ZonedDateTime;

use super::args::Global;
use super::connect;
use super::consent::carry_out;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use super::{names, print, target};
use crate::model::group::DescribedGroup;
use crate::model::offset_file;
use crate::model::scope::{GroupScope, Topics};
use crate::model::target::Target;
use crate::observe::wait;
use crate::ops::offsets::OffsetRequest;
use crate::{ops, store, view};

const EXPLANATION: &str = "\
reset-offsets moves what groups committed, so that they read records again or skip them. It shows what
it would do to every partition, refuses what would lose records, asks, writes, reads back, and keeps
what was before.

  read the last two hours of a topic again:
    tonkafka reset-offsets billing --topic orders --to -2h

  read everything that the group reads again, from a point in time on:
    tonkafka reset-offsets billing --all-topics --to 2026-11-24T06:00:00Z

  look first, keep the plan, and apply it later:
    tonkafka reset-offsets billing --topic orders:0,2 --to 1500 --out plan.json
    tonkafka apply plan.json

`reset-offsets history` lists what was moved, `reset-offsets undo` takes the last one back, and
`reset-offsets --help` tells the rest.
";

pub(super) async fn run(
    global: &Global,
    args: &ResetArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    match &args.what {
        Some(_) if args.moves() => {
            let message = "a reset was written, and another command after it";
            let hint = "`undo` and `history` stand alone; write `--` before a group of that name";
            Err(Failure::new(Exit::BadInput, message).hint(hint).into())
        }
        Some(ResetCommand::Undo(undo)) => history::undo(global, undo, terminal).await,
        Some(ResetCommand::History) => history::history(global, terminal).await,
        None if args.groups.is_empty() => {
            print::err(EXPLANATION);
            Ok(Exit::BadInput)
        }
        None => move_offsets(global, args, terminal).await,
    }
}

async fn move_offsets(
    global: &Global,
    args: &ResetArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let wanted = wanted(args)?;
    let connected = connect::open_by_itself(global).await?;
    let cluster = &*connected.cluster;
    if let Target::Time { written, .. } = &wanted.target {
        print::note(terminal, &format!("from {written} on"));
    }
    if let Some(patience) = args.wait_empty {
        let spinner = terminal.spinner();
        let mut last = String::new();
        let watch = |active: &[DescribedGroup]| {
            let words = remaining(active);
            spinner.say(words.clone());
            if !spinner.is_drawn() && words != last {
                print::note(terminal, &words);
            }
            last = words;
        };
        let gone = wait::until_empty(cluster, &wanted.scope.groups, patience, watch).await;
        spinner.clear();
        gone?;
    }
    let Some(plan) = ops::offsets::reset(cluster, &wanted).await? else {
        let message = "there is nothing to move: no partition is meant";
        let hint = if wanted.scope.patterns {
            "`tonkafka list groups` and `tonkafka list topics` name what there is"
        } else {
            "the group committed nothing there; name topics with `--topic`"
        };
        return Err(Failure::new(Exit::Refused, message).hint(hint).into());
    };
    carry_out(global, &args.planned, terminal, &connected, &plan).await
}

/// For example `waiting: billing has app-1 at 10.0.0.7`.
fn remaining(active: &[DescribedGroup]) -> String {
    if active.is_empty() {
        return "nobody is in the group any more".to_owned();
    }
    let each: Vec<String> = active
        .iter()
        .map(|group| {
            let id = view::text::escape(&group.id);
            match group.members.len() {
                0 => format!("{id} is {}", group.state),
                _ => format!("{id} has {}", group.member_names()),
            }
        })
        .collect();
    format!("waiting: {}", each.join("; "))
}

/// Parses what to reset, and checks what needs no cluster.
fn wanted(args: &ResetArgs) -> anyhow::Result<OffsetRequest> {
    let bad = |message: String, hint: &str| Failure::new(Exit::BadInput, message).hint(hint);
    let Some(to) = &args.to else {
        let message = "`--to` is missing: where shall the group go?".to_owned();
        let hint =
            "write `--to earliest`, `--to latest`, `--to 1500`, `--to -2h` or another position";
        return Err(bad(message, hint).into());
    };
    let target = target::parse(to, &ZonedDateTime::now())
        .map_err(|error| bad(error.to_string(), &error.hint))?;
    if let Some(empty) = args.groups.iter().find(|id| id.is_empty()) {
        return Err(bad(format!("`{empty}` names no group"), "write its id").into());
    }
    let topics = topics(args, &target)?;
    let offsets = match &target {
        Target::File(_) if args.r#match => {
            let message = "`--match` and `--to file:` do not go together".to_owned();
            return Err(bad(message, "name the groups that the file is about").into());
        }
        Target::File(path) => {
            let text = store::read_text(path, offset_file::LARGEST);
            let read = offset_file::parse(path, text, &args.groups);
            Some(read.map_err(|error| bad(error.to_string(), error.hint))?)
        }
        _ => None,
    };
    Ok(OffsetRequest {
        scope: GroupScope {
            groups: args.groups.clone(),
            topics,
            patterns: args.r#match,
        },
        target,
        offsets,
        allow: args.allowed(),
        times: args.times,
    })
}

fn topics(args: &ResetArgs, target: &Target) -> anyhow::Result<Topics> {
    let says_which = matches!(target, Target::File(_) | Target::Group(_));
    if args.topic.is_empty() && !args.all_topics && !says_which {
        let message = "it is not said which topics";
        let hint = "name them with `--topic orders` or `--topic orders:0,2`, or pass `--all-topics` for all that the group committed";
        return Err(Failure::new(Exit::BadInput, message).hint(hint).into());
    }
    if args.topic.is_empty() {
        return Ok(Topics::Committed);
    }
    let topics = names::topics(&args.topic, args.r#match)?;
    Ok(Topics::Named(topics.scopes))
}
