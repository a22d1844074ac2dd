//! Derives the properties of one local broker from a manifest's broker settings. Pure.
//!
//! Traps: a local broker listens on the loopback interface only, so every host of the manifest is
//! replaced. A broker whose advertised name does not resolve still starts, but its transactions
//! never end.

use std::collections::BTreeMap;
use std::path::Path;

use super::secure::broker::{self as secure, For};
use crate::model::desired::{BrokerSettings, Setting};

const DEFAULT_PORT: u16 = 9092;
const CONTROLLER: &str = "CONTROLLER";
const CONTROLLER_PORT: u16 = 9093;
const BROKERS: &str = "INTERNAL";
const BROKERS_PORT: u16 = 29_092;
const DEFAULT_HEAP: &str = "1G";
const PROTOCOLS: [&str; 4] = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

/// Settings for a single broker, and a short wait for a group's first consumer.
pub(super) const ONE_BROKER: [(&str, &str); 6] = [
    ("offsets.topic.replication.factor", "1"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("share.coordinator.state.topic.replication.factor", "1"),
    ("share.coordinator.state.topic.min.isr", "1"),
    ("group.initial.rebalance.delay.ms", "0"),
];

/// Settings of the local cluster, which a manifest may not set.
const OURS: [&str; 12] = [
    "advertised.listeners",
    "broker.id",
    "controller.listener.names",
    "controller.quorum.bootstrap.servers",
    "controller.quorum.voters",
    "listener.security.protocol.map",
    "listeners",
    "log.dir",
    "log.dirs",
    "metadata.log.dir",
    "node.id",
    "process.roles",
];

/// Errors in the process settings of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A listener that is not `NAME://host:port`.
    #[error("`{0}` is no listener")]
    Listener(String),
    /// Two listeners with the same name or port.
    #[error("`listeners` names `{0}` twice")]
    Twice(String),
    /// `inter.broker.listener.name` names no listener.
    #[error("`inter.broker.listener.name` is `{0}`, which is not among the listeners")]
    InterBroker(String),
    /// A heap that `-Xmx` does not take.
    #[error("`{0}` is no heap size")]
    Heap(String),
}

impl SettingsError {
    /// What the user can do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Listener(_) => {
                "write listeners as `INTERNAL://0.0.0.0:29092,EXTERNAL://0.0.0.0:9092`"
            }
            Self::Twice(_) => "give every listener a name and a port of its own",
            Self::InterBroker(_) => "name one of the listeners",
            Self::Heap(_) => "write it as `-Xmx` takes it, such as `512M` or `1G`",
        }
    }
}

/// A listener of the local broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its name, such as `EXTERNAL`.
    pub name: String,
    /// Its port on the loopback interface.
    pub port: u16,
}

/// The listeners of the local broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listeners {
    /// The listeners of clients and brokers, in the manifest's order.
    pub listeners: Vec<Listener>,
    /// The controller's listener.
    pub controller: Listener,
    /// The index of the clients' listener.
    client: usize,
    /// The index of the brokers' listener.
    inter_broker: usize,
}

impl Listeners {
    /// The listeners in a manifest, with its ports; by default `EXTERNAL` on 9092. Clients use
    /// `EXTERNAL`, or otherwise the first one that brokers do not use.
    ///
    /// # Errors
    /// Kafka would not accept the listeners.
    pub fn of(settings: &BTreeMap<String, String>) -> Result<Self, SettingsError> {
        let mut listeners = match settings.get("listeners") {
            Some(text) => text.split(',').map(parse).collect::<Result<_, _>>()?,
            None => vec![Listener {
                name: "EXTERNAL".into(),
                port: DEFAULT_PORT,
            }],
        };
        check_unique(&listeners)?;
        let controller = take_controller(&mut listeners, settings);
        let position = |name: &str| listeners.iter().position(|listener| listener.name == name);
        let inter_broker = match settings.get("inter.broker.listener.name") {
            Some(name) => {
                Some(position(name).ok_or_else(|| SettingsError::InterBroker(name.clone()))?)
            }
            None => position("INTERNAL"),
        };
        let others = (0..listeners.len()).find(|index| Some(*index) != inter_broker);
        let client = position("EXTERNAL").or(others).unwrap_or(0);
        if listeners.is_empty() {
            let listed = settings.get("listeners").cloned();
            return Err(SettingsError::Listener(listed.unwrap_or_default()));
        }
        Ok(Self {
            inter_broker: inter_broker.unwrap_or(client),
            listeners,
            controller,
            client,
        })
    }

