//! YAML with positions → Desired.
