//! `mirror`: copies topics to another cluster. What has to be there first is a plan, shown and asked for.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args as Group;
use clap_complete::ArgValueCandidates;
use futures::try_join;
use sha2::{Digest, Sha256};

use super::apply::{confirm, execute_until, stopped};
use super::args::{Global, LackingArgs, duration};
use super::connect::{self, Connected, Level, Named};
use super::describe::topics::not_there;
use super::exit::{Exit, Failure};
use super::plan::stops;
use super::planned::{self, PlannedArgs};
use super::signals::{self, Sent};
use super::terminal::Terminal;
use super::{complete, names, print};
use crate::apply::{Status, Stop};
use crate::backup::mirror::groups::Which;
use crate::backup::mirror::place::places;
use crate::backup::mirror::{Ended, Mirror, MirrorError, Route, Settings, Tell};
use crate::cluster::observe::topics_with_configs;
use crate::cluster::reader::{NoGap, ReadCause};
use crate::cluster::writer::{Compression, WriteError};
use crate::cluster::{At, Cluster, ClusterError};
use crate::groups::scope;
use crate::model::config::ConfigSource;
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;
use crate::model::topic::{Topic, is_internal_name};
use crate::plan::mirror::{Destination, Source, mirror};
use crate::plan::{Code, Plan};
use crate::view;
use crate::view::progress::Progress;

/// How often progress is told on a terminal.
const TICK: Duration = Duration::from_millis(200);

/// How often it is told where there is none.
const LINE: Duration = Duration::from_secs(10);

/// How often groups and topics are looked at.
const EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, Group)]
#[command(
    after_help = "Nothing is kept on this machine: each record is given a header `tonkafka-mirror` that \
says where it came from, and a mirror that starts again goes on behind the newest one that the target \
has. Ctrl-C ends it; what was taken is written first."
)]
pub(super) struct MirrorArgs {
    /// The topics; they have the same names in both clusters
    #[arg(value_name = "TOPIC", required_unless_present = "match")]
    topics: Vec<String>,
    /// All topics that this matches, in which * and ? stand for others; may be repeated
    #[arg(long, value_name = "GLOB", conflicts_with = "topics")]
    r#match: Vec<String>,
    /// The cluster that is copied, a context
    #[arg(long, value_name = "CONTEXT", required_unless_present = "from_bootstrap_server", add = ArgValueCandidates::new(complete::contexts))]
    from: Option<String>,
    /// The cluster that it is copied to, a context
    #[arg(long, value_name = "CONTEXT", required_unless_present = "to_bootstrap_server", add = ArgValueCandidates::new(complete::contexts))]
    to: Option<String>,
    /// Brokers of the cluster that is copied, instead of a context
    #[arg(long, value_name = "HOST:PORT,…", conflicts_with = "from")]
    from_bootstrap_server: Option<String>,
    /// Brokers of the cluster that it is copied to, instead of a context
    #[arg(long, value_name = "HOST:PORT,…", conflicts_with = "to")]
    to_bootstrap_server: Option<String>,
    /// A client's properties file for the cluster that is copied
    #[arg(long, value_name = "FILE")]
    from_command_config: Option<PathBuf>,
    /// A client's properties file for the cluster that it is copied to
    #[arg(long, value_name = "FILE")]
    to_command_config: Option<PathBuf>,
    /// Stop at the end offsets that the topics have at the start
    #[arg(long)]
    once: bool,
    /// Write in transactions, so that each record is there once whatever happens
    #[arg(long)]
    exactly_once: bool,
    /// Bring over what these groups committed too; all that committed for the topics where none is named
    #[arg(long, value_name = "GROUP,…", num_args = 0..=1, default_missing_value = "", require_equals = true, value_delimiter = ',')]
    groups: Option<Vec<String>>,
    #[command(flatten)]
    lacking: LackingArgs,
    /// Write behind records that are not of this mirror
    #[arg(long)]
    append: bool,
    /// Give up when nothing gets on for so long; where answers stay empty though the log goes on, no later
    /// than `--timeout`
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