    /// Adds a listener for brokers, if they share that of clients.
    pub fn keep_brokers_apart(&mut self) {
        if self.inter_broker != self.client {
            return;
        }
        let is_taken = |name: &str| {
            let all = self.listeners.iter().chain([&self.controller]);
            all.into_iter().any(|listener| listener.name == name)
        };
        let name = [BROKERS, "BROKERS"]
            .into_iter()
            .find(|name| !is_taken(name));
        self.inter_broker = self.listeners.len();
        self.listeners.push(Listener {
            name: name.unwrap_or("TONKAFKA").to_owned(),
            port: BROKERS_PORT,
        });
    }

    /// Every listener, and who uses it in a secure cluster.
    fn secured(&self) -> impl Iterator<Item = (&str, For)> {
        let listeners = self.listeners.iter().enumerate();
        let listeners = listeners.map(|(index, listener)| {
            let whom = if index == self.inter_broker {
                For::Brokers
            } else {
                For::Clients
            };
            (listener.name.as_str(), whom)
        });
        listeners.chain([(self.controller.name.as_str(), For::Brokers)])
    }

    /// Moves listeners to free ports. The clients' port is `port`, or otherwise the manifest's, and
    /// stays even if it is taken: the caller reports that. The others are moved if their port is taken
    /// or `port` is given.
    pub fn choose_ports(
        &mut self,
        port: Option<u16>,
        is_free: impl Fn(u16) -> bool,
        any_free: impl Fn() -> Option<u16>,
    ) {
        let client = self.client;
        if let Some(port) = port {
            self.listeners[client].port = port;
        }
        let mut used = vec![self.listeners[client].port];
        let others = self.listeners.iter_mut().enumerate();
        let others = others.filter(|(index, _)| *index != client);
        let others = others.map(|(_, listener)| listener);
        for listener in others.chain([&mut self.controller]) {
            if port.is_some() || used.contains(&listener.port) || !is_free(listener.port) {
                let free = (0..100).filter_map(|_| any_free());
                let mut unused = free.filter(|port| !used.contains(port));
                listener.port = unused.next().unwrap_or(listener.port);
            }
            used.push(listener.port);
        }
    }

    /// The port of the clients' listener.
    #[must_use]
    pub fn client_port(&self) -> u16 {
        self.listeners[self.client].port
    }

    /// `localhost:PORT` for clients.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        format!("localhost:{}", self.client_port())
    }

    /// Every listener's port by name, including the controller's.
    #[must_use]
    pub fn ports(&self) -> BTreeMap<String, u16> {
        let all = self.listeners.iter().chain([&self.controller]);
        all.map(|listener| (listener.name.clone(), listener.port))
            .collect()
    }

    fn bound(&self) -> String {
        let all = self.listeners.iter().chain([&self.controller]);
        join(all.map(|Listener { name, port }| format!("{name}://127.0.0.1:{port}")))
    }

    fn advertised(&self) -> String {
        let all = self.listeners.iter();
        join(all.map(|Listener { name, port }| format!("{name}://localhost:{port}")))
    }

    /// The manifest's map, completed.
    fn protocols(&self, settings: &BTreeMap<String, String>) -> String {
        let mapped = settings.get("listener.security.protocol.map");
        let mapped: BTreeMap<&str, &str> = mapped
            .into_iter()
            .flat_map(|map| map.split(','))
            .filter_map(|pair| pair.trim().split_once(':'))
            .collect();
        let all = self.listeners.iter().chain([&self.controller]);
        join(all.map(|Listener { name, .. }| {
            let itself = PROTOCOLS.into_iter().find(|protocol| protocol == name);
            let protocol = mapped.get(name.as_str()).copied().or(itself);
            format!("{name}:{}", protocol.unwrap_or("PLAINTEXT"))
        }))
    }
}

