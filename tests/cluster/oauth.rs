//! Tokens from an authorization server, a file or properties: renewed during a command, and the
//! errors if none can be had.

use std::fs;
use std::time::{Duration, Instant};

use tonkafka::cluster::lease::Holder;
use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::security::{Hidden, Login, Security, TokenSource, Trust};
use tonkafka::cluster::{At, Cluster};
use tonkafka::model::config::ConfigResource;

use crate::logins::said;
use crate::security::{security, settings, tls, works};
use crate::support::authorization::{self, Authorization};
use crate::support::secured;

fn bearer(source: TokenSource) -> Login {
    Login::OAuthBearer {
        source,
        extensions: [].into(),
    }
}

/// Client credentials for an endpoint. The scope selects the kind of token.
fn credentials(endpoint: &str, secret: &str, scope: &str) -> Login {
    bearer(TokenSource::ClientCredentials {
        endpoint: endpoint.to_owned(),
        client_id: authorization::CLIENT.to_owned(),
        client_secret: Hidden::new(secret),
        scope: Some(scope.to_owned()),
        parameters: [].into(),
        trust: Trust::System,
    })
}

fn fixed(token: &str) -> Login {
    bearer(TokenSource::Fixed(Hidden::new(token)))
}

/// The message without the endpoint's port.
async fn told(security: Security) -> String {
    let said = said("oauth", security).await;
    let Some((before, after)) = said.split_once("http://127.0.0.1:") else {
        return said;
    };
    let path = after.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before}http://ENDPOINT{path}")
}

#[tokio::test(flavor = "multi_thread")]
async fn both_planes_log_in_with_tokens() {
    let kafka = secured::shared();
    let server = Authorization::start();
    let login = credentials(&server.endpoint("token"), authorization::SECRET, "kafka");
    works(&kafka.at("oauth"), security(tls(), login)).await;
    assert_eq!(server.issued(), 1, "one supply for both planes");

    works(
        &kafka.at("oauth"),
        security(tls(), fixed(&authorization::token(0, 3600))),
    )
    .await;

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    fs::write(&file, authorization::token(0, 3600) + "\n").unwrap();
    works(
        &kafka.at("oauth"),
        security(tls(), bearer(TokenSource::File(file))),
    )
    .await;
}

/// Brokers close connections whose token has expired, and those older than
/// `connections.max.reauth.ms`.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_renewed_while_a_command_goes_on() {
    let kafka = secured::shared();
    let server = Authorization::start();
    let login = credentials(&server.endpoint("token"), authorization::SECRET, "life=10");
    let settings = settings(&kafka.at("oauth"), security(tls(), login));
    let cluster = LiveCluster::connect(&settings).await.unwrap();
    let who = Holder {
        user: "alice".to_owned(),
        host: "here".to_owned(),
        process: 1,
        since: "2026-01-01T00:00:00Z".to_owned(),
    };
    let lease = cluster.lease(&who, Duration::from_secs(5)).await.unwrap();
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(25) {
        let resource = ConfigResource::Broker(1);
        let configs = cluster
            .describe_configs(At::AnyBroker, &[resource])
            .await
            .unwrap();
        assert!(
            configs.values().all(|seen| seen.value().is_some()),
            "{configs:?}"
        );
        lease.check().await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    lease.release().await;
    let issued = server.issued();
    assert!((3..=8).contains(&issued), "{issued} tokens");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_where_no_token_is_to_be_had() {
    let server = Authorization::start();
    let mut all = String::new();
    for (path, secret) in [
        ("token", "wrong-secret"),
        ("empty", authorization::SECRET),
        ("silent", authorization::SECRET),
        ("moved", authorization::SECRET),
        ("broken", authorization::SECRET),
    ] {
        let login = credentials(&server.endpoint(path), secret, "kafka");
        all += &told(security(tls(), login)).await;
    }
    let login = credentials("http://127.0.0.1:1/token", authorization::SECRET, "kafka");
    all += &told(security(tls(), login)).await;
    let gone = bearer(TokenSource::File("/nowhere/token".into()));
    all += &told(security(tls(), gone)).await;
    insta::assert_snapshot!(all);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_tokens_that_brokers_refuse() {
    let server = Authorization::start();
    let mut all = told(security(tls(), fixed(&authorization::token(-7200, 3600)))).await;
    all += &told(security(tls(), fixed(&authorization::token(7200, 3600)))).await;
    all += &told(security(tls(), fixed("opaque"))).await;
    let login = credentials(
        &server.endpoint("token"),
        authorization::SECRET,
        "from=7200",
    );
    all += &told(security(tls(), login)).await;
    insta::assert_snapshot!(without_times(&all));
}

/// The text without times such as 2026-01-01T00:00:00Z.
fn without_times(text: &str) -> String {
    let words = text.split_inclusive([' ', ',', ';', '\n']);
    words
        .map(|word| {
            let end = word.trim_end_matches([' ', ',', ';', '\n']).len();
            let (time, rest) = word.split_at(end);
            let is_time = time.len() == 20 && time.ends_with('Z') && time.contains('T');
            if is_time {
                format!("TIME{rest}")
            } else {
                word.to_owned()
            }
        })
        .collect()
}
