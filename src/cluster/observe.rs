//! Describing topics, settings and brokers in a constant number of rounds.
