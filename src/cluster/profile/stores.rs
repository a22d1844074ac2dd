//! Certificates and keys out of PEM, PKCS#12 and JKS.
//!
//! What comes out is PEM. A store is opened with its password and nothing is guessed; a JKS trust store
//! may have none, as in Java: what it has is not encrypted, and then nothing is checked.

use jks::keyprotector;
use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12Archive, Pkcs12ImportPolicy};
use pkcs8::{EncryptedPrivateKeyInfo, pkcs5};
use rustls::crypto::ring;
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, RootCertStore};

use super::pem::{self, Section};
use crate::cluster::security::{Hidden, Identity};

/// The forms of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Pem,
    Pkcs12,
    Jks,
}

impl Form {
    /// The form of this name, as `ssl.truststore.type` has it.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "PEM" => Some(Self::Pem),
            "PKCS12" => Some(Self::Pkcs12),
            "JKS" => Some(Self::Jks),
            _ => None,
        }
    }

    /// The form of this content.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xfe, 0xed, 0xfe, 0xed, ..] => Some(Self::Jks),
            [0x30, ..] => Some(Self::Pkcs12),
            _ => {
                let text = str::from_utf8(bytes).ok()?;
                text.contains("-----BEGIN ").then_some(Self::Pem)
            }
        }
    }
}

/// Why a store cannot be used, and a hint.
pub(super) type Wrong = (String, String);

fn wrong(message: impl Into<String>, hint: impl Into<String>) -> Wrong {
    (message.into(), hint.into())
}

const WRONG_PASSWORD: &str = "its password is another, or it is damaged";

/// The hint for converting a key to a supported form.
const CONVERT: &str =
    "convert the key: `openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD.key -out NEW.key`";

/// The certificates of a trust store.
///
/// # Errors
/// It cannot be opened, or is empty.
pub(super) fn trusted(form: Form, bytes: &[u8], password: Option<&str>) -> Result<String, Wrong> {
    let ders = match form {
        Form::Pem => certificates(&pem_sections(bytes)?),
        Form::Jks => jks_trusted(bytes, password.filter(|password| !password.is_empty()))?,
        Form::Pkcs12 => pkcs12_trusted(bytes, password)?,
    };
    let mut store = RootCertStore::empty();
    let mut text = String::new();
    for der in ders {
        if store.add(CertificateDer::from_slice(&der)).is_ok() {
            text.push_str(&pem::text("CERTIFICATE", &der));
        }
    }
    if store.is_empty() {
        let hint = "put the certificate of the authority into it that issues those of the brokers";
        return Err(wrong("it has no certificate that could be trusted", hint));
    }
    Ok(text)
}

fn pem_sections(bytes: &[u8]) -> Result<Vec<Section>, Wrong> {
    let text = str::from_utf8(bytes).map_err(|_| wrong("it is not PEM", "name a PEM file"))?;
    pem::sections(text).map_err(|why| wrong(format!("its PEM is broken: {why}"), "copy it anew"))
}

fn certificates(sections: &[Section]) -> Vec<Vec<u8>> {
    let certificates = sections.iter().filter(|section| section.is_certificate());
    certificates.map(|section| section.der.clone()).collect()
}

fn pkcs12_trusted(bytes: &[u8], password: Option<&str>) -> Result<Vec<Vec<u8>>, Wrong> {
    let archive = Pkcs12Archive::from_pkcs12(bytes, password.unwrap_or_default());
    let archive = archive.map_err(|error| pkcs12_wrong(&error, password))?;
    let only_certificates = archive.keys.is_empty();
    let certs = archive.certs.iter();
    // Java marks trusted certificates; in a store of OpenSSL without keys, all certificates are
    // trusted.
    let certs = certs.filter(|bag| bag.trusted || only_certificates);
    Ok(certs.map(|bag| bag.cert.as_der().to_vec()).collect())
}

fn pkcs12_wrong(error: &p12_keystore::error::Error, password: Option<&str>) -> Wrong {
    use p12_keystore::error::Error;
    match error {
        Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm => wrong(
            "it is encrypted in a way that is not read",
            "make it anew with a current `keytool` or `openssl`",
        ),
        Error::DerError(_) => wrong("it is no PKCS#12 store, or is damaged", "name another"),
        _ if password.is_none() => wrong(
            "it needs a password",
            "set the key that ends with `.password` beside it",
        ),
        _ => wrong(WRONG_PASSWORD, "check the password"),
    }
}

/// An entry of a JKS store.
enum JksEntry {
    Trusted(Vec<u8>),
    Key { key: Vec<u8>, chain: Vec<Vec<u8>> },
}

fn jks_trusted(bytes: &[u8], password: Option<&str>) -> Result<Vec<Vec<u8>>, Wrong> {
    let entries = jks_entries(bytes, password)?.into_iter();
    Ok(entries
        .filter_map(|entry| match entry {
            JksEntry::Trusted(der) => Some(der),
            JksEntry::Key { .. } => None,
        })
        .collect())
}

