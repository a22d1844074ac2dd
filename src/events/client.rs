//! A client of librdkafka with the connection profile of the admin plane.
//!
//! Tokens come from the supply of the admin plane ([`Tokens`]); a login by IAM is sent as a token as well,
//! which brokers of MSK take. What librdkafka cannot do is refused before it opens anything.
//!
//! Trap: rust-rdkafka asks for a token on the thread that polls, which may be one of an async runtime: nothing
//! can be waited for there. A thread of its own asks. And its `Debug` hides passwords, but shows
//! `ssl.key.pem`: never print a `ClientConfig`.

use std::error::Error;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::ConsumerContext;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use webpki::EndEntityCert;

use crate::cluster::ClusterError;
use crate::cluster::live::{Fault, Tokens};
use crate::cluster::security::{Login, ScramHash, Security, Tls, Trust, Verify};
use crate::cluster::settings::ConnectionSettings;

/// Settings of librdkafka, and the callback that gives it tokens.
pub(crate) struct ClientProfile {
    pub(crate) config: ClientConfig,
    pub(crate) context: TokenContext,
}

/// Gives librdkafka tokens.
#[derive(Clone)]
pub(crate) struct TokenContext {
    tokens: Option<Arc<Tokens>>,
}

/// The profile of `settings`. `tokens` is the admin plane's token source, if the login needs tokens.
///
/// # Errors
/// librdkafka does not support the settings.
pub(crate) fn profile(
    settings: &ConnectionSettings,
    tokens: Option<Arc<Tokens>>,
) -> Result<ClientProfile, ClusterError> {
    let security = &settings.security;
    possible(security)?;
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", settings.address())
        .set("client.id", &settings.client_id)
        .set("allow.auto.create.topics", "false")
        .set("security.protocol", security.protocol());
    if let Some(tls) = &security.tls {
        set_tls(&mut config, tls);
    }
    if let Some(login) = &security.login {
        set_login(&mut config, login);
    }
    Ok(ClientProfile {
        config,
        context: TokenContext { tokens },
    })
}

/// Checks that librdkafka supports the settings.
fn possible(security: &Security) -> Result<(), ClusterError> {
    let identity = security.tls.as_ref().and_then(|tls| tls.identity.as_ref());
    if identity.is_some_and(|identity| to_show(&identity.chain) > 1) {
        return Err(ClusterError::Unusable {
            reason: "librdkafka, which writes and reads these records, shows one certificate of a client and not the chain above it".to_owned(),
            hint: "leave the authorities above the client's own certificate out of the key store, where brokers trust the one that issued it".to_owned(),
        });
    }
    match &security.login {
        Some(Login::OAuthBearer { extensions, .. }) if !extensions.is_empty() => {
            let names: Vec<String> = extensions.keys().map(|key| format!("`{key}`")).collect();
            Err(ClusterError::Unusable {
                reason: format!(
                    "librdkafka, which writes and reads these records, is given no extensions of a token: {}",
                    names.join(", ")
                ),
                hint: "log in with an API key (PLAIN) for records".to_owned(),
            })
        }
        _ => Ok(()),
    }
}

/// The number of certificates of a chain to send: without a self-signed issuer at its end, which key
/// stores also contain and which brokers have themselves.
fn to_show(chain: &str) -> usize {
    let certificates = CertificateDer::pem_slice_iter(chain.as_bytes()).flatten();
    let counted = certificates.enumerate();
    let shown = counted.filter(|(place, der)| *place == 0 || !vouches_for_itself(der));
    shown.count()
}

fn vouches_for_itself(certificate: &CertificateDer<'_>) -> bool {
    EndEntityCert::try_from(certificate).is_ok_and(|read| read.issuer() == read.subject())
}

fn set_tls(config: &mut ClientConfig, tls: &Tls) {
    match &tls.trust {
        Trust::System => config.set("ssl.ca.location", "probe"),
        Trust::Pem(pem) => config.set("ssl.ca.pem", pem),
    };
    if let Some(identity) = &tls.identity {
        config.set("ssl.certificate.pem", &identity.chain);
        config.set("ssl.key.pem", identity.key.reveal());
    }
    // librdkafka's own default differs between versions.
    let names = match tls.verify {
        Verify::ChainAndName => "https",
        Verify::Chain | Verify::Nothing => "none",
    };
    config.set("ssl.endpoint.identification.algorithm", names);
    let verifies = tls.verify != Verify::Nothing;
    config.set("enable.ssl.certificate.verification", verifies.to_string());
}

fn set_login(config: &mut ClientConfig, login: &Login) {
    let mechanism = match login {
        Login::Plain { .. } => "PLAIN",
        Login::Scram {
            hash: ScramHash::Sha256,
            ..
        } => "SCRAM-SHA-256",
        Login::Scram {
            hash: ScramHash::Sha512,
            ..
        } => "SCRAM-SHA-512",
        Login::OAuthBearer { .. } | Login::MskIam(_) => "OAUTHBEARER",
    };
    config.set("sasl.mechanism", mechanism);
    if let Login::Plain { user, password } | Login::Scram { user, password, .. } = login {
        config.set("sasl.username", user);
        config.set("sasl.password", password.reveal());
    }
}

