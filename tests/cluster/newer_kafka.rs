//! Real Kafka with additional keys, which no catalogue has.

use crate::program::Program;
use crate::support::apache;
use crate::support::kafka::Kafka;

const MAIN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/cluster/java/NewerKafka.java"
);

fn manifest(list: &str) -> String {
    format!(
        "\
version: 1
broker: {{ defaults: {{ newer.broker.enable: false }} }}
topics:
  items:
    - {{ name: orders, partitions: 1, configs: {{ newer.list: {list}, newer.ms: 7s }} }}
"
    )
}

#[test]
fn keys_that_only_the_brokers_know_are_planned_applied_and_verified() {
    let kafka = Kafka::options().main(MAIN).start();
    let bootstrap = kafka.bootstrap();
    let program = Program::with_manifest(&manifest("[c, d]"));
    let run = |arguments: &[&str]| program.run(&[arguments, &["-b", &bootstrap]].concat());

    // There is no topic yet, so brokers validate one without creating it.
    let ran = run(&["plan"]).exits(0);
    let words = "`newer.list` is not in tonkafka's catalogue; taken, because the brokers would take it for a new topic [uncatalogued-key]";
    ran.stdout_has(words);
    assert!(apache::describe_topic(&kafka.admin(), "orders").is_none());

    run(&["apply", "--yes"]).exits(0);
    let live = apache::topic_configs(&kafka.admin(), "orders");
    assert_eq!((&*live["newer.list"], &*live["newer.ms"]), ("c,d", "7000"));
    let ran = run(&["plan", "--exit-code"]).exits(0);
    for words in [
        "`newer.ms` is not in tonkafka's catalogue; taken as the brokers know it: LONG",
        "`newer.broker.enable` is not in tonkafka's catalogue; taken as the brokers know it: BOOLEAN, default false",
    ] {
        ran.stdout_has(words);
    }

    // Values are compared by the type that brokers report.
    program.write("topics.yaml", &manifest("'c , d'"));
    run(&["plan", "--exit-code"]).exits(0);
    program.write("topics.yaml", &manifest("c"));
    run(&["plan", "--exit-code"]).exits(3);
    run(&["apply", "--yes"]).exits(0);
    let live = apache::topic_configs(&kafka.admin(), "orders");
    assert_eq!(live["newer.list"], "c");

    let imported = run(&["import"]).exits(0).stdout;
    let comment = "newer.list: c # not in tonkafka's catalogue; these brokers know it";
    assert!(imported.contains(comment), "{imported}");
    program.write("topics.yaml", &imported);
    run(&["plan", "--exit-code"]).exits(0);

    program.write(
        "topics.yaml",
        &manifest("c").replace("newer.ms", "newest.ms"),
    );
    let ran = run(&["apply", "--yes"]).exits(2);
    ran.stderr_has("unknown key `newest.ms`");
    let ran = run(&["explain", "newer.ms"]).exits(0);
    ran.stdout_has("  type     whole number, 64 bits, in milliseconds\n");
}
