//! The guards of `reset-offsets`, one case for each.

use tonkafka::cluster::fake::{FakeGroup, State};
use tonkafka::model::group::GroupState;
use tonkafka::model::measure::TopicPartition;
use tonkafka::plan::{Code, Pass};

use super::reset;
use super::undo::what_was_moved_on_meanwhile_is_not_taken_back;
use crate::billing::{commits, group, log, member, state};
use crate::fake::Bench;

/// A case that triggers a guard, and a way to pass it.
struct Row {
    state: State,
    arguments: &'static [&'static str],
    /// Further arguments beside the flag.
    past: &'static [&'static str],
    /// A state that passes the guard.
    other: Option<State>,
}

/// Whether a guard is one of `reset-offsets`.
pub fn has(code: Code) -> bool {
    code == Code::CommitsMoved || row(code).is_some()
}

fn row(code: Code) -> Option<Row> {
    with_a_flag(code).or_else(|| without_a_flag(code))
}

fn tripping(state: State, arguments: &'static [&'static str], other: Option<State>) -> Row {
    Row {
        state,
        arguments,
        past: &[],
        other,
    }
}

fn with_a_flag(code: Code) -> Option<Row> {
    Some(match code {
        Code::SkipsUnread => tripping(
            state(),
            &["billing", "--topic", "orders:0", "--to", "latest"],
            None,
        ),
        Code::OutsideLog => tripping(
            state(),
            &["billing", "--topic", "orders:1", "--to", "3"],
            None,
        ),
        Code::FutureTime => Row {
            past: &["--allow-skip"],
            ..tripping(
                state(),
                &[
                    "billing",
                    "--topic",
                    "orders:0",
                    "--to",
                    "2100-01-01T00:00:00Z",
                ],
                None,
            )
        },
        Code::NoCommit => tripping(
            state(),
            &["billing", "--topic", "pay", "--to", "earliest"],
            None,
        ),
        Code::NoSuchGroup => tripping(
            state(),
            &["biling", "--topic", "pay", "--to", "earliest"],
            None,
        ),
        _ => return None,
    })
}

fn without_a_flag(code: Code) -> Option<Row> {
    let with = |id: &str, group: FakeGroup| {
        let mut state = state();
        state.groups.insert(id.into(), group);
        state
    };
    Some(match code {
        Code::GroupActive => {
            let mut active = state();
            active
                .groups
                .get_mut("billing")
                .unwrap()
                .members
                .push(member());
            tripping(
                active,
                &["billing", "--topic", "orders:0", "--to", "1"],
                Some(state()),
            )
        }
        Code::GroupUnknown => {
            let mut odd = state();
            odd.groups.get_mut("billing").unwrap().state = Some(GroupState::from("Pondering"));
            tripping(
                odd,
                &["billing", "--topic", "orders:0", "--to", "1"],
                Some(state()),
            )
        }
        Code::ForeignGroup => tripping(
            with(
                "connect",
                FakeGroup {
                    protocol_type: "connect".into(),
                    ..group(&[("orders", 0, 5)])
                },
            ),
            &["connect", "--topic", "orders:0", "--to", "1"],
            Some(with("connect", group(&[("orders", 0, 5)]))),
        ),
        Code::NoSuchPartition => {
            let mut grown = state();
            grown.topics.get_mut("orders").unwrap().partitions = 10;
            grown.groups.get_mut("billing").unwrap().commits = commits(&[("orders", 9, 3)]);
            let logs = grown.logs.get_mut("orders").unwrap();
            logs.insert(9, log(0, 10, &[]));
            tripping(
                state(),
                &["billing", "--topic", "orders:9", "--to", "0"],
                Some(grown),
            )
        }
        Code::PendingCommit => {
            let mut pending = state();
            let billing = pending.groups.get_mut("billing").unwrap();
            billing.pending.push(TopicPartition::new("orders", 0));
            tripping(
                pending,
                &["billing", "--topic", "orders:0", "--to", "1"],
                Some(state()),
            )
        }
        _ => return None,
    })
}

/// Runs the case of a guard: it triggers, and its flag or the other state passes it.
pub fn trips_and_passes(code: Code) {
    let Some(row) = row(code) else {
        // This guard is about undoing.
        what_was_moved_on_meanwhile_is_not_taken_back();
        return;
    };
    let bench = Bench::new("version: 1\n", &row.state);
    let ran = reset(&bench, &[row.arguments, &["--yes"]].concat()).exits(4);
    assert!(
        ran.stdout.contains(&format!("[{code}]")),
        "{code}: {}",
        ran.stdout
    );
    assert!(ran.stdout.contains("\nrefused:\n") || ran.stdout.starts_with("refused:\n"));
    assert!(ran.stderr.contains("\nhint: "), "{code}: {}", ran.stderr);
    assert_eq!(bench.state().groups, row.state.groups, "{code}");
    let mut past = [row.arguments, &["--yes"], row.past].concat();
    match (code.pass(), row.other) {
        (Some(Pass::Flag(flag)), None) => {
            assert!(
                ran.stdout.contains(&format!("`{flag}`")),
                "{code}: {}",
                ran.stdout
            );
            past.push(flag);
        }
        (Some(Pass::Never), Some(other)) => {
            bench.set(&other);
        }
        (other, _) => panic!("{code} has {other:?}"),
    }
    reset(&bench, &past).exits(0);
    assert_ne!(bench.state().requests, Vec::<String>::new(), "{code}");
}
