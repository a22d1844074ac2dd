//! Properties in a context and in a properties file.

use std::fs;

use super::{INLINE, PLAIN_LOGIN, clusters, private};
use crate::program::words;

/// Each mistake of a properties file is reported with its line.
#[test]
fn a_properties_file_is_read_strictly() {
    let program = clusters(&["near"]);
    let cases = [
        (
            "retires=3",
            "1: no client of Kafka knows the key `retires`",
            "did you mean `retries`?",
        ),
        (
            "a\nb=1",
            "1: the line has no `=`\nhint: write `key=value`\nerror: FILE:2: no client of Kafka knows the key `b`",
            "keys are those of Kafka's clients or of librdkafka",
        ),
        (
            "\nsecurity.protocol=SASL_SSL",
            "2: `security.protocol=SASL_SSL` is there without `sasl.mechanism`: Kafka's default is GSSAPI, which is not supported",
            "set `sasl.mechanism` to one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER and AWS_MSK_IAM",
        ),
        (
            "security.protocol=TLS",
            "1: `TLS` is no security protocol",
            "Kafka has PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL",
        ),
        (
            "ssl.truststore.location=x.jks",
            "1: `ssl.truststore.location` does nothing: `security.protocol` is not set",
            "set `security.protocol` to SSL or SASL_SSL, or remove the key",
        ),
        (
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.jaas.config=secret",
            "3: `sasl.jaas.config`: `required` is missing after the login module",
            "its form is `MODULE required KEY=\"VALUE\" …;`",
        ),
        (
            "bootstrap.servers=a:1\nmetadata.broker.list=b:1",
            "2: `metadata.broker.list` says again where the brokers are",
            "keep one of `bootstrap.servers` and `metadata.broker.list`",
        ),
        (
            "retries=1\nretries=2",
            "2: `retries` is there twice, first in line 1",
            "remove one of the two",
        ),
    ];
    for (text, message, hint) in cases {
        program.write("FILE", text);
        let arguments = words("list topics -b fake:near --command-config FILE");
        let ran = program.run(&arguments).exits(2);
        let start = format!("error: FILE:{message}");
        ran.stderr_starts(&start);
        ran.stderr_ends(&format!("hint: {hint}\n"));
        assert!(!ran.stderr.contains("secret"));
    }
    program.write("FILE", &"x\n".repeat(60));
    let many = program
        .run(&["list", "topics", "--command-config", "FILE"])
        .exits(2);
    assert_eq!(many.stderr.matches("error: ").count(), 50);
    many.stderr_ends("\nand 10 more\n");
    let missing = program
        .run(&["list", "topics", "--command-config", "none"])
        .exits(2);
    assert_eq!(
        missing.stderr,
        "error: cannot read none: No such file or directory (os error 2)\nhint: name a properties file with `--command-config`\n"
    );
    let directory = program
        .run(&["list", "topics", "--command-config", "."])
        .exits(2);
    directory.stderr_starts("error: cannot read .: it is no plain file\n");
}

#[test]
fn a_context_has_properties_of_its_own() {
    let program = clusters(&["near"]);
    program.write("config.toml", INLINE);
    let config = ("TONKAFKA_CONFIG", "config.toml");
    let password = ("OPS_PASSWORD", "hunter2");
    let list = ["list", "topics", "-v"];
    let ran = program.run_with(&list, &[config, password]).exits(0);
    assert_eq!(
        ran.stderr,
        "\
bootstrap.servers=fake:near (context test)
security.protocol=SASL_PLAINTEXT (config.toml:7)
sasl.mechanism=SCRAM-SHA-256 (config.toml:8)
sasl.username=ops (config.toml:9)
sasl.password=(hidden) (config.toml:10)
"
    );
    let ran = program.run_with(&list, &[config]).exits(2);
    assert_eq!(
        ran.stderr,
        "error: config.toml:10: the environment variable `OPS_PASSWORD` is not set\nhint: set it, or write the value itself\n"
    );
    private(&program, "secret", "hunter2\n");
    program.write(
        "config.toml",
        &INLINE.replace("env:OPS_PASSWORD", "file:secret"),
    );
    assert_eq!(
        program
            .run_with(&["list", "topics"], &[config])
            .exits(0)
            .stderr,
        ""
    );
    program.write(
        "config.toml",
        &INLINE.replace("${env:OPS_PASSWORD}", "hunter2"),
    );
    let ran = program.run_with(&list, &[config]).exits(2);
    assert_eq!(
        ran.stderr,
        "error: config.toml:10: `sasl.password` is a secret, which has no place in a context\nhint: write `${env:NAME}` or `${file:PATH}`, or put it into the file of `command-config`\n"
    );
    // The context's settings win over its file's.
    private(
        &program,
        "ops.properties",
        &format!("client.id=file\n{PLAIN_LOGIN}"),
    );
    let both = "[contexts.test]\nbootstrap = ['fake:near']\ncommand-config = 'ops.properties'\nproperties.\"client.id\" = 'context'\n";
    program.write("config.toml", both);
    let ran = program
        .run_with(&["list", "topics", "-v", "--context", "test"], &[config])
        .exits(0);
    assert_eq!(
        ran.stderr,
        "\
bootstrap.servers=fake:near (context test)
client.id=context (config.toml:4)
security.protocol=SASL_PLAINTEXT (ops.properties:2)
sasl.mechanism=PLAIN (ops.properties:3)
sasl.username=ops (ops.properties:4)
sasl.password=(hidden) (ops.properties:5)
"
    );
}

