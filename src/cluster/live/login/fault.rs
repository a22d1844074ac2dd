//! Explains why a secure connection failed, in words that users can act on.

use std::error::Error;
use std::io;

use rustls::AlertDescription;
use serde_json::Value;

use super::certificate::{self, list};
use crate::cluster::live::wire::{KrafkaError, ProtocolErrorKind};
use crate::cluster::security::{Login, ScramHash, Security, Tls};

/// Why TLS or a login failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Fault {
    /// The address of the broker or endpoint.
    pub address: String,
    /// The reason.
    pub reason: String,
    /// What the user can do.
    pub hint: String,
}

impl Fault {
    pub(super) fn new(address: &str, reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            address: address.to_owned(),
            reason: reason.into(),
            hint: hint.into(),
        }
    }

    /// The fault inside of an error, if there is one.
    pub(in crate::cluster::live) fn within(error: &KrafkaError) -> Option<Self> {
        let mut next: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = next {
            if let Some(fault) = error.downcast_ref::<Self>() {
                return Some(fault.clone());
            }
            next = error.source();
        }
        None
    }
}

/// The fault for an error of krafka on a connection to `address`; none if it is not about security.
/// `times` are the validity times of the current token, if they may be the reason.
pub(super) fn of(
    error: &KrafkaError,
    security: &Security,
    times: Option<String>,
    address: &str,
) -> Option<Fault> {
    if let Some(fault) = Fault::within(error) {
        return Some(fault);
    }
    if let Some(tls) = tls_within(error) {
        return Some(of_rustls(&tls, security, address));
    }
    match error {
        KrafkaError::Auth { message, .. } => Some(of_sasl(message, security, times, address)),
        _ => None,
    }
}

/// The fault for an error on a connection of our own.
pub(super) fn of_io(error: &io::Error, security: &Security, address: &str) -> Option<Fault> {
    let inner = error.get_ref()?;
    let known = inner.downcast_ref::<Fault>().cloned();
    known.or_else(|| {
        let tls = inner.downcast_ref::<rustls::Error>()?;
        Some(of_rustls(tls, security, address))
    })
}

/// The fault if a login is allowed only on this machine, and a broker is elsewhere.
pub(super) fn far_broker(address: &str) -> Fault {
    Fault::new(
        address,
        "a broker says that it is there, and the login would not be encrypted on the way",
        "use a listener with SASL_SSL; if it is meant, pass `--allow-plaintext-login`, or set `allow-plaintext-login = true` in the context",
    )
}

