//! The client credentials grant at a token endpoint (RFC 6749, 4.4; KIP-768).
//!
//! krafka's own endpoint refuses `http` even on loopback, and does not show the token, which
//! librdkafka needs too.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, Uri, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::fault::{self, Fault};
use super::tls;
use super::token::Token;
use crate::cluster::ClusterError;
use crate::cluster::security::{Hidden, Security, Tls, TokenSource, Verify};

/// The largest accepted response, in bytes.
const LONGEST: usize = 1024 * 1024;

/// The limit for one response, within the time-out.
const PATIENCE: Duration = Duration::from_secs(10);

/// A token endpoint and its request.
pub(super) struct Endpoint {
    address: String,
    uri: Uri,
    host: String,
    connector: Option<TlsConnector>,
    /// The TLS settings, for messages about failures.
    security: Security,
    client_id: String,
    /// `client_id:client_secret` as in the header.
    authorization: Hidden,
    form: Vec<(String, String)>,
    timeout: Duration,
}

impl Endpoint {
    /// The endpoint for client credentials. Sends nothing yet.
    pub(super) fn of(source: &TokenSource, limit: Duration) -> Result<Self, ClusterError> {
        let TokenSource::ClientCredentials {
            endpoint,
            client_id,
            client_secret,
            scope,
            parameters,
            trust,
        } = source
        else {
            return Err(wrong("", "has no token end point"));
        };
        let uri: Uri = endpoint
            .parse()
            .map_err(|error| wrong(endpoint, &format!("is no URL: {error}")))?;
        let host = uri.host().ok_or_else(|| wrong(endpoint, "names no host"))?;
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let tls = Tls {
            trust: trust.clone(),
            identity: None,
            verify: Verify::ChainAndName,
        };
        let connector = match uri.scheme_str() {
            Some("https") => Some(TlsConnector::from(Arc::new(tls::of_rustls(&tls)?))),
            Some("http") if is_loopback(&host) => None,
            Some("http") => {
                return Err(wrong(
                    endpoint,
                    "would be sent the client's secret unencrypted",
                ));
            }
            _ => return Err(wrong(endpoint, "is no URL of https")),
        };
        let pair = format!("{}:{}", encoded(client_id), encoded(client_secret.reveal()));
        Ok(Self {
            address: endpoint.clone(),
            uri,
            host,
            connector,
            security: Security {
                tls: Some(tls),
                login: None,
            },
            client_id: client_id.clone(),
            authorization: Hidden::new(format!("Basic {}", STANDARD.encode(pair))),
            form: form(scope.as_deref(), parameters),
            // The error has to be reported before the overall time-out.
            timeout: PATIENCE.min(limit * 4 / 5),
        })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Requests a token.
    pub(super) async fn token(&self) -> Result<Token, Fault> {
        let asked = timeout(self.timeout, self.asked()).await;
        asked.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs_f64();
            Err(self.unreachable(&format!("no answer within {seconds} s")))
        })
    }

    async fn asked(&self) -> Result<Token, Fault> {
        let default = if self.connector.is_some() { 443 } else { 80 };
        let port = self.uri.port_u16().unwrap_or(default);
        let connecting = TcpStream::connect((self.host.as_str(), port)).await;
        let stream = connecting.map_err(|error| self.unreachable(&error.to_string()))?;
        let (status, answer) = match &self.connector {
            None => self.exchange(stream).await?,
            Some(connector) => {
                let name = ServerName::try_from(self.host.clone());
                let name = name.map_err(|error| self.unreachable(&error.to_string()))?;
                let secured = connector.connect(name, stream).await;
                let secured = secured.map_err(|error| {
                    let fault = fault::of_io(&error, &self.security, &self.address);
                    fault.unwrap_or_else(|| self.unreachable(&error.to_string()))
                })?;
                self.exchange(secured).await?
            }
        };
        self.read(status, &answer)
    }

    async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> Result<(u16, Bytes), Fault> {
        let failed = |error: hyper::Error| self.unreachable(&error.to_string());
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(failed)?;
        let driven = tokio::spawn(connection);
        let pairs: Vec<String> = self
            .form
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let authority = self
            .uri
            .authority()
            .map_or("", |authority| authority.as_str());
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::post(path)
            .header(header::HOST, authority)
            .header(header::AUTHORIZATION, self.authorization.reveal())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .body(Full::new(Bytes::from(pairs.join("&"))))
            .map_err(|_| {
                self.unreachable("the client's id or secret has characters that cannot be sent")
            })?;
        let response = sender.send_request(request).await.map_err(failed)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LONGEST).collect().await;
        let body = body.map_err(|error| self.unreachable(&error.to_string()))?;
        driven.abort();
        Ok((status, body.to_bytes()))
    }

    /// Parses a response (RFC 6749, 5).
    fn read(&self, status: u16, answer: &[u8]) -> Result<Token, Fault> {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        if !(200..300).contains(&status) {
            let words: Vec<&str> = [text("error"), text("error_description")]
                .into_iter()
                .flatten()
                .collect();
            let words = if words.is_empty() {
                format!("HTTP {status}")
            } else {
                format!("HTTP {status}, {}", words.join(": "))
            };
            return Err(Fault::new(
                &self.address,
                format!("it gives client `{}` no token: {words}", self.client_id),
                way_out(status),
            ));
        }
        let Some(token) = text("access_token").filter(|token| !token.is_empty()) else {
            return Err(Fault::new(
                &self.address,
                "it answers with no token",
                "name the token end point, as the server's `.well-known/openid-configuration` has it",
            ));
        };
        let life = answer.get("expires_in").and_then(Value::as_f64);
        let life = life.and_then(|life| Duration::try_from_secs_f64(life).ok());
        Ok(Token::new(Hidden::new(token), life))
    }

    fn unreachable(&self, why: &str) -> Fault {
        Fault::new(
            &self.address,
            format!("no token comes from there: {}", fault::plain_words(why)),
            "is it the authorization server's token end point, and can it be reached from here?",
        )
    }
}

