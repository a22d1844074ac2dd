//! The guards of `snapshot restore`, one case for each.

use std::collections::BTreeMap;

use bytes::Bytes;
use tonkafka::cluster::fake::{FakeLog, State};
use tonkafka::plan::{Code, Pass};

use super::{bench, now, orders, path, with};
use crate::fake::{Bench, error, holding, topic};
use crate::made::write;

pub fn has(code: Code) -> bool {
    matches!(
        code,
        Code::OtherCluster
            | Code::TargetNotEmpty
            | Code::PartitionsDiffer
            | Code::RestoreExpires
            | Code::TimestampRejected
            | Code::RecordTooLarge
    )
}

/// Expects that a guard triggers, and that its flag passes it if it has one.
#[track_caller]
pub fn trips_and_passes(code: Code) {
    let bench = tripping(code);
    let before = bench.state();
    let ran = bench.run(&with(&["--yes"])).exits(4);
    ran.stdout_has(&format!("[{code}]"));
    ran.stdout_has("hint: ");
    assert_eq!(bench.state(), before, "{code}");
    let json = bench.run(&with(&["--yes", "-o", "json"])).exits(4);
    assert_eq!(error(&json)["code"], 4);
    let dry = bench.run(&with(&["--dry-run", "-o", "json"])).exits(4);
    dry.stdout_has(&code.to_string());
    match code.pass() {
        Some(Pass::Flag(flag)) => {
            ran.stdout_has(&format!("pass `{flag}`"));
            bench.run(&with(&["--yes", flag])).exits(0);
        }
        other => {
            assert_eq!(other, Some(Pass::Never));
            bench
                .run(&with(&["--yes", "--rename", "orders=elsewhere"]))
                .exits(0);
        }
    }
}

fn tripping(code: Code) -> Bench {
    let live = |configs: &[(&str, &str)]| holding(&[("orders", topic(2, configs))]);
    match code {
        Code::OtherCluster => {
            let bench = Bench::new("version: 1\n", &State::default());
            write(&path(&bench), "another", &[orders()], &[]);
            bench
        }
        Code::TargetNotEmpty => {
            // The log has no records, but its start offset shows that it once had.
            let log = FakeLog {
                start: 7,
                end: 7,
                ..FakeLog::default()
            };
            let logs = BTreeMap::from([("orders".to_owned(), BTreeMap::from([(1, log)]))]);
            bench(&State { logs, ..live(&[]) }, &[orders()], &[])
        }
        Code::PartitionsDiffer => {
            let state = holding(&[("orders", topic(3, &[]))]);
            bench(&state, &[orders()], &[])
        }
        Code::RestoreExpires => {
            let mut content = orders();
            content.partitions[1][0].timestamp = now() - 8 * 86_400_000;
            bench(&State::default(), &[content], &[])
        }
        Code::TimestampRejected => {
            let state = live(&[("message.timestamp.before.max.ms", "100")]);
            bench(&state, &[orders()], &[])
        }
        Code::RecordTooLarge => {
            let mut content = orders();
            content.partitions[0][0].value = Some(Bytes::from(vec![0; 2_000_000]));
            bench(&State::default(), &[content], &[])
        }
        other => panic!("{other} is no guard of restores"),
    }
}
