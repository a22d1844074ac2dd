//! `groups`: deletes groups and commits, and clones them.
//!
//! - [`args`]: what can be written

pub(super) mod args;

use args::{CloneArgs, DeleteArgs, ForgetArgs, GroupsArgs, GroupsCommand};

use super::args::Global;
use super::connect;
use super::exit::{Exit, Failure};
use super::names;
use super::planned::{How, carry_out};
use super::terminal::Terminal;
use crate::model::scope::{GroupScope, Topics};
use crate::model::target::Target;
use crate::observe::offsets;
use crate::plan::{Plan, Severity, groups};

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

/// Everything that groups committed.
fn all_of(groups: &[String], patterns: bool) -> GroupScope {
    GroupScope {
        groups: groups.to_vec(),
        topics: Topics::Committed,
        patterns,
    }
}

async fn delete(global: &Global, args: &DeleteArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    names::check_groups(&args.groups)?;
    let connected = connect::open_by_itself(global).await?;
    let scope = all_of(&args.groups, args.r#match);
    let read = offsets::read(&*connected.cluster, &scope, &Target::Current, None).await?;
    if read.facts.groups.is_empty() && read.missing.is_empty() {
        let failure = Failure::new(Exit::Refused, "no group matches");
        return Err(failure.hint("`tonkafka list groups` names them all").into());
    }
    let plan = groups::delete(&read.facts);
    let plan = plan.with_findings(names::unseen(&read.missing));
    carry_out(global, &How::of(&args.planned), terminal, &connected, &plan).await
}

async fn forget(global: &Global, args: &ForgetArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let group = &args.group;
    names::check_groups(std::slice::from_ref(group))?;
    let topics = names::topics(&args.topic, args.r#match)?;
    let connected = connect::open_by_itself(global).await?;
    let scope = all_of(std::slice::from_ref(group), false);
    let read = offsets::read(&*connected.cluster, &scope, &Target::Current, None).await?;
    let committed = read.meant.values().flatten().map(|((topic, _), _)| topic);
    let parts = topics.parts(committed);
    let plan = groups::forget(group, &parts, &read.facts);
    if is_nothing(&plan) {
        let failure = Failure::new(
            Exit::Refused,
            "it committed nothing for a topic that matches",
        );
        return Err(failure.into());
    }
    carry_out(global, &How::of(&args.planned), terminal, &connected, &plan).await
}

async fn clone(global: &Global, args: &CloneArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    names::check_groups(&[args.from.clone(), args.to.clone()])?;
    if args.from == args.to {
        let failure = Failure::new(Exit::BadInput, "a group cannot be cloned to itself");
        return Err(failure.hint("name another group after it").into());
    }
    let connected = connect::open_by_itself(global).await?;
    let scope = all_of(std::slice::from_ref(&args.to), false);
    let target = Target::Group(args.from.clone());
    let read = offsets::read(&*connected.cluster, &scope, &target, None).await?;
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let (from, to) = (&args.from, &args.to);
    let plan = groups::clone(from, to, &read.facts, now_ms, &args.allowed());
    if is_nothing(&plan) && plan.unmoved.is_empty() {
        let why = if read.meant.values().all(Vec::is_empty) {
            "it committed nothing"
        } else {
            "the topics that it committed for are gone"
        };
        let message = format!("there is nothing to clone: {why}");
        return Err(Failure::new(Exit::Refused, message).into());
    }
    carry_out(global, &How::of(&args.planned), terminal, &connected, &plan).await
}

/// Whether a plan does nothing, and nothing keeps it from doing something.
fn is_nothing(plan: &Plan) -> bool {
    plan.is_empty() && !plan.has(Severity::Refused) && !plan.has(Severity::Unreadable)
}
