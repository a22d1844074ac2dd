//! `can` and `describe access`: who may do what, and by which ACL.

use std::collections::BTreeMap;

use serde_json::json;
use tonkafka::cluster::fake::State;
use tonkafka::model::access::AclBinding;
use tonkafka::model::api_versions::{ApiVersions, Feature};

use crate::fake::{Bench, error};
use crate::program::{Ran, words};

const MANIFEST: &str = "version: 1\n";

const STANDARD: &str = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";

/// An ACL from a line such as `ALLOW User:alice READ on TOPIC LITERAL orders from *`.
fn acl(line: &str) -> AclBinding {
    let words: Vec<&str> = line.split(' ').collect();
    let [
        permission,
        principal,
        operation,
        _,
        kind,
        pattern,
        name,
        _,
        host,
    ] = words[..]
    else {
        panic!("{line}");
    };
    serde_json::from_value(json!({
        "permission": permission, "principal": principal, "operation": operation,
        "resourceType": kind, "patternType": pattern, "resourceName": name, "host": host,
    }))
    .unwrap()
}

const ACLS: [&str; 8] = [
    "ALLOW User:alice READ on TOPIC PREFIXED ord from *",
    "ALLOW User:alice WRITE on TOPIC LITERAL orders from *",
    "DENY User:* WRITE on TOPIC LITERAL orders from *",
    "DENY User:alice READ on TOPIC LITERAL orders.secret from *",
    "ALLOW User:* DESCRIBE on TOPIC LITERAL * from *",
    "ALLOW User:bob ALL on GROUP LITERAL billing from 10.0.0.1",
    "ALLOW User:bob ALTER on CLUSTER LITERAL kafka-cluster from *",
    "ALLOW User:carol READ on TOPIC LITERAL orders from ::1",
];

const ALICE: &str = "\
PRINCIPAL   RESOURCE TYPE  RESOURCE       PATTERN   HOST  OPERATION  ACLS SAY  RULE                                                        NOTE
User:alice  TOPIC          *              LITERAL   *     DESCRIBE   yes       ALLOW User:* DESCRIBE on TOPIC LITERAL * from *             -
User:alice  TOPIC          ord            PREFIXED  *     READ       yes       ALLOW User:alice READ on TOPIC PREFIXED ord from *          except DENY User:alice READ on TOPIC LITERAL orders.secret from *
User:alice  TOPIC          ord            PREFIXED  *     DESCRIBE   yes       ALLOW User:alice READ on TOPIC PREFIXED ord from *          -
User:alice  TOPIC          orders         LITERAL   *     WRITE      no        DENY User:* WRITE on TOPIC LITERAL orders from *            overrides ALLOW User:alice WRITE on TOPIC LITERAL orders from *
User:alice  TOPIC          orders         LITERAL   *     DESCRIBE   yes       ALLOW User:alice WRITE on TOPIC LITERAL orders from *       -
User:alice  TOPIC          orders.secret  LITERAL   *     READ       no        DENY User:alice READ on TOPIC LITERAL orders.secret from *  overrides ALLOW User:alice READ on TOPIC PREFIXED ord from *
";

const ORDERS: &str = "\
PRINCIPAL   RESOURCE TYPE  RESOURCE  PATTERN  HOST  OPERATION  ACLS SAY  RULE                                                   NOTE
User:*      TOPIC          orders    LITERAL  *     WRITE      no        DENY User:* WRITE on TOPIC LITERAL orders from *       -
User:*      TOPIC          orders    LITERAL  *     DESCRIBE   yes       ALLOW User:* DESCRIBE on TOPIC LITERAL * from *        -
User:alice  TOPIC          orders    LITERAL  *     READ       yes       ALLOW User:alice READ on TOPIC PREFIXED ord from *     -
User:alice  TOPIC          orders    LITERAL  *     WRITE      no        DENY User:* WRITE on TOPIC LITERAL orders from *       overrides ALLOW User:alice WRITE on TOPIC LITERAL orders from *
User:alice  TOPIC          orders    LITERAL  *     DESCRIBE   yes       ALLOW User:alice WRITE on TOPIC LITERAL orders from *  -
";

