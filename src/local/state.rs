//! The record of the running local cluster.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::LocalError;
use super::files;
use super::places::Places;
use super::process::ProcessId;
use super::secure::Secured;
use crate::store;

const FORMAT_VERSION: u32 = 1;

/// The engine of a running cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RunningEngine {
    /// Docker Compose.
    Docker,
    /// A Java process of this machine.
    Native,
}

/// A local cluster that `up` started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartedCluster {
    /// The format version, 1.
    #[schemars(extend("const" = FORMAT_VERSION))]
    pub format_version: u32,
    /// The engine.
    pub engine: RunningEngine,
    /// The profile: `single` or `secure`.
    pub profile: String,
    /// The `cluster.id`; none if only the cluster knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// Kafka's version.
    pub kafka_version: String,
    /// `host:port` for clients.
    pub bootstrap: String,
    /// The login of clients; none without authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<Secured>,
    /// Ports by listener name; `UI` is that of the web UI.
    pub ports: BTreeMap<String, u16>,
    /// The broker's process; native engine only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessId>,
    /// The data directory; native engine only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// The broker's log; native engine only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<PathBuf>,
    /// When it was started, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub started_at: String,
    /// The manifest that the cluster was started for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<PathBuf>,
}

impl StartedCluster {
    /// The format version that is written.
    pub const FORMAT_VERSION: u32 = FORMAT_VERSION;

    /// The record in the state directory; none if it does not exist.
    ///
    /// # Errors
    /// The record cannot be read, or has another format version.
    pub fn load(places: &Places) -> Result<Option<Self>, LocalError> {
        let path = places.record();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LocalError::file("read", &path, error)),
        };
        let unusable = |reason: String| LocalError::Record {
            path: path.clone(),
            reason,
        };
        let record: Self =
            serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        if record.format_version != FORMAT_VERSION {
            let reason = format!("its format version is {}", record.format_version);
            return Err(unusable(reason));
        }
        Ok(Some(record))
    }

    pub(super) fn save(&self, places: &Places) -> Result<(), LocalError> {
        let path = places.record();
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| LocalError::file("write", &path, error.into()))?;
        files::replace(&path, &text)
    }

    pub(super) fn remove(places: &Places) -> Result<(), LocalError> {
        let path = places.record();
        store::remove(&path).map_err(|error| LocalError::file("remove", &path, error))
    }
}
