//! Finds a Java that can run Kafka.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::LocalError;
use super::places::{Places, is_executable};
pub use super::versions::OLDEST_JAVA;

/// A Java that is new enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Java {
    /// The `java` program.
    pub program: PathBuf,
    /// Its feature version, such as 17.
    pub version: u32,
}

/// Finds `$JAVA_HOME/bin/java`, else `java` on the path, and reads its version.
///
/// # Errors
/// There is none, it does not start, or it is older than [`OLDEST_JAVA`].
pub fn find(places: &Places) -> Result<Java, LocalError> {
    let home = places.java_home.as_ref().map(|home| home.join("bin/java"));
    if let Some(program) = home.as_ref().filter(|program| !is_executable(program)) {
        return Err(LocalError::JavaHome(program.clone()));
    }
    let program = home
        .or_else(|| places.program("java"))
        .ok_or(LocalError::NoJava)?;
    let said = ask_version(&program)?;
    match parse_version(&said) {
        Some(version) if version >= OLDEST_JAVA => Ok(Java { program, version }),
        _ => Err(LocalError::OldJava {
            program,
            said: first_line(&said).to_owned(),
        }),
    }
}

fn ask_version(program: &Path) -> Result<String, LocalError> {
    let output = Command::new(program)
        .arg("-version")
        .output()
        .map_err(|error| LocalError::start(program, error))?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The line with the version. Notes about `JAVA_TOOL_OPTIONS` may come before it.
fn first_line(said: &str) -> &str {
    said.lines()
        .find(|line| line.contains(" version \""))
        .or_else(|| said.lines().next())
        .unwrap_or("nothing")
}

/// The feature version in the output of `java -version`: `"17.0.15"` is 17, `"1.8.0_292"` is 8.
fn parse_version(said: &str) -> Option<u32> {
    let (_, quoted) = first_line(said).split_once(" version \"")?;
    let mut numbers = quoted
        .split(|c: char| !c.is_ascii_digit())
        .map(|number| number.parse().ok());
    match numbers.next()?? {
        1 => numbers.next()?,
        version => Some(version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_java_says_them() {
        assert_eq!(
            parse_version("openjdk version \"17.0.15\" 2025-04-15\n"),
            Some(17)
        );
        assert_eq!(parse_version("java version \"1.8.0_292\""), Some(8));
        assert_eq!(parse_version("openjdk version \"21\" 2023-09-19"), Some(21));
        assert_eq!(
            parse_version("openjdk version \"25-ea\" 2025-09-16"),
            Some(25)
        );
        let noted = "Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version \"17.0.1\"";
        assert_eq!(parse_version(noted), Some(17));
        assert_eq!(parse_version("command not found"), None);
    }
}
