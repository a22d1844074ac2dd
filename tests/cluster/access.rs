//! ACLs, users and quotas on real Kafka, restored from a backup and checked with Apache's tools;
//! and a client that may not see everything.

use tonkafka::model::group::Committed;

use crate::contract_access::authorizer;
use crate::on::run;
use crate::program::Program;
use crate::support::apache;
use crate::support::kafka::{self, Kafka};
use crate::support::offsets::{commit, committed, filled};

pub(super) fn acls(kafka: &Kafka, arguments: &[&str]) {
    apache::acls(&kafka.admin(), arguments).ok();
}

pub(super) fn alter(kafka: &Kafka, arguments: &[&str]) {
    let all = [&["--alter"], arguments].concat();
    apache::configs(&kafka.admin(), &all).ok();
}

/// All ACLs, quotas and users as Apache's tools print them, by line.
pub(super) fn told(kafka: &Kafka) -> Vec<String> {
    let mut said = apache::acls(&kafka.admin(), &["--list"]).ok();
    for kind in ["users", "clients"] {
        let arguments = ["--describe", "--entity-type", kind];
        said += &apache::configs(&kafka.admin(), &arguments).ok();
    }
    // The keys of a quota come in any order.
    let words = |line: &str| {
        let mut words: Vec<&str> = line.split([' ', ',']).collect();
        words.sort_unstable();
        words.join(" ").trim().to_owned()
    };
    let lines = said.lines().map(words);
    let mut lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    lines.sort();
    lines
}

const ALICE: [&str; 4] = ["--entity-type", "users", "--entity-name", "alice"];

const SINCE: [&str; 4] = ["--entity-type", "users", "--entity-name", "since"];

const EVERYBODY: [&str; 3] = ["--entity-type", "users", "--entity-default"];

const CLIENT: [&str; 4] = ["--entity-type", "clients", "--entity-name", "billing"];

const SCRAM: [&str; 2] = ["--add-config", "SCRAM-SHA-256=[password=secret]"];

fn add<'a>(entity: &[&'a str], config: &'a str) -> Vec<&'a str> {
    [&["--add-config", config], entity].concat()
}

#[test]
fn what_a_backup_holds_is_put_back() {
    let kafka = kafka::fresh(1, &authorizer());
    acls(
        &kafka,
        &[
            "--add",
            "--allow-principal",
            "User:alice",
            "--consumer",
            "--topic",
            "orders.",
            "--resource-pattern-type",
            "prefixed",
            "--group",
            "g",
        ],
    );
    let deny = ["--deny-principal", "User:mallory", "--topic", "orders"];
    acls(
        &kafka,
        &[&["--add", "--operation", "All"], &deny[..]].concat(),
    );
    alter(&kafka, &[&SCRAM[..], &ALICE].concat());
    let rates = "producer_byte_rate=10485760,request_percentage=12.5";
    alter(&kafka, &add(&ALICE, rates));
    alter(&kafka, &add(&EVERYBODY, "consumer_byte_rate=1048576"));
    let before = told(&kafka);
    let program = Program::new();
    let described = run(&program, &kafka, &["describe", "acls"]).exits(0);
    assert_eq!(
        described.stdout,
        "\
PRINCIPAL     PERMISSION  OPERATION  RESOURCE TYPE  RESOURCE  PATTERN   HOST
User:mallory  DENY        ALL        TOPIC          orders    LITERAL   *
User:alice    ALLOW       READ       TOPIC          orders.   PREFIXED  *
User:alice    ALLOW       DESCRIBE   TOPIC          orders.   PREFIXED  *
User:alice    ALLOW       READ       GROUP          g         PREFIXED  *
"
    );
    run(
        &program,
        &kafka,
        &["backup", "create", "--out", "then.json"],
    )
    .exits(0);

    let remove = ["--remove", "--force", "--operation", "All"];
    acls(&kafka, &[&remove[..], &deny].concat());
    let intruder = ["--allow-principal", "User:intruder", "--cluster"];
    acls(
        &kafka,
        &[&["--add", "--operation", "Alter"], &intruder[..]].concat(),
    );
    alter(&kafka, &add(&ALICE, "producer_byte_rate=1"));
    let percentage = ["--delete-config", "request_percentage"];
    alter(&kafka, &[&percentage[..], &ALICE].concat());
    let consumer = ["--delete-config", "consumer_byte_rate"];
    alter(&kafka, &[&consumer[..], &EVERYBODY].concat());
    alter(&kafka, &add(&CLIENT, "consumer_byte_rate=5"));

    let diff = ["backup", "diff", "then.json", "--exit-code"];
    let ran = run(&program, &kafka, &diff).exits(3);
    let summary = "1 ACL to create, 1 ACL to delete, quotas of 3 entities to change";
    ran.stdout_has(summary);
    let restore = ["backup", "restore", "then.json", "--yes"];
    let ran = run(&program, &kafka, &restore).exits(0);
    let end = "apply: 5 done and verified\n";
    ran.stdout_ends(end);
    assert_eq!(told(&kafka), before);
    run(&program, &kafka, &diff).exits(0);

    // Changes of users are reported, and never undone.
    let scram = ["--delete-config", "SCRAM-SHA-256"];
    alter(&kafka, &[&scram[..], &ALICE].concat());
    alter(&kafka, &[&SCRAM[..], &SINCE].concat());
    let ran = run(&program, &kafka, &diff).exits(0);
    let gone = "user alice: its SCRAM-SHA-256 credential is gone, and cannot be made again";
    let since = "user since: its SCRAM-SHA-256 credential was added since, and is left alone";
    for words in [gone, since] {
        ran.stdout_has(words);
    }
    run(&program, &kafka, &restore).exits(0);
    let users = run(&program, &kafka, &["describe", "users"]).exits(0);
    assert_eq!(
        users.stdout,
        "USER   MECHANISM      ITERATIONS\nsince  SCRAM-SHA-256        4096\n"
    );
}

#[test]
fn a_group_that_may_not_be_seen_makes_a_backup_partial() {
    let [class, _] = authorizer();
    let kafka = kafka::fresh(
        1,
        &[
            class,
            ("super.users", "User:admin"),
            ("allow.everyone.if.no.acl.found", "true"),
        ],
    );
    let topic = filled(&kafka, "seen", &[5]);
    commit(&kafka, "hidden", &topic, &[Committed::at(2)]);
    commit(&kafka, "open", &topic, &[Committed::at(3)]);
    acls(
        &kafka,
        &[
            "--add",
            "--deny-principal",
            "User:ANONYMOUS",
            "--operation",
            "Describe",
            "--group",
            "hidden",
        ],
    );
    let program = Program::new();
    let create = ["backup", "create", "--out", "part.json"];
    let ran = run(&program, &kafka, &create).exits(7);
    let words = "groups hidden: GROUP_AUTHORIZATION_FAILED";
    ran.stderr_has(words);
    assert!(!program.path().join("part.json").exists());
    let allowed = [&create[..], &["--allow-partial"]].concat();
    let ran = run(&program, &kafka, &allowed).exits(0);
    ran.stderr_has(words);

    let restore = ["backup", "restore", "part.json", "--yes"];
    let ran = run(&program, &kafka, &restore).exits(4);
    ran.stderr_has(words);
    // Parts that the backup lacks are left alone.
    commit(&kafka, "open", &topic, &[Committed::at(5)]);
    let allowed = [&restore[..], &["--allow-partial"]].concat();
    run(&program, &kafka, &allowed).exits(0);
    let now = committed(&kafka, "open", &topic);
    assert_eq!(now.values().next(), Some(&Committed::at(3)), "{now:?}");
}
