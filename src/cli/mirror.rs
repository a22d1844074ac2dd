//! `mirror`: copies topics to another cluster. A plan creates what the target lacks, and is agreed
//! to first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args as Group;
use sha2::{Digest, Sha256};

use super::apply::{Executing, begin, confirm, created_by_others, stopped};
use super::args::{Global, LackingArgs, PlannedArgs, duration, name, passed};
use super::completed::Completed;
use super::connect::{self, Connected, Named, Origin};
use super::describe::topics::not_there;
use super::environment::Level;
use super::exit::{self, Exit, Failure, Written};
use super::plan::stops;
use super::planned::{How, carry_out};
use super::signals::{self, Signals};
use super::terminal::Terminal;
use super::{names, print};
use crate::apply::{ReportStatus, Stop};
use crate::cluster::Cluster;
use crate::cluster::reader::{NoGap, ReadCause};
use crate::cluster::writer::{Compression, WriteError};
use crate::mirror::groups::{MirroredGroups, Which};
use crate::mirror::{Ended, Mirror, MirrorError, MirrorSettings, Route, Tell};
use crate::model::measure::TopicPartition;
use crate::ops::mirror::{MirrorPlanError, MirrorRequest};
use crate::plan::landing::SourceTopic;
use crate::plan::{Code, Plan, Resource, Step};
use crate::view::progress::Progress;
use crate::{ops, view};

/// How often progress is drawn on a terminal.
const TICK: Duration = Duration::from_millis(200);

/// How often progress is printed without a terminal.
const LINE: Duration = Duration::from_secs(10);

/// How often groups and topics are read again.
const EVERY: Duration = Duration::from_secs(10);

/// The topic key that limits the size of a batch.
const LARGEST: &str = "max.message.bytes";

#[derive(Debug, Group)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
#[command(
    after_help = "Nothing is kept on this machine: each record is given a header `tonkafka-mirror` that \
says where it came from, and a mirror that starts again goes on behind the newest one that the target \
has. Ctrl-C ends it; what was taken is written first. Two mirrors of one topic to one cluster write each \
record twice: the one that sees it ends, with 8. Of two with `--exactly-once` the new one takes over."
)]
pub(super) struct MirrorArgs {
    /// Topics to copy; they have the same names in both clusters
    #[arg(value_name = "TOPIC", required_unless_present = "match", value_parser = name)]
    topics: Vec<String>,
    /// Topics that match this pattern with * and ?; may be repeated
    #[arg(long, value_name = "GLOB", conflicts_with = "topics")]
    r#match: Vec<String>,
    /// Context of the source cluster
    #[arg(long, value_name = "CONTEXT", required_unless_present_any = ["from_bootstrap_server", "from_command_config"], add = Completed::Contexts)]
    from: Option<String>,
    /// Context of the target cluster
    #[arg(long, value_name = "CONTEXT", required_unless_present_any = ["to_bootstrap_server", "to_command_config"], add = Completed::Contexts)]
    to: Option<String>,
    /// Brokers of the source cluster, instead of a context
    #[arg(long, value_name = "HOST:PORT,…", conflicts_with = "from")]
    from_bootstrap_server: Option<String>,
    /// Brokers of the target cluster, instead of a context
    #[arg(long, value_name = "HOST:PORT,…", conflicts_with = "to")]
    to_bootstrap_server: Option<String>,
    /// Client properties file for the source; alone, it must set `bootstrap.servers`
    #[arg(long, value_name = "FILE")]
    from_command_config: Option<PathBuf>,
    /// Client properties file for the target; alone, it must set `bootstrap.servers`
    #[arg(long, value_name = "FILE")]
    to_command_config: Option<PathBuf>,
    /// Stop at the end offsets that the topics have at the start
    #[arg(long)]
    once: bool,
    /// Write in transactions, so that no record is written twice
    #[arg(long)]
    exactly_once: bool,
    /// Move the commits of these groups too; without names, of all groups that committed for the
    /// topics. A group is set to the record that its source commit points to, never past unread
    /// records, and not while it has members at the target or is further ahead there
    #[arg(long, value_name = "GROUP,…", num_args = 0..=1, default_missing_value = "", require_equals = true, value_delimiter = ',', value_parser = name)]
    groups: Option<Vec<String>>,
    #[command(flatten)]
    lacking: LackingArgs,
    /// Write after records that this mirror did not write
    #[arg(long)]
    append: bool,
    /// Copy records that the target's retention will delete
    #[arg(long)]
    allow_expired: bool,
    /// Copy topics although the target's size limit for records is lower
    #[arg(long)]
    allow_large: bool,
    /// Give up after this long without progress; where fetches stay empty below the log end, after
    /// `--timeout` at the latest
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    patience: Duration,
    #[command(flatten)]
    planned: PlannedArgs,
}

