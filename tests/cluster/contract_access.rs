//! The contract for ACLs, users and quotas, on the cluster in memory and on Kafka, checked with
//! Apache's tools.

use std::collections::BTreeMap;

use tonkafka::cluster::access::Access;
use tonkafka::cluster::fake::{FakeCluster, State};
use tonkafka::cluster::{Answer, At, Cluster};
use tonkafka::model::access::{
    AclBinding, Credential, Entity, Operation, PatternType, Permission, Quota, QuotaValue,
    ResourceType, User,
};
use tonkafka::model::seen::{Cause, Seen};

use crate::support::apache;
use crate::support::kafka::{self, Kafka, Options};
use crate::support::live::{codes, connect, runtime};
use crate::support::proxy::{Action, api};

#[test]
fn the_cluster_in_memory_keeps_the_contract() {
    let credential = |mechanism: &str, iterations| Credential {
        mechanism: mechanism.to_owned(),
        iterations,
    };
    let alice = User {
        name: "alice".to_owned(),
        credentials: vec![
            credential("SCRAM-SHA-256", 4096),
            credential("SCRAM-SHA-512", 8192),
        ],
    };
    let cluster = FakeCluster::new(State {
        acls: Some(Vec::new()),
        users: vec![alice],
        ..State::default()
    });
    runtime().block_on(contract(&cluster));
    let without = FakeCluster::new(State::default());
    runtime().block_on(without_an_authorizer(&without));
}

#[test]
fn kafka_keeps_the_contract() {
    let kafka = kafka::fresh(1, &authorizer());
    create_alice(&kafka);
    let told = runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        contract(&cluster).await
    });
    let listed = apache::acls(&kafka.admin(), &["--list"]).ok();
    for acl in &told {
        let line = format!(
            "(principal={}, host={}, operation={}, permissionType={})",
            acl.principal, acl.host, acl.operation, acl.permission
        );
        let heading = format!(
            "(resourceType={}, name={}, patternType={})",
            acl.resource_type, acl.resource_name, acl.pattern_type
        );
        let place = listed.find(&heading);
        let place = place.unwrap_or_else(|| panic!("no {heading} in {listed}"));
        let block = listed[place..].split("Current ACLs").next().unwrap();
        assert!(block.contains(&line), "no {line} in {listed}");
    }
    assert_eq!(
        listed.matches("(principal=").count(),
        told.len(),
        "{listed}"
    );
    let quotas = apache::configs(
        &kafka.admin(),
        &["--describe", "--entity-type", "users", "--entity-default"],
    );
    assert!(quotas.ok().contains("request_percentage=0.5"));
}

/// Creates the user that the contract expects, with the password `alice-secret`.
pub(super) fn create_alice(kafka: &Kafka) {
    for scram in [
        "SCRAM-SHA-256=[iterations=4096,password=alice-secret]",
        "SCRAM-SHA-512=[iterations=8192,password=alice-secret]",
    ] {
        let alice = ["--entity-type", "users", "--entity-name", "alice"];
        let alter = [&["--alter", "--add-config", scram], &alice[..]].concat();
        apache::configs(&kafka.admin(), &alter).ok();
    }
}

#[test]
fn kafka_without_an_authorizer_keeps_the_contract() {
    let kafka = kafka::single();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        without_an_authorizer(&cluster).await;
    });
}

/// The broker carries a write out and its answer is lost: unknown, sent once, and visible when
/// read.
#[test]
fn lost_answers_are_unknown_and_nothing_is_sent_twice() {
    let with = |options: Options, (key, value): (&str, &str)| options.property(key, value);
    let options = Kafka::options().proxies(1);
    let kafka = authorizer().into_iter().fold(options, with).start();
    let proxy = kafka.proxy();
    let acls = [acl(
        Permission::Allow,
        Operation::Read,
        (ResourceType::Topic, PatternType::Prefixed, "orders"),
    )];
    let user = entity(&[("user", Some("alice"))]);
    let rate = ("producer_byte_rate".to_owned(), Some(QuotaValue(9.0)));
    runtime().block_on(async {
        let cluster = connect(&proxy.bootstrap()).await;
        let lost = |answers: &[Answer]| matches!(answers, [Answer::Unknown { .. }]);
        for api in [api::CREATE_ACLS, api::DELETE_ACLS, api::ALTER_CLIENT_QUOTAS] {
            proxy.on(api, 1, Action::SwallowAndCut);
        }
        assert!(lost(&cluster.create_acls(&acls).await));
        described(&cluster, &acls).await;
        assert!(lost(&cluster.delete_acls(&acls).await));
        described(&cluster, &[]).await;
        let change = [(user.clone(), vec![rate])];
        assert!(lost(&cluster.alter_quotas(&change).await));
        has_quotas(&cluster, vec![quota(&user, &[("producer_byte_rate", 9.0)])]).await;
    });
    for api in [api::CREATE_ACLS, api::DELETE_ACLS, api::ALTER_CLIENT_QUOTAS] {
        assert_eq!(proxy.count(api), 1);
    }
}

