//! Sources of tokens: one for all connections of a client, both krafka's and librdkafka's.
//!
//! A token is requested for the first connection, and again after four fifths of its lifetime, so
//! that connections can be replaced before brokers close them at its expiry (KIP-368). If no new
//! token can be had, the present one is used while it is valid.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use krafka::auth::{AuthConfig, OAuthBearerToken};
use tokio::sync::Mutex;

use super::aws::Aws;
use super::endpoint::Endpoint;
use super::fault::Fault;
use super::token::{Token, moment};
use crate::cluster::ClusterError;
use crate::cluster::live::wire::KrafkaError;
use crate::cluster::security::{Hidden, Login, TokenSource};
use crate::cluster::settings::ConnectionSettings;

/// krafka renews a token this long before its end.
const KRAFKAS_MARGIN: Duration = Duration::from_secs(30);

/// A source of tokens.
pub struct Tokens {
    source: Source,
    extensions: BTreeMap<String, String>,
    held: Mutex<Option<Token>>,
}

enum Source {
    Fixed(Hidden),
    File(PathBuf),
    Endpoint(Box<Endpoint>),
    Aws(Box<Aws>),
}

impl Tokens {
    /// The token source of a login; none if it needs no tokens.
    pub(super) fn of(settings: &ConnectionSettings) -> Result<Option<Arc<Self>>, ClusterError> {
        let (source, extensions) = match &settings.security.login {
            Some(Login::OAuthBearer { source, extensions }) => {
                let source = match source {
                    TokenSource::Fixed(token) => Source::Fixed(token.clone()),
                    TokenSource::File(path) => Source::File(path.clone()),
                    TokenSource::ClientCredentials { .. } => {
                        let endpoint = Endpoint::of(source, settings.timeout)?;
                        Source::Endpoint(Box::new(endpoint))
                    }
                };
                (source, extensions.clone())
            }
            Some(Login::MskIam(wanted)) => {
                let aws = Aws::of(wanted, &settings.bootstrap);
                (Source::Aws(Box::new(aws)), BTreeMap::new())
            }
            _ => return Ok(None),
        };
        Ok(Some(Arc::new(Self {
            source,
            extensions,
            held: Mutex::new(None),
        })))
    }

    /// The SASL extensions for each token (KIP-342).
    #[must_use]
    pub fn extensions(&self) -> &BTreeMap<String, String> {
        &self.extensions
    }

    /// The validity times of the current token, if they may be why a broker rejects it.
    pub(super) fn times(&self) -> Option<String> {
        let held = self.held.try_lock().ok()?;
        let is_fresh = matches!(self.source, Source::Endpoint(_));
        held.as_ref()?.times(is_fresh)
    }

    /// A valid token. Concurrent calls share one request.
    ///
    /// # Errors
    /// No token can be obtained.
    pub async fn token(&self) -> Result<Token, Fault> {
        let mut held = self.held.lock().await;
        let now = SystemTime::now();
        if let Some(token) = held.as_ref().filter(|token| !token.is_due(now)) {
            return Ok(token.clone());
        }
        let fetched = self.fetched().await;
        let token = match (fetched, held.as_ref()) {
            (Ok(token), _) => token,
            (Err(_), Some(token)) if !token.is_over(now) => return Ok(token.clone()),
            (Err(fault), _) => return Err(fault),
        };
        if token.is_over(now) {
            return Err(self.expired(&token, now));
        }
        *held = Some(token.clone());
        Ok(token)
    }

    async fn fetched(&self) -> Result<Token, Fault> {
        match &self.source {
            Source::Fixed(token) => Ok(Token::new(token.clone(), None)),
            Source::File(path) => {
                let read = tokio::fs::read_to_string(path).await;
                let text = read.map_err(|error| {
                    let file = path.display();
                    let reason = format!("the token file {file} cannot be read: {error}");
                    let hint = "the file has to have the token and nothing else";
                    Fault::new("the cluster", reason, hint)
                })?;
                Ok(Token::new(Hidden::new(text.trim()), None))
            }
            Source::Endpoint(endpoint) => endpoint.token().await,
            Source::Aws(aws) => aws.token().await,
        }
    }

    fn expired(&self, token: &Token, now: SystemTime) -> Fault {
        let (address, of_file) = match &self.source {
            Source::Fixed(_) => ("the cluster", String::new()),
            Source::File(path) => ("the cluster", format!(" in {}", path.display())),
            Source::Endpoint(endpoint) => (endpoint.address(), String::new()),
            Source::Aws(_) => ("AWS", String::new()),
        };
        let reason = format!(
            "the token{of_file} expired at {}, and by this machine's clock it is {}",
            moment(token.until()),
            moment(now)
        );
        let hint = "ask for another token; or set this machine's clock right";
        Fault::new(address, reason, hint)
    }

    /// krafka's login settings, with the mechanism of the tokens.
    pub(super) fn auth(self: &Arc<Self>) -> AuthConfig {
        let tokens = Arc::clone(self);
        if matches!(self.source, Source::Aws(_)) {
            return AuthConfig::aws_msk_iam_provider(move || {
                let tokens = Arc::clone(&tokens);
                async move {
                    match &tokens.source {
                        Source::Aws(aws) => aws.credentials().await.map_err(failed),
                        _ => Err(KrafkaError::auth("no credentials of AWS's")),
                    }
                }
            });
        }
        AuthConfig::sasl_oauthbearer_provider(move || {
            let tokens = Arc::clone(&tokens);
            async move { tokens.for_krafka().await }
        })
    }

    /// The token for krafka. krafka keeps a token until shortly before its expiry, so the expiry is
    /// set such that krafka asks again when this source would renew.
    async fn for_krafka(&self) -> Result<OAuthBearerToken, KrafkaError> {
        let token = self.token().await.map_err(failed)?;
        let mut told = OAuthBearerToken::new(token.value().reveal());
        for (key, value) in &self.extensions {
            told = told.with_extension(key, value);
        }
        let Some(due) = token.due() else {
            return Ok(told);
        };
        let soonest = SystemTime::now() + Duration::from_secs(1);
        let end = due.max(soonest) + KRAFKAS_MARGIN;
        let millis = end.duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(millis.as_millis()).unwrap_or(i64::MAX);
        Ok(told.with_lifetime_ms(millis))
    }
}

fn failed(fault: Fault) -> KrafkaError {
    KrafkaError::auth_with_source(fault.to_string(), fault)
}