impl MirrorArgs {
    fn which(&self) -> Option<Which> {
        let ids = self.groups.as_ref()?;
        let named: Vec<String> = ids.iter().filter(|id| !id.is_empty()).cloned().collect();
        Some(if named.is_empty() {
            Which::All
        } else {
            Which::Named(named)
        })
    }

    /// The guards that flags let through.
    fn allowed(&self) -> BTreeSet<Code> {
        passed([
            (self.append, Code::TargetNotEmpty),
            (self.allow_expired, Code::RestoreExpires),
            (self.allow_large, Code::RecordTooLarge),
        ])
    }

    fn settings(
        &self,
        global: &Global,
        keys: Vec<TopicPartition>,
        route: &Route,
    ) -> MirrorSettings {
        MirrorSettings {
            keys,
            once: self.once,
            exactly_once: self.exactly_once.then(|| self.transactional_id(route)),
            route: route.clone(),
            compression: Compression::default(),
            patience: self.patience,
            open_patience: self.lacking.patience(global.timeout),
            accept_gaps: self.lacking.accept_gaps,
            every: EVERY,
            appends: self.append,
        }
    }

    /// The same id for the same source and topics, so that a new run fences an old one.
    fn transactional_id(&self, route: &Route) -> String {
        let mut texts: Vec<&String> = self.topics.iter().chain(&self.r#match).collect();
        texts.sort_unstable();
        let mut digest = Sha256::new();
        for text in texts {
            digest.update(text.as_bytes());
            digest.update([0]);
        }
        let mut first = [0; 8];
        first.copy_from_slice(&digest.finalize()[..8]);
        let digest = u64::from_be_bytes(first);
        format!("tonkafka-mirror-{}-{digest:016x}", route.source)
    }
}

pub(super) async fn run(
    global: &Global,
    args: &MirrorArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let wanted = wanted(global, args)?;
    let source = open(global, args, true).await?;
    let target = open(global, args, false).await?;
    let (from, to) = (&*source.cluster, &*target.cluster);
    let planned = match ops::mirror::plan(from, to, &wanted).await {
        Ok(planned) => planned,
        Err(error) => return Err(unplanned(error, from).await),
    };
    let lists = wanted.topics.patterns || args.groups.is_some();
    print::left_out(lists && planned.only_visible);
    let (keys, route) = (planned.keys, planned.route);
    let (sources, plan) = (planned.sources, planned.plan);
    let how = How::of(&args.planned);
    if how.dry_run || how.out.is_some() {
        return carry_out(global, &how, terminal, &target, &plan).await;
    }
    let announced = view::mirror::announced(&route, &keys, args.once, plan.announced.as_ref());
    let signals = agreed(terminal, &target, &plan, &announced, how.yes).await?;
    let name = format!("{} {}", route.source, route.target);
    let with = Executing {
        mirror: Some(&name),
        ..Executing::on(to, &signals)
    };
    let execution = begin(with, &plan, global, terminal).await?;
    let report = execution.report();
    if report.status() != ReportStatus::Done {
        terminal.show(
            |terminal| view::report::report(terminal.out, &report),
            || view::json::document(&report),
        );
        return Ok(Exit::of_report(&report));
    }
    if let Some((others, failure)) = created_by_others(&report) {
        let made = plan.steps.len() - others;
        let written = Written {
            changed: made > 0,
            ..Written::default()
        };
        let so_far = view::mirror::prepared(made);
        let hint = "the same command goes on with them";
        return Err(exit::after(failure.into(), written, &so_far, hint));
    }
    signals.sent.set();
    let settings = args.settings(global, keys, &route);
    let prepared = Prepared {
        sources: &sources,
        topics: plan.steps.iter().map(Step::resource).collect(),
        allows_open: args.lacking.allow_open_transactions,
    };
    // Groups are moved once more after a stop was requested.
    let (_handle, never) = Stop::new();
    let groups = args.which().map(|which| {
        MirroredGroups::new(execution.until(&never), which, args.patience, args.append)
    });
    let is_over = || signals.stop.requested();
    let mirror = Mirror::new((from, to), settings, groups, &is_over);
    copy(mirror, (&route, args.once), &prepared, terminal).await
}

/// The mirror's sources, and the target's state before the first record.
struct Prepared<'a> {
    sources: &'a [SourceTopic],
    /// Topics that the plan created or changed at the target.
    topics: BTreeSet<Resource>,
    /// Whether records that open transactions hold back may be left out.
    allows_open: bool,
}