/// The entries of a JKS store; with a password, their integrity is verified.
fn jks_entries(bytes: &[u8], password: Option<&str>) -> Result<Vec<JksEntry>, Wrong> {
    let mut left = Bytes(bytes);
    let entries = left.store();
    let entries =
        entries.ok_or_else(|| wrong("it is no JKS store, or is damaged", "name another"))?;
    if let Some(password) = password {
        let mut store = jks::KeyStore::new();
        store
            .load(bytes, password.as_bytes())
            .map_err(|_| wrong(WRONG_PASSWORD, "check the password"))?;
    }
    Ok(entries)
}

/// The rest of a JKS store. Each length is checked against the remaining bytes.
struct Bytes<'b>(&'b [u8]);

impl Bytes<'_> {
    fn store(&mut self) -> Option<Vec<JksEntry>> {
        let (_magic, version, count) = (self.number()?, self.number()?, self.number()?);
        let mut entries = Vec::new();
        for _ in 0..count {
            let tag = self.number()?;
            self.short_text()?; // its alias
            self.take(8)?; // when it was made
            entries.push(match tag {
                1 => {
                    let key = self.long_bytes()?;
                    let count = self.number()?;
                    let mut chain = Vec::new();
                    for _ in 0..count {
                        chain.push(self.certificate(version)?);
                    }
                    JksEntry::Key { key, chain }
                }
                2 => JksEntry::Trusted(self.certificate(version)?),
                _ => return None,
            });
        }
        Some(entries)
    }

    fn certificate(&mut self, version: u32) -> Option<Vec<u8>> {
        if version == 2 {
            self.short_text()?; // always X.509
        }
        self.long_bytes()
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        let bytes = self.take(4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    }

    fn short_text(&mut self) -> Option<()> {
        let length = u16::from_be_bytes(self.take(2)?.try_into().ok()?);
        self.take(usize::from(length)).map(|_| ())
    }

    fn long_bytes(&mut self) -> Option<Vec<u8>> {
        let length = self.number()?;
        self.take(usize::try_from(length).ok()?).map(<[u8]>::to_vec)
    }
}

/// The key of a key store, with its chain. The password of the key itself is that of the store where it
/// has none of its own.
///
/// # Errors
/// It cannot be opened, has no key or several, or the key is another certificate's.
pub(super) fn identity(
    form: Form,
    bytes: &[u8],
    store_password: Option<&str>,
    key_password: Option<&str>,
) -> Result<Identity, Wrong> {
    match form {
        Form::Pem => {
            let sections = pem_sections(bytes)?;
            pem_identity(&sections, &sections, key_password)
        }
        Form::Pkcs12 => pkcs12_identity(bytes, store_password),
        Form::Jks => jks_identity(bytes, store_password, key_password),
    }
}

fn only_one<T>(mut found: Vec<T>) -> Result<T, Wrong> {
    match (found.len(), found.pop()) {
        (1, Some(one)) => Ok(one),
        (0, _) => Err(wrong(
            "it has no private key with a certificate",
            "name the store of the client's own key, not the one of those it trusts",
        )),
        (count, _) => Err(wrong(
            format!("it has {count} private keys"),
            "keep in it the one that is meant",
        )),
    }
}

fn pkcs12_identity(bytes: &[u8], password: Option<&str>) -> Result<Identity, Wrong> {
    let strict = Pkcs12ImportPolicy::Strict;
    let store = KeyStore::from_pkcs12(bytes, password.unwrap_or_default(), strict);
    let store = store.map_err(|error| pkcs12_wrong(&error, password))?;
    let chains = store.entries().filter_map(|(_, entry)| match entry {
        KeyStoreEntry::PrivateKeyChain(chain) => Some(chain),
        _ => None,
    });
    let chain = only_one(chains.collect())?;
    let certs = chain.certs().iter().map(|cert| cert.as_der().to_vec());
    checked(
        &certs.collect::<Vec<_>>(),
        &Key::Pkcs8(chain.key().as_der().to_vec()),
    )
}

fn jks_identity(
    bytes: &[u8],
    store_password: Option<&str>,
    key_password: Option<&str>,
) -> Result<Identity, Wrong> {
    let entries = jks_entries(bytes, store_password)?.into_iter();
    let keys = entries.filter_map(|entry| match entry {
        JksEntry::Key { key, chain } => Some((key, chain)),
        JksEntry::Trusted(_) => None,
    });
    let (key, chain) = only_one(keys.collect())?;
    let password = key_password.or(store_password).unwrap_or_default();
    let key = keyprotector::decrypt(&key, password.as_bytes(), jks::common::password_bytes)
        .map_err(|_| {
            wrong(
                "the password of the key in it is another",
                "check `ssl.key.password`",
            )
        })?;
    checked(&chain, &Key::Pkcs8(key))
}

