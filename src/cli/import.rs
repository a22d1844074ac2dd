//! `import`: a cluster, or another program's files, as a manifest.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::args::Global;
use super::completed::Completed;
use super::connect::{self, Connected, Origin};
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use super::{manifest, print};
use crate::manifest::import::{Imported, Peer, of_cluster, of_peer};
use crate::manifest::{ManifestErrors, ParseOptions, Passing, SourceFile, parse, read_sources};
use crate::model::address;
use crate::model::desired::ClusterIdentity;
use crate::model::observed::Observed;
use crate::model::topic::{check_name, is_internal_name};
use crate::observe::manifest::{observe_all, observe_named};
use crate::observe::names;
use crate::view::documents::{ManifestDocument, NotShown};
use crate::view::json::of_kind;
use crate::view::text::{escape, path as shown};
use clap::Args as Group;
use globset::GlobMatcher;

#[derive(Debug, Group)]
pub(super) struct ImportArgs {
    /// Files of another program, or directories of such files
    #[arg(value_name = "FILE", requires = "format")]
    files: Vec<PathBuf>,
    /// Read the manifests of this program instead of a cluster
    #[arg(long, value_enum, value_name = "PROGRAM", requires = "files", conflicts_with_all = ["only", "pin"])]
    format: Option<Peer>,
    /// Only topics whose names match; leaves out settings of brokers, ACLs and quotas; may be repeated
    #[arg(long, value_name = "GLOB", add = Completed::Topics)]
    only: Vec<String>,
    /// Pin the cluster's id, so that a plan for any other cluster is refused
    #[arg(long)]
    pin: bool,
    /// Write the manifest to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long, requires = "out")]
    force: bool,
}

pub(super) async fn run(
    global: &Global,
    args: &ImportArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    check_out(args)?;
    match args.format {
        Some(format) => peer(format, args, terminal),
        None => live(global, args, terminal).await,
    }
}

/// Refuses before the import is read, if the file exists and may not be replaced.
fn check_out(args: &ImportArgs) -> Result<(), Failure> {
    match &args.out {
        Some(path) if !args.force && path.is_file() => {
            let message = format!("{} is there already", shown(path));
            Err(Failure::new(Exit::BadInput, message).hint("`--force` replaces it"))
        }
        _ => Ok(()),
    }
}

fn peer(peer: Peer, args: &ImportArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let sources = read_sources(&args.files).map_err(without_flags)?;
    let (imported, warnings) = of_peer(peer, &sources)?;
    for warning in &warnings {
        print::note(terminal, &warning.to_string());
    }
    hand_over(&imported, &NotShown::default(), args, terminal)?;
    Ok(Exit::Done)
}

/// Drops hints that name `-f`: `import` takes files without it.
fn without_flags(mut errors: ManifestErrors) -> ManifestErrors {
    for error in &mut errors.0 {
        error.hint = error.hint.take().filter(|hint| !hint.contains("`-f"));
    }
    errors
}

async fn live(global: &Global, args: &ImportArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let only = args.only.iter().map(|glob| manifest::matcher(glob));
    let only: Vec<GlobMatcher> = only.collect::<Result<_, _>>()?;
    let connected = connect::open_by_itself(global).await?;
    let observed = read(&connected, &only).await?;
    if let Some(glob) = only.iter().find(|one| !matches(one, &observed)) {
        let message = format!("`--only {}` matches no topic", glob.glob());
        let hint = "`tonkafka list topics` names them all; Kafka's own are never imported";
        return Err(Failure::new(Exit::Refused, message).hint(hint).into());
    }
    let imported = of_cluster(&observed, identity(&connected, &observed, args.pin));
    let error = unseen(&imported, args);
    let only_visible = is_listed(&only) && observed.cluster.may_describe == Some(false);
    let not_shown = NotShown {
        only_visible,
        error: error.as_ref().map(print::error_fields),
        ..NotShown::default()
    };
    hand_over(&imported, &not_shown, args, terminal)?;
    if imported.left_out() > 0 {
        let left = imported.left_out();
        let words = format!("{left} left out: comments in the manifest say which and why");
        print::note(terminal, &words);
    }
    for words in imported.unsupported() {
        print::note(terminal, words);
    }
    if only_visible {
        print::only_visible(terminal);
    }
    let Some(error) = error else {
        return Ok(Exit::Done);
    };
    print::error(terminal, &error);
    Ok(Exit::Unreachable)
}

