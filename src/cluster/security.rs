//! TLS and login settings of a connection. Pure: files were read before.

use std::collections::BTreeMap;
use std::fmt;

/// Text that is never shown: its `Debug` form is dots.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Hidden(String);

impl Hidden {
    /// Hides a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, only for sending it to a broker.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The security of connections: `PLAINTEXT` without both, `SSL` with TLS only, `SASL_PLAINTEXT` with a
/// login only, `SASL_SSL` with both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Security {
    /// TLS; none means unencrypted connections.
    pub tls: Option<Tls>,
    /// The login (SASL).
    pub login: Option<Login>,
}

impl Security {
    /// The principal that brokers give to this login by default (`DefaultKafkaPrincipalBuilder`); none where
    /// it depends on a certificate or a token.
    #[must_use]
    pub fn principal(&self) -> Option<String> {
        match &self.login {
            Some(Login::Plain { user, .. } | Login::Scram { user, .. }) => {
                Some(format!("User:{user}"))
            }
            Some(_) => None,
            None => {
                let has_certificate = self.tls.as_ref().is_some_and(|tls| tls.identity.is_some());
                (!has_certificate).then(|| "User:ANONYMOUS".to_owned())
            }
        }
    }

    /// Whether a login is sent without TLS.
    #[must_use]
    pub fn logs_in_plainly(&self) -> bool {
        self.tls.is_none() && self.login.is_some()
    }

    /// The value of `security.protocol`.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        match (&self.tls, &self.login) {
            (None, None) => "PLAINTEXT",
            (Some(_), None) => "SSL",
            (None, Some(_)) => "SASL_PLAINTEXT",
            (Some(_), Some(_)) => "SASL_SSL",
        }
    }
}

/// The brokers that a login may be sent to without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlaintextLogin {
    /// Only brokers on this machine, whatever address they advertise.
    #[default]
    Loopback,
    /// To any broker.
    Anywhere,
}

/// TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// The trusted issuers of brokers' certificates.
    pub trust: Trust,
    /// This client's certificate (mTLS).
    pub identity: Option<Identity>,
    /// What is verified of brokers' certificates.
    pub verify: Verify,
}

/// Trusted issuers of certificates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trust {
    /// The system's trust store.
    #[default]
    System,
    /// Only these certificates, as PEM; at least one.
    Pem(String),
}

/// A client's certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The chain as PEM, the client's own certificate first.
    pub chain: String,
    /// The private key as PEM: PKCS#8, PKCS#1 or SEC1, decrypted.
    pub key: Hidden,
}

/// What is verified of a broker's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// Issuer, dates and host name (`https`).
    #[default]
    ChainAndName,
    /// Issuer and dates (an empty `ssl.endpoint.identification.algorithm`).
    Chain,
    /// Nothing (`enable.ssl.certificate.verification=false`).
    Nothing,
}

/// A SASL mechanism with its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// `PLAIN`.
    Plain {
        /// The user's name.
        user: String,
        /// The password.
        password: Hidden,
    },
    /// `SCRAM-SHA-256` and `SCRAM-SHA-512`.
    Scram {
        /// Which of the two.
        hash: ScramHash,
        /// The user's name.
        user: String,
        /// The password.
        password: Hidden,
    },
    /// `OAUTHBEARER`.
    OAuthBearer {
        /// The source of tokens.
        source: TokenSource,
        /// SASL extensions for each token (KIP-342), such as `logicalCluster`.
        extensions: BTreeMap<String, String>,
    },
    /// `AWS_MSK_IAM`.
    MskIam(MskIam),
}

impl Login {
    /// The mechanism's name, as in `sasl.mechanism`.
    #[must_use]
    pub fn mechanism(&self) -> &'static str {
        match self {
            Self::Plain { .. } => "PLAIN",
            Self::Scram {
                hash: ScramHash::Sha256,
                ..
            } => "SCRAM-SHA-256",
            Self::Scram {
                hash: ScramHash::Sha512,
                ..
            } => "SCRAM-SHA-512",
            Self::OAuthBearer { .. } => "OAUTHBEARER",
            Self::MskIam(_) => "AWS_MSK_IAM",
        }
    }
}

/// The hash of SCRAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScramHash {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// Sources of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// A fixed token, which is never renewed.
    Fixed(Hidden),
    /// A file with the current token; it is read again for each renewal.
    File(std::path::PathBuf),
    /// The client credentials grant of an authorization server (RFC 6749, 4.4; KIP-768).
    ClientCredentials {
        /// Its token endpoint, an `https` URL; `http` only for loopback.
        endpoint: String,
        /// The client's id.
        client_id: String,
        /// Its secret.
        client_secret: Hidden,
        /// The requested scopes, separated by spaces.
        scope: Option<String>,
        /// Further parameters of the request, such as `audience`.
        parameters: BTreeMap<String, String>,
        /// The trusted issuers of the endpoint's certificate.
        trust: Trust,
    },
}

/// The AWS credentials to use. Fields that are not set come from AWS's default chain: environment,
/// profile, web identity, container, instance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MskIam {
    /// The region; by default from the broker's name or from the chain.
    pub region: Option<String>,
    /// The profile of AWS's configuration files (`awsProfileName`).
    pub profile: Option<String>,
    /// The role to assume (`awsRoleArn`).
    pub role: Option<String>,
    /// The name of its session (`awsRoleSessionName`).
    pub session: Option<String>,
    /// The region of the STS that issues the role's credentials (`awsStsRegion`); by default from the
    /// chain.
    pub sts_region: Option<String>,
}
