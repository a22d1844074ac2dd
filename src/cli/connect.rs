//! Opens the cluster that the settings name.

use std::time::Duration;

use super::args::Global;
use super::exit::{Exit, Failure};
use crate::cluster::Cluster;
use crate::cluster::live::LiveCluster;
use crate::cluster::settings::ConnectionSettings;
use crate::model::desired::Desired;

/// What is asked where nothing else is said.
const DEFAULT_BOOTSTRAP: &str = "localhost:9092";

/// A cluster and what to call it.
pub(super) struct Connected {
    pub(super) cluster: Box<dyn Cluster>,
    pub(super) address: String,
}

/// Connects: the flag or its variable first, then the manifest, then this machine.
///
/// # Errors
/// An address is malformed, or nobody answers there.
pub(super) async fn open(global: &Global, desired: Option<&Desired>) -> anyhow::Result<Connected> {
    let bootstrap = bootstrap(global.bootstrap_server.as_deref(), desired);
    to(bootstrap, global.timeout).await
}

/// The brokers to ask first: those that were named, else the manifest's, else this machine's.
pub(super) fn bootstrap(named: Option<&str>, desired: Option<&Desired>) -> Vec<String> {
    match (named, desired) {
        (Some(text), _) => text.split(',').map(|one| one.trim().to_owned()).collect(),
        (None, Some(desired)) if !desired.cluster.bootstrap.is_empty() => {
            desired.cluster.bootstrap.clone()
        }
        (None, _) => vec![DEFAULT_BOOTSTRAP.to_owned()],
    }
}

/// Connects to these brokers.
///
/// # Errors
/// An address is malformed, or nobody answers there.
pub(super) async fn to(bootstrap: Vec<String>, timeout: Duration) -> anyhow::Result<Connected> {
    #[cfg(feature = "fake")]
    if let [one] = bootstrap.as_slice()
        && let Some(file) = one.strip_prefix("fake:")
    {
        return Ok(Connected {
            cluster: Box::new(crate::cluster::fake::FakeCluster::open(file.into())?),
            address: one.clone(),
        });
    }
    for address in &bootstrap {
        check(address)?;
    }
    let settings = ConnectionSettings { bootstrap, timeout };
    Ok(Connected {
        cluster: Box::new(LiveCluster::connect(&settings).await?),
        address: settings.address(),
    })
}

fn check(address: &str) -> Result<(), Failure> {
    let port = address
        .rsplit_once(':')
        .map(|(host, port)| (host, port.parse::<u16>()));
    match port {
        Some((host, Ok(1..))) if !host.is_empty() => Ok(()),
        _ => Err(Failure::new(
            Exit::BadInput,
            format!("`{address}` is no broker's address"),
        )
        .hint("write host:port, such as localhost:9092")),
    }
}