    /// The same for the same clusters and topics, so that a new run shuts out an old one.
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
    check(global, args)?;
    let source = open(global, args, true).await?;
    let target = open(global, args, false).await?;
    let (from, to) = (&*source.cluster, &*target.cluster);
    let (from_id, to_id) = try_join!(from.describe_cluster(), to.describe_cluster())?;
    let route = Route {
        source: from_id.id,
        target: to_id.id.clone(),
    };
    if route.source == route.target {
        let message = format!(
            "both are the same cluster, {}",
            view::text::escape(&route.source)
        );
        let failure = Failure::new(Exit::Refused, message);
        return Err(failure.hint("name another one with `--to`").into());
    }
    let sources = sources(from, args).await?;
    let keys: Vec<TopicPartition> = sources.iter().flat_map(partitions).collect();
    let brokers = to_id.live_brokers().count();
    let destination = destination(to, &route, &keys, brokers, args.patience).await?;
    let allow = args.append.then_some(Code::TargetNotEmpty);
    let plan = mirror(&sources, &destination, &allow.into_iter().collect());
    let how = args.planned.how();
    if how.dry_run || how.out.is_some() {
        return planned::carry_out(global, &how, terminal, &target, &plan).await;
    }
    let announced = view::mirror::announced(&route, &keys, args.once);
    let signals = agreed(terminal, &target, &plan, &announced, how.yes).await?;
    let (stop, sent) = &signals;
    if !plan.is_empty() {
        let report = execute_until((stop, sent), to, None, &plan, global, terminal).await?;
        if report.status() != Status::Done {
            terminal.show(
                |terminal| view::report::report(terminal.out, &report),
                || view::json::document(&report),
            );
            return Ok(Exit::of_report(&report));
        }
    }
    sent.set();
    let settings = Settings {
        keys,
        once: args.once,
        exactly_once: args.exactly_once.then(|| args.transactional_id(&route)),
        route,
        compression: Compression::default(),
        patience: args.patience,
        open_patience: args.lacking.patience(global.timeout),
        accept_gaps: args.lacking.accept_gaps,
        groups: args.which(),
        every: EVERY,
    };
    let allows_open = args.lacking.allow_open_transactions;
    copy((from, to), settings, (stop, allows_open), terminal).await
}

/// What of the command line makes no sense for two clusters.
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
    let (context, bootstrap, file) = if is_source {
        (
            &args.from,
            &args.from_bootstrap_server,
            &args.from_command_config,
        )
    } else {
        (&args.to, &args.to_bootstrap_server, &args.to_command_config)
    };
    let named = Named::only(Level {
        bootstrap: bootstrap.clone(),
        context: context.clone(),
        command_config: file.clone(),
    });
    connect::to(connect::target(&named, None)?, global.timeout).await
}

/// The topics that are meant, as the source has them.
async fn sources(from: &dyn Cluster, args: &MirrorArgs) -> anyhow::Result<Vec<Source>> {
    let patterns = !args.r#match.is_empty();
    let texts = if patterns {
        &args.r#match
    } else {
        &args.topics
    };
    let scopes = names::topics(texts, patterns)?;
    if let Some(part) = scopes.iter().find(|scope| scope.partitions.is_some()) {
        let name = view::text::escape(&part.name);
        let message = format!("`{name}` is mirrored whole, or not at all");
        return Err(Failure::new(Exit::BadInput, message)
            .hint("leave its partitions out")
            .into());
    }
    let listed = if patterns {
        from.list_topics().await?
    } else {
        Vec::new()
    };
    let meant = scope::parts(&scopes, patterns, &listed).into_keys();
    let meant: Vec<String> = meant
        .filter(|name| !patterns || !is_internal_name(name))
        .collect();
    if meant.is_empty() {
        let failure = Failure::new(Exit::Refused, "no topic of the source matches");
        return Err(failure.hint("`tonkafka list topics` shows them").into());
    }
    let mut found = topics_with_configs(from, At::AnyBroker, &meant).await?;
    let mut sources = Vec::new();
    for name in meant {
        match found.remove(&name).unwrap_or(Seen::Absent) {
            Seen::Value(topic) => sources.push(taken(&topic)?),
            seen => return Err(not_there(from, &name, Some(&seen)).await.into()),
        }
    }
    Ok(sources)
}

