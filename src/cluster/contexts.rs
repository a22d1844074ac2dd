//! Named clusters: the contexts in the user's configuration file.
//!
//! The file is TOML, so that it can be changed by hand and by `context add` without losing a comment:
//!
//! ```toml
//! current = "local"
//!
//! [contexts.local]
//! bootstrap = ["localhost:9092"]
//!
//! [contexts.production]
//! bootstrap = ["kafka-1.example.com:9092"]
//! command-config = "production.properties" # relative to this file
//!
//! [contexts.test]
//! bootstrap = ["kafka.test:9092"]
//! allow-plaintext-login = true
//!
//! [contexts.test.properties] # goes before `command-config`; no secrets but as ${env:…} and ${file:…}
//! "security.protocol" = "SASL_PLAINTEXT"
//! "sasl.mechanism" = "SCRAM-SHA-256"
//! "sasl.username" = "ops"
//! "sasl.password" = "${env:OPS_PASSWORD}"
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use toml_edit::{Array, Document, DocumentMut, Item, Table, Value, value};

use super::properties::Property;
use crate::model::suggest::closest;
use crate::store::{self, Output, StoreError};

/// The largest accepted file, in MiB.
const LARGEST: u64 = 1;

const ALLOW_LOGIN: &str = "allow-plaintext-login";
const ALLOW_TLS: &str = "allow-unverified-tls";

/// The fields of a context.
const FIELDS: [&str; 5] = [
    "bootstrap",
    "command-config",
    "properties",
    ALLOW_LOGIN,
    ALLOW_TLS,
];

/// How a cluster is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// Bootstrap servers as `host:port`; may be empty if [`Context::command_config`] has them.
    pub bootstrap: Vec<String>,
    /// A properties file of Kafka clients.
    pub command_config: Option<PathBuf>,
    /// Client properties in the context itself, with their lines, in order.
    pub properties: Vec<Property>,
    /// The risks that are allowed for this cluster.
    pub allowed: AllowedRisks,
}

/// Unsafe ways to connect that the user has allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AllowedRisks {
    /// A login that is sent to another machine without TLS (`allow-plaintext-login`).
    pub plaintext_login: bool,
    /// TLS with a broker whose certificate is not verified (`allow-unverified-tls`).
    pub unverified_tls: bool,
}

impl AllowedRisks {
    /// The risks that either of the two allows.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            plaintext_login: self.plaintext_login || other.plaintext_login,
            unverified_tls: self.unverified_tls || other.unverified_tls,
        }
    }
}

/// The configuration file, read.
#[derive(Debug)]
pub struct Contexts {
    path: PathBuf,
    document: DocumentMut,
    current: Option<String>,
    all: BTreeMap<String, Context>,
}

/// Why contexts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(StoreError),
    /// The file cannot be written.
    #[error(transparent)]
    Write(StoreError),
    /// The file's content is wrong.
    #[error("{}{}: {message}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
    Content {
        /// The file.
        path: PathBuf,
        /// The line, from 1, if the error is in one line.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
    /// There is no context of this name.
    #[error("there is no context `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// What the user can do.
        hint: String,
    },
    /// No context is current, and none was named.
    #[error("no context is current")]
    NoCurrent,
    /// The name is not allowed.
    #[error("`{0}` cannot be a context's name")]
    Name(String),
    /// A context of this name exists already.
    #[error("there is a context `{0}` already")]
    Exists(String),
}

impl ContextError {
    /// What the user can do.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        Some(match self {
            Self::Read(_) | Self::Write(_) => "`TONKAFKA_CONFIG` names another file",
            Self::Content { .. } => {
                "a file is `current = \"NAME\"` and a `[contexts.NAME]` each, with `bootstrap`, `command-config`, `properties`, `allow-plaintext-login` and `allow-unverified-tls`"
            }
            Self::Unknown { hint, .. } => hint,
            Self::NoCurrent => "name one, or choose one with `tonkafka context use NAME`",
            Self::Name(_) => "write letters, digits, `.`, `_` and `-`",
            Self::Exists(_) => "to write it anew, with what you say now alone, pass `--replace`",
        })
    }
}