const BILLING: &str = "\
PRINCIPAL  HOST      OPERATION         ACLS SAY
User:bob   10.0.0.1  READ              yes
User:bob   10.0.0.1  DELETE            yes
User:bob   10.0.0.1  DESCRIBE          yes
User:bob   10.0.0.1  DESCRIBE_CONFIGS  yes
User:bob   10.0.0.1  ALTER_CONFIGS     yes
";

const VOID: &str = "ALLOW User:carol READ on TOPIC LITERAL orders from ::1 matches no client: \
                    brokers know no client by such an address\n";

fn cluster(settings: &[(&str, &str)]) -> State {
    let settings = settings
        .iter()
        .chain(&[("authorizer.class.name", STANDARD)]);
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    State {
        acls: Some(ACLS.map(acl).into()),
        static_configs: settings.map(owned).collect(),
        ..State::default()
    }
}

fn bench(settings: &[(&str, &str)]) -> Bench {
    Bench::new(MANIFEST, &cluster(settings))
}

#[track_caller]
fn run(bench: &Bench, line: &str, code: i32) -> Ran {
    let ran = bench.run(&words(line)).exits(code);
    assert_eq!(ran.stderr, "", "{line}");
    ran
}

#[test]
fn a_yes_and_a_no_name_the_acl() {
    let bench = bench(&[]);
    for (line, code, stdout) in [
        (
            "can User:alice READ topic:orders",
            0,
            "yes: an ACL allows it\n  by         ALLOW User:alice READ on TOPIC PREFIXED ord from *\n",
        ),
        (
            "can User:alice write topic:orders",
            3,
            "no: an ACL denies it\n  by         DENY User:* WRITE on TOPIC LITERAL orders from *\n  \
             overrides  ALLOW User:alice WRITE on TOPIC LITERAL orders from *\n",
        ),
        (
            "can User:alice READ topic:orders.secret",
            3,
            "no: an ACL denies it\n  by         DENY User:alice READ on TOPIC LITERAL orders.secret from *\n  \
             overrides  ALLOW User:alice READ on TOPIC PREFIXED ord from *\n",
        ),
        (
            "can User:zoe Describe topic:any",
            0,
            "yes: an ACL allows it\n  by         ALLOW User:* DESCRIBE on TOPIC LITERAL * from *\n",
        ),
        (
            "can User:bob describe cluster",
            0,
            "yes: an ACL allows it\n  by         ALLOW User:bob ALTER on CLUSTER LITERAL kafka-cluster from *\n",
        ),
        (
            "can User:bob AlterConfigs cluster",
            3,
            "no: no ACL allows it\n",
        ),
        (
            "can User:bob alter-configs cluster",
            3,
            "no: no ACL allows it\n",
        ),
        (
            "can User:bob READ group:billing --host 10.0.0.1",
            0,
            "yes: an ACL allows it\n  by         ALLOW User:bob ALL on GROUP LITERAL billing from 10.0.0.1\n",
        ),
        (
            "can User:bob READ group:billing --host ::ffff:10.0.0.1",
            0,
            "yes: an ACL allows it\n  by         ALLOW User:bob ALL on GROUP LITERAL billing from 10.0.0.1\n",
        ),
        (
            "can User:bob READ group:billing --host 10.0.0.2",
            3,
            "no: no ACL allows it\n",
        ),
        (
            "can User:bob READ group:billing",
            7,
            "unknown: it depends on the client's address, which `--host` names\n  \
             by         ALLOW User:bob ALL on GROUP LITERAL billing from 10.0.0.1\n",
        ),
        (
            "can User:carol READ topic:orders --host ::1",
            3,
            "no: no ACL allows it\n",
        ),
        (
            "can User:bob WRITE transactional-id:payments",
            3,
            "no: no ACL allows it\n",
        ),
        (
            "can User:bob DESCRIBE delegation-token:abc",
            3,
            "no: no ACL allows it\n",
        ),
        (
            "can User:bob CREATE_TOKENS user:User:alice",
            3,
            "no: no ACL allows it\n",
        ),
    ] {
        assert_eq!(run(&bench, line, code).stdout, stdout, "{line}");
    }
}

