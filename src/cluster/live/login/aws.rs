//! Login with IAM for Amazon MSK: AWS credentials and signatures.

use std::time::{Duration, SystemTime};

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use krafka::auth::{AuthConfig, AwsMskIamCredentials};
use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};

use super::fault::Fault;
use super::token::Token;
use crate::cluster::live::wire::SaslAuthenticator;
use crate::cluster::security::{Hidden, MskIam};

/// The validity of a signature; krafka supports no other.
const SIGNED: Duration = Duration::from_mins(15);

/// Credentials are renewed this long before they expire.
const MARGIN: Duration = Duration::from_mins(5);

/// The source of AWS credentials.
pub(super) struct Aws {
    wanted: MskIam,
    /// The region in a broker's name.
    named: Option<Region>,
    chain: OnceCell<(SharedCredentialsProvider, Region)>,
    held: Mutex<Option<Credentials>>,
}

impl Aws {
    /// Reads the settings; looks up nothing yet.
    pub(super) fn of(wanted: &MskIam, bootstrap: &[String]) -> Self {
        Self {
            wanted: wanted.clone(),
            named: bootstrap.iter().find_map(|address| region_in(address)),
            chain: OnceCell::new(),
            held: Mutex::new(None),
        }
    }

    /// The credentials provider, and the region to sign for.
    async fn chain(&self) -> Result<&(SharedCredentialsProvider, Region), Fault> {
        let found = self.chain.get_or_try_init(|| async {
            let mut loader = aws_config::defaults(BehaviorVersion::latest());
            if let Some(profile) = &self.wanted.profile {
                // As in Java, a named profile is the only source.
                let of_profile = ProfileFileCredentialsProvider::builder().profile_name(profile);
                loader = loader
                    .profile_name(profile)
                    .credentials_provider(of_profile.build());
            }
            let wanted = self.wanted.region.clone().map(Region::new);
            if let Some(region) = wanted.or_else(|| self.named.clone()) {
                loader = loader.region(region);
            }
            let config = loader.load().await;
            let region = config.region().cloned().ok_or_else(|| {
                fault(
                    "no region is known for the signature",
                    "set AWS_REGION, or `region` of the profile",
                )
            })?;
            Ok((self.provider(&config).await?, region))
        });
        found.await
    }

    async fn provider(&self, config: &SdkConfig) -> Result<SharedCredentialsProvider, Fault> {
        let Some(role) = &self.wanted.role else {
            let provider = config.credentials_provider();
            return provider.ok_or_else(|| fault("no credentials are found", WHERE));
        };
        let session = self.wanted.session.as_deref().unwrap_or("tonkafka");
        let provider = AssumeRoleProvider::builder(role)
            .session_name(session)
            .configure(config)
            .build()
            .await;
        Ok(SharedCredentialsProvider::new(provider))
    }

    /// Valid credentials; shared by all connections until shortly before they expire.
    async fn fetched(&self) -> Result<(Credentials, Region), Fault> {
        let (provider, region) = self.chain().await?;
        let mut held = self.held.lock().await;
        let is_fresh = |credentials: &Credentials| {
            let end = credentials.expiry();
            end.is_none_or(|end| SystemTime::now() + MARGIN < end)
        };
        if let Some(credentials) = held.as_ref().filter(|held| is_fresh(held)) {
            return Ok((credentials.clone(), region.clone()));
        }
        let found = provider.provide_credentials().await;
        let credentials = found.map_err(|error| {
            let causes = causes(&error);
            match &self.wanted.profile {
                Some(profile) => fault(
                    &format!("the profile `{profile}` gives no credentials: {causes}"),
                    "`awsProfileName` has to name a profile of AWS's configuration files, `~/.aws/credentials` and `~/.aws/config`",
                ),
                None => fault(&format!("no credentials are found: {causes}"), WHERE),
            }
        })?;
        *held = Some(credentials.clone());
        Ok((credentials, region.clone()))
    }

    /// The credentials for krafka, which signs for the broker that it connects to.
    pub(super) async fn credentials(&self) -> Result<AwsMskIamCredentials, Fault> {
        let (credentials, region) = self.fetched().await?;
        let told = AwsMskIamCredentials::new(
            credentials.access_key_id(),
            credentials.secret_access_key(),
            region.to_string(),
        );
        Ok(match credentials.session_token() {
            Some(token) => told.with_session_token(token),
            None => told,
        })
    }

