//! Property tests of plans, applied to the cluster in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use tonkafka::apply::{ApplySettings, Stop, apply};
use tonkafka::cluster::fake::{FakeCluster, FakeTopic, State};
use tonkafka::model::desired::{
    BrokerSettings, Desired, DesiredTopic, Place, Setting, Settings, TopicSpec, TopicState,
};
use tonkafka::observe::manifest::observe;
use tonkafka::plan::diff::{DiffOptions, diff};
use tonkafka::plan::{Action, Code, Plan, Resource, Severity};

const NAMES: [&str; 5] = ["user.activity", "audit.logs", "notifications", "a-b", "x"];
const TOPIC_VALUES: [(&str, &[&str]); 4] = [
    ("retention.ms", &["-1", "1000", " 1000 ", "604800000"]),
    (
        "cleanup.policy",
        &["compact, delete", "compact,delete", "delete"],
    ),
    ("min.cleanable.dirty.ratio", &["0.50", "0.5", "0.1"]),
    ("preallocate", &["true", "TRUE", "false"]),
];
const BROKER_VALUES: [(&str, &[&str]); 3] = [
    ("message.max.bytes", &["1000000", "1048588", "2000000"]),
    ("log.retention.ms", &["1000", "2000"]),
    ("log.retention.hours", &["168", "24"]),
];

fn settings(table: &'static [(&'static str, &'static [&'static str])]) -> BoxedStrategy<Settings> {
    let one = prop::sample::select(table).prop_flat_map(|(key, values)| {
        let value = prop::sample::select(values).prop_map(|text| Setting::Value(text.to_owned()));
        let setting = prop_oneof![4 => value, 1 => Just(Setting::Unset)];
        (Just(key.to_owned()), setting)
    });
    prop::collection::vec(one, 0..4)
        .prop_map(|pairs| pairs.into_iter().collect())
        .boxed()
}

fn wanted_topic() -> impl Strategy<Value = TopicState> {
    let present = (1..6i32, prop::option::of(1..3i16), settings(&TOPIC_VALUES)).prop_map(
        |(partitions, replicas, configs)| {
            TopicState::Present(TopicSpec {
                partitions,
                replicas,
                configs,
                ..TopicSpec::default()
            })
        },
    );
    prop_oneof![5 => present, 1 => Just(TopicState::Absent)]
}

fn desired() -> impl Strategy<Value = Desired> {
    let topics =
        prop::collection::btree_map(prop::sample::select(&NAMES[..]), wanted_topic(), 0..5);
    let own = prop::collection::btree_map(1..3i32, settings(&BROKER_VALUES), 0..2);
    (topics, settings(&BROKER_VALUES), own).prop_map(|(topics, defaults, brokers)| Desired {
        broker: BrokerSettings {
            defaults,
            brokers,
            ..BrokerSettings::default()
        },
        topics: topics
            .into_iter()
            .map(|(name, state)| DesiredTopic {
                name: name.to_owned(),
                place: Place {
                    file: "topics.yaml".into(),
                    line: 1,
                    column: 1,
                },
                state,
            })
            .collect(),
        ..Desired::default()
    })
}

fn values(settings: &Settings) -> BTreeMap<String, String> {
    settings
        .iter()
        .filter_map(|(key, setting)| match setting {
            Setting::Value(value) => Some((key.clone(), value.trim().to_owned())),
            Setting::Unset => None,
        })
        .collect()
}

fn live() -> impl Strategy<Value = State> {
    let topic = (1..6i32, 1..3i16, settings(&TOPIC_VALUES));
    let topics = prop::collection::btree_map(prop::sample::select(&NAMES[..]), topic, 0..5);
    let dynamic = settings(&BROKER_VALUES[..2]);
    (topics, dynamic.clone(), dynamic).prop_map(|(topics, defaults, own)| State {
        brokers: vec![1, 2],
        topics: topics
            .into_iter()
            .map(|(name, (partitions, replicas, configs))| {
                let topic = FakeTopic {
                    id: 0,
                    partitions,
                    replicas,
                    configs: values(&configs),
                };
                (name.to_owned(), topic)
            })
            .collect(),
        broker_defaults: values(&defaults),
        broker_configs: BTreeMap::from([(2, values(&own))]),
        ..State::default()
    })
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(future)
}

fn everything_allowed() -> DiffOptions {
    DiffOptions {
        allow_delete: usize::MAX,
        allow: Code::guards().collect(),
        ..DiffOptions::default()
    }
}

async fn plan(cluster: &FakeCluster, desired: &Desired) -> Plan {
    let observed = observe(cluster, desired).await.unwrap();
    diff(desired, &observed, &everything_allowed())
}

async fn carry_out(cluster: &FakeCluster, plan: &Plan) {
    let (_handle, stop) = Stop::new();
    let shelves = tempfile::tempdir().unwrap();
    let settings = ApplySettings::new(Duration::from_millis(200), shelves.path(), &stop);
    let report = apply(cluster, plan, settings, &mut |_| {}).await;
    let report = report.unwrap();
    let refused: Vec<_> = report
        .steps
        .iter()
        .filter(|one| !matches!(one.outcome, tonkafka::apply::Outcome::Done { .. }))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}

