//! Reads and writes ACLs.

use std::sync::Arc;

use crate::cluster::Answer;
use crate::cluster::live::LiveCluster;
use crate::cluster::live::send::{Parts, Target, write};
use crate::cluster::live::wire::acls::{ACLS, Deleted, Described, Results, Written};
use crate::cluster::live::wire::{
    ApiKey, BrokerConnection, DescribeAclsRequest, KrafkaError, VersionedDecode, exchange,
};
use crate::model::access::AclBinding;

type Result<T> = std::result::Result<T, KrafkaError>;

pub(super) async fn acls_at(connection: Arc<BrokerConnection>) -> Result<Vec<AclBinding>> {
    let request = DescribeAclsRequest::all();
    let answer: Described = exchange(&connection, ApiKey::DescribeAcls, ACLS, &request).await?;
    let mut acls = answer.0;
    acls.sort();
    Ok(acls)
}

pub(super) async fn create(cluster: &LiveCluster, acls: &[AclBinding]) -> Vec<Answer> {
    send(cluster, ApiKey::CreateAcls, acls, |told: Results| told).await
}

pub(super) async fn delete(cluster: &LiveCluster, acls: &[AclBinding]) -> Vec<Answer> {
    send(cluster, ApiKey::DeleteAcls, acls, |told: Deleted| told.0).await
}

/// The response does not name ACLs: results are in the order of the request.
async fn send<T: VersionedDecode>(
    cluster: &LiveCluster,
    key: ApiKey,
    acls: &[AclBinding],
    results: impl Fn(T) -> Results,
) -> Vec<Answer> {
    let places: Vec<usize> = (0..acls.len()).collect();
    let parts = |told| parts(results(told), acls.len());
    let to = Target::Controller;
    write(cluster, to, (key, ACLS), &places, &Written(acls), parts).await
}

/// The results by position; none if their number differs, because they could be about any ACL.
fn parts(told: Results, wanted: usize) -> Parts<usize> {
    let mut items = Vec::new();
    if told.results.len() == wanted {
        let told = told.results.into_iter().enumerate();
        items.extend(told.map(|(place, (code, words))| (place, code, words)));
    }
    Parts {
        throttle_ms: told.throttle_ms,
        items,
    }
}
