//! `list`: names, one per line.

use super::args::{Global, List};
use super::connect;
use super::exit::{Exit, Failure};
use super::print;
use super::terminal::Terminal;
use crate::model::lag::Lags;
use crate::model::topic::is_internal_name;
use crate::observe::names;
use crate::view;
use crate::view::describe::names as lines;
use crate::view::documents::NamesDocument;
use crate::view::json::of_kind;

pub(super) async fn run(global: &Global, what: &List, terminal: &Terminal) -> anyhow::Result<Exit> {
    let cluster = connect::open_by_itself(global).await?.cluster;
    let mut missing = None;
    let mut only_visible = false;
    let (kind, found) = match *what {
        List::Topics { exclude_internal } => {
            let (mut topics, are_not_all) = names::topics(&*cluster).await?;
            only_visible = are_not_all;
            topics.retain(|name| !(exclude_internal && is_internal_name(name)));
            ("TopicNames", topics)
        }
        List::Groups => {
            let listed = names::groups(&*cluster).await?;
            only_visible = listed.only_visible;
            let ids = listed.groups.into_keys().collect();
            missing = view::lag::unseen(&Lags {
                missing: listed.missing,
                ..Lags::default()
            });
            ("GroupNames", ids)
        }
        List::Brokers => {
            let ids = names::brokers(&*cluster).await?;
            ("BrokerIds", ids.iter().map(ToString::to_string).collect())
        }
    };
    let error = missing.map(|words| Failure::new(Exit::Unreachable, words).into());
    let fields = NamesDocument {
        names: &found,
        only_visible,
        error: error.as_ref().map(print::error_fields),
    };
    terminal.show(|_| lines(&found), || of_kind(kind, &fields));
    if only_visible {
        print::only_visible(terminal);
    }
    let Some(error) = error else {
        return Ok(Exit::Done);
    };
    print::error(terminal, &error);
    Ok(Exit::Unreachable)
}
