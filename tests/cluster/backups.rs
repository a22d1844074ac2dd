//! Backups of real clusters, changed and checked with Apache's tools.

use std::collections::BTreeMap;

use tonkafka::model::group::Committed;

use crate::contract_access::authorizer;
use crate::on::run;
use crate::program::{Program, Ran, words};
use crate::support::apache;
use crate::support::kafka::{self, Kafka};
use crate::support::offsets::{commit, committed, filled};

/// `kafka-configs.sh --alter` of something, such as `["topics", "orders"]`.
fn alter(kafka: &Kafka, (kind, name): (&str, &str), change: &[&str]) {
    let entity = ["--alter", "--entity-type", kind];
    let name: &[&str] = match name {
        "" => &["--entity-default"],
        name => &["--entity-name", name],
    };
    apache::configs(&kafka.admin(), &[&entity[..], name, change].concat()).ok();
}

/// Partitions, settings, ACLs and quotas as Apache's tools print them.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    partitions: BTreeMap<String, usize>,
    topics: BTreeMap<String, BTreeMap<String, String>>,
    all_brokers: BTreeMap<String, String>,
    one_broker: BTreeMap<String, String>,
    acls: String,
    quotas: String,
}

fn told(kafka: &Kafka, topics: &[&str]) -> Told {
    let admin = kafka.admin();
    let described = apache::describe_topics(&admin);
    let quotas = ["--describe", "--entity-type", "users", "--entity-default"];
    let mut acls: Vec<String> = apache::acls(&admin, &["--list"])
        .ok()
        .lines()
        .map(str::to_owned)
        .collect();
    acls.sort();
    Told {
        partitions: topics
            .iter()
            .map(|name| ((*name).to_owned(), described[*name].partitions))
            .collect(),
        topics: topics
            .iter()
            .map(|name| ((*name).to_owned(), apache::topic_configs(&admin, name)))
            .collect(),
        all_brokers: apache::broker_defaults(&admin),
        one_broker: apache::broker_configs(&admin, 1),
        acls: acls.join("\n"),
        quotas: apache::configs(&admin, &quotas).ok(),
    }
}

/// The codes of findings that no plan can fix.
fn announced(ran: &Ran) -> Vec<String> {
    let plan = ran.json();
    let findings = plan["findings"].as_array().unwrap().iter();
    let cannot = findings.filter(|finding| finding["severity"] == "cannot-apply");
    cannot
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .collect()
}

const ACL: [&str; 6] = [
    "--allow-principal",
    "User:alice",
    "--operation",
    "Read",
    "--topic",
    "o",
];

/// Creates settings of all kinds, an ACL and a quota.
fn set_up(kafka: &Kafka, orders: &str, pay: &str) {
    let create = ["--create", "--topic", pay, "--partitions", "3"];
    let own = ["--config", "cleanup.policy=compact"];
    apache::topics(&kafka.admin(), &[&create[..], &own].concat()).ok();
    for (of, setting) in [
        (("topics", orders), "segment.bytes=2000000"),
        (("brokers", ""), "message.max.bytes=2000000"),
        (("brokers", "1"), "log.cleaner.threads=2"),
        (("users", ""), "producer_byte_rate=1000"),
    ] {
        alter(kafka, of, &["--add-config", setting]);
    }
    apache::acls(&kafka.admin(), &[&["--add"][..], &ACL].concat()).ok();
}

