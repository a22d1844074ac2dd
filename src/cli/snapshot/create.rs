//! `snapshot create`: writes the records of topics to a file.
//!
//! An interrupted run leaves a part file, which the next run continues up to the same end offsets.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args as Group;
use jiff::ZonedDateTime;
use rustix::fs::{Access, access};
use tokio::signal::unix::SignalKind;

use super::opened::{refused, size};
use crate::cli::args::{Global, LackingArgs, duration};
use crate::cli::completed::Completed;
use crate::cli::describe::topics::not_there;
use crate::cli::exit::{Exit, Failure};
use crate::cli::signals::Signals;
use crate::cli::terminal::Terminal;
use crate::cli::{connect, names, print, target};
use crate::cluster::Cluster;
use crate::cluster::reader::{NoGap, ReadCause};
use crate::model::record::Ended;
use crate::observe::ends::Open;
use crate::ops::take::TakeEvent;
use crate::snapshot::reader::Deleted;
use crate::snapshot::take::copy::{TakeProgress, TakeSettings};
use crate::snapshot::take::{Bound, Looked, SnapshotRequest, TakeError};
use crate::snapshot::writer::part;
use crate::snapshot::{Isolation, Reader, SnapshotArguments, SnapshotError};
use crate::view::progress::Progress;
use crate::{ops, store, view};

/// How often progress is drawn on a terminal.
const TICK: Duration = Duration::from_millis(200);

/// How often progress is printed without a terminal.
const LINE: Duration = Duration::from_secs(10);

#[derive(Debug, Group)]
#[command(
    after_help = "The records are in PATH.part until all of them are there. Where that was \
interrupted, the same command goes on with it. To a directory the snapshot is written as \
TOPIC.snapshot, or topics.snapshot for several."
)]
pub(super) struct CreateArgs {
    /// Topics, or some of their partitions as orders:0,2
    #[arg(value_name = "TOPIC[:P,…]", required_unless_present = "match", add = Completed::TopicPartitions)]
    topics: Vec<String>,
    /// Topics that match this pattern with * and ?; may be repeated
    #[arg(long, value_name = "GLOB", conflicts_with = "topics")]
    r#match: Vec<String>,
    /// File to write, or a directory
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// First offset: earliest, an offset, +N or -N from the start or the end, a time with its zone,
    /// @ and milliseconds, or -DURATION
    #[arg(long, value_name = "POSITION", allow_hyphen_values = true, add = Completed::Positions)]
    from: Option<String>,
    /// End offset, itself left out: latest, or as for `--from`
    #[arg(long, value_name = "POSITION", allow_hyphen_values = true, add = Completed::Positions)]
    to: Option<String>,
    /// Include records of aborted and open transactions
    #[arg(long, conflicts_with = "allow_open_transactions")]
    uncommitted: bool,
    #[command(flatten)]
    lacking: LackingArgs,
    /// Leave out the commits of groups
    #[arg(long)]
    no_groups: bool,
    /// Read at most this many bytes of records per second, such as 10MiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    rate_limit: Option<u64>,
    /// Give up after this long without progress; where fetches stay empty below the log end, after
    /// `--timeout` at the latest
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    patience: Duration,
}

pub(super) async fn run(
    global: &Global,
    args: &CreateArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let wanted = wanted(args, global.timeout)?;
    let path = path(args, &wanted);
    refuse_special(&args.out)?;
    refuse_existing(&path)?;
    prepare(&path)?;
    let connected = connect::open_by_itself(global).await?;
    let cluster = &*connected.cluster;
    let mut told = false;
    let waits = |open: &Open| {
        if !std::mem::replace(&mut told, true) {
            print::note(terminal, &view::open::waiting(open));
        }
    };
    let looked = match ops::take::look(cluster, &wanted, waits).await {
        Ok(looked) => looked,
        Err(error) => return Err(failure(cluster, error).await),
    };
    print::left_out(looked.only_visible);
    match take(cluster, &looked, &path, args, terminal).await? {
        Ok(Ended::Whole) => {}
        Ok(Ended::Stopped) => {
            print::note(terminal, &view::snapshot::stopped(&part(&path)));
            return Ok(Exit::Interrupted);
        }
        Err(error) => return Err(interrupted(cluster, &path, error).await),
    }
    let reader = Reader::open(&path).map_err(|error| refused(&path, &error))?;
    let deleted = reader.deleted();
    let deleted = deleted.map_err(|error| refused(&path, &error))?;
    terminal.show(
        |_| view::snapshot::created(&path, &reader, &deleted),
        || view::snapshot::shown_json(&path, &reader, &looked.groups, &deleted),
    );
    ended(&path, &reader, &deleted, &args.lacking)
}

