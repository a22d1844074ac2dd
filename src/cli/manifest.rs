//! The manifest that a command works with.

use std::collections::HashSet;
use std::path::Path;

use globset::{Glob, GlobMatcher};

use super::args::{ManifestArgs, ScopeArgs};
use super::exit::{Exit, Failure};
use crate::cluster::Cluster;
use crate::manifest::{
    Level, Manifest, ParseOptions, Passing, Remark, RemarkKind, Subject, look_up, parse,
    read_sources,
};
use crate::model::desired::{BrokerSettings, Desired, DesiredTopic, LeftOut, Ownership};
use crate::model::observed::Observed;
use crate::model::told::told;
use crate::observe::manifest::ask_for_keys;
use crate::plan::{Code, Finding, Resource, Severity};

/// Reads the manifest that the arguments name.
pub(super) fn read(args: &ManifestArgs, passing: Passing) -> anyhow::Result<Manifest> {
    let sources = read_sources(&args.file)?;
    Ok(parse(&sources, options(args.env.as_deref(), passing))?)
}

/// How commands read a manifest.
pub(super) fn options(environment: Option<&str>, passing: Passing) -> ParseOptions<'_> {
    ParseOptions {
        environment,
        variables: &look_up,
        passing,
    }
}

/// What the codes of `--allow` let through.
pub(super) fn passing(allow: &[Code]) -> Passing {
    Passing {
        sensitive_in_clear: allow.contains(&Code::SensitiveInClear),
        min_isr_above_replicas: allow.contains(&Code::MinIsrAboveReplicas),
        policies: false,
        asks_brokers: false,
    }
}

/// The same for commands that have brokers at hand.
pub(super) fn asking(passing: Passing) -> Passing {
    Passing {
        asks_brokers: true,
        ..passing
    }
}

/// For commands that only look.
pub(super) const LOOKING: Passing = Passing {
    sensitive_in_clear: true,
    min_isr_above_replicas: false,
    policies: true,
    asks_brokers: true,
};

/// The manifest for commands that work without one too: none where the default is not there.
pub(super) fn read_if_there(
    args: &ManifestArgs,
    passing: Passing,
) -> anyhow::Result<Option<Manifest>> {
    let is_default = args.file.len() == 1 && args.file[0] == Path::new("topics.yaml");
    if is_default && !args.file[0].exists() {
        return Ok(None);
    }
    read(args, passing).map(Some)
}

/// Reads the manifest and keeps what `--only` names.
pub(super) fn read_scope(args: &ScopeArgs) -> anyhow::Result<Manifest> {
    let mut manifest = read(&args.manifest, asking(passing(&args.allow)))?;
    if !args.only.is_empty() {
        manifest.desired = only(manifest.desired, &args.only)?;
        let is_of_topics = |remark: &Remark| matches!(remark.subject, Subject::Topics(_));
        manifest.remarks.retain(is_of_topics);
    }
    Ok(manifest)
}

fn only(desired: Desired, globs: &[String]) -> Result<Desired, Failure> {
    let matchers = globs
        .iter()
        .map(|glob| matcher(glob))
        .collect::<Result<Vec<_>, _>>()?;
    for (matcher, glob) in matchers.iter().zip(globs) {
        if !desired.topic_names().any(|name| matcher.is_match(name)) {
            let message = format!("`--only {glob}` matches no topic of the manifest");
            return Err(Failure::new(Exit::BadInput, message)
                .hint("it matches whole names: write `user.*` for all that begin with `user.`"));
        }
    }
    let is_meant = |topic: &DesiredTopic| matchers.iter().any(|one| one.is_match(&topic.name));
    let (topics, others): (Vec<_>, Vec<_>) = desired.topics.into_iter().partition(is_meant);
    Ok(Desired {
        cluster: desired.cluster,
        broker: BrokerSettings::default(),
        topics,
        // Topics that were left out are no orphans.
        ownership: Ownership::default(),
        left_out: LeftOut {
            broker_defaults: !desired.broker.defaults.is_empty(),
            brokers: desired.broker.brokers.into_keys().collect(),
            topics: others.into_iter().map(|topic| topic.name).collect(),
        },
    })
}

/// A pattern of `--only`.
pub(super) fn matcher(glob: &str) -> Result<GlobMatcher, Failure> {
    Glob::new(glob)
        .map(|glob| glob.compile_matcher())
        .map_err(|error| {
            let message = format!("`--only {glob}`: {}", error.kind());
            let hint = "write a name, or a pattern in quotes such as `'user.*'`";
            Failure::new(Exit::BadInput, message).hint(hint)
        })
}

/// What brokers say of the settings that the catalogue lacks.
///
/// # Errors
/// Keys that they do not know and values that they do not take; or nothing can be read.
pub(super) async fn settle(
    cluster: &dyn Cluster,
    manifest: &Manifest,
    observed: &mut Observed,
) -> anyhow::Result<Vec<Remark>> {
    ask_for_keys(cluster, observed, &manifest.asked_of_topics()).await?;
    Ok(manifest.settle(|scope, key| told(observed, scope, key))?)
}

/// What a plan says of the manifest's remarks, and of those that brokers gave rise to: of topics and
/// brokers that it is for.
pub(super) fn findings<'m>(
    manifest: &'m Manifest,
    told: &'m [Remark],
) -> impl Iterator<Item = Finding> + use<'m> {
    let topics: HashSet<&str> = manifest.desired.topic_names().collect();
    let remarks = manifest.remarks.iter().chain(told);
    remarks.filter_map(move |remark| {
        let diagnostic = &remark.diagnostic;
        let severity = match diagnostic.level {
            _ if remark.about == RemarkKind::KeyNotTold => Severity::Unreadable,
            Level::Error => return None,
            Level::Allowed => Severity::Allowed,
            Level::Warning | Level::Note => Severity::Note,
        };
        let message = diagnostic.message.clone();
        let mut finding = Finding::new(code(remark), severity, resource(remark, &topics)?, message);
        finding.hint.clone_from(&diagnostic.hint);
        finding.place = diagnostic.place.as_ref().map(ToString::to_string);
        Some(finding)
    })
}

/// The code of the finding that a remark becomes.
pub(super) fn code(remark: &Remark) -> Code {
    match remark.about {
        RemarkKind::SensitiveInClear => Code::SensitiveInClear,
        RemarkKind::MinIsrAboveReplicas { .. } => Code::MinIsrAboveReplicas,
        RemarkKind::Policy { .. } => Code::Policy,
        RemarkKind::VendorKey => Code::VendorKey,
        RemarkKind::UncataloguedKey => Code::UncataloguedKey,
        RemarkKind::KeyNotTold => Code::NotVisible,
    }
}

/// What the remark is about, if the manifest's part that is left has it.
fn resource(remark: &Remark, topics: &HashSet<&str>) -> Option<Resource> {
    match &remark.subject {
        // It is never compared with a cluster.
        Subject::Process => None,
        Subject::AllBrokers => Some(Resource::BrokerDefaults),
        Subject::Broker(id) => Some(Resource::Broker { id: *id }),
        Subject::Topics(names) => {
            let mut names = names.iter();
            let is_left = |name: &&String| topics.contains(name.as_str());
            let name = names.find(is_left)?.clone();
            Some(Resource::Topic { name })
        }
    }
}
