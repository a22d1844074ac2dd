//! A cluster as a manifest.
