//! The exact messages when a connection to brokers fails, and their timing.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::security::{Login, ScramHash, Security, Tls, Trust, Verify};
use tonkafka::cluster::{Cluster, ClusterError};

use crate::security::{identity, plain, scram, security, settings, tls};
use crate::support::certificates::{self, Valid};
use crate::support::secured;

const TIMEOUT: Duration = Duration::from_secs(5);

/// The error and hint of a failed connection, with the listener's name for its port.
pub async fn said(listener: &str, security: Security) -> String {
    let kafka = secured::shared();
    at(&kafka.at(listener), listener, security).await
}

async fn at(address: &str, listener: &str, security: Security) -> String {
    let mut settings = settings(address, security);
    settings.timeout = TIMEOUT;
    let started = Instant::now();
    let connected = LiveCluster::connect(&settings).await;
    let error = match connected {
        Ok(cluster) => cluster.describe_cluster().await.unwrap_err(),
        Err(error) => error,
    };
    let took = started.elapsed();
    assert!(took < TIMEOUT + Duration::from_secs(2), "{took:?}");
    let ClusterError::Login { hint, .. } = &error else {
        panic!("{error:?}");
    };
    let port = address.rsplit_once(':').unwrap().1;
    let text = format!("error: {error}\nhint: {hint}\n");
    text.replace(port, &listener.to_uppercase())
}

fn chain(tls: Tls) -> Tls {
    Tls {
        verify: Verify::Chain,
        ..tls
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_and_unknown_users() {
    let mut all = String::new();
    let nobody = |login| match login {
        Login::Plain { password, .. } => Login::Plain {
            user: "nobody".to_owned(),
            password,
        },
        Login::Scram { hash, password, .. } => Login::Scram {
            hash,
            user: "nobody".to_owned(),
            password,
        },
        other => other,
    };
    for login in [
        nobody(plain("alice-secret")),
        nobody(scram(ScramHash::Sha256, "alice-secret")),
        plain("wrong-secret"),
        scram(ScramHash::Sha256, "wrong-secret"),
        scram(ScramHash::Sha512, "wrong-secret"),
    ] {
        let with_tls = said("saslssl", security(tls(), login.clone())).await;
        let tunnelled = said("saslssl", security(chain(tls()), login.clone())).await;
        assert_eq!(tunnelled, with_tls);
        let without = said("sasl", security(None, login)).await;
        assert_eq!(without.replace(":SASL:", ":SASLSSL:"), with_tls);
        all += &with_tls;
    }
    insta::assert_snapshot!(all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mechanism_that_is_not_offered() {
    let login = scram(ScramHash::Sha256, "alice-secret");
    insta::assert_snapshot!(said("onlyplain", security(tls(), login)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_where_none_is_taken_and_none_where_one_is_wanted() {
    let mut all = said("ssl", security(tls(), plain("alice-secret"))).await;
    all += &said("saslssl", security(tls(), None)).await;
    all += &said("saslssl", security(chain(tls()), None)).await;
    all += &said("sasl", security(None, None)).await;
    insta::assert_snapshot!(all);
}

/// The address is on this machine, as with an SSH tunnel, but the brokers are not.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_would_leave_this_machine_unencrypted() {
    let mut all = String::new();
    for login in [
        plain("alice-secret"),
        scram(ScramHash::Sha256, "alice-secret"),
    ] {
        all += &said("away", security(None, login)).await;
    }
    insta::assert_snapshot!(all);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_are_not_accepted() {
    let mut all = String::new();
    for listener in [
        "foreign",
        "expired",
        "early",
        "authority",
        "version1",
        "elsewhere",
        "moved",
    ] {
        let told = said(listener, security(tls(), None)).await;
        if listener == "elsewhere" || listener == "moved" {
            all += &told;
            continue;
        }
        let tunnelled = said(listener, security(chain(tls()), None)).await;
        assert_eq!(
            without_clock(&tunnelled),
            without_clock(&told),
            "{listener}"
        );
        all += &without_clock(&told);
    }
    insta::assert_snapshot!(all);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_the_system_does_not_trust() {
    let system = Tls {
        trust: Trust::System,
        ..Tls::default()
    };
    insta::assert_snapshot!(said("ssl", security(system, None)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_of_clients_that_brokers_do_not_accept() {
    let mut all = String::new();
    for listener in ["mtls", "mtls12"] {
        all += &said(listener, security(tls(), None)).await;
        let mut strange = tls();
        strange.identity = Some(identity(certificates::stranger().client("eve", Valid::Now)));
        all += &said(listener, security(strange.clone(), None)).await;
        all += &said(listener, security(chain(strange), None)).await;
        let mut old = tls();
        old.identity = Some(identity(
            certificates::authority().client("alice", Valid::Formerly),
        ));
        all += &said(listener, security(old, None)).await;
    }
    insta::assert_snapshot!(all);
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_where_none_is_spoken_and_none_where_it_is() {
    let kafka = secured::shared();
    let client = kafka.kafka.bootstrap();
    let mut all = String::new();
    all += &at(&client, "client", security(tls(), None)).await;
    all += &at(&client, "client", security(chain(tls()), None)).await;
    all += &said("sasl", security(tls(), plain("alice-secret"))).await;
    all += &said("ssl", security(None, None)).await;
    all += &said("mtls", security(None, None)).await;
    all += &said("saslssl", security(None, plain("alice-secret"))).await;
    insta::assert_snapshot!(all);
}

/// A server that sends this to each client and closes. Ends with the test process.
fn stranger(says: &'static str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(says.as_bytes());
            let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_of_another_program() {
    let ssh = stranger("SSH-2.0-OpenSSH_9.9\r\n");
    let mut all = at(&ssh, "ssh", security(None, plain("alice-secret"))).await;
    all += &at(&ssh, "ssh", security(tls(), plain("alice-secret"))).await;
    all += &at(&ssh, "ssh", security(None, None)).await;
    insta::assert_snapshot!(all);
    let mute = stranger("");
    for security in [security(tls(), None), security(None, plain("alice-secret"))] {
        let error = LiveCluster::connect(&settings(&mute, security)).await;
        let error = error.err().unwrap().to_string();
        let expected = format!("cannot reach {mute}: ");
        assert!(error.starts_with(&expected), "{error}");
        for raw in ["https://", "close_notify", "say-so"] {
            assert!(!error.contains(raw), "{error}");
        }
    }
}

/// The text without the current time.
fn without_clock(text: &str) -> String {
    let Some((before, after)) = text.split_once("clock it is ") else {
        return text.to_owned();
    };
    let (_, after) = after.split_once('\n').unwrap();
    format!("{before}clock it is NOW\n{after}")
}
