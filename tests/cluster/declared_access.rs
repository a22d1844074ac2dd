//! ACLs and quotas of a manifest on real Kafka, with Apache's tools as the witness.

use std::fs;

use crate::access::{acls, alter, told};
use crate::contract_access::authorizer;
use crate::on::run;
use crate::program::Program;
use crate::support::kafka;

const MANIFEST: &str = "\
version: 1
ownership:
  principals: [\"User:shop-\"]
acls:
  items:
    - { principal: User:shop-orders, role: producer, topic: [orders, payments] }
    - { principal: User:shop-billing, role: consumer, topic: orders, group: billing }
    - { principal: User:shop-sums, role: streams, applicationId: sums, topic: orders, output: totals }
    - { principal: User:shop-billing, operations: READ, permission: DENY, host: 10.0.0.7, topic: secret., pattern: PREFIXED }
quotas:
  items:
    - { user: shop-orders, configs: { producer_byte_rate: 10MB, request_percentage: 12.5 } }
    - { user: <default>, clientId: reporting, configs: { consumer_byte_rate: 1048576 } }
    - { ip: 10.0.0.9, configs: { connection_creation_rate: 10 } }
";

const INTRUDER: [&str; 6] = [
    "--allow-principal",
    "User:shop-intruder",
    "--operation",
    "Read",
    "--topic",
    "orders",
];

const BILLING: [&str; 6] = [
    "--allow-principal",
    "User:shop-billing",
    "--operation",
    "Read",
    "--group",
    "billing",
];

#[test]
fn acls_and_quotas_of_a_manifest_are_created_mended_and_removed() {
    let kafka = kafka::fresh(1, &authorizer());
    let program = Program::new();
    fs::write(program.path().join("topics.yaml"), MANIFEST).unwrap();
    let foreign = ["--allow-principal", "User:other", "--operation", "Read"];
    acls(
        &kafka,
        &[&["--add"], &foreign[..], &["--topic", "orders"]].concat(),
    );
    let before = told(&kafka);

    let planned = run(&program, &kafka, &["plan", "--exit-code"]).exits(3);
    planned.stdout_ends("plan: 14 ACLs to create, quotas of 3 entities to change\n");
    let ran = run(&program, &kafka, &["apply", "--yes"]).exits(0);
    ran.stdout_ends("apply: 17 done and verified\n");
    let as_declared = told(&kafka);
    let has = |words: &[&str]| {
        let mut lines = as_declared.iter();
        assert!(
            lines.any(|line| words.iter().all(|word| line.contains(word))),
            "{words:?} is not in {as_declared:#?}"
        );
    };
    has(&[
        "principal=User:shop-orders",
        "operation=WRITE",
        "permissionType=ALLOW",
    ]);
    has(&[
        "principal=User:shop-billing",
        "host=10.0.0.7",
        "permissionType=DENY",
    ]);
    has(&["principal=User:other", "operation=READ"]);
    has(&[
        "'shop-orders'",
        "producer_byte_rate=1.0E7",
        "request_percentage=12.5",
    ]);
    run(&program, &kafka, &["plan", "--exit-code"]).exits(0);

    run(&program, &kafka, &["import", "--out", "all.yaml"]).exits(0);
    run(&program, &kafka, &["plan", "-f", "all.yaml", "--exit-code"]).exits(0);

    // Somebody else adds and removes.
    acls(&kafka, &[&["--add"], &INTRUDER[..]].concat());
    acls(&kafka, &[&["--remove", "--force"], &BILLING[..]].concat());
    let user = ["--entity-type", "users", "--entity-name", "shop-orders"];
    alter(
        &kafka,
        &[&["--add-config", "producer_byte_rate=1"], &user[..]].concat(),
    );
    let ran = run(&program, &kafka, &["plan", "--exit-code"]).exits(3);
    ran.stdout_has("    producer_byte_rate  1 → 10000000\n");
    ran.stdout_has("+ ACL ALLOW User:shop-billing READ on GROUP LITERAL billing from *\n");
    ran.stdout_has(
        "user shop-intruder: the manifest owns this principal and does not declare 1 ACL",
    );
    run(&program, &kafka, &["apply", "--yes"]).exits(0);
    let ran = run(&program, &kafka, &["apply", "--yes", "--delete-orphans"]).exits(0);
    ran.stdout_ends("apply: 1 done and verified\n");
    assert_eq!(told(&kafka), as_declared);

    // A plan that was kept is refused once an ACL that it deletes is gone.
    let absent = MANIFEST.replace(
        "topic: [orders, payments] }",
        "topic: payments, state: absent }",
    );
    fs::write(program.path().join("topics.yaml"), absent).unwrap();
    run(&program, &kafka, &["plan", "--out", "plan.json"]).exits(0);
    run(&program, &kafka, &["apply", "--yes"]).exits(0);
    assert_ne!(told(&kafka), as_declared);
    let ran = run(&program, &kafka, &["apply", "plan.json", "--yes"]).exits(4);
    ran.stderr_has("the ACL was there, and is absent now");

    // The backup before the first apply brings back what was.
    let ids = run(&program, &kafka, &["backup", "list", "-o", "json"]).exits(0);
    let ids: serde_json::Value = serde_json::from_str(&ids.stdout).unwrap();
    let oldest = ids["backups"].as_array().unwrap().last().unwrap()["id"].clone();
    run(
        &program,
        &kafka,
        &["rollback", oldest.as_str().unwrap(), "--yes"],
    )
    .exits(0);
    assert_eq!(told(&kafka), before);
}
