//! The security of a local cluster: certificates, users with passwords, and files for clients.
//!
//! All files are in one directory of the cluster, readable for their owner only. `KEPT` there holds
//! what was generated once: the passwords, and the expiry of the certificates. The other files are
//! derived from it, and a start writes those that are missing.
//!
//! - [`rights`]: the permissions of users (pure)
//! - `certificates`: the certificates of brokers and the admin
//! - `broker`: the settings of a broker (pure)
//!
//! Traps: every user of the machine can see arguments (`ps`), so no password is an argument.
//! Kafka's tools print a refused argument as a whole, so their output passes `Secrets::redact`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::data;
use super::error::LocalError;
use super::{files, properties};
use crate::model::hex::hex;

pub(super) mod broker;
mod certificates;
pub mod rights;
mod users;

pub use self::users::{ADMIN, CONSUMER, OPERATOR, PRODUCER, USERS};
use certificates::{CA_PEM, FILES, Validity};

/// The names in the certificate of a broker on this machine.
pub const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The generated secrets of a cluster.
const KEPT: &str = "secure.json";
/// The password of the PKCS#12 stores.
const STORES: &str = "stores.password";
/// The properties of the admin.
const CLIENT: &str = "client.properties";
const FORMAT_VERSION: u32 = 1;

/// The validity of certificates, in years.
const YEARS: i64 = 2;
/// If fewer days are left, a start renews the certificates.
const DAYS_LEFT: i64 = 30;

/// The login of clients of a secure cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Secured {
    /// Its `security.protocol` for clients.
    pub protocol: String,
    /// Its `sasl.mechanism`.
    pub mechanism: String,
    /// The directory of its certificates and all other files.
    pub directory: PathBuf,
    /// A properties file for each user.
    pub users: BTreeMap<String, PathBuf>,
    /// The first day on which the certificates are no longer valid.
    #[schemars(with = "String", extend("format" = "date"))]
    pub certificates_until: Date,
}

impl Secured {
    /// The properties file of the superuser.
    #[must_use]
    pub fn admin(&self) -> PathBuf {
        self.directory.join(CLIENT)
    }
}

/// The admin's login.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminLogin {
    /// The trusted issuer of the broker's certificate, as PEM.
    pub ca: String,
    /// The user name.
    pub user: &'static str,
    /// The password.
    pub password: String,
}

impl fmt::Debug for AdminLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminLogin")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// The content of [`KEPT`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kept {
    format_version: u32,
    /// The names in the broker's certificate.
    names: Vec<String>,
    certificates_until: Date,
    /// The clients' bootstrap server.
    bootstrap: String,
    /// Passwords by user.
    users: BTreeMap<String, String>,
    store_password: String,
}

/// The secrets of one cluster.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    directory: PathBuf,
    kept: Kept,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