impl TokenContext {
    /// Waits for a token, so it must not be called by an async task.
    fn token(&self) -> Result<OAuthToken, Box<dyn Error>> {
        let tokens = self.tokens.clone().ok_or("this login has no tokens")?;
        let asking = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let token = runtime.block_on(tokens.token());
            token.map_err(
                |Fault {
                     address, reason, ..
                 }| { std::io::Error::other(format!("{address}: {reason}")) },
            )
        });
        let asked = asking
            .join()
            .map_err(|_| "the supply of tokens has failed")?;
        let token = asked?;
        let until = token.until().duration_since(UNIX_EPOCH)?;
        Ok(OAuthToken {
            token: token.value().reveal().to_owned(),
            principal_name: token.principal().to_owned(),
            lifetime_ms: i64::try_from(until.as_millis())?,
        })
    }
}

impl ClientContext for TokenContext {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.token()
    }
}

impl ConsumerContext for TokenContext {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    use super::*;
    use crate::cluster::security::{Hidden, Identity, PlaintextLogin, TokenSource};

    /// A certificate of this name as PEM, and its key as an issuer.
    fn certificate(name: &str, above: Option<&Vouching>) -> (String, Vouching) {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let made = match above {
            Some(above) => params.signed_by(&key, above),
            None => params.self_signed(&key),
        };
        (made.unwrap().pem(), Issuer::new(params, key))
    }

    type Vouching = Issuer<'static, KeyPair>;

    #[test]
    fn one_certificate_is_shown_and_an_authority_at_the_end_of_its_chain_is_not() {
        let (root, top) = certificate("root", None);
        let (between, middle) = certificate("between", Some(&top));
        let (below_root, _) = certificate("client", Some(&top));
        let (below_between, _) = certificate("client", Some(&middle));
        let is_possible = |chain: String| {
            let tls = Tls {
                identity: Some(Identity {
                    chain,
                    key: Hidden::new("key"),
                }),
                ..Tls::default()
            };
            profile(&settings(Some(tls), None), None).is_ok()
        };
        assert!(is_possible(below_root.clone()));
        assert!(is_possible(below_root + &root));
        assert!(is_possible(root.clone()));
        assert!(!is_possible(below_between.clone() + &between));
        assert!(!is_possible(below_between + &between + &root));
    }

    fn settings(tls: Option<Tls>, login: Option<Login>) -> ConnectionSettings {
        ConnectionSettings {
            bootstrap: vec!["b1:9093".to_owned(), "b2:9093".to_owned()],
            client_id: "tonkafka".to_owned(),
            security: Security { tls, login },
            plaintext_login: PlaintextLogin::default(),
            timeout: Duration::from_secs(5),
        }
    }

    fn told(tls: Option<Tls>, login: Option<Login>) -> Vec<(String, String)> {
        let profile = profile(&settings(tls, login), None).ok().unwrap();
        let mut all: Vec<_> = profile.config.config_map().clone().into_iter().collect();
        all.retain(|(key, _)| key.starts_with('s') || key.starts_with("enable"));
        all.sort_unstable();
        let pairs = all.into_iter();
        pairs
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn the_profile_is_told_in_librdkafkas_words() {
        assert_eq!(told(None, None), [pair("security.protocol", "PLAINTEXT")]);
        let tls = Tls {
            trust: Trust::Pem("authority".to_owned()),
            identity: Some(Identity {
                chain: "certificate".to_owned(),
                key: Hidden::new("key"),
            }),
            verify: Verify::Chain,
        };
        let login = Login::Scram {
            hash: ScramHash::Sha512,
            user: "alice".to_owned(),
            password: Hidden::new("secret"),
        };
        assert_eq!(
            told(Some(tls), Some(login)),
            [
                pair("enable.ssl.certificate.verification", "true"),
                pair("sasl.mechanism", "SCRAM-SHA-512"),
                // As rust-rdkafka prints it.
                pair("sasl.password", "[sanitized for safety]"),
                pair("sasl.username", "alice"),
                pair("security.protocol", "SASL_SSL"),
                pair("ssl.ca.pem", "authority"),
                pair("ssl.certificate.pem", "certificate"),
                pair("ssl.endpoint.identification.algorithm", "none"),
                pair("ssl.key.pem", "key"),
            ]
        );
    }

    #[test]
    fn what_librdkafka_cannot_do_is_refused() {
        let login = Login::OAuthBearer {
            source: TokenSource::Fixed(Hidden::new("token")),
            extensions: [("logicalCluster".to_owned(), "lkc-1".to_owned())].into(),
        };
        let refused = profile(&settings(Some(Tls::default()), Some(login)), None);
        let error = refused.err().unwrap().to_string();
        assert!(
            error.ends_with("no extensions of a token: `logicalCluster`"),
            "{error}"
        );
    }
}