impl Prepared<'_> {
    /// What was changed at the target, in words; none if nothing was.
    fn done(&self, mirror: &Mirror<'_>) -> Option<String> {
        view::mirror::done(self.topics.len(), mirror)
    }
}

/// Refuses arguments that do not fit two clusters.
fn check(global: &Global, args: &MirrorArgs) -> Result<(), Failure> {
    let one = [
        (global.bootstrap_server.is_some(), "--bootstrap-server"),
        (global.context.is_some(), "--context"),
        (global.command_config.is_some(), "--command-config"),
    ];
    if let Some((_, flag)) = one.into_iter().find(|(is_given, _)| *is_given) {
        let message = format!("`{flag}` names one cluster, and a mirror has two");
        let hint = "name them with `--from` and `--to`, or `--from-bootstrap-server` and `--to-bootstrap-server`";
        return Err(Failure::new(Exit::BadInput, message).hint(hint));
    }
    match args.which() {
        Some(Which::Named(ids)) => names::check_groups(&ids),
        _ => Ok(()),
    }
}

async fn open(global: &Global, args: &MirrorArgs, is_source: bool) -> anyhow::Result<Connected> {
    let side = if is_source { "from" } else { "to" };
    let (context, bootstrap, file) = if is_source {
        (
            &args.from,
            &args.from_bootstrap_server,
            &args.from_command_config,
        )
    } else {
        (&args.to, &args.to_bootstrap_server, &args.to_command_config)
    };
    let flags = Level {
        bootstrap: bootstrap.clone(),
        context: context.clone(),
        command_config: file.clone(),
    };
    let named = Named::only(flags, &global.environment).allowing(global.allowed());
    let target = connect::target(&named, None)?;
    // The current context counts for neither side.
    if context.is_none() && bootstrap.is_none() && target.origin != Origin::CommandConfig {
        let message = format!("the file of `--{side}-command-config` names no brokers");
        let hint = format!("set `bootstrap.servers` in it, or pass `--{side}-bootstrap-server`");
        return Err(Failure::new(Exit::BadInput, message).hint(hint).into());
    }
    connect::told(target, global).await
}

