//! How brokers prove who they are, and how this client does. Pure: what was in files has been read.

use std::collections::BTreeMap;
use std::fmt;

/// A text that is shown nowhere: its `Debug` form is dots.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Hidden(String);

impl Hidden {
    /// A text that is to be hidden.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for what sends it to a broker and for nothing else.
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

/// How a cluster is reached. Without both it is `PLAINTEXT`, with TLS alone `SSL`, with a login alone
/// `SASL_PLAINTEXT`, with both `SASL_SSL`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Security {
    /// Whether and how connections are encrypted.
    pub tls: Option<Tls>,
    /// How this client logs in (SASL).
    pub login: Option<Login>,
}

impl Security {
    /// Whether a login goes unencrypted.
    #[must_use]
    pub fn logs_in_plainly(&self) -> bool {
        self.tls.is_none() && self.login.is_some()
    }

    /// The value of `security.protocol` that says the same.
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

/// Where a password or a token may be sent without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlaintextLogin {
    /// To this machine alone, whatever the brokers say of where they are.
    #[default]
    Loopback,
    /// To any broker.
    Anywhere,
}

/// TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// Who may issue brokers' certificates.
    pub trust: Trust,
    /// What this client shows of itself (mTLS).
    pub identity: Option<Identity>,
    /// What of a broker's certificate is checked.
    pub verify: Verify,
}

/// Who may issue certificates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trust {
    /// The authorities that the system trusts.
    #[default]
    System,
    /// These certificates alone, as PEM; at least one.
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

/// What of a broker's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// Issuer, dates, and that it is for the name that was connected to (`https`).
    #[default]
    ChainAndName,
    /// Issuer and dates (an empty `ssl.endpoint.identification.algorithm`).
    Chain,
    /// Nothing (`enable.ssl.certificate.verification=false`).
    Nothing,
}

/// A SASL mechanism with what it needs.
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
        /// Where tokens come from.
        source: TokenSource,
        /// SASL extensions that go with a token (KIP-342), such as `logicalCluster`.
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

/// Where tokens come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// One token, which is not renewed.
    Fixed(Hidden),
    /// A file that has the token now, and a new one later.
    File(std::path::PathBuf),
    /// The client credentials grant of an authorization server (RFC 6749, 4.4; KIP-768).
    ClientCredentials {
        /// Its token end point, an `https` URL; `http` for loopback alone.
        endpoint: String,
        /// The client's id.
        client_id: String,
        /// Its secret.
        client_secret: Hidden,
        /// The scopes that are asked for, parted by spaces.
        scope: Option<String>,
        /// Further parameters of the request, such as `audience`.
        parameters: BTreeMap<String, String>,
        /// Who may issue the end point's certificate.
        trust: Trust,
    },
}

/// Which of AWS's credentials are used. What is not said comes from AWS's own default chain:
/// environment, profile, web identity, container, instance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MskIam {
    /// The region; without it that of the broker's name or of the chain.
    pub region: Option<String>,
    /// The profile of AWS's configuration files (`awsProfileName`).
    pub profile: Option<String>,
    /// A role that is taken on (`awsRoleArn`).
    pub role: Option<String>,
    /// The name of its session (`awsRoleSessionName`).
    pub session: Option<String>,
    /// The region whose STS gives the role (`awsStsRegion`); without it that of the chain.
    pub sts_region: Option<String>,
}