/// The settings of broker 1 in a manifest: its defaults, its own settings, and its process settings;
/// later ones win. Settings of the local cluster are left out.
#[must_use]
pub fn manifest_properties(broker: &BrokerSettings) -> BTreeMap<String, String> {
    let mut properties = BTreeMap::new();
    let own = broker.brokers.get(&1);
    for settings in [Some(&broker.defaults), own].into_iter().flatten() {
        properties.extend(settings.iter().filter_map(|(key, setting)| match setting {
            Setting::Value(value) => Some((key.clone(), value.clone())),
            Setting::Unset => None,
        }));
    }
    properties.extend(broker.process.settings.clone());
    properties.retain(|key, _| !OURS.contains(&key.as_str()));
    properties
}

/// The properties of broker and controller 1: the settings for a single broker,
/// [`manifest_properties`], and those of the local cluster; later ones win. `secrets` is the directory
/// of a secure cluster's files, whose settings a manifest may not set.
#[must_use]
pub fn server_properties(
    broker: &BrokerSettings,
    layout: &Listeners,
    data: &Path,
    secrets: Option<&Path>,
) -> BTreeMap<String, String> {
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let mut properties: BTreeMap<String, String> = ONE_BROKER.into_iter().map(owned).collect();
    properties.extend(manifest_properties(broker));
    if secrets.is_some() {
        properties.retain(|key, _| !secure::is_ours(key));
    }
    if !properties.contains_key("security.inter.broker.protocol") {
        let name = layout.listeners[layout.inter_broker].name.clone();
        properties.insert("inter.broker.listener.name".into(), name);
    }
    let Listener { name, port } = &layout.controller;
    let ours = [
        ("process.roles", "broker,controller".into()),
        ("node.id", "1".into()),
        ("controller.quorum.voters", format!("1@localhost:{port}")),
        ("controller.listener.names", name.clone()),
        ("listeners", layout.bound()),
        ("advertised.listeners", layout.advertised()),
        (
            "listener.security.protocol.map",
            layout.protocols(&broker.process.settings),
        ),
        ("log.dirs", data.display().to_string()),
    ];
    properties.extend(ours.map(|(key, value)| (key.to_owned(), value)));
    if let Some(secrets) = secrets {
        let protocols = layout.secured();
        let protocols = protocols.map(|(name, whom)| format!("{name}:{}", whom.protocol()));
        let map = "listener.security.protocol.map".to_owned();
        properties.insert(map, join(protocols));
        properties.extend(secure::properties(layout.secured(), secrets));
    }
    properties
}

/// The JVM's flags for a heap such as `1G`.
///
/// # Errors
/// `-Xmx` does not accept the size.
pub fn heap_flags(heap: Option<&str>) -> Result<Vec<String>, SettingsError> {
    let Some(heap) = heap else {
        return Ok(vec![format!("-Xmx{DEFAULT_HEAP}")]);
    };
    let digits = heap.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G']);
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    if !is_number || heap.len() > digits.len() + 1 {
        return Err(SettingsError::Heap(heap.to_owned()));
    }
    Ok(vec![format!("-Xmx{heap}"), format!("-Xms{heap}")])
}

/// Parses `NAME://host:port`; the host is replaced anyway.
fn parse(text: &str) -> Result<Listener, SettingsError> {
    let parts = || {
        let (name, address) = text.trim().split_once("://")?;
        let (_, port) = address.rsplit_once(':')?;
        let name = name.to_ascii_uppercase();
        let named = !name.is_empty() && !name.contains([':', ',', ' ']);
        let port = port.parse().ok().filter(|port| named && *port != 0)?;
        Some(Listener { name, port })
    };
    parts().ok_or_else(|| SettingsError::Listener(text.trim().to_owned()))
}