/// Parses what to mirror.
fn wanted(global: &Global, args: &MirrorArgs) -> Result<MirrorRequest, Failure> {
    check(global, args)?;
    let (texts, patterns) = names::written(&args.topics, &args.r#match);
    let topics = names::topics(texts, patterns)?;
    let mut scopes = topics.scopes.iter();
    if let Some(part) = scopes.find(|scope| scope.partitions.is_some()) {
        let name = view::text::escape(&part.name);
        let message = format!("`{name}` is mirrored whole, or not at all");
        let failure = Failure::new(Exit::BadInput, message);
        return Err(failure.hint("leave its partitions out"));
    }
    Ok(MirrorRequest {
        topics,
        patience: args.patience,
        allow: args.allowed(),
        groups: args.which(),
    })
}

/// The exit code and hint for a mirror that could not be planned.
async fn unplanned(error: MirrorPlanError, from: &dyn Cluster) -> anyhow::Error {
    let message = error.to_string();
    let failure = match error {
        MirrorPlanError::Mirror(error) => return unread(error),
        MirrorPlanError::Topic { name, seen } => not_there(from, &name, Some(&seen)).await,
        MirrorPlanError::Settings { .. } => Failure::new(Exit::Unreachable, message),
        MirrorPlanError::Same(_) => {
            Failure::new(Exit::Refused, message).hint("name another one with `--to`")
        }
        MirrorPlanError::Nothing => {
            Failure::new(Exit::Refused, message).hint("`tonkafka list topics` shows them")
        }
    };
    failure.into()
}

/// Shows the plan and what will be copied, and asks for confirmation.
async fn agreed(
    terminal: &Terminal,
    target: &Connected,
    plan: &Plan,
    announced: &str,
    yes: bool,
) -> anyhow::Result<Signals> {
    if !terminal.output.is_data() {
        let has_more = !plan.is_empty() || !plan.findings.is_empty();
        let shown = has_more.then(|| view::plan::plan(terminal.out, plan));
        print::out(&shown.unwrap_or_default());
        print::out(announced);
    }
    if let Some(exit) = stops(plan) {
        return Err(stopped(plan, exit).into());
    }
    if !yes {
        confirm(target, plan, terminal).await?;
    }
    Ok(signals::listen()?)
}

/// Copies until the end or a stop, and shows progress.
async fn copy(
    mut mirror: Mirror<'_>,
    (route, once): (&Route, bool),
    prepared: &Prepared<'_>,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let mut shown = Shown {
        terminal,
        bar: terminal.spinner(),
        began: Instant::now(),
        told: Instant::now(),
        lines: BTreeMap::new(),
    };
    let ended = mirror.run(|tell| shown.tell(&tell)).await;
    shown.bar.clear();
    let resets: Vec<&String> = mirror.resets().collect();
    match resets.as_slice() {
        [] => {}
        [id] => {
            let words = format!("to take it back: tonkafka reset-offsets undo {id}");
            print::note(terminal, &words);
        }
        _ => {
            let words = "to take back what was done to a group: tonkafka reset-offsets undo ID, of those of `tonkafka reset-offsets history`";
            print::note(terminal, words);
        }
    }
    let ended = ended.map_err(|error| failure(error, &mirror, prepared))?;
    terminal.show(
        |_| view::mirror::ended(&mirror, route),
        || view::mirror::ended_document(&mirror, route, ended == Ended::Stopped),
    );
    let is_cut_off = once && ended == Ended::Stopped;
    let stopped = is_cut_off.then(|| "stopped before everything was copied".to_owned());
    let lost = (mirror.lost() > 0).then(|| view::mirror::losses(&mirror));
    let open = view::open::incomplete(mirror.open(), "the copy");
    let open = open.filter(|_| once && !prepared.allows_open);
    let exit = if is_cut_off || lost.is_some() || prepared.done(&mirror).is_some() {
        Exit::Partly
    } else {
        Exit::Unreachable
    };
    let hint = match (&stopped, &open) {
        (_, Some(_)) => Some(WAITS),
        (Some(_), None) => Some(GOES_ON),
        (None, None) => None,
    };
    let troubles: Vec<String> = [stopped, lost, open].into_iter().flatten().collect();
    if troubles.is_empty() {
        return Ok(Exit::Done);
    }
    let failure = Failure::new(exit, troubles.join("; "));
    Err(match hint {
        Some(hint) => failure.hint(hint).into(),
        None => failure.into(),
    })
}

