//! Version requirements of a local cluster.

/// The oldest Java that runs a Kafka 4 broker (KIP-1013).
pub const OLDEST_JAVA: u32 = 17;
