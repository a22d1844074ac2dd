//! ACLs, users and quotas: how they are described, and plans that change them.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{Faults, State};
use tonkafka::model::access::{
    AclBinding, Credential, Entity, Operation, PatternType, Permission, Quota, QuotaValue,
    ResourceType, User,
};
use tonkafka::model::backup::Kept;
use tonkafka::plan::restore::access::{Live, WantedAccess, access};
use tonkafka::plan::{FORMAT_VERSION, LeftAlone, Plan, file};

use crate::fake::{Bench, error};
use crate::fresh;
use crate::program::{Ran, words};

const MANIFEST: &str = "version: 1\n";

pub fn acl(permission: Permission, principal: &str, name: &str) -> AclBinding {
    AclBinding {
        resource_type: ResourceType::Topic,
        resource_name: name.to_owned(),
        pattern_type: PatternType::Literal,
        principal: principal.to_owned(),
        host: "*".to_owned(),
        operation: Operation::Read,
        permission,
    }
}

fn allow(name: &str) -> AclBinding {
    acl(Permission::Allow, "User:alice", name)
}

pub fn quota(parts: &[(&str, Option<&str>)], values: &[(&str, f64)]) -> Quota {
    let parts = parts.iter();
    let parts = parts.map(|(part, name)| ((*part).to_owned(), name.map(str::to_owned)));
    let values = values.iter();
    let values = values.map(|(key, value)| ((*key).to_owned(), QuotaValue(*value)));
    Quota {
        entity: Entity(parts.collect()),
        values: values.collect::<BTreeMap<_, _>>(),
    }
}

fn user(name: &str, mechanism: &str) -> User {
    User {
        name: name.to_owned(),
        credentials: vec![Credential {
            mechanism: mechanism.to_owned(),
            iterations: 4096,
        }],
    }
}

fn cluster() -> State {
    State {
        acls: Some(vec![
            allow("orders"),
            acl(Permission::Deny, "User:\u{1b}[1mmallory", "orders"),
            AclBinding {
                pattern_type: PatternType::Prefixed,
                ..allow("since.")
            },
        ]),
        users: vec![
            user("since", "SCRAM-SHA-512"),
            user("alice", "SCRAM-SHA-256"),
        ],
        quotas: vec![
            quota(
                &[("user", Some("alice")), ("client-id", None)],
                &[("request_percentage", 12.5)],
            ),
            quota(
                &[("user", None)],
                &[
                    ("producer_byte_rate", 10_485_760.0),
                    ("consumer_byte_rate", 9.0),
                ],
            ),
        ],
        ..State::default()
    }
}