/// The exit code; a failure if open transactions or deleted topics made the file incomplete.
fn ended(
    path: &Path,
    reader: &Reader,
    deleted: &Deleted,
    lacking: &LackingArgs,
) -> anyhow::Result<Exit> {
    let shown = view::text::escape(&path.to_string_lossy());
    let open = view::open::incomplete(&reader.header().left_out(), &shown);
    let open = open.filter(|_| !lacking.allow_open_transactions);
    let deleted = view::snapshot::without_deleted(path, deleted);
    let failure = match (open, deleted) {
        (None, None) => return Ok(Exit::Done),
        (Some(open), deleted) => {
            let words = [Some(open), deleted].into_iter().flatten();
            let words = words.collect::<Vec<_>>().join("; ");
            Failure::new(Exit::Unreachable, words).hint(
                "the file is kept; pass `--allow-open-transactions` to be content with that, or \
                 `--uncommitted` to take what is not committed too",
            )
        }
        (None, Some(words)) => Failure::new(Exit::Partly, words).hint("the file is kept"),
    };
    Err(failure.into())
}

/// Parses what to take, and checks what needs no cluster.
fn wanted(args: &CreateArgs, timeout: Duration) -> Result<SnapshotRequest, Failure> {
    let (texts, patterns) = names::written(&args.topics, &args.r#match);
    let bound = |text: Option<&String>, name, default| match text {
        None => Ok(default),
        Some(text) => bound(name, text),
    };
    Ok(SnapshotRequest {
        topics: names::topics(texts, patterns)?,
        from: bound(args.from.as_ref(), "--from", Bound::Start)?,
        to: bound(args.to.as_ref(), "--to", Bound::End)?,
        groups: !args.no_groups,
        patience: if args.uncommitted {
            Duration::ZERO
        } else {
            args.lacking.patience(timeout)
        },
        asked: SnapshotArguments {
            topics: texts.to_vec(),
            from: args.from.clone(),
            to: args.to.clone(),
            isolation: if args.uncommitted {
                Isolation::ReadUncommitted
            } else {
                Isolation::ReadCommitted
            },
        },
    })
}

fn bound(name: &str, text: &str) -> Result<Bound, Failure> {
    let bad = |message: String| Failure::new(Exit::BadInput, message);
    let target = target::parse(text, &ZonedDateTime::now())
        .map_err(|error| bad(error.to_string()).hint(&error.hint))?;
    Bound::of(&target).ok_or_else(|| {
        let text = view::text::escape(text);
        bad(format!("`{name} {text}` is no position in a log")).hint(
            "write earliest, latest, an offset, `+N` or `-N`, a time with its zone, `@` and milliseconds, or a duration such as `-2h`",
        )
    })
}

/// The path of the snapshot, with links followed. A path that ends with `/` is a directory, even if
/// it does not exist. In a directory the file is named after the topic, so that the same command
/// finds it again.
fn path(args: &CreateArgs, wanted: &SnapshotRequest) -> PathBuf {
    let is_named_so = args.out.as_os_str().as_bytes().ends_with(b"/");
    if !is_named_so && !args.out.is_dir() {
        let led_to = args
            .out
            .is_symlink()
            .then(|| store::followed(&args.out).ok());
        return led_to.flatten().unwrap_or_else(|| args.out.clone());
    }
    let legal = |name: &str| crate::model::topic::check_name(name).is_ok();
    let name = match wanted.topics.scopes.as_slice() {
        [one] if !wanted.topics.patterns && legal(&one.name) => &one.name,
        _ => "topics",
    };
    args.out.join(format!("{name}.snapshot"))
}

/// Refuses a pipe or a device: a snapshot is read again while it is written.
fn refuse_special(path: &Path) -> Result<(), Failure> {
    let is_special = |metadata: Metadata| !metadata.is_file() && !metadata.is_dir();
    if path.metadata().is_ok_and(is_special) {
        let path = view::text::path(path);
        let message = format!("cannot write {path}: a snapshot needs a plain file");
        let failure = Failure::new(Exit::BadInput, message);
        return Err(failure.hint("it is read again while it is written: name a new file"));
    }
    Ok(())
}

/// Refuses an existing file before anything is read.
fn refuse_existing(path: &Path) -> Result<(), Failure> {
    if path.symlink_metadata().is_ok() {
        return Err(unwritten(path, &SnapshotError::Exists(path.to_owned())));
    }
    Ok(())
}

/// Creates the directory, and checks that the part file can be written, before anything is read.
fn prepare(path: &Path) -> Result<(), Failure> {
    let directory = path.parent().filter(|parent| *parent != Path::new(""));
    let directory = directory.unwrap_or(Path::new("."));
    let failed = |error: std::io::Error| unwritten(path, &error.into());
    fs::create_dir_all(directory).map_err(failed)?;
    let part = part(path);
    if part.symlink_metadata().is_ok() {
        if part.is_file() {
            return Ok(());
        }
        let shown = view::text::path(&part);
        let message = format!(
            "cannot write {}: {shown} is no plain file",
            view::text::path(path)
        );
        let hint = "the records would be kept there until all of them are: remove it, or name another file";
        return Err(Failure::new(Exit::Refused, message).hint(hint));
    }
    access(directory, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| failed(error.into()))
}

/// Copies records and shows progress.
async fn take(
    cluster: &dyn Cluster,
    looked: &Looked,
    path: &Path,
    args: &CreateArgs,
    terminal: &Terminal,
) -> io::Result<Result<Ended, TakeError>> {
    let settings = TakeSettings {
        patience: args.patience,
        bytes_per_second: args.rate_limit,
        accept_gaps: args.lacking.accept_gaps,
    };
    let mut signals = Signals::listen(&[SignalKind::interrupt(), SignalKind::terminate()])?;
    let mut started: Option<Instant> = None;
    let mut told: Option<Instant> = None;
    let mut bar: Option<Progress> = None;
    let mut progress = |now: TakeProgress| {
        let bar = bar.get_or_insert_with(|| terminal.percents(now.offsets));
        let pause = if bar.is_drawn() { TICK } else { LINE };
        let started = *started.get_or_insert_with(Instant::now);
        let since = *told.get_or_insert(started);
        if since.elapsed() < pause {
            return;
        }
        told = Some(Instant::now());
        let words = view::snapshot::progress(&now, started.elapsed());
        if bar.is_drawn() {
            bar.reach(now.done);
            bar.say(words);
        } else {
            print::note(terminal, &words);
        }
    };
    let emit = &mut |event| match event {
        TakeEvent::Resumed(taken) => {
            print::note(terminal, &view::snapshot::resumed(&part(path), taken));
        }
        TakeEvent::Progress(now) => progress(now),
    };
    let taken = ops::take::take(cluster, looked, path, settings, signals.next(), emit).await;
    if let Some(bar) = bar {
        bar.clear();
    }
    Ok(taken)
}

/// The failure for a file that cannot be written.
fn unwritten(path: &Path, error: &SnapshotError) -> Failure {
    let message = format!("cannot write {}: {error}", view::text::path(path));
    let part = part(path);
    let is_begun = part.is_file();
    let part = view::text::path(&part);
    match error {
        SnapshotError::Exists(_) => Failure::new(Exit::Refused, message)
            .hint("a snapshot is never written over: name another file, or remove this one"),
        SnapshotError::Held(_) => Failure::new(Exit::Refused, message),
        SnapshotError::Differs { .. } => Failure::new(Exit::Refused, message).hint(format!(
            "finish that one with the command that began it, or remove {part}"
        )),
        SnapshotError::Newer { .. } | SnapshotError::Damaged { .. } | SnapshotError::NoSnapshot => {
            Failure::new(Exit::Refused, message).hint(format!("remove {part}, and begin anew"))
        }
        _ if is_begun => Failure::new(Exit::Failed, message).hint(goes_on(&part)),
        _ => Failure::new(Exit::Failed, message),
    }
}

/// The hint that the same command continues.
fn goes_on(part: &str) -> String {
    format!("what was read is in {part}; the same command goes on with it")
}

/// The failure of a run that stopped midway, with what to do with its part file.
async fn interrupted(cluster: &dyn Cluster, path: &Path, error: TakeError) -> anyhow::Error {
    let shown = view::text::path(&part(path));
    let goes_on = goes_on(&shown);
    let hint = match &error {
        TakeError::Read(read) => match &read.cause {
            ReadCause::Gone(_) => format!("remove {shown}, and begin anew"),
            ReadCause::Truncated { .. } => format!(
                "{shown} has records that the topic lost; move it away or remove it, and begin anew"
            ),
            ReadCause::Missing { why, .. } if *why != NoGap::RemoteStorage => {
                format!("{goes_on}; where the topic was compacted once, pass `--accept-gaps`")
            }
            _ => goes_on,
        },
        _ => goes_on,
    };
    let failure = match error {
        TakeError::File(error) => return unwritten(path, &error).into(),
        error => failure(cluster, error).await,
    };
    match failure.downcast::<Failure>() {
        Ok(failure) => failure.hint(hint).into(),
        Err(other) => other,
    }
}

/// The exit code and hint for an error of taking a snapshot.
async fn failure(cluster: &dyn Cluster, error: TakeError) -> anyhow::Error {
    let message = error.to_string();
    let of = |exit| Failure::new(exit, message);
    let failure = match error {
        TakeError::Cluster(error) => return error.into(),
        TakeError::Topic { name, seen } => not_there(cluster, &name, Some(&seen)).await,
        TakeError::Nothing => of(Exit::Refused).hint("`tonkafka list topics` shows them"),
        TakeError::NoPartition { .. } => of(Exit::Refused),
        TakeError::Unseen { .. } => of(Exit::Unreachable),
        TakeError::UnseenCommits { .. } => {
            of(Exit::Unreachable).hint("pass `--no-groups` to take the records alone")
        }
        TakeError::Read(error) => of(Exit::of_read(&error.cause)),
        TakeError::File(_) | TakeError::Random(_) => of(Exit::Failed),
    };
    failure.into()
}