    /// A token for librdkafka, which lacks the mechanism: MSK also accepts the signed request as an
    /// OAUTHBEARER token.
    pub(super) async fn token(&self) -> Result<Token, Fault> {
        let credentials = self.credentials().await?;
        let value = signed(credentials).map_err(|error| fault(&error, WHERE))?;
        Ok(Token::new(value, Some(SIGNED)))
    }
}

const WHERE: &str = "they come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, from AWS's configuration files, from a web identity, a container or an instance";

fn fault(reason: &str, hint: &str) -> Fault {
    Fault::new("MSK by IAM", reason, hint)
}

/// An error with all of its causes.
fn causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        words = format!("{words}: {error}");
        next = error.source();
    }
    words
}

/// The region in a name such as `b-1.orders.abc123.c2.kafka.eu-central-1.amazonaws.com:9098`.
fn region_in(address: &str) -> Option<Region> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let labels: Vec<&str> = host.split('.').collect();
    let at = labels
        .iter()
        .position(|label| matches!(*label, "kafka" | "kafka-serverless"))?;
    let (region, rest) = labels.get(at + 1..)?.split_first()?;
    let is_aws = rest.first() == Some(&"amazonaws");
    is_aws.then(|| Region::new((*region).to_owned()))
}

/// The signed request as a URL in base64, in the form of AWS's own signers.
fn signed(credentials: AwsMskIamCredentials) -> Result<Hidden, String> {
    let host = format!("kafka.{}.amazonaws.com", credentials.region());
    let auth = AuthConfig::aws_msk_iam_with_credentials(credentials);
    let signer = SaslAuthenticator::new_msk_iam(&auth, &host, 0);
    let mut signer = signer
        .map_err(|error| error.to_string())?
        .ok_or("nothing to sign with")?;
    let payload = signer
        .initial_response()
        .map_err(|error| error.to_string())?;
    let payload: Fields = serde_json::from_slice(&payload).map_err(|error| error.to_string())?;
    Ok(Hidden::new(URL_SAFE_NO_PAD.encode(url(&host, &payload))))
}

/// The fields of the payload that a broker is sent.
type Fields = std::collections::BTreeMap<String, Value>;

/// The signed URL: the fields of the payload are its parameters.
fn url(host: &str, payload: &Fields) -> String {
    const FIELDS: [(&str, &str); 9] = [
        ("Action", "action"),
        ("X-Amz-Algorithm", "x-amz-algorithm"),
        ("X-Amz-Credential", "x-amz-credential"),
        ("X-Amz-Date", "x-amz-date"),
        ("X-Amz-Expires", "x-amz-expires"),
        ("X-Amz-Security-Token", "x-amz-security-token"),
        ("X-Amz-SignedHeaders", "x-amz-signedheaders"),
        ("X-Amz-Signature", "x-amz-signature"),
        ("User-Agent", "user-agent"),
    ];
    let present = FIELDS.iter().filter_map(|(name, field)| {
        let value = payload.get(*field)?.as_str()?;
        Some(format!("{name}={}", encoded(value)))
    });
    let parameters: Vec<String> = present.collect();
    format!("https://{host}/?{}", parameters.join("&"))
}

