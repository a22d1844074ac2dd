//! One broker with a listener for each kind of security, shared by the tests of logins.
//!
//! SASL user: `alice` with `alice-secret`. Certificates are those of [`certificates::authority`].

use std::collections::BTreeMap;
use std::fs;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::certificates::{self, Pair, Valid};
use super::kafka::{self, Kafka, Options};

/// A listener: its name, protocol and certificates.
struct Listener {
    name: &'static str,
    protocol: &'static str,
    certificate: Option<&'static str>,
    mechanisms: &'static [&'static str],
    /// The advertised host, if it differs from the one that it listens on.
    advertised: Option<&'static str>,
    further: &'static [(&'static str, &'static str)],
}

const PLAIN: Listener = Listener {
    name: "",
    protocol: "PLAINTEXT",
    certificate: None,
    mechanisms: &[],
    advertised: None,
    further: &[],
};

const SSL: Listener = Listener {
    protocol: "SSL",
    certificate: Some("good"),
    ..PLAIN
};

/// An address at which no machine is (RFC 5737).
pub const AWAY: &str = "192.0.2.1";

/// The address at which [`Counter`] listens.
const COUNTED: &str = "127.0.0.2";

const SCRAM: &[&str] = &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

const LISTENERS: &[Listener] = &[
    Listener { name: "ssl", ..SSL },
    Listener {
        name: "mtls",
        further: &[("ssl.client.auth", "required")],
        ..SSL
    },
    Listener {
        name: "mtls12",
        further: &[
            ("ssl.client.auth", "required"),
            ("ssl.enabled.protocols", "TLSv1.2"),
        ],
        ..SSL
    },
    Listener {
        name: "expired",
        certificate: Some("expired"),
        ..SSL
    },
    Listener {
        name: "early",
        certificate: Some("early"),
        ..SSL
    },
    Listener {
        name: "elsewhere",
        certificate: Some("elsewhere"),
        ..SSL
    },
    Listener {
        name: "foreign",
        certificate: Some("foreign"),
        ..SSL
    },
    Listener {
        name: "authority",
        certificate: Some("authority"),
        ..SSL
    },
    Listener {
        name: "version1",
        certificate: Some("version1"),
        ..SSL
    },
    Listener {
        name: "moved",
        certificate: Some("numbered"),
        advertised: Some("localhost"),
        ..SSL
    },
    Listener {
        name: "saslssl",
        protocol: "SASL_SSL",
        mechanisms: SCRAM,
        ..SSL
    },
    Listener {
        name: "counted",
        protocol: "SASL_SSL",
        mechanisms: SCRAM,
        advertised: Some(COUNTED),
        ..SSL
    },
    Listener {
        name: "sasl",
        protocol: "SASL_PLAINTEXT",
        mechanisms: SCRAM,
        ..PLAIN
    },
    Listener {
        name: "away",
        protocol: "SASL_PLAINTEXT",
        mechanisms: SCRAM,
        advertised: Some(AWAY),
        ..PLAIN
    },
    Listener {
        name: "oauth",
        protocol: "SASL_SSL",
        mechanisms: &["OAUTHBEARER"],
        further: &[("oauthbearer.connections.max.reauth.ms", "4000")],
        ..SSL
    },
    Listener {
        name: "onlyplain",
        protocol: "SASL_SSL",
        mechanisms: &["PLAIN"],
        ..SSL
    },
];

/// The broker, and the ports of its listeners.
pub struct Secured {
    pub kafka: Kafka,
    ports: &'static BTreeMap<&'static str, u16>,
}

pub fn shared() -> &'static Secured {
    static SHARED: OnceLock<Secured> = OnceLock::new();
    SHARED.get_or_init(|| {
        let mut options = Kafka::options().exactly(properties);
        for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
            let user = format!("{mechanism}=[name=alice,password=alice-secret]");
            options = options.format("--add-scram").format(&user);
        }
        Secured {
            kafka: options.start(),
            ports: ports(),
        }
    })
}

/// The harness's cluster with clients over `SASL_SSL`. Certificates are written to `directory`; the
/// caller creates the users.
pub fn by_sasl_ssl(directory: &Path) -> Options {
    let listener = Listener {
        name: "client",
        protocol: "SASL_SSL",
        mechanisms: SCRAM,
        ..SSL
    };
    let map = "CLIENT:SASL_SSL,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT";
    let options = Kafka::options()
        .proxies(0)
        .property("listener.security.protocol.map", map);
    let properties = of_listener(directory, &listener).into_iter();
    properties.fold(options, |options, (key, value)| {
        options.property(&format!("listener.name.{}.{key}", listener.name), &value)
    })
}

impl Secured {
    /// `host:port` of a listener.
    pub fn at(&self, name: &str) -> String {
        format!("127.0.0.1:{}", self.ports[name])
    }

    /// Writes a properties file of `alice` for the listener `saslssl`, for Apache's tools and for
    /// the code under test.
    pub fn client_properties(directory: &Path) -> PathBuf {
        let trust = directory.join("ca.pem");
        fs::write(&trust, &certificates::authority().pem).unwrap();
        let file = directory.join("client.properties");
        let module = "org.apache.kafka.common.security.scram.ScramLoginModule";
        let text = format!(
            "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-256\n\
             sasl.jaas.config={module} required username=\"alice\" password=\"alice-secret\";\n\
             ssl.truststore.type=PEM\nssl.truststore.location={}\n",
            trust.display()
        );
        fs::write(&file, text).unwrap();
        file
    }

