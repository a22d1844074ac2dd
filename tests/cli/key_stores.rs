//! Certificates and keys in every form that clients accept, made with `keytool` and `openssl`: the
//! program reads back what was put in.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tempfile::TempDir;
use tonkafka::cluster::profile::{self, Profile};
use tonkafka::cluster::security::{Trust, Verify};

use crate::tools::made_by;

/// A directory with an authority (`ca`), two clients (`user`, `other`), and their keys in many forms.
struct Made {
    directory: TempDir,
}

static MADE: LazyLock<Made> = LazyLock::new(Made::new);

impl Made {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let openssl = |arguments: &str| made_by(directory.path(), "openssl", arguments);
        let keytool = |arguments: &str| made_by(directory.path(), "keytool", arguments);
        openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=ca -keyout ca.key -out ca.pem",
        );
        for name in ["user", "other"] {
            openssl(&format!(
                "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} -addext extendedKeyUsage=clientAuth -keyout {name}.key -out {name}.csr"
            ));
            openssl(&format!(
                "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copyall -days 30 -out {name}.pem"
            ));
        }
        openssl(
            "x509 -req -in user.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out version-1.pem",
        );
        openssl(
            "pkcs8 -topk8 -v2 aes-256-cbc -in user.key -out encrypted.key -passout pass:hunter2",
        );
        openssl("pkcs8 -topk8 -v1 PBE-SHA1-3DES -in user.key -out pbes1.key -passout pass:hunter2");
        openssl(
            "pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA1 -in user.key -out sha1.key -passout pass:hunter2",
        );
        openssl("ec -in user.key -out sec1.key");
        openssl("ec -in user.key -aes128 -out legacy.key -passout pass:hunter2");
        openssl(
            "pkcs12 -export -inkey user.key -in user.pem -certfile ca.pem -out user.p12 -passout pass:hunter2 -name user",
        );
        openssl("pkcs12 -export -inkey user.key -in user.pem -out empty.p12 -passout pass:");
        openssl("pkcs8 -topk8 -v2 des3 -in user.key -out des3.key -passout pass:hunter2");
        openssl("pkcs12 -export -nokeys -in ca.pem -out plain-ca.p12 -passout pass:hunter2");
        keytool(
            "-importkeystore -noprompt -srckeystore user.p12 -srcstoretype PKCS12 -srcstorepass hunter2 -destkeystore user.jks -deststoretype JKS -deststorepass hunter22 -destkeypass hunter23",
        );
        keytool(
            "-importkeystore -noprompt -srckeystore user.p12 -srcstoretype PKCS12 -srcstorepass hunter2 -destkeystore java.p12 -deststoretype PKCS12 -deststorepass hunter2",
        );
        keytool(
            "-importcert -noprompt -alias ca -file ca.pem -keystore ca.jks -storetype JKS -storepass hunter2",
        );
        keytool(
            "-importcert -noprompt -alias ca -file ca.pem -keystore ca.p12 -storetype PKCS12 -storepass hunter2",
        );
        openssl(
            "pkcs12 -export -inkey other.key -in other.pem -out other.p12 -passout pass:hunter2 -name other",
        );
        fs::copy(
            directory.path().join("java.p12"),
            directory.path().join("two.p12"),
        )
        .unwrap();
        keytool(
            "-importkeystore -noprompt -srckeystore other.p12 -srcstoretype PKCS12 -srcstorepass hunter2 -destkeystore two.p12 -deststoretype PKCS12 -deststorepass hunter2",
        );
        let made = Self { directory };
        let both = made.text("user.key") + &made.text("user.pem");
        fs::write(made.path().join("both.pem"), both).unwrap();
        made
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// PEM over several lines of a properties file.
    fn inline(&self, name: &str) -> String {
        let text = self.text(name);
        text.trim_end().replace('\n', " \\\n  ")
    }
}

