//! TLS settings: trust and the client's certificate.

use std::sync::Arc;

use krafka::auth::TlsConfig;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::cluster::ClusterError;
use crate::cluster::security::{Identity, Tls, Trust, Verify};

/// krafka's TLS settings. It does not support [`Verify::Chain`].
pub(super) fn of_krafka(tls: &Tls) -> TlsConfig {
    let config = match tls.verify {
        Verify::Nothing => TlsConfig::insecure(),
        Verify::ChainAndName | Verify::Chain => TlsConfig::new(),
    };
    let config = match &tls.trust {
        Trust::System => config.with_native_roots(),
        Trust::Pem(pem) => config.with_ca_cert_pem(pem.clone()),
    };
    match &tls.identity {
        Some(Identity { chain, key }) => {
            let key = key.reveal().as_bytes().to_vec();
            config.with_client_cert_pem(chain.clone(), key)
        }
        None => config,
    }
}

/// Checks that there are trusted certificates, and that the client's certificate and key match.
pub(super) fn check(tls: &Tls) -> Result<(), ClusterError> {
    of_rustls(tls).map(|_| ())
}

pub(super) fn of_rustls(tls: &Tls) -> Result<ClientConfig, ClusterError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Arc::new(Verifier {
        roots: roots(tls)?,
        verify: tls.verify,
        provider: Arc::clone(&provider),
    });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("TLS", &error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    match &tls.identity {
        Some(identity) => {
            let (chain, key) = shown(identity)?;
            let config = config.with_client_auth_cert(chain, key);
            config.map_err(|error| unusable("the client's certificate and key", &error.to_string()))
        }
        None => Ok(config.with_no_client_auth()),
    }
}

fn shown(
    identity: &Identity,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), ClusterError> {
    let what = "the client's certificate";
    let chain = certificates(&identity.chain, what)?;
    let key = PrivateKeyDer::from_pem_slice(identity.key.reveal().as_bytes());
    // The reader's error may contain a part of the key.
    let key = key.map_err(|_| unusable("the client's key", "no key in PEM is in it"))?;
    Ok((chain, key))
}

fn certificates(pem: &str, what: &str) -> Result<Vec<CertificateDer<'static>>, ClusterError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match read {
        Ok(certificates) if certificates.is_empty() => {
            Err(unusable(what, "no certificate in PEM is in it"))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(unusable(what, &error.to_string())),
    }
}

fn roots(tls: &Tls) -> Result<Arc<RootCertStore>, ClusterError> {
    let mut roots = RootCertStore::empty();
    match &tls.trust {
        Trust::Pem(pem) => {
            let what = "the certificates to trust";
            for certificate in certificates(pem, what)? {
                let added = roots.add(certificate);
                added.map_err(|error| unusable(what, &error.to_string()))?;
            }
        }
        // Nothing is verified, so no certificates are needed.
        Trust::System if tls.verify == Verify::Nothing => {}
        Trust::System => {
            // Certificates of the system that cannot be parsed are skipped.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(ClusterError::Unusable {
                    reason: "this system trusts no authority, so that no broker's certificate can be verified".to_owned(),
                    hint: "install the system's certificates (package ca-certificates), or name the cluster's authority: `ssl.truststore.location`, `ssl.truststore.certificates` or `ssl.ca.location`".to_owned(),
                });
            }
        }
    }
    Ok(Arc::new(roots))
}

fn unusable(what: &str, why: &str) -> ClusterError {
    ClusterError::Unusable {
        reason: format!("{what} cannot be used: {why}"),
        hint: "see what the connection's properties name; `tonkafka context show` tells where each came from".to_owned(),
    }
}

/// Verifies issuer and dates, then the host name, as far as asked for. Signatures of the handshake
/// are always verified, so a broker must have its certificate's key.
#[derive(Debug)]
struct Verifier {
    roots: Arc<RootCertStore>,
    verify: Verify,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn chain(
        &self,
        certificate: &ParsedCertificate<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(
            certificate,
            &self.roots,
            intermediates,
            now,
            algorithms,
        )
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.verify != Verify::Nothing {
            let parsed = ParsedCertificate::try_from(certificate)?;
            self.chain(&parsed, intermediates, now)?;
            if self.verify == Verify::ChainAndName {
                verify_server_name(&parsed, name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
