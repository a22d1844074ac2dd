//! Programs that make certificates and stores as users do.

use std::path::Path;
use std::process::Command;

/// Runs a program of Java or of the system in a directory.
pub fn made_by(directory: &Path, program: &str, arguments: &str) {
    let mut command = Command::new(program);
    command.args(arguments.split(' ')).current_dir(directory);
    let ran = command.output().unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{program} {arguments}: {told}");
}
