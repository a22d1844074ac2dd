//! `import`: its exact output, and that the plan of its manifest is empty.

mod any_cluster;
mod cluster;
mod other_programs;
