//! tonkafka: parse, run, exit code.

fn main() {}
