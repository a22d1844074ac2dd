//! Earlier resets, and undoing them.

use super::args::UndoArgs;
use crate::apply::{Reset, mark_undone, resets};
use crate::cli::args::Global;
use crate::cli::connect;
use crate::cli::consent::carry_out;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::model::suggest::closest;
use crate::{ops, view};

pub(super) async fn history(global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let connected = connect::open_by_itself(global).await?;
    let cluster_id = ops::cluster_id(&*connected.cluster).await?;
    let found = resets(global.environment.shelves()?, &cluster_id)?;
    terminal.show(
        |terminal| view::offsets::history(terminal.out, &found),
        || view::offsets::history_json(&found),
    );
    Ok(Exit::Done)
}

pub(super) async fn undo(
    global: &Global,
    args: &UndoArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let connected = connect::open_by_itself(global).await?;
    let cluster = &*connected.cluster;
    let cluster_id = ops::cluster_id(cluster).await?;
    let shelves = global.environment.shelves()?;
    let found = resets(shelves, &cluster_id)?;
    let reset = chosen(&found, args.id.as_deref(), &cluster_id)?;
    let plan = ops::offsets::undo(cluster, reset).await?;
    let exit = carry_out(global, &args.consent, terminal, &connected, &plan).await?;
    if exit == Exit::Done && !args.consent.dry_run {
        mark_undone(shelves, reset)?;
    }
    Ok(exit)
}

/// The newest reset, or the one with this id. Another one is never used instead.
fn chosen<'a>(
    found: &'a [Reset],
    id: Option<&str>,
    cluster_id: &str,
) -> Result<&'a Reset, Failure> {
    let refused = |message: String| Failure::new(Exit::Refused, message);
    let reset = match id {
        None => found.first().ok_or_else(|| {
            let message = format!("this machine has moved no offsets of cluster {cluster_id}");
            refused(message)
                .hint("what others moved is not known here; `reset-offsets --to` moves it again")
        })?,
        Some(id) => found.iter().find(|reset| reset.id == id).ok_or_else(|| {
            let known = found.iter().map(|reset| reset.id.as_str());
            let failure = Failure::new(
                Exit::BadInput,
                format!(
                    "there is no reset `{}` of this cluster",
                    view::text::escape(id)
                ),
            );
            failure.hint(match closest(id, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`tonkafka reset-offsets history` lists them".to_owned(),
            })
        })?,
    };
    match &reset.undone_at {
        None => Ok(reset),
        Some(at) => Err(
            refused(format!("reset {} was taken back at {at}", reset.id))
                .hint("name an older one, as `tonkafka reset-offsets history` lists them"),
        ),
    }
}
