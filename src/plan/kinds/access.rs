//! ACLs that are created and deleted, and quotas that change.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kind::StepKind;
use crate::model::access::{AclBinding, Entity, QuotaValue};
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::plan::difference::Difference;

/// An ACL is created (`CreateAcls`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAcl {}

impl StepKind for CreateAcl {
    type Target = AclBinding;
    const NAME: &'static str = "createAcl";

    fn differences(&self, on: &AclBinding, observed: &Observed) -> Vec<Difference> {
        match acls(observed) {
            Err(unseen) => vec![unseen],
            Ok(acls) if acls.contains(on) => vec![Difference::new("the ACL", "absent", "there")],
            Ok(_) => Vec::new(),
        }
    }
}

/// An ACL is deleted (`DeleteAcls`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteAcl {}

impl StepKind for DeleteAcl {
    type Target = AclBinding;
    const NAME: &'static str = "deleteAcl";

    fn differences(&self, on: &AclBinding, observed: &Observed) -> Vec<Difference> {
        match acls(observed) {
            Err(unseen) => vec![unseen],
            Ok(acls) if acls.contains(on) => Vec::new(),
            Ok(_) => vec![Difference::new("the ACL", "there", "absent")],
        }
    }
}

fn acls(observed: &Observed) -> Result<&BTreeSet<AclBinding>, Difference> {
    let acls = observed.acls.as_ref().and_then(Seen::value);
    acls.ok_or_else(|| Difference::unseen("the ACL"))
}

/// An entity's quotas change, and all others are left alone (`AlterClientQuotas`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlterQuota {
    /// The keys, in order.
    pub changes: Vec<QuotaChange>,
}

/// One key of an entity's quotas that a step changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuotaChange {
    /// The key, such as `producer_byte_rate`.
    pub key: String,
    /// What it is; none where it is not set.
    pub before: Option<QuotaValue>,
    /// What it will be; none removes it.
    pub after: Option<QuotaValue>,
}

impl StepKind for AlterQuota {
    type Target = Entity;
    const NAME: &'static str = "alterQuota";

    fn weight(&self) -> usize {
        self.changes.len()
    }

    fn differences(&self, on: &Entity, observed: &Observed) -> Vec<Difference> {
        let Some(Seen::Value(quotas)) = &observed.quotas else {
            return vec![Difference::unseen("its quotas")];
        };
        let quota = quotas.get(on);
        let shown =
            |value: Option<QuotaValue>| value.map_or("not set".to_owned(), |one| one.to_string());
        let changed = |planned: &QuotaChange| {
            let found = quota.and_then(|values| values.get(&planned.key).copied());
            let (was, is) = (shown(planned.before), shown(found));
            (planned.before != found).then(|| Difference::new(&planned.key, &was, &is))
        };
        self.changes.iter().filter_map(changed).collect()
    }
}
