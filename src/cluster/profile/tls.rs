//! `ssl.*`: whom to trust, what to show of oneself, what to check.

use std::fs;
use std::path::{Path, PathBuf};

use super::given::Given;
use super::keys;
use super::sheet::{Sheet, only};
use super::stores::{self, Form, Wrong};
use crate::cluster::security::{Identity, Tls, Trust, Verify};
use crate::store::read_bytes;

/// The most that a file of certificates or keys may hold, in MiB.
const LARGEST: u64 = 16;

/// What the settings say of TLS.
pub(super) fn read(sheet: &mut Sheet) -> Tls {
    versions(sheet);
    for key in ["ssl.keymanager.algorithm", "ssl.trustmanager.algorithm"] {
        only(sheet, key, &["PKIX", "SunX509"]);
    }
    Tls {
        trust: trust(sheet),
        identity: identity(sheet),
        verify: verify(sheet),
    }
}

/// Versions of TLS: 1.2 and 1.3 are spoken, and neither can be turned off. A file that allows 1.2 alone is
/// fine, because 1.3 protects no less.
fn versions(sheet: &mut Sheet) {
    let hint = "write `TLSv1.2,TLSv1.3`";
    if let Some(given) = sheet.text("ssl.enabled.protocols") {
        let names: Vec<&str> = given.value.split(',').map(str::trim).collect();
        let has = |name: &str| names.iter().any(|found| found.eq_ignore_ascii_case(name));
        if has("TLSv1.2") {
        } else if has("TLSv1.3") {
            let message =
                "`ssl.enabled.protocols` allows TLS 1.3 alone, and 1.2 cannot be turned off";
            sheet.fault(&given.place, message, hint);
        } else {
            let message = format!(
                "`ssl.enabled.protocols={}` allows neither TLS 1.2 nor 1.3, and older ones are not spoken",
                given.value
            );
            sheet.fault(&given.place, message, hint);
        }
    }
    only(sheet, "ssl.protocol", &["TLS", "TLSv1.2", "TLSv1.3"]);
}

fn verify(sheet: &mut Sheet) -> Verify {
    let algorithm = sheet.given("ssl.endpoint.identification.algorithm");
    let named = match &algorithm {
        None => Verify::ChainAndName,
        Some(given) => match given.value.trim().to_ascii_lowercase().as_str() {
            "https" => Verify::ChainAndName,
            "" | "none" => Verify::Chain,
            other => {
                let message = format!("`{other}` is no way to check a broker's name");
                let hint = "write `https`, or nothing to check the chain alone";
                sheet.fault(&given.place, message, hint);
                Verify::ChainAndName
            }
        },
    };
    let Some(given) = sheet.text("enable.ssl.certificate.verification") else {
        return named;
    };
    match given.value.to_ascii_lowercase().as_str() {
        "true" => named,
        "false" => Verify::Nothing,
        _ => {
            let message = "`enable.ssl.certificate.verification` is either `true` or `false`";
            sheet.fault(&given.place, message, "write `true`, or remove the key");
            named
        }
    }
}

/// The first of these keys that is set. Two of them would say the same thing in two ways.
fn one_of(sheet: &mut Sheet, names: &[&str]) -> Option<Given> {
    let mut found = None;
    for name in names {
        if let Some(given) = sheet.text(name) {
            match &found {
                None => found = Some(given),
                Some(Given { key, .. }) => {
                    let message = format!("`{name}` says again what `{key}` says");
                    sheet.fault(&given.place, message, "keep one of the two");
                }
            }
        }
    }
    found
}

fn trust(sheet: &mut Sheet) -> Trust {
    let names = [
        "ssl.truststore.location",
        "ssl.truststore.certificates",
        "ssl.ca.location",
        "ssl.ca.pem",
    ];
    sheet.refuse_empty(
        &names,
        "say whom to trust, or remove the key: without it those count that the system trusts",
    );
    let Some(given) = one_of(sheet, &names) else {
        return Trust::System;
    };
    let password = sheet.given("ssl.truststore.password");
    let form = form(sheet, "ssl.truststore.type");
    let read = match given.key.as_str() {
        "ssl.truststore.location" => {
            let path = Sheet::file(&given);
            let password = password.as_ref().map(|given| given.value.as_str());
            trusted_file(&path, form, password)
        }
        "ssl.ca.location" if given.value == "probe" => return Trust::System,
        "ssl.ca.location" => authorities(&Sheet::file(&given)),
        _ => stores::trusted(Form::Pem, given.value.as_bytes(), None),
    };
    match read {
        Ok(pem) => Trust::Pem(pem),
        Err(wrong) => {
            refuse(sheet, &given, wrong);
            Trust::System
        }
    }
}

