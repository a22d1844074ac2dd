//! ACLs and quotas of a cluster → sections of a manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::super::{acls, quotas};
use super::imported::Imported;
use super::write::{listed, name};
use crate::model::access::{
    AclBinding, Entity, Operation, PatternType, Permission, QuotaValue, ResourceType,
};
use crate::model::escape::escape;
use crate::model::observed::Observed;
use crate::model::seen::{Cause, Seen};

/// Adds the ACLs and quotas that were read. A cluster without an authorizer has no ACLs.
pub(super) fn of_cluster(observed: &Observed, imported: &mut Imported) {
    if let Some(acls) = readable(observed.acls.as_ref(), "ACLs", imported) {
        for acl in acls {
            match acls::why_not(acl) {
                None => _ = imported.acls.insert(acl.clone()),
                Some(why) => imported.left_acls.push((acl.clone(), why)),
            }
        }
    }
    if let Some(quotas) = readable(observed.quotas.as_ref(), "quotas", imported) {
        imported.quotas = quotas.clone();
    }
}

fn readable<'o, T>(
    seen: Option<&'o Seen<T>>,
    what: &str,
    imported: &mut Imported,
) -> Option<&'o T> {
    match seen? {
        Seen::Value(value) => Some(value),
        seen if seen.is_unseen_as(Cause::NotSupported) => None,
        seen => {
            let words = seen.reason().map(escape).unwrap_or_default();
            imported
                .missing
                .push(format!("the {what} cannot be read: {words}"));
            None
        }
    }
}

/// What the ACLs of one item have in common, except for their names.
type Common<'a> = (&'a str, &'a str, Permission, ResourceType, PatternType);

impl Imported {
    /// The sections `acls` and `quotas`, if there is anything in them.
    pub(super) fn access(&self, text: &mut String) {
        if !self.acls.is_empty() || !self.left_acls.is_empty() {
            text.push_str(if self.acls.is_empty() {
                "\nacls:\n  items: []\n"
            } else {
                "\nacls:\n  items:\n"
            });
            for (common, operations, names) in grouped(&self.acls) {
                acl(common, &operations, &names, text);
            }
            for (acl, why) in &self.left_acls {
                // A String takes everything.
                let _ = writeln!(text, "    # {acl}: left out, {}", escape(why));
            }
        }
        let mut items = String::new();
        for (entity, values) in &self.quotas {
            quota(entity, values, &mut items);
        }
        if !items.is_empty() {
            let is_all_left = !items.contains("    - ");
            let items_of = if is_all_left {
                "  items: []\n"
            } else {
                "  items:\n"
            };
            let _ = write!(text, "\nquotas:\n{items_of}{items}");
        }
    }

    /// The number of ACLs and quotas that are only comments.
    pub(super) fn left_access(&self) -> usize {
        let quotas = self.quotas.iter().flat_map(|(entity, values)| {
            let values = values.iter();
            values.filter(|(key, value)| quotas::why_not(entity, key, **value).is_some())
        });
        self.left_acls.len() + quotas.count()
    }
}

/// ACLs that differ only in operation or name, together.
fn grouped(acls: &BTreeSet<AclBinding>) -> Vec<(Common<'_>, BTreeSet<Operation>, Vec<&str>)> {
    let mut operations: BTreeMap<(Common<'_>, &str), BTreeSet<Operation>> = BTreeMap::new();
    for acl in acls {
        let common = (
            acl.principal.as_str(),
            acl.host.as_str(),
            acl.permission,
            acl.resource_type,
            acl.pattern_type,
        );
        let of_name = operations.entry((common, &acl.resource_name)).or_default();
        of_name.insert(acl.operation);
    }
    let mut names: BTreeMap<(Common<'_>, BTreeSet<Operation>), Vec<&str>> = BTreeMap::new();
    for ((common, name), operations) in operations {
        names.entry((common, operations)).or_default().push(name);
    }
    let items = names.into_iter();
    items
        .map(|((common, operations), names)| (common, operations, names))
        .collect()
}

fn acl(
    (principal, host, permission, kind, pattern): Common<'_>,
    operations: &BTreeSet<Operation>,
    names: &[&str],
    text: &mut String,
) {
    let words: Vec<String> = operations.iter().map(ToString::to_string).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let _ = writeln!(text, "    - principal: {}", name(principal));
    if permission == Permission::Deny {
        text.push_str("      permission: DENY\n");
    }
    let _ = writeln!(text, "      operations: {}", listed(&words));
    let _ = match kind {
        ResourceType::Cluster => writeln!(text, "      cluster: true"),
        _ => writeln!(text, "      {}: {}", acls::field_of(kind), listed(names)),
    };
    if pattern == PatternType::Prefixed {
        text.push_str("      pattern: PREFIXED\n");
    }
    if host != "*" {
        let _ = writeln!(text, "      host: {}", name(host));
    }
}

fn quota(entity: &Entity, values: &BTreeMap<String, QuotaValue>, text: &mut String) {
    let of = quotas::parts_of(entity);
    let mut configs = String::new();
    let mut left = String::new();
    for (key, value) in values {
        match quotas::why_not(entity, key, *value) {
            None => _ = writeln!(configs, "        {key}: {value}"),
            Some(why) => {
                _ = writeln!(
                    left,
                    "    # {} of {entity}: left out, {}",
                    escape(key),
                    escape(&why)
                );
            }
        }
    }
    text.push_str(&left);
    if configs.is_empty() {
        return;
    }
    for (index, (field, called)) in of.iter().enumerate() {
        let dash = if index == 0 { "- " } else { "  " };
        let called = called.map_or_else(|| quotas::DEFAULT.to_owned(), name);
        let _ = writeln!(text, "    {dash}{field}: {called}");
    }
    let _ = write!(text, "      configs:\n{configs}");
}