/// What the user was shown so far.
struct Shown<'a> {
    terminal: &'a Terminal,
    bar: Progress,
    began: Instant,
    told: Instant,
    /// Repeatable lines, with the time at which each was last printed.
    lines: BTreeMap<String, Instant>,
}

impl Shown<'_> {
    fn tell(&mut self, tell: &Tell<'_>) {
        match tell {
            Tell::Progress(mirror) => self.progress(mirror),
            Tell::Again(error) => {
                let reason = error.to_string();
                let document = || view::mirror::again_document(&reason);
                self.rarely(format!("trying again: {reason}"), document);
            }
            Tell::Lost { key, from, until } => {
                let line = view::mirror::lost(key, *from, *until);
                if self.terminal.quiet {
                    print::err(&format!("{line}\n"));
                }
                self.say(&line, || view::mirror::lost_document(key, *from, *until));
            }
            Tell::Accepted { key, from, until } => {
                self.say(&view::mirror::accepted(key, *from, *until), || {
                    view::mirror::accepted_document(key, *from, *until)
                });
            }
            Tell::Waiting(open) => {
                let line = view::open::waiting(open);
                self.rarely(line, || view::mirror::waiting_document(open));
            }
            Tell::Open(open) => {
                let lines = view::open::lines(*open, "wait for the end of an open transaction");
                self.say(lines.trim_end(), || view::mirror::open_document(open));
            }
            Tell::Grown { topic, partitions } => {
                self.say(&view::mirror::grown(topic, *partitions), || {
                    view::mirror::grown_document(topic, *partitions)
                });
            }
            Tell::Groups(round) => {
                let lines = view::mirror::groups(round);
                self.say(&lines.join("\n"), || view::mirror::groups_document(round));
            }
        }
    }

    fn progress(&mut self, mirror: &Mirror<'_>) {
        let pause = if self.bar.is_drawn() { TICK } else { LINE };
        if self.told.elapsed() < pause {
            return;
        }
        self.told = Instant::now();
        let words = view::mirror::progress(mirror, self.began.elapsed());
        if self.bar.is_drawn() {
            self.bar.say(words);
        } else {
            self.say(&words, || view::mirror::progress_document(mirror));
        }
    }

    /// Prints the same line no more often than [`LINE`].
    fn rarely(&mut self, line: String, document: impl FnOnce() -> String) {
        let last = self.lines.get(&line);
        if last.is_none_or(|last| last.elapsed() >= LINE) {
            self.say(&line, document);
            self.lines.insert(line, Instant::now());
        }
    }

    /// Prints a line on stderr, and a document on stdout if events are wanted there.
    fn say(&self, line: &str, document: impl FnOnce() -> String) {
        if self.bar.is_drawn() {
            self.bar.above(line);
        } else {
            print::note(self.terminal, line);
        }
        if self.terminal.streams() {
            print::document(self.terminal, &document());
        }
    }
}

const GOES_ON: &str = "the same command goes on where it ended";

const WAITS: &str = "the same command goes on once they have ended; pass `--allow-open-transactions` to be content with that";

const COMPACTED: &str = "the same command goes on where it ended; where the topic was compacted once, pass `--accept-gaps`";

const LOST: &str = "the target may have records that the source lost; delete the topic there, so that it is made anew";

const ANOTHER: &str = "stop one of them: both copy each record; where none runs any more, the same command goes on where it ended";

const DELETED: &str = "the same command makes the topic anew and copies all that the source has; leave the topic out to go on with the others";

const ANEW: &str = "delete the topic at the target, so that it is made anew";

