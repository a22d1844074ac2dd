//! Logins in properties files, in each form; and that every key of clients is known.

use std::collections::BTreeMap;
use std::fs;

use tonkafka::cluster::profile::{self, keys::key};
use tonkafka::cluster::security::{Hidden, Login, MskIam, ScramHash, TokenSource, Trust};

use crate::fresh;

const MODULES: &str = "org.apache.kafka.common.security";

/// The login of a properties file with these lines.
fn read(lines: &str) -> Result<Login, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("p");
    fs::write(&path, format!("security.protocol=SASL_SSL\n{lines}\n")).unwrap();
    let profile = profile::read(Some(&path), None).map_err(|error| {
        let told = error.to_string();
        assert!(!told.contains("hunter"), "{told}");
        told.replace(&format!("{}:", path.display()), "")
    })?;
    assert!(!format!("{profile:?}").contains("hunter"), "{profile:?}");
    Ok(profile.security.login.unwrap())
}

#[track_caller]
fn is(lines: &str, login: &Login) {
    assert_eq!(read(lines).as_ref(), Ok(login), "{lines}");
}

fn secret() -> Hidden {
    Hidden::new("hunter2")
}

#[test]
fn names_and_passwords() {
    let plain = Login::Plain {
        user: "a".to_owned(),
        password: secret(),
    };
    let module = format!("sasl.jaas.config={MODULES}.plain.PlainLoginModule");
    is(
        &format!("sasl.mechanism=PLAIN\n{module} required username=\"a\" password=\"hunter2\";"),
        &plain,
    );
    is(
        &format!("sasl.mechanism=plain\n{module} Required password='hunter2' username=a;"),
        &plain,
    );
    is(
        "sasl.mechanisms=PLAIN\nsasl.username=a\nsasl.password=hunter2",
        &plain,
    );
    // A password keeps its spaces, as in Java.
    let spaced = Login::Plain {
        user: "a".to_owned(),
        password: Hidden::new("hunter2 "),
    };
    is(
        "sasl.mechanism=PLAIN\nsasl.username= a \nsasl.password=hunter2 ",
        &spaced,
    );
    for (mechanism, hash) in [
        ("SCRAM-SHA-256", ScramHash::Sha256),
        ("SCRAM-SHA-512", ScramHash::Sha512),
    ] {
        let login = Login::Scram {
            hash,
            user: "a".to_owned(),
            password: secret(),
        };
        assert_eq!(login.mechanism(), mechanism);
        let module = format!("sasl.jaas.config={MODULES}.scram.ScramLoginModule required");
        is(
            &format!(
                "sasl.mechanism={mechanism}\n{module} username=\"a\" password=\"hunter2\" tokenauth=false;"
            ),
            &login,
        );
    }
}