/// The TLS error among the causes of another error.
pub(super) fn tls_within(error: &(dyn Error + 'static)) -> Option<rustls::Error> {
    within(error, &|error| {
        error.downcast_ref::<rustls::Error>().cloned()
    })
}

/// Whether the response starts with a length that no broker sends: another protocol.
pub(super) fn is_no_answer_of_kafka(error: &KrafkaError) -> bool {
    let found = within(error, &|error| match error.downcast_ref() {
        Some(KrafkaError::Protocol { kind, .. }) => Some(*kind),
        _ => None,
    });
    found == Some(ProtocolErrorKind::InvalidLength)
}

/// The first match in an error and its causes.
fn within<T>(
    error: &(dyn Error + 'static),
    find: &dyn Fn(&(dyn Error + 'static)) -> Option<T>,
) -> Option<T> {
    if let Some(found) = find(error) {
        return Some(found);
    }
    // `io::Error` skips its own cause in `source()`.
    let io = match error.downcast_ref::<KrafkaError>() {
        Some(KrafkaError::Network(io)) => Some(io.as_ref()),
        _ => error.downcast_ref::<io::Error>(),
    };
    match io.and_then(io::Error::get_ref) {
        Some(inner) => within(inner, find),
        None => within(error.source()?, find),
    }
}

fn of_rustls(error: &rustls::Error, security: &Security, address: &str) -> Fault {
    let fallback = Tls::default();
    let tls = security.tls.as_ref().unwrap_or(&fallback);
    match error {
        rustls::Error::InvalidCertificate(error) => {
            let (reason, hint) = certificate::words(error, tls);
            Fault::new(address, reason, hint)
        }
        rustls::Error::AlertReceived(alert) => of_alert(*alert, tls, address),
        rustls::Error::InvalidMessage(_) => no_tls(address),
        rustls::Error::NoCertificatesPresented => {
            Fault::new(address, "it shows no certificate", WRONG_PORT)
        }
        rustls::Error::PeerIncompatible(_) => Fault::new(
            address,
            "the broker and this client find no common version and cipher of TLS",
            NO_COMMON,
        ),
        rustls::Error::PeerMisbehaved(_)
        | rustls::Error::InappropriateMessage { .. }
        | rustls::Error::InappropriateHandshakeMessage { .. } => Fault::new(
            address,
            "what answers there breaks the rules of TLS",
            WRONG_PORT,
        ),
        other => Fault::new(address, format!("TLS fails: {other}"), WRONG_PORT),
    }
}

const NO_COMMON: &str = "brokers need TLS 1.2 or 1.3 with AES-GCM or ChaCha20: see `ssl.enabled.protocols` and `ssl.cipher.suites` of the broker";

const WRONG_PORT: &str = "check host and port; a listener of Kafka with TLS has SSL or SASL_SSL in `listener.security.protocol.map`";

/// The fault if TLS is not spoken at the address.
pub(super) fn no_tls(address: &str) -> Fault {
    Fault::new(
        address,
        "TLS was spoken to a port where the broker speaks none",
        "`security.protocol` is PLAINTEXT or SASL_PLAINTEXT there; or name the port of a listener with TLS",
    )
}

/// The fault if no broker is at the address.
pub(super) fn no_broker(address: &str) -> Fault {
    Fault::new(
        address,
        "what answers there does not speak Kafka's protocol",
        "check host and port: another program listens there",
    )
}

/// The fault if the broker requires TLS.
pub(super) fn unspoken_tls(address: &str) -> Fault {
    Fault::new(
        address,
        "the broker speaks TLS at this port, and this client did not",
        "`security.protocol` is SSL or SASL_SSL there; or name the port of a listener without TLS",
    )
}

/// The fault if the broker requires a login.
pub(super) fn no_login(address: &str, offered: &[String]) -> Fault {
    let reason = format!(
        "the broker asks for a login, and none was given; it offers {}",
        list(&sorted(offered))
    );
    Fault::new(
        address,
        reason,
        "set `security.protocol` to SASL_SSL or SASL_PLAINTEXT, `sasl.mechanism` and the user",
    )
}

/// The fault for a TLS alert.
fn of_alert(alert: AlertDescription, tls: &Tls, address: &str) -> Fault {
    use AlertDescription as Alert;
    let words = alert_words(alert);
    let asks = matches!(alert, Alert::CertificateRequired | Alert::BadCertificate);
    match alert {
        _ if asks && tls.identity.is_none() => Fault::new(
            address,
            "the broker asks for a certificate of this client, and none was given",
            "name one with its key: `ssl.keystore.location`, or `ssl.keystore.certificate.chain` and `ssl.keystore.key`",
        ),
        Alert::UnknownCA
        | Alert::BadCertificate
        | Alert::CertificateUnknown
        | Alert::UnsupportedCertificate
        | Alert::CertificateExpired
        | Alert::CertificateRevoked
        | Alert::CertificateRequired
        | Alert::AccessDenied
            if tls.identity.is_some() =>
        {
            Fault::new(
                address,
                format!(
                    "the broker does not accept this client's certificate (TLS alert `{words}`)"
                ),
                "it has to be of an authority that the broker's own trust store holds, and neither expired nor revoked",
            )
        }
        Alert::ProtocolVersion | Alert::HandshakeFailure | Alert::InsufficientSecurity => {
            Fault::new(
                address,
                format!(
                    "the broker and this client find no common version and cipher of TLS (TLS alert `{words}`)"
                ),
                NO_COMMON,
            )
        }
        _ => Fault::new(
            address,
            format!("the broker ends TLS (TLS alert `{words}`)"),
            "its own log says why",
        ),
    }
}

/// The name of an alert in RFC 8446.
fn alert_words(alert: AlertDescription) -> String {
    let camel = format!("{alert:?}").replace("CA", "Ca");
    super::super::code::screaming_snake(&camel).to_lowercase()
}

/// The fault for a failed SASL exchange. krafka's error has the broker's message only within its
/// text.
fn of_sasl(message: &str, security: &Security, times: Option<String>, address: &str) -> Fault {
    let Some(login) = &security.login else {
        return Fault::new(address, message, "check `security.protocol`");
    };
    let mechanism = login.mechanism();
    if let Some((_, rest)) = message.split_once("SASL handshake failed: ") {
        let offered = rest.split_once("Broker supports: ");
        let offered = offered.map_or("", |(_, offered)| offered);
        let offered: Vec<String> = offered
            .split('"')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        return not_offered(address, mechanism, &offered);
    }
    if let Some((_, words)) = message.split_once("OAUTHBEARER authentication failed: ") {
        let words = [Some(status(words)), times].into_iter().flatten();
        let words: Vec<String> = words.collect();
        return refused(address, login, &words.join("; "));
    }
    let said = [
        "SASL authentication failed: ",
        "SASL authentication step failed: ",
    ];
    let words = said.iter().find_map(|said| message.split_once(said));
    let words = words.and_then(|(_, rest)| rest.split_once(" - "));
    match words {
        Some((_, words)) => refused(address, login, words),
        None => Fault::new(
            address,
            format!("the login with {mechanism} fails: {message}"),
            "check `sasl.mechanism` and what it logs in with",
        ),
    }
}

/// A broker's message about a token (RFC 7628, 3.2.2).
fn status(words: &str) -> String {
    let said: Value = serde_json::from_str(words).unwrap_or_default();
    let status = said.get("status").and_then(Value::as_str);
    status.unwrap_or(words).to_owned()
}

/// The fault if a broker does not support the mechanism, or no login at all.
fn not_offered(address: &str, mechanism: &str, offered: &[String]) -> Fault {
    if offered.is_empty() {
        return Fault::new(
            address,
            "the broker takes no login at this port",
            "`security.protocol` is SSL or PLAINTEXT there; or name the port of a listener with SASL",
        );
    }
    Fault::new(
        address,
        format!(
            "the broker does not offer {mechanism}; it offers {}",
            list(&sorted(offered))
        ),
        "set `sasl.mechanism` to one that it offers, or have it added to the broker's `sasl.enabled.mechanisms`",
    )
}

/// The fault if a broker rejects the credentials; `words` is its message.
fn refused(address: &str, login: &Login, words: &str) -> Fault {
    let mechanism = login.mechanism();
    let (who, hint) = match login {
        Login::Plain { user, .. }
        | Login::Scram {
            user,
            hash: ScramHash::Sha256,
            ..
        } => (
            format!("user `{user}` or the password"),
            "brokers do not tell which of the two is wrong",
        ),
        Login::Scram {
            user,
            hash: ScramHash::Sha512,
            ..
        } => (
            format!("user `{user}` or the password"),
            "brokers do not tell which of the two is wrong; a password that was set for SCRAM-SHA-256 alone does not count for SCRAM-SHA-512",
        ),
        Login::OAuthBearer { .. } => (
            "the token".to_owned(),
            "see that issuer, audience and scope are those that the broker expects, and that both clocks are right",
        ),
        Login::MskIam(_) => (
            "the signed request".to_owned(),
            "see that the credentials are of an identity with kafka-cluster:Connect, and that this machine's clock is right",
        ),
    };
    let reason = if words.is_empty() {
        format!("the broker refuses {who} ({mechanism})")
    } else {
        format!("the broker refuses {who} ({mechanism}): {words}")
    };
    Fault::new(address, reason, hint)
}

/// Names in order: brokers send mechanisms in any order.
fn sorted(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort();
    names
}

/// An error of a connection, without programmers' terms.
pub(in crate::cluster::live) fn plain_words(told: &str) -> String {
    if told.contains("close_notify") {
        return "the other end closed the connection".to_owned();
    }
    told.to_owned()
}
