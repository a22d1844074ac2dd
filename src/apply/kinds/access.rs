//! Sends and verifies changes of ACLs and quotas.

use super::super::judge::{Judgement, Reading, View, all, otherwise};
use super::super::report::Deviation;
use super::{Applied, Change};
use crate::cluster::{Answer, Cluster, Mode};
use crate::model::access::{AclBinding, Entity};
use crate::model::seen::Seen;
use crate::plan::kinds::{AlterQuota, CreateAcl, DeleteAcl, StepKind};

impl Applied for CreateAcl {
    async fn send(cluster: &dyn Cluster, all: &[Change<'_, Self>], _: Mode) -> Vec<Answer> {
        cluster.create_acls(&acls(all)).await
    }

    fn reading(_: &AclBinding) -> Reading {
        Reading::Acls
    }

    fn judge(&self, on: &AclBinding, view: &View) -> Judgement {
        match is_there(on, view) {
            Some(true) => Judgement::InEffect,
            Some(false) => Judgement::NotYet("the ACL is not there".to_owned()),
            None => Judgement::Unseen("the ACLs cannot be seen".to_owned()),
        }
    }
}

impl Applied for DeleteAcl {
    async fn send(cluster: &dyn Cluster, all: &[Change<'_, Self>], _: Mode) -> Vec<Answer> {
        cluster.delete_acls(&acls(all)).await
    }

    fn reading(_: &AclBinding) -> Reading {
        Reading::Acls
    }

    fn judge(&self, on: &AclBinding, view: &View) -> Judgement {
        match is_there(on, view) {
            Some(false) => Judgement::InEffect,
            Some(true) => Judgement::NotYet("the ACL is still there".to_owned()),
            None => Judgement::Unseen("the ACLs cannot be seen".to_owned()),
        }
    }
}

fn acls<K: StepKind<Target = AclBinding>>(all: &[Change<'_, K>]) -> Vec<AclBinding> {
    all.iter().map(|(acl, _)| (*acl).clone()).collect()
}

/// Whether the ACL exists; none when unknown.
fn is_there(acl: &AclBinding, view: &View) -> Option<bool> {
    match view {
        View::Acls(Seen::Value(acls)) => Some(acls.contains(acl)),
        _ => None,
    }
}

impl Applied for AlterQuota {
    async fn send(cluster: &dyn Cluster, all: &[Change<'_, Self>], _: Mode) -> Vec<Answer> {
        let altered = all.iter().map(|(entity, alter)| {
            let changes = alter.changes.iter().map(|one| (one.key.clone(), one.after));
            ((*entity).clone(), changes.collect())
        });
        let altered: Vec<_> = altered.collect();
        cluster.alter_quotas(&altered).await
    }

    fn reading(_: &Entity) -> Reading {
        Reading::Quotas
    }

    fn judge(&self, on: &Entity, view: &View) -> Judgement {
        let View::Quotas(Seen::Value(quotas)) = view else {
            return Judgement::Unseen("the quotas cannot be seen".to_owned());
        };
        let quota = quotas.get(on);
        all(self.changes.iter().map(|change| {
            let found = quota.and_then(|values| values.get(&change.key).copied());
            if found == change.after {
                return Judgement::InEffect;
            }
            let text = |value: &_| ToString::to_string(value);
            let (planned, shown) = (change.after.as_ref().map(text), found.as_ref().map(text));
            let deviation = Deviation::new(&change.key, planned, shown);
            otherwise(found == change.before, deviation)
        }))
    }
}
