//! `can`: whether a principal may do something.

use core::net::IpAddr;

use clap::Args as Group;

use super::args::Global;
use super::asked::{AssumeArgs, one_principal, operation, resource};
use super::completed::Completed;
use super::connect;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use crate::model::access::Operation;
use crate::model::hosts::{EVERY_HOST, Hosts, written};
use crate::model::rights::{Act, May, ResourcePattern, operations};
use crate::observe::authorizer::authorizer;
use crate::view::rights as view;

#[derive(Debug, Group)]
pub(super) struct CanArgs {
    /// Principal, such as User:alice
    #[arg(value_name = "PRINCIPAL", value_parser = one_principal, add = Completed::Principals)]
    principal: String,
    /// Operation, such as READ
    #[arg(value_name = "OPERATION", value_parser = operation(), ignore_case = true)]
    operation: Operation,
    /// Resource, such as topic:orders, group:billing or cluster
    #[arg(value_name = "RESOURCE", value_parser = resource, add = Completed::Resources)]
    resource: ResourcePattern,
    /// IP address of the client; without it, the answer holds for every address, or is unknown
    #[arg(long, value_name = "ADDRESS")]
    host: Option<IpAddr>,
    #[command(flatten)]
    assume: AssumeArgs,
}

pub(super) async fn run(
    global: &Global,
    args: &CanArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let possible = operations(args.resource.resource_type);
    if !possible.contains(&args.operation) {
        let kind = args.resource.resource_type;
        let message = format!("no request needs {} on a {kind}", args.operation);
        let names: Vec<String> = possible.iter().map(ToString::to_string).collect();
        let hint = format!("the operations there are {}", names.join(", "));
        return Err(Failure::new(Exit::BadInput, message).hint(hint).into());
    }
    let cluster = connect::open_by_itself(global).await?.cluster;
    let authorizer = authorizer(&*cluster, &args.assume.assumed()).await?;
    let host = args.host.map(written);
    let host = host.as_deref().unwrap_or(EVERY_HOST);
    let decision = authorizer.decide(Act {
        principal: &args.principal,
        operation: args.operation,
        resources: &args.resource,
        hosts: Hosts::of(host, false),
    });
    let asking = view::Asking {
        principal: &args.principal,
        operation: args.operation,
        resource: &args.resource,
        host,
        assumed: &authorizer.assumed,
    };
    terminal.show(
        |terminal| view::decision(terminal.out, asking, &decision),
        || view::decision_json(asking, &decision),
    );
    Ok(match decision.allowed {
        May::Yes => Exit::Done,
        May::No => Exit::Pending,
        May::Unknown => Exit::Unreachable,
    })
}
