//! A token for brokers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

use crate::cluster::security::Hidden;

/// Larger clock differences are reported.
const SKEW: Duration = Duration::from_secs(30);

/// The lifetime that librdkafka is given for a token without an expiry; it requires one.
const WITHOUT_END: Duration = Duration::from_mins(5);

/// A token for brokers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    value: Hidden,
    principal: String,
    /// When it was received, by this machine's clock.
    from: SystemTime,
    /// When it was issued, according to the token.
    issued: Option<SystemTime>,
    until: Option<SystemTime>,
}

impl Token {
    /// A new token with this lifetime. Missing fields are read from the token if it is a JWT.
    pub(super) fn new(value: Hidden, life: Option<Duration>) -> Self {
        let claims = claims(value.reveal());
        let claim = |name: &str| claims.as_ref().and_then(|claims| claims.get(name));
        let at = |seconds: f64| UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?);
        let from = SystemTime::now();
        let until = match life {
            Some(life) => from.checked_add(life),
            None => claim("exp").and_then(Value::as_f64).and_then(at),
        };
        let issued = claim("iat").and_then(Value::as_f64).and_then(at);
        let principal = claim("sub").and_then(Value::as_str);
        Self {
            principal: principal.unwrap_or("unknown").to_owned(),
            from,
            issued,
            until,
            value,
        }
    }

    /// The token itself.
    #[must_use]
    pub fn value(&self) -> &Hidden {
        &self.value
    }

    /// The principal; `unknown` if the token does not name it.
    #[must_use]
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// When it has to be renewed, for a client that needs a time.
    #[must_use]
    pub fn until(&self) -> SystemTime {
        self.until.unwrap_or(self.from + WITHOUT_END)
    }

    /// When it is renewed.
    pub(super) fn due(&self) -> Option<SystemTime> {
        let life = self.until?.duration_since(self.from).unwrap_or_default();
        Some(self.from + life * 4 / 5)
    }

    pub(super) fn is_due(&self, now: SystemTime) -> bool {
        self.due().is_some_and(|due| now >= due)
    }

    /// The validity times, if they may be why a broker rejects the token.
    pub(super) fn times(&self, is_fresh: bool) -> Option<String> {
        let issued = self.issued?;
        let apart = |a: SystemTime, b: SystemTime| a.duration_since(b).unwrap_or_default();
        let ahead = apart(issued, self.from);
        let behind = apart(self.from, issued);
        if ahead > SKEW || (is_fresh && behind > SKEW) {
            let came = if is_fresh { "it came at" } else { "it is" };
            return Some(format!(
                "it says that it was issued at {}, and by this machine's clock {came} {}",
                moment(issued),
                moment(self.from)
            ));
        }
        let until = self.until?;
        Some(format!("it is valid until {}", moment(until)))
    }

    pub(super) fn is_over(&self, now: SystemTime) -> bool {
        self.until.is_some_and(|until| now >= until)
    }
}

pub(super) fn moment(time: SystemTime) -> String {
    Timestamp::try_from(time).map_or_else(
        |_| "an unknown time".to_owned(),
        |time| format!("{time:.0}"),
    )
}

/// The claims of a JWT. Its signature is not checked; that is up to the broker.
fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.').skip(1);
    let payload = parts.next()?;
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('='));
    serde_json::from_slice(&payload.ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(claims: &str) -> Hidden {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        Hidden::new(format!("{}.{}.", part(r#"{"alg":"none"}"#), part(claims)))
    }

    #[test]
    fn what_a_token_says_of_itself_is_read() {
        let token = Token::new(jwt(r#"{"sub":"alice","exp":4102444801}"#), None);
        assert_eq!(token.principal(), "alice");
        assert_eq!(
            token.until(),
            UNIX_EPOCH + Duration::from_secs(4_102_444_801)
        );
        let told = Token::new(jwt(r#"{"exp":4102444801}"#), Some(Duration::from_mins(1)));
        assert_eq!(told.until(), told.from + Duration::from_mins(1));
        assert_eq!(told.due(), Some(told.from + Duration::from_secs(48)));
        let opaque = Token::new(Hidden::new("opaque"), None);
        assert_eq!((opaque.due(), opaque.principal()), (None, "unknown"));
        assert!(!format!("{opaque:?}").contains("opaque"));
    }
}
