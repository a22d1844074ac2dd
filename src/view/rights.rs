//! Who may do what, and why.

use schemars::JsonSchema;
use serde::Serialize;

use super::json::of_kind;
use super::style::Look;
use super::table::{Cell, Choice, Column, Listing};
use super::text::escape;
use crate::model::access::{AclBinding, Operation};
use crate::model::authorizer::{
    Authorizer, AuthorizerKind, Decision, Ground, OPEN_WITHOUT_ACL, SUPER_USERS,
};
use crate::model::rights::{Entitlement, May, ResourcePattern};

/// The columns of the table of entitlements.
pub const COLUMNS: [Column; 9] = [
    Column::words("principal"),
    Column::words("resource-type"),
    Column::words("resource"),
    Column::words("pattern"),
    Column::words("host"),
    Column::words("operation"),
    Column::words("acls-say"),
    Column::words("rule"),
    Column::words("note"),
];

/// Entitlements, one per row.
#[must_use]
pub fn entitlements(look: Look, entitlements: &[Entitlement], choice: &Choice) -> String {
    let listing = Listing {
        columns: &COLUMNS,
        rows: entitlements.iter().map(cells).collect(),
    };
    listing.show(look, choice)
}

fn cells(one: &Entitlement) -> Vec<Cell> {
    let note = [("overrides", &one.overridden), ("except", &one.except)];
    let note = note.into_iter().filter(|(_, acls)| !acls.is_empty());
    let note = note.map(|(word, acls)| {
        let acls: Vec<String> = acls.iter().map(ToString::to_string).collect();
        format!("{word} {}", acls.join("; "))
    });
    let note: Vec<String> = note.collect();
    vec![
        Cell::words(escape(&one.principal)),
        Cell::words(one.resources.resource_type.to_string()),
        Cell::words(escape(&one.resources.resource_name)),
        Cell::words(one.resources.pattern_type.to_string()),
        Cell::words(escape(&one.host)),
        Cell::words(one.operation.to_string()),
        Cell::words(word(one.acls_say)),
        Cell::words(one.rule.to_string()),
        if note.is_empty() {
            Cell::missing()
        } else {
            Cell::words(note.join("; "))
        },
    ]
}

fn word(may: May) -> &'static str {
    match may {
        May::Yes => "yes",
        May::No => "no",
        May::Unknown => "unknown",
    }
}

/// What else has to be known to tell who may do what, one line each.
#[must_use]
pub fn notes(authorizer: &Authorizer, without_effect: &[AclBinding]) -> Vec<String> {
    let mut notes = Vec::new();
    match &authorizer.super_users {
        None => notes.push(format!(
            "the brokers hide who is a super user, and may do everything (`{SUPER_USERS}`)"
        )),
        Some(users) if users.is_empty() => {}
        Some(users) => {
            let users: Vec<String> = users.iter().map(|user| escape(user)).collect();
            notes.push(format!(
                "super users may do everything: {}",
                users.join(", ")
            ));
        }
    }
    match authorizer.open_without_acl {
        None => notes.push(format!(
            "the brokers hide whether resources without ACLs are open to everybody (`{OPEN_WITHOUT_ACL}`)"
        )),
        Some(false) => {}
        Some(true) => notes.push(format!(
            "resources without ACLs are open to everybody (`{OPEN_WITHOUT_ACL}`)"
        )),
    }
    notes.extend(
        without_effect.iter().map(|acl| {
            format!("{acl} matches no client: brokers know no client by such an address")
        }),
    );
    notes.extend(
        authorizer
            .assumed
            .iter()
            .map(|setting| format!("taken from --assume: {}", escape(setting))),
    );
    notes
}

/// Why nobody can tell what the ACLs mean; none with an authorizer of Kafka.
#[must_use]
pub fn unclear(kind: &AuthorizerKind) -> Option<String> {
    match kind {
        AuthorizerKind::Missing | AuthorizerKind::Own => None,
        AuthorizerKind::Foreign(class) => Some(format!(
            "what these ACLs mean is not known: {}",
            foreign(class)
        )),
        AuthorizerKind::Hidden(why) => Some(format!(
            "what these ACLs mean is not known: {}",
            hidden(why)
        )),
    }
}

fn foreign(class: &str) -> String {
    format!(
        "the brokers' authorizer is not Kafka's own: {}",
        escape(class)
    )
}

fn hidden(why: &str) -> String {
    format!(
        "which authorizer the brokers have cannot be told: {}",
        escape(why)
    )
}

/// One question to an authorizer.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The principal.
    pub principal: &'a str,
    /// The operation.
    pub operation: Operation,
    /// The resource.
    pub resource: &'a ResourcePattern,
    /// The client's address, or `*`.
    pub host: &'a str,
    /// Settings that the user gave.
    pub assumed: &'a [String],
}

