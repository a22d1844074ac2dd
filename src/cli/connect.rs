//! Finds the cluster that a command uses, and connects to it.
//!
//! Its address comes from the first of: `--bootstrap-server`, `--context`, their variables, a
//! properties file with brokers, the current context, the manifest, `localhost:9092`. The current
//! context is ignored if anything before it names a cluster: its login is for its own brokers only.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use super::args::{Global, ManifestArgs};
use super::environment::{Environment, Level};
use super::exit::{Exit, Failure};
use super::manifest::{self, LOOKING};
use super::print;
use crate::cluster::Cluster;
use crate::cluster::contexts::{AllowedRisks, Context, Contexts};
use crate::cluster::live::LiveCluster;
use crate::cluster::profile::{self, Inline, Profile};
use crate::cluster::security::PlaintextLogin;
use crate::cluster::settings::{CLIENT_ID, ConnectionSettings};
use crate::local::NoHome;
use crate::model::address;
use crate::model::desired::Desired;
use crate::model::escape::escape;
use crate::view::context::Row;

/// The address if nothing names a cluster.
const DEFAULT_BOOTSTRAP: &str = "localhost:9092";

/// An open cluster, with its address.
pub(super) struct Connected {
    pub(super) cluster: Box<dyn Cluster>,
    pub(super) address: String,
    pub(super) origin: Origin,
    /// The principal of the login, if it is known.
    pub(super) login: Option<String>,
}

/// What names a cluster, strongest first: flags, then variables of the environment.
#[derive(Debug, Clone)]
pub(super) struct Named<'a> {
    levels: [Level; 2],
    environment: &'a Environment,
    allowed: AllowedRisks,
}

impl<'a> Named<'a> {
    /// These flags, then the environment.
    pub(super) fn behind(flags: Level, environment: &'a Environment) -> Self {
        Self {
            levels: [flags, environment.level.clone()],
            environment,
            allowed: AllowedRisks::default(),
        }
    }

    /// These flags alone.
    pub(super) fn only(flags: Level, environment: &'a Environment) -> Self {
        Self {
            levels: [flags, Level::default()],
            environment,
            allowed: AllowedRisks::default(),
        }
    }

    /// Adds the risks that flags allow, whichever cluster is used.
    pub(super) fn allowing(self, allowed: AllowedRisks) -> Self {
        Self { allowed, ..self }
    }

    pub(super) fn of(global: &'a Global) -> Self {
        let flags = Level {
            bootstrap: global.bootstrap_server.clone(),
            context: global.context.clone(),
            command_config: global.command_config.clone(),
        };
        Self::behind(flags, &global.environment).allowing(global.allowed())
    }

    /// The file of contexts.
    ///
    /// # Errors
    /// The environment names no directory for it.
    pub(super) fn contexts(&self) -> Result<&'a Path, NoHome> {
        self.environment.contexts()
    }

    /// The context that is named, if any.
    pub(super) fn context(&self) -> Option<&str> {
        let mut levels = self.levels.iter();
        levels.find_map(|level| level.context.as_deref())
    }

    /// Whether brokers or a properties file are named beside a context, or instead of one.
    pub(super) fn is_more_than_a_context(&self) -> bool {
        let is_context = |level: &&Level| level.bootstrap.is_some() || level.context.is_some();
        let strongest = self.levels.iter().find(is_context);
        self.command_config().is_some() || strongest.is_some_and(|level| level.bootstrap.is_some())
    }

    /// The properties file that is named outside of contexts, if any.
    pub(super) fn command_config(&self) -> Option<&PathBuf> {
        let mut levels = self.levels.iter();
        levels.find_map(|level| level.command_config.as_ref())
    }
}

/// The cluster to connect to, with its settings.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) bootstrap: Vec<String>,
    pub(super) origin: Origin,
    /// Whether the address comes from a properties file.
    is_in_file: bool,
    pub(super) profile: Profile,
    pub(super) allowed: AllowedRisks,
}

impl Target {
    /// The cluster of a context, with its profile.
    pub(super) fn of_context(name: &str, context: &Context, profile: Profile) -> Self {
        let is_in_file = context.bootstrap.is_empty();
        let bootstrap = if is_in_file {
            profile.bootstrap.clone()
        } else {
            context.bootstrap.clone()
        };
        Self {
            bootstrap,
            origin: Origin::Context(name.to_owned()),
            is_in_file,
            profile,
            allowed: context.allowed,
        }
    }

