//! The properties of brokers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Kafka;

impl Kafka {
    pub(super) fn properties(&self, id: i32) -> String {
        let mut properties = if let Some(exactly) = self.options.exactly {
            let ports = &self.ports[usize::try_from(id).unwrap() - 1];
            let ports = [ports.client, ports.broker, ports.controller];
            exactly(&self.broker_dir(id), ports)
        } else {
            let mut properties = self.common_properties();
            properties.extend(self.listener_properties(id));
            if self.zookeeper.is_some() {
                keep_metadata_in_zookeeper(&mut properties);
            }
            properties
        };
        properties.extend(self.options.properties.iter().cloned());
        properties
            .iter()
            .fold(String::new(), |mut text, (key, value)| {
                writeln!(text, "{key}={}", value.replace('\\', "\\\\")).unwrap();
                text
            })
    }

    fn common_properties(&self) -> BTreeMap<String, String> {
        let replicas = self.ports.len().min(3).to_string();
        [
            ("process.roles", "broker,controller"),
            ("controller.listener.names", "CONTROLLER"),
            ("inter.broker.listener.name", "BROKER"),
            ("offsets.topic.num.partitions", "4"),
            ("offsets.topic.replication.factor", &replicas),
            ("transaction.state.log.num.partitions", "4"),
            ("transaction.state.log.replication.factor", &replicas),
            ("transaction.state.log.min.isr", "1"),
            ("share.coordinator.state.topic.num.partitions", "4"),
            (
                "share.coordinator.state.topic.replication.factor",
                &replicas,
            ),
            ("share.coordinator.state.topic.min.isr", "1"),
            ("group.initial.rebalance.delay.ms", "0"),
            ("auto.create.topics.enable", "true"),
            ("num.network.threads", "1"),
            ("num.io.threads", "4"),
            ("log.cleaner.dedupe.buffer.size", "8388608"),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
    }

    fn listener_properties(&self, id: i32) -> BTreeMap<String, String> {
        let ports = &self.ports[usize::try_from(id).unwrap() - 1];
        let mut names = vec!["CLIENT".to_owned(), "BROKER".to_owned()];
        let mut bound = vec![ports.client, ports.broker];
        let mut advertised = bound.clone();
        for (slot, (listens, told)) in ports.proxies.iter().enumerate() {
            names.push(format!("PROXY{slot}"));
            bound.push(*listens);
            advertised.push(*told);
        }
        let with_ports = |ports: &[u16]| {
            let pairs = names.iter().zip(ports);
            let each = pairs.map(|(name, port)| format!("{name}://127.0.0.1:{port}"));
            each.collect::<Vec<_>>().join(",")
        };
        let map = names.iter().map(|name| format!("{name}:PLAINTEXT,"));
        let voters = self.ids().zip(&self.ports);
        let voters = voters.map(|(id, ports)| format!("{id}@127.0.0.1:{}", ports.controller));
        BTreeMap::from([
            ("node.id".into(), id.to_string()),
            (
                "listeners".into(),
                format!(
                    "{},CONTROLLER://127.0.0.1:{}",
                    with_ports(&bound),
                    ports.controller
                ),
            ),
            ("advertised.listeners".into(), with_ports(&advertised)),
            (
                "listener.security.protocol.map".into(),
                map.collect::<String>() + "CONTROLLER:PLAINTEXT",
            ),
            (
                "controller.quorum.voters".into(),
                voters.collect::<Vec<_>>().join(","),
            ),
            (
                "log.dirs".into(),
                self.broker_dir(id).join("data").display().to_string(),
            ),
        ])
    }
}

/// Removes the properties of a controller.
fn keep_metadata_in_zookeeper(properties: &mut BTreeMap<String, String>) {
    properties.retain(|key, _| !key.starts_with("controller.") && key != "process.roles");
    let id = properties.remove("node.id").unwrap();
    properties.insert("broker.id".to_owned(), id);
    let listeners = properties.get_mut("listeners").unwrap();
    *listeners = listeners.split(",CONTROLLER").next().unwrap().to_owned();
}