impl Contexts {
    /// Reads the file. Without a file there are no contexts.
    ///
    /// # Errors
    /// The file cannot be read, or its content is wrong.
    pub fn load(path: &Path) -> Result<Self, ContextError> {
        let text = match store::read_text(path, LARGEST) {
            Ok(text) => text,
            // Such as /dev/null.
            Err(_) if is_device(path) => String::new(),
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(unread(path, &error)),
        };
        let reading = Reading { path, text: &text };
        // Only the immutable document knows the positions of its parts.
        let document = Document::parse(text.as_str()).map_err(|error| reading.syntax(&error))?;
        let (current, all) = reading.contents(&document)?;
        Ok(Self {
            path: path.to_owned(),
            document: document.into_mut(),
            current,
            all,
        })
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }

    /// All contexts by name.
    #[must_use]
    pub fn all(&self) -> &BTreeMap<String, Context> {
        &self.all
    }

    /// The name of the current context.
    #[must_use]
    pub fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// The context of this name.
    ///
    /// # Errors
    /// It does not exist.
    pub fn get(&self, name: &str) -> Result<&Context, ContextError> {
        self.all.get(name).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> ContextError {
        let names: Vec<&str> = self.names().collect();
        let hint = match closest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => {
                "add it with `tonkafka context add NAME -b HOST:PORT`".to_owned()
            }
            None => format!("there are: {}", names.join(", ")),
        };
        let name = name.to_owned();
        ContextError::Unknown { name, hint }
    }

    /// Changes the file under a lock, starting from its present content. Returns what `change` returns.
    ///
    /// # Errors
    /// The error of `change`; the file cannot be read or written, or its content is wrong.
    pub fn change<T>(
        path: &Path,
        change: impl Fn(&mut Self) -> Result<T, ContextError>,
    ) -> Result<T, ContextError> {
        loop {
            let held = store::hold(path).map_err(|error| unread(path, &error))?;
            let mut contexts = Self::load(path)?;
            let changed = change(&mut contexts)?;
            match contexts.save(held.is_none()) {
                // Another process created the file first.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    let error = StoreError::new("write", "", path, &error);
                    return Err(ContextError::Write(error));
                }
                Ok(()) => return Ok(changed),
            }
        }
    }

    /// Makes a context the current one.
    ///
    /// # Errors
    /// It does not exist.
    pub fn choose(&mut self, name: &str) -> Result<(), ContextError> {
        self.get(name)?;
        let mut chosen = Value::from(name);
        if let Some(old) = self.document.get("current").and_then(Item::as_value) {
            chosen.decor_mut().clone_from(old.decor());
        }
        self.document["current"] = Item::Value(chosen);
        self.current = Some(name.to_owned());
        Ok(())
    }

    /// Adds a context; with `replace`, in place of an existing one.
    ///
    /// # Errors
    /// The name is taken or not allowed.
    pub fn add(&mut self, name: &str, context: Context, replace: bool) -> Result<(), ContextError> {
        if !is_name(name) {
            return Err(ContextError::Name(name.to_owned()));
        }
        if self.all.contains_key(name) && !replace {
            return Err(ContextError::Exists(name.to_owned()));
        }
        let contexts = self.document.entry("contexts").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        contexts[name] = Item::Table(written(&context));
        self.all.insert(name.to_owned(), context);
        Ok(())
    }

    /// Removes a context, if it exists. If it is the current one, no context is current afterwards.
    pub fn remove(&mut self, name: &str) {
        let contexts = self.document.get_mut("contexts");
        if let Some(contexts) = contexts.and_then(Item::as_table_like_mut) {
            contexts.remove(name);
        }
        self.all.remove(name);
        if self.current.as_deref() == Some(name) {
            self.document.remove("current");
            self.current = None;
        }
    }

    fn save(&self, is_new: bool) -> io::Result<()> {
        let output = if is_new {
            Output::open_new(&self.path)
        } else {
            Output::open(&self.path)
        };
        output?.write(self.document.to_string().as_bytes())
    }
}

