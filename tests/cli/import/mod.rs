//! A cluster as a manifest: exactly what is printed, and that its plan is empty.

mod any_cluster;
mod cluster;
mod other_programs;
