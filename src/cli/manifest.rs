//! Reads the manifest of a command.

use std::collections::BTreeMap;
use std::path::Path;

use globset::{Glob, GlobMatcher};

use super::args::{ManifestArgs, ScopeArgs};
use super::exit::{Exit, Failure};
use crate::manifest::{Manifest, ParseOptions, Passing, Remark, Subject, parse, read_sources};
use crate::model::desired::{BrokerSettings, Desired, DesiredTopic, LeftOut, Ownership};
use crate::plan::Code;

/// Reads the manifest in the named files.
pub(super) fn read(args: &ManifestArgs, passing: Passing) -> anyhow::Result<Manifest> {
    let sources = read_sources(&args.file)?;
    Ok(parse(
        &sources,
        ParseOptions::usual(args.env.as_deref(), passing),
    )?)
}

/// The checks that the codes of `--allow` skip.
pub(super) fn passing(allow: &[Code]) -> Passing {
    Passing {
        sensitive_in_clear: allow.contains(&Code::SensitiveInClear),
        min_isr_above_replicas: allow.contains(&Code::MinIsrAboveReplicas),
        policies: false,
        asks_brokers: false,
    }
}

/// The same for commands that ask brokers.
pub(super) fn asking(passing: Passing) -> Passing {
    Passing {
        asks_brokers: true,
        ..passing
    }
}

/// For commands that only read.
pub(super) const LOOKING: Passing = Passing {
    sensitive_in_clear: true,
    min_isr_above_replicas: false,
    policies: true,
    asks_brokers: true,
};

/// The manifest for commands that do not need one; none if the default file does not exist.
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

/// Reads the manifest and keeps the topics that `--only` matches.
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
        let mut principals = desired.principals();
        if !desired.topic_names().any(|name| matcher.is_match(name))
            && !principals.any(|principal| matcher.is_match(principal))
        {
            let message =
                format!("`--only {glob}` matches no topic and no principal of the manifest");
            return Err(Failure::new(Exit::BadInput, message)
                .hint("it matches whole names: write `user.*` for all topics that begin with `user.`, and `User:shop-*` for principals"));
        }
    }
    let is_meant = |topic: &DesiredTopic| matchers.iter().any(|one| one.is_match(&topic.name));
    let (topics, others): (Vec<_>, Vec<_>) = desired.topics.into_iter().partition(is_meant);
    let is_principal = |name: &str| matchers.iter().any(|one| one.is_match(name));
    let (acls, other_acls): (BTreeMap<_, _>, BTreeMap<_, _>) = desired
        .acls
        .into_iter()
        .partition(|(acl, _)| is_principal(&acl.principal));
    let (quotas, other_quotas): (BTreeMap<_, _>, BTreeMap<_, _>) = desired
        .quotas
        .into_iter()
        .partition(|(entity, _)| entity.principal().is_some_and(|one| is_principal(&one)));
    Ok(Desired {
        acls,
        quotas,
        cluster: desired.cluster,
        broker: BrokerSettings::default(),
        topics,
        // Without ownership, so that topics left out do not count as orphans.
        ownership: Ownership::default(),
        left_out: LeftOut {
            broker_defaults: !desired.broker.defaults.is_empty(),
            brokers: desired.broker.brokers.into_keys().collect(),
            topics: others.into_iter().map(|topic| topic.name).collect(),
            acls: other_acls.into_keys().collect(),
            quotas: other_quotas.into_keys().collect(),
        },
    })
}

/// Parses a pattern of `--only`.
pub(super) fn matcher(glob: &str) -> Result<GlobMatcher, Failure> {
    Glob::new(glob)
        .map(|glob| glob.compile_matcher())
        .map_err(|error| {
            let message = format!("`--only {glob}`: {}", error.kind());
            let hint = "write a name, or a pattern in quotes such as `'user.*'`";
            Failure::new(Exit::BadInput, message).hint(hint)
        })
}
