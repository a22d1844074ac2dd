//! Runs the program on a cluster.

use crate::program::{Program, Ran};
use crate::support::kafka::Kafka;

/// Runs the program with these arguments on a cluster.
pub fn run(program: &Program, kafka: &Kafka, arguments: &[&str]) -> Ran {
    run_at(program, &kafka.bootstrap(), arguments)
}

/// Runs the program with these arguments on the cluster at an address.
pub fn run_at(program: &Program, bootstrap: &str, arguments: &[&str]) -> Ran {
    program.run(&[arguments, &["-b", bootstrap]].concat())
}
