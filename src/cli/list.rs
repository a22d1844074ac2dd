//! `list`: names, one a line.

use serde_json::{Value, json};

use super::args::{Global, List, ListArgs};
use super::connect;
use super::exit::{Exit, Failure};
use super::print;
use super::terminal::Terminal;
use crate::model::lag::Lags;
use crate::model::topic::is_internal_name;
use crate::view;
use crate::view::describe::names;
use crate::view::json::of_kind;

pub(super) async fn run(
    global: &Global,
    args: &ListArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let cluster = connect::open_by_itself(global).await?.cluster;
    let mut missing = None;
    let (kind, found) = match args.what {
        List::Topics { exclude_internal } => {
            let mut topics = cluster.list_topics().await?;
            topics.retain(|name| !(exclude_internal && is_internal_name(name)));
            ("TopicNames", topics)
        }
        List::Groups => {
            let listed = cluster.list_groups().await?;
            let ids = listed.groups.into_keys().collect();
            missing = view::lag::unseen(&Lags {
                missing: listed.missing,
                ..Lags::default()
            });
            ("GroupNames", ids)
        }
        List::Brokers => {
            let described = cluster.describe_cluster().await?;
            let ids = described.live_brokers().map(|broker| broker.id.to_string());
            ("BrokerIds", ids.collect())
        }
    };
    let error = missing.map(|words| Failure::new(Exit::Unreachable, words).into());
    terminal.show(
        |_| names(&found),
        || of_kind(kind, fields(&found, error.as_ref())),
    );
    let Some(error) = error else {
        return Ok(Exit::Done);
    };
    print::error(terminal, &error);
    Ok(Exit::Unreachable)
}

fn fields(names: &[String], error: Option<&anyhow::Error>) -> Value {
    let mut fields = json!({ "names": names });
    if let Some(error) = error {
        fields["error"] = print::error_fields(error);
    }
    fields
}
