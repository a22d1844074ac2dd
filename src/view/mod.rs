//! Values → text, tables, JSON, progress. The only room that formats, and the only one that uses
//! the table and progress crates. It returns text and never prints.
//!
//! Trap: group ids, client ids and error texts are bytes from the cluster; all of them pass
//! [`text::escape`] before they reach a terminal.

pub mod access;
pub mod api_versions;
pub mod backup;
pub mod context;
pub mod describe;
pub mod documents;
pub mod error;
pub mod explain;
pub mod groups;
pub mod health;
pub mod interrupted;
pub mod json;
pub mod junit;
mod kinds;
pub mod lag;
pub mod lag_json;
pub mod local;
pub mod log_dirs;
pub mod markdown;
pub mod mirror;
pub mod offsets;
pub mod open;
pub mod plan;
pub mod progress;
pub mod quorum;
pub mod records;
pub mod reference;
pub mod refused;
pub mod report;
pub mod restore;
pub mod rights;
pub mod schema;
pub mod snapshot;
pub mod style;
pub mod table;
pub mod text;
pub mod version;