/// The authority of another end point than the brokers, such as one that gives tokens.
pub(super) fn trust_of(sheet: &mut Sheet, location: &str, inline: &str) -> Trust {
    let Some(given) = one_of(sheet, &[location, inline]) else {
        return Trust::System;
    };
    let read = if given.key != location {
        stores::trusted(Form::Pem, given.value.as_bytes(), None)
    } else if given.value == "probe" {
        return Trust::System;
    } else {
        authorities(&Sheet::file(&given))
    };
    match read {
        Ok(pem) => Trust::Pem(pem),
        Err(wrong) => {
            refuse(sheet, &given, wrong);
            Trust::System
        }
    }
}

/// The certificates of a trust store in a file.
pub(super) fn trusted_file(
    path: &Path,
    form: Option<Form>,
    password: Option<&str>,
) -> Result<String, Wrong> {
    let bytes = bytes(path)?;
    let form = form_of(form, &bytes)?;
    stores::trusted(form, &bytes, password)
}

fn refuse(sheet: &mut Sheet, given: &Given, (message, hint): Wrong) {
    let what = if given.key.ends_with(".location") {
        let path = Sheet::file(given);
        format!("`{}`: cannot use {}", given.key, path.display())
    } else {
        format!("cannot use `{}`", given.key)
    };
    sheet.fault(&given.place, format!("{what}: {message}"), hint);
}

fn bytes(path: &Path) -> Result<Vec<u8>, Wrong> {
    read_bytes(path, LARGEST).map_err(|error| {
        let hint = "name a file that is there; a relative path starts beside the properties file";
        (error.to_string(), hint.to_owned())
    })
}

/// librdkafka's `ssl.ca.location`: a file of PEM, or a directory of them.
fn authorities(path: &Path) -> Result<String, Wrong> {
    if !path.is_dir() {
        return stores::trusted(Form::Pem, &bytes(path)?, None);
    }
    let entries = fs::read_dir(path).map_err(|error| (error.to_string(), String::new()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut all = Vec::new();
    for path in paths.iter().filter(|path| path.is_file()) {
        all.extend(bytes(path)?);
        all.push(b'\n');
    }
    stores::trusted(Form::Pem, &all, None)
}

/// The form that a key names. One that nobody knows is told.
fn form(sheet: &mut Sheet, key: &str) -> Option<Form> {
    let given = sheet.text(key)?;
    let form = Form::named(&given.value);
    if form.is_none() {
        let message = format!("`{key}={}` is not supported", given.value);
        sheet.fault(&given.place, message, "use PEM, PKCS12 or JKS");
    }
    form
}

/// The form of a store. As in Java, JKS and PKCS#12 are taken for each other.
fn form_of(named: Option<Form>, bytes: &[u8]) -> Result<Form, Wrong> {
    match (named, Form::of(bytes)) {
        (Some(Form::Pem), Some(Form::Pem)) => Ok(Form::Pem),
        (Some(Form::Pem), _) => Err((
            "it is not PEM".to_owned(),
            "leave out the type, or name its own".to_owned(),
        )),
        (Some(_) | None, Some(found)) => Ok(found),
        (_, None) => Err((
            "it is neither PEM, nor PKCS#12, nor JKS".to_owned(),
            "name a key store".to_owned(),
        )),
    }
}

fn identity(sheet: &mut Sheet) -> Option<Identity> {
    let names = ["ssl.keystore.location"];
    let chains = [
        "ssl.keystore.certificate.chain",
        "ssl.certificate.location",
        "ssl.certificate.pem",
    ];
    let keys = ["ssl.keystore.key", "ssl.key.location", "ssl.key.pem"];
    let hint = "say what to show to brokers, or remove the key";
    sheet.refuse_empty(&[&names[..], &chains, &keys].concat(), hint);
    let store = sheet.text(names[0]);
    let chain = one_of(sheet, &chains);
    let key = one_of(sheet, &keys);
    if store.is_none() && key.is_none() && chain.is_none() {
        return None;
    }
    let key_password = sheet.text("ssl.key.password");
    let key_password = key_password.as_ref().map(|given| given.value.as_str());
    match (store, chain, key) {
        (None, None, None) => None,
        (Some(store), None, None) => of_store(sheet, &store, key_password),
        (None, Some(chain), Some(key)) => of_two(sheet, &chain, &key, key_password),
        (Some(_), Some(other), _) | (Some(_), None, Some(other)) => {
            let message = format!(
                "`{}` says again what `ssl.keystore.location` says",
                other.key
            );
            sheet.fault(&other.place, message, "keep one of the two");
            None
        }
        (None, Some(chain), None) => {
            let message = format!("`{}` is there without its private key", chain.key);
            sheet.lacks(&keys, &chain.place, message, key_beside(&chain.key));
            None
        }
        (None, None, Some(key)) => {
            let message = format!("`{}` is there without its certificate", key.key);
            sheet.lacks(&chains, &key.place, message, chain_beside(&key.key));
            None
        }
    }
}

fn key_beside(chain: &str) -> &'static str {
    match chain {
        "ssl.keystore.certificate.chain" => "set `ssl.keystore.key`",
        _ => "set `ssl.key.location`",
    }
}

fn chain_beside(key: &str) -> &'static str {
    match key {
        "ssl.keystore.key" => "set `ssl.keystore.certificate.chain`",
        _ => "set `ssl.certificate.location`",
    }
}

