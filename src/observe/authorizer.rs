//! How a cluster authorises requests.

use std::collections::BTreeSet;

use super::brokers;
use crate::cluster::{At, Cluster, ClusterError};
use crate::model::access::AclBinding;
use crate::model::authorizer::{
    Authorizer, AuthorizerKind, CLASS, OPEN_WITHOUT_ACL, OWN_CLASSES, SUPER_USERS, is_true,
    knows_ranges, super_users,
};
use crate::model::config::{ConfigEntry, ConfigValue};
use crate::model::seen::{Cause, Seen};

/// Settings that the user gives, because brokers hide them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assumed {
    /// The value of [`SUPER_USERS`].
    pub super_users: Option<String>,
    /// The value of [`OPEN_WITHOUT_ACL`].
    pub open_without_acl: Option<String>,
}

/// All that is known of how the brokers authorise requests.
///
/// # Errors
/// The whole read failed.
pub async fn authorizer(
    cluster: &dyn Cluster,
    assumed: &Assumed,
) -> Result<Authorizer, ClusterError> {
    let acls = cluster.describe_acls(At::AnyBroker).await?;
    let described = cluster.describe_cluster().await?;
    let (configs, _) = brokers::broker_configs(cluster, &described).await?;
    let configs: Vec<Seen<Vec<ConfigEntry>>> = configs.into_values().collect();
    let kind = kind(&acls, &configs);
    let has_range = |acl: &AclBinding| acl.host.contains('/');
    let has_ranges = match &acls {
        Seen::Value(acls) if acls.iter().any(has_range) => {
            knows_ranges(&brokers::api_versions(cluster, &described).await)
        }
        _ => Some(false),
    };
    let mut used = Vec::new();
    let mut value = |key: &str, assumed: &Option<String>| {
        let shown = common(&configs, key);
        if shown.is_none() {
            let given = assumed.clone()?;
            used.push(format!("{key}={given}"));
            return Some(given);
        }
        shown
    };
    let users = value(SUPER_USERS, &assumed.super_users);
    let open = value(OPEN_WITHOUT_ACL, &assumed.open_without_acl);
    Ok(Authorizer {
        kind,
        acls,
        super_users: users.map(|value| super_users(&value)),
        open_without_acl: open.map(|value| is_true(&value)),
        has_ranges,
        assumed: used,
    })
}

/// Whether the brokers said that they have no authorizer.
#[must_use]
pub fn is_disabled(acls: &Seen<Vec<AclBinding>>) -> bool {
    let words = acls.reason().unwrap_or_default();
    acls.is_unseen_as(Cause::NotSupported) && words.starts_with("SECURITY_DISABLED")
}

/// The authorizer: what the brokers' settings say has to go with what they say of ACLs.
fn kind(acls: &Seen<Vec<AclBinding>>, configs: &[Seen<Vec<ConfigEntry>>]) -> AuthorizerKind {
    let hidden = |why: &str| AuthorizerKind::Hidden(why.to_owned());
    let unseen = configs.iter().find_map(Seen::reason);
    if let Some(why) = unseen {
        return hidden(why);
    }
    let mut classes = BTreeSet::new();
    for entries in configs.iter().filter_map(Seen::value) {
        match entries.iter().find(|entry| entry.name == CLASS) {
            Some(entry) if entry.value != ConfigValue::Sensitive => {
                classes.insert(entry.value.text().unwrap_or_default().trim().to_owned());
            }
            _ => return hidden("the brokers do not show `authorizer.class.name`"),
        }
    }
    let mut classes = classes.into_iter();
    match (classes.next(), classes.next()) {
        (None, _) => hidden("no broker shows its settings"),
        (_, Some(_)) => hidden("`authorizer.class.name` is not the same on all brokers"),
        (Some(class), None) if class.is_empty() == is_disabled(acls) => match class.as_str() {
            "" => AuthorizerKind::Missing,
            class if OWN_CLASSES.contains(&class) => AuthorizerKind::Own,
            _ => AuthorizerKind::Foreign(class),
        },
        (Some(class), None) if class.is_empty() => {
            hidden("the brokers answer for ACLs, but `authorizer.class.name` is empty")
        }
        (Some(_), None) => {
            hidden("`authorizer.class.name` is set, but a broker says that it has no authorizer")
        }
    }
}

/// The value of a key that brokers list only if it is set; empty if it is not. None if it is hidden, or
/// not the same on all brokers.
fn common(configs: &[Seen<Vec<ConfigEntry>>], key: &str) -> Option<String> {
    let values = configs.iter().map(|seen| {
        let entry = seen.value()?.iter().find(|entry| entry.name == key);
        match entry.map(|entry| &entry.value) {
            None | Some(ConfigValue::Null) => Some(String::new()),
            Some(ConfigValue::Value(text)) => Some(text.clone()),
            Some(ConfigValue::Sensitive) => None,
        }
    });
    let values: BTreeSet<String> = values.collect::<Option<_>>()?;
    let mut values = values.into_iter();
    let first = values.next();
    if values.next().is_some() { None } else { first }
}