fn credentials(scope: Option<&str>, extensions: &[(&str, &str)]) -> Login {
    Login::OAuthBearer {
        source: TokenSource::ClientCredentials {
            endpoint: "https://login.example.com/token".to_owned(),
            client_id: "me".to_owned(),
            client_secret: secret(),
            scope: scope.map(str::to_owned),
            parameters: BTreeMap::new(),
            trust: Trust::System,
        },
        extensions: texts(extensions),
    }
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

#[test]
fn tokens_in_each_way_of_saying_where_they_come_from() {
    let end_point = "sasl.mechanism=OAUTHBEARER\nsasl.oauthbearer.token.endpoint.url=https://login.example.com/token";
    let module = format!("sasl.jaas.config={MODULES}.oauthbearer.OAuthBearerLoginModule required");
    let handler = format!(
        "sasl.login.callback.handler.class={MODULES}.oauthbearer.OAuthBearerLoginCallbackHandler"
    );
    is(
        &format!(
            "{end_point}\n{handler}\n{module} clientId='me' clientSecret='hunter2' scope='a b' extension_logicalCluster='lkc';"
        ),
        &credentials(Some("a b"), &[("logicalCluster", "lkc")]),
    );
    is(
        &format!(
            "{end_point}\n{handler}\n{module};\nsasl.oauthbearer.client.credentials.client.id=me\nsasl.oauthbearer.client.credentials.client.secret=hunter2\nsasl.oauthbearer.scope=a\nsasl.oauthbearer.jwt.retriever.class={MODULES}.oauthbearer.ClientCredentialsJwtRetriever"
        ),
        &credentials(Some("a"), &[]),
    );
    is(
        &format!(
            "{end_point}\nsasl.oauthbearer.method=oidc\nsasl.oauthbearer.client.id=me\nsasl.oauthbearer.client.secret=hunter2\nsasl.oauthbearer.extensions=a=1,b=2\nsasl.oauthbearer.header.urlencode=false"
        ),
        &credentials(None, &[("a", "1"), ("b", "2")]),
    );
    let token = tempfile::NamedTempFile::new().unwrap();
    let path = token.path().display();
    let file = Login::OAuthBearer {
        source: TokenSource::File(token.path().to_owned()),
        extensions: BTreeMap::new(),
    };
    let by_file = format!(
        "sasl.mechanism=OAUTHBEARER\n{handler}\n{module};\nsasl.oauthbearer.token.endpoint.url=file:"
    );
    for start in ["//", ""] {
        is(&format!("{by_file}{start}{path}"), &file);
    }
    assert_eq!(
        read(&format!("{by_file}///nowhere/token")).unwrap_err(),
        "5: cannot read the token file /nowhere/token: No such file or directory (os error 2)"
    );
    // An endpoint on this machine may be used without TLS.
    let here = "sasl.mechanism=OAUTHBEARER\nsasl.oauthbearer.client.id=me\nsasl.oauthbearer.client.secret=hunter2\nsasl.oauthbearer.token.endpoint.url=http://127.0.0.1:8080/token";
    assert!(read(here).is_ok());
    assert_eq!(
        read(&format!("{end_point}\nsasl.oauthbearer.client.id=me\nsasl.oauthbearer.client.secret=hunter2:3\nsasl.oauthbearer.header.urlencode=false")).unwrap_err(),
        "6: `sasl.oauthbearer.header.urlencode=false` is not supported for a client's id or secret with special characters"
    );
}

#[test]
fn tokens_in_strimzis_way() {
    let start = format!(
        "sasl.mechanism=OAUTHBEARER\nsasl.login.callback.handler.class=io.strimzi.kafka.oauth.client.JaasClientOauthLoginCallbackHandler\nsasl.jaas.config={MODULES}.oauthbearer.OAuthBearerLoginModule required"
    );
    let login = Login::OAuthBearer {
        source: TokenSource::ClientCredentials {
            endpoint: "https://login.example.com/token".to_owned(),
            client_id: "me".to_owned(),
            client_secret: secret(),
            scope: Some("a".to_owned()),
            parameters: texts(&[("audience", "kafka")]),
            trust: Trust::System,
        },
        extensions: BTreeMap::new(),
    };
    is(
        &format!(
            "{start} oauth.token.endpoint.uri='https://login.example.com/token' oauth.client.id='me' oauth.client.secret='hunter2' oauth.scope='a' oauth.audience='kafka';"
        ),
        &login,
    );
    let fixed = Login::OAuthBearer {
        source: TokenSource::Fixed(secret()),
        extensions: BTreeMap::new(),
    };
    is(&format!("{start} oauth.access.token='hunter2';"), &fixed);
    assert_eq!(
        read(&format!(
            "{start} oauth.client.id='me' oauth.refresh.token='hunter2';"
        ))
        .unwrap_err(),
        "4: the option `oauth.refresh.token` of OAuthBearerLoginModule is not supported; 4: `sasl.jaas.config` has no `oauth.token.endpoint.uri`; 4: `sasl.jaas.config` has no `oauth.client.secret`"
    );
}

#[test]
fn credentials_of_aws() {
    let start = "sasl.mechanism=AWS_MSK_IAM\nsasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler\nsasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required";
    is(&format!("{start};"), &Login::MskIam(MskIam::default()));
    is(
        "sasl.mechanism=AWS_MSK_IAM",
        &Login::MskIam(MskIam::default()),
    );
    let profile = MskIam {
        profile: Some("ops".to_owned()),
        ..MskIam::default()
    };
    is(
        &format!("{start} awsProfileName=\"ops\" awsDebugCreds=true;"),
        &Login::MskIam(profile),
    );
    let role = MskIam {
        role: Some("arn:aws:iam::1:role/x".to_owned()),
        session: Some("me".to_owned()),
        sts_region: Some("eu-west-1".to_owned()),
        ..MskIam::default()
    };
    is(
        &format!(
            "{start} awsRoleArn=\"arn:aws:iam::1:role/x\" awsRoleSessionName=\"me\" awsStsRegion=\"eu-west-1\";"
        ),
        &Login::MskIam(role),
    );
    assert_eq!(
        read(&format!("{start} awsStsRegion=\"eu-west-1\";")).unwrap_err(),
        "4: `awsStsRegion` is there without `awsRoleArn`"
    );
}

/// The lists are the `configNames()` of the admin client, producer, consumer and share consumer of
/// Kafka 3.9.2, 4.3.1 and 4.4.0, and the keys in `CONFIGURATION.md` of librdkafka 2.12.1 without
/// call-backs, which no file can hold.
#[test]
fn every_key_of_kafkas_clients_and_of_librdkafka_has_its_effect() {
    for list in ["kafka", "librdkafka"] {
        let path = fresh::repository(&format!("tests/cli/client-keys/{list}.txt"));
        let names = fs::read_to_string(path).unwrap();
        assert!(names.lines().count() > 100);
        let unknown: Vec<&str> = names.lines().filter(|name| key(name).is_none()).collect();
        assert_eq!(unknown, [""; 0], "{list}");
    }
}