/// Changes all of that.
fn wreck(kafka: &Kafka, orders: &str, pay: &str) {
    let admin = kafka.admin();
    apache::topics(&admin, &["--delete", "--topic", pay]).ok();
    for (of, change) in [
        (("topics", orders), ["--delete-config", "segment.bytes"]),
        (
            ("topics", orders),
            ["--add-config", "max.message.bytes=7777"],
        ),
        (("brokers", ""), ["--delete-config", "message.max.bytes"]),
        (
            ("brokers", ""),
            ["--add-config", "log.segment.delete.delay.ms=777"],
        ),
        (("brokers", "1"), ["--add-config", "log.cleaner.threads=1"]),
        (("users", ""), ["--add-config", "producer_byte_rate=5"]),
    ] {
        alter(kafka, of, &change);
    }
    apache::acls(&admin, &[&["--remove", "--force"][..], &ACL].concat()).ok();
    let other = ["--add", "--allow-principal", "User:mallory"];
    let all = ["--operation", "All", "--topic", "o"];
    apache::acls(&admin, &[other.as_slice(), &all].concat()).ok();
    let reset = ["--reset-offsets", "--group", "billing", "--all-topics"];
    let earliest = ["--to-earliest", "--execute"];
    apache::consumer_groups(&admin, &[&reset[..], &earliest].concat()).ok();
}

#[test]
fn what_was_wrecked_by_hand_is_put_back() {
    let kafka = kafka::fresh(1, &authorizer());
    let orders = filled(&kafka, "orders", &[5, 5]);
    let pay = kafka::topic_name("pay");
    set_up(&kafka, &orders, &pay);
    let rich = Committed {
        offset: 4,
        leader_epoch: Some(0),
        metadata: "kept".into(),
    };
    commit(&kafka, "billing", &orders, &[rich, Committed::at(2)]);
    let commits = committed(&kafka, "billing", &orders);
    let before = told(&kafka, &[&orders, &pay]);
    let program = Program::new();
    let create = ["backup", "create", "--out", "then.json"];
    run(&program, &kafka, &create).exits(0);
    let diff = ["backup", "diff", "then.json", "--exit-code", "-o", "json"];
    run(&program, &kafka, &diff).exits(0);

    wreck(&kafka, &orders, &pay);
    assert_ne!(committed(&kafka, "billing", &orders), commits);

    run(&program, &kafka, &diff).exits(3);
    let restore = ["backup", "restore", "then.json", "--yes"];
    let ran = run(&program, &kafka, &restore).exits(0);
    ran.stdout_has("it is made anew, empty");
    assert_eq!(told(&kafka, &[&orders, &pay]), before);
    assert_eq!(committed(&kafka, "billing", &orders), commits);
    let left = run(&program, &kafka, &diff).exits(0);
    assert_eq!(announced(&left), ["records-gone"], "{}", left.stdout);
}

#[test]
fn a_bad_apply_is_rolled_back() {
    let kafka = kafka::fresh(1, &[]);
    let orders = filled(&kafka, "orders", &[3]);
    let pay = filled(&kafka, "pay", &[1]);
    alter(
        &kafka,
        ("brokers", ""),
        &["--add-config", "message.max.bytes=2000000"],
    );
    let before = (
        apache::topic_configs(&kafka.admin(), &orders),
        apache::topic_configs(&kafka.admin(), &pay),
        apache::broker_defaults(&kafka.admin()),
    );
    let program = Program::with_manifest(&format!(
        "\
version: 1
broker: {{ defaults: {{ message.max.bytes: 1000, log.segment.delete.delay.ms: 1000 }} }}
topics:
  items:
    - {{ name: {orders}, partitions: 4, configs: {{ segment.bytes: 1MiB, max.message.bytes: 999 }} }}
    - {{ name: {pay}, state: absent }}
"
    ));
    let apply = words("apply --yes --allow-delete 1 --allow topic-in-use");
    run(&program, &kafka, &apply).exits(0);
    let look = run(&program, &kafka, &["rollback", "--dry-run", "-o", "json"]).exits(0);
    assert_eq!(announced(&look), ["partition-decrease", "records-gone"]);
    run(&program, &kafka, &["rollback", "--yes"]).exits(0);
    let after = (
        apache::topic_configs(&kafka.admin(), &orders),
        apache::topic_configs(&kafka.admin(), &pay),
        apache::broker_defaults(&kafka.admin()),
    );
    assert_eq!(after, before);
    let described = apache::describe_topics(&kafka.admin());
    assert_eq!(
        (described[&orders].partitions, described[&pay].partitions),
        (4, 1)
    );
}
