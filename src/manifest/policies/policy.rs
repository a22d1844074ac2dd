//! A rule of a manifest, and the topics that it applies to.

use std::collections::BTreeMap;

use globset::GlobSet;
use regex::Regex;

use crate::manifest::spot::Placed;

/// The rule that [`crate::manifest::lint`] checks.
pub(in crate::manifest) const WITHIN_REPLICAS: &str = "min-insync-within-replicas";

/// Rules by name.
pub(in crate::manifest) type Policies = BTreeMap<&'static str, Placed<Switch>>;

/// The entry of a rule in a manifest or an environment.
#[derive(Debug)]
pub(in crate::manifest) enum Switch {
    Off,
    On(Policy),
}

/// A rule, and the topics that it applies to.
#[derive(Debug)]
pub(in crate::manifest) struct Policy {
    pub(super) rule: Rule,
    /// Whether a topic that breaks it is an error, rather than a warning.
    pub(super) refuses: bool,
    pub(super) only: Option<GlobSet>,
    pub(super) except: Option<GlobSet>,
}

/// What a rule demands of a topic.
#[derive(Debug)]
pub(super) enum Rule {
    Naming { pattern: String, whole: Regex },
    MinPartitions(i32),
    MaxPartitions(i32),
    MaxPartitionsInAll(i64),
    MinReplicas(i16),
    MaxReplicas(i16),
    MinInsyncBelowReplicas,
    MinInsyncWithinReplicas,
    MinRetention(Span),
    MaxRetention(Span),
    CleanupPolicies(Vec<String>),
    RequireKeys(Vec<String>),
    ForbidKeys { globs: GlobSet },
    RequireDescription,
    RequireSchema,
}

/// A duration as written.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) ms: i64,
}
