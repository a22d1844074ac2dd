//! Properties files in the forms that services document, with made-up names, secrets and stores.
//! Each is read, and `context show` accounts for every key.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::program::{Program, Ran};
use crate::tools::made_by;
use crate::{cases, fresh};

const FILES: &str = "tests/cli/properties-files";

/// An authority, a client's key, and stores of both, made as the services document it.
fn make_stores(at: &Path) {
    let keytool = |arguments: &str| made_by(at, "keytool", arguments);
    let openssl = |arguments: &str| made_by(at, "openssl", arguments);
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=ca -keyout ca.key -out ca.pem",
    );
    openssl(
        "req -newkey rsa:2048 -nodes -subj /CN=user -addext extendedKeyUsage=clientAuth -keyout service.key -out user.csr",
    );
    openssl(
        "x509 -req -in user.csr -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copyall -days 30 -out service.cert",
    );
    openssl(
        "pkcs12 -export -inkey service.key -in service.cert -out client.keystore.p12 -name service_key -passout pass:hunter2keys",
    );
    openssl(
        "pkcs12 -export -inkey service.key -in service.cert -certfile ca.pem -out user.p12 -passout pass:hunter2user",
    );
    keytool(
        "-importcert -noprompt -alias CA -file ca.pem -keystore client.truststore.jks -storetype JKS -storepass hunter2trust",
    );
    keytool(
        "-importcert -noprompt -alias CA -file ca.pem -keystore ca.p12 -storetype PKCS12 -storepass hunter2trust",
    );
    fs::copy(
        at.join("client.truststore.jks"),
        at.join("kafka.client.truststore.jks"),
    )
    .unwrap();
}

/// The output of `context show` for a file.
fn shown(program: &Program, name: &str) -> Ran {
    let config = format!("[contexts.it]\ncommand-config = \"{name}\"\n");
    program.write("config.toml", &config);
    let variables = [("TONKAFKA_CONFIG", "config.toml"), ("KAFKA_USER", "ops")];
    program.run_with(&["context", "show", "it"], &variables)
}

#[test]
fn the_files_of_services_are_read_and_each_key_is_accounted_for() {
    let program = Program::new();
    make_stores(program.path());
    cases::check(FILES, "shown", 12, |case| {
        let (name, text) = (case.name.as_str(), str::from_utf8(&case.input).unwrap());
        let copy = program.write(name, text);
        fs::set_permissions(copy, fs::Permissions::from_mode(0o600)).unwrap();
        let ran = shown(&program, name).exits(0);
        assert_eq!(ran.stderr, "", "{name}");
        assert!(!ran.stdout.contains("hunter2"), "{}", ran.stdout);
        let keys = text.lines().filter(|line| !line.starts_with(['#', ' ']));
        for key in keys.filter_map(|line| line.split_once('=')) {
            let key = match key.0.trim() {
                "metadata.broker.list" => "bootstrap.servers",
                key => key,
            };
            assert!(ran.stdout.contains(&format!("\n{key} ")), "{name}: {key}");
        }
        Ok(ran.stdout)
    });
}

#[test]
fn a_file_with_a_secret_that_others_may_read_is_warned_of() {
    let program = Program::new();
    let text = "bootstrap.servers=x:1\nsecurity.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n\
                sasl.username=orders\nsasl.password=hunter2\n";
    let path = program.write("open.properties", text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let ran = shown(&program, "open.properties").exits(0);
    assert_eq!(
        ran.stderr,
        "warning: open.properties has a secret, and others may read it: chmod 600 open.properties\n"
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(
        !shown(&program, "open.properties")
            .exits(0)
            .stderr
            .is_empty()
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(shown(&program, "open.properties").exits(0).stderr, "");
}

/// Every file on the page about connecting is read as it is shown.
#[test]
fn the_files_of_the_page_are_read() {
    let program = Program::new();
    make_stores(program.path());
    fs::create_dir(program.path().join("run")).unwrap();
    let page = fs::read_to_string(fresh::repository("docs/connecting.md")).unwrap();
    let blocks: Vec<&str> = page
        .split("```properties\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(blocks.len() >= 10);
    for block in blocks {
        let secrets = program.path().join("run/kafka");
        fs::write(&secrets, "password=hunter2\n").unwrap();
        let mut text = block.replace("/run/secrets/kafka", &secrets.display().to_string());
        if text.contains("config.providers") {
            text = format!(
                "bootstrap.servers=x:1\nsecurity.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n{text}"
            );
        }
        let text = text
            .replace(
                "ssl.truststore.password=SECRET",
                "ssl.truststore.password=hunter2trust",
            )
            .replace("=SECRET", "=hunter2keys");
        program.write("it.properties", &text);
        let ran = shown(&program, "it.properties").exits(0);
        assert!(!ran.stdout.contains("hunter2"), "{text}\n{}", ran.stdout);
    }
}
