//! All groups, or some in detail.

use jiff::Timestamp;

use super::looking::Looking;
use crate::cli::lag::{missing, reading};
use crate::cli::print;
use crate::cli::shown::Shown;
use crate::model::lag::{GroupLag, Lags};
use crate::observe::lag::LagRequest;
use crate::view::groups as view;
use crate::view::lag::Sight;
use crate::view::lag_json::lag_json;

async fn read(looking: &Looking<'_>, names: &[String]) -> anyhow::Result<Lags> {
    let wanted = LagRequest {
        groups: names,
        topics: &[],
        ages: false,
    };
    reading(looking.cluster, wanted, looking.terminal).await
}

pub(super) async fn groups(looking: &Looking<'_>) -> anyhow::Result<Shown> {
    let lags = read(looking, &[]).await?;
    let terminal = looking.terminal;
    show(looking, "Groups", &lags, || {
        view::groups(terminal.out, &lags, &looking.choice)
    })
    .await
}

/// Groups in detail, in the order in which they were named. Those that exist are shown even if
/// another does not.
pub(super) async fn group(looking: &Looking<'_>, names: &[String]) -> anyhow::Result<Shown> {
    let mut lags = read(looking, names).await?;
    let place = |group: &GroupLag| names.iter().position(|name| *name == group.id);
    lags.groups.sort_by_key(place);
    let terminal = looking.terminal;
    show(looking, "GroupDetails", &lags, || {
        view::group_details(terminal.out, &lags.groups, &looking.choice)
    })
    .await
}

async fn show(
    looking: &Looking<'_>,
    kind: &str,
    lags: &Lags,
    text: impl FnOnce() -> String,
) -> anyhow::Result<Shown> {
    let error = missing(looking.cluster, lags).await;
    let sight = Sight {
        lags,
        now_ms: Timestamp::now().as_millisecond(),
        ages: false,
        paces: None,
    };
    let document = || lag_json(kind, sight, None, error.as_ref().map(print::error_fields));
    let text = looking.terminal.form(text, document);
    Ok(Shown::with_error(text, error).only_visible(lags.only_visible))
}
