//! The executor and the verification.