    /// Checks that connecting is safe.
    ///
    /// # Errors
    /// Certificates are not verified or a login is sent in clear, and neither flag nor context
    /// allows it.
    pub(super) fn check_safety(&self) -> Result<(), Failure> {
        let profile = &self.profile;
        if profile.is_unverified() && !self.allowed.unverified_tls {
            let key = "enable.ssl.certificate.verification";
            let place = profile.place(key).map(ToString::to_string);
            let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
            let message =
                format!("{place}`{key}=false` lets anybody be a broker and read what is sent");
            let hint = "name the authority with `ssl.truststore.location` or `ssl.ca.location`; if it is meant, pass `--allow-unverified-tls`, or set `allow-unverified-tls = true` in the context";
            return Err(Failure::new(Exit::BadInput, message).hint(hint));
        }
        let mut far = self.bootstrap.iter().filter(|address| !is_here(address));
        if let Some(address) = far.next()
            && profile.logs_in_plainly()
            && !self.allowed.plaintext_login
        {
            let place = profile.place("security.protocol").map(ToString::to_string);
            let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
            let message = format!(
                "{place}the login at {} would not be encrypted",
                escape(address)
            );
            let hint = "use `security.protocol=SASL_SSL`; if it is meant, pass `--allow-plaintext-login`, or set `allow-plaintext-login = true` in the context";
            return Err(Failure::new(Exit::BadInput, message).hint(hint));
        }
        Ok(())
    }

    /// Prints warnings, each once, and with `-v` every setting with its source.
    pub(super) fn tell(&self, global: &Global) {
        if global.quiet {
            return;
        }
        for warning in self.warnings() {
            if is_new(&warning) {
                print::err(&format!("warning: {}\n", escape(&warning)));
            }
        }
        if global.verbose {
            print::err(&crate::view::context::lines(&self.settings()));
        }
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = self.profile.warnings.clone();
        if self.profile.is_unverified() {
            warnings.push("the certificates of brokers are not verified".to_owned());
        }
        warnings
    }

    /// Each setting with its value and source. The brokers come first; flags, a context or the
    /// manifest may name them.
    pub(super) fn settings(&self) -> Vec<Row> {
        let keys = ["bootstrap.servers", "metadata.broker.list"];
        let settings = self.profile.settings.iter();
        let (named, rest): (Vec<_>, Vec<_>) =
            settings.partition(|setting| keys.contains(&setting.key.as_str()));
        let from = match named.first().and_then(|setting| setting.place.as_ref()) {
            Some(place) if self.is_in_file => place.to_string(),
            _ => self.origin.to_string(),
        };
        let brokers = Row {
            key: keys[0].to_owned(),
            value: self.bootstrap.join(","),
            from,
            unused: false,
        };
        let rest = rest.into_iter().map(|setting| Row {
            key: setting.key.clone(),
            value: setting.value.clone(),
            from: setting
                .place
                .as_ref()
                .map_or("default".to_owned(), ToString::to_string),
            unused: setting.unused,
        });
        std::iter::once(brokers).chain(rest).collect()
    }
}

/// Whether a warning was not printed before.
fn is_new(warning: &str) -> bool {
    static GIVEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let given = GIVEN.lock();
    given.is_ok_and(|mut given| given.insert(warning.to_owned()))
}

/// Whether the address is on this machine.
fn is_here(address: &str) -> bool {
    #[cfg(feature = "fake")]
    if address.starts_with("fake:") {
        return true;
    }
    address::is_loopback(address)
}

/// What named a cluster's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// `--bootstrap-server` or its variable.
    BootstrapServer,
    /// The context of this name.
    Context(String),
    /// A properties file.
    CommandConfig,
    /// The manifest.
    Manifest,
    /// Nothing.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BootstrapServer => f.write_str("--bootstrap-server"),
            Self::Context(name) => write!(f, "context {name}"),
            Self::CommandConfig => f.write_str("--command-config"),
            Self::Manifest => f.write_str("the manifest"),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// Resolves the cluster to use.
///
/// # Errors
/// A named file cannot be used, or the named context does not exist.
pub(super) fn target(named: &Named<'_>, desired: Option<&Desired>) -> anyhow::Result<Target> {
    let mut levels = named.levels.iter();
    let level = levels.find(|level| level.bootstrap.is_some() || level.context.is_some());
    let file = named.command_config();
    let by_file = file
        .map(|path| profile::read(Some(path), None))
        .transpose()?;
    let elsewhere = by_file
        .as_ref()
        .is_some_and(|file| !file.bootstrap.is_empty());
    let contexts = match level {
        Some(Level { context: None, .. }) => None,
        None if elsewhere => None,
        _ => Some(Contexts::load(named.contexts()?)?),
    };
    let context = match (&contexts, level) {
        (None, _) => None,
        (Some(contexts), Some(level)) => level.context.as_deref().map(|name| (contexts, name)),
        (Some(contexts), None) => contexts.current().map(|name| (contexts, name)),
    };
    let context = context
        .map(|(contexts, name)| contexts.get(name).map(|context| (name, context)))
        .transpose()?;
    let profile = match (by_file, context) {
        (Some(profile), _) => profile,
        (None, Some((_, context))) => of_context(context, named.contexts()?)?,
        (None, None) => profile::read(None, None)?,
    };
    let given = level.and_then(|level| level.bootstrap.as_deref());
    let mut target = if let Some((name, context)) = context {
        Target::of_context(name, context, profile)
    } else {
        let (bootstrap, origin) = match desired {
            _ if elsewhere => (profile.bootstrap.clone(), Origin::CommandConfig),
            Some(desired) if !desired.cluster.bootstrap.is_empty() => {
                (desired.cluster.bootstrap.clone(), Origin::Manifest)
            }
            _ => (vec![DEFAULT_BOOTSTRAP.to_owned()], Origin::Default),
        };
        Target {
            bootstrap,
            origin,
            is_in_file: elsewhere,
            profile,
            allowed: AllowedRisks::default(),
        }
    };
    if let Some(text) = given {
        target.bootstrap = addresses(text);
        target.origin = Origin::BootstrapServer;
        target.is_in_file = false;
    } else if let Some((name, _)) = context
        && target.bootstrap.is_empty()
    {
        return Err(no_address(name).into());
    }
    target.allowed = named.allowed.or(target.allowed);
    Ok(target)
}