/// The profile of a properties file with these lines.
fn read(lines: &str) -> Result<Profile, String> {
    let number = lines
        .bytes()
        .fold(0_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte));
    let path: PathBuf = MADE.path().join(format!("{number}.properties"));
    fs::write(&path, format!("security.protocol=SSL\n{lines}\n")).unwrap();
    profile::read(Some(&path), None).map_err(|error| {
        let told = format!("{error}\n{}", error.hint());
        assert!(!told.contains("hunter"), "{told}");
        told.replace(&format!("{}:", path.display()), "")
            .replace(&format!("{}/", MADE.path().display()), "")
    })
}

/// The content of the first PEM section.
fn content(text: &str, label: &str) -> String {
    let (_, rest) = text
        .split_once(&format!("-----BEGIN {label}-----"))
        .unwrap();
    let (body, _) = rest.split_once("-----END").unwrap();
    body.split_whitespace().collect()
}

#[track_caller]
fn is_the_user(lines: &str) {
    let profile = read(lines).unwrap_or_else(|told| panic!("{lines}: {told}"));
    assert!(!format!("{profile:?}").contains("hunter"), "{profile:?}");
    let identity = profile.security.tls.unwrap().identity.unwrap();
    assert_eq!(
        content(&identity.chain, "CERTIFICATE"),
        content(&MADE.text("user.pem"), "CERTIFICATE")
    );
    let key = identity.key.reveal();
    let label = if key.contains("EC PRIVATE") {
        "EC PRIVATE KEY"
    } else {
        "PRIVATE KEY"
    };
    let file = if label == "PRIVATE KEY" {
        "user.key"
    } else {
        "sec1.key"
    };
    assert_eq!(
        content(key, label),
        content(&MADE.text(file), label),
        "{lines}"
    );
}

#[track_caller]
fn is_refused(lines: &str, words: &str) {
    assert_eq!(read(lines).unwrap_err(), words, "{lines}");
}

#[test]
fn a_client_s_key_is_read_in_every_form() {
    for lines in [
        "ssl.keystore.location=user.p12\nssl.keystore.password=hunter2\nssl.keystore.type=PKCS12",
        "ssl.keystore.location=user.p12\nssl.keystore.password=hunter2",
        "ssl.keystore.location=user.p12\nssl.keystore.password=hunter2\nssl.keystore.type=JKS",
        "ssl.keystore.location=empty.p12\nssl.keystore.password=",
        "ssl.keystore.location=java.p12\nssl.keystore.password=hunter2\nssl.key.password=hunter2",
        "ssl.keystore.location=user.jks\nssl.keystore.password=hunter22\nssl.key.password=hunter23",
        "ssl.keystore.location=both.pem\nssl.keystore.type=PEM",
        "ssl.certificate.location=user.pem\nssl.key.location=user.key",
        "ssl.certificate.location=user.pem\nssl.key.location=encrypted.key\nssl.key.password=hunter2",
        "ssl.certificate.location=user.pem\nssl.key.location=sec1.key",
    ] {
        is_the_user(lines);
    }
    let (key, encrypted, chain) = (
        MADE.inline("user.key"),
        MADE.inline("encrypted.key"),
        MADE.inline("user.pem"),
    );
    is_the_user(&format!(
        "ssl.keystore.type=PEM\nssl.keystore.key={key}\nssl.keystore.certificate.chain={chain}"
    ));
    is_the_user(&format!(
        "ssl.keystore.type=PEM\nssl.keystore.key={encrypted}\nssl.keystore.certificate.chain={chain}\nssl.key.password=hunter2"
    ));
    is_the_user(&format!("ssl.key.pem={key}\nssl.certificate.pem={chain}"));
    is_the_user(&format!(
        "ssl.key.pem={key}\nssl.certificate.location=user.pem"
    ));
}

