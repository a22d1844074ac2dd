//! `lag`: how far groups are behind.
//!
//! - [`args`]: its arguments
//! - [`watched`]: lag under `--watch`, with its keys

pub(super) mod args;
mod look;
mod watched;

use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;

use args::LagArgs;
use look::Look;
use watched::Watched;

use super::args::{Global, Output};
use super::columns;
use super::connect;
use super::describe::topics::not_there;
use super::exit::{Exit, Failure};
use super::print;
use super::terminal::Terminal;
use super::watch::watch;
use crate::cluster::Cluster;
use crate::model::lag::{Lags, Total};
use crate::model::lag_limit::Limits;
use crate::model::measure::TopicPartition;
use crate::model::suggest::closest;
use crate::observe::lag::{LagRequest, read};
use crate::observe::names;
use crate::observe::stage::LagStage;
use crate::observe::topics::partitions_of;
use crate::view::lag::{self as view, Rows, Sight};
use crate::view::lag_json::lag_json;

/// How long a read may take before its progress is shown.
const PATIENCE: Duration = Duration::from_millis(300);

/// How often the progress is updated.
const TICK: Duration = Duration::from_millis(100);

pub(super) async fn run(
    global: &Global,
    args: &LagArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let columns = view::columns(args.by(), args.ages(), args.watch);
    let choice = columns::choice(
        &args.columns,
        args.sort.as_deref(),
        terminal.output == Output::Wide,
        Some(&columns),
        "",
    )?;
    let rows = Rows {
        by: args.by(),
        filter: String::new(),
        reversed: false,
    };
    let connected = connect::open_by_itself(global).await?;
    let cluster = &*connected.cluster;
    if args.watch {
        let look = || look(cluster, args, terminal);
        let mut watched = Watched::new(terminal, rows, choice, args.ages());
        return watch(terminal, args.interval, look, &mut watched).await;
    }
    let Look {
        lags,
        now_ms,
        error,
    } = look(cluster, args, terminal).await?;
    let limits = Limits {
        records: args.fail_over,
        age_ms: args.fail_over_time,
    };
    let error = error.or_else(|| undecided(&limits, &lags));
    let over = limits.over(&lags, now_ms);
    let sight = Sight {
        lags: &lags,
        now_ms,
        ages: args.ages(),
        paces: None,
    };
    terminal.show(
        |terminal| view::lag(terminal.out, sight, &rows, &choice),
        || {
            let error = error.as_ref().map(print::error_fields);
            lag_json("Lag", sight, limits.any().then_some(&over[..]), error)
        },
    );
    if lags.only_visible {
        print::only_visible(terminal);
    }
    if !over.is_empty() {
        print::note(terminal, &view::over(&over));
    }
    match error {
        Some(error) => {
            print::error(terminal, &error);
            Ok(super::exit::of(&error))
        }
        None if over.is_empty() => Ok(Exit::Done),
        None => Ok(Exit::Pending),
    }
}

async fn look(cluster: &dyn Cluster, args: &LagArgs, terminal: &Terminal) -> anyhow::Result<Look> {
    let wanted = LagRequest {
        groups: &args.groups,
        topics: &args.topic,
        ages: args.ages(),
    };
    let lags = if args.watch {
        read(cluster, wanted, &|_| {}).await?
    } else {
        reading(cluster, wanted, terminal).await?
    };
    let error = match missing(cluster, &lags).await {
        Some(error) => Some(error),
        None => no_topic(cluster, &args.topic, &lags.total()).await?,
    };
    Ok(Look {
        lags,
        now_ms: Timestamp::now().as_millisecond(),
        error,
    })
}

/// Reads lag, and shows progress if that takes long.
pub(super) async fn reading(
    cluster: &dyn Cluster,
    wanted: LagRequest<'_>,
    terminal: &Terminal,
) -> anyhow::Result<Lags> {
    let now = Mutex::new(LagStage::Listing);
    let lock = || now.lock().unwrap_or_else(PoisonError::into_inner);
    let tell = |step| *lock() = step;
    let mut reading = pin!(read(cluster, wanted, &tell));
    if let Ok(lags) = timeout(PATIENCE, &mut reading).await {
        return Ok(lags?);
    }
    let spinner = terminal.spinner();
    loop {
        spinner.say(view::step(*lock()));
        if let Ok(lags) = timeout(TICK, &mut reading).await {
            spinner.clear();
            return Ok(lags?);
        }
    }
}

/// The failure if something could not be read, or if a group does not exist.
pub(super) async fn missing(cluster: &dyn Cluster, lags: &Lags) -> Option<anyhow::Error> {
    let unseen = view::unseen(lags);
    let absent: Vec<String> = lags.absent.iter().map(|id| format!("`{id}`")).collect();
    let absent = match absent.as_slice() {
        [] => None,
        [one] => Some(format!("there is no group {one}")),
        several => Some(format!("there are no groups {}", several.join(", "))),
    };
    let failure = match (unseen, absent) {
        (None, None) => return None,
        (Some(unseen), None) => Failure::new(Exit::Unreachable, unseen),
        (Some(unseen), Some(absent)) => {
            Failure::new(Exit::Unreachable, format!("{unseen}; {absent}"))
        }
        (None, Some(absent)) => {
            Failure::new(Exit::Refused, absent).hint(meant(cluster, lags).await)
        }
    };
    Some(failure.into())
}

/// The hint that names similar groups.
async fn meant(cluster: &dyn Cluster, lags: &Lags) -> String {
    let listed = names::groups(cluster).await.unwrap_or_default().groups;
    let ids = || listed.keys().map(String::as_str);
    let meant = lags.absent.iter().filter_map(|id| closest(id, ids()));
    let meant: Vec<String> = meant.map(|id| format!("`{id}`")).collect();
    if meant.is_empty() {
        "`tonkafka list groups` shows them".to_owned()
    } else {
        format!("did you mean {}?", meant.join(", "))
    }
}

/// The failure if a topic that was asked for, and that no group reads, does not exist.
async fn no_topic(
    cluster: &dyn Cluster,
    topics: &[String],
    total: &Total,
) -> anyhow::Result<Option<anyhow::Error>> {
    let unread = topics.iter().filter(|topic| !total.topics.contains(*topic));
    let unread: Vec<String> = unread.cloned().collect();
    if unread.is_empty() {
        return Ok(None);
    }
    let found = partitions_of(cluster, &unread).await?;
    for topic in &unread {
        let seen = found.get(topic);
        if seen.is_none_or(|seen| seen.value().is_none()) {
            return Ok(Some(not_there(cluster, topic, seen).await.into()));
        }
    }
    Ok(None)
}

/// The failure if an age that a limit needs is not known.
fn undecided(limits: &Limits, lags: &Lags) -> Option<anyhow::Error> {
    let mut undecided = limits.undecided(lags);
    let (group, TopicPartition { topic, partition }, reason) = undecided.next()?;
    let more = match undecided.count() {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let message =
        format!("not every age is known: of `{group}` in {topic}/{partition} ({reason}){more}");
    Some(Failure::new(Exit::Unreachable, message).into())
}
