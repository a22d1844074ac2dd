//! Which broker a read is sent to.

use crate::model::broker::BrokerId;

/// The broker that a read is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Whichever; another one when it fails.
    AnyBroker,
    /// This one only.
    Broker(BrokerId),
}
