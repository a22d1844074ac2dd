//! The settings while they are read: their places, which were used, and the errors.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::error::ProfileFault;
use super::given::Given;
use super::keys::{self, Effect, is_secret};
use super::setting::{FileLine, ShownSetting};
use super::shown::{defaults, is_placeholder, parts, shown};
use crate::cluster::properties::{Problem, Property};
use crate::cluster::security::Security;

/// All settings.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) given: Vec<Given>,
    used: BTreeSet<String>,
    faults: Vec<ProfileFault>,
    /// Keys that were set, but are missing because of a reported error.
    lost: BTreeSet<String>,
    warnings: Vec<String>,
    /// Files that contain a secret, in order.
    secret_files: Vec<PathBuf>,
    knows_protocol: bool,
}

impl Sheet {
    /// Adds settings; keys that are set already stay.
    pub(super) fn add(&mut self, file: &Path, properties: &[Property], is_inline: bool) {
        for property in properties {
            if self.has(&property.key) {
                continue;
            }
            self.given.push(Given {
                key: property.key.clone(),
                value: property.value.clone(),
                place: FileLine {
                    file: file.to_owned(),
                    line: property.line,
                },
                is_inline,
                is_reference: false,
            });
        }
    }

    /// Adds errors for lines that cannot be read.
    pub(super) fn refuse_lines(&mut self, file: &Path, problems: Vec<Problem>) {
        for problem in problems {
            let place = FileLine {
                file: file.to_owned(),
                line: problem.line,
            };
            self.fault(&place, problem.message, problem.hint);
            if let Some(key) = problem.key {
                self.lost.extend(keys::near(&key).map(str::to_owned));
                self.lost.insert(key);
            }
        }
    }

    /// Whether a key is missing only because of a reported error.
    pub(super) fn is_lost(&self, key: &str) -> bool {
        self.lost.contains(key)
    }

    /// Adds an error that none of these keys is set, unless one is missing because of a reported error.
    pub(super) fn lacks(
        &mut self,
        keys: &[&str],
        place: &FileLine,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        if !keys.iter().any(|key| self.is_lost(key)) {
            self.fault(place, message, hint);
        }
    }

    /// Adds an error.
    pub(super) fn fault(
        &mut self,
        place: &FileLine,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.faults.push(ProfileFault {
            place: place.clone(),
            message: message.into(),
            hint: hint.into(),
        });
    }

    /// Adds a warning.
    pub(super) fn warn(&mut self, text: String) {
        self.warnings.push(text);
    }

    /// Notes that a file contains a secret.
    pub(super) fn has_secret(&mut self, file: &Path) {
        if !self.secret_files.iter().any(|known| known == file) {
            self.secret_files.push(file.to_owned());
        }
    }

    pub(super) fn protocol_is_known(&mut self) {
        self.knows_protocol = true;
    }

    pub(super) fn knows_protocol(&self) -> bool {
        self.knows_protocol
    }

    /// Whether a key is set.
    pub(super) fn has(&self, key: &str) -> bool {
        self.given.iter().any(|given| given.key == key)
    }

    /// A setting as given, even if it is empty. It counts as used from now on.
    pub(super) fn given(&mut self, key: &str) -> Option<Given> {
        let given = self.given.iter().find(|given| given.key == key)?.clone();
        self.used.insert(key.to_owned());
        Some(given)
    }

    /// Adds an error if one of these keys is set to nothing.
    pub(super) fn refuse_empty(&mut self, keys: &[&str], hint: &str) {
        for key in keys {
            if let Some(given) = self.given(key)
                && given.value.trim().is_empty()
            {
                self.fault(&given.place, format!("`{key}` is empty"), hint);
                self.lost.insert((*key).to_owned());
            }
        }
    }

    /// A setting without surrounding spaces; none if it is empty. Passwords keep their spaces, as in
    /// Java.
    pub(super) fn text(&mut self, key: &str) -> Option<Given> {
        let mut given = self.given(key)?;
        if !is_secret(key) {
            let trimmed = given.value.trim().to_owned();
            given.value = trimmed;
        }
        Some(given).filter(|given| !given.value.is_empty())
    }

    /// The errors, ordered by file and line; none without errors.
    pub(super) fn faults(self) -> Option<Vec<ProfileFault>> {
        let mut faults = self.faults;
        faults.sort_by(|a, b| {
            let at = |fault: &ProfileFault| (fault.place.file.clone(), fault.place.line);
            at(a).cmp(&at(b))
        });
        Some(faults).filter(|faults| !faults.is_empty())
    }

    pub(super) fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Adds errors for unknown and refused keys.
    pub(super) fn check_keys(&mut self) {
        for given in self.given.clone() {
            let (message, hint) = match keys::key(&given.key) {
                None => {
                    self.lost.extend(keys::near(&given.key).map(str::to_owned));
                    let message = format!("no client of Kafka knows the key `{}`", given.key);
                    (message, unknown_hint(&given.key))
                }
                Some(key) if key.effect == Effect::Refused => (
                    format!("`{}` is not supported: {}", given.key, key.reason),
                    "remove the key if the cluster does not need it".to_owned(),
                ),
                Some(_) => continue,
            };
            self.fault(&given.place, message, hint);
        }
    }

    /// Adds errors for placeholders that were not replaced. A value from a reference is no placeholder.
    pub(super) fn check_placeholders(&mut self) {
        for given in self.given.clone() {
            let is_applied = keys::key(&given.key).is_some_and(|key| key.effect == Effect::Applied);
            if !is_applied || given.is_reference {
                continue;
            }
            for (name, part, is_secret) in parts(&given) {
                if is_placeholder(part.trim()) {
                    // A placeholder of a secret key is not shown: it may be a secret after all.
                    let (found, what) = if is_secret {
                        ("a placeholder".to_owned(), "secret")
                    } else {
                        (format!("the placeholder `{}`", part.trim()), "value")
                    };
                    let message = format!("{name} still has {found}");
                    self.fault(&given.place, message, format!("put your {what} there"));
                }
            }
        }
    }

