//! Secures connections to brokers: turns a [`Security`] into krafka's settings, for its pool and
//! for connections beside it, and explains why a connection fails.
//!
//! - `tls`: trusted certificates, and the client's own
//! - `tunnel`: connections of our own, to verify the chain without the host name, and to keep an
//!   unencrypted login on this machine
//! - `tokens`: sources of tokens: `endpoint` of an authorization server, `aws`
//! - `fault`: errors in words that users can act on; `certificate`: those of certificates
//! - `cause`: asks a broker that closed a connection without a reason

mod aws;
mod cause;
mod certificate;
mod endpoint;
mod fault;
mod tls;
mod token;
mod tokens;
mod tunnel;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use krafka::auth::AuthConfig;
use tokio::sync::OnceCell;

pub use self::fault::Fault;
pub(super) use self::fault::plain_words;
pub use self::tokens::Tokens;
use self::tunnel::{Tunnel, Way};
use crate::cluster::ClusterError;
use crate::cluster::live::wire::{ConnectionConfig, KafkaBuilder, KrafkaError, ProxyConfig};
use crate::cluster::security::{Login, PlaintextLogin, ScramHash, Security, Verify};
use crate::cluster::settings::ConnectionSettings;

/// The security settings that all connections of a client share.
pub(super) struct Door {
    security: Security,
    auth: Option<AuthConfig>,
    tokens: Option<Arc<Tokens>>,
    tunnel: Option<Tunnel>,
    client_id: String,
    connect_timeout: Duration,
    request_timeout: Duration,
    /// Created with the first connection outside of the pool, so that certificates are read once.
    beside: OnceCell<ConnectionConfig>,
}

impl Door {
    /// Prepares connections; opens none.
    pub(super) async fn open(
        settings: &ConnectionSettings,
        connect_timeout: Duration,
    ) -> Result<Arc<Self>, ClusterError> {
        let security = settings.security.clone();
        possible(&security)?;
        let tokens = Tokens::of(settings)?;
        let mut auth = match &tokens {
            Some(tokens) => Some(tokens.auth()),
            None => security.login.as_ref().and_then(auth_of),
        };
        let mut tunnel = None;
        if let Some(tls) = &security.tls {
            tls::check(tls)?;
            if tls.verify == Verify::Chain {
                let way = Way::chain(tls)?;
                tunnel = Some(Tunnel::open(way, connect_timeout).await?);
            } else {
                let tls = tls::of_krafka(tls);
                auth = Some(match auth {
                    Some(auth) => auth.with_tls(tls),
                    None => AuthConfig::ssl(tls),
                });
            }
        }
        if security.logs_in_plainly() && settings.plaintext_login == PlaintextLogin::Loopback {
            tunnel = Some(Tunnel::open(Way::Loopback, connect_timeout).await?);
        }
        Ok(Arc::new(Self {
            security,
            auth,
            tokens,
            tunnel,
            client_id: settings.client_id.clone(),
            connect_timeout,
            request_timeout: settings.timeout,
            beside: OnceCell::new(),
        }))
    }

    /// A client with secured connections.
    pub(super) fn client(&self, mut kafka: KafkaBuilder) -> KafkaBuilder {
        if let Some(auth) = &self.auth {
            kafka = kafka.security(auth.clone());
        }
        if let Some(proxy) = self.proxy() {
            kafka = kafka.proxy(proxy);
        }
        kafka
            .client_id(self.client_id.clone())
            .connect_timeout(self.connect_timeout)
            .request_timeout(self.request_timeout)
    }

    /// The settings of a connection outside of the client's pool.
    pub(super) async fn beside(&self) -> Result<ConnectionConfig, KrafkaError> {
        let made = self.beside.get_or_try_init(|| async {
            let mut config = ConnectionConfig::builder()
                .client_id(self.client_id.clone())
                .connect_timeout(self.connect_timeout)
                .request_timeout(self.request_timeout);
            if let Some(auth) = &self.auth {
                config = config.auth(auth.clone());
            }
            if let Some(proxy) = self.proxy() {
                config = config.proxy(proxy);
            }
            let mut config = config.build()?;
            config.init_tls().await?;
            Ok::<_, KrafkaError>(config)
        });
        Ok(made.await?.clone())
    }

