//! tonkafka: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    tonkafka::cli::main()
}
