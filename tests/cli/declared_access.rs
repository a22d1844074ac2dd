//! ACLs and quotas of a manifest: what is planned, refused and told.

use std::fs;

use tonkafka::cluster::fake::{Faults, State};
use tonkafka::model::access::{AclBinding, Entity, Operation, Permission, Quota, QuotaValue};
use tonkafka::model::access::{PatternType, ResourceType};

use crate::access;
use crate::fake::Bench;
use crate::fresh;

const MANIFEST: &str = "\
version: 1
ownership:
  principals: [\"User:shop-\"]
acls:
  items:
    - principal: User:shop-orders
      role: producer
      topic: [orders, payments]
    - principal: User:shop-billing
      role: consumer
      topic: orders
      group: billing
    - principal: User:shop-billing
      operations: [READ, DESCRIBE_CONFIGS]
      permission: DENY
      host: 10.0.0.7
      topic: secret.
      pattern: PREFIXED
    - principal: User:shop-old
      operations: ALL
      topic: \"*\"
      state: absent
quotas:
  items:
    - user: shop-orders
      configs: { producer_byte_rate: 10MB, request_percentage: 12.5, consumer_byte_rate: unset }
    - user: <default>
      clientId: reporting
      configs: { consumer_byte_rate: 1048576 }
    - ip: 10.0.0.9
      state: absent
";

fn acl(principal: &str, operation: Operation, name: &str) -> AclBinding {
    AclBinding {
        operation,
        ..access::acl(Permission::Allow, principal, name)
    }
}

fn quota(part: &str, name: &str, key: &str, value: f64) -> Quota {
    access::quota(&[(part, Some(name))], &[(key, value)])
}

fn before() -> State {
    State {
        acls: Some(vec![
            acl("User:shop-old", Operation::All, "*"),
            acl("User:shop-orders", Operation::Write, "orders"),
            acl("User:shop-intruder", Operation::Read, "orders"),
            acl("User:other", Operation::Read, "orders"),
        ]),
        quotas: vec![
            quota("user", "shop-orders", "consumer_byte_rate", 9.0),
            quota("ip", "10.0.0.9", "connection_creation_rate", 3.0),
            quota("user", "shop-intruder", "producer_byte_rate", 1.0),
            quota("user", "other", "producer_byte_rate", 2.0),
        ],
        ..State::default()
    }
}

/// What the bench's cluster has, as `describe acls` and `describe quotas` print it.
fn there(bench: &Bench) -> String {
    let acls = bench.run(&["describe", "acls"]).exits(0).stdout;
    acls + &bench.run(&["describe", "quotas"]).exits(0).stdout
}

#[test]
fn what_a_manifest_declares_is_written_and_what_it_owns_is_told() {
    let bench = Bench::new(MANIFEST, &before());
    let planned = bench.run(&["plan", "--exit-code"]).exits(3);
    fresh::check("tests/cli/declared-access/planned.txt", &planned.stdout);
    let ran = bench.run(&["apply", "--yes"]).exits(0);
    fresh::check("tests/cli/declared-access/applied.txt", &ran.stderr);
    fresh::check(
        "tests/cli/declared-access/requests.txt",
        &(bench.state().requests.join("\n") + "\n"),
    );
    fresh::check("tests/cli/declared-access/after.txt", &there(&bench));
    let again = bench.run(&["apply", "--yes"]).exits(0);
    assert!(
        again.stdout.ends_with("plan: nothing to do\n"),
        "{}",
        again.stdout
    );

    let ran = bench.run(&["apply", "--yes", "--delete-orphans"]).exits(0);
    fresh::check("tests/cli/declared-access/orphans.txt", &ran.stdout);
    assert!(!there(&bench).contains("shop-intruder"));
    assert!(there(&bench).contains("User:other"));
}

#[test]
fn a_revocation_waits_for_the_grants_of_its_principal() {
    let manifest = "\
version: 1
acls:
  items:
    - { principal: User:a, operations: READ, topic: new }
    - { principal: User:a, operations: READ, topic: old, state: absent }
    - { principal: User:b, operations: READ, topic: old, state: absent }
";
    let old = [
        acl("User:a", Operation::Read, "old"),
        acl("User:b", Operation::Read, "old"),
    ];
    let refused = acl("User:a", Operation::Read, "new").to_string();
    let state = State {
        acls: Some(old.to_vec()),
        faults: Faults {
            refuse: [(refused, "SECURITY_DISABLED".to_owned())].into(),
            ..Faults::default()
        },
        ..State::default()
    };
    let bench = Bench::new(manifest, &state);
    let ran = bench.run(&["apply", "--yes"]).exits(5);
    fresh::check("tests/cli/declared-access/held-back.txt", &ran.stderr);
    assert_eq!(bench.state().acls.unwrap(), old[..1]);
}

#[test]
fn a_denial_that_is_not_there_holds_back_what_it_is_to_limit() {
    let manifest = "\
version: 1
acls:
  items:
    - { principal: User:a, operations: ALL, topic: \"*\" }
    - { principal: \"User:*\", operations: READ, topic: secret, permission: DENY }
";
    let denial = AclBinding {
        permission: Permission::Deny,
        ..acl("User:*", Operation::Read, "secret")
    };
    let state = State {
        acls: Some(Vec::new()),
        faults: Faults {
            refuse: [(denial.to_string(), "UNKNOWN_SERVER_ERROR".to_owned())].into(),
            ..Faults::default()
        },
        ..State::default()
    };
    let bench = Bench::new(manifest, &state);
    bench.run(&["apply", "--yes"]).exits(4);
    assert_eq!(bench.state().acls.unwrap(), []);
    let requests = bench.state().requests;
    assert_eq!(requests.len(), 1, "{requests:?}");
}

#[test]
fn a_kept_plan_is_stale_when_an_acl_changed() {
    let manifest =
        "version: 1\nacls: { items: [{ principal: User:a, operations: READ, topic: t }] }\n";
    let state = State {
        acls: Some(Vec::new()),
        ..State::default()
    };
    let bench = Bench::new(manifest, &state);
    bench.run(&["plan", "--out", "plan.json"]).exits(0);
    bench.set(&State {
        acls: Some(vec![acl("User:a", Operation::Read, "t")]),
        ..State::default()
    });
    let ran = bench.run(&["apply", "plan.json", "--yes"]).exits(4);
    assert_eq!(
        ran.stderr,
        "error: the cluster is not as it was when the plan was made: ACL ALLOW User:a READ on TOPIC LITERAL t from *: the ACL was absent, and is there now\nhint: nothing was written; make a new plan\n"
    );
}

#[test]
fn without_an_authorizer_or_a_right_nothing_is_taken_for_absent() {
    let manifest =
        "version: 1\nacls: { items: [{ principal: User:a, operations: READ, topic: t }] }\n";
    let open = Bench::new(manifest, &State::default());
    let ran = open.run(&["plan", "--strict", "--exit-code"]).exits(3);
    fresh::check("tests/cli/declared-access/no-authorizer.txt", &ran.stdout);
    let state = State {
        acls: Some(Vec::new()),
        faults: Faults {
            not_permitted_access: ["acls".to_owned()].into(),
            ..Faults::default()
        },
        ..State::default()
    };
    let hidden = Bench::new(manifest, &state);
    let ran = hidden.run(&["apply", "--yes"]).exits(7);
    assert_eq!(
        ran.stderr,
        "error: nothing was applied: the cluster: its ACLs cannot be read: not authorised to describe ACLs: CLUSTER_AUTHORIZATION_FAILED: Cluster authorization failed.\nhint: give this user DESCRIBE and DESCRIBE_CONFIGS on the cluster\n"
    );
    assert_eq!(hidden.state().requests, [""; 0]);
}

#[test]
fn environments_and_only_choose_what_is_compared() {
    let manifest = "\
version: 1
topics: { items: [{ name: t, partitions: 1 }] }
acls:
  items:
    - { principal: User:a, role: producer, topic: t }
    - { principal: User:b, role: producer, topic: t }
quotas:
  items:
    - { user: a, configs: { producer_byte_rate: 1MB, consumer_byte_rate: 1MB } }
environments:
  production:
    acls:
      items:
        - { principal: User:b, role: producer, topic: t, state: absent }
        - { principal: User:c, role: producer, topic: t }
    quotas:
      items:
        - { user: a, configs: { producer_byte_rate: 5MB } }
";
    let state = State {
        acls: Some(Vec::new()),
        ..State::default()
    };
    let bench = Bench::new(manifest, &state);
    let all = bench.run(&["plan"]).exits(0).stdout;
    let production = bench.run(&["plan", "--env", "production"]).exits(0).stdout;
    let only = bench.run(&["plan", "--only", "User:a"]).exits(0).stdout;
    fresh::check(
        "tests/cli/declared-access/chosen.txt",
        &[all, production, only].join("=====\n"),
    );
    let ran = bench.run(&["plan", "--only", "User:x*"]).exits(2);
    assert_eq!(
        ran.stderr,
        "error: `--only User:x*` matches no topic and no principal of the manifest\nhint: it matches whole names: write `user.*` for all topics that begin with `user.`, and `User:shop-*` for principals\n"
    );
}

#[test]
fn validation_counts_acls_and_quotas() {
    let bench = Bench::new(MANIFEST, &State::default());
    let said = bench.run(&["validate"]).exits(0).stdout;
    assert_eq!(said, "valid: 0 topics, 7 ACLs, 3 quotas\n");
    let document = bench.run(&["validate", "-o", "json"]).exits(0).json();
    assert_eq!(document["acls"], 7);
    assert_eq!(document["quotas"], 3);
    let bench = Bench::new("version: 1\n", &State::default());
    let document = bench.run(&["validate", "-o", "json"]).exits(0).json();
    assert_eq!((document.get("acls"), document.get("quotas")), (None, None));
}

#[test]
fn an_imported_cluster_has_nothing_to_do() {
    let denied = |name: &str, operation| AclBinding {
        permission: Permission::Deny,
        host: "10.0.0.0/8".to_owned(),
        pattern_type: PatternType::Prefixed,
        ..acl("User:CN=a, O=b", operation, name)
    };
    let of_cluster = AclBinding {
        resource_type: ResourceType::Cluster,
        resource_name: "kafka-cluster".to_owned(),
        ..acl("User:a", Operation::Alter, "")
    };
    let pair = [
        ("user".to_owned(), None),
        ("client-id".to_owned(), Some("x: y".to_owned())),
    ];
    let state = State {
        acls: Some(vec![
            acl("User:a", Operation::Read, "orders"),
            acl("User:a", Operation::Read, "payments"),
            acl("User:a", Operation::Write, "orders"),
            acl("User:a", Operation::Write, "payments"),
            acl("User:a", Operation::Read, "*"),
            acl("User:a", Operation::Read, "orders.*"),
            acl("User:a", Operation::ClusterAction, "orders"),
            acl("alice", Operation::Read, "orders"),
            denied("secret.", Operation::Read),
            denied("a", Operation::All),
            of_cluster,
        ]),
        quotas: vec![
            quota("user", "a", "producer_byte_rate", 10_485_760.0),
            quota("ip", "10.0.0.9", "connection_creation_rate", 2.0),
            quota("user", "b", "unknown_rate", 1.0),
            Quota {
                entity: Entity(pair.into()),
                values: [("request_percentage".to_owned(), QuotaValue(0.5))].into(),
            },
        ],
        ..State::default()
    };
    let bench = Bench::new("version: 1\n", &state);
    let ran = bench.run(&["import"]).exits(0);
    fresh::check("tests/cli/declared-access/imported.yaml", &ran.stdout);
    assert_eq!(
        ran.stderr,
        "4 left out: comments in the manifest say which and why\n"
    );
    let again = Bench::new(&ran.stdout, &state);
    let planned = again.run(&["plan", "--exit-code"]).exits(0);
    assert!(planned.stdout.ends_with("plan: nothing to do\n"));
}

/// ACLs of the login `User:op` on a cluster, and of one that is for everybody.
fn of_operator() -> Vec<AclBinding> {
    let on_cluster = |principal: &str, operation| AclBinding {
        resource_type: ResourceType::Cluster,
        resource_name: "kafka-cluster".to_owned(),
        ..acl(principal, operation, "")
    };
    vec![
        on_cluster("User:op", Operation::All),
        on_cluster("User:other", Operation::Alter),
        acl("User:op", Operation::Alter, "orders"),
        acl("User:*", Operation::Describe, "orders"),
    ]
}

#[test]
fn a_login_does_not_lock_itself_out() {
    let item = |fields: &str| format!("    - {{ {fields} }}\n");
    let all = item("principal: User:op, operations: ALL, cluster: true, state: absent");
    let alter = item("principal: User:op, operations: ALTER, cluster: true");
    let rest = item(
        "principal: User:op, operations: [CREATE, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE], cluster: true",
    );
    let other = item("principal: User:other, operations: ALTER, cluster: true, state: absent");
    let topic = item("principal: User:op, operations: ALTER, topic: orders, state: absent");
    let denied = item("principal: \"User:*\", operations: ALTER, cluster: true, permission: DENY");
    let here = item(
        "principal: \"User:*\", operations: ALTER, cluster: true, permission: DENY, host: 10.0.0.7",
    );
    let moved = item("principal: User:op, operations: ALL, cluster: true, host: 10.0.0.7");
    let login = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"op\" password=\"x\";\n";
    let oauth = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\nsasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId=\"op\" clientSecret=\"x\";\nsasl.oauthbearer.token.endpoint.url=https://127.0.0.1/token\n";
    let mut said = String::new();
    for (name, items, properties, code) in [
        ("all", all.clone(), login, 4),
        (
            "alter stays",
            [all.clone(), alter.clone()].concat(),
            login,
            4,
        ),
        ("all stays", [all.clone(), alter, rest].concat(), login, 0),
        ("of a topic", topic, login, 4),
        ("of somebody else", other.clone(), login, 0),
        ("for everybody", denied.clone(), login, 4),
        ("for everybody from one address", here, login, 4),
        (
            "moved to one address",
            [all.clone(), moved].concat(),
            login,
            4,
        ),
        ("of somebody, login unknown", other, oauth, 4),
        ("for everybody, login unknown", denied, oauth, 4),
    ] {
        let manifest = format!(
            "version: 1\ntopics: {{ items: [{{ name: orders, partitions: 1 }}] }}\nacls:\n  items:\n{items}"
        );
        let state = State {
            acls: Some(of_operator()),
            ..crate::fake::holding(&[("orders", crate::fake::topic(1, &[]))])
        };
        let bench = Bench::new(&manifest, &state);
        fs::write(bench.program.path().join("login.properties"), properties).unwrap();
        let ran = bench.run(&[
            "plan",
            "--command-config",
            "login.properties",
            "--allow-plaintext-login",
        ]);
        let ran = ran.exits(code);
        said.extend(["=== ", name, "\n", &ran.stdout, &ran.stderr]);
    }
    fresh::check("tests/cli/declared-access/lock-out.txt", &said);
}

#[test]
fn a_range_of_addresses_needs_brokers_that_know_it() {
    let manifest = "version: 1\nacls: { items: [{ principal: User:a, operations: READ, topic: t, host: 10.0.0.0/8 }] }\n";
    let state = State {
        acls: Some(Vec::new()),
        ..State::default()
    };
    let bench = Bench::new(manifest, &state);
    let ran = bench.run(&["plan"]).exits(4);
    fresh::check("tests/cli/declared-access/range.txt", &ran.stdout);
}

#[test]
fn a_kept_plan_is_judged_for_the_login_that_applies_it() {
    let manifest = "version: 1\nacls: { items: [{ principal: User:ANONYMOUS, operations: ALTER, cluster: true, state: absent }] }\n";
    let of_anonymous = AclBinding {
        principal: "User:ANONYMOUS".to_owned(),
        ..of_operator().remove(1)
    };
    let state = State {
        acls: Some(vec![of_anonymous]),
        ..State::default()
    };
    let bench = Bench::new(manifest, &state);
    let login = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"admin\" password=\"x\";\n";
    fs::write(bench.program.path().join("login.properties"), login).unwrap();
    let as_admin = [
        "--command-config",
        "login.properties",
        "--allow-plaintext-login",
    ];
    let plan = ["plan", "--out", "plan.json"];
    bench.run(&[&plan[..], &as_admin].concat()).exits(0);
    let ran = bench.run(&["apply", "plan.json", "--yes"]).exits(4);
    let lost =
        "`User:ANONYMOUS`, the login that applies this, would lose ALTER, DESCRIBE on the cluster";
    assert!(
        ran.stdout.contains(lost) || ran.stderr.contains(lost),
        "{ran:?}"
    );
    assert_eq!(bench.state(), state);
    let apply = ["apply", "plan.json", "--yes"];
    bench.run(&[&apply[..], &as_admin].concat()).exits(0);
}

#[test]
fn no_message_shows_the_value_of_a_reference() {
    let secret = "${file:secret.txt}";
    for (item, shown) in [
        (
            format!("principal: \"{secret}\", operations: READ, topic: t"),
            "is no principal",
        ),
        (
            format!("principal: User:a, operations: \"{secret}\", topic: t"),
            "does not take",
        ),
        (
            format!("principal: User:a, role: \"{secret}\", topic: t"),
            "does not take",
        ),
        (
            format!("principal: User:a, operations: READ, topic: t, host: \"{secret}\""),
            "is no address",
        ),
        (
            format!("principal: User:a, operations: READ, topic: t, pattern: \"{secret}\""),
            "does not take",
        ),
        (
            format!("principal: User:a, operations: READ, topic: t, permission: \"{secret}\""),
            "does not take",
        ),
        (
            format!("principal: User:a, operations: READ, topic: [\"{secret}\", \"{secret}\"]"),
            "twice",
        ),
    ] {
        let manifest = format!("version: 1\nacls: {{ items: [{{ {item} }}] }}\n");
        let bench = Bench::new(&manifest, &State::default());
        fs::write(bench.program.path().join("secret.txt"), "hunter2").unwrap();
        let ran = bench.program.run(&["validate"]).exits(2);
        assert!(ran.stderr.contains(shown), "{item}: {}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
}
