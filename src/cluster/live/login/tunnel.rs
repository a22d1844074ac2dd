//! Connections of our own, because krafka cannot verify the chain without the host name, and logs
//! in at every broker that the cluster names, wherever that is.
//!
//! krafka supports SOCKS5 proxies (RFC 1928), so this process runs one: it listens on loopback,
//! accepts only the random user and password of this process (RFC 1929), and connects to the
//! requested broker ([`Way`]). The traffic between krafka and the proxy is not encrypted and never
//! leaves the machine. Alternatives: docs/decisions/connections.md.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{fault, tls};
use crate::cluster::ClusterError;
use crate::cluster::live::wire::ProxyConfig;
use crate::cluster::security::{Hidden, Tls};
use crate::model::address::is_loopback;
use crate::model::hex::hex;
use crate::store;

const SOCKS: u8 = 5;
const BY_PASSWORD: u8 = 2;
const NONE_FITS: u8 = 0xff;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Reply codes (RFC 1928, 6); an empty address follows.
const DONE: u8 = 0;
const FAILED: u8 = 1;
const REFUSED: u8 = 5;
const NOT_SUPPORTED: u8 = 7;

/// How long a client may take to authenticate and name its target.
const INTRODUCTION: Duration = Duration::from_secs(5);

/// The local end of the tunnels. Stops when dropped.
pub(super) struct Tunnel {
    address: SocketAddr,
    user: Hidden,
    password: Hidden,
    failures: Failures,
    accepting: AbortHandle,
}

/// The last error by address.
#[derive(Clone, Default)]
struct Failures(Arc<Mutex<BTreeMap<String, Arc<io::Error>>>>);

/// What serving a connection needs.
struct Host {
    user: Hidden,
    password: Hidden,
    way: Way,
    connect_timeout: Duration,
    failures: Failures,
}

/// How the tunnel connects to brokers.
pub(super) enum Way {
    /// With TLS that verifies the chain but not the host name.
    Chain(TlsConnector),
    /// Without TLS, and only on this machine.
    Loopback,
}

impl Way {
    /// The way through TLS with these settings.
    pub(super) fn chain(tls: &Tls) -> Result<Self, ClusterError> {
        let config = Arc::new(tls::of_rustls(tls)?);
        Ok(Self::Chain(TlsConnector::from(config)))
    }
}

/// A connection to a broker, with TLS or without.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Tunnel {
    /// Starts to listen; connects to no broker yet.
    pub(super) async fn open(way: Way, connect_timeout: Duration) -> Result<Self, ClusterError> {
        let listening = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listening.map_err(|error| impossible(&error))?;
        let address = listener.local_addr().map_err(|error| impossible(&error))?;
        let (user, password) = (random()?, random()?);
        let failures = Failures::default();
        let host = Host {
            user: user.clone(),
            password: password.clone(),
            way,
            connect_timeout,
            failures: failures.clone(),
        };
        let accepting = tokio::spawn(accept(listener, Arc::new(host)));
        Ok(Self {
            address,
            user,
            password,
            failures,
            accepting: accepting.abort_handle(),
        })
    }

    /// The proxy settings for krafka.
    pub(super) fn proxy(&self) -> ProxyConfig {
        let address = self.address.to_string();
        ProxyConfig::with_credentials(address, self.user.reveal(), self.password.reveal())
    }

    /// The last error of the broker at `address`.
    pub(super) fn failure(&self, address: &str) -> Option<Arc<io::Error>> {
        self.failures.of(address)
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Failures {
    fn of(&self, address: &str) -> Option<Arc<io::Error>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(address).cloned()
    }

    fn keep(&self, address: &str, error: io::Error) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(address.to_owned(), Arc::new(error));
    }

    fn forget(&self, address: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(address);
    }
}

fn impossible(error: &io::Error) -> ClusterError {
    ClusterError::Unusable {
        reason: format!("cannot listen on loopback, which this kind of connection needs: {error}"),
        hint: "use `security.protocol=SASL_SSL`, and have the host name verified: leave out the empty `ssl.endpoint.identification.algorithm`".to_owned(),
    }
}

/// 32 random bytes, in hexadecimal.
fn random() -> Result<Hidden, ClusterError> {
    let bytes: [u8; 32] = store::random().map_err(|error| impossible(&error))?;
    Ok(Hidden::new(hex(bytes)))
}

/// Serves connections until it is dropped, with all connections.
async fn accept(listener: TcpListener, host: Arc<Host>) {
    let mut served = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let host = Arc::clone(&host);
                    served.spawn(async move { host.serve(stream).await });
                }
                // Errors such as too many open files pass.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = served.join_next() => {}
        }
    }
}

