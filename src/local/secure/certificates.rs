//! Certificates of a local cluster: an authority, the broker, and the admin as a client. Pure but
//! for the random keys.
//!
//! The authority's key is dropped after it has issued both certificates, so nobody can issue
//! another one. If a name changes, all three are created anew.

use jiff::civil::Date;
use p12_keystore::{Certificate as StoredCertificate, KeyStore, KeyStoreEntry};
use p12_keystore::{PrivateKey, PrivateKeyChain};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};

use super::users::{ADMIN, BROKER};

/// The certificate of the authority, as PEM.
pub(super) const CA_PEM: &str = "ca.pem";
/// The broker's key and chain, as PEM.
pub(super) const BROKER_PEM: &str = "broker.pem";
/// The admin's key and chain, as PEM.
pub(super) const CLIENT_PEM: &str = "client.pem";
/// The authority's certificate, as PKCS#12.
const TRUST_P12: &str = "truststore.p12";
/// The broker's key and chain, as PKCS#12.
const BROKER_P12: &str = "broker.p12";
/// The admin's key and chain, as PKCS#12.
const CLIENT_P12: &str = "client.p12";

/// The files that [`make`] creates.
pub(super) const FILES: [&str; 6] = [
    CA_PEM, BROKER_PEM, CLIENT_PEM, TRUST_P12, BROKER_P12, CLIENT_P12,
];

const AUTHORITY: &str = "tonkafka local cluster";

/// The validity of a certificate; the last day is not included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Validity {
    pub(super) from: Date,
    pub(super) until: Date,
}

/// Creates the [`FILES`] for a broker with these host names and addresses. `password` is that of the
/// PKCS#12 stores.
pub(super) fn make(
    names: &[String],
    validity: Validity,
    password: &str,
) -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let authority = authority(validity).map_err(|error| text(&error))?;
    let broker = leaf(BROKER, names, validity, &authority).map_err(|error| text(&error))?;
    let client = leaf(ADMIN, &[], validity, &authority).map_err(|error| text(&error))?;
    let mut trusted = KeyStore::new();
    let certificate = StoredCertificate::from_der(authority.der()).map_err(|error| text(&error))?;
    trusted.add_entry("ca", KeyStoreEntry::Certificate(certificate));
    let mut files = vec![
        (CA_PEM, authority.pem().into_bytes()),
        (BROKER_PEM, broker.pem(&authority).into_bytes()),
        (CLIENT_PEM, client.pem(&authority).into_bytes()),
    ];
    for (name, store) in [
        (TRUST_P12, Ok(trusted)),
        (BROKER_P12, broker.store(BROKER, &authority)),
        (CLIENT_P12, client.store(ADMIN, &authority)),
    ] {
        let store = store.map_err(|error| text(&error))?;
        let bytes = store.writer(password).write();
        files.push((name, bytes.map_err(|error| text(&error))?));
    }
    Ok(files)
}

fn authority(validity: Validity) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = params(AUTHORITY, &[], validity)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn params(
    common_name: &str,
    names: &[String],
    validity: Validity,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    let day = |date: Date| {
        let part = |number: i8| u8::try_from(number).unwrap_or(1);
        date_time_ymd(date.year().into(), part(date.month()), part(date.day()))
    };
    params.not_before = day(validity.from);
    params.not_after = day(validity.until);
    Ok(params)
}

/// A certificate that the authority issued, with its key.
struct Leaf {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

/// A broker is also a client of other brokers.
fn leaf(
    common_name: &str,
    names: &[String],
    validity: Validity,
    authority: &CertifiedIssuer<'static, KeyPair>,
) -> Result<Leaf, rcgen::Error> {
    let mut params = params(common_name, names, validity)?;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    if !names.is_empty() {
        let serves = ExtendedKeyUsagePurpose::ServerAuth;
        params.extended_key_usages.push(serves);
    }
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, authority)?;
    Ok(Leaf { certificate, key })
}

impl Leaf {
    /// The key, then the chain.
    fn pem(&self, authority: &CertifiedIssuer<'static, KeyPair>) -> String {
        let parts = [
            self.key.serialize_pem(),
            self.certificate.pem(),
            authority.pem(),
        ];
        parts.concat()
    }

    fn store(
        &self,
        alias: &str,
        authority: &CertifiedIssuer<'static, KeyPair>,
    ) -> p12_keystore::Result<KeyStore> {
        let chain = [self.certificate.der(), authority.der()];
        let chain = chain.map(|der| StoredCertificate::from_der(der));
        let chain = chain.into_iter().collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKey::from_der(self.key.serialized_der())?;
        let chain = PrivateKeyChain::new(alias.as_bytes(), key, chain);
        let mut store = KeyStore::new();
        store.add_entry(alias, KeyStoreEntry::PrivateKeyChain(chain));
        Ok(store)
    }
}