/// The failure of a mirror that cannot start.
fn unread(error: MirrorError) -> anyhow::Error {
    match error {
        MirrorError::Cluster(error) => error.into(),
        error => Failure::new(unwritten(&error), error.to_string()).into(),
    }
}

/// The exit code for an error before anything was written.
fn unwritten(error: &MirrorError) -> Exit {
    match error {
        MirrorError::Read(read) => Exit::of_read(&read.cause),
        MirrorError::Unseen { .. } | MirrorError::Cluster(_) => Exit::Unreachable,
        MirrorError::Write(error) => Exit::of_write(error),
        MirrorError::Commit { .. } => Exit::Unknown,
        MirrorError::Store(_) | MirrorError::Groups(_) => Exit::Failed,
        MirrorError::Another { .. } => Exit::Locked,
        MirrorError::Behind { .. } | MirrorError::Anew(_) | MirrorError::Deleted(_) => {
            Exit::Refused
        }
    }
}

/// The failure of a mirror that cannot go on, with what it wrote.
fn failure(error: MirrorError, mirror: &Mirror<'_>, prepared: &Prepared<'_>) -> anyhow::Error {
    let written = Written {
        changed: !prepared.topics.is_empty() || mirror.has_moved_groups(),
        unsure: !mirror.unsure_groups().is_empty(),
        records: mirror.tally(),
    };
    let exit = unwritten(&error).after(written);
    let error = match error {
        MirrorError::Cluster(error) | MirrorError::Write(WriteError::Cluster(error))
            if !written.is_something() =>
        {
            // Unchanged, so that it keeps its usual hint.
            return error.into();
        }
        error => error,
    };
    let done = prepared.done(mirror);
    let which = match &error {
        MirrorError::Write(WriteError::Refused { batch, .. }) => batch.as_ref(),
        _ => None,
    };
    let which = which.map(|batch| view::refused::which(batch, "the source"));
    let lost = (mirror.lost() > 0).then(|| view::mirror::losses(mirror));
    let parts = [Some(error.to_string()), which, done, lost];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let failure = Failure::new(exit, parts.join("; "));
    match way_out(&error, prepared.sources) {
        Some(hint) => failure.hint(hint).into(),
        None => failure.into(),
    }
}

/// The hint for an error.
fn way_out(error: &MirrorError, sources: &[SourceTopic]) -> Option<String> {
    let hint = match error {
        MirrorError::Write(WriteError::Fenced {
            is_perhaps_own: false,
            ..
        }) => "another mirror of these topics was started; stop one of them",
        MirrorError::Write(WriteError::Refused {
            partition: TopicPartition { topic, .. },
            error: refusal,
            batch,
        }) if !error.is_passing() => {
            let mut sources = sources.iter();
            let is_brought = sources
                .find(|source| source.name == *topic)
                .is_some_and(|source| source.overrides.contains_key(LARGEST));
            let place = if is_brought && refusal.code == "MESSAGE_TOO_LARGE" {
                " at the source, whose settings are brought over,"
            } else {
                " at the target"
            };
            return view::refused::way_out(topic, refusal, batch.as_ref(), place);
        }
        MirrorError::Behind { .. } => ANEW,
        MirrorError::Another { .. } => ANOTHER,
        MirrorError::Deleted(_) => DELETED,
        MirrorError::Anew(_) => {
            "delete the topic at the target, so that it is made anew too, or write behind what is there with `--append`"
        }
        MirrorError::Read(read) => match &read.cause {
            ReadCause::Truncated { .. } => LOST,
            ReadCause::Missing { why, .. } if *why != NoGap::RemoteStorage => COMPACTED,
            ReadCause::Missing { .. } | ReadCause::Silent(_) => GOES_ON,
            _ => return None,
        },
        error if error.is_passing() => GOES_ON,
        _ => return None,
    };
    Some(hint.to_owned())
}
