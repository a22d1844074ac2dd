//! `list`: names, one a line.

use serde_json::json;

use super::args::{Global, List, ListArgs};
use super::connect;
use super::exit::Exit;
use super::terminal::Terminal;
use crate::model::topic::is_internal_name;
use crate::view::describe::names;
use crate::view::json::of_kind;

pub(super) async fn run(
    global: &Global,
    args: &ListArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let cluster = connect::open(global, None).await?.cluster;
    let (kind, found) = match args.what {
        List::Topics { exclude_internal } => {
            let mut topics = cluster.list_topics().await?;
            topics.retain(|name| !(exclude_internal && is_internal_name(name)));
            ("TopicNames", topics)
        }
        List::Brokers => {
            let described = cluster.describe_cluster().await?;
            let ids = described.live_brokers().map(|broker| broker.id.to_string());
            ("BrokerIds", ids.collect())
        }
    };
    terminal.show(
        |_| names(&found),
        || of_kind(kind, json!({ "names": found })),
    );
    Ok(Exit::Done)
}