/// Percent-encodes as AWS signatures require: all but the unreserved characters of RFC 3986.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::model::hex::hex;

    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    /// RFC 2104.
    fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        let pad = |with: u8| block.map(|byte| byte ^ with);
        let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message);
        let outer = Sha256::new().chain_update(pad(0x5c));
        outer.chain_update(inner.finalize()).finalize().to_vec()
    }

    /// Signature version 4 as AWS describes it, written apart from krafka's.
    fn signature(secret: &str, scope: &str, time: &str, canonical_request: &str) -> String {
        let hash = hex(Sha256::digest(canonical_request));
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hash}");
        let key = scope
            .split('/')
            .fold(format!("AWS4{secret}").into_bytes(), |key, part| {
                hmac(&key, part.as_bytes())
            });
        hex(hmac(&key, to_sign.as_bytes()))
    }

    /// The example of "Authenticating requests: using query parameters (AWS Signature Version 4)".
    #[test]
    fn the_published_signature_comes_out() {
        let request = "GET\n/test.txt\nX-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\nhost:examplebucket.s3.amazonaws.com\n\nhost\nUNSIGNED-PAYLOAD";
        let scope = "20130524/us-east-1/s3/aws4_request";
        assert_eq!(
            signature(SECRET, scope, "20130524T000000Z", request),
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
    }

    fn payload(credentials: AwsMskIamCredentials, host: &str) -> Fields {
        let auth = AuthConfig::aws_msk_iam_with_credentials(credentials);
        let signer = SaslAuthenticator::new_msk_iam(&auth, host, 0).unwrap();
        let payload = signer.unwrap().initial_response().unwrap();
        serde_json::from_slice(&payload).unwrap()
    }

    #[test]
    fn what_brokers_of_msk_are_sent_is_signed_by_aws_rules() {
        const HOST: &str = "b-1.orders.abc123.c2.kafka.eu-central-1.amazonaws.com";
        for session in [None, Some("IQoJb3JpZ2luX2VjE/+=")] {
            let mut credentials = AwsMskIamCredentials::new(KEY, SECRET, "eu-central-1");
            if let Some(session) = session {
                credentials = credentials.with_session_token(session);
            }
            let payload = payload(credentials, HOST);
            let field = |name: &str| payload[name].as_str().unwrap();
            assert_eq!(field("version"), "2020_10_22");
            assert_eq!(field("action"), "kafka-cluster:Connect");
            assert_eq!(field("host"), HOST);
            assert_eq!(field("x-amz-expires"), "900");
            assert_eq!(field("x-amz-signedheaders"), "host");
            let time = field("x-amz-date");
            let scope = format!("{}/eu-central-1/kafka-cluster/aws4_request", &time[..8]);
            assert_eq!(field("x-amz-credential"), format!("{KEY}/{scope}"));
            let token = payload.get("x-amz-security-token").and_then(Value::as_str);
            assert_eq!(token, session);
            let session = session.map(|_| "&X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2F%2B%3D");
            let query = format!(
                "Action=kafka-cluster%3AConnect&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={KEY}%2F{}&X-Amz-Date={time}&X-Amz-Expires=900{}&X-Amz-SignedHeaders=host",
                scope.replace('/', "%2F"),
                session.unwrap_or_default(),
            );
            let nothing = hex(Sha256::digest(""));
            let request = format!("GET\n/\n{query}\nhost:{HOST}\n\nhost\n{nothing}");
            assert_eq!(
                field("x-amz-signature"),
                signature(SECRET, &scope, time, &request)
            );
        }
    }

    #[tokio::test]
    async fn a_profile_that_is_not_there_is_named() {
        let wanted = MskIam {
            profile: Some("nobody-s-profile".to_owned()),
            ..MskIam::default()
        };
        let address = "b-1.a.b.c2.kafka.eu-central-1.amazonaws.com:9098".to_owned();
        let told = Aws::of(&wanted, &[address]).credentials().await;
        let reason = told.err().unwrap().reason;
        let start = "the profile `nobody-s-profile` gives no credentials: ";
        assert!(reason.starts_with(start), "{reason}");
    }

    #[test]
    fn librdkafka_is_given_the_url_that_was_signed() {
        let credentials = AwsMskIamCredentials::new(KEY, SECRET, "us-east-1");
        let token = signed(credentials.with_session_token("a/b")).unwrap();
        let url = URL_SAFE_NO_PAD.decode(token.reveal()).unwrap();
        let url = String::from_utf8(url).unwrap();
        let expected = "https://kafka.us-east-1.amazonaws.com/?Action=kafka-cluster%3AConnect&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F";
        assert!(url.starts_with(expected), "{url}");
        assert!(
            url.contains("&X-Amz-Security-Token=a%2Fb&X-Amz-SignedHeaders=host&X-Amz-Signature="),
            "{url}"
        );
    }

    #[test]
    fn a_region_is_in_the_names_of_brokers_of_msk() {
        let region = |address| region_in(address).map(|region| region.to_string());
        let named = "b-1.orders.abc123.c2.kafka.eu-central-1.amazonaws.com:9098";
        assert_eq!(region(named).as_deref(), Some("eu-central-1"));
        let serverless = "boot-abc.c1.kafka-serverless.us-east-1.amazonaws.com:9098";
        assert_eq!(region(serverless).as_deref(), Some("us-east-1"));
        assert_eq!(region("kafka.internal:9098"), None);
    }
}
