//! Options of a local cluster.

use std::path::PathBuf;

use super::profile::LocalProfile;
use crate::model::desired::BrokerSettings;

/// The engine that runs a local cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// Docker if it answers, otherwise native.
    #[default]
    Auto,
    /// Docker Compose.
    Docker,
    /// A Java process.
    Native,
}

/// Options of `up`.
#[derive(Debug, Clone, Default)]
pub struct UpOptions {
    /// The engine.
    pub engine: Engine,
    /// The profile.
    pub profile: LocalProfile,
    /// The port for clients, in place of the manifest's; all other ports are then free ones. 0 is a
    /// free port.
    pub port: Option<u16>,
    /// The data directory of a native broker, in place of [`super::Places::default_data`].
    pub data_dir: Option<PathBuf>,
    /// Kafka's version for the native engine, in place of [`super::artefacts::DEFAULT_VERSION`].
    pub kafka_version: Option<String>,
    /// The manifest's broker settings.
    pub broker: BrokerSettings,
    /// The manifest's path, for the record.
    pub manifest: Option<PathBuf>,
}
