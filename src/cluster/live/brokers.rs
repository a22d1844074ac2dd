//! The brokers of the cluster, according to one of them.
//!
//! Trap: krafka keeps its own list, and asks for it one broker at a time on any open connection, so
//! a silent broker blocks it for the whole time-out. Reads do not use that list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cluster::live::wire::{BrokerInfo, Kafka, kafka_metadata};
use crate::model::broker::BrokerId;

/// The known brokers.
#[derive(Debug)]
pub(super) struct Brokers {
    /// The bootstrap servers.
    seeds: Vec<String>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Addresses of the live brokers, according to the last broker that was asked.
    live: BTreeMap<BrokerId, String>,
    /// Addresses that did not answer lately.
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

    /// Takes a broker's list of live brokers. With ZooKeeper, a broker's list is empty for a moment
    /// after its start.
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

    /// The address of a broker; none if it is not live.
    pub(super) fn address(&self, id: BrokerId) -> Option<String> {
        self.lock().live.get(&id).cloned()
    }

    pub(super) fn has_others(&self, id: BrokerId) -> bool {
        self.lock().live.keys().any(|other| *other != id)
    }

    /// The live brokers; silent ones come last.
    pub(super) fn ids(&self) -> Vec<BrokerId> {
        let known = self.lock();
        let mut ids: Vec<BrokerId> = known.live.keys().copied().collect();
        ids.sort_by_key(|id| known.silent.contains(&known.live[id]));
        ids
    }

    /// The addresses to ask, in order: live brokers by id, then silent ones, then the bootstrap
    /// servers.
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
