//! What is against a rule today.

/// Files outside of `apply` that change a cluster, and by which method.
pub const ADMIN_WRITES: &[&str] = &[
    "backup/mirror/groups.rs commit_offsets",
    "cli/local.rs create_acls",
    "cli/local.rs create_topics",
    "cli/local.rs delete_topics",
];

/// Files of `cli` that call a method of a cluster, and which.
pub const CALLS_OF_CLI: &[&str] = &[
    "cli/backup/restore.rs describe_cluster",
    "cli/complete/live.rs describe_cluster",
    "cli/complete/live.rs describe_topics",
    "cli/complete/live.rs list_groups",
    "cli/complete/live.rs list_topics",
    "cli/context.rs describe_cluster",
    "cli/describe/access.rs describe_acls",
    "cli/describe/access.rs describe_quotas",
    "cli/describe/access.rs describe_users",
    "cli/describe/brokers.rs describe_cluster",
    "cli/describe/brokers.rs describe_configs",
    "cli/describe/brokers.rs describe_topics",
    "cli/describe/brokers.rs list_topics",
    "cli/describe/logs.rs describe_cluster",
    "cli/describe/logs.rs describe_topics",
    "cli/describe/logs.rs list_topics",
    "cli/describe/protocol.rs describe_api_versions",
    "cli/describe/protocol.rs describe_cluster",
    "cli/describe/protocol.rs describe_quorum",
    "cli/describe/topics.rs describe_cluster",
    "cli/describe/topics.rs list_offsets",
    "cli/describe/topics.rs list_topics",
    "cli/explain.rs describe_cluster",
    "cli/explain.rs list_topics",
    "cli/import.rs list_topics",
    "cli/lag/mod.rs describe_topics",
    "cli/lag/mod.rs list_groups",
    "cli/list.rs describe_cluster",
    "cli/list.rs list_groups",
    "cli/list.rs list_topics",
    "cli/local.rs create_acls",
    "cli/local.rs create_topics",
    "cli/local.rs delete_topics",
    "cli/local.rs describe_cluster",
    "cli/local.rs describe_topics",
    "cli/mirror.rs describe_cluster",
    "cli/mirror.rs list_topics",
    "cli/offsets/history.rs describe_cluster",
    "cli/snapshot/restore/mod.rs describe_cluster",
    "cli/snapshot/restore/mod.rs list_offsets",
    "cli/snapshot/restore/mod.rs list_topics",
    "cli/snapshot/restore/mod.rs writer",
];

/// Files outside of `ops` that read a cluster and apply something to it.
pub const FLOWS_OF_CLI: &[&str] = &[
    "cli/mirror.rs",
    "cli/offsets/history.rs",
    "cli/snapshot/restore/mod.rs",
];

/// Names that several types have, and where.
pub const HOMONYMS: &[&str] = &[];