#[test]
fn what_brokers_hide_makes_a_no_unknown() {
    let hidden = bench(&[("super.users", "User:admin")]);
    let line = "can User:alice WRITE topic:orders";
    assert_eq!(
        run(&hidden, line, 7).stdout,
        "unknown: an ACL denies it, but the brokers hide who is a super user (`super.users`)\n  \
         by         DENY User:* WRITE on TOPIC LITERAL orders from *\n  \
         overrides  ALLOW User:alice WRITE on TOPIC LITERAL orders from *\n"
    );
    assert_eq!(
        run(&hidden, "can User:alice CREATE topic:orders", 7).stdout,
        "unknown: no ACL allows it, but the brokers hide who is a super user (`super.users`)\n"
    );
    run(&hidden, "can User:alice READ topic:orders", 0);
    let given = "can User:alice CREATE topic:orders --assume super.users=User:admin";
    assert_eq!(
        run(&hidden, given, 3).stdout,
        "no: no ACL allows it\n  assumed    super.users=User:admin\n"
    );
    let given = "can User:admin CREATE topic:orders --assume super.users=User:x;User:admin";
    assert_eq!(
        run(&hidden, given, 0).stdout,
        "yes: User:admin is a super user\n  assumed    super.users=User:x;User:admin\n"
    );
    // What brokers show counts, whatever was given.
    let given = "can User:admin CREATE topic:orders --assume super.users=User:admin";
    assert_eq!(run(&bench(&[]), given, 3).stdout, "no: no ACL allows it\n");

    let open = bench(&[("allow.everyone.if.no.acl.found", "true")]);
    let line = "can User:alice WRITE transactional-id:x";
    assert_eq!(
        run(&open, line, 7).stdout,
        "unknown: there is no ACL on this resource, and the brokers hide whether that opens it \
         (`allow.everyone.if.no.acl.found`)\n"
    );
    let given = format!("{line} --assume allow.everyone.if.no.acl.found=true");
    assert_eq!(
        run(&open, &given, 0).stdout,
        "yes: there is no ACL on this resource, which opens it to everybody \
         (`allow.everyone.if.no.acl.found`)\n  assumed    allow.everyone.if.no.acl.found=true\n"
    );
    let given = format!("{line} --assume allow.everyone.if.no.acl.found=false");
    run(&open, &given, 3);
}

/// Some brokers show settings that Kafka hides.
#[test]
fn super_users_that_brokers_show_may_do_everything() {
    let key = |name: &str| {
        json!({
            "name": name, "type": "STRING", "default": null, "update": "static",
            "kafka": ["4.3"], "documentation": "",
        })
    };
    let keys = ["super.users", "allow.everyone.if.no.acl.found"].map(key);
    let state = State {
        newer_keys: serde_json::from_value(json!(keys)).unwrap(),
        ..cluster(&[
            ("super.users", "User:admin; User:root"),
            ("allow.everyone.if.no.acl.found", "true"),
        ])
    };
    let bench = Bench::new(MANIFEST, &state);
    assert_eq!(
        run(&bench, "can User:root CREATE topic:orders", 0).stdout,
        "yes: User:root is a super user\n"
    );
    run(&bench, "can User:alice CREATE topic:orders", 3);
    run(&bench, "can User:alice WRITE transactional-id:x", 0);
    let ran = bench.run(&words("describe access User:root")).exits(0);
    assert_eq!(
        ran.stderr,
        "super users may do everything: User:admin, User:root\n\
         resources without ACLs are open to everybody (`allow.everyone.if.no.acl.found`)\n"
    );
}