/// Settings that enable an authorizer, with everybody a superuser.
pub(super) fn authorizer() -> [(&'static str, &'static str); 2] {
    let class = if kafka::with_zookeeper() {
        "kafka.security.authorizer.AclAuthorizer"
    } else {
        "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
    };
    [
        ("authorizer.class.name", class),
        ("super.users", "User:ANONYMOUS"),
    ]
}

pub(super) fn acl(
    permission: Permission,
    operation: Operation,
    (resource_type, pattern_type, name): (ResourceType, PatternType, &str),
) -> AclBinding {
    AclBinding {
        resource_type,
        resource_name: name.to_owned(),
        pattern_type,
        principal: "User:alice".to_owned(),
        host: "*".to_owned(),
        operation,
        permission,
    }
}

async fn without_an_authorizer(cluster: &dyn Cluster) {
    let seen = cluster.describe_acls(At::AnyBroker).await.unwrap();
    let words = "SECURITY_DISABLED: No Authorizer is configured on the broker";
    assert!(
        matches!(&seen, Seen::Unseen(Cause::NotSupported, told) if told.starts_with(words)),
        "{seen:?}"
    );
    let one = acl(
        Permission::Allow,
        Operation::Read,
        (ResourceType::Topic, PatternType::Literal, "orders"),
    );
    let answers = cluster.create_acls(std::slice::from_ref(&one)).await;
    assert_eq!(codes(&answers), ["SECURITY_DISABLED"]);
    let answers = cluster.delete_acls(std::slice::from_ref(&one)).await;
    assert_eq!(codes(&answers), ["SECURITY_DISABLED"]);
    let seen = cluster.describe_users(At::AnyBroker).await.unwrap();
    assert!(seen.value().is_some(), "{seen:?}");
}

/// Expects a cluster with an authorizer and no ACL, a user `alice` with two mechanisms, and no
/// quota. Returns the remaining ACLs.
pub(super) async fn contract(cluster: &dyn Cluster) -> Vec<AclBinding> {
    users(cluster).await;
    quotas(cluster).await;
    acls(cluster).await
}

async fn users(cluster: &dyn Cluster) {
    let Seen::Value(users) = cluster.describe_users(At::AnyBroker).await.unwrap() else {
        panic!()
    };
    let [alice] = &users[..] else {
        panic!("{users:?}")
    };
    assert_eq!(alice.name, "alice");
    let told: Vec<(&str, i32)> = alice
        .credentials
        .iter()
        .map(|one| (one.mechanism.as_str(), one.iterations))
        .collect();
    assert_eq!(told, [("SCRAM-SHA-256", 4096), ("SCRAM-SHA-512", 8192)]);
}

