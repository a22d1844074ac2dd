//! The content of one file or one environment: every field is optional and has its place.

use std::collections::{BTreeMap, HashMap};

use super::policies::policy::Policies;
use super::spot::{Placed, Spot};
use crate::model::access::{AclBinding, Entity, QuotaValue};
use crate::model::desired::Setting;

/// Settings by key.
pub(super) type Settings = BTreeMap<String, Placed<Setting>>;

/// All files of a manifest.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub base: Layer,
    pub environments: BTreeMap<String, Layer>,
    /// Whether a file or the name of an environment could not be read, so that something may be
    /// missing.
    pub incomplete: bool,
}

/// The sections that an environment may override.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub cluster: Cluster,
    pub broker: Broker,
    pub topics: Topics,
    pub acls: Acls,
    pub quotas: Quotas,
    pub ownership: Ownership,
    pub policies: Policies,
}

/// Prefixes of the names that the manifest owns.
#[derive(Debug, Default)]
pub(super) struct Ownership {
    /// Of topics.
    pub prefixes: Vec<Placed<String>>,
    /// Of principals.
    pub principals: Vec<Placed<String>>,
}

/// ACLs, each with what its item says of it.
pub(super) type Acls = BTreeMap<AclBinding, Acl>;

/// What the item of an ACL says of it.
#[derive(Debug, Clone)]
pub(super) struct Acl {
    pub state: State,
    /// The place of its principal.
    pub at: Spot,
    /// Whether the item has a reference, whose value no message shows.
    pub by_reference: bool,
}

/// Quotas by entity.
pub(super) type Quotas = BTreeMap<Entity, Quota>;

/// The quotas of one entity.
#[derive(Debug)]
pub(super) struct Quota {
    pub at: Spot,
    /// Whether the item has a reference, whose value no message shows.
    pub by_reference: bool,
    pub state: Option<Placed<State>>,
    /// Values by key; none removes a key.
    pub values: BTreeMap<String, Placed<Option<QuotaValue>>>,
}

#[derive(Debug, Default)]
pub(super) struct Cluster {
    pub name: Option<Placed<String>>,
    pub bootstrap: Option<Placed<Vec<String>>>,
    pub id: Option<Placed<String>>,
    pub kafka: Option<Placed<String>>,
}

#[derive(Debug, Default)]
pub(super) struct Broker {
    pub defaults: Settings,
    pub brokers: BTreeMap<i32, Settings>,
    pub heap: Option<Placed<String>>,
    pub process: Settings,
}

#[derive(Debug, Default)]
pub(super) struct Topics {
    pub replicas: Option<Placed<i16>>,
    pub configs: Settings,
    pub items: Items,
    /// Whether a part of the defaults could not be read.
    pub doubtful: bool,
}

/// Topics in order, with an index by name.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub list: Vec<Topic>,
    pub index: HashMap<String, usize>,
}

#[derive(Debug)]
pub(super) struct Topic {
    pub name: Placed<String>,
    pub state: Option<Placed<State>>,
    pub partitions: Option<Placed<i32>>,
    pub replicas: Option<Placed<i16>>,
    pub description: Option<Placed<String>>,
    pub configs: Settings,
    pub schema: Option<Placed<String>>,
    pub keyed: Option<Placed<bool>>,
    /// Whether a part of it could not be read.
    pub doubtful: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Present,
    Absent,
}

impl Topic {
    pub(super) fn is_absent(&self) -> bool {
        self.state.as_ref().map(|state| state.value) == Some(State::Absent)
    }
}
