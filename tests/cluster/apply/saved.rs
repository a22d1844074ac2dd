//! A saved plan is applied exactly or refused.

use super::{run, topics};
use crate::program::Program;
use crate::support::switch::Switch;
use crate::support::{apache, kafka};

#[test]
fn a_kept_plan_is_refused_when_apaches_tools_changed_something() {
    let admin = kafka::single().admin();
    let name = kafka::topic_name("kept-plan");
    let create = [
        "--create",
        "--topic",
        &name,
        "--config",
        "retention.ms=1000",
    ];
    apache::topics(&admin, &create).ok();
    let program = Program::with_manifest(&topics(&format!(
        "    - {{name: {name}, partitions: 1, configs: {{retention.ms: 2000}}}}\n"
    )));
    run(&program, &admin, &["plan", "--out", "plan.json"]).exits(0);
    let alter = [
        "--alter",
        "--entity-type",
        "topics",
        "--entity-name",
        &name,
        "--add-config",
        "retention.ms=1500",
    ];
    apache::configs(&admin, &alter).ok();
    let apply = ["apply", "plan.json", "--yes"];
    let changed = run(&program, &admin, &apply).exits(4);
    let words = format!("topic {name}: retention.ms was 1000, and is 1500 now");
    changed.stderr_has(&words);
    assert_eq!(apache::topic_configs(&admin, &name)["retention.ms"], "1500");

    run(&program, &admin, &["plan", "--out", "plan.json"]).exits(0);
    apache::topics(&admin, &["--delete", "--topic", &name]).ok();
    while apache::describe_topic(&admin, &name).is_some() {}
    let again = [
        "--create",
        "--topic",
        &name,
        "--config",
        "retention.ms=1500",
    ];
    apache::topics(&admin, &again).ok();
    let recreated = run(&program, &admin, &apply).exits(4);
    recreated.stderr_has("the topic's id was");
    assert_eq!(apache::topic_configs(&admin, &name)["retention.ms"], "1500");
}

/// The address leads to another cluster, which is alike in everything that the plan relies on.
#[test]
fn a_kept_plan_is_refused_where_its_address_leads_to_another_cluster() {
    let (one, other) = (kafka::fresh(1, &[]), kafka::fresh(1, &[]));
    let old = "    - {name: old, partitions: 1, configs: {retention.ms: 1000}}\n";
    let program = Program::with_manifest(&topics(old));
    for kafka in [&one, &other] {
        run(&program, &kafka.admin(), &["apply", "--yes"]).exits(0);
    }
    // Only new topics and settings, so that no topic id reveals the other cluster.
    program.write(
        "topics.yaml",
        "version: 1\nbroker: {defaults: {message.max.bytes: 5000000}}\ntopics:\n  items:\n    - {name: new, partitions: 1}\n",
    );
    let switch = Switch::to(&one.admin());
    run(&program, &switch.address(), &["plan", "--out", "plan.json"]).exits(0);

    switch.lead_to(&other.admin());
    let apply = ["apply", "plan.json", "--yes"];
    let refused = run(&program, &switch.address(), &apply).exits(4);
    let (here, there) = (one.cluster_id(), other.cluster_id());
    assert_ne!(here, there);
    refused.stderr_ends(&format!(
            "error: the plan is for cluster `{here}`, and this is cluster `{there}`\nhint: nothing was written; check `--bootstrap-server`\n"
        ));
    for kafka in [&one, &other] {
        assert!(apache::describe_topic(&kafka.admin(), "new").is_none());
    }

    switch.lead_to(&one.admin());
    run(&program, &switch.address(), &apply).exits(0);
    assert!(apache::describe_topic(&one.admin(), "new").is_some());
}
