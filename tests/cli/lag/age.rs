//! The age of the next record, and limits.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tonkafka::cluster::fake::FakeLog;

use super::{bench_of, partitions, simple};
use crate::lag_state::{MADE, group, log};
use crate::program::words;

#[test]
fn the_age_of_the_next_record_is_exact() {
    // The second log was compacted, and starts later. The third has only control records.
    let mut compacted = log(0, 20);
    compacted.timestamps.retain(|offset, _| *offset >= 15);
    let control = FakeLog {
        end: 3,
        ..FakeLog::default()
    };
    let state = simple([log(0, 10), compacted, control], &[(0, 7), (1, 4), (2, 2)]);
    let document = bench_of(&state)
        .run(&["lag", "g", "--time", "-o", "json"])
        .exits(0)
        .json();
    let now = document["readAtMs"].as_i64().unwrap();
    let next: Vec<&Value> = partitions(&document)
        .iter()
        .map(|one| &one["next"])
        .collect();
    let record = |offset: i64| {
        let timestamp = MADE + offset * 1_000;
        json!({ "offset": offset, "timestampMs": timestamp, "ageMs": now - timestamp })
    };
    assert_eq!(next[0], &record(7));
    assert_eq!(next[1], &record(15));
    let none = json!({ "offset": null, "reason": "no record left to read" });
    assert_eq!(next[2], &none);
    let total = &document["groups"][0]["total"];
    assert_eq!(total["oldestMs"], MADE + 7_000);
    assert_eq!(total["ageMs"], now - MADE - 7_000);
    assert_eq!(total["lag"], 20);
}

#[test]
fn two_groups_in_one_partition_have_their_own_ages() {
    let mut state = simple([log(0, 10), log(0, 0), log(0, 0)], &[(0, 7)]);
    state
        .groups
        .insert("h".to_owned(), group(&[("t", &[(0, 2)])]));
    let document = bench_of(&state)
        .run(&["lag", "--time", "-o", "json"])
        .exits(0)
        .json();
    let groups = document["groups"].as_array().unwrap();
    let oldest: Vec<(&str, i64)> = groups
        .iter()
        .map(|group| {
            let oldest = group["total"]["oldestMs"].as_i64().unwrap();
            (group["id"].as_str().unwrap(), oldest)
        })
        .collect();
    assert_eq!(oldest, [("h", MADE + 2_000), ("g", MADE + 7_000)]);
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// A log with one record of this age.
fn aged(ms: i64) -> FakeLog {
    FakeLog {
        end: 1,
        timestamps: [(0, now_ms() - ms)].into(),
        ..FakeLog::default()
    }
}

#[test]
fn ages_are_told_for_people() {
    let age = 2 * 3_600_000 + 5 * 60_000 + 30_000;
    let mut lost = aged(3 * 86_400_000 + 1_000);
    lost.start = 5;
    lost.end = 6;
    lost.timestamps = [(5, lost.timestamps[&0])].into();
    let state = simple([aged(age), log(0, 4), lost], &[(0, 0), (1, 4), (2, 1)]);
    let bench = bench_of(&state);
    assert_eq!(
        bench.run(&["lag", "g", "--time"]).exits(0).stdout,
        "\
GROUP  TOPIC  PARTITION  COMMITTED  LOG END  LAG  AGE        NOTE
g      t              2          1        6    1  3 d        4 records already lost
g      t              0          0        1    1  2 h 5 min
g      t              1          4        4    0  -          no record left to read

total: lag 2 in 1 group, 3 partitions
       4 records already lost
"
    );
    let sorted = words("lag --time --by partition --sort age --columns age");
    let ran = bench.run(&sorted).exits(0);
    ran.stdout_starts("AGE\n2 h 5 min\n3 d\n-\n");
    let ran = bench.run(&["lag", "--time"]).exits(0);
    ran.stdout_has("    2  3 d  4 records");
}

#[test]
fn limits_of_lag() {
    let state = simple([log(0, 10), log(0, 10), log(0, 0)], &[(0, 5), (1, 4)]);
    let bench = bench_of(&state);
    let limited = |most: &str| bench.run(&["lag", "--fail-over", most]);
    assert_eq!(limited("11").exits(0).stderr, "");
    assert_eq!(
        limited("10").exits(3).stderr,
        "over the limit: `g` (lag 11)\n"
    );
    let quiet = bench.run(&["lag", "--fail-over", "0", "-q"]).exits(3);
    assert_eq!(quiet.stderr, "");
    let document = bench
        .run(&["lag", "--fail-over", "0", "-o", "json"])
        .exits(3)
        .json();
    let over = json!([{ "group": "g", "excess": [{ "why": "lag", "lag": 11 }] }]);
    assert_eq!(document["over"], over);
    let document = bench.run(&["lag", "--fail-over", "11", "-o", "json"]);
    assert_eq!(document.exits(0).json()["over"], json!([]));
    bench.run(&["lag", "--fail-over", "-1"]).exits(2);
    bench.run(&["lag", "--fail-over", "1", "--watch"]).exits(2);
    bench.run(&["lag", "g", "--all-groups"]).exits(2);
}

#[test]
fn limits_of_age() {
    let state = simple([aged(3_600_000), log(0, 0), log(0, 0)], &[(0, 0)]);
    let bench = bench_of(&state);
    let limited = |most: &str| bench.run(&["lag", "--fail-over-time", most]);
    assert_eq!(limited("2h").exits(0).stderr, "");
    assert_eq!(
        limited("30m").exits(3).stderr,
        "over the limit: `g` (1 h in t/0)\n"
    );
    let document = bench
        .run(&["lag", "--fail-over-time", "30m", "-o", "json"])
        .exits(3)
        .json();
    let excess = &document["over"][0]["excess"][0];
    assert_eq!(excess["why"], "age");
    assert_eq!(
        (&excess["topic"], &excess["partition"]),
        (&json!("t"), &json!(0))
    );
    assert!(excess["ageMs"].as_i64().unwrap() >= 3_600_000);
    bench.run(&["lag", "--fail-over-time", "30"]).exits(2);
}

#[test]
fn lost_records_are_over_every_limit() {
    let state = simple([log(8, 10), log(0, 0), log(0, 0)], &[(0, 5)]);
    let ran = bench_of(&state)
        .run(&["lag", "--fail-over", "1000"])
        .exits(3);
    assert_eq!(ran.stderr, "over the limit: `g` (3 records already lost)\n");
}