fn of_store(sheet: &mut Sheet, store: &Given, key_password: Option<&str>) -> Option<Identity> {
    // An empty one is one: OpenSSL makes stores that have it.
    let password = sheet.given("ssl.keystore.password");
    let form = form(sheet, "ssl.keystore.type");
    let path = Sheet::file(store);
    let read = bytes(&path).and_then(|bytes| {
        let form = form_of(form, &bytes)?;
        if password.is_none() && form != Form::Pem {
            let hint = "set `ssl.keystore.password`".to_owned();
            return Err(("it needs a password".to_owned(), hint));
        }
        let password = password.as_ref().map(|given| given.value.as_str());
        let identity = stores::identity(form, &bytes, password, key_password)?;
        Ok((identity, form == Form::Pem && key_password.is_none()))
    });
    match read {
        Ok((identity, is_open)) => {
            if is_open {
                sheet.has_secret(&path);
            }
            Some(identity)
        }
        Err(wrong) => {
            refuse(sheet, store, wrong);
            None
        }
    }
}

/// A chain and a key that are set by themselves.
fn of_two(
    sheet: &mut Sheet,
    chain: &Given,
    key: &Given,
    password: Option<&str>,
) -> Option<Identity> {
    let text = |given: &Given| {
        if !given.key.ends_with(".location") {
            return Ok(given.value.clone());
        }
        let bytes = bytes(&Sheet::file(given))?;
        let not_pem = || ("it is not PEM".to_owned(), "name a PEM file".to_owned());
        String::from_utf8(bytes).map_err(|_| not_pem())
    };
    let sections = |given: &Given| text(given).and_then(|text| stores::sections(&text));
    let chain = sections(chain)
        .map_err(|wrong| refuse(sheet, chain, wrong))
        .ok();
    let keys = sections(key)
        .map_err(|wrong| refuse(sheet, key, wrong))
        .ok();
    let (chain, keys) = (chain?, keys?);
    match stores::pem_identity(&chain, &keys, password) {
        Ok(identity) => {
            if password.is_none() && !keys::is_secret(&key.key) {
                sheet.has_secret(&Sheet::file(key));
            }
            Some(identity)
        }
        Err(wrong) => {
            refuse(sheet, key, wrong);
            None
        }
    }
}