#[test]
fn other_authorizers_and_none() {
    let line = "can User:alice READ topic:orders";
    let mut state = cluster(&[]);
    state.static_configs = BTreeMap::from([(
        "authorizer.class.name".to_owned(),
        "org.example.Mine".to_owned(),
    )]);
    let bench = Bench::new(MANIFEST, &state);
    let foreign = "the brokers' authorizer is not Kafka's own: org.example.Mine";
    assert_eq!(run(&bench, line, 7).stdout, format!("unknown: {foreign}\n"));
    let ran = bench.run(&words("describe access User:alice")).exits(7);
    ran.stdout_has("User:alice");
    ran.stderr_ends(&format!(
        "error: what these ACLs mean is not known: {foreign}\n"
    ));
    let ran = bench.run(&words("describe access User:alice -o json"));
    let document = ran.exits(7).json();
    assert_eq!(
        document["unclear"],
        format!("what these ACLs mean is not known: {foreign}")
    );

    // Settings and answers contradict each other.
    state.static_configs.clear();
    let bench = Bench::new(MANIFEST, &state);
    assert_eq!(
        run(&bench, line, 7).stdout,
        "unknown: which authorizer the brokers have cannot be told: the brokers answer for ACLs, but \
         `authorizer.class.name` is empty\n"
    );
    // One broker does not answer.
    let mut state = cluster(&[]);
    state.brokers = vec![1, 2];
    state.faults.silent_brokers.insert(2);
    let bench = Bench::new(MANIFEST, &state);
    run(&bench, line, 7)
        .stdout_starts("unknown: which authorizer the brokers have cannot be told: ");

    let bench = Bench::new(MANIFEST, &State::default());
    assert_eq!(
        run(&bench, line, 0).stdout,
        "yes: the brokers have no authorizer: everybody may do everything\n"
    );
    assert_eq!(
        bench.run(&words("describe access User:alice")).exits(4).stderr,
        "\
error: this cluster has no ACLs to describe: SECURITY_DISABLED: No Authorizer is configured on the broker
hint: its brokers have no `authorizer.class.name`: everybody may do everything
"
    );

    let mut state = cluster(&[]);
    state.faults.not_permitted_access.insert("acls".to_owned());
    let bench = Bench::new(MANIFEST, &state);
    assert_eq!(
        run(&bench, line, 7).stdout,
        "unknown: the ACLs cannot be seen: not authorised to describe ACLs: \
         CLUSTER_AUTHORIZATION_FAILED: Cluster authorization failed.\n"
    );
    bench.run(&words("describe access --topic orders")).exits(7);
}

/// A broker that supports `metadata.version` up to this level.
fn supporting(max: i16) -> ApiVersions {
    let metadata = Feature {
        name: "metadata.version".to_owned(),
        min: 7,
        max,
        finalized: Some(25),
    };
    ApiVersions {
        apis: Vec::new(),
        features: vec![metadata],
    }
}

#[test]
fn ranges_count_where_brokers_know_them() {
    let mut state = cluster(&[]);
    state.brokers = vec![1, 2];
    let range = "ALLOW User:dan READ on TOPIC LITERAL orders from 10.0.0.0/8";
    state.acls = Some(vec![acl(range)]);
    let line = "can User:dan READ topic:orders --host 10.1.2.3";
    let described = "describe access User:dan";
    for (levels, code, row) in [
        ([31, 31], 3, None),
        ([32, 34], 0, Some("yes")),
        ([31, 32], 7, Some("unknown")),
    ] {
        state.api_versions = [1, 2].into_iter().zip(levels.map(supporting)).collect();
        let bench = Bench::new(MANIFEST, &state);
        let ran = run(&bench, line, code);
        if code == 7 {
            ran.stdout_has("it depends on whether the brokers know ranges of addresses");
        }
        let json = bench.run(&words(&format!("{described} -o json"))).exits(0);
        let document = json.json();
        let first = &document["entitlements"][0]["aclsSay"];
        assert_eq!(first.as_str(), row, "{levels:?}");
        let void = document["withoutEffect"].as_array().unwrap();
        assert_eq!(void.len(), usize::from(row.is_none()));
    }
}

