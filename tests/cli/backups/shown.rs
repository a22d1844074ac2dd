//! How backups are shown and compared.

use std::fs;

use super::{bench, create, kept, plan, wreck};
use crate::billing::group;
use crate::documents::assert_follows;

/// Replaces ids, which contain the time.
fn without_ids(text: &str) -> String {
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).count() >= 14;
    let lines = text.lines().map(|line| {
        let words = line.split(' ');
        let words: Vec<&str> = words
            .map(|word| if digits(word) { "ID" } else { word })
            .collect();
        words.join(" ")
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn a_backup_is_listed_and_shown() {
    let bench = bench();
    let none = bench.program.run(&["backup", "list"]).exits(0);
    assert_eq!(
        none.stdout,
        "no backups on this machine; `tonkafka backup create` takes one\n"
    );
    let ran = bench.run(&["backup", "create"]).exits(0);
    let [path] = &kept(&bench)[..] else { panic!() };
    assert_eq!(
        without_ids(&ran.stdout),
        format!(
            "backup ID of cluster fake-cluster: 2 topics, 3 settings of brokers, 1 group with 2 commits, 1 ACL, 1 user, 0 quotas\nin {}\n",
            "ID"
        )
    );
    let listed = bench.run(&["backup", "list", "-o", "json"]).exits(0).json();
    let one = &listed["backups"][0];
    assert_eq!(one["path"], path.to_str().unwrap());
    assert_eq!(one["reason"], "asked");
    let id = one["id"].as_str().unwrap();
    let shown = bench.program.run(&["backup", "show", id]).exits(0);
    let (_, tables) = shown.stdout.split_once("\n\n").unwrap();
    assert_eq!(
        tables,
        "\
TOPIC   PARTITIONS  REPLICAS  ID
orders           2         1  AAAAAAAAAAAAAAAAAAAAAQ
pay              1         1  AAAAAAAAAAAAAAAAAAAAAg

OF            KEY                    VALUE
all brokers   message.max.bytes      2000000 (2 MB)
broker 1      log.cleaner.threads    2
broker 1      ssl.keystore.password  (sensitive)
topic orders  max.message.bytes      5000 (5 KB)
topic orders  retention.ms           1000000 (1000 seconds)

GROUP    TYPE     COMMITS
billing  classic        2

ACLs:
  ALLOW User:alice READ on TOPIC LITERAL orders from *

users:
  alice (SCRAM-SHA-256)
"
    );
    let document = bench
        .program
        .run(&["backup", "show", id, "-o", "json"])
        .exits(0);
    assert_follows("backup", &document.json());
    let kept = document.json();
    assert_eq!(
        kept["groups"]["billing"]["commits"]["value"]["orders"]["0"]["leaderEpoch"],
        2
    );
    assert_eq!(kept["brokerConfigs"]["1"]["value"][1]["value"], "sensitive");
    bench
        .program
        .run(&["backup", "show", id, "-o", "yaml"])
        .exits(0);
    // A damaged backup is listed as such.
    fs::write(path, "{}").unwrap();
    let listed = bench.run(&["backup", "list"]).exits(0).stdout;
    assert!(
        listed.contains("it is no backup: its `kind` is not `Backup`"),
        "{listed}"
    );
    let said = bench
        .program
        .run(&["backup", "show", "20990101-000000"])
        .exits(2);
    said.stderr_starts("error: there is no backup `20990101-000000`\nhint: ");
}

#[test]
fn two_backups_are_compared_without_a_cluster() {
    let bench = bench();
    create(&bench);
    wreck(&bench, |state| {
        state.topics.remove("pay");
        state
            .groups
            .insert("billing".into(), group(&[("orders", 0, 20)]));
    });
    let later = ["backup", "create", "--out", "now.json"];
    bench.run(&later).exits(0);
    let diff = ["backup", "diff", "then.json", "now.json", "--exit-code"];
    let ran = bench.program.run(&diff).exits(3);
    ran.stdout_has("+ topic pay\n");
    ran.stdout_ends("plan: 1 to create, 0 to change, 0 to delete, 2 offsets to commit in 1 group (replay 0, skip 70), 1 cannot be applied\n");
    let back = ["backup", "diff", "now.json", "then.json", "-o", "json"];
    let back = bench.run(&back).exits(0);
    assert_eq!(plan(&back)[0].0, "created-since");
    let same = ["backup", "diff", "now.json", "now.json", "--exit-code"];
    bench.program.run(&same).exits(0);
}