impl Secrets {
    /// Loads the secrets of a directory; none if it has none.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn load(directory: &Path) -> Result<Option<Self>, LocalError> {
        let path = directory.join(KEPT);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LocalError::file("read", &path, error)),
        };
        // The resolved path, as in contexts.
        let directory = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
        match serde_json::from_slice::<Kept>(&text) {
            Ok(kept) if kept.format_version == FORMAT_VERSION => Ok(Some(Self { directory, kept })),
            // The error's text may contain parts of the file.
            _ => Err(LocalError::Secrets(path)),
        }
    }

    /// Loads or creates the secrets of a directory, for a broker with these names at `bootstrap`,
    /// `host:port`. Passwords are created once, certificates are renewed if necessary, and missing
    /// files are written.
    ///
    /// # Errors
    /// Files cannot be read or written.
    pub fn keep(directory: &Path, names: &[&str], bootstrap: &str) -> Result<Self, LocalError> {
        let made = || Self::make_up(directory, names, bootstrap);
        let mut secrets = Self::load(directory)?.map_or_else(made, Ok)?;
        bootstrap.clone_into(&mut secrets.kept.bootstrap);
        // Passwords are on the disk before anything uses them.
        secrets.save()?;
        secrets.renew(names)?;
        secrets.write_properties()?;
        Ok(secrets)
    }

    /// Like [`Secrets::keep`], in a directory that must be empty or hold a secure cluster's
    /// secrets.
    ///
    /// # Errors
    /// As there; or the directory contains other files.
    pub fn keep_apart(
        directory: &Path,
        names: &[&str],
        bootstrap: &str,
    ) -> Result<Self, LocalError> {
        let failed = |error| LocalError::file("use", directory, error);
        crate::store::directory(directory).map_err(failed)?;
        let is_ours = directory.join(KEPT).exists();
        if !is_ours && !crate::store::list(directory).map_err(failed)?.is_empty() {
            return Err(LocalError::ForeignSecrets(directory.to_owned()));
        }
        let directory = fs::canonicalize(directory).map_err(failed)?;
        Self::keep(&directory, names, bootstrap)
    }

    fn make_up(directory: &Path, names: &[&str], bootstrap: &str) -> Result<Self, LocalError> {
        let mut users = BTreeMap::new();
        for user in USERS {
            users.insert(user.to_owned(), password()?);
        }
        let kept = Kept {
            format_version: FORMAT_VERSION,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            certificates_until: Date::MIN,
            bootstrap: bootstrap.to_owned(),
            users,
            store_password: password()?,
        };
        let directory = directory.to_owned();
        Ok(Self { directory, kept })
    }

    fn save(&self) -> Result<(), LocalError> {
        let path = self.directory.join(KEPT);
        let text = serde_json::to_vec_pretty(&self.kept)
            .map_err(|error| LocalError::file("write", &path, error.into()))?;
        files::replace(&path, &text)
    }

    /// Renews the certificates if one is missing, they expire soon, or the names have changed.
    fn renew(&mut self, names: &[&str]) -> Result<(), LocalError> {
        let today = Timestamp::now().to_zoned_datetime(TimeZone::UTC).date();
        let are_there = FILES.iter().all(|name| self.directory.join(name).is_file());
        let soon = today.saturating_add(DAYS_LEFT.days());
        if are_there && self.kept.names == names && self.kept.certificates_until > soon {
            return Ok(());
        }
        let validity = Validity {
            from: today.saturating_sub(1.day()), // clocks differ
            until: today.saturating_add(YEARS.years()),
        };
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = certificates::make(&names, validity, &self.kept.store_password)
            .map_err(LocalError::Certificates)?;
        for (name, bytes) in made {
            files::replace(&self.directory.join(name), &bytes)?;
        }
        self.kept.names = names;
        self.kept.certificates_until = validity.until;
        self.save()
    }

    /// Writes each user's properties file, and the password of the stores.
    fn write_properties(&self) -> Result<(), LocalError> {
        for (user, password) in &self.kept.users {
            let text = properties::render(&self.client_properties(user, password));
            let text =
                format!("# The user {user} of a local cluster: keep it to yourself.\n{text}");
            files::replace(&self.file_of(user), text.as_bytes())?;
        }
        let path = self.directory.join(STORES);
        files::replace(&path, self.kept.store_password.as_bytes())
    }

    fn client_properties(&self, user: &str, password: &str) -> BTreeMap<String, String> {
        let module = "org.apache.kafka.common.security.scram.ScramLoginModule";
        let ca = self.directory.join(CA_PEM).display().to_string();
        let pairs = [
            ("bootstrap.servers", self.kept.bootstrap.clone()),
            (
                "sasl.jaas.config",
                format!("{module} required username=\"{user}\" password=\"{password}\";"),
            ),
            ("sasl.mechanism", MECHANISM.to_owned()),
            ("security.protocol", PROTOCOL.to_owned()),
            ("ssl.truststore.location", ca),
            ("ssl.truststore.type", "PEM".to_owned()),
        ];
        let owned = pairs.map(|(key, value)| (key.to_owned(), value));
        owned.into()
    }

    fn file_of(&self, user: &str) -> PathBuf {
        if user == ADMIN {
            return self.directory.join(CLIENT);
        }
        self.directory.join(format!("{user}.properties"))
    }

    /// The part that is not secret.
    #[must_use]
    pub fn secured(&self) -> Secured {
        let users = self.kept.users.keys();
        Secured {
            protocol: PROTOCOL.to_owned(),
            mechanism: MECHANISM.to_owned(),
            directory: self.directory.clone(),
            users: users
                .map(|user| (user.clone(), self.file_of(user)))
                .collect(),
            certificates_until: self.kept.certificates_until,
        }
    }

    /// The clients' bootstrap server.
    #[must_use]
    pub fn bootstrap(&self) -> &str {
        &self.kept.bootstrap
    }

    /// The admin's login.
    ///
    /// # Errors
    /// The issuer's certificate cannot be read.
    pub fn login(&self) -> Result<AdminLogin, LocalError> {
        let path = self.directory.join(CA_PEM);
        let ca = fs::read_to_string(&path);
        Ok(AdminLogin {
            ca: ca.map_err(|error| LocalError::file("read", &path, error))?,
            user: ADMIN,
            password: self.kept.users.get(ADMIN).cloned().unwrap_or_default(),
        })
    }

    /// The lines of an argument file with which `StorageTool format` creates the users.
    pub(super) fn format_arguments(&self) -> String {
        let users = self.kept.users.iter();
        let lines = users.flat_map(|(user, password)| {
            MECHANISMS.map(|mechanism| {
                format!("--add-scram\n{mechanism}=[name={user},password={password}]\n")
            })
        });
        lines.collect()
    }

    /// Writes one file for each user and mechanism, for `kafka-configs --add-config-file`: a
    /// request can change one credential of a user.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write_scram(&self) -> Result<(), LocalError> {
        for (user, password) in &self.kept.users {
            for mechanism in MECHANISMS {
                let line = format!("{mechanism}=iterations={ITERATIONS},password={password}\n");
                let path = self.directory.join(format!("{user}.{mechanism}"));
                files::replace(&path, line.as_bytes())?;
            }
        }
        Ok(())
    }

    /// The text with all passwords removed.
    pub(super) fn redact(&self, text: &str) -> String {
        let users = self.kept.users.values();
        let all = users.chain([&self.kept.store_password]);
        all.fold(text.to_owned(), |text, password| {
            text.replace(password, "…")
        })
    }
}

