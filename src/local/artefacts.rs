//! Kafka's own jars: from `KAFKA_HOME`, else downloaded from Maven, once for each version.
//!
//! Traps: a killed download must not look complete, so Maven copies into a directory of its own
//! that is renamed at the end. Kafka 3 logs through reload4j, Kafka 4 through Log4j 2, each with
//! its own properties.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::data;
use super::error::LocalError;
use super::files;
use super::java::{self, Java};
use super::places::Places;
use crate::model::hex::hex;
use crate::store;

/// The version that is fetched by default.
pub const DEFAULT_VERSION: &str = "4.3.1";

const PARTIAL: &str = "partial-";

/// The lock file of such a directory.
const LOCK: &str = "lock";
const POM: &str = include_str!("../../kafka/pom.xml");
const LOG4J2: &str = include_str!("../../kafka/log4j2.properties");
const LOG4J: &str = include_str!("../../kafka/log4j.properties");

/// Which Kafka to find or fetch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedKafka {
    /// Its version; none means that of `KAFKA_HOME`, or otherwise [`DEFAULT_VERSION`].
    pub version: Option<String>,
    /// Whether Apache's command line tools, such as `TopicCommand`, are needed. A broker does not need
    /// them, and Maven does not have `kafka-tools` for every version.
    pub tools: bool,
}

impl WantedKafka {
    pub(super) fn version(&self) -> &str {
        self.version.as_deref().unwrap_or(DEFAULT_VERSION)
    }
}

/// A Kafka that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artefacts {
    /// The Java to run it with.
    pub java: Java,
    /// The directory of its jars.
    pub jars: PathBuf,
    /// The directory of `log4j.properties` and `log4j2.properties`, which log to standard output.
    pub logging: PathBuf,
    /// Kafka's version, such as `4.3.1`.
    pub version: String,
}

impl Artefacts {
    /// Whether it is Kafka 4.0 or later, which has no ZooKeeper.
    #[must_use]
    pub fn is_kafka_4(&self) -> bool {
        major(&self.version) >= 4
    }

    /// A command that runs `main_class` with `jvm` flags. The caller adds arguments.
    #[must_use]
    pub fn command<I>(&self, jvm: I, main_class: &str) -> Command
    where
        I: IntoIterator,
        I::Item: AsRef<std::ffi::OsStr>,
    {
        let mut command = Command::new(&self.java.program);
        command.args(jvm).args(self.logging_flags());
        command.arg("-cp").arg(self.jars.join("*")).arg(main_class);
        command
    }

    fn logging_flags(&self) -> [OsString; 2] {
        let flag = |name: &str, file: &str| {
            let mut flag = OsString::from(name);
            flag.push(self.logging.join(file));
            flag
        };
        [
            flag("-Dlog4j2.configurationFile=", "log4j2.properties"),
            flag("-Dlog4j.configuration=file:", "log4j.properties"),
        ]
    }
}

/// Finds a Kafka on this machine: `KAFKA_HOME` if it has the wanted version, else an earlier
/// download. None if neither exists.
///
/// # Errors
/// No usable Java, or `KAFKA_HOME` without Kafka's jars.
pub fn find(places: &Places, wanted: &WantedKafka) -> Result<Option<Artefacts>, LocalError> {
    let java = java::find(places)?;
    if let Some(home) = &places.kafka_home {
        let jars = home.join("libs");
        let installed = version_of(&jars).ok_or_else(|| LocalError::KafkaHome(home.clone()))?;
        if wanted
            .version
            .as_ref()
            .is_none_or(|version| *version == installed)
        {
            return offer(places, java, jars, installed).map(Some);
        }
    }
    let jars = jars_of(places, wanted);
    if !jars.is_dir() {
        return Ok(None);
    }
    offer(places, java, jars, wanted.version().to_owned()).map(Some)
}

