//! The manifest that a command works with.

use std::path::Path;

use globset::{Glob, GlobMatcher};

use super::args::{ManifestArgs, ScopeArgs};
use super::exit::{Exit, Failure};
use crate::manifest::{Manifest, Options, look_up, parse, read_sources};
use crate::model::desired::{BrokerSettings, Desired, Ownership};

/// Reads the manifest that the arguments name.
pub(super) fn read(args: &ManifestArgs) -> anyhow::Result<Manifest> {
    let sources = read_sources(&args.file)?;
    Ok(parse(&sources, options(args.env.as_deref()))?)
}

/// How commands read a manifest.
pub(super) fn options(environment: Option<&str>) -> Options<'_> {
    Options {
        environment,
        variables: &look_up,
        allow_sensitive_in_clear: false,
    }
}

/// The manifest for commands that work without one too: none where the default is not there.
pub(super) fn read_if_there(args: &ManifestArgs) -> anyhow::Result<Option<Manifest>> {
    let is_default = args.file.len() == 1 && args.file[0] == Path::new("topics.yaml");
    if is_default && !args.file[0].exists() {
        return Ok(None);
    }
    read(args).map(Some)
}

/// Reads the manifest and keeps what `--only` names.
pub(super) fn read_scope(args: &ScopeArgs) -> anyhow::Result<Manifest> {
    let mut manifest = read(&args.manifest)?;
    if !args.only.is_empty() {
        manifest.desired = only(manifest.desired, &args.only)?;
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
    let topics = desired
        .topics
        .into_iter()
        .filter(|topic| matchers.iter().any(|one| one.is_match(&topic.name)))
        .collect();
    Ok(Desired {
        cluster: desired.cluster,
        broker: BrokerSettings::default(),
        topics,
        // Topics that were left out are no orphans.
        ownership: Ownership::default(),
    })
}

fn matcher(glob: &str) -> Result<GlobMatcher, Failure> {
    Glob::new(glob)
        .map(|glob| glob.compile_matcher())
        .map_err(|error| Failure::new(Exit::BadInput, format!("`--only {glob}`: {}", error.kind())))
}