/// A key that is not encrypted.
enum Key {
    Pkcs8(Vec<u8>),
    Pkcs1(Vec<u8>),
    Sec1(Vec<u8>),
}

impl Key {
    fn label(&self) -> &'static str {
        match self {
            Self::Pkcs8(_) => "PRIVATE KEY",
            Self::Pkcs1(_) => "RSA PRIVATE KEY",
            Self::Sec1(_) => "EC PRIVATE KEY",
        }
    }

    fn der(&self) -> &[u8] {
        let (Self::Pkcs8(der) | Self::Pkcs1(der) | Self::Sec1(der)) = self;
        der
    }

    fn to_rustls(&self) -> PrivateKeyDer<'static> {
        match self {
            Self::Pkcs8(der) => PrivatePkcs8KeyDer::from(der.clone()).into(),
            Self::Pkcs1(der) => PrivatePkcs1KeyDer::from(der.clone()).into(),
            Self::Sec1(der) => PrivateSec1KeyDer::from(der.clone()).into(),
        }
    }
}

/// A chain and a key in PEM, of one text or of two.
///
/// # Errors
/// One of them is missing or cannot be read, or the key is another certificate's.
pub(super) fn pem_identity(
    chain: &[Section],
    keys: &[Section],
    password: Option<&str>,
) -> Result<Identity, Wrong> {
    let keys: Vec<&Section> = keys.iter().filter(|section| section.is_key()).collect();
    let key = pem_key(only_one(keys)?, password)?;
    checked(&certificates(chain), &key)
}

/// The sections of a text of PEM.
///
/// # Errors
/// It is broken.
pub(super) fn sections(text: &str) -> Result<Vec<Section>, Wrong> {
    pem_sections(text.as_bytes())
}

fn pem_key(section: &Section, password: Option<&str>) -> Result<Key, Wrong> {
    if section.is_legacy {
        let message = "its key is encrypted in an old way of OpenSSL's, which is not read";
        return Err(wrong(message, CONVERT));
    }
    match section.label.as_str() {
        "PRIVATE KEY" => Ok(Key::Pkcs8(section.der.clone())),
        "RSA PRIVATE KEY" => Ok(Key::Pkcs1(section.der.clone())),
        "EC PRIVATE KEY" => Ok(Key::Sec1(section.der.clone())),
        "ENCRYPTED PRIVATE KEY" => decrypted(&section.der, password),
        other => Err(wrong(
            format!("its key is a `{other}`, which is not read"),
            CONVERT,
        )),
    }
}

fn decrypted(der: &[u8], password: Option<&str>) -> Result<Key, Wrong> {
    let hint = "set `ssl.key.password`";
    let password = password.ok_or_else(|| wrong("its key is encrypted", hint))?;
    let info = EncryptedPrivateKeyInfo::try_from(der)
        .map_err(|_| wrong("its key is encrypted in a way that is not read", CONVERT))?;
    let opened = info.decrypt(password);
    opened
        .map(|key| Key::Pkcs8(key.as_bytes().to_vec()))
        .map_err(|error| match error {
            pkcs8::Error::EncryptedPrivateKey(
                pkcs5::Error::UnsupportedAlgorithm { .. }
                | pkcs5::Error::AlgorithmParametersInvalid { .. }
                | pkcs5::Error::NoPbes1CryptSupport,
            ) => wrong("its key is encrypted in a way that is not read", CONVERT),
            // With another password what comes out is no key, in one way or another.
            _ => wrong(
                "the password of its key is another",
                "check `ssl.key.password`",
            ),
        })
}

/// A key and its chain, if they belong together.
fn checked(chain: &[Vec<u8>], key: &Key) -> Result<Identity, Wrong> {
    if chain.is_empty() {
        let hint = "put the client's certificate before those that issued it";
        return Err(wrong("there is no certificate to its key", hint));
    }
    let ders = chain.iter().map(|der| CertificateDer::from(der.clone()));
    let provider = ring::default_provider();
    match CertifiedKey::from_der(ders.collect(), key.to_rustls(), &provider) {
        Ok(_) => {}
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            let hint = "the first certificate has to be the one that was issued for this key";
            return Err(wrong(
                "its key and its certificate do not belong together",
                hint,
            ));
        }
        Err(Error::InvalidCertificate(_)) => {
            let hint = "issue it anew as X.509 version 3; `openssl x509 -req` writes version 1 where it is given no extensions";
            return Err(wrong(
                "its certificate is damaged, or older than X.509 version 3",
                hint,
            ));
        }
        Err(_) => {
            let hint =
                "use a key of RSA with 2048 bits or more, ECDSA on P-256 or P-384, or Ed25519";
            return Err(wrong(
                "its key or certificate is of a kind that is not read",
                hint,
            ));
        }
    }
    let chain = chain.iter().map(|der| pem::text("CERTIFICATE", der));
    Ok(Identity {
        chain: chain.collect(),
        key: Hidden::new(pem::text(key.label(), key.der())),
    })
}