#[test]
fn a_client_s_key_that_cannot_be_used_is_told_with_the_way_out() {
    let convert =
        "convert the key: `openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD.key -out NEW.key`";
    for (lines, words) in [
        (
            "ssl.keystore.location=user.p12",
            "2: `ssl.keystore.location`: cannot use user.p12: it needs a password\nset `ssl.keystore.password`".to_owned(),
        ),
        (
            "ssl.keystore.location=user.p12\nssl.keystore.password=hunter3",
            "2: `ssl.keystore.location`: cannot use user.p12: its password is another, or it is damaged\ncheck the password".to_owned(),
        ),
        (
            "ssl.keystore.location=user.p12\nssl.keystore.password=",
            "2: `ssl.keystore.location`: cannot use user.p12: its password is another, or it is damaged\ncheck the password".to_owned(),
        ),
        (
            "ssl.keystore.location=user.jks\nssl.keystore.password=hunter3",
            "2: `ssl.keystore.location`: cannot use user.jks: its password is another, or it is damaged\ncheck the password".to_owned(),
        ),
        (
            "ssl.keystore.location=user.jks\nssl.keystore.password=hunter22",
            "2: `ssl.keystore.location`: cannot use user.jks: the password of the key in it is another\ncheck `ssl.key.password`".to_owned(),
        ),
        (
            "ssl.keystore.location=ca.jks\nssl.keystore.password=hunter2",
            "2: `ssl.keystore.location`: cannot use ca.jks: it has no private key with a certificate\nname the store of the client's own key, not the one of those it trusts".to_owned(),
        ),
        (
            "ssl.keystore.location=two.p12\nssl.keystore.password=hunter2",
            "2: `ssl.keystore.location`: cannot use two.p12: it has 2 private keys\nkeep in it the one that is meant".to_owned(),
        ),
        (
            "ssl.keystore.location=user.p12\nssl.keystore.password=hunter2\nssl.keystore.type=PEM",
            "2: `ssl.keystore.location`: cannot use user.p12: it is not PEM\nleave out the type, or name its own".to_owned(),
        ),
        (
            "ssl.certificate.location=other.pem\nssl.key.location=user.key",
            "3: `ssl.key.location`: cannot use user.key: its key and its certificate do not belong together\nthe first certificate has to be the one that was issued for this key".to_owned(),
        ),
        (
            "ssl.certificate.location=user.pem\nssl.key.location=encrypted.key",
            "3: `ssl.key.location`: cannot use encrypted.key: its key is encrypted\nset `ssl.key.password`".to_owned(),
        ),
        (
            "ssl.certificate.location=user.pem\nssl.key.location=encrypted.key\nssl.key.password=hunter3",
            "3: `ssl.key.location`: cannot use encrypted.key: the password of its key is another\ncheck `ssl.key.password`".to_owned(),
        ),
        (
            "ssl.certificate.location=user.pem\nssl.key.location=legacy.key\nssl.key.password=hunter2",
            format!("3: `ssl.key.location`: cannot use legacy.key: its key is encrypted in an old way of OpenSSL's, which is not read\n{convert}"),
        ),
        (
            "ssl.certificate.location=user.pem\nssl.key.location=pbes1.key\nssl.key.password=hunter2",
            format!("3: `ssl.key.location`: cannot use pbes1.key: its key is encrypted in a way that is not read\n{convert}"),
        ),
        (
            "ssl.certificate.location=user.pem\nssl.key.location=des3.key\nssl.key.password=hunter2",
            format!("3: `ssl.key.location`: cannot use des3.key: its key is encrypted in a way that is not read\n{convert}"),
        ),
        (
            "ssl.certificate.location=user.pem\nssl.key.location=sha1.key\nssl.key.password=hunter2",
            format!("3: `ssl.key.location`: cannot use sha1.key: its key is encrypted in a way that is not read\n{convert}"),
        ),
        (
            "ssl.certificate.location=version-1.pem\nssl.key.location=user.key",
            "3: `ssl.key.location`: cannot use user.key: its certificate is damaged, or older than X.509 version 3\nissue it anew as X.509 version 3; `openssl x509 -req` writes version 1 where it is given no extensions".to_owned(),
        ),
        (
            "ssl.certificate.location=user.key\nssl.key.location=user.key",
            "3: `ssl.key.location`: cannot use user.key: there is no certificate to its key\nput the client's certificate before those that issued it".to_owned(),
        ),
    ] {
        is_refused(lines, &words);
    }
}

