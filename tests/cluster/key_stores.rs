//! Client certificates from stores of each kind, made as users make them, for a broker that
//! requires one.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tonkafka::cluster::profile;

use crate::program::Program;
use crate::security::works;
use crate::support::certificates::{self, Valid};
use crate::support::secured;
use crate::tools::made_by;

/// The kinds of stores, with lines of a properties file.
const KINDS: [(&str, &str); 6] = [
    (
        "PEM",
        "ssl.keystore.type=PEM\nssl.keystore.location=user.both\nssl.key.password=hunter23\n\
         ssl.truststore.type=PEM\nssl.truststore.location=ca.pem\n",
    ),
    (
        "PKCS#12 of OpenSSL",
        "ssl.keystore.type=PKCS12\nssl.keystore.location=user.p12\nssl.keystore.password=hunter22\n\
         ssl.truststore.type=PKCS12\nssl.truststore.location=ca.p12\nssl.truststore.password=hunter24\n",
    ),
    (
        "PKCS#12 of Java",
        "ssl.keystore.type=PKCS12\nssl.keystore.location=java.p12\nssl.keystore.password=hunter22\n\
         ssl.key.password=hunter22\n\
         ssl.truststore.type=PKCS12\nssl.truststore.location=ca.p12\nssl.truststore.password=hunter24\n",
    ),
    (
        "JKS",
        "ssl.keystore.type=JKS\nssl.keystore.location=user.jks\nssl.keystore.password=hunter22\n\
         ssl.key.password=hunter23\n\
         ssl.truststore.type=JKS\nssl.truststore.location=ca.jks\nssl.truststore.password=hunter24\n",
    ),
    (
        "librdkafka's PEM",
        "ssl.certificate.location=user.pem\nssl.key.location=user.encrypted\nssl.key.password=hunter23\n\
         ssl.ca.location=ca.pem\n",
    ),
    (
        "librdkafka's PKCS#12",
        "ssl.keystore.location=user.p12\nssl.keystore.password=hunter22\nssl.ca.location=ca.pem\n",
    ),
];

/// A program with the key of a known client and stores of it and of the authority in its directory,
/// all with passwords.
fn with_stores() -> Program {
    let program = Program::new();
    let authority = certificates::authority();
    let client = authority.client("alice", Valid::Now);
    program.write("ca.pem", &authority.pem);
    program.write("user.pem", &client.certificate);
    program.write("user.key", &client.key);
    let openssl = |arguments: &str| made_by(program.path(), "openssl", arguments);
    let keytool = |arguments: &str| made_by(program.path(), "keytool", arguments);
    openssl("pkcs8 -topk8 -v2 aes-256-cbc -in user.key -out user.encrypted -passout pass:hunter23");
    openssl(
        "pkcs12 -export -inkey user.key -in user.pem -certfile ca.pem -name user -out user.p12 -passout pass:hunter22",
    );
    for store in [
        "java.p12 -deststoretype PKCS12",
        "user.jks -deststoretype JKS -destkeypass hunter23",
    ] {
        keytool(&format!(
            "-importkeystore -noprompt -srckeystore user.p12 -srcstoretype PKCS12 -srcstorepass hunter22 -deststorepass hunter22 -destkeystore {store}"
        ));
    }
    for (store, kind) in [("ca.p12", "PKCS12"), ("ca.jks", "JKS")] {
        keytool(&format!(
            "-importcert -noprompt -alias ca -file ca.pem -keystore {store} -storetype {kind} -storepass hunter24"
        ));
    }
    fs::remove_file(program.path().join("user.key")).unwrap();
    let both = program.read("user.encrypted") + &program.read("user.pem");
    program.write("user.both", &both);
    program
}

/// A properties file, for its owner only.
fn properties(program: &Program, listener: &str, lines: &str) {
    let at = secured::shared().at(listener);
    let text = format!("bootstrap.servers={at}\nsecurity.protocol=SSL\n{lines}");
    let path = program.write("client.properties", &text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// PEM in the properties file itself, with the key encrypted.
fn inline(program: &Program) -> String {
    let mut lines = "ssl.keystore.type=PEM\nssl.truststore.type=PEM\n".to_owned();
    for (key, file) in [
        ("ssl.keystore.key", "user.encrypted"),
        ("ssl.keystore.certificate.chain", "user.pem"),
        ("ssl.truststore.certificates", "ca.pem"),
    ] {
        let text = program.read(file);
        let value = text.trim_end().replace('\n', " \\\n  ");
        writeln!(lines, "{key}={value}").unwrap();
    }
    lines + "ssl.key.password=hunter23\n"
}

const DESCRIBE: [&str; 4] = [
    "describe",
    "cluster",
    "--command-config",
    "client.properties",
];

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_store_lets_a_client_in() {
    let program = with_stores();
    let inline = inline(&program);
    let kinds = KINDS.into_iter().chain([("PEM inline", inline.as_str())]);
    for (kind, lines) in kinds {
        for listener in ["mtls", "mtls12"] {
            properties(&program, listener, lines);
            let ran = program.run(&DESCRIBE).exits(0);
            assert_eq!(ran.stderr, "", "{kind}");
            let file = program.path().join("client.properties");
            let profile = profile::read(Some(&file), None).unwrap();
            assert!(profile.warnings.is_empty(), "{kind}");
            works(&profile.bootstrap[0], profile.security).await;
        }
    }
}

#[test]
fn a_wrong_password_is_told_before_anything_is_opened() {
    let program = with_stores();
    let told = |key: &str, line: usize, file: &str, why: &str| {
        format!("error: client.properties:{line}: `{key}`: cannot use {file}: {why}\n")
    };
    let (store, trust) = ("ssl.keystore.location", "ssl.truststore.location");
    let another = "its password is another, or it is damaged\nhint: check the password";
    for (kind, right, expected) in [
        (
            0,
            "hunter23",
            told(
                store,
                4,
                "user.both",
                "the password of its key is another\nhint: check `ssl.key.password`",
            ),
        ),
        (1, "hunter22", told(store, 4, "user.p12", another)),
        (1, "hunter24", told(trust, 7, "ca.p12", another)),
        (2, "hunter22", told(store, 4, "java.p12", another)),
        (3, "hunter22", told(store, 4, "user.jks", another)),
        (
            3,
            "hunter23",
            told(
                store,
                4,
                "user.jks",
                "the password of the key in it is another\nhint: check `ssl.key.password`",
            ),
        ),
        (3, "hunter24", told(trust, 8, "ca.jks", another)),
        (
            4,
            "hunter23",
            told(
                "ssl.key.location",
                4,
                "user.encrypted",
                "the password of its key is another\nhint: check `ssl.key.password`",
            ),
        ),
    ] {
        let (kind, lines) = KINDS[kind];
        properties(&program, "mtls", &lines.replace(right, "hunter2-wrong"));
        let ran = program.run(&DESCRIBE).exits(2);
        assert_eq!(
            (ran.stdout, ran.stderr),
            (String::new(), expected),
            "{kind}"
        );
    }
}
