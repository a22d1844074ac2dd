//! ACLs, users and quotas.

use super::json::of_one;
use super::style::Look;
use super::table::{Cell, Choice, Column, Listing};
use super::text::escape;
use crate::model::access::{AclBinding, Quota, QuotaValue, User};

/// The columns of the table of ACLs.
pub const ACL_COLUMNS: [Column; 7] = [
    Column::words("principal"),
    Column::words("permission"),
    Column::words("operation"),
    Column::words("resource-type"),
    Column::words("resource"),
    Column::words("pattern"),
    Column::words("host"),
];

/// The columns of the table of users.
pub const USER_COLUMNS: [Column; 3] = [
    Column::words("user"),
    Column::words("mechanism"),
    Column::numbers("iterations"),
];

/// The columns of the table of quotas.
pub const QUOTA_COLUMNS: [Column; 3] = [
    Column::words("entity"),
    Column::words("key"),
    Column::numbers("value"),
];

/// ACLs, one per row.
#[must_use]
pub fn acls(look: Look, acls: &[AclBinding], choice: &Choice) -> String {
    let cells = |acl: &AclBinding| {
        vec![
            Cell::words(escape(&acl.principal)),
            Cell::words(acl.permission.to_string()),
            Cell::words(acl.operation.to_string()),
            Cell::words(acl.resource_type.to_string()),
            Cell::words(escape(&acl.resource_name)),
            Cell::words(acl.pattern_type.to_string()),
            Cell::words(escape(&acl.host)),
        ]
    };
    let listing = Listing {
        columns: &ACL_COLUMNS,
        rows: acls.iter().map(cells).collect(),
    };
    listing.show(look, choice)
}

/// Users, one row for each credential.
#[must_use]
pub fn users(look: Look, users: &[User], choice: &Choice) -> String {
    let rows = users.iter().flat_map(|user| {
        let credentials = user.credentials.iter();
        credentials.map(|one| {
            vec![
                Cell::words(escape(&user.name)),
                Cell::words(escape(&one.mechanism)),
                Cell::number(one.iterations),
            ]
        })
    });
    let listing = Listing {
        columns: &USER_COLUMNS,
        rows: rows.collect(),
    };
    listing.show(look, choice)
}

/// Quotas, one row for each key.
#[must_use]
pub fn quotas(look: Look, quotas: &[Quota], choice: &Choice) -> String {
    let rows = quotas.iter().flat_map(|quota| {
        let values = quota.values.iter();
        values.map(|(key, value)| {
            vec![
                Cell::words(quota.entity.to_string()),
                Cell::words(escape(key)),
                number(*value),
            ]
        })
    });
    let listing = Listing {
        columns: &QUOTA_COLUMNS,
        rows: rows.collect(),
    };
    listing.show(look, choice)
}

/// A quota value, sorted by thousandths.
fn number(value: QuotaValue) -> Cell {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "what is too large stays at the end"
    )]
    let order = (value.0 * 1_000.0) as i64;
    Cell::words(value.to_string()).sorted_by(order)
}

/// ACLs as JSON.
#[must_use]
pub fn acls_json(acls: &[AclBinding]) -> String {
    of_one("Acls", "acls", &acls)
}

/// Users as JSON.
#[must_use]
pub fn users_json(users: &[User]) -> String {
    of_one("Users", "users", &users)
}

/// Quotas as JSON.
#[must_use]
pub fn quotas_json(quotas: &[Quota]) -> String {
    of_one("Quotas", "quotas", &quotas)
}