#[test]
fn authorities_are_read_in_every_form() {
    let expected = content(&MADE.text("ca.pem"), "CERTIFICATE");
    let authorities = MADE.path().join("authorities");
    fs::create_dir_all(&authorities).unwrap();
    fs::copy(MADE.path().join("ca.pem"), authorities.join("one.pem")).unwrap();
    let inline = MADE.inline("ca.pem");
    let in_properties = format!("ssl.truststore.type=PEM\nssl.truststore.certificates={inline}");
    let of_librdkafka = format!("ssl.ca.pem={inline}");
    for lines in [
        "ssl.truststore.location=ca.jks\nssl.truststore.password=hunter2\nssl.truststore.type=JKS",
        "ssl.truststore.location=ca.jks\nssl.truststore.password=hunter2",
        "ssl.truststore.location=ca.jks",
        "ssl.truststore.location=ca.p12\nssl.truststore.password=hunter2\nssl.truststore.type=PKCS12",
        "ssl.truststore.location=ca.p12\nssl.truststore.password=hunter2\nssl.truststore.type=JKS",
        "ssl.truststore.location=plain-ca.p12\nssl.truststore.password=hunter2",
        "ssl.truststore.location=ca.pem\nssl.truststore.type=PEM",
        "ssl.ca.location=ca.pem",
        "ssl.ca.location=authorities",
        &in_properties,
        &of_librdkafka,
    ] {
        let tls = read(lines)
            .unwrap_or_else(|told| panic!("{lines}: {told}"))
            .security
            .tls
            .unwrap();
        let Trust::Pem(pem) = tls.trust else {
            panic!("{lines}");
        };
        assert_eq!(content(&pem, "CERTIFICATE"), expected, "{lines}");
        assert_eq!(tls.verify, Verify::ChainAndName);
    }
    for lines in ["ssl.ca.location=probe", "client.id=x"] {
        assert_eq!(
            read(lines).unwrap().security.tls.unwrap().trust,
            Trust::System
        );
    }
    is_refused(
        "ssl.truststore.location=ca.jks\nssl.truststore.password=hunter3",
        "2: `ssl.truststore.location`: cannot use ca.jks: its password is another, or it is damaged\ncheck the password",
    );
    is_refused(
        "ssl.truststore.location=ca.p12",
        "2: `ssl.truststore.location`: cannot use ca.p12: it needs a password\nset the key that ends with `.password` beside it",
    );
    is_refused(
        "ssl.ca.location=user.key",
        "2: `ssl.ca.location`: cannot use user.key: it has no certificate that could be trusted\nput the certificate of the authority into it that issues those of the brokers",
    );
}

/// A truncated or modified store is refused, without a crash and without much memory.
#[test]
fn damaged_stores_are_refused() {
    for (name, password) in [
        ("ca.jks", "hunter2"),
        ("user.jks", "hunter22"),
        ("ca.p12", "hunter2"),
    ] {
        let whole = fs::read(MADE.path().join(name)).unwrap();
        let lines = format!("ssl.truststore.location=damaged\nssl.truststore.password={password}");
        for at in (0..whole.len()).step_by(7) {
            fs::write(MADE.path().join("damaged"), &whole[..at]).unwrap();
            read(&lines).unwrap_err();
            let mut changed = whole.clone();
            changed[at] ^= 0xff;
            fs::write(MADE.path().join("damaged"), &changed).unwrap();
            read(&lines).unwrap_err();
        }
    }
}

#[test]
fn what_is_checked_is_what_the_file_says() {
    for (lines, verify) in [
        (
            "ssl.endpoint.identification.algorithm=https",
            Verify::ChainAndName,
        ),
        (
            "ssl.endpoint.identification.algorithm=HTTPS",
            Verify::ChainAndName,
        ),
        ("ssl.endpoint.identification.algorithm=", Verify::Chain),
        ("ssl.endpoint.identification.algorithm=none", Verify::Chain),
        ("enable.ssl.certificate.verification=false", Verify::Nothing),
        (
            "enable.ssl.certificate.verification=true\nssl.enabled.protocols=TLSv1.2,TLSv1.1\nssl.protocol=TLSv1.2",
            Verify::ChainAndName,
        ),
    ] {
        assert_eq!(
            read(lines).unwrap().security.tls.unwrap().verify,
            verify,
            "{lines}"
        );
    }
}