/// The manifest that declares a state's topics and settings.
fn as_desired(state: &State) -> Desired {
    let set = |map: &BTreeMap<String, String>| -> Settings {
        map.iter()
            .map(|(key, value)| (key.clone(), Setting::Value(value.clone())))
            .collect()
    };
    Desired {
        broker: BrokerSettings {
            // A value that a broker overrides cannot take effect for all: declare brokers too.
            defaults: set(&state.broker_defaults),
            brokers: state
                .broker_configs
                .iter()
                .map(|(id, own)| (*id, set(own)))
                .collect(),
            ..BrokerSettings::default()
        },
        topics: state
            .topics
            .iter()
            .map(|(name, topic)| DesiredTopic {
                name: name.clone(),
                place: Place {
                    file: "topics.yaml".into(),
                    line: 1,
                    column: 1,
                },
                state: TopicState::Present(TopicSpec {
                    partitions: topic.partitions,
                    replicas: Some(topic.replicas),
                    configs: set(&topic.configs),
                    ..TopicSpec::default()
                }),
            })
            .collect(),
        ..Desired::default()
    }
}

proptest! {
    #[test]
    fn a_cluster_does_not_differ_from_itself(state in live()) {
        run(async {
            let desired = as_desired(&state);
            let cluster = FakeCluster::new(state);
            let plan = plan(&cluster, &desired).await;
            prop_assert!(plan.is_empty(), "{:?}", plan.steps);
            prop_assert!(plan.findings.is_empty(), "{:?}", plan.findings);
            Ok(())
        })?;
    }

    #[test]
    fn applying_a_plan_leaves_nothing_to_do(desired in desired(), state in live()) {
        run(async {
            let cluster = FakeCluster::new(state);
            let first = plan(&cluster, &desired).await;
            carry_out(&cluster, &first).await;
            let second = plan(&cluster, &desired).await;
            prop_assert!(second.is_empty(), "{:?}", second.steps);
            // The second plan repeats lasting findings and adds none.
            let lasting = first.findings.iter().filter(|f| f.severity == Severity::CannotApply);
            prop_assert!(second.findings.iter().filter(|f| f.severity == Severity::CannotApply)
                .all(|f| lasting.clone().any(|g| g.code == f.code)));
            Ok(())
        })?;
    }

    #[test]
    fn pruning_leaves_what_is_declared_and_nothing_to_do(desired in desired(), state in live()) {
        run(async {
            let cluster = FakeCluster::new(state);
            let pruning = DiffOptions { prune_configs: true, ..everything_allowed() };
            let observed = observe(&cluster, &desired).await.unwrap();
            carry_out(&cluster, &diff(&desired, &observed, &pruning)).await;
            let observed = observe(&cluster, &desired).await.unwrap();
            let again = diff(&desired, &observed, &pruning);
            prop_assert!(again.is_empty(), "{:?}", again.steps);
            prop_assert!(again.left_alone.overrides.is_empty(), "{:?}", again.left_alone);
            let plain = plan(&cluster, &desired).await;
            prop_assert!(plain.is_empty(), "{:?}", plain.steps);
            Ok(())
        })?;
    }

    #[test]
    fn any_part_of_a_plan_and_then_another_plan_converge(
        desired in desired(),
        state in live(),
        cut in 0.0..1.0f64,
    ) {
        run(async {
            let cluster = FakeCluster::new(state.clone());
            let whole = plan(&cluster, &desired).await;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let length = (whole.steps.len() as f64 * cut) as usize;
            let mut part = whole.clone();
            part.steps.truncate(length);
            carry_out(&cluster, &part).await;
            carry_out(&cluster, &plan(&cluster, &desired).await).await;
            let straight = FakeCluster::new(state);
            carry_out(&straight, &whole).await;
            prop_assert_eq!(held(&cluster), held(&straight));
            Ok(())
        })?;
    }

    #[test]
    fn only_what_is_declared_is_touched(desired in desired(), state in live()) {
        run(async {
            let cluster = FakeCluster::new(state.clone());
            let plan = plan(&cluster, &desired).await;
            let declared: BTreeSet<&str> = desired.topic_names().collect();
            for step in &plan.steps {
                if let Resource::Topic { name } = &step.resource() {
                    prop_assert!(declared.contains(name.as_str()));
                }
            }
            carry_out(&cluster, &plan).await;
            let after = cluster.state();
            for (name, before) in &state.topics {
                if !declared.contains(name.as_str()) {
                    prop_assert_eq!(after.topics.get(name), Some(before));
                    continue;
                }
                let wanted = desired.topics.iter().find(|topic| topic.name == *name).unwrap();
                let TopicState::Present(spec) = &wanted.state else { continue };
                for (key, value) in &before.configs {
                    if !spec.configs.contains_key(key) {
                        prop_assert_eq!(after.topics[name].configs.get(key), Some(value));
                    }
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn nothing_is_deleted_that_is_not_declared_absent(desired in desired(), state in live()) {
        run(async {
            let cluster = FakeCluster::new(state);
            let observed = observe(&cluster, &desired).await.unwrap();
            let absent: BTreeSet<&str> = desired.topics.iter()
                .filter(|topic| topic.state == TopicState::Absent)
                .map(|topic| topic.name.as_str())
                .collect();
            let plan = diff(&desired, &observed, &DiffOptions::default());
            let deletes: Vec<_> = plan.steps.iter()
                .filter(|step| matches!(step.action, Action::DeleteTopic(..)))
                .collect();
            for step in &deletes {
                let Resource::Topic { name } = &step.resource() else { panic!("{step:?}") };
                prop_assert!(absent.contains(name.as_str()));
            }
            // Without the flag the whole plan is refused.
            prop_assert!(deletes.is_empty() || plan.has(Severity::Refused));
            Ok(())
        })?;
    }
}

/// The state of a cluster without counters.
fn held(cluster: &FakeCluster) -> impl PartialEq + std::fmt::Debug {
    let state = cluster.state();
    let topics: BTreeMap<_, _> = state
        .topics
        .into_iter()
        .map(|(name, topic)| (name, (topic.partitions, topic.replicas, topic.configs)))
        .collect();
    (topics, state.broker_defaults, state.broker_configs)
}