fn taken(topic: &Topic) -> Result<Source, Failure> {
    let Seen::Value(entries) = &topic.configs else {
        let words = topic.configs.reason().unwrap_or("it went away");
        let message = format!(
            "the settings of topic `{}` cannot be read: {words}",
            topic.name
        );
        return Err(Failure::new(Exit::Unreachable, message));
    };
    let overrides = entries.iter().filter_map(|entry| {
        let value = entry.set_at(ConfigSource::DynamicTopicConfig)?.text()?;
        Some((entry.name.clone(), value.to_owned()))
    });
    Ok(Source {
        name: topic.name.clone(),
        partitions: i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX),
        replicas: i16::try_from(topic.replication_factor()).unwrap_or(i16::MAX),
        overrides: overrides.collect(),
    })
}

fn partitions(source: &Source) -> impl Iterator<Item = TopicPartition> {
    (0..source.partitions).map(|index| (source.name.clone(), index))
}

/// What the target has.
async fn destination(
    to: &dyn Cluster,
    route: &Route,
    keys: &[TopicPartition],
    brokers: usize,
    patience: Duration,
) -> anyhow::Result<Destination> {
    let mut names: Vec<String> = keys.iter().map(|(topic, _)| topic.clone()).collect();
    names.dedup();
    let topics = topics_with_configs(to, At::AnyBroker, &names).await?;
    let is_there = |(topic, index): &&TopicPartition| {
        let topic = topics.get(topic).and_then(Seen::value);
        topic.is_some_and(|topic| topic.partitions.iter().any(|one| one.index == *index))
    };
    let there: Vec<TopicPartition> = keys.iter().filter(is_there).cloned().collect();
    let places = places(to, route, &there, patience, true).await;
    let places = places.map_err(|error| failure(error, 0))?;
    let foreign = places.into_iter().filter(|(_, place)| place.is_foreign());
    Ok(Destination {
        cluster_id: route.target.clone(),
        brokers,
        foreign: foreign.map(|(key, _)| key).collect(),
        topics,
    })
}

/// Shows the plan and what will be copied, and asks.
async fn agreed(
    terminal: &Terminal,
    target: &Connected,
    plan: &Plan,
    announced: &str,
    yes: bool,
) -> anyhow::Result<(Stop, Sent)> {
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
    let sent = Sent::default();
    Ok((signals::listen(sent.clone())?, sent))
}

/// Copies, and says how far it is.
async fn copy(
    (from, to): (&dyn Cluster, &dyn Cluster),
    settings: Settings,
    (stop, allows_open): (&Stop, bool),
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let (route, once) = (settings.route.clone(), settings.once);
    let is_over = || stop.requested();
    let mut mirror = Mirror::new(from, to, settings, &is_over);
    let mut shown = Shown {
        terminal,
        bar: terminal.spinner(),
        began: Instant::now(),
        told: Instant::now(),
        lines: BTreeMap::new(),
    };
    let ended = mirror.run(|tell| shown.tell(&tell)).await;
    shown.bar.clear();
    let ended = ended.map_err(|error| failure(error, mirror.copied()))?;
    terminal.show(
        |_| view::mirror::ended(&mirror, &route),
        || view::mirror::ended_document(&mirror, &route, ended == Ended::Stopped),
    );
    if once && ended == Ended::Stopped {
        let failure = Failure::new(Exit::Partly, "stopped before everything was copied");
        return Err(failure.hint(GOES_ON).into());
    }
    match view::open::incomplete(mirror.open(), "the copy") {
        Some(words) if once && !allows_open => {
            let exit = match mirror.copied() {
                0 => Exit::Unreachable,
                _ => Exit::Partly,
            };
            let hint = "the same command goes on once they have ended; pass `--allow-open-transactions` to be content with that";
            Err(Failure::new(exit, words).hint(hint).into())
        }
        _ => Ok(Exit::Done),
    }
}

