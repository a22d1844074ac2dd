//! A plan saved in a file, to be applied exactly later.
//!
//! The file is the plan's JSON with a checksum over its content: only whitespace may change. Secrets are in
//! it as digests only.

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::brokers::secret_place;
use super::kinds::{Action, After};
use super::resource::Resource;
use super::target::{ConfigTarget, StepTarget};
use super::{FORMAT_VERSION, Plan, strict};
use crate::model::desired::{Desired, Setting};
use crate::model::escape::json;
use crate::model::hex::hex;
use crate::model::secret::Secret;

/// Why a file cannot be read as a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// It is not valid JSON, or was cut off.
    #[error("it is not valid JSON, or was cut off: {0}")]
    Json(String),
    /// It is JSON, but not a plan.
    #[error("it is no plan: {0}")]
    Form(String),
    /// It has a format version that this program does not read.
    #[error(
        "it was written by another version of tonkafka: its format is {found}, this one reads {FORMAT_VERSION}"
    )]
    Version {
        /// The file's version.
        found: u64,
    },
    /// The content was changed after it was written.
    #[error("its checksum is wrong: it was changed after it was written")]
    Checksum,
}

/// The name of the checksum's field.
const CHECKSUM: &str = "checksum";

/// The text of the plan's file.
#[must_use]
pub fn to_text(plan: &Plan) -> String {
    let mut document = serde_json::to_value(plan).unwrap_or_default();
    let checksum = checksum(&document);
    document[CHECKSUM] = Value::String(checksum);
    // Plans have string keys and finite numbers only, so this cannot fail.
    json(serde_json::to_string_pretty(&document).unwrap_or_default()) + "\n"
}

/// The plan's checksum: SHA-256 in hexadecimal.
#[must_use]
pub fn hash(plan: &Plan) -> String {
    checksum(&serde_json::to_value(plan).unwrap_or_default())
}

/// Reads a plan from the text of its file.
///
/// # Errors
/// The text is not a plan, has another format version, or was changed.
pub fn from_text(text: &str) -> Result<Plan, PlanFileError> {
    let mut document =
        strict::from_str(text).map_err(|error| PlanFileError::Json(error.to_string()))?;
    let Some(fields) = document.as_object_mut() else {
        return Err(PlanFileError::Form("it is not an object".to_owned()));
    };
    if fields.get("kind").and_then(Value::as_str) != Some("Plan") {
        return Err(PlanFileError::Form("its `kind` is not `Plan`".to_owned()));
    }
    match fields.get("formatVersion").and_then(Value::as_u64) {
        Some(found) if found == u64::from(FORMAT_VERSION) => {}
        Some(found) => return Err(PlanFileError::Version { found }),
        None => {
            let reason = "its `formatVersion` is missing, or no whole number";
            return Err(PlanFileError::Form(reason.to_owned()));
        }
    }
    let written = fields.shift_remove(CHECKSUM);
    if written != Some(Value::String(checksum(&document))) {
        return Err(PlanFileError::Checksum);
    }
    let plan =
        Plan::deserialize(document).map_err(|error| PlanFileError::Form(error.to_string()))?;
    Ok(plan)
}

/// The manifest's value for a secret is not the planned one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{key} of {resource} is hidden in the plan, and the manifest does not have the value that was planned"
)]
pub struct OtherSecret {
    resource: Resource,
    key: String,
}

/// Whether the plan holds secrets; its file has only their digests.
#[must_use]
pub fn has_secrets(plan: &Plan) -> bool {
    let mut plan = plan.clone();
    secrets(&mut plan).next().is_some()
}

/// Fills in the plan's secrets from the manifest that it was made from.
///
/// # Errors
/// The first secret whose planned value the manifest does not have.
pub fn reveal(plan: &mut Plan, desired: &Desired) -> Result<(), OtherSecret> {
    let cluster_id = plan.cluster_id.clone();
    for (on, key, secret) in secrets(plan) {
        let settings = match &on {
            ConfigTarget::BrokerDefaults => Some(&desired.broker.defaults),
            ConfigTarget::Broker(id) => desired.broker.brokers.get(id),
            ConfigTarget::Topic(_) => None,
        };
        let resource = on.resource();
        let place = secret_place(&cluster_id, &resource, &key);
        *secret = settings
            .and_then(|settings| settings.get(&key))
            .and_then(|setting| match setting {
                Setting::Value(value) => Some(Secret::new(&place, value)),
                Setting::Unset => None,
            })
            .filter(|known| known.is_same(secret))
            .ok_or(OtherSecret { resource, key })?;
    }
    Ok(())
}

fn secrets(plan: &mut Plan) -> impl Iterator<Item = (ConfigTarget, String, &mut Secret)> {
    let altered = plan
        .steps
        .iter_mut()
        .filter_map(|step| match &mut step.action {
            Action::AlterConfigs(on, altered) => Some((on, altered)),
            _ => None,
        });
    altered.flat_map(|(on, altered)| {
        let changes = altered.changes.iter_mut();
        changes.filter_map(|change| match &mut change.after {
            After::Secret(secret) => Some((on.clone(), change.key.clone(), secret)),
            After::Set(_) | After::Removed => None,
        })
    })
}

fn checksum(document: &Value) -> String {
    hex(Sha256::digest(document.to_string()))
}