/// Fetches a version from Maven into the cache, with Maven's own settings, mirrors and proxies. Blocks
/// during the download.
///
/// # Errors
/// No usable Java or Maven, an invalid version, or a failed download, with Maven's message.
pub fn fetch(places: &Places, wanted: &WantedKafka) -> Result<Artefacts, LocalError> {
    let java = java::find(places)?;
    let maven = find_maven(places)?;
    let version = check_version(wanted.version())?;
    let jars = jars_of(places, wanted);
    let partial = Partial::beside(&jars)?;
    let pom = partial.path.join("pom.xml");
    write(&pom, POM)?;
    let fetched = run_maven(places, &maven, &pom, wanted).and_then(|()| keep(&partial.path, &jars));
    let _ = fs::remove_dir_all(&partial.path);
    fetched?;
    offer(places, java, jars, version.to_owned())
}

/// [`find`], then [`fetch`] if nothing was found. Blocks.
///
/// # Errors
/// Those of both.
pub fn find_or_fetch(places: &Places, wanted: &WantedKafka) -> Result<Artefacts, LocalError> {
    match find(places, wanted)? {
        Some(artefacts) => Ok(artefacts),
        None => fetch(places, wanted),
    }
}

fn offer(
    places: &Places,
    java: Java,
    jars: PathBuf,
    version: String,
) -> Result<Artefacts, LocalError> {
    let logging = places.cache.join("kafka/logging");
    for (name, text) in [("log4j2.properties", LOG4J2), ("log4j.properties", LOG4J)] {
        let path = logging.join(name);
        if fs::read_to_string(&path).ok().as_deref() != Some(text) {
            write(&path, text)?;
        }
    }
    Ok(Artefacts {
        java,
        jars,
        logging,
        version,
    })
}

fn jars_of(places: &Places, wanted: &WantedKafka) -> PathBuf {
    let name = if wanted.tools {
        "jars-and-tools"
    } else {
        "jars"
    };
    places.cache.join("kafka").join(wanted.version()).join(name)
}

/// Checks that a version is safe in a path and on Maven's command line: digits, dots and a suffix such
/// as `-rc1`.
fn check_version(version: &str) -> Result<&str, LocalError> {
    let known = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let good = version.starts_with(|c: char| c.is_ascii_digit()) && version.chars().all(known);
    if good && !version.contains("..") {
        return Ok(version);
    }
    Err(LocalError::NoVersion(version.to_owned()))
}

fn major(version: &str) -> u32 {
    let digits = version.split('.').next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

/// The version in the name of the jar with the broker, `kafka_2.13-4.3.1.jar`.
fn version_of(jars: &Path) -> Option<String> {
    fs::read_dir(jars).ok()?.flatten().find_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let version = name.strip_prefix("kafka_2.13-")?.strip_suffix(".jar")?;
        version
            .starts_with(|c: char| c.is_ascii_digit())
            .then(|| version.to_owned())
            .filter(|version| check_version(version).is_ok() && !version.contains("-sources"))
    })
}

fn find_maven(places: &Places) -> Result<PathBuf, LocalError> {
    places
        .maven
        .clone()
        .or_else(|| places.program("mvn"))
        .ok_or(LocalError::NoMaven)
}

/// A new directory for one download. A lock shows that the download is running: process ids say nothing
/// if containers share a cache.
struct Partial {
    path: PathBuf,
    _held: fs::File,
}

impl Partial {
    /// Creates a directory beside the jars, and removes those of killed processes.
    fn beside(jars: &Path) -> Result<Self, LocalError> {
        let above = jars.parent().unwrap_or(jars);
        let failed = |error| LocalError::file("write", above, error);
        fs::create_dir_all(above).map_err(failed)?;
        for path in store::list(above).map_err(failed)? {
            if Self::is_left(&path) {
                let _ = fs::remove_dir_all(path);
            }
        }
        let name = hex(&data::random()?[..8]);
        Self::at(above.join(format!("{PARTIAL}{name}"))).map_err(failed)
    }

