//! Tests without a broker.

mod manifest_corpus;
