//! Certificates for tests: authorities, and certificates that they issue.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key, both PEM.
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

/// When a certificate is valid.
#[derive(Debug, Clone, Copy)]
pub enum Valid {
    Now,
    /// Until the beginning of 2020.
    Formerly,
    /// From the beginning of 2090.
    Later,
}

/// The authority that the tests' clusters and clients trust.
pub fn authority() -> &'static Authority {
    static MADE: OnceLock<Authority> = OnceLock::new();
    MADE.get_or_init(|| Authority::new("Test Authority"))
}

/// An authority that nobody trusts.
pub fn stranger() -> &'static Authority {
    static MADE: OnceLock<Authority> = OnceLock::new();
    MADE.get_or_init(|| Authority::new("Strange Authority"))
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// A broker's certificate for these host names and addresses.
    pub fn broker(&self, hosts: &[&str], valid: Valid) -> Pair {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let usage = ExtendedKeyUsagePurpose::ServerAuth;
        self.vouch(
            "broker",
            CertificateParams::new(hosts).unwrap(),
            usage,
            valid,
        )
    }

    /// A client's certificate; brokers name its user `User:CN=name`.
    pub fn client(&self, name: &str, valid: Valid) -> Pair {
        let usage = ExtendedKeyUsagePurpose::ClientAuth;
        self.vouch(name, CertificateParams::default(), usage, valid)
    }

    fn vouch(
        &self,
        name: &str,
        mut params: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
        valid: Valid,
    ) -> Pair {
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![usage];
        let (from, until) = match valid {
            Valid::Now => (2020, 2090),
            Valid::Formerly => (2015, 2020),
            Valid::Later => (2090, 2095),
        };
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// A self-signed certificate of an authority, as `openssl req -x509` makes it.
pub fn of_authority(hosts: &[&str]) -> Pair {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    Pair {
        certificate: params.self_signed(&key).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

/// A certificate of X.509 version 1, as `openssl x509 -req` makes it without extensions.
pub fn of_version_1() -> Pair {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    for arguments in [
        "req -new -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out it.csr",
        "x509 -req -in it.csr -signkey key.pem -days 365 -out it.pem",
    ] {
        let mut command = Command::new("openssl");
        command.args(arguments.split(' ')).current_dir(at);
        assert!(command.output().unwrap().status.success(), "{arguments}");
    }
    let read = |name: &str| fs::read_to_string(at.join(name)).unwrap();
    Pair {
        certificate: read("it.pem"),
        key: read("key.pem"),
    }
}

impl Pair {
    /// Writes key and certificate to one file, as Kafka reads PEM key stores.
    pub fn write(&self, directory: &Path, name: &str) -> PathBuf {
        let path = directory.join(name).with_extension("pem");
        fs::write(&path, format!("{}{}", self.key, self.certificate)).unwrap();
        path
    }
}
