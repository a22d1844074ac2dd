//! The brokers, as far as one of them says who they are.
//!
//! Trap: krafka keeps its own list of brokers, and asks for it one broker at a time on whichever
//! connection is open, so that a silent broker holds it up for the whole time-out. Reads do without it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cluster::live::wire::{BrokerInfo, Kafka, kafka_metadata};
use crate::model::broker::BrokerId;

/// What is known of the brokers.
#[derive(Debug)]
pub(super) struct Brokers {
    /// Where to begin: what the user named.
    seeds: Vec<String>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Where the live ones listen, as the last broker said that was asked.
    live: BTreeMap<BrokerId, String>,
    /// Addresses without an answer lately.
    silent: BTreeSet<String>,
}

impl Brokers {
    /// The brokers that a client has found.
    pub(super) fn of(kafka: &Kafka, seeds: Vec<String>) -> Self {
        let found = kafka_metadata(kafka).brokers().into_iter();
        let live = found.map(|broker| (broker.id(), broker.address().to_owned()));
        Self {
            seeds,
            known: Mutex::new(Known {
                live: live.collect(),
                silent: BTreeSet::new(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what a broker says of who is live. A broker of ZooKeeper's knows of none, itself included,
    /// for a moment after its start.
    pub(super) fn learn(&self, brokers: impl Iterator<Item = (BrokerId, String, i32)>) {
        let address = |(id, host, port)| {
            let broker = BrokerInfo::new(id, host, port, None);
            (id, broker.address().to_owned())
        };
        let live: BTreeMap<BrokerId, String> = brokers.map(address).collect();
        if !live.is_empty() {
            self.lock().live = live;
        }
    }

    /// Where a broker listens; none where it is not live.
    pub(super) fn address(&self, id: BrokerId) -> Option<String> {
        self.lock().live.get(&id).cloned()
    }

    pub(super) fn has_others(&self, id: BrokerId) -> bool {
        self.lock().live.keys().any(|other| *other != id)
    }

    /// The live ones, those that were silent last.
    pub(super) fn ids(&self) -> Vec<BrokerId> {
        let known = self.lock();
        let mut ids: Vec<BrokerId> = known.live.keys().copied().collect();
        ids.sort_by_key(|id| known.silent.contains(&known.live[id]));
        ids
    }

    /// Where to ask, in this order: by their ids, then those that were silent, then what the user named.
    pub(super) fn in_order(&self) -> Vec<String> {
        let known = self.lock();
        let (silent, mut order): (Vec<_>, Vec<_>) = known
            .live
            .values()
            .cloned()
            .partition(|address| known.silent.contains(address));
        order.extend(silent);
        let seeds = self.seeds.iter().filter(|seed| !order.contains(seed));
        let seeds: Vec<String> = seeds.cloned().collect();
        order.extend(seeds);
        order
    }

    pub(super) fn heard(&self, address: &str) {
        self.lock().silent.remove(address);
    }

    pub(super) fn not_heard(&self, address: &str) {
        self.lock().silent.insert(address.to_owned());
    }
}