    /// `localhost:port` of a listener.
    pub fn by_name(&self, name: &str) -> String {
        format!("localhost:{}", self.ports[name])
    }
}

/// A proxy of the listener `counted` that counts connections. Ends with the test process.
pub struct Counter {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Counter {
    /// Starts it; only one can run at a time.
    pub fn start() -> Self {
        let port = ports()["counted"];
        let listener = TcpListener::bind((COUNTED, port)).unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::Relaxed);
                let broker = TcpStream::connect(("127.0.0.1", port)).unwrap();
                pass_on(client.try_clone().unwrap(), broker.try_clone().unwrap());
                pass_on(broker, client);
            }
        });
        Self { port, connections }
    }

    /// Its `host:port`, which the broker advertises.
    pub fn address(&self) -> String {
        format!("{COUNTED}:{}", self.port)
    }

    /// The number of connections since the last call.
    pub fn take(&self) -> usize {
        self.connections.swap(0, Ordering::Relaxed)
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}

fn ports() -> &'static BTreeMap<&'static str, u16> {
    static PORTS: OnceLock<BTreeMap<&str, u16>> = OnceLock::new();
    PORTS.get_or_init(|| {
        let port = |listener: &Listener| (listener.name, kafka::free_port());
        LISTENERS.iter().map(port).collect()
    })
}

fn pair(name: &str) -> Pair {
    let here = ["localhost", "127.0.0.1", COUNTED];
    let authority = certificates::authority();
    match name {
        "good" => authority.broker(&here, Valid::Now),
        "expired" => authority.broker(&here, Valid::Formerly),
        "early" => authority.broker(&here, Valid::Later),
        "elsewhere" => {
            authority.broker(&["b1.internal", "*.kafka.internal", "10.0.0.7"], Valid::Now)
        }
        "numbered" => authority.broker(&["127.0.0.1"], Valid::Now),
        "authority" => certificates::of_authority(&here),
        "version1" => certificates::of_version_1(),
        "foreign" => certificates::stranger().broker(&here, Valid::Now),
        _ => panic!("{name}"),
    }
}

fn properties(
    directory: &Path,
    [client, broker, controller]: [u16; 3],
) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut set = |key: &str, value: String| all.insert(key.to_owned(), value);
    let mut bound = vec![
        format!("CLIENT://127.0.0.1:{client}"),
        format!("BROKER://127.0.0.1:{broker}"),
    ];
    let mut advertised = bound.clone();
    let mut map = vec![
        "CLIENT:PLAINTEXT".to_owned(),
        "BROKER:PLAINTEXT".to_owned(),
        "CONTROLLER:PLAINTEXT".to_owned(),
    ];
    for listener in LISTENERS {
        let (name, port) = (listener.name.to_uppercase(), ports()[listener.name]);
        let told = listener.advertised.unwrap_or("127.0.0.1");
        bound.push(format!("{name}://127.0.0.1:{port}"));
        advertised.push(format!("{name}://{told}:{port}"));
        map.push(format!("{name}:{}", listener.protocol));
        for (key, value) in of_listener(directory, listener) {
            set(&format!("listener.name.{}.{key}", listener.name), value);
        }
    }
    bound.push(format!("CONTROLLER://127.0.0.1:{controller}"));
    set("listeners", bound.join(","));
    set("advertised.listeners", advertised.join(","));
    set("listener.security.protocol.map", map.join(","));
    set(
        "controller.quorum.voters",
        format!("1@127.0.0.1:{controller}"),
    );
    set("log.dirs", directory.join("data").display().to_string());
    for (key, value) in COMMON {
        set(key, (*value).to_owned());
    }
    all
}

const COMMON: &[(&str, &str)] = &[
    ("node.id", "1"),
    ("process.roles", "broker,controller"),
    ("controller.listener.names", "CONTROLLER"),
    ("inter.broker.listener.name", "BROKER"),
    ("offsets.topic.num.partitions", "4"),
    ("offsets.topic.replication.factor", "1"),
    ("group.initial.rebalance.delay.ms", "0"),
    ("num.network.threads", "1"),
    ("num.io.threads", "4"),
    ("log.cleaner.dedupe.buffer.size", "8388608"),
];

fn of_listener(directory: &Path, listener: &Listener) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut set = |key: &str, value: &str| all.push((key.to_owned(), value.to_owned()));
    if let Some(certificate) = listener.certificate {
        let store: PathBuf = pair(certificate).write(directory, listener.name);
        let trust = directory.join("trust.pem");
        fs::write(&trust, &certificates::authority().pem).unwrap();
        set("ssl.keystore.type", "PEM");
        set("ssl.keystore.location", &store.display().to_string());
        set("ssl.truststore.type", "PEM");
        set("ssl.truststore.location", &trust.display().to_string());
    }
    if !listener.mechanisms.is_empty() {
        set("sasl.enabled.mechanisms", &listener.mechanisms.join(","));
    }
    for mechanism in listener.mechanisms {
        let module = match *mechanism {
            "PLAIN" => "plain.PlainLoginModule required user_alice=\"alice-secret\";",
            "OAUTHBEARER" => {
                "oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"broker\";"
            }
            _ => "scram.ScramLoginModule required;",
        };
        let key = format!("{}.sasl.jaas.config", mechanism.to_lowercase());
        set(&key, &format!("org.apache.kafka.common.security.{module}"));
    }
    for (key, value) in listener.further {
        set(key, value);
    }
    all
}