#[test]
fn a_login_of_a_context_may_name_its_secrets() {
    let program = clusters(&["near"]);
    private(&program, "user", "ops\n");
    let login = |options: &str| {
        let text = format!(
            "[contexts.test]\nbootstrap = ['fake:near']\n[contexts.test.properties]\n\"security.protocol\" = \"SASL_PLAINTEXT\"\n\"sasl.mechanism\" = \"PLAIN\"\n\"sasl.jaas.config\" = \"\"\"org.apache.kafka.common.security.plain.PlainLoginModule required {options};\"\"\"\n"
        );
        program.write("config.toml", &text);
    };
    let show = || {
        let variables = [("TONKAFKA_CONFIG", "config.toml"), ("OPS", "hun\\\"ter2")];
        program.run_with(&["context", "show", "test"], &variables)
    };
    login("username=\"${file:user}\" password='${env:OPS}'");
    let ran = show().exits(0);
    assert_eq!(ran.stderr, "");
    ran.stdout_has(
        "sasl.jaas.config   PlainLoginModule username=ops password=(hidden)  config.toml:6\n",
    );
    login("username='ops' password='hunter2'");
    assert_eq!(
        show().exits(2).stderr,
        "error: config.toml:6: `password` in `sasl.jaas.config` is a secret, which has no place in a context\nhint: write `${env:NAME}` or `${file:PATH}`, or put it into the file of `command-config`\n"
    );
    login("username='ops' password='${env:OPS}2'");
    show().exits(2);
    login("username='ops' password='${env:NOBODY}'");
    assert_eq!(
        show().exits(2).stderr,
        "error: config.toml:6: the environment variable `NOBODY` is not set\nhint: set it, or write the value itself\n"
    );
}

/// Forms that Java's reader accepts.
#[test]
fn a_properties_file_may_be_latin_1_and_have_blanks_for_equals() {
    let program = clusters(&["near"]);
    let path = program.path().join("java.properties");
    let text = b"bootstrap.servers fake:near\nclient.id   m\xfcller\nsecurity.protocol:PLAINTEXT\n";
    fs::write(path, text).unwrap();
    let list = words("list topics -v --command-config java.properties");
    let ran = program.run(&list).exits(0);
    assert_eq!(
        ran.stderr,
        "\
bootstrap.servers=fake:near (java.properties:1)
client.id=m\u{fc}ller (java.properties:2)
security.protocol=PLAINTEXT (java.properties:3)
"
    );
}

#[test]
fn values_come_from_the_providers_that_a_file_names() {
    let program = clusters(&["near"]);
    fs::create_dir(program.path().join("secrets")).unwrap();
    private(&program, "secrets/of.properties", "password=hunter2\n");
    private(&program, "secrets/user", "ops");
    let package = "org.apache.kafka.common.config.provider";
    let providers = format!(
        "config.providers=env,file,dir\nconfig.providers.env.class={package}.EnvVarConfigProvider\nconfig.providers.file.class={package}.FileConfigProvider\nconfig.providers.dir.class={package}.DirectoryConfigProvider\n"
    );
    let login = "bootstrap.servers=fake:near\nclient.id=a-${env:WHO}-b\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.username=${dir:secrets:user}\nsasl.password=${file:secrets/of.properties:password}\n";
    program.write("open.properties", &format!("{providers}{login}"));
    let list = words("list topics -v --command-config open.properties");
    let ran = program.run_with(&list, &[("WHO", "me")]).exits(0);
    ran.stderr_has("client.id=a-me-b (open.properties:6)\n");
    ran.stderr_has("sasl.username=ops (open.properties:9)\n");
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    // Without a config provider of its name, a reference is plain text.
    program.write(
        "open.properties",
        "bootstrap.servers=fake:near\nclient.id=${env:WHO}\n",
    );
    let ran = program.run_with(&list, &[("WHO", "me")]).exits(0);
    ran.stderr_has("client.id=${env:WHO} (open.properties:2)\n");
}