/// The hint for a status without a token.
fn way_out(status: u16) -> &'static str {
    match status {
        400 | 401 => "check the client's id, its secret and the scope",
        300..400 => {
            "it refers to another address, which is not followed: name the token end point itself, as the server's `.well-known/openid-configuration` has it"
        }
        403 => "ask who runs the authorization server whether this client may have tokens",
        404 | 405 => {
            "name the token end point, as the server's `.well-known/openid-configuration` has it"
        }
        429 => "it has been asked too often: try again later",
        500.. => "the authorization server has failed: try again later, or see its log",
        _ => "ask who runs the authorization server",
    }
}

fn wrong(endpoint: &str, what: &str) -> ClusterError {
    ClusterError::Unusable {
        reason: format!("the token end point `{endpoint}` {what}"),
        hint: "write it as https://host/path; http is for loopback alone".to_owned(),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

/// The body of the request, form-encoded.
fn form(scope: Option<&str>, parameters: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(scope.map(|scope| ("scope", scope)));
    let further = parameters.iter();
    form.extend(further.map(|(key, value)| (key.as_str(), value.as_str())));
    let pairs = form.into_iter();
    pairs
        .map(|(key, value)| (encoded(key), encoded(value)))
        .collect()
}

/// `application/x-www-form-urlencoded`.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => {
                char::from(byte).to_string()
            }
            b' ' => "+".to_owned(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::security::Trust;

    fn source(endpoint: &str) -> TokenSource {
        TokenSource::ClientCredentials {
            endpoint: endpoint.to_owned(),
            client_id: "id".to_owned(),
            client_secret: Hidden::new("pa:ss wörd"),
            scope: Some("kafka read".to_owned()),
            parameters: [("audience".to_owned(), "a&b".to_owned())].into(),
            trust: Trust::System,
        }
    }

    #[test]
    fn secrets_are_sent_to_loopback_alone_without_tls() {
        for endpoint in [
            "http://127.0.0.1:1/token",
            "http://localhost/",
            "http://[::1]:1/",
        ] {
            assert!(
                Endpoint::of(&source(endpoint), PATIENCE).is_ok(),
                "{endpoint}"
            );
        }
        for endpoint in ["http://idp.example.com/token", "ftp://localhost/", "token"] {
            let made = Endpoint::of(&source(endpoint), PATIENCE);
            assert!(
                matches!(made, Err(ClusterError::Unusable { .. })),
                "{endpoint}"
            );
        }
    }

    #[test]
    fn what_is_asked_is_written_as_a_form() {
        let endpoint = Endpoint::of(&source("http://127.0.0.1:1/token"), PATIENCE).unwrap();
        let pairs: Vec<String> = endpoint
            .form
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        assert_eq!(
            pairs.join("&"),
            "grant_type=client_credentials&scope=kafka+read&audience=a%26b"
        );
        let pair = STANDARD.encode("id:pa%3Ass+w%C3%B6rd");
        assert_eq!(endpoint.authorization.reveal(), format!("Basic {pair}"));
    }
}
