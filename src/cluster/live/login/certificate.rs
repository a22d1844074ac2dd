//! Explains why a broker's certificate is rejected, in words that users can act on.

use std::fmt::Write as _;
use std::net::Ipv6Addr;

use jiff::Timestamp;
use rustls::CertificateError;
use rustls::pki_types::UnixTime;

use crate::cluster::security::{Tls, Trust};

/// What is wrong, and a hint.
type Words = (String, &'static str);

/// Why a certificate is not accepted.
pub(super) fn words(error: &CertificateError, tls: &Tls) -> Words {
    match error {
        CertificateError::UnknownIssuer => of_issuer(&tls.trust),
        CertificateError::ExpiredContext { time, not_after } => (
            format!(
                "its certificate expired at {}, and by this machine's clock it is {}",
                moment(*not_after),
                moment(*time)
            ),
            "have it renewed; or set this machine's clock right",
        ),
        CertificateError::NotValidYetContext { time, not_before } => (
            format!(
                "its certificate is valid from {}, and by this machine's clock it is {}",
                moment(*not_before),
                moment(*time)
            ),
            "set the clock right, of this machine or of the one that made the certificate",
        ),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => of_name(&expected.to_str(), presented),
        CertificateError::Other(other) => match other.0.downcast_ref() {
            Some(error) => said(of_webpki(error)),
            None => said(BROKEN),
        },
        other => said(of_rustls(other)),
    }
}

fn said((reason, hint): (&str, &'static str)) -> Words {
    (reason.to_owned(), hint)
}

fn of_issuer(trust: &Trust) -> Words {
    said(match trust {
        Trust::System => (
            "its certificate is of an authority that this system does not trust",
            "where the cluster has an authority of its own, name its certificate: `ssl.truststore.location`, `ssl.truststore.certificates` or `ssl.ca.location`",
        ),
        Trust::Pem(_) => (
            "its certificate is of none of the authorities that are trusted",
            "the trust store holds another authority than the cluster has now; ask for the present one",
        ),
    })
}

fn of_name(expected: &str, presented: &[String]) -> Words {
    let names: Vec<String> = presented.iter().map(|name| plain_name(name)).collect();
    let mut reason = format!("its certificate is not for `{expected}`");
    let _ = match names.as_slice() {
        [] => write!(reason, ", and names no host at all"),
        names => write!(reason, ", but for {}", list(names)),
    };
    (
        reason,
        "connect by a name that it has, or have it made for this one; an empty `ssl.endpoint.identification.algorithm` verifies the authority and not the name",
    )
}

/// Names in a sentence.
pub(super) fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// A name as rustls tells it, such as `DnsName("b1.internal")` or `IpAddress(127.0.0.1)`.
fn plain_name(told: &str) -> String {
    let inner = told.split_once('(').map_or(told, |(_, inner)| inner);
    let name = inner.trim_end_matches(')').trim_matches('"');
    // rustls writes `::1` as `0::1`.
    let address = name.parse::<Ipv6Addr>();
    address.map_or_else(|_| name.to_owned(), |address| address.to_string())
}

fn moment(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

/// The words for errors that are not distinguished further.
const BROKEN: (&str, &str) = (
    "its certificate, or one that it was issued by, breaks the rules of X.509",
    "have it made anew; `openssl x509 -noout -text` shows what is in it",
);

const SIGNED: (&str, &str) = (
    "its certificate, or one that it was issued by, is signed in a way that is not taken",
    "have it signed with SHA-256 or better, by a key of RSA with 2048 bits or more, or of ECDSA on P-256 or P-384",
);

fn of_rustls(error: &CertificateError) -> (&'static str, &'static str) {
    use CertificateError as Error;
    #[expect(deprecated, reason = "rustls may still say it")]
    match error {
        Error::Revoked => ("its certificate was revoked", "have it renewed"),
        Error::Expired | Error::NotValidYet => (
            "its certificate ends before it begins",
            "have it made anew, with dates that are in order",
        ),
        Error::NotValidForName => (
            "its certificate is not for this name",
            "connect by a name that it has, or have it made for this one",
        ),
        Error::UnhandledCriticalExtension => (
            "its certificate has an extension that is marked as critical, and that nobody here knows",
            "have it issued without this extension; `openssl x509 -noout -text` shows it",
        ),
        Error::InvalidPurpose | Error::InvalidPurposeContext { .. } => PURPOSE,
        Error::BadSignature => (
            "its certificate is signed with another key than that of the authority that it names",
            "an authority that is made anew under its old name has another key: trust the certificate that it has now",
        ),
        Error::UnsupportedSignatureAlgorithm
        | Error::UnsupportedSignatureAlgorithmContext { .. }
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => SIGNED,
        Error::BadEncoding => ("its certificate is damaged", "have it made anew"),
        _ => BROKEN,
    }
}

const PURPOSE: (&str, &str) = (
    "its certificate is not for servers",
    "have it issued with extendedKeyUsage=serverAuth, or without extendedKeyUsage",
);

/// Some of these certificates are accepted by Java and refused here.
fn of_webpki(error: &webpki::Error) -> (&'static str, &'static str) {
    use webpki::Error;
    match error {
        Error::CaUsedAsEndEntity => (
            "its certificate is that of an authority (basicConstraints CA:TRUE), and not that of a server",
            "make one that is no authority's: `openssl req -x509 -newkey rsa:2048 -nodes -days 365 -keyout HOST.key -out HOST.pem -subj /CN=HOST -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:HOST`; or have this authority sign one for the broker",
        ),
        Error::UnsupportedCertVersion => (
            "its certificate, or one that it was issued by, is of X.509 version 1; only version 3 is taken",
            "sign it anew with extensions, which make it version 3: put `subjectAltName=DNS:HOST` into a file, and pass the file to `openssl x509 -req` with `-extfile`",
        ),
        Error::EndEntityUsedAsCa => (
            "a certificate in its chain has issued another one, and is not that of an authority",
            "have the issuer's certificate made with basicConstraints=critical,CA:TRUE",
        ),
        Error::PathLenConstraintViolated | Error::MaximumPathDepthExceeded => (
            "there are more authorities in its chain than are allowed",
            "have it issued by an authority nearer to the one that is trusted",
        ),
        Error::NameConstraintViolation => (
            "an authority in its chain may not issue certificates for its names",
            "have it issued by another authority, or for other names",
        ),
        Error::MaximumNameConstraintComparisonsExceeded
        | Error::MaximumPathBuildCallsExceeded
        | Error::MaximumSignatureChecksExceeded => (
            "its chain takes too long to check",
            "let the broker show its own certificate and its issuers', and nothing else",
        ),
        Error::EmptyEkuExtension | Error::RequiredEkuNotFoundContext(_) => PURPOSE,
        Error::SignatureAlgorithmMismatch => SIGNED,
        _ => BROKEN,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::OtherError;

    use super::*;

    #[test]
    fn no_reason_is_in_the_words_of_a_library() {
        let other = |error: webpki::Error| CertificateError::Other(OtherError(Arc::new(error)));
        let strange = std::io::Error::other("OtherError(Strange)");
        for error in [
            other(webpki::Error::CaUsedAsEndEntity),
            other(webpki::Error::UnsupportedCertVersion),
            other(webpki::Error::EndEntityUsedAsCa),
            other(webpki::Error::PathLenConstraintViolated),
            other(webpki::Error::NameConstraintViolation),
            other(webpki::Error::MaximumSignatureChecksExceeded),
            other(webpki::Error::SignatureAlgorithmMismatch),
            other(webpki::Error::EmptyEkuExtension),
            other(webpki::Error::InvalidSerialNumber),
            CertificateError::Other(OtherError(Arc::new(strange))),
            CertificateError::BadEncoding,
            CertificateError::BadSignature,
            CertificateError::InvalidPurpose,
            CertificateError::UnhandledCriticalExtension,
            CertificateError::ApplicationVerificationFailure,
        ] {
            let (reason, hint) = words(&error, &Tls::default());
            for raw in ["Other", "Error", "::", "{", "Supported"] {
                assert!(!reason.contains(raw), "{reason}");
            }
            assert!(!hint.is_empty());
        }
    }

    #[test]
    fn names_are_as_people_write_them() {
        assert_eq!(plain_name("DnsName(\"b1.internal\")"), "b1.internal");
        assert_eq!(plain_name("IpAddress(127.0.0.1)"), "127.0.0.1");
        assert_eq!(plain_name("IpAddress(0::1)"), "::1");
    }
}