/// A decision: the answer and its reason, and the ACLs below.
#[must_use]
pub fn decision(look: Look, asking: Asking<'_>, decision: &Decision) -> String {
    let answer = word(decision.allowed);
    let answer = match decision.allowed {
        May::Yes => look.added(answer),
        May::No => look.removed(answer),
        May::Unknown => look.changed(answer),
    };
    let mut lines = vec![format!("{answer}: {}\n", reason(asking, decision))];
    let mut line = |name: &str, value: &str| lines.push(format!("  {name:<11}{value}\n"));
    for acl in &decision.rules {
        line("by", &acl.to_string());
    }
    for acl in &decision.overridden {
        line("overrides", &acl.to_string());
    }
    for setting in asking.assumed {
        line("assumed", &escape(setting));
    }
    lines.concat()
}

fn reason(asking: Asking<'_>, decision: &Decision) -> String {
    let words = decision.words.as_deref().unwrap_or_default();
    let by_acls = match decision.rules.first() {
        None => "no ACL allows it",
        Some(_) if decision.allowed == May::Yes => "an ACL allows it",
        Some(_) => "an ACL denies it",
    };
    match decision.ground {
        Ground::NoAuthorizer => {
            "the brokers have no authorizer: everybody may do everything".to_owned()
        }
        Ground::SuperUser => format!("{} is a super user", escape(asking.principal)),
        Ground::Acl | Ground::NoMatchingAcl => by_acls.to_owned(),
        Ground::NoAclOnResource => format!(
            "there is no ACL on this resource, which opens it to everybody (`{OPEN_WITHOUT_ACL}`)"
        ),
        Ground::DependsOnHost => {
            "it depends on the client's address, which `--host` names".to_owned()
        }
        Ground::RangesUnknown => {
            "it depends on whether the brokers know ranges of addresses, as all do from Kafka 4.4 on"
                .to_owned()
        }
        Ground::SuperUsersHidden => {
            format!("{by_acls}, but the brokers hide who is a super user (`{SUPER_USERS}`)")
        }
        Ground::OpenWithoutAclHidden => format!(
            "there is no ACL on this resource, and the brokers hide whether that opens it (`{OPEN_WITHOUT_ACL}`)"
        ),
        Ground::AuthorizerFails => {
            "Kafka's authorizer goes astray on a name that begins with `*` or a character before it, \
             with the ACLs of this cluster"
                .to_owned()
        }
        Ground::AclsHidden => format!("the ACLs cannot be seen: {}", escape(words)),
        Ground::AuthorizerHidden => hidden(words),
        Ground::ForeignAuthorizer => foreign(words),
    }
}

/// Who may do what.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EntitlementsDocument<'a> {
    /// Who may do what, by which ACL.
    entitlements: &'a [Entitlement],
    /// The principals that may do everything; null if brokers hide them.
    super_users: Option<Vec<&'a String>>,
    /// Whether resources without ACLs are open to everybody; null if brokers hide it.
    open_without_acl: Option<bool>,
    /// ACLs that match no client, because of their host.
    without_effect: &'a [AclBinding],
    /// Settings taken from `--assume`, as `key=value`.
    assumed: &'a [String],
    /// Why nobody can tell what the ACLs mean; null with an authorizer of Kafka.
    unclear: Option<String>,
}

/// Entitlements as JSON.
#[must_use]
pub fn entitlements_json(
    entitlements: &[Entitlement],
    authorizer: &Authorizer,
    without_effect: &[AclBinding],
) -> String {
    let document = EntitlementsDocument {
        entitlements,
        super_users: authorizer
            .super_users
            .as_ref()
            .map(|users| users.iter().collect()),
        open_without_acl: authorizer.open_without_acl,
        without_effect,
        assumed: &authorizer.assumed,
        unclear: unclear(&authorizer.kind),
    };
    of_kind("Entitlements", &document)
}

/// Whether a principal may do something.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DecisionDocument<'a> {
    /// The principal.
    principal: &'a str,
    /// The operation.
    operation: Operation,
    /// The resource.
    #[serde(flatten)]
    resource: &'a ResourcePattern,
    /// The client's address; `*` without `--host`.
    host: &'a str,
    /// The answer.
    allowed: May,
    /// Why.
    reason: Ground,
    /// The same in words.
    message: String,
    /// The ACLs that decide, the nearest first.
    rules: &'a [AclBinding],
    /// ACLs that would allow it, but a `DENY` wins.
    overridden: &'a [AclBinding],
    /// Settings taken from `--assume`, as `key=value`.
    assumed: &'a [String],
}

/// A decision as JSON.
#[must_use]
pub fn decision_json(asking: Asking<'_>, decision: &Decision) -> String {
    let document = DecisionDocument {
        principal: asking.principal,
        operation: asking.operation,
        resource: asking.resource,
        host: asking.host,
        allowed: decision.allowed,
        reason: decision.ground,
        message: reason(asking, decision),
        rules: &decision.rules,
        overridden: &decision.overridden,
        assumed: asking.assumed,
    };
    of_kind("Decision", &document)
}