#[test]
fn entitlements_of_principals_and_on_resources() {
    let bench = bench(&[]);
    let alice = run(&bench, "describe access User:alice", 0);
    assert_eq!(alice.stdout, ALICE);
    let ran = bench.run(&words("describe access --topic orders")).exits(0);
    assert_eq!(ran.stdout, ORDERS);
    assert_eq!(ran.stderr, VOID);
    let chosen = "describe access --group billing --columns principal,host,operation,acls-say";
    assert_eq!(run(&bench, chosen, 0).stdout, BILLING);
    let chosen = "describe access User:bob User:zoe --cluster --columns operation,rule";
    assert_eq!(
        run(&bench, chosen, 0).stdout,
        "\
OPERATION  RULE
ALTER      ALLOW User:bob ALTER on CLUSTER LITERAL kafka-cluster from *
DESCRIBE   ALLOW User:bob ALTER on CLUSTER LITERAL kafka-cluster from *
"
    );
    let nobody = "describe access --transactional-id x --columns principal";
    assert_eq!(run(&bench, nobody, 0).stdout, "PRINCIPAL\n");
    // Beside its own ACLs, a principal that is named has those of everybody.
    let zoe = "describe access User:zoe --topic any --columns operation,acls-say,rule";
    assert_eq!(
        run(&bench, zoe, 0).stdout,
        "\
OPERATION  ACLS SAY  RULE
DESCRIBE   yes       ALLOW User:* DESCRIBE on TOPIC LITERAL * from *
"
    );
}

#[test]
fn mistakes_are_told_before_a_connection() {
    let bench = Bench::new(MANIFEST, &State::default());
    for (line, words) in [
        ("can alice READ topic:orders", "write `User:alice`"),
        (
            "can User: READ topic:orders",
            "write a principal as `User:NAME`",
        ),
        ("can User:* READ topic:orders", "nobody in particular"),
        ("can User:a ALL topic:orders", "invalid value 'ALL'"),
        (
            "can User:a RAED topic:orders",
            "tip: a similar value exists: 'READ'",
        ),
        ("can User:a READ topics:orders", "did you mean `topic`?"),
        ("can User:a READ topic:*", "write the name of one resource"),
        (
            "can User:a READ topic:a/b",
            "`/` is not allowed in a topic name",
        ),
        ("can User:a READ group:", "write a name"),
        (
            "can User:a WRITE group:g",
            "no request needs WRITE on a GROUP",
        ),
        (
            "can User:a READ topic:a --host localhost",
            "invalid IP address",
        ),
        (
            "can User:a READ topic:a --assume x=y",
            "write `super.users=User:…;User:…`",
        ),
        (
            "can User:a READ topic:a --assume allow.everyone.if.no.acl.found=yes",
            "it is `true` or `false`",
        ),
        ("describe access", "required"),
        ("describe access --topic a --group b", "cannot be used with"),
    ] {
        bench
            .run(&crate::program::words(line))
            .exits(2)
            .stderr_has(words);
    }
    let ran = bench
        .run(&words("can User:a WRITE group:g -o json"))
        .exits(2);
    assert_eq!(
        error(&ran)["hint"],
        "the operations there are READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS"
    );
}

#[test]
fn documents_have_what_the_text_has() {
    let bench = bench(&[]);
    let line = "can User:alice WRITE topic:orders -o json";
    let document = run(&bench, line, 3).json();
    assert_eq!(
        document,
        json!({
            "formatVersion": 1, "kind": "Decision",
            "principal": "User:alice", "operation": "WRITE", "host": "*",
            "resourceType": "TOPIC", "resourceName": "orders", "patternType": "LITERAL",
            "allowed": "no", "reason": "acl", "message": "an ACL denies it",
            "rules": [acl(ACLS[2])], "overridden": [acl(ACLS[1])], "assumed": [],
        })
    );
    let ran = bench.run(&words("describe access --topic orders -o json"));
    let ran = ran.exits(0);
    assert_eq!(ran.stderr, VOID);
    let document = ran.json();
    assert_eq!(document["kind"], "Entitlements");
    assert_eq!(document["superUsers"], json!([]));
    assert_eq!(document["withoutEffect"], json!([acl(ACLS[7])]));
    let yaml = run(&bench, "can User:alice READ topic:orders -o yaml", 0);
    yaml.stdout_has("allowed: \"yes\"");
}
