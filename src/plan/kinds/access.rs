//! Creates and deletes ACLs; changes quotas.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kind::StepKind;
use crate::model::access::{AclBinding, Entity, Permission, QuotaValue};
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::plan::difference::Difference;

/// Creates an ACL (`CreateAcls`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAcl {}

impl StepKind for CreateAcl {
    type Target = AclBinding;
    const NAME: &'static str = "createAcl";

    fn phase(&self, on: &AclBinding) -> u8 {
        u8::from(on.permission == Permission::Allow)
    }

    fn principal<'a>(&self, on: &'a AclBinding) -> Option<&'a str> {
        Some(&on.principal)
    }

    fn differences(&self, on: &AclBinding, observed: &Observed) -> Vec<Difference> {
        match acls(observed) {
            Err(unseen) => vec![unseen],
            Ok(acls) if acls.contains(on) => vec![Difference::new("the ACL", "absent", "there")],
            Ok(_) => Vec::new(),
        }
    }
}

/// Deletes an ACL (`DeleteAcls`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteAcl {}

impl StepKind for DeleteAcl {
    type Target = AclBinding;
    const NAME: &'static str = "deleteAcl";

    fn phase(&self, on: &AclBinding) -> u8 {
        u8::from(on.permission == Permission::Deny)
    }

    fn principal<'a>(&self, on: &'a AclBinding) -> Option<&'a str> {
        Some(&on.principal)
    }

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

/// Changes some quotas of an entity and leaves its others alone (`AlterClientQuotas`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlterQuota {
    /// The changed keys, in order.
    pub changes: Vec<QuotaChange>,
}

/// The change of one quota key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuotaChange {
    /// The key, such as `producer_byte_rate`.
    pub key: String,
    /// The current value; none when it is not set.
    pub before: Option<QuotaValue>,
    /// The new value; none removes it.
    pub after: Option<QuotaValue>,
}

impl AlterQuota {
    /// The change from `before` to these values by key; none removes a key. None if nothing changes.
    pub(in crate::plan) fn to<'a>(
        before: &BTreeMap<String, QuotaValue>,
        after: impl IntoIterator<Item = (&'a String, Option<QuotaValue>)>,
    ) -> Option<Self> {
        let changes = after.into_iter().map(|(key, after)| QuotaChange {
            key: key.clone(),
            before: before.get(key).copied(),
            after,
        });
        let changes: Vec<QuotaChange> = changes.filter(|one| one.before != one.after).collect();
        (!changes.is_empty()).then_some(Self { changes })
    }

    /// The removal of all these values; none if there are none.
    pub(in crate::plan) fn removal(before: &BTreeMap<String, QuotaValue>) -> Option<Self> {
        Self::to(before, before.keys().map(|key| (key, None)))
    }
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