    fn at(path: PathBuf) -> io::Result<Self> {
        fs::create_dir(&path)?;
        let new = path.join("new");
        let held = fs::File::create_new(&new)?;
        held.lock()?;
        fs::rename(new, path.join(LOCK))?;
        Ok(Self { path, _held: held })
    }

    /// Whether this is the download of a process that ended.
    fn is_left(path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(rest) = name.strip_prefix(PARTIAL) else {
            return false;
        };
        match fs::File::open(path.join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            // Names of earlier versions contain the process id; without one, the download has just
            // begun.
            Err(_) => rest
                .split_once('-')
                .is_some_and(|(pid, _)| !Path::new("/proc").join(pid).exists()),
        }
    }
}

fn run_maven(
    places: &Places,
    maven: &Path,
    pom: &Path,
    wanted: &WantedKafka,
) -> Result<(), LocalError> {
    let version = wanted.version();
    let logging = if major(version) >= 4 {
        "log4j2"
    } else {
        "reload4j"
    };
    let tools = if wanted.tools { ",tools" } else { "" };
    let mut target = OsString::from("-DoutputDirectory=");
    target.push(pom.with_file_name("jars"));
    let output = Command::new(maven)
        .args(["-q", "-B", "-Dstyle.color=never", "-f"])
        .arg(pom)
        .arg(format!("-P{logging}{tools}"))
        .arg(format!("-Dkafka.version={version}"))
        .arg("dependency:copy-dependencies")
        .arg(target)
        .env("PATH", &places.path)
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| LocalError::start(maven, error))?;
    if output.status.success() && version_of(&pom.with_file_name("jars")).is_some() {
        return Ok(());
    }
    Err(LocalError::Maven {
        version: version.to_owned(),
        said: errors_of(&output.stdout, &output.stderr),
    })
}

/// The first error line of Maven, without its general advice; without one, the last 15 lines of
/// output.
fn errors_of(stdout: &[u8], stderr: &[u8]) -> String {
    let said = [stdout, stderr].concat();
    let said = String::from_utf8_lossy(&said).replace("\u{1b}[0m", "");
    let error = said.lines().find_map(|line| {
        let (_, error) = line.split_once("[ERROR]")?;
        let error = error.split(" -> [Help").next().unwrap_or(error);
        Some(error.trim().to_owned()).filter(|error| !error.is_empty())
    });
    error.unwrap_or_else(|| files::last_15(said.trim()))
}

/// Renames a complete download into place. If another process was faster, its copy stays.
fn keep(partial: &Path, jars: &Path) -> Result<(), LocalError> {
    match fs::rename(partial.join("jars"), jars) {
        Err(_) if jars.is_dir() => Ok(()),
        renamed => renamed.map_err(|error| LocalError::file("write", jars, error)),
    }
}

/// Replaces a file atomically, and creates the directories above it.
fn write(path: &Path, text: &str) -> Result<(), LocalError> {
    files::replace(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_cannot_leave_the_cache() {
        assert!(check_version("4.3.1").is_ok());
        assert!(check_version("4.4.0-rc1").is_ok());
        for bad in ["", "../x", "4/../..", "4..", "-Dx=y", "4.3.1 -X"] {
            assert!(check_version(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_download_that_goes_on_is_left_alone_and_one_that_was_killed_is_not() {
        let above = tempfile::tempdir().unwrap();
        let jars = above.path().join("jars");
        let alive = Partial::beside(&jars).unwrap();
        let killed = Partial::beside(&jars).unwrap().path;
        let older = above.path().join("partial-999999999-0");
        fs::create_dir(&older).unwrap();
        let _other = Partial::beside(&jars).unwrap();
        assert!(alive.path.is_dir());
        assert!(!killed.exists() && !older.exists());
    }

    #[test]
    fn kafka_home_tells_its_version() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("kafka_2.13-3.9.2.jar"), "").unwrap();
        fs::write(home.path().join("kafka-clients-3.9.2.jar"), "").unwrap();
        assert_eq!(version_of(home.path()), Some("3.9.2".into()));
        assert_eq!(version_of(&home.path().join("absent")), None);
    }
}
