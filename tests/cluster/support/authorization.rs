//! A small authorization server with a token endpoint for the client `tonkafka` with the secret
//! `client-secret`. Its tokens are unsigned JWTs, which Kafka's test validator accepts.
//!
//! The scope selects the token: `life=12` is valid for twelve seconds, `from=600` is issued ten
//! minutes from now.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

pub const CLIENT: &str = "tonkafka";
pub const SECRET: &str = "client-secret";

/// A running server. Its thread ends with the test process.
pub struct Authorization {
    address: String,
    issued: Arc<AtomicUsize>,
}

impl Authorization {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let issued = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&issued);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counted = Arc::clone(&counted);
                std::thread::spawn(move || serve(stream, &counted));
            }
        });
        Self { address, issued }
    }

    /// The URL of an endpoint: `token` issues tokens, `silent` never answers, `empty` has no
    /// tokens, `moved` redirects, `broken` fails.
    pub fn endpoint(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The number of issued tokens.
    pub fn issued(&self) -> usize {
        self.issued.load(Ordering::Relaxed)
    }
}

fn serve(mut stream: TcpStream, issued: &AtomicUsize) {
    let mut request = String::new();
    let mut buffer = [0; 4096];
    while !request.contains("\r\n\r\n") || !is_whole(&request) {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => request += &String::from_utf8_lossy(&buffer[..count]),
        }
    }
    let (status, body) = match request.split(' ').nth(1) {
        Some("/silent") => {
            std::thread::sleep(Duration::from_mins(1));
            return;
        }
        Some("/empty") => ("200 OK", "{}".to_owned()),
        Some("/moved") => ("302 Found", String::new()),
        Some("/broken") => ("500 Internal Server Error", "<html>".to_owned()),
        _ => answer(&request, issued),
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().unwrap())
    });
    body.len() >= length.unwrap_or(0)
}

fn answer(request: &str, issued: &AtomicUsize) -> (&'static str, String) {
    let pair = STANDARD.encode(format!("{CLIENT}:{SECRET}"));
    if !request.contains(&format!("Basic {pair}")) {
        let words = r#"{"error":"invalid_client","error_description":"client or secret is wrong"}"#;
        return ("401 Unauthorized", words.to_owned());
    }
    assert!(
        request.contains("grant_type=client_credentials"),
        "{request}"
    );
    let wanted = |key: &str| {
        let (_, after) = request.split_once(&format!("{key}%3D"))?;
        let digits: String = after
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '-')
            .collect();
        digits.parse::<i64>().ok()
    };
    let life = wanted("life").unwrap_or(3600);
    let token = token(wanted("from").unwrap_or(0), life);
    issued.fetch_add(1, Ordering::Relaxed);
    let body = format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":{life}}}"#);
    ("200 OK", body)
}

/// A token for `alice`, issued `from` seconds from now and valid for `life` seconds.
pub fn token(from: i64, life: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let from = i64::try_from(now.as_secs()).unwrap() + from;
    let claims = format!(r#"{{"sub":"alice","iat":{from},"exp":{}}}"#, from + life);
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.", part(r#"{"alg":"none"}"#), part(&claims))
}
