//! The controller quorum, and the request versions of brokers.

use jiff::Timestamp;

use super::looking::Looking;
use crate::cli::exit::{Exit, Failure};
use crate::cli::shown::Shown;
use crate::model::seen::{Cause, Seen};
use crate::observe::brokers;
use crate::view::{api_versions as versions_view, quorum as quorum_view};

pub(super) async fn quorum(looking: &Looking<'_>) -> anyhow::Result<Shown> {
    let quorum = match brokers::quorum(looking.cluster).await? {
        Seen::Value(quorum) => quorum,
        Seen::Unseen(Cause::NotSupported, _) | Seen::Absent => {
            let message =
                "this cluster has no quorum to describe: it runs with ZooKeeper, or hides it";
            return Err(Failure::new(Exit::Refused, message)
                .hint("`tonkafka describe cluster` names its controller")
                .into());
        }
        Seen::Unseen(Cause::NotPermitted | Cause::Unavailable, words) => {
            let message = format!("the quorum cannot be seen: {words}");
            return Err(Failure::new(Exit::Unreachable, message).into());
        }
    };
    let now_ms = Timestamp::now().as_millisecond();
    let terminal = looking.terminal;
    Ok(Shown::whole(terminal.form(
        || quorum_view::quorum(terminal.out, &quorum, now_ms, &looking.choice),
        || quorum_view::quorum_json(&quorum),
    )))
}

pub(super) async fn api_versions(looking: &Looking<'_>) -> anyhow::Result<Shown> {
    let described = brokers::described(looking.cluster).await?;
    let found = brokers::api_versions(looking.cluster, &described).await;
    let unseen = found.iter().find_map(|(id, seen)| match seen {
        Seen::Value(_) | Seen::Absent => None,
        Seen::Unseen(_, words) => {
            let message = format!("the API versions of broker {id} cannot be seen: {words}");
            Some(Failure::new(Exit::Unreachable, message).into())
        }
    });
    let terminal = looking.terminal;
    let text = terminal.form(
        || versions_view::api_versions(terminal.out, &found, &looking.choice),
        || versions_view::api_versions_json(&found),
    );
    Ok(Shown::with_error(text, unseen))
}
