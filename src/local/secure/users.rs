//! The users of a secure cluster.

/// The superuser.
pub const ADMIN: &str = "admin";

/// The user who applies manifests and manages groups.
pub const OPERATOR: &str = "operator";

/// The user who writes records.
pub const PRODUCER: &str = "producer";

/// The user who reads records.
pub const CONSUMER: &str = "consumer";

/// The users of a secure cluster.
pub const USERS: [&str; 4] = [ADMIN, OPERATOR, PRODUCER, CONSUMER];

/// The user of brokers among themselves.
pub(in crate::local) const BROKER: &str = "broker";