impl Host {
    /// Serves one connection. The broker's errors are kept, because krafka only sees the proxy's.
    async fn serve(&self, mut client: TcpStream) {
        let asked = timeout(INTRODUCTION, self.introduced(&mut client)).await;
        let Ok(Ok(Some((host, port)))) = asked else {
            return;
        };
        let address = address(&host, port);
        self.failures.forget(&address);
        let opened = timeout(self.connect_timeout, self.open(&host, port)).await;
        let opened = opened.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        match opened {
            Ok(mut broker) => {
                if answer(&mut client, DONE).await.is_err() {
                    return;
                }
                // Both ends close without a TLS close alert, which is reported as an unexpected end.
                if let Err(error) = copy_bidirectional(&mut client, &mut broker).await
                    && fault::tls_within(&error).is_some()
                {
                    self.failures.keep(&address, error);
                }
            }
            Err(error) => {
                let refused = error.kind() == io::ErrorKind::ConnectionRefused;
                self.failures.keep(&address, error);
                let code = if refused { REFUSED } else { FAILED };
                let _ = answer(&mut client, code).await;
            }
        }
    }

    async fn open(&self, host: &str, port: u16) -> io::Result<Box<dyn Stream>> {
        if matches!(self.way, Way::Loopback) && !is_loopback(&address(host, port)) {
            let fault = fault::far_broker(&address(host, port));
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, fault));
        }
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let Way::Chain(connector) = &self.way else {
            return Ok(Box::new(stream));
        };
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        Ok(Box::new(connector.connect(name, stream).await?))
    }

    /// The requested broker; none if the password is wrong, or the request is not CONNECT.
    async fn introduced(&self, client: &mut TcpStream) -> io::Result<Option<(String, u16)>> {
        let [version, count] = read(client).await?;
        let mut methods = vec![0; count.into()];
        client.read_exact(&mut methods).await?;
        if version != SOCKS || !methods.contains(&BY_PASSWORD) {
            client.write_all(&[SOCKS, NONE_FITS]).await?;
            return Ok(None);
        }
        client.write_all(&[SOCKS, BY_PASSWORD]).await?;
        let [_version] = read(client).await?;
        let user = read_text(client).await?;
        let password = read_text(client).await?;
        let knows = same(&user, &self.user) & same(&password, &self.password);
        client.write_all(&[1, u8::from(!knows)]).await?;
        if !knows {
            return Ok(None);
        }
        let [_version, command, _reserved, kind] = read(client).await?;
        let host = match kind {
            IPV4 => Ipv4Addr::from(read::<4>(client).await?).to_string(),
            IPV6 => Ipv6Addr::from(read::<16>(client).await?).to_string(),
            NAME => String::from_utf8_lossy(&read_text(client).await?).into_owned(),
            _ => return Ok(None),
        };
        let port = u16::from_be_bytes(read(client).await?);
        if command != CONNECT {
            answer(client, NOT_SUPPORTED).await?;
            return Ok(None);
        }
        Ok(Some((host, port)))
    }
}

/// The address as krafka writes it.
fn address(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

async fn read<const N: usize>(client: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// Text that is preceded by its length in one byte.
async fn read_text(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let [length] = read(client).await?;
    let mut text = vec![0; length.into()];
    client.read_exact(&mut text).await?;
    Ok(text)
}

/// Compares in constant time.
fn same(said: &[u8], secret: &Hidden) -> bool {
    let secret = secret.reveal().as_bytes();
    let differing = said.iter().zip(secret).fold(0, |all, (a, b)| all | (a ^ b));
    said.len() == secret.len() && differing == 0
}

async fn answer(client: &mut TcpStream, code: u8) -> io::Result<()> {
    client
        .write_all(&[SOCKS, code, 0, IPV4, 0, 0, 0, 0, 0, 0])
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::security::{Trust, Verify};

    async fn tunnel() -> Tunnel {
        let tls = Tls {
            trust: Trust::System,
            identity: None,
            verify: Verify::Nothing,
        };
        Tunnel::open(Way::chain(&tls).unwrap(), INTRODUCTION)
            .await
            .unwrap()
    }

    /// The replies, until the connection is closed.
    async fn answered(tunnel: &Tunnel, said: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(tunnel.address).await.unwrap();
        stream.write_all(said).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn nobody_else_gets_through() {
        let tunnel = tunnel().await;
        assert_eq!(answered(&tunnel, &[SOCKS, 1, 0]).await, [SOCKS, NONE_FITS]);
        let wrong = [&[SOCKS, 1, BY_PASSWORD, 1, 4][..], b"user", &[6], b"secret"].concat();
        assert_eq!(answered(&tunnel, &wrong).await, [SOCKS, BY_PASSWORD, 1, 1]);
        let another = self::tunnel().await;
        assert_ne!(tunnel.user, another.user);
        assert_ne!(tunnel.password, another.password);
    }

    #[test]
    fn addresses_are_written_as_krafka_does() {
        assert_eq!(address("b1.internal", 9093), "b1.internal:9093");
        assert_eq!(address("::1", 9093), "[::1]:9093");
    }
}
