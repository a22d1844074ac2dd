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

/// Files that read a cluster and name a plan.
pub const FACTS_OF_PLANS: &[&str] = &[
    "groups/holdings.rs",
    "groups/positions.rs",
    "groups/scope.rs",
];

/// Files that need each other.
pub const CIRCLES: &[&str] = &[
    "cli/apply.rs cli/args.rs cli/backup/args.rs cli/backup/before.rs cli/backup/mod.rs cli/backup/restore.rs cli/connect.rs cli/describe/access.rs cli/describe/brokers.rs cli/describe/groups.rs cli/describe/logs.rs cli/describe/mod.rs cli/describe/protocol.rs cli/describe/topics.rs cli/files.rs cli/groups/args.rs cli/import.rs cli/interrupted.rs cli/lag/args.rs cli/lag/mod.rs cli/lag/watched.rs cli/manifest.rs cli/mirror.rs cli/offsets/args.rs cli/plan.rs cli/planned.rs cli/print.rs cli/signals.rs cli/snapshot/create.rs cli/snapshot/mod.rs cli/snapshot/restore/args.rs cli/snapshot/restore/chosen.rs cli/snapshot/restore/mod.rs cli/snapshot/show.rs cli/snapshot/verify.rs cli/terminal.rs cli/topics/args.rs cli/watch/keys.rs cli/watch/mod.rs",
    "cli/complete/line.rs cli/complete/live.rs cli/complete/mod.rs",
    "cluster/access.rs cluster/groups.rs cluster/lease.rs cluster/mod.rs cluster/writer.rs",
    "cluster/fake/groups.rs cluster/fake/logs.rs cluster/fake/mod.rs cluster/fake/reader.rs cluster/fake/state.rs cluster/fake/writer.rs",
    "cluster/live/api_versions.rs cluster/live/brokers.rs cluster/live/groups/coordinators.rs cluster/live/groups/homes.rs cluster/live/groups/writes.rs cluster/live/lease.rs cluster/live/log_dirs.rs cluster/live/mod.rs cluster/live/offsets.rs cluster/live/quorum.rs cluster/live/reader/fetch.rs cluster/live/reader/mod.rs cluster/live/reads.rs cluster/live/records.rs cluster/live/send.rs cluster/live/writer/engine.rs cluster/live/writer/mod.rs cluster/live/writer/producer.rs cluster/live/writes.rs",
    "cluster/live/errors.rs cluster/live/login/aws.rs cluster/live/login/endpoint.rs cluster/live/login/fault.rs cluster/live/login/tokens.rs",
    "cluster/profile/login.rs cluster/profile/mod.rs cluster/profile/oauth.rs cluster/profile/references.rs cluster/profile/sheet.rs cluster/profile/shown.rs cluster/profile/tls.rs",
    "local/artefacts.rs local/compose/init.rs local/compose/mod.rs local/data.rs local/docker.rs local/error.rs local/files.rs local/java.rs local/mod.rs local/native.rs local/ports.rs local/ready.rs local/secure/broker.rs local/secure/certificates.rs local/secure/mod.rs local/secure/rights.rs local/settings.rs local/state.rs",
    "manifest/asked.rs manifest/broker.rs manifest/cluster.rs manifest/diagnostic.rs manifest/document.rs manifest/fields.rs manifest/keys.rs manifest/layer.rs manifest/lint.rs manifest/lookup.rs manifest/merge.rs manifest/mod.rs manifest/ownership.rs manifest/policies/judge.rs manifest/policies/mod.rs manifest/problem.rs manifest/reference.rs manifest/remark.rs manifest/resolve.rs manifest/schema.rs manifest/sections.rs manifest/settings.rs manifest/snippet.rs manifest/sources.rs manifest/syntax.rs manifest/topics.rs manifest/value.rs manifest/variables.rs",
    "manifest/import/judge.rs manifest/import/live.rs manifest/import/mod.rs manifest/import/peers/jikkou.rs manifest/import/peers/kafka_gitops.rs manifest/import/peers/mod.rs manifest/import/peers/reader.rs manifest/import/peers/topicctl.rs manifest/import/write.rs",
    "plan/access.rs plan/finding.rs plan/fit.rs plan/mod.rs plan/offsets.rs plan/step.rs",
    "store/mod.rs store/output.rs",
];

/// Names that several types have, and where.
pub const HOMONYMS: &[&str] = &[
    "Allowed: cluster/contexts.rs model/allowed.rs",
    "Context: cluster/contexts.rs events/client.rs",
    "Fault: cluster/live/login/fault.rs cluster/profile/mod.rs",
    "Holder: cluster/lease.rs local/ports.rs",
    "Identity: cluster/security.rs store/output.rs",
    "Key: cluster/profile/keys.rs model/catalogue.rs",
    "Layout: local/compose/mod.rs local/settings.rs",
    "Login: cluster/security.rs local/secure/mod.rs",
    "Place: cluster/profile/mod.rs model/desired.rs",
    "Profile: cluster/profile/mod.rs events/client.rs local/mod.rs",
    "Record: local/state.rs model/record.rs",
    "Setting: cluster/profile/mod.rs model/desired.rs",
];
