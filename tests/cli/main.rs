//! Tests without a broker.
mod compose;
