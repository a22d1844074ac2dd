//! Records in and out.
//!
//! - [`smoke`]: one record through a topic and back

pub mod smoke;
