//! How a local cluster is to be started.

use std::path::PathBuf;

use super::profile::LocalProfile;
use crate::model::desired::BrokerSettings;

/// What is to run a local cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// Docker if it answers, else native.
    #[default]
    Auto,
    /// Docker Compose.
    Docker,
    /// A Java process.
    Native,
}

/// How to start a local cluster.
#[derive(Debug, Clone, Default)]
pub struct UpOptions {
    /// What runs it.
    pub engine: Engine,
    /// How it is laid out.
    pub profile: LocalProfile,
    /// The port for clients instead of the manifest's; all other ports are then chosen free. 0
    /// chooses this one too.
    pub port: Option<u16>,
    /// Where a native broker keeps its data instead of [`super::Places::default_data`].
    pub data_dir: Option<PathBuf>,
    /// Kafka's version for the native engine instead of [`super::artefacts::DEFAULT_VERSION`].
    pub kafka_version: Option<String>,
    /// The manifest's broker settings.
    pub broker: BrokerSettings,
    /// The manifest's path, for the record.
    pub manifest: Option<PathBuf>,
}