    /// Marks the settings of a login as used: the error says why there is no login.
    pub(super) fn login_is_looked_at(&mut self) {
        let keys = self.given.iter().map(|given| given.key.clone());
        let of_login = keys.filter(|key| key.starts_with("sasl.") || key.starts_with("https."));
        self.used.extend(of_login);
    }

    /// The path of a file that a setting names.
    pub(super) fn file(given: &Given) -> PathBuf {
        Self::beside(given, Path::new(&given.value))
    }

    /// A path in a setting: relative to the setting's file, or otherwise to the working directory.
    pub(super) fn beside(given: &Given, path: &Path) -> PathBuf {
        match given.place.file.parent().map(|parent| parent.join(path)) {
            Some(beside) if path.is_relative() && beside.exists() => beside,
            _ => path.to_owned(),
        }
    }

    /// Adds errors for keys without effect, because the user expects something else.
    pub(super) fn refuse_idle(&mut self, has_tls: bool, has_login: bool) {
        let is_login_lost = self.lost.iter().any(|key| key.starts_with("sasl."));
        let protocol = self.given("security.protocol");
        let said = protocol.map_or("`security.protocol` is not set".to_owned(), |given| {
            format!("`security.protocol` is {}", given.value.trim())
        });
        for given in self.given.clone() {
            let is_applied = keys::key(&given.key).is_some_and(|key| key.effect == Effect::Applied);
            if !is_applied || self.used.contains(&given.key) || harmless(&given.key) {
                continue;
            }
            let is_login = given.key.starts_with("sasl.") || given.key.starts_with("https.");
            let follows = match partner(&given.key) {
                Some(partner) => has_tls && self.is_lost(partner),
                None => is_login && has_login && is_login_lost,
            };
            if follows {
                continue;
            }
            let (message, hint) = if is_login && !has_login {
                let hint = if has_tls {
                    "SASL_SSL"
                } else {
                    "SASL_SSL, or SASL_PLAINTEXT"
                };
                (
                    format!("`{}` does nothing: {said}", given.key),
                    format!("set `security.protocol` to {hint}, or remove the key"),
                )
            } else if !is_login && !has_tls {
                (
                    format!("`{}` does nothing: {said}", given.key),
                    "set `security.protocol` to SSL or SASL_SSL, or remove the key".to_owned(),
                )
            } else if let Some(partner) = partner(&given.key) {
                (
                    format!("`{}` is there without `{partner}`", given.key),
                    format!("set `{partner}`, or remove the key"),
                )
            } else {
                (
                    format!("`{}` does nothing beside the other keys", given.key),
                    "remove the key, or the one that says the same in another way".to_owned(),
                )
            };
            self.fault(&given.place, message, hint);
        }
    }

    /// Adds warnings about files with secrets that others may read.
    pub(super) fn warn_of_readers(&mut self) {
        for file in std::mem::take(&mut self.secret_files) {
            let Ok(metadata) = fs::metadata(&file) else {
                continue;
            };
            if metadata.permissions().mode() & 0o044 != 0 {
                let name = file.display();
                self.warn(format!(
                    "{name} has a secret, and others may read it: chmod 600 {name}"
                ));
            }
        }
    }

    /// The settings for display.
    pub(super) fn settings(&self, security: &Security) -> Vec<ShownSetting> {
        let given = self.given.iter().map(|given| ShownSetting {
            key: given.key.clone(),
            value: shown(&given.key, &given.value),
            place: Some(given.place.clone()),
            unused: keys::key(&given.key).is_some_and(|key| key.effect == Effect::Unused),
        });
        let mut settings: Vec<ShownSetting> = given.collect();
        for (key, value, others) in defaults(security) {
            if !self.has(key) && !others.iter().any(|other| self.has(other)) {
                settings.push(ShownSetting {
                    key: key.to_owned(),
                    value: value.to_owned(),
                    place: None,
                    unused: false,
                });
            }
        }
        settings
    }
}

fn unknown_hint(key: &str) -> String {
    match keys::near(key) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "keys are those of Kafka's clients or of librdkafka".to_owned(),
    }
}

/// The key that this key needs to have an effect.
fn partner(key: &str) -> Option<&'static str> {
    match key {
        "ssl.truststore.password" => Some("ssl.truststore.location"),
        "ssl.keystore.password" | "ssl.key.password" => Some("ssl.keystore.location"),
        _ => None,
    }
}

/// Keys that are often set to their defaults, and ask for nothing by themselves.
fn harmless(key: &str) -> bool {
    key.starts_with("config.providers")
        || matches!(
            key,
            "ssl.endpoint.identification.algorithm"
                | "ssl.enabled.protocols"
                | "ssl.protocol"
                | "ssl.keymanager.algorithm"
                | "ssl.trustmanager.algorithm"
                | "ssl.truststore.type"
                | "ssl.keystore.type"
                | "enable.sasl.oauthbearer.unsecure.jwt"
        )
}

/// Adds an error if a key has another value than these.
pub(super) fn only(sheet: &mut Sheet, key: &str, values: &[&str]) {
    if let Some(given) = sheet.text(key)
        && !values
            .iter()
            .any(|value| value.eq_ignore_ascii_case(&given.value))
    {
        let message = format!("`{key}={}` is not supported", given.value);
        let hint = match values {
            [one] => format!("remove the key, or write `{one}`"),
            several => format!("remove the key, or write one of: {}", several.join(", ")),
        };
        sheet.fault(&given.place, message, hint);
    }
}