/// What was said so far.
struct Shown<'a> {
    terminal: &'a Terminal,
    bar: Progress,
    began: Instant,
    told: Instant,
    /// Lines that may come again, and when they were told.
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
                self.say(&view::mirror::lost(key, *from, *until), || {
                    view::mirror::lost_document(key, *from, *until)
                });
            }
            Tell::Accepted { key, from, until } => {
                self.say(&view::mirror::accepted(key, *from, *until), || {
                    view::mirror::accepted_document(key, *from, *until)
                });
            }
            Tell::Waiting(open) => {
                let line = view::open::waiting(open);
                self.rarely(line, || view::mirror::open_document("waiting", open));
            }
            Tell::Open(open) => {
                let lines = view::open::lines(open, "wait for the end of an open transaction");
                self.say(lines.trim_end(), || {
                    view::mirror::open_document("open", open)
                });
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

    /// The same line no more often than progress.
    fn rarely(&mut self, line: String, document: impl FnOnce() -> String) {
        let last = self.lines.get(&line);
        if last.is_none_or(|last| last.elapsed() >= LINE) {
            self.say(&line, document);
            self.lines.insert(line, Instant::now());
        }
    }

    /// A line on stderr, and a document where they are wanted.
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

const COMPACTED: &str = "the same command goes on where it ended; where the topic was compacted once, pass `--accept-gaps`";

const LOST: &str = "the target may have records that the source lost; delete the topic there, so that it is made anew";

/// Why it cannot go on, after so many records.
fn failure(error: MirrorError, copied: i64) -> anyhow::Error {
    let message = match copied {
        0 => error.to_string(),
        some => format!("{error}; {} are copied", view::text::records(some)),
    };
    let exit = match &error {
        MirrorError::Write(WriteError::Fenced(_)) => {
            let hint = "another mirror of these topics was started; stop one of them";
            return Failure::new(Exit::Locked, message).hint(hint).into();
        }
        MirrorError::Write(WriteError::Unknown { .. } | WriteError::EndUnknown(_)) => Exit::Unknown,
        _ if copied > 0 => Exit::Partly,
        MirrorError::Cluster(_) | MirrorError::Write(WriteError::Cluster(_)) => {
            return plain(error);
        }
        MirrorError::Behind { .. } => {
            let hint = "delete the topic at the target, so that it is made anew";
            return Failure::new(Exit::Refused, message).hint(hint).into();
        }
        MirrorError::Read(read) => Exit::of_read(&read.cause),
        MirrorError::Unseen { .. } => Exit::Unreachable,
        MirrorError::Write(_) => Exit::Refused,
    };
    let hint = match &error {
        MirrorError::Read(read) => match &read.cause {
            ReadCause::Truncated { .. } => LOST,
            ReadCause::Missing { why, .. } if *why != NoGap::RemoteStorage => COMPACTED,
            _ => GOES_ON,
        },
        _ => GOES_ON,
    };
    Failure::new(exit, message).hint(hint).into()
}

/// An error of a cluster as itself, with the hint that it has everywhere.
fn plain(error: MirrorError) -> anyhow::Error {
    let cluster: Result<ClusterError, MirrorError> = match error {
        MirrorError::Cluster(error) | MirrorError::Write(WriteError::Cluster(error)) => Ok(error),
        other => Err(other),
    };
    cluster.map_or_else(anyhow::Error::from, anyhow::Error::from)
}
