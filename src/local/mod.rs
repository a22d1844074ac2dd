//! A local cluster for `up`, `down` and `status`.