#[test]
fn acls_users_and_quotas_are_told() {
    let bench = Bench::new(MANIFEST, &cluster());
    assert_eq!(
        bench.run(&["describe", "acls"]).exits(0).stdout,
        "\
PRINCIPAL              PERMISSION  OPERATION  RESOURCE TYPE  RESOURCE  PATTERN   HOST
User:\\u{1b}[1mmallory  DENY        READ       TOPIC          orders    LITERAL   *
User:alice             ALLOW       READ       TOPIC          orders    LITERAL   *
User:alice             ALLOW       READ       TOPIC          since.    PREFIXED  *
"
    );
    assert_eq!(
        bench.run(&["describe", "users"]).exits(0).stdout,
        "\
USER   MECHANISM      ITERATIONS
alice  SCRAM-SHA-256        4096
since  SCRAM-SHA-512        4096
"
    );
    assert_eq!(
        bench.run(&["describe", "quotas"]).exits(0).stdout,
        "\
ENTITY                           KEY                    VALUE
user alice, client-id <default>  request_percentage      12.5
user <default>                   consumer_byte_rate         9
user <default>                   producer_byte_rate  10485760
"
    );
    let sorted = words("describe quotas --columns value --sort value:desc");
    assert_eq!(
        bench.run(&sorted).exits(0).stdout,
        "   VALUE\n10485760\n    12.5\n       9\n"
    );
}

#[test]
fn documents_have_what_tables_have() {
    let bench = Bench::new(MANIFEST, &cluster());
    let json = |what| bench.run(&["describe", what, "-o", "json"]).exits(0).json();
    let acls = json("acls");
    assert_eq!(acls["kind"], "Acls");
    assert_eq!(acls["acls"][0]["principal"], "User:\u{1b}[1mmallory");
    assert_eq!(acls["acls"][2]["patternType"], "PREFIXED");
    let users = json("users");
    assert_eq!(users["users"][0]["credentials"][0]["iterations"], 4096);
    let quotas = json("quotas");
    let first = &quotas["quotas"][0];
    assert_eq!(first["entity"]["client-id"], serde_json::Value::Null);
    assert_eq!(first["entity"]["user"], "alice");
    assert_eq!(first["values"]["request_percentage"], 12.5);
    let yaml = bench.run(&["describe", "quotas", "-o", "yaml"]).exits(0);
    yaml.stdout_has("producer_byte_rate: 10485760");
}

#[test]
fn what_cannot_be_told_says_why() {
    let mut bench = Bench::new(MANIFEST, &State::default());
    assert_eq!(
        bench.run(&["describe", "acls"]).exits(4).stderr,
        "\
error: this cluster has no ACLs to describe: SECURITY_DISABLED: No Authorizer is configured on the broker
hint: its brokers have no `authorizer.class.name`: everybody may do everything
"
    );
    assert_eq!(
        bench.run(&["describe", "quotas"]).exits(0).stdout,
        "ENTITY  KEY  VALUE\n"
    );
    let mut state = cluster();
    for what in ["acls", "users", "quotas"] {
        state.faults.not_permitted_access.insert(what.to_owned());
    }
    bench = Bench::new(MANIFEST, &state);
    for (what, named) in [("acls", "ACLs"), ("users", "users"), ("quotas", "quotas")] {
        let ran = bench.run(&["describe", what, "-o", "json"]).exits(7);
        let message = format!(
            "the {named} cannot be seen: not authorised to describe {named}: \
             CLUSTER_AUTHORIZATION_FAILED: Cluster authorization failed."
        );
        assert_eq!(error(&ran)["message"], message);
    }
}

/// A plan that restores other ACLs, users and quotas, with one of each added and removed.
fn plan(state: &State) -> Plan {
    let acls = [
        allow("orders"),
        acl(Permission::Deny, "User:\u{1b}[1mmallory", "orders"),
        allow("gone"),
        acl(Permission::Deny, "User:bob", "gone"),
    ];
    let users = [
        user("alice", "SCRAM-SHA-256"),
        user("gone", "SCRAM-SHA-256"),
    ];
    let quotas = [
        quota(
            &[("user", None)],
            &[
                ("producer_byte_rate", 1024.0),
                ("controller_mutation_rate", 0.5),
            ],
        ),
        quota(
            &[("ip", Some("10.0.0.1"))],
            &[("connection_creation_rate", 5.0)],
        ),
    ];
    let wanted = WantedAccess {
        acls: Some(&acls),
        users: Some(&users),
        quotas: Some(&quotas),
    };
    let live = Live {
        acls: &Kept::Value(state.acls.clone().unwrap()),
        users: &Kept::Value(state.users.clone()),
        quotas: &Kept::Value(state.quotas.clone()),
    };
    let (mut steps, findings) = access(wanted, live);
    for (index, step) in steps.iter_mut().enumerate() {
        step.id = index + 1;
    }
    Plan {
        format_version: FORMAT_VERSION,
        kind: "Plan".to_owned(),
        cluster_id: state.cluster_id.clone(),
        manifest_hash: String::new(),
        steps,
        findings,
        orphans: Vec::new(),
        left_alone: LeftAlone::default(),
        left_out: Vec::new(),
        unmoved: Vec::new(),
        announced: None,
    }
}

/// A cluster and a saved plan for it.
fn planned(state: &State) -> Bench {
    let bench = Bench::new(MANIFEST, state);
    let text = file::to_text(&plan(state));
    bench.program.write("plan.json", &text);
    bench
}

const APPLY: [&str; 3] = ["apply", "plan.json", "--yes"];

const SHOWN: &str = "\
~ quotas of user alice, client-id <default>
    request_percentage  12.5 → (unset)
~ quotas of ip 10.0.0.1
    connection_creation_rate  (not set) → 5
~ quotas of user <default>
    consumer_byte_rate        9 → (unset)
    controller_mutation_rate  (not set) → 0.5
    producer_byte_rate        10485760 → 1024
+ ACL DENY User:bob READ on TOPIC LITERAL gone from *
+ ACL ALLOW User:alice READ on TOPIC LITERAL gone from *
- ACL ALLOW User:alice READ on TOPIC PREFIXED since. from *
";

#[test]
fn a_plan_is_carried_out_and_read_back() {
    let bench = planned(&cluster());
    fresh::check_form_for_ever(
        "tests/formats/plan-access-v2.json",
        &bench.program.read("plan.json"),
    );
    let ran = bench.run(&APPLY).exits(0);
    ran.stdout_starts(SHOWN);
    ran.stdout_has(
        "plan: 2 ACLs to create, 1 ACL to delete, quotas of 3 entities to change, \
             1 cannot be applied\n",
    );
    ran.stdout_has(
        "  user gone: its SCRAM-SHA-256 credential is gone, and cannot be made again: \
             no broker tells a secret [user-not-restored]\n",
    );
    ran.stdout_ends("apply: 6 done and verified\n");
    let state = bench.state();
    assert_eq!(
        state.requests,
        [
            "AlterClientQuotas user alice, client-id <default> ip 10.0.0.1 user <default>",
            "CreateAcls DENY User:bob READ on TOPIC LITERAL gone from *",
            "CreateAcls ALLOW User:alice READ on TOPIC LITERAL gone from *",
            "DeleteAcls ALLOW User:alice READ on TOPIC PREFIXED since. from *",
        ]
    );
    assert_eq!(state.users, cluster().users);
    assert_eq!(plan(&state).steps, []);
    // The cluster is no longer as it was when the plan was made.
    bench.run(&APPLY).exits(4);
    assert_eq!(bench.state(), state);
}

#[test]
fn it_is_shown_in_every_form() {
    let state = cluster();
    let plan = plan(&state);
    let bench = planned(&state);
    let ran = bench
        .run(&["apply", "plan.json", "--yes", "-o", "json"])
        .exits(0);
    let documents = ran.documents();
    let report = documents.last().unwrap();
    assert_eq!(report["kind"], "Report");
    assert_eq!(report["steps"][5]["step"]["action"]["type"], "deleteAcl");
    let markdown = tonkafka::view::markdown::plan(&plan);
    for row in [
        "| `ACL DENY User:bob READ on TOPIC LITERAL gone from *` | | |\n",
        "| `ACL ALLOW User:alice READ on TOPIC PREFIXED since. from *` | | |\n",
        "| `quotas of user <default>` | `producer_byte_rate` | `10485760 → 1024` |\n",
    ] {
        assert!(markdown.contains(row), "{markdown}");
    }
}

/// Changes the cluster, applies, and expects a refusal that writes nothing.
#[track_caller]
fn refused_after(change: impl FnOnce(&mut State), expected: &str) {
    let bench = planned(&cluster());
    let mut state = bench.state();
    change(&mut state);
    bench.set(&state);
    let ran = bench.run(&APPLY).exits(4);
    ran.stderr_has(expected);
    assert_eq!(bench.state(), state);
}

#[test]
fn a_cluster_that_has_moved_refuses_it() {
    refused_after(
        |state| state.acls.as_mut().unwrap().push(allow("gone")),
        "ACL ALLOW User:alice READ on TOPIC LITERAL gone from *: the ACL was absent, and is there now",
    );
    refused_after(
        |state| {
            state
                .acls
                .as_mut()
                .unwrap()
                .retain(|acl| acl.resource_name != "since.");
        },
        "the ACL was there, and is absent now",
    );
    refused_after(
        |state| {
            let values = &mut state.quotas[1].values;
            values.insert("producer_byte_rate".to_owned(), QuotaValue(7.0));
        },
        "quotas of user <default>: producer_byte_rate was 10485760, and is 7 now",
    );
    refused_after(
        |state| {
            state
                .faults
                .not_permitted_access
                .insert("quotas".to_owned());
        },
        "its quotas was visible, and is not visible now",
    );
    // A change that the plan is not about is allowed.
    let bench = planned(&cluster());
    let mut state = bench.state();
    state.acls.as_mut().unwrap().push(allow("another"));
    bench.set(&state);
    bench.run(&APPLY).exits(0);
    assert!(bench.state().acls.unwrap().contains(&allow("another")));
}

fn with_faults(faults: Faults) -> (Bench, Ran) {
    let bench = planned(&State {
        faults,
        ..cluster()
    });
    let ran = bench.run(&APPLY);
    (bench, ran)
}

#[test]
fn lost_answers_are_read_back_and_refusals_told() {
    let requests = ["CreateAcls", "DeleteAcls", "AlterClientQuotas"];
    let (bench, ran) = with_faults(Faults {
        lose_answers: requests.map(str::to_owned).into(),
        ..Faults::default()
    });
    let ran = ran.exits(0);
    let note = "the answer was lost (connection closed); read back";
    assert_eq!(ran.stderr.matches(note).count(), 6, "{}", ran.stderr);
    assert_eq!(bench.state().requests.len(), 4);

    let denied = "ACL DENY User:bob READ on TOPIC LITERAL gone from *";
    let name = denied.trim_start_matches("ACL ");
    let (bench, ran) = with_faults(Faults {
        refuse: BTreeMap::from([(name.to_owned(), "not today".to_owned())]),
        ..Faults::default()
    });
    let ran = ran.exits(5);
    ran.stdout_has("not today");
    assert_eq!(plan(&bench.state()).steps.len(), 1);
}

#[test]
fn a_quota_that_comes_out_otherwise_is_told() {
    let (_, ran) = with_faults(Faults {
        clamp: BTreeMap::from([("producer_byte_rate".to_owned(), "2048".to_owned())]),
        ..Faults::default()
    });
    let ran = ran.exits(5);
    let words = "producer_byte_rate is 2048 now, not 1024 as planned\n";
    ran.stderr_has(words);
    let end = "apply: 5 done and verified, 1 done otherwise than planned\n";
    ran.stdout_ends(end);
}