    fn proxy(&self) -> Option<ProxyConfig> {
        self.tunnel.as_ref().map(Tunnel::proxy)
    }

    /// Explains an error of a connection to `address`. If the cause is known, the result is an
    /// authentication error, which is not retried, with a [`Fault`] as its source.
    pub(super) fn judged(&self, address: &str, error: KrafkaError) -> KrafkaError {
        let told = self.told(address);
        let fault = if let Some(error) = &told {
            fault::of_io(error, &self.security, address)
        } else {
            let times = self.tokens.as_deref().and_then(Tokens::times);
            fault::of(&error, &self.security, times, address)
        };
        match (fault, told) {
            (Some(fault), _) => KrafkaError::auth_with_source(fault.to_string(), fault),
            (None, Some(told)) => KrafkaError::Network(told),
            (None, None) => error,
        }
    }

    /// The tunnel's error for an address, or for the first of several: krafka only sees that its proxy
    /// failed.
    fn told(&self, addresses: &str) -> Option<Arc<io::Error>> {
        let tunnel = self.tunnel.as_ref()?;
        addresses.split(',').find_map(|one| tunnel.failure(one))
    }

    /// The token source; none if the login needs no tokens.
    pub(super) fn tokens(&self) -> Option<&Arc<Tokens>> {
        self.tokens.as_ref()
    }

    /// Explains why no bootstrap server accepts this client: by the error itself, or else by asking
    /// the brokers on a connection of our own.
    pub(super) async fn why(&self, bootstrap: &[String], error: KrafkaError) -> KrafkaError {
        let is_of_login = matches!(error, KrafkaError::Auth { .. });
        if bootstrap.len() == 1 || (is_of_login && fault::tls_within(&error).is_none()) {
            let judged = self.judged(&bootstrap.join(","), error.clone());
            if Fault::within(&judged).is_some() {
                return judged;
            }
        }
        let address = bootstrap.join(",");
        let asked = cause::ask(&self.security, bootstrap).await;
        let is_no_broker = fault::is_no_answer_of_kafka(&error);
        match asked.or_else(|| is_no_broker.then(|| fault::no_broker(&address))) {
            Some(fault) => KrafkaError::auth_with_source(fault.to_string(), fault),
            None => self.judged(&address, error),
        }
    }
}

/// Checks that the settings can work.
fn possible(security: &Security) -> Result<(), ClusterError> {
    let by_iam = matches!(security.login, Some(Login::MskIam(_)));
    let verify = security.tls.as_ref().map(|tls| tls.verify);
    match verify {
        None if by_iam => Err(ClusterError::Unusable {
            reason: "AWS_MSK_IAM logs in over TLS alone".to_owned(),
            hint: "set `security.protocol` to SASL_SSL".to_owned(),
        }),
        Some(Verify::Chain) if by_iam => Err(ClusterError::Unusable {
            reason: "AWS_MSK_IAM logs in only where the broker's name is verified".to_owned(),
            hint: "leave out the empty `ssl.endpoint.identification.algorithm`: brokers of MSK have certificates for their names".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// krafka's settings for a login with a password, without TLS.
fn auth_of(login: &Login) -> Option<AuthConfig> {
    Some(match login {
        Login::Plain { user, password } => AuthConfig::sasl_plain(user, password.reveal()),
        Login::Scram {
            hash: ScramHash::Sha256,
            user,
            password,
        } => AuthConfig::sasl_scram_sha256(user, password.reveal()),
        Login::Scram {
            hash: ScramHash::Sha512,
            user,
            password,
        } => AuthConfig::sasl_scram_sha512(user, password.reveal()),
        Login::OAuthBearer { .. } | Login::MskIam(_) => return None,
    })
}
