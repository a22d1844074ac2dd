//! Keys of one listener, on the cluster in memory.

use tonkafka::cluster::fake::State;

use crate::fake::Bench;

fn bench(settings: &str) -> Bench {
    let manifest = format!("version: 1\nbroker: {settings}\n");
    Bench::new(&manifest, &State::default())
}

#[test]
fn a_setting_of_a_listener_is_planned_written_and_there_afterwards() {
    let bench = bench(
        "{ brokers: { 1: { listener.name.internal.ssl.keystore.type: PEM, listener.name.internal.num.network.threads: 4 } } }",
    );
    let expected = "\
~ broker 1
    listener.name.internal.num.network.threads  (not set) → 4
    listener.name.internal.ssl.keystore.type    (not set) → PEM

plan: 0 to create, 1 to change, 0 to delete
";
    assert_eq!(bench.run(&["plan"]).exits(0).stdout, expected);
    bench.run(&["apply", "--yes"]).exits(0);
    let own = &bench.state().broker_configs[&1];
    assert_eq!(own["listener.name.internal.ssl.keystore.type"], "PEM");
    let again = bench.run(&["plan", "--exit-code"]).exits(0);
    assert_eq!(again.stdout, "plan: nothing to do\n");
}

#[test]
fn it_is_compared_by_the_type_of_its_end_and_changes_while_the_broker_runs() {
    let bench = bench(
        "{ brokers: { 1: { listener.name.internal.max.connections: 100, listener.name.internal.ssl.client.auth: none } } }",
    );
    let mut state = bench.state();
    let own = state.broker_configs.entry(1).or_default();
    own.insert(
        "listener.name.internal.max.connections".into(),
        "0100".into(),
    );
    own.insert(
        "listener.name.internal.ssl.client.auth".into(),
        "required".into(),
    );
    bench.set(&state);
    let ran = bench.run(&["plan"]).exits(0);
    let expected = "\
~ broker 1
    listener.name.internal.ssl.client.auth  required → none

plan: 0 to create, 1 to change, 0 to delete
";
    assert_eq!(ran.stdout, expected);
}

#[test]
fn it_is_unset_where_it_is_set_and_nothing_is_done_where_it_is_not() {
    let bench = bench("{ brokers: { 1: { listener.name.internal.ssl.keystore.type: unset } } }");
    bench.run(&["plan", "--exit-code"]).exits(0);
    let mut state = bench.state();
    let own = state.broker_configs.entry(1).or_default();
    own.insert(
        "listener.name.internal.ssl.keystore.type".into(),
        "PEM".into(),
    );
    bench.set(&state);
    bench.run(&["apply", "--yes"]).exits(0);
    assert!(bench.state().broker_configs[&1].is_empty());
}

#[test]
fn all_brokers_share_what_no_broker_has_for_itself() {
    let bench = bench("{ defaults: { listener.name.internal.max.connections: 100 } }");
    bench.run(&["apply", "--yes"]).exits(0);
    bench.run(&["plan", "--exit-code"]).exits(0);
    let defaults = &bench.state().broker_defaults;
    assert_eq!(defaults["listener.name.internal.max.connections"], "100");
}
