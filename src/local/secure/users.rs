//! The users of a secure cluster, and the one that brokers are to each other.

/// The user who may do everything.
pub const ADMIN: &str = "admin";

/// The user who brings topics and groups to what they are to be.
pub const OPERATOR: &str = "operator";

/// The user who writes records.
pub const PRODUCER: &str = "producer";

/// The user who reads records.
pub const CONSUMER: &str = "consumer";

/// The users of a secure cluster.
pub const USERS: [&str; 4] = [ADMIN, OPERATOR, PRODUCER, CONSUMER];

/// Who a broker is to other brokers.
pub(in crate::local) const BROKER: &str = "broker";