fn unread(path: &Path, error: &io::Error) -> ContextError {
    ContextError::Read(StoreError::new("read", "", path, error))
}

/// Whether it is a device such as `/dev/null`, which holds no contexts.
fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_char_device())
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.len() <= 100 && name.chars().all(plain)
}

fn written(context: &Context) -> Table {
    let mut table = Table::new();
    if !context.bootstrap.is_empty() {
        let addresses: Array = context.bootstrap.iter().collect();
        table["bootstrap"] = value(addresses);
    }
    if let Some(path) = &context.command_config {
        table["command-config"] = value(path.display().to_string());
    }
    let allowed = context.allowed;
    for (key, is_allowed) in [
        (ALLOW_LOGIN, allowed.plaintext_login),
        (ALLOW_TLS, allowed.unverified_tls),
    ] {
        if is_allowed {
            table[key] = value(true);
        }
    }
    table
}

/// A file that is being read.
struct Reading<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reading<'_> {
    fn contents(
        &self,
        document: &Table,
    ) -> Result<(Option<String>, BTreeMap<String, Context>), ContextError> {
        let mut current = None;
        let mut contexts = BTreeMap::new();
        for (key, item) in document {
            match key {
                "current" => current = Some(self.text_at(key, item)?),
                "contexts" => {
                    let table = item
                        .as_table_like()
                        .ok_or_else(|| self.wrong(item, "`contexts` has to be a table"))?;
                    for (name, item) in table.iter() {
                        contexts.insert(name.to_owned(), self.context(name, item)?);
                    }
                }
                other => return Err(self.unknown(other, item, &["current", "contexts"])),
            }
        }
        Ok((current, contexts))
    }

    fn context(&self, name: &str, item: &Item) -> Result<Context, ContextError> {
        let fields = item
            .as_table_like()
            .ok_or_else(|| self.wrong(item, &format!("the context `{name}` has to be a table")))?;
        let mut context = Context::default();
        for (key, item) in fields.iter() {
            match key {
                "bootstrap" => context.bootstrap = self.addresses(item)?,
                "command-config" => {
                    let beside = self.path.parent().unwrap_or(Path::new("."));
                    context.command_config = Some(beside.join(self.text_at(key, item)?));
                }
                "properties" => context.properties = self.properties(item)?,
                ALLOW_LOGIN => context.allowed.plaintext_login = self.flag(key, item)?,
                ALLOW_TLS => context.allowed.unverified_tls = self.flag(key, item)?,
                other => return Err(self.unknown(other, item, &FIELDS)),
            }
        }
        Ok(context)
    }

    fn properties(&self, item: &Item) -> Result<Vec<Property>, ContextError> {
        let fields = item
            .as_table_like()
            .ok_or_else(|| self.wrong(item, "`properties` has to be a table"))?;
        let mut found = Vec::new();
        for (key, item) in fields.iter() {
            if item.is_table_like() {
                let message = format!(
                    "`{key}` has to be text: write a key with dots in quotes, as in \"{key}.…\""
                );
                return Err(self.wrong(item, &message));
            }
            found.push(Property {
                key: key.to_owned(),
                value: self.text_at(key, item)?,
                line: self.line(item.span()).unwrap_or(1),
            });
        }
        Ok(found)
    }

    fn flag(&self, key: &str, item: &Item) -> Result<bool, ContextError> {
        item.as_bool()
            .ok_or_else(|| self.wrong(item, &format!("`{key}` is either true or false")))
    }

    fn addresses(&self, item: &Item) -> Result<Vec<String>, ContextError> {
        let wrong = || self.wrong(item, "`bootstrap` has to be a list of \"host:port\"");
        let list = item.as_array().ok_or_else(wrong)?;
        list.iter()
            .map(|address| address.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect()
    }

    fn text_at(&self, key: &str, item: &Item) -> Result<String, ContextError> {
        item.as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.wrong(item, &format!("`{key}` has to be text in quotes")))
    }

    fn unknown(&self, key: &str, item: &Item, known: &[&str]) -> ContextError {
        let also = match closest(key, known.iter().copied()) {
            Some(near) => format!(", did you mean `{near}`?"),
            None => String::new(),
        };
        self.wrong(item, &format!("unknown field `{key}`{also}"))
    }

    fn syntax(&self, error: &toml_edit::TomlError) -> ContextError {
        self.at(error.span(), error.message().to_owned())
    }

    fn wrong(&self, item: &Item, message: &str) -> ContextError {
        self.at(item.span(), message.to_owned())
    }

    fn line(&self, span: Option<std::ops::Range<usize>>) -> Option<usize> {
        span.and_then(|span| self.text.get(..span.start))
            .map(|before| before.matches('\n').count() + 1)
    }

    fn at(&self, span: Option<std::ops::Range<usize>>, message: String) -> ContextError {
        let line = self.line(span);
        let path = self.path.to_owned();
        ContextError::Content {
            path,
            line,
            message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("below/config.toml");
        let local = Context {
            bootstrap: vec!["localhost:9092".into()],
            ..Context::default()
        };
        let add = |name: &str| {
            Contexts::change(&path, |contexts| contexts.add(name, local.clone(), false)).unwrap();
        };
        add("local");
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "[contexts.local]\nbootstrap = [\"localhost:9092\"]\n"
        );
        let by_hand = "# mine\ncurrent = 'local' # always\n\n[contexts.local]\nbootstrap = ['x:1'] # old\n\n# there\n[contexts.far]\ncommand-config = 'far.properties'\n";
        fs::write(&path, by_hand).unwrap();
        let contexts = Contexts::load(&path).unwrap();
        assert_eq!(contexts.current(), Some("local"));
        assert_eq!(
            contexts.get("far").unwrap().command_config,
            Some(directory.path().join("below/far.properties"))
        );
        add("new");
        let now = fs::read_to_string(&path).unwrap();
        assert!(now.starts_with(by_hand), "{now}");
        Contexts::change(&path, |contexts| contexts.choose("far")).unwrap();
        let now = fs::read_to_string(&path).unwrap();
        assert!(
            now.starts_with("# mine\ncurrent = \"far\" # always\n"),
            "{now}"
        );
    }

    #[test]
    fn what_is_removed_takes_nothing_else_along() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.toml");
        let others = "# mine\n[contexts.far]\nbootstrap = [\"x:1\"] # there\n";
        let local = "current = \"local\"\n\n[contexts.local]\nbootstrap = [\"localhost:9092\"]\n\n";
        fs::write(&path, local.to_owned() + others).unwrap();
        let remove = |name: &str| {
            let removed = Contexts::change(&path, |contexts| {
                contexts.remove(name);
                assert_eq!(contexts.current().is_some(), name == "none");
                Ok(())
            });
            removed.unwrap();
            fs::read_to_string(&path).unwrap()
        };
        assert_eq!(remove("none"), local.to_owned() + others);
        assert_eq!(remove("local").trim_start(), others);
        assert_eq!(remove("local").trim_start(), others);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.toml");
        for (text, line, words) in [
            ("\ncurrent = ", 2, ""),
            ("current = 1", 1, "`current` has to be text in quotes"),
            ("a = 1", 1, "unknown field `a`"),
            (
                "[contexts.x]\n\nbootstraps = []",
                3,
                "unknown field `bootstraps`, did you mean `bootstrap`?",
            ),
            (
                "[contexts.x]\nbootstrap = 'a:1'",
                2,
                "`bootstrap` has to be a list of \"host:port\"",
            ),
            ("contexts = 1", 1, "`contexts` has to be a table"),
        ] {
            fs::write(&path, text).unwrap();
            let told = Contexts::load(&path).unwrap_err().to_string();
            let start = format!("{}:{line}: {words}", path.display());
            assert!(told.starts_with(&start), "{told}");
        }
    }
}
