//! ACLs, users and quotas.

use super::looking::Looking;
use crate::cli::exit::{Exit, Failure};
use crate::cli::shown::Shown;
use crate::model::access::AclBinding;
use crate::model::seen::{Cause, Seen};
use crate::observe::access;
use crate::observe::authorizer::is_disabled;
use crate::view::access as view;

pub(super) async fn acls(looking: &Looking<'_>) -> anyhow::Result<Shown> {
    let seen = access::acls(looking.cluster).await?;
    let acls = told_acls(seen)?;
    let terminal = looking.terminal;
    Ok(Shown::whole(terminal.form(
        || view::acls(terminal.out, &acls, &looking.choice),
        || view::acls_json(&acls),
    )))
}

pub(super) async fn users(looking: &Looking<'_>) -> anyhow::Result<Shown> {
    let seen = access::users(looking.cluster).await?;
    let users = told(seen, "users", "brokers tell of users since Kafka 2.7")?;
    let terminal = looking.terminal;
    Ok(Shown::whole(terminal.form(
        || view::users(terminal.out, &users, &looking.choice),
        || view::users_json(&users),
    )))
}

pub(super) async fn quotas(looking: &Looking<'_>) -> anyhow::Result<Shown> {
    let seen = access::quotas(looking.cluster).await?;
    let quotas = told(seen, "quotas", "brokers tell of quotas since Kafka 2.6")?;
    let terminal = looking.terminal;
    Ok(Shown::whole(terminal.form(
        || view::quotas(terminal.out, &quotas, &looking.choice),
        || view::quotas_json(&quotas),
    )))
}

/// The ACLs that were read.
pub(super) fn told_acls(seen: Seen<Vec<AclBinding>>) -> Result<Vec<AclBinding>, Failure> {
    let why = if is_disabled(&seen) {
        "its brokers have no `authorizer.class.name`: everybody may do everything"
    } else {
        "brokers tell of ACLs since Kafka 0.11"
    };
    told(seen, "ACLs", why)
}

/// The values that were read. `why` explains why a cluster may not support the request.
fn told<T>(seen: Seen<Vec<T>>, what: &str, why: &str) -> Result<Vec<T>, Failure> {
    match seen {
        Seen::Value(values) => Ok(values),
        Seen::Absent => Ok(Vec::new()),
        Seen::Unseen(Cause::NotSupported, words) => {
            let message = format!("this cluster has no {what} to describe: {words}");
            let failure = Failure::new(Exit::Refused, message);
            Err(if words.contains("UNSUPPORTED_VERSION") {
                failure.hint(format!(
                    "{why}; some services look after them by means of their own"
                ))
            } else {
                failure.hint(why)
            })
        }
        Seen::Unseen(Cause::NotPermitted | Cause::Unavailable, words) => {
            let message = format!("the {what} cannot be seen: {words}");
            Err(Failure::new(Exit::Unreachable, message))
        }
    }
}
