//! Brings a cluster to what a manifest says, and says how that ended:
//! `cargo run --example plan_and_apply localhost:9092 topics.yaml`

#![allow(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tonkafka::apply::{Report, Stop};
use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::settings::ConnectionSettings;
use tonkafka::local::Places;
use tonkafka::manifest::{ParseOptions, Passing, parse, read_sources};
use tonkafka::ops::{self, apply::ApplySettings};
use tonkafka::plan::diff::DiffOptions;

/// Plans and applies. What has to be known later is kept below `shelves`.
///
/// # Errors
/// The manifest or the cluster cannot be used, or a guard refuses: nothing was written.
pub async fn bring(
    bootstrap: &str,
    manifest: PathBuf,
    shelves: &Path,
) -> Result<Report, Box<dyn Error>> {
    let sources = read_sources(&[manifest])?;
    let manifest = parse(&sources, ParseOptions::usual(None, Passing::default()))?;
    let cluster = LiveCluster::connect(&ConnectionSettings::plain(bootstrap)).await?;
    let plan = ops::plan(&cluster, &manifest, &DiffOptions::default()).await?;
    let (_handle, stop) = Stop::new();
    let settings = ApplySettings::new(Duration::from_mins(1), shelves, &stop);
    Ok(ops::apply(&cluster, &plan, settings, None, &mut |_event| {}).await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bootstrap, manifest] = arguments.as_slice() else {
        return Err("write the brokers, and a manifest".into());
    };
    let places = Places::from_environment()?;
    let report = bring(bootstrap, manifest.into(), &places.shelves).await?;
    for settled in &report.steps {
        println!("{}: {:?}", settled.step.resource(), settled.outcome);
    }
    println!("{:?}", report.status());
    Ok(())
}
