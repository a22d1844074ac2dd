//! Brokers with each kind of security accept the right clients.

use std::time::Duration;

use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::security::{
    Hidden, Identity, Login, PlaintextLogin, ScramHash, Security, Tls, Trust, Verify,
};
use tonkafka::cluster::settings::ConnectionSettings;
use tonkafka::cluster::{Answer, At, Cluster, ClusterError, Mode, NewTopic};
use tonkafka::events::smoke::smoke_test;
use tonkafka::model::config::ConfigResource;
use tonkafka::model::desired::Desired;
use tonkafka::observe::manifest::observe;

use crate::support::certificates::{self, Pair, Valid};
use crate::support::secured::Counter;
use crate::support::{kafka, secured};

/// TLS that trusts the tests' authority.
pub fn tls() -> Tls {
    Tls {
        trust: Trust::Pem(certificates::authority().pem.clone()),
        ..Tls::default()
    }
}

/// As a client's certificate is shown.
pub fn identity(pair: Pair) -> Identity {
    Identity {
        chain: pair.certificate,
        key: Hidden::new(pair.key),
    }
}

pub fn scram(hash: ScramHash, password: &str) -> Login {
    Login::Scram {
        hash,
        user: "alice".to_owned(),
        password: Hidden::new(password),
    }
}

pub fn plain(password: &str) -> Login {
    Login::Plain {
        user: "alice".to_owned(),
        password: Hidden::new(password),
    }
}

pub fn security(tls: impl Into<Option<Tls>>, login: impl Into<Option<Login>>) -> Security {
    Security {
        tls: tls.into(),
        login: login.into(),
    }
}

pub fn settings(address: &str, security: Security) -> ConnectionSettings {
    ConnectionSettings {
        bootstrap: vec![address.to_owned()],
        client_id: "tonkafka".to_owned(),
        security,
        plaintext_login: PlaintextLogin::default(),
        timeout: Duration::from_secs(20),
    }
}

/// Reads on the pool's connections, writes on another connection, and sends a record through
/// librdkafka.
pub async fn works(address: &str, security: Security) {
    let settings = settings(address, security);
    let protocol = settings.security.protocol();
    let cluster = LiveCluster::connect(&settings).await;
    let cluster = cluster.unwrap_or_else(|error| panic!("{protocol} at {address}: {error:?}"));
    let name = kafka::topic_name("secured");
    let topic = NewTopic {
        name: name.clone(),
        partitions: 1,
        replicas: None,
        configs: [].into(),
    };
    let answers = cluster.create_topics(&[topic], Mode::Write).await;
    assert_eq!(answers, [Answer::Done], "{protocol}");
    let described = cluster.describe_cluster().await.unwrap();
    assert_eq!(described.brokers.len(), 1);
    while !cluster.list_topics().await.unwrap().contains(&name) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let tested = smoke_test(&settings, cluster.tokens(), &name).await;
    assert_eq!(
        tested.map(|tested| tested.offset),
        Ok(0),
        "{protocol} at {address}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_alone() {
    let kafka = secured::shared();
    works(&kafka.at("ssl"), security(tls(), None)).await;
    works(&kafka.by_name("ssl"), security(tls(), None)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_certificate() {
    let kafka = secured::shared();
    let mut tls = tls();
    tls.identity = Some(identity(
        certificates::authority().client("alice", Valid::Now),
    ));
    for listener in ["mtls", "mtls12"] {
        works(&kafka.at(listener), security(tls.clone(), None)).await;
    }
    tls.verify = Verify::Chain;
    works(&kafka.at("mtls"), security(tls, None)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_with_passwords() {
    let kafka = secured::shared();
    let logins = [
        plain("alice-secret"),
        scram(ScramHash::Sha256, "alice-secret"),
        scram(ScramHash::Sha512, "alice-secret"),
    ];
    for login in logins {
        works(&kafka.at("saslssl"), security(tls(), login.clone())).await;
        works(&kafka.at("sasl"), security(None, login)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_without_its_name() {
    let kafka = secured::shared();
    let tls = Tls {
        verify: Verify::Chain,
        ..tls()
    };
    works(&kafka.at("elsewhere"), security(tls.clone(), None)).await;
    works(&kafka.at("moved"), security(tls.clone(), None)).await;
    let login = scram(ScramHash::Sha256, "alice-secret");
    works(&kafka.at("saslssl"), security(tls, login)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_verified_where_that_was_asked() {
    let kafka = secured::shared();
    let tls = Tls {
        verify: Verify::Nothing,
        ..Tls::default()
    };
    for listener in ["ssl", "expired", "early", "elsewhere", "foreign", "moved"] {
        works(&kafka.at(listener), security(tls.clone(), None)).await;
    }
}

/// Handshakes are expensive: reads share one connection to each broker, each write has its own, and
/// a refused login is not retried.
#[tokio::test(flavor = "multi_thread")]
async fn connections_are_few() {
    secured::shared();
    let counter = Counter::start();
    let login = |password| scram(ScramHash::Sha256, password);
    let with = |tls: Tls, login| settings(&counter.address(), security(tls, login));
    let chain = Tls {
        verify: Verify::Chain,
        ..tls()
    };
    for tls in [tls(), chain] {
        let settings = with(tls.clone(), login("alice-secret"));
        let cluster = LiveCluster::connect(&settings).await.unwrap();
        let desired = Desired::default();
        let observed = observe(&cluster, &desired).await.unwrap();
        assert_eq!(observed.cluster.brokers.len(), 1);
        let resources = [ConfigResource::Broker(1)];
        cluster
            .describe_configs(At::Broker(1), &resources)
            .await
            .unwrap();
        assert_eq!(counter.take(), 1, "to read");
        let topic = NewTopic {
            name: kafka::topic_name("counted"),
            partitions: 1,
            replicas: None,
            configs: [].into(),
        };
        cluster.create_topics(&[topic], Mode::Write).await;
        assert_eq!(counter.take(), 1, "to write");

        let refused = LiveCluster::connect(&with(tls, login("wrong-secret"))).await;
        assert!(refused.is_err());
        assert_eq!(counter.take(), 1, "to be refused");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_a_broker_is_no_matter_of_security() {
    let chain = Tls {
        verify: Verify::Chain,
        ..tls()
    };
    for tls in [tls(), chain] {
        let settings = settings("127.0.0.1:1", security(tls, None));
        let error = LiveCluster::connect(&settings).await.err().unwrap();
        let ClusterError::Unreachable { address, reason } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(address, "127.0.0.1:1");
        assert!(
            reason.ends_with("Connection refused (os error 111)"),
            "{reason}"
        );
    }
}