/// Whether topics have to be listed: for all of them, or for a pattern.
fn is_listed(only: &[GlobMatcher]) -> bool {
    only.is_empty()
        || only
            .iter()
            .any(|one| check_name(one.glob().glob()).is_err())
}

/// The failure if something could not be read. No file is then written.
fn unseen(imported: &Imported, args: &ImportArgs) -> Option<anyhow::Error> {
    if imported.missing().is_empty() {
        return None;
    }
    let without = match &args.out {
        Some(path) => format!("{} was not written", shown(path)),
        None => "the manifest is without these".to_owned(),
    };
    let failure = Failure::of_lines(Exit::Unreachable, imported.missing());
    let hint = format!(
        "{without}; ask for DESCRIBE and DESCRIBE_CONFIGS, or leave brokers out with `--only '*'`"
    );
    Some(failure.hint(hint).into())
}

fn matches(glob: &GlobMatcher, observed: &Observed) -> bool {
    let mut topics = observed.topics.iter();
    topics.any(|(name, seen)| !seen.is_absent() && glob.is_match(name))
}

/// Reads what is to be imported. Names without patterns are requested one by one: a listing leaves
/// out topics that may not be described.
async fn read(connected: &Connected, only: &[GlobMatcher]) -> anyhow::Result<Observed> {
    let cluster = &*connected.cluster;
    let is_meant = |name: &String| only.is_empty() || only.iter().any(|one| one.is_match(name));
    let (listed, _) = names::topics(cluster).await?;
    let listed = listed.into_iter().filter(is_meant);
    let literal = only.iter().map(|one| one.glob().glob().to_owned());
    let literal = literal.filter(|name| check_name(name).is_ok());
    let names: BTreeSet<String> = listed.chain(literal).collect();
    let names: Vec<String> = names
        .into_iter()
        .filter(|name| !is_internal_name(name))
        .collect();
    if only.is_empty() {
        return Ok(observe_all(cluster, &names).await?);
    }
    Ok(observe_named(cluster, &names, false).await?)
}

fn identity(connected: &Connected, observed: &Observed, pin: bool) -> ClusterIdentity {
    let addresses = connect::addresses(&connected.address).into_iter();
    ClusterIdentity {
        name: match &connected.origin {
            Origin::Context(name) => Some(name.clone()),
            _ => None,
        },
        bootstrap: addresses
            .filter(|one| address::check(one).is_ok())
            .collect(),
        id: pin.then(|| observed.cluster.id.clone()),
    }
}

/// Checks the manifest, then prints or writes it.
fn hand_over(
    imported: &Imported,
    not_shown: &NotShown,
    args: &ImportArgs,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let text = imported.text();
    check(&text, args.format.is_none())?;
    if let (Some(path), None) = (&args.out, &not_shown.error) {
        let file = if args.force {
            print::File::open(path)?
        } else {
            print::File::open_new(path)?
        };
        file.write(&text, false)?;
        print::note(terminal, &format!("wrote {}", shown(path)));
    }
    let printed = match args.out {
        Some(_) => String::new(),
        None => text.clone(),
    };
    terminal.show(|_| printed, || document(&text, imported, not_shown));
    Ok(())
}

fn document(text: &str, imported: &Imported, not_shown: &NotShown) -> String {
    let fields = ManifestDocument {
        text,
        unsupported: imported.unsupported(),
        not_shown,
    };
    of_kind("Manifest", &fields)
}

/// Checks the manifest as a whole, for example for too many partitions.
fn check(text: &str, of_cluster: bool) -> Result<(), Failure> {
    let source = SourceFile {
        name: "import".into(),
        text: text.to_owned(),
    };
    let passing = Passing {
        asks_brokers: of_cluster,
        ..Passing::default()
    };
    let read = parse(&[source], ParseOptions::usual(None, passing));
    read.map(drop).map_err(|errors| {
        let first = errors.0.first().map(|error| error.message.as_str());
        let message = format!(
            "no manifest can hold all of this: {}",
            escape(first.unwrap_or_default())
        );
        Failure::new(Exit::Failed, message).hint("import it in parts, with `--only`")
    })
}
