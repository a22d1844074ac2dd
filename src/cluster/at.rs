//! The broker that a read is sent to.

use crate::model::broker::BrokerId;

/// The broker that a read is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Any broker; another one if it fails.
    AnyBroker,
    /// Only this broker.
    Broker(BrokerId),
}
