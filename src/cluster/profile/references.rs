//! Values that are somewhere else.
//!
//! In a properties file they are Kafka's own: `config.providers` names providers, and `${NAME:KEY}` or
//! `${NAME:PATH:KEY}` anywhere in a value is what a provider has there. Without `config.providers` such
//! a text is nothing but itself. In a context, where a secret may not stand, a value that is
//! `${env:NAME}` or `${file:PATH}` as a whole is what the variable or the file has.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use super::given::Given;
use super::jaas;
use super::keys::{self, Effect};
use super::sheet::Sheet;
use super::shown::holds_secret;
use crate::cluster::properties;
use crate::store::{read_bytes, read_text};

/// The hint for a secret in a context.
pub(super) const INSTEAD: &str =
    "write `${env:NAME}` or `${file:PATH}`, or put it into the file of `command-config`";

/// The largest accepted file with values, in MiB.
const LARGEST: u64 = 1;

/// A value, and the files that it was read from.
pub(super) struct Found {
    pub(super) value: String,
    pub(super) files: Vec<PathBuf>,
}

/// What is wrong, and a hint.
type Wrong = (String, String);

/// A provider of values.
#[derive(Clone, Copy)]
enum Kind {
    /// `EnvVarConfigProvider`.
    Env,
    /// `FileConfigProvider`: a properties file.
    File,
    /// `DirectoryConfigProvider`: a file for each value.
    Directory,
}

/// The providers that a properties file names.
pub(super) struct Providers {
    kinds: BTreeMap<String, Kind>,
}

impl Providers {
    /// The configured providers; adds errors about them.
    pub(super) fn of(sheet: &mut Sheet) -> Self {
        let mut kinds = BTreeMap::new();
        let Some(names) = sheet.text("config.providers") else {
            return Self { kinds };
        };
        for name in names.value.split(',').map(str::trim) {
            let key = format!("config.providers.{name}.class");
            let Some(class) = sheet.text(&key) else {
                let message = format!("the provider `{name}` has no class");
                sheet.fault(&names.place, message, format!("set `{key}`"));
                continue;
            };
            let kind = match class
                .value
                .strip_prefix("org.apache.kafka.common.config.provider.")
            {
                Some("EnvVarConfigProvider") => Kind::Env,
                Some("FileConfigProvider") => Kind::File,
                Some("DirectoryConfigProvider") => Kind::Directory,
                _ => {
                    let message = format!("the provider of values `{}` is not known", class.value);
                    let hint = "use Kafka's EnvVarConfigProvider, FileConfigProvider or DirectoryConfigProvider";
                    sheet.fault(&class.place, message, hint);
                    continue;
                }
            };
            for param in ["allowlist.pattern", "allowed.paths"] {
                let key = format!("config.providers.{name}.param.{param}");
                if let Some(given) = sheet.text(&key) {
                    let message = format!(
                        "`{key}` is not supported: what a provider may give is not restricted"
                    );
                    sheet.fault(&given.place, message, "remove the key");
                }
            }
            kinds.insert(name.to_owned(), kind);
        }
        Self { kinds }
    }

    /// A value with its references resolved; none if it has no references.
    pub(super) fn resolve(&self, given: &Given) -> Result<Option<Found>, Wrong> {
        let mut files = Vec::new();
        let mut value = String::new();
        let mut rest = given.value.as_str();
        let mut any = false;
        while let Some((before, reference, after)) = next_reference(rest) {
            value.push_str(before);
            if let Some((text, file)) = self.value(given, reference)? {
                value.push_str(&text);
                files.extend(file);
                any = true;
            } else {
                value.push_str("${");
                value.push_str(reference);
                value.push('}');
            }
            rest = after;
        }
        value.push_str(rest);
        Ok(any.then_some(Found { value, files }))
    }

    /// The value of one reference; none if no provider of its name is configured.
    fn value(
        &self,
        given: &Given,
        reference: &str,
    ) -> Result<Option<(String, Option<PathBuf>)>, Wrong> {
        let Some((name, rest)) = reference.split_once(':') else {
            return Ok(None);
        };
        let Some(kind) = self.kinds.get(name) else {
            return Ok(None);
        };
        let (path, key) = rest.split_once(':').unwrap_or(("", rest));
        let file = beside(given, path);
        Ok(Some(match kind {
            Kind::Env => (variable(key)?, None),
            Kind::Directory => {
                let file = file.join(key);
                (content(&file)?, Some(file))
            }
            Kind::File => {
                let text =
                    bytes(&file).and_then(|bytes| properties::text(bytes).map_err(str::to_owned));
                let text = text.map_err(|why| unreadable(&file, &why))?;
                let (found, _) = properties::parse(&text, |_| false);
                let found = found.into_iter().find(|property| property.key == key);
                let value = found.map(|property| property.value).ok_or_else(|| {
                    let message = format!("{} has no `{key}`", file.display());
                    (message, "write `KEY=VALUE` into it".to_owned())
                })?;
                (value, Some(file))
            }
        }))
    }
}

