//! `groups`: deletes groups and commits, and copies commits to another group.
//!
//! - [`args`]: its arguments

pub(super) mod args;

use args::{CloneArgs, DeleteArgs, ForgetArgs, GroupsArgs, GroupsCommand};

use super::args::Global;
use super::connect;
use super::consent::carry_out;
use super::exit::{Exit, Failure};
use super::names;
use super::terminal::Terminal;
use crate::ops::offsets;

pub(super) async fn run(
    global: &Global,
    args: &GroupsArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    match &args.what {
        GroupsCommand::Delete(args) => delete(global, args, terminal).await,
        GroupsCommand::DeleteOffsets(args) => forget(global, args, terminal).await,
        GroupsCommand::Clone(args) => clone(global, args, terminal).await,
    }
}

async fn delete(global: &Global, args: &DeleteArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    names::check_groups(&args.groups)?;
    let connected = connect::open_by_itself(global).await?;
    let plan = offsets::delete_groups(&*connected.cluster, &args.groups, args.r#match).await?;
    let plan = plan.ok_or_else(|| {
        let failure = Failure::new(Exit::Refused, "no group matches");
        failure.hint("`tonkafka list groups` names them all")
    })?;
    carry_out(global, &args.planned, terminal, &connected, &plan).await
}

async fn forget(global: &Global, args: &ForgetArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let group = &args.group;
    names::check_groups(std::slice::from_ref(group))?;
    let topics = names::topics(&args.topic, args.r#match)?;
    let connected = connect::open_by_itself(global).await?;
    let plan = offsets::forget(&*connected.cluster, group, &topics).await?;
    let plan = plan.ok_or_else(|| {
        let message = "it committed nothing for a topic that matches";
        Failure::new(Exit::Refused, message)
    })?;
    carry_out(global, &args.planned, terminal, &connected, &plan).await
}

async fn clone(global: &Global, args: &CloneArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    names::check_groups(&[args.from.clone(), args.to.clone()])?;
    if args.from == args.to {
        let failure = Failure::new(Exit::BadInput, "a group cannot be cloned to itself");
        return Err(failure.hint("name another group after it").into());
    }
    let connected = connect::open_by_itself(global).await?;
    let (from, to) = (&args.from, &args.to);
    let plan = offsets::clone(&*connected.cluster, from, to, &args.allowed()).await?;
    let plan = plan.map_err(|why| {
        let message = format!("there is nothing to clone: {why}");
        Failure::new(Exit::Refused, message)
    })?;
    carry_out(global, &args.planned, terminal, &connected, &plan).await
}