async fn described(cluster: &dyn Cluster, wanted: &[AclBinding]) {
    let mut wanted = wanted.to_vec();
    wanted.sort();
    for _ in 0..100 {
        let seen = cluster.describe_acls(At::AnyBroker).await.unwrap();
        if seen == Seen::Value(wanted.clone()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let seen = cluster.describe_acls(At::AnyBroker).await.unwrap();
    assert_eq!(seen, Seen::Value(wanted));
}

/// Every accepted value is read back unchanged, and only the named ACLs are deleted.
async fn acls(cluster: &dyn Cluster) -> Vec<AclBinding> {
    described(cluster, &[]).await;
    assert!(cluster.create_acls(&[]).await.is_empty());
    let orders = (ResourceType::Topic, PatternType::Literal, "orders");
    let prefixed = (ResourceType::Topic, PatternType::Prefixed, "orders");
    let everything = (ResourceType::Topic, PatternType::Literal, "*");
    let of_user = (ResourceType::User, PatternType::Literal, "User:bob");
    let mut all = vec![
        acl(Permission::Allow, Operation::Read, orders),
        acl(Permission::Deny, Operation::Read, orders),
        acl(Permission::Allow, Operation::Read, prefixed),
        acl(Permission::Allow, Operation::Read, everything),
        AclBinding {
            host: "10.0.0.1".to_owned(),
            ..acl(Permission::Allow, Operation::Read, orders)
        },
        acl(
            Permission::Allow,
            Operation::All,
            (ResourceType::Group, PatternType::Prefixed, "g"),
        ),
        acl(
            Permission::Allow,
            Operation::IdempotentWrite,
            (ResourceType::Cluster, PatternType::Literal, "kafka-cluster"),
        ),
        acl(
            Permission::Allow,
            Operation::Write,
            (ResourceType::TransactionalId, PatternType::Literal, "t"),
        ),
        acl(
            Permission::Allow,
            Operation::Describe,
            (ResourceType::DelegationToken, PatternType::Literal, "d"),
        ),
        acl(Permission::Allow, Operation::CreateTokens, of_user),
        acl(Permission::Allow, Operation::DescribeTokens, of_user),
    ];
    for operation in [
        Operation::Create,
        Operation::Delete,
        Operation::Alter,
        Operation::DescribeConfigs,
        Operation::AlterConfigs,
    ] {
        all.push(acl(Permission::Allow, operation, orders));
    }
    let answers = cluster.create_acls(&all).await;
    assert_eq!(codes(&answers), vec!["done"; all.len()]);
    described(cluster, &all).await;

    let again = cluster.create_acls(&all[..1]).await;
    assert_eq!(codes(&again), ["done"]);
    described(cluster, &all).await;

    let absent = acl(
        Permission::Allow,
        Operation::Read,
        (ResourceType::Topic, PatternType::Literal, "absent"),
    );
    // Only the topic's literal ACL is deleted, not those of a prefix or of all topics.
    let deleted = cluster.delete_acls(&[all[0].clone(), absent]).await;
    assert_eq!(codes(&deleted), ["done", "done"]);
    described(cluster, &all[1..]).await;
    all.remove(0);
    all
}

fn entity(parts: &[(&str, Option<&str>)]) -> Entity {
    let parts = parts.iter();
    let parts = parts.map(|(part, name)| ((*part).to_owned(), name.map(str::to_owned)));
    Entity(parts.collect())
}

fn quota(entity: &Entity, values: &[(&str, f64)]) -> Quota {
    let values = values.iter();
    let values = values.map(|(key, value)| ((*key).to_owned(), QuotaValue(*value)));
    Quota {
        entity: entity.clone(),
        values: values.collect::<BTreeMap<_, _>>(),
    }
}

async fn has_quotas(cluster: &dyn Cluster, mut wanted: Vec<Quota>) {
    wanted.sort();
    for _ in 0..100 {
        let seen = cluster.describe_quotas(At::AnyBroker).await.unwrap();
        if seen == Seen::Value(wanted.clone()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let seen = cluster.describe_quotas(At::AnyBroker).await.unwrap();
    assert_eq!(seen, Seen::Value(wanted));
}

async fn quotas(cluster: &dyn Cluster) {
    has_quotas(cluster, Vec::new()).await;
    let alice = entity(&[("user", Some("alice"))]);
    let both = entity(&[("user", Some("alice")), ("client-id", None)]);
    let default = entity(&[("user", None)]);
    let address = entity(&[("ip", Some("127.0.0.1"))]);
    let set = |key: &str, value: f64| (key.to_owned(), Some(QuotaValue(value)));
    let unset = |key: &str| (key.to_owned(), None);
    let answers = cluster
        .alter_quotas(&[
            (
                alice.clone(),
                vec![
                    set("producer_byte_rate", 10_485_760.0),
                    set("request_percentage", 200.0),
                ],
            ),
            (both.clone(), vec![set("controller_mutation_rate", 1.5)]),
            (default.clone(), vec![set("request_percentage", 0.5)]),
            (address.clone(), vec![set("connection_creation_rate", 9.0)]),
            (
                entity(&[("client-id", Some("c"))]),
                vec![set("no_such_rate", 1.0)],
            ),
        ])
        .await;
    assert_eq!(
        codes(&answers),
        ["done", "done", "done", "done", "INVALID_REQUEST"]
    );
    has_quotas(
        cluster,
        vec![
            quota(
                &alice,
                &[
                    ("producer_byte_rate", 10_485_760.0),
                    ("request_percentage", 200.0),
                ],
            ),
            quota(&both, &[("controller_mutation_rate", 1.5)]),
            quota(&default, &[("request_percentage", 0.5)]),
            quota(&address, &[("connection_creation_rate", 9.0)]),
        ],
    )
    .await;
    let answers = cluster
        .alter_quotas(&[
            (
                alice.clone(),
                vec![
                    set("request_percentage", 100.0),
                    unset("producer_byte_rate"),
                ],
            ),
            (both, vec![unset("controller_mutation_rate")]),
            (address, vec![unset("connection_creation_rate")]),
        ])
        .await;
    assert_eq!(codes(&answers), ["done", "done", "done"]);
    has_quotas(
        cluster,
        vec![
            quota(&alice, &[("request_percentage", 100.0)]),
            quota(&default, &[("request_percentage", 0.5)]),
        ],
    )
    .await;
}