/// The text before the first reference, the reference's inside, and the text after it.
fn next_reference(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (reference, after) = rest.split_once('}')?;
    Some((before, reference, after))
}

/// Whether it looks like a reference.
pub(super) fn looks_like_one(value: &str) -> bool {
    next_reference(value).is_some_and(|(_, reference, _)| reference.contains(':'))
}

/// The value of a setting in a context; none if it is no reference. In `sasl.jaas.config`, values of
/// options may be references.
pub(super) fn inline(given: &Given) -> Result<Option<Found>, Wrong> {
    if given.key != "sasl.jaas.config" {
        return whole(given, &given.value);
    }
    let Ok(mut entry) = jaas::parse(&given.value) else {
        return whole(given, &given.value);
    };
    let mut files = Vec::new();
    let mut any = false;
    for (option, value) in &mut entry.options {
        if let Some(found) = whole(given, value)? {
            *value = found.value;
            files.extend(found.files);
            any = true;
        } else if !jaas::is_shown(option) {
            let message = format!(
                "`{option}` in `{}` is a secret, which has no place in a context",
                given.key
            );
            return Err((message, INSTEAD.to_owned()));
        }
    }
    let value = entry.written();
    Ok(any.then_some(Found { value, files }))
}

/// The value of a text that is one reference as a whole.
fn whole(given: &Given, value: &str) -> Result<Option<Found>, Wrong> {
    let value = value.trim();
    let inside = value
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    let Some((kind, name)) = inside.and_then(|inside| inside.split_once(':')) else {
        return Ok(None);
    };
    match kind {
        "env" => {
            let value = variable(name)?;
            let files = Vec::new();
            Ok(Some(Found { value, files }))
        }
        "file" => {
            let file = beside(given, name);
            let text = content(&file)?;
            let value = text.trim_end_matches(['\r', '\n']).to_owned();
            let files = vec![file];
            Ok(Some(Found { value, files }))
        }
        _ => Ok(None),
    }
}

fn beside(given: &Given, path: &str) -> PathBuf {
    let parent = given.place.file.parent().unwrap_or(Path::new(""));
    parent.join(path)
}

fn variable(name: &str) -> Result<String, Wrong> {
    env::var(name).map_err(|_| {
        let message = format!("the environment variable `{name}` is not set");
        (message, "set it, or write the value itself".to_owned())
    })
}

fn content(file: &Path) -> Result<String, Wrong> {
    read_text(file, LARGEST).map_err(|error| unreadable(file, &error.to_string()))
}

fn bytes(file: &Path) -> Result<Vec<u8>, String> {
    read_bytes(file, LARGEST).map_err(|error| error.to_string())
}

fn unreadable(file: &Path, why: &str) -> Wrong {
    let message = format!("cannot read {}: {why}", file.display());
    (message, "name a file that may be read".to_owned())
}

impl Sheet {
    /// Replaces references by their values.
    pub(super) fn resolve_references(&mut self) {
        let providers = Providers::of(self);
        for index in 0..self.given.len() {
            let given = self.given[index].clone();
            if keys::key(&given.key).is_none_or(|key| key.effect != Effect::Applied)
                || given.key.starts_with("config.providers")
            {
                continue;
            }
            let found = if given.is_inline {
                inline(&given)
            } else {
                providers.resolve(&given)
            };
            match found {
                Ok(None) => self.check_secret(&given),
                Ok(Some(found)) => {
                    for file in &found.files {
                        self.has_secret(file);
                    }
                    self.given[index].value = found.value;
                    self.given[index].is_reference = true;
                }
                Err((message, hint)) => self.fault(&given.place, message, hint),
            }
        }
    }

    /// Adds an error for a secret in the file itself.
    fn check_secret(&mut self, given: &Given) {
        if !holds_secret(given) {
            return;
        }
        if given.is_inline {
            let message = format!(
                "`{}` is a secret, which has no place in a context",
                given.key
            );
            self.fault(&given.place, message, INSTEAD);
            return;
        }
        if looks_like_one(&given.value) {
            self.warn(format!(
                "{}: `{}` is taken as it stands: `${{…}}` is replaced only where `config.providers` names the provider",
                given.place, given.key
            ));
        }
        let file = given.place.file.clone();
        self.has_secret(&file);
    }
}
