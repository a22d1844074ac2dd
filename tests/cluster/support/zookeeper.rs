//! A real ZooKeeper, for Kafka versions that need one.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tonkafka::local::properties;

use super::kafka::{JVM, Running, artefacts, free_port, tail, unique_dir};

const START: Duration = Duration::from_mins(1);

/// The last version of Kafka that runs with ZooKeeper.
pub const KAFKA_VERSION: &str = "3.9.2";

/// A running ZooKeeper. Ends when dropped.
pub struct ZooKeeper {
    running: Option<Running>,
    dir: PathBuf,
    port: u16,
}

impl ZooKeeper {
    /// Starts it with these properties, on its own port and directory, and waits until it listens.
    pub fn start(properties: &BTreeMap<String, String>) -> Self {
        let above = unique_dir();
        let dir = above.join("zookeeper");
        fs::create_dir_all(&dir).unwrap();
        let port = free_port();
        let file = dir.join("zookeeper.properties");
        fs::write(&file, render(properties, &dir, port)).unwrap();
        let main_class = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
        let mut java = artefacts(KAFKA_VERSION).command(JVM, main_class);
        java.arg(&file);
        let zookeeper = Self {
            running: Some(Running::start(&dir, &java)),
            dir,
            port,
        };
        zookeeper.wait();
        zookeeper
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn wait(&self) {
        let deadline = Instant::now() + START;
        while TcpStream::connect(self.address()).is_err() {
            let alive = self.running.as_ref().is_some_and(Running::is_alive);
            let log = || fs::read_to_string(self.dir.join("kafka.log")).unwrap_or_default();
            assert!(alive && Instant::now() < deadline, "{}", tail(&log()));
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for ZooKeeper {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.discard();
        }
    }
}

fn render(given: &BTreeMap<String, String>, dir: &Path, port: u16) -> String {
    let mut properties = given.clone();
    let data = dir.join("data").display().to_string();
    properties.insert("dataDir".into(), data);
    properties.insert("clientPort".into(), port.to_string());
    properties.insert("clientPortAddress".into(), "127.0.0.1".into());
    properties.insert("admin.enableServer".into(), "false".into()); // it has a fixed port
    properties::render(&properties)
}
