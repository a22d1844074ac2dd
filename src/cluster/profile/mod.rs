//! The connection profile: from a client's properties to one [`Security`], before anything is opened.
//!
//! Properties come from a file with Apache's names or librdkafka's, from a context, or from both; a
//! setting of the context goes before one of its file. Every key is looked up in [`keys`], every value
//! is read here, key stores and certificates included, and everything that is wrong is told at once
//! with its place. A connection is never less protected than its properties say: a key that asks for
//! what cannot be done is refused, and so is one that does nothing beside the others.
//!
//! - [`keys`] has what each key of Kafka's clients does here
//! - [`jaas`] reads `sasl.jaas.config`
//! - `sheet`: the settings while they are read, and what is wrong with them
//! - `shown`: what people may see of them
//! - `references`: values that are somewhere else
//! - `login`, `oauth`: who this client is
//! - `tls`, `stores`, `pem`: certificates and keys, from any form to PEM
//!
//! Traps: Java finds out by itself whether a key store is JKS or PKCS#12, so here too its content counts
//! where no type is said; Java's default mechanism is GSSAPI; a relative path is meant from where the
//! file is, as people write it, or from the working directory, as Kafka's own tools take it.

use std::io;
use std::path::Path;

use super::properties::{self, Property};
use super::security::{Security, Verify};
use crate::model::address;
use crate::store::read_bytes;

mod error;
mod given;
pub mod jaas;
pub mod keys;
mod login;
mod module;
mod oauth;
mod pem;
mod references;
mod setting;
mod sheet;
mod shown;
mod stores;
mod tls;

pub use self::error::{ProfileError, ProfileFault};
pub use self::setting::{FileLine, ShownSetting};
use self::sheet::{Sheet, only};
pub use self::shown::shown;

/// The largest accepted properties file, in MiB.
const LARGEST: u64 = 1;

/// The connection settings in client properties.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// `bootstrap.servers` as `host:port`; empty if it is not set.
    pub bootstrap: Vec<String>,
    /// `client.id`.
    pub client_id: Option<String>,
    /// TLS and login.
    pub security: Security,
    /// All known settings with their origin: first those of the properties, in order, then the
    /// defaults.
    pub settings: Vec<ShownSetting>,
    /// Risks of the files, one sentence each.
    pub warnings: Vec<String>,
}

impl Profile {
    /// The keys that are ignored, in order.
    #[must_use]
    pub fn unused(&self) -> Vec<String> {
        let unused = self.settings.iter().filter(|setting| setting.unused);
        unused.map(|setting| setting.key.clone()).collect()
    }

    /// The place that sets a key; none if it is not set.
    #[must_use]
    pub fn place(&self, key: &str) -> Option<&FileLine> {
        let mut settings = self.settings.iter();
        settings.find(|setting| setting.key == key)?.place.as_ref()
    }

    /// Whether brokers' certificates are not verified.
    #[must_use]
    pub fn is_unverified(&self) -> bool {
        let tls = self.security.tls.as_ref();
        tls.is_some_and(|tls| tls.verify == Verify::Nothing)
    }

    /// Whether the login is sent without TLS.
    #[must_use]
    pub fn logs_in_plainly(&self) -> bool {
        self.security.logs_in_plainly()
    }
}

/// Client properties in the file of contexts.
#[derive(Debug, Clone, Copy)]
pub struct Inline<'a> {
    /// That file.
    pub path: &'a Path,
    /// The settings, with their lines.
    pub properties: &'a [Property],
}

/// Reads a properties file and the properties of a context.
///
/// # Errors
/// The file cannot be read, or the content is wrong; all errors are returned.
pub fn read(file: Option<&Path>, inline: Option<Inline<'_>>) -> Result<Profile, ProfileError> {
    let mut sheet = Sheet::default();
    if let Some(inline) = inline {
        sheet.add(inline.path, inline.properties, true);
    }
    if let Some(path) = file {
        let unread = |error| ProfileError::Read {
            path: path.to_owned(),
            error,
        };
        let bytes = read_bytes(path, LARGEST).map_err(unread)?;
        let text = properties::text(bytes).map_err(|why| unread(io::Error::other(why)))?;
        let is_known = |key: &str| keys::key(key).is_some();
        let (found, problems) = properties::parse(&text, is_known);
        sheet.refuse_lines(path, problems);
        sheet.add(path, &found, false);
    }
    profile(sheet)
}