const PROTOCOL: &str = "SASL_SSL";
const MECHANISM: &str = MECHANISMS[0];
const MECHANISMS: [&str; 2] = ["SCRAM-SHA-256", "SCRAM-SHA-512"];
/// The smallest iteration count that Kafka accepts, which is enough for a random password.
const ITERATIONS: u32 = 4096;

/// 128 random bits in hexadecimal, which never need quotes.
fn password() -> Result<String, LocalError> {
    data::random().map(hex)
}

/// Deletes a directory that contains only secrets. Returns whether it existed.
pub(super) fn delete(directory: &Path) -> Result<bool, LocalError> {
    if !directory.join(KEPT).is_file() {
        return Ok(false);
    }
    let removed = fs::remove_dir_all(directory);
    removed.map_err(|error| LocalError::file("delete", directory, error))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_up_stays_and_certificates_follow_the_names() {
        let above = tempfile::tempdir().unwrap();
        let directory = above.path().join("secrets");
        let keep = |names: &[&str], bootstrap: &str| {
            Secrets::keep_apart(&directory, names, bootstrap).unwrap()
        };
        let first = keep(&LOOPBACK, "localhost:9092");
        let ca = first.login().unwrap().ca;
        let again = keep(&LOOPBACK, "localhost:9093");
        assert_eq!(again.kept.users, first.kept.users);
        assert_eq!(again.login().unwrap().ca, ca);
        let client = fs::read_to_string(again.secured().admin()).unwrap();
        assert!(
            client.contains("bootstrap.servers=localhost:9093\n"),
            "{client}"
        );

        let other = keep(&["localhost", "lowcode-kafka"], "localhost:9093");
        assert_eq!(other.kept.users, first.kept.users);
        let renewed = other.login().unwrap().ca;
        assert_ne!(renewed, ca);

        let mut ending = other.clone();
        let today = Timestamp::now().to_zoned_datetime(TimeZone::UTC).date();
        ending.kept.certificates_until = today.saturating_add(DAYS_LEFT.days());
        ending.save().unwrap();
        let names = ["localhost", "lowcode-kafka"];
        let fresh = keep(&names, "localhost:9093");
        assert_ne!(fresh.login().unwrap().ca, renewed);
        let until = today.saturating_add(YEARS.years());
        assert_eq!(fresh.secured().certificates_until, until);
        assert_eq!(Secrets::load(&directory).unwrap(), Some(fresh));
        assert!(delete(&directory).unwrap());
        assert!(!directory.exists() && !delete(&directory).unwrap());
    }

    #[test]
    fn secrets_show_nothing_of_themselves() {
        let above = tempfile::tempdir().unwrap();
        let secrets = Secrets::keep(above.path(), &LOOPBACK, "localhost:1").unwrap();
        let shown = format!("{secrets:?} {:?} {:?}", secrets.login(), secrets.secured());
        let said = secrets.redact(&secrets.format_arguments());
        let users = secrets.kept.users.values();
        for password in users.chain([&secrets.kept.store_password]) {
            assert_eq!(password.len(), 32);
            assert!(!shown.contains(password.as_str()) && !said.contains(password.as_str()));
        }
        assert!(said.contains("--add-scram\nSCRAM-SHA-512=[name=operator,password=…]\n"));
    }

    #[test]
    fn what_is_not_as_it_was_written_is_not_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(KEPT);
        fs::write(&path, "{\"users\": {\"admin\": \"hunter2\"}}").unwrap();
        let error = Secrets::load(directory.path()).unwrap_err();
        let told = format!("{error} {error:?} {}", error.hint());
        assert!(
            told.contains("secure.json") && !told.contains("hunter2"),
            "{told}"
        );
    }
}
