//! The request versions that brokers support. Brokers with the same versions share a row.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::json::of_one;
use super::style::Look;
use super::table::{Cell, Choice, Column, Listing, table};
use super::text::escape;
use crate::model::api_versions::{ApiVersion, ApiVersions, Feature};
use crate::model::broker::BrokerId;
use crate::model::seen::Seen;

/// The answer of each broker.
pub type BrokerApiVersions = BTreeMap<BrokerId, Seen<ApiVersions>>;

/// The columns of the table of requests.
pub const COLUMNS: [Column; 6] = [
    Column::words("api"),
    Column::numbers("key"),
    Column::numbers("min"),
    Column::numbers("max"),
    Column::numbers("used"),
    Column::words("brokers"),
];

/// The requests, one per row, then the features.
#[must_use]
pub fn api_versions(look: Look, found: &BrokerApiVersions, choice: &Choice) -> String {
    let apis = shared(found, |versions| &versions.apis);
    let listing = Listing {
        columns: &COLUMNS,
        rows: apis.iter().map(|(api, ids)| api_cells(api, ids)).collect(),
    };
    let mut text = listing.show(look, choice);
    let features = shared(found, |versions| &versions.features);
    if !features.is_empty() {
        let rows = features
            .iter()
            .map(|(feature, ids)| feature_cells(feature, ids))
            .collect();
        let headings = ["FEATURE", "SUPPORTED", "FINALIZED", "BROKERS"];
        text += "\n";
        text += &table(look, &headings, &["FINALIZED"], rows);
    }
    text
}

/// Every distinct item of the brokers, with the brokers that have it.
fn shared<T: Ord>(
    found: &BrokerApiVersions,
    items: impl Fn(&ApiVersions) -> &Vec<T>,
) -> BTreeMap<&T, Vec<BrokerId>> {
    let mut shared: BTreeMap<&T, Vec<BrokerId>> = BTreeMap::new();
    for (id, seen) in found {
        for item in seen.value().into_iter().flat_map(&items) {
            shared.entry(item).or_default().push(*id);
        }
    }
    shared
}

fn api_cells(api: &ApiVersion, ids: &[BrokerId]) -> Vec<Cell> {
    vec![
        Cell::words(escape(&api.name)),
        Cell::number(api.key),
        Cell::number(api.min),
        Cell::number(api.max),
        Cell::known(api.used.map(i64::from)),
        Cell::words(list(ids)),
    ]
}

fn feature_cells(feature: &Feature, ids: &[BrokerId]) -> Vec<String> {
    vec![
        escape(&feature.name),
        format!("{} to {}", feature.min, feature.max),
        feature
            .finalized
            .map_or("-".to_owned(), |level| level.to_string()),
        list(ids),
    ]
}

fn list(ids: &[BrokerId]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.join(",")
}

/// Request versions and features of one broker.
#[derive(Serialize, JsonSchema)]
pub(super) struct BrokerApiFields<'a> {
    broker: BrokerId,
    versions: &'a Seen<ApiVersions>,
}

/// Request versions and features as JSON, by broker.
#[must_use]
pub fn api_versions_json(found: &BrokerApiVersions) -> String {
    let brokers = found.iter().map(|(id, versions)| BrokerApiFields {
        broker: *id,
        versions,
    });
    of_one("ApiVersions", "brokers", &brokers.collect::<Vec<_>>())
}