fn check_unique(listeners: &[Listener]) -> Result<(), SettingsError> {
    for (index, listener) in listeners.iter().enumerate() {
        let earlier = &listeners[..index];
        if earlier.iter().any(|other| other.name == listener.name) {
            return Err(SettingsError::Twice(listener.name.clone()));
        }
        if earlier.iter().any(|other| other.port == listener.port) {
            return Err(SettingsError::Twice(listener.port.to_string()));
        }
    }
    Ok(())
}

/// Takes the controller's listener out of the list, or creates one.
fn take_controller(listeners: &mut Vec<Listener>, settings: &BTreeMap<String, String>) -> Listener {
    let name = settings.get("controller.listener.names");
    let name = name.map_or(CONTROLLER, |names| names.split(',').next().unwrap_or(names));
    let position = listeners.iter().position(|listener| listener.name == name);
    position.map_or_else(
        || Listener {
            name: name.to_owned(),
            port: CONTROLLER_PORT,
        },
        |position| listeners.remove(position),
    )
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::desired::Process;

    fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    fn platform() -> BTreeMap<String, String> {
        settings(&[
            (
                "listeners",
                "INTERNAL://0.0.0.0:29092,EXTERNAL://0.0.0.0:9092",
            ),
            (
                "advertised.listeners",
                "INTERNAL://lowcode-kafka:29092,EXTERNAL://localhost:9092",
            ),
            ("inter.broker.listener.name", "INTERNAL"),
        ])
    }

    fn start(process: BTreeMap<String, String>, layout: &Listeners) -> BTreeMap<String, String> {
        let mut broker = BrokerSettings {
            process: Process {
                heap: None,
                settings: process,
            },
            ..BrokerSettings::default()
        };
        let value = |value: &str| Setting::Value(value.into());
        broker
            .defaults
            .insert("log.retention.hours".into(), value("168"));
        broker
            .defaults
            .insert("num.partitions".into(), Setting::Unset);
        broker
            .brokers
            .insert(1, [("log.retention.hours".into(), value("24"))].into());
        server_properties(&broker, layout, Path::new("/data"), None)
    }

    #[test]
    fn the_platforms_listeners_move_to_the_loopback_interface() {
        let layout = Listeners::of(&platform()).unwrap();
        let properties = start(platform(), &layout);
        let expected = [
            (
                "listeners",
                "INTERNAL://127.0.0.1:29092,EXTERNAL://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093",
            ),
            (
                "advertised.listeners",
                "INTERNAL://localhost:29092,EXTERNAL://localhost:9092",
            ),
            (
                "listener.security.protocol.map",
                "INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            ),
            ("inter.broker.listener.name", "INTERNAL"),
            ("controller.quorum.voters", "1@localhost:9093"),
            ("log.dirs", "/data"),
            ("log.retention.hours", "24"),
        ];
        for (key, value) in expected {
            assert_eq!(properties[key], value, "{key}");
        }
        assert!(!properties.contains_key("num.partitions"));
        assert_eq!(layout.bootstrap(), "localhost:9092");
    }

    #[test]
    fn a_port_given_replaces_that_of_clients_and_moves_the_others() {
        let mut layout = Listeners::of(&platform()).unwrap();
        let next = std::cell::Cell::new(19_093);
        let any = || Some(next.replace(next.get() + 1));
        layout.choose_ports(Some(19_093), |_| true, any);
        let ports = layout.ports();
        assert_eq!(ports["EXTERNAL"], 19_093);
        assert_eq!((ports["INTERNAL"], ports["CONTROLLER"]), (19_094, 19_095));
    }

    #[test]
    fn other_ports_move_only_when_taken() {
        let mut layout = Listeners::of(&platform()).unwrap();
        layout.choose_ports(None, |port| port != 29_092 && port != 9092, || Some(40_000));
        let ports = layout.ports();
        assert_eq!(ports["EXTERNAL"], 9092);
        assert_eq!((ports["INTERNAL"], ports["CONTROLLER"]), (40_000, 9093));
    }

    #[test]
    fn without_listeners_there_is_one_for_clients() {
        let layout = Listeners::of(&BTreeMap::new()).unwrap();
        let properties = start(BTreeMap::new(), &layout);
        assert_eq!(properties["inter.broker.listener.name"], "EXTERNAL");
        assert_eq!(properties["offsets.topic.replication.factor"], "1");
        assert_eq!(layout.client_port(), 9092);
    }

    #[test]
    fn the_manifests_own_controller_listener_and_protocols_are_kept() {
        let process = settings(&[
            ("listeners", "SASL_SSL://:9094,CLIENT://:9092,CTL://:9095"),
            ("controller.listener.names", "CTL"),
            ("listener.security.protocol.map", "CLIENT:SSL"),
        ]);
        let layout = Listeners::of(&process).unwrap();
        let properties = start(process, &layout);
        let map = "SASL_SSL:SASL_SSL,CLIENT:SSL,CTL:PLAINTEXT";
        assert_eq!(properties["listener.security.protocol.map"], map);
        assert_eq!(properties["controller.quorum.voters"], "1@localhost:9095");
    }

    #[test]
    fn a_secure_broker_decides_itself_who_gets_in() {
        let process = settings(&[
            ("super.users", "User:mallory"),
            ("ssl.client.auth", "none"),
            ("security.inter.broker.protocol", "PLAINTEXT"),
            ("num.network.threads", "1"),
        ]);
        let mut layout = Listeners::of(&process).unwrap();
        layout.keep_brokers_apart();
        let mut broker = BrokerSettings::default();
        broker.process.settings = process;
        let (data, secrets) = (Path::new("/data/kafka"), Path::new("/data"));
        let properties = server_properties(&broker, &layout, data, Some(secrets));
        let expected = [
            (
                "listener.security.protocol.map",
                "EXTERNAL:SASL_SSL,INTERNAL:SSL,CONTROLLER:SSL",
            ),
            ("inter.broker.listener.name", "INTERNAL"),
            ("super.users", "User:admin;User:broker"),
            ("listener.name.internal.ssl.client.auth", "required"),
            ("listener.name.controller.ssl.client.auth", "required"),
            ("ssl.keystore.location", "/data/broker.pem"),
            ("num.network.threads", "1"),
            ("log.dirs", "/data/kafka"),
        ];
        for (key, value) in expected {
            assert_eq!(properties[key], value, "{key}");
        }
        for key in ["ssl.client.auth", "security.inter.broker.protocol"] {
            assert!(!properties.contains_key(key), "{key}");
        }
        // A listener that only brokers use stays theirs.
        let mut layout = Listeners::of(&platform()).unwrap();
        layout.keep_brokers_apart();
        assert_eq!(layout.ports().len(), 3);
    }

    #[test]
    fn bad_listeners_and_heaps_are_refused() {
        let of = |listeners| Listeners::of(&settings(&[("listeners", listeners)]));
        assert_eq!(of("9092"), Err(SettingsError::Listener("9092".into())));
        assert_eq!(of("A://:x"), Err(SettingsError::Listener("A://:x".into())));
        assert_eq!(of("A://:1,A://:2"), Err(SettingsError::Twice("A".into())));
        assert_eq!(of("A://:1,B://:1"), Err(SettingsError::Twice("1".into())));
        assert!(of("CONTROLLER://:1").is_err());
        assert_eq!(heap_flags(Some("1G")).unwrap(), ["-Xmx1G", "-Xms1G"]);
        for bad in ["", "G", "1GB", "-1", "1 G", "1.5G"] {
            assert!(heap_flags(Some(bad)).is_err(), "{bad}");
        }
    }
}