/// The profile of a context.
///
/// # Errors
/// Its file or its settings cannot be used.
pub(super) fn of_context(context: &Context, contexts: &Path) -> anyhow::Result<Profile> {
    let inline = Inline {
        path: contexts,
        properties: &context.properties,
    };
    Ok(profile::read(
        context.command_config.as_deref(),
        Some(inline),
    )?)
}

pub(super) fn addresses(text: &str) -> Vec<String> {
    text.split(',').map(|one| one.trim().to_owned()).collect()
}

fn no_address(context: &str) -> Failure {
    let message = format!("the context `{context}` names no brokers");
    Failure::new(Exit::BadInput, message).hint(format!(
        "give it some with `tonkafka context add {context} --replace -b HOST:PORT`"
    ))
}

/// Connects to the cluster that flags, the environment or the manifest name.
///
/// # Errors
/// An address or a file is malformed, or no broker answers.
pub(super) async fn open(global: &Global, desired: Option<&Desired>) -> anyhow::Result<Connected> {
    let target = target(&Named::of(global), desired)?;
    told(target, global).await
}

/// Connects for a command that needs no manifest. The manifest in the current directory is read for
/// the address only if nothing else names a cluster: a broken file must not block work on an
/// incident.
///
/// # Errors
/// As [`open`]; or the manifest is needed for the address and is invalid.
pub(super) async fn open_by_itself(global: &Global) -> anyhow::Result<Connected> {
    let named = Named::of(global);
    let mut meant = target(&named, None)?;
    if meant.origin == Origin::Default
        && let Some(manifest) = manifest::read_if_there(&ManifestArgs::usual(), LOOKING)?
    {
        meant = target(&named, Some(&manifest.desired))?;
    }
    told(meant, global).await
}

/// Connects to a cluster, and prints its warnings and settings.
pub(super) async fn told(target: Target, global: &Global) -> anyhow::Result<Connected> {
    target.check_safety()?;
    target.tell(global);
    to(target, global.timeout).await
}

/// Connects to a cluster.
///
/// # Errors
/// An address is malformed, or no broker answers.
pub(super) async fn to(target: Target, timeout: Duration) -> anyhow::Result<Connected> {
    target.check_safety()?;
    #[cfg(feature = "fake")]
    if let [one] = target.bootstrap.as_slice()
        && let Some(file) = one.strip_prefix("fake:")
    {
        return Ok(Connected {
            cluster: Box::new(crate::cluster::fake::FakeCluster::open(file.into())?),
            address: one.clone(),
            origin: target.origin,
            login: target.profile.security.principal(),
        });
    }
    check(&target.bootstrap)?;
    let Profile {
        client_id,
        security,
        ..
    } = target.profile;
    let settings = ConnectionSettings {
        bootstrap: target.bootstrap,
        client_id: client_id.unwrap_or_else(|| CLIENT_ID.to_owned()),
        security,
        plaintext_login: if target.allowed.plaintext_login {
            PlaintextLogin::Anywhere
        } else {
            PlaintextLogin::Loopback
        },
        timeout,
    };
    Ok(Connected {
        cluster: Box::new(LiveCluster::connect(&settings).await?),
        address: settings.address(),
        origin: target.origin,
        login: settings.security.principal(),
    })
}

/// Checks that each address is `host:port`.
///
/// # Errors
/// The first address that is not.
pub(super) fn check(addresses: &[String]) -> Result<(), Failure> {
    for address in addresses {
        profile::check_address(address).map_err(|hint| {
            let message = format!("`{}` is no broker's address", escape(address));
            Failure::new(Exit::BadInput, message).hint(hint)
        })?;
    }
    Ok(())
}
