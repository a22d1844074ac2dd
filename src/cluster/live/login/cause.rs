//! Asks a broker why it closed a connection: once, on a connection of our own, without sending
//! secrets.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Fault, fault, tls};
use crate::cluster::security::{Security, Tls, Trust, Verify};

/// The overall limit: the error must be reported within two seconds after the time-out.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How long a broker may take to reject this client's certificate.
const COMPLAINT: Duration = Duration::from_millis(500);

/// The longest answer that is read.
const LONGEST: usize = 64 * 1024;

const SASL_HANDSHAKE: i16 = 17;
const API_VERSIONS: i16 = 18;

/// The reason of the first of these brokers that gives one; none if none does.
pub(super) async fn ask(security: &Security, addresses: &[String]) -> Option<Fault> {
    let all = addresses.iter().map(|address| asked(security, address));
    let all = timeout(PATIENCE, join_all(all)).await.ok()?;
    all.into_iter().flatten().next()
}

async fn asked(security: &Security, address: &str) -> Option<Fault> {
    let Some(tls) = &security.tls else {
        if speaks_tls(address).await? {
            return Some(fault::unspoken_tls(address));
        }
        let stream = TcpStream::connect(address).await.ok()?;
        return missing_login(security, address, stream).await;
    };
    let mut stream = match secured(tls, address).await? {
        Ok(stream) => stream,
        Err(error) => {
            if speaks_kafka(address).await {
                return Some(fault::no_tls(address));
            }
            return fault::of_io(&error, security, address);
        }
    };
    // In TLS 1.3 the client finishes before the broker has checked its certificate.
    let mut nothing = [0];
    match timeout(COMPLAINT, stream.read(&mut nothing)).await {
        Ok(Err(error)) => fault::of_io(&error, security, address),
        Ok(Ok(_)) => None,
        Err(_) => missing_login(security, address, stream).await,
    }
}

/// Opens a TLS connection to a broker; none if it cannot be reached at all.
async fn secured(tls: &Tls, address: &str) -> Option<io::Result<TlsStream<TcpStream>>> {
    let connector = TlsConnector::from(Arc::new(tls::of_rustls(tls).ok()?));
    let stream = TcpStream::connect(address).await.ok()?;
    let name = ServerName::try_from(host(address)?.to_owned()).ok()?;
    Some(connector.connect(name, stream).await)
}

fn host(address: &str) -> Option<&str> {
    let (host, _) = address.rsplit_once(':')?;
    Some(host.trim_start_matches('[').trim_end_matches(']'))
}

/// Whether TLS is spoken at the address.
async fn speaks_tls(address: &str) -> Option<bool> {
    let tls = Tls {
        trust: Trust::System,
        identity: None,
        verify: Verify::Nothing,
    };
    let Err(error) = secured(&tls, address).await? else {
        return Some(true);
    };
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    Some(matches!(inner, Some(rustls::Error::AlertReceived(_))))
}

/// Whether Kafka's protocol is spoken at the address, without TLS.
async fn speaks_kafka(address: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address).await else {
        return false;
    };
    exchange(&mut stream, API_VERSIONS, 0, &[]).await.is_some()
}

/// Whether the broker requires a login, and by which mechanisms.
async fn missing_login(
    security: &Security,
    address: &str,
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
) -> Option<Fault> {
    if security.login.is_some() {
        return None;
    }
    let no_mechanism = 0_i16.to_be_bytes();
    let answer = exchange(&mut stream, SASL_HANDSHAKE, 1, &no_mechanism).await?;
    let offered = mechanisms(&answer)?;
    (!offered.is_empty()).then(|| fault::no_login(address, &offered))
}

/// The mechanisms in a response to `SaslHandshake`, after its error code.
fn mechanisms(answer: &[u8]) -> Option<Vec<String>> {
    let (_error, rest) = answer.split_first_chunk::<2>()?;
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let mut found = Vec::new();
    for _ in 0..i32::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let length = usize::try_from(i16::from_be_bytes(*length)).ok()?;
        let (name, after) = after.split_at_checked(length)?;
        found.push(String::from_utf8_lossy(name).into_owned());
        rest = after;
    }
    Some(found)
}

/// Sends a request and returns the response without its correlation id.
async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    api: i16,
    version: i16,
    body: &[u8],
) -> Option<Vec<u8>> {
    const NUMBER: i32 = 1;
    const NO_CLIENT: i16 = -1;
    let mut request = Vec::new();
    request.extend(api.to_be_bytes());
    request.extend(version.to_be_bytes());
    request.extend(NUMBER.to_be_bytes());
    request.extend(NO_CLIENT.to_be_bytes());
    request.extend(body);
    let length = i32::try_from(request.len()).ok()?;
    stream.write_all(&length.to_be_bytes()).await.ok()?;
    stream.write_all(&request).await.ok()?;
    stream.flush().await.ok()?;
    let length = usize::try_from(stream.read_i32().await.ok()?).ok()?;
    if !(4..=LONGEST).contains(&length) {
        return None;
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).await.ok()?;
    let answer = answer.strip_prefix(&NUMBER.to_be_bytes())?;
    Some(answer.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_broker_offers_is_read() {
        let answer = b"\0\x21\0\0\0\x02\0\x05PLAIN\0\x0dSCRAM-SHA-256";
        let offered = mechanisms(answer).unwrap();
        assert_eq!(offered, ["PLAIN", "SCRAM-SHA-256"]);
        assert_eq!(mechanisms(b"\0\x21\0\0\0\x02\0\x05PL"), None);
    }

    #[test]
    fn a_host_is_without_its_port_and_brackets() {
        assert_eq!(host("b1.internal:9093"), Some("b1.internal"));
        assert_eq!(host("[::1]:9093"), Some("::1"));
    }
}