fn profile(mut sheet: Sheet) -> Result<Profile, ProfileError> {
    sheet.check_keys();
    sheet.resolve_references();
    sheet.check_placeholders();
    let bootstrap = bootstrap(&mut sheet);
    let client_id = client_id(&mut sheet);
    only(&mut sheet, "broker.address.family", &["any"]);
    let (has_tls, has_login) = protocol(&mut sheet);
    let tls = has_tls.then(|| tls::read(&mut sheet));
    let login = if has_login {
        login::read(&mut sheet)
    } else {
        None
    };
    if sheet.knows_protocol() {
        sheet.refuse_idle(has_tls, has_login);
    }
    sheet.warn_of_readers();
    let security = Security { tls, login };
    let settings = sheet.settings(&security);
    let warnings = sheet.take_warnings();
    sheet
        .faults()
        .map_or(Ok(()), |faults| Err(ProfileError::Content(faults)))?;
    Ok(Profile {
        bootstrap,
        client_id,
        security,
        settings,
        warnings,
    })
}

fn bootstrap(sheet: &mut Sheet) -> Vec<String> {
    let first = sheet.text("bootstrap.servers");
    let second = sheet.text("metadata.broker.list");
    if let (Some(first), Some(second)) = (&first, &second) {
        // Even with the same value: one of them is a leftover.
        let later = if first.place.line > second.place.line {
            first
        } else {
            second
        };
        let message = format!("`{}` says again where the brokers are", later.key);
        let hint = "keep one of `bootstrap.servers` and `metadata.broker.list`";
        sheet.fault(&later.place, message, hint);
    }
    sheet.refuse_empty(
        &["bootstrap.servers", "metadata.broker.list"],
        "write `host:port`, or remove the key",
    );
    let Some(given) = first.or(second) else {
        return Vec::new();
    };
    let addresses = given.value.split(',').map(str::trim);
    let addresses: Vec<&str> = addresses.filter(|address| !address.is_empty()).collect();
    for (_, placeholder, _) in shown::parts(&given) {
        if shown::is_placeholder(&placeholder) {
            return Vec::new(); // that is told
        }
    }
    for address in &addresses {
        if let Err(hint) = check_address(address) {
            let message = format!("`{address}` is no broker's address");
            sheet.fault(&given.place, message, hint);
        }
    }
    addresses.into_iter().map(str::to_owned).collect()
}

/// Checks a broker's address; the cluster in memory has another form.
///
/// # Errors
/// What to write instead.
pub(crate) fn check_address(address: &str) -> Result<(), &'static str> {
    #[cfg(feature = "fake")]
    if address.starts_with("fake:") {
        return Ok(());
    }
    address::check(address)
}

fn client_id(sheet: &mut Sheet) -> Option<String> {
    use crate::model::wire::{self, TooLong};
    let given = sheet.text("client.id")?;
    if wire::check(&given.value).is_err() {
        sheet.fault(
            &given.place,
            format!("`client.id` is {TooLong}"),
            "shorten it",
        );
    }
    Some(given.value)
}

/// Whether TLS and a login are used.
fn protocol(sheet: &mut Sheet) -> (bool, bool) {
    let Some(given) = sheet.given("security.protocol") else {
        if !sheet.is_lost("security.protocol") {
            sheet.protocol_is_known();
        }
        return (false, false);
    };
    let (tls, login) = match given.value.trim().to_ascii_uppercase().as_str() {
        "PLAINTEXT" => (false, false),
        "SSL" => (true, false),
        "SASL_PLAINTEXT" => (false, true),
        "SASL_SSL" => (true, true),
        _ => {
            let message = format!("`{}` is no security protocol", given.value.trim());
            let hint = "Kafka has PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL";
            sheet.fault(&given.place, message, hint);
            return (false, false);
        }
    };
    sheet.protocol_is_known();
    (tls, login)
}
