//! The exact output of `list groups`, `describe groups` and `describe group`.

use serde_json::json;
use tonkafka::cluster::fake::{FakeGroup, State};
use tonkafka::model::group::{GroupState, GroupType};

use crate::fake::{Bench, holding, topic};
use crate::lag_state::{group, incident, log, member};

const NO_TOPICS: &str = "version: 1\ntopics: {items: []}\n";

fn bench(state: &State) -> Bench {
    Bench::new(NO_TOPICS, state)
}

#[test]
fn ids_are_one_a_line() {
    let ran = bench(&incident()).run(&["list", "groups"]).exits(0);
    assert_eq!(
        ran.stdout,
        "ahead\naudit-reader\nbilling\nlevel\nshared\nworkers\n"
    );
}

#[test]
fn all_groups_in_a_table() {
    let bench = bench(&incident());
    let ran = bench.run(&["describe", "groups"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
GROUP         TYPE               STATE   COORDINATOR  ASSIGNOR  MEMBERS  TOPICS  PARTITIONS          LAG  NOTE
ahead         classic            Empty             1  -               0       1           3      160 + ?  1 partition committed beyond the log end; 2 partitions without a commit, 160 counted from the log start
audit-reader  consumer           Stable            2  uniform         1       2           2  29988 (30k)  1 partition of topics that are gone
billing       classic            Stable            1  range           2       1           3           63  10 records already lost; 1 partition without a commit
level         classic            Empty             1  -               0       1           3            0
shared        share              Empty             1  -               0       1           3           70  2 partitions without a commit, 60 counted from the log start
workers       classic (connect)  Stable            1  -               1       -           -            -  no consumers: its protocol is connect
"
    );
    let chosen = ["--columns", "group,lag", "--sort", "lag:desc"];
    let ran = bench.run(&[&["describe", "groups"], &chosen[..]].concat());
    assert_eq!(
        ran.exits(0).stdout,
        "\
GROUP                 LAG
audit-reader  29988 (30k)
ahead             160 + ?
shared                 70
billing                63
level                   0
workers                 -
"
    );
}

#[test]
fn groups_in_depth_never_mix() {
    let bench = bench(&incident());
    let ran = bench
        .run(&["describe", "group", "billing", "audit-reader", "workers"])
        .exits(0);
    assert_eq!(
        ran.stdout,
        "\
group billing  classic  Stable  coordinator 1  assignor range  2 members

CLIENT     HOST       INSTANCE  PARTITIONS  READS
billing-1  /10.0.0.7  -                  2  orders:0,1
billing-2  /10.0.0.7  -                  1  orders:2

TOPIC   PARTITION  COMMITTED  LOG START  LOG END  LAG  CLIENT     NOTE
orders          0         97          0      100    3  billing-1
orders          1         30         40      100   60  billing-1  10 records already lost
orders          2          -          0        0    0  billing-2  no commit

lag 63; 10 records already lost; 1 partition without a commit

group audit-reader  consumer  Stable  coordinator 2  assignor uniform  epoch 1  1 member

CLIENT   HOST       INSTANCE  PARTITIONS  READS
audit-1  /10.0.0.7  -                  1  audit:0

TOPIC  PARTITION  COMMITTED  LOG START  LOG END          LAG  CLIENT   NOTE
audit          0         12          0    30000  29988 (30k)  audit-1
gone           0          5          -        -            -  -        the topic is gone

lag 29988 (30k); 1 partition of topics that are gone

group workers  classic (connect)  Stable  coordinator 1  1 member

CLIENT     HOST       INSTANCE  PARTITIONS  READS
connect-1  /10.0.0.7  -                  0  -

no consumers: its protocol is connect
"
    );
    // In the order of the arguments.
    let ran = bench.run(&["describe", "group", "level", "ahead"]).exits(0);
    let titles = ran.stdout.lines().filter(|line| line.starts_with("group "));
    let titles: Vec<&str> = titles.collect();
    assert_eq!(
        titles,
        [
            "group level  classic  Empty  coordinator 1  0 members",
            "group ahead  classic  Empty  coordinator 1  0 members"
        ]
    );
}

#[test]
fn every_group_has_its_own_offsets() {
    // 20 groups with different commits for the same three topics.
    let topics = ["a", "b", "c"];
    let mut state = holding(&topics.map(|name| (name, topic(1, &[]))));
    for name in topics {
        state
            .logs
            .insert(name.to_owned(), [(0, log(0, 500))].into());
    }
    for number in 0..20 {
        let place = |index: i64| [(0, number * 3 + index)];
        let (a, b, c) = (place(0), place(1), place(2));
        let one = group(&[("a", &a), ("b", &b), ("c", &c)]);
        state.groups.insert(format!("g-{number:02}"), one);
    }
    let ids: Vec<String> = state.groups.keys().cloned().collect();
    let mut arguments = vec!["describe", "group", "-o", "json"];
    arguments.extend(ids.iter().map(String::as_str));
    let document = bench(&state).run(&arguments).exits(0).json();
    let groups = document["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 20);
    for (number, group) in (0..).zip(groups) {
        assert_eq!(group["id"], format!("g-{number:02}"));
        for (index, topic) in (0..).zip(group["topics"].as_array().unwrap()) {
            let offset = number * 3 + index;
            let partition = &topic["partitions"][0];
            assert_eq!(partition["committed"], json!({ "offset": offset }));
            assert_eq!(partition["lag"], json!(500 - offset));
        }
    }
}

#[test]
fn wide_has_what_was_committed_beside_the_offset() {
    let wide = ["describe", "group", "billing", "-o", "wide"];
    let ran = bench(&incident()).run(&wide).exits(0);
    assert_eq!(
        ran.stdout,
        "\
group billing  classic  Stable  coordinator 1  assignor range  2 members

CLIENT     HOST       INSTANCE  PARTITIONS  MEMBER          READS
billing-1  /10.0.0.7  -                  2  billing-1-7f3a  orders:0,1
billing-2  /10.0.0.7  -                  1  billing-2-7f3a  orders:2

TOPIC   PARTITION  COMMITTED  LOG START  LOG END  LAG  CLIENT     LEADER EPOCH  METADATA  NOTE
orders          0         97          0      100    3  billing-1             4  shard 7
orders          1         30         40      100   60  billing-1             -  -         10 records already lost
orders          2          -          0        0    0  billing-2             -  -         no commit

lag 63; 10 records already lost; 1 partition without a commit
"
    );
}

#[test]
fn a_document_has_everything() {
    let arguments = ["describe", "group", "billing", "-o", "json"];
    let document = bench(&incident()).run(&arguments).exits(0).json();
    assert_eq!(document["formatVersion"], 1);
    assert_eq!(document["kind"], "GroupDetails");
    let group = &document["groups"][0];
    assert_eq!(group["type"], "classic");
    assert_eq!(group["state"], "Stable");
    assert_eq!(
        group["members"][1],
        json!({
            "clientId": "billing-2",
            "id": "billing-2-7f3a",
            "host": "/10.0.0.7",
            "assignment": { "orders": [2] },
        })
    );
    assert_eq!(
        group["topics"][0]["partitions"],
        json!([
            {
                "partition": 0,
                "standing": "behind",
                "committed": { "offset": 97, "leaderEpoch": 4, "metadata": "shard 7" },
                "logStart": 0,
                "logEnd": 100,
                "lag": 3,
                "member": "billing-1-7f3a",
            },
            {
                "partition": 1,
                "standing": "belowLogStart",
                "committed": { "offset": 30 },
                "logStart": 40,
                "logEnd": 100,
                "lag": 60,
                "lost": 10,
                "member": "billing-1-7f3a",
            },
            {
                "partition": 2,
                "standing": "noCommit",
                "committed": null,
                "logStart": 0,
                "logEnd": 0,
                "lag": 0,
                "unread": 0,
                "member": "billing-2-7f3a",
            },
        ])
    );
    assert_eq!(
        group["total"],
        json!({
            "lag": 63,
            "whole": true,
            "lost": 10,
            "fromLogStart": 0,
            "partitions": 3,
            "noCommit": 1,
            "beyondLogEnd": 0,
            "gone": 0,
            "unreadable": 0,
        })
    );
}

#[test]
fn a_group_that_is_not_there() {
    let bench = bench(&incident());
    let ran = bench
        .run(&["describe", "group", "biling", "level"])
        .exits(4);
    ran.stdout_starts("group level  classic");
    assert_eq!(
        ran.stderr,
        "error: there is no group `biling`\nhint: did you mean `billing`?\n"
    );
    let ran = bench.run(&["describe", "group", "x", "y"]).exits(4);
    assert_eq!(ran.stdout, "");
    assert_eq!(
        ran.stderr,
        "error: there are no groups `x`, `y`\nhint: `tonkafka list groups` shows them\n"
    );
    let arguments = ["describe", "group", "biling", "-o", "json"];
    let document = bench.run(&arguments).exits(4).json();
    assert_eq!(document["kind"], "GroupDetails");
    assert_eq!(document["error"]["code"], 4);
    assert_eq!(document["error"]["hint"], "did you mean `billing`?");
}

#[test]
fn a_silent_coordinator_hides_its_groups_only() {
    let mut state = incident();
    state.faults.silent_brokers.insert(2);
    let bench = bench(&state);
    let silent = "cannot reach broker 2: connection refused";

    let ran = bench.run(&["list", "groups"]).exits(7);
    assert_eq!(ran.stdout, "ahead\nbilling\nlevel\nshared\nworkers\n");
    let said = format!("error: not everything can be seen: groups of broker 2 ({silent})\n");
    assert_eq!(ran.stderr, said);
    let document = bench.run(&["list", "groups", "-o", "json"]).exits(7).json();
    assert_eq!(document["names"].as_array().unwrap().len(), 5);
    assert_eq!(document["error"]["code"], 7);

    let ran = bench.run(&["describe", "groups"]).exits(7);
    assert_eq!(ran.stdout.lines().count(), 6);
    assert_eq!(ran.stderr, said);

    let named = ["describe", "group", "level", "audit-reader"];
    let ran = bench.run(&named).exits(7);
    ran.stdout_starts("group level  classic");
    ran.stdout_ends(&format!("group audit-reader\n\nnot visible: {silent}\n"));
    assert_eq!(
        ran.stderr,
        format!("error: not everything can be seen: group `audit-reader` ({silent})\n")
    );
    let json = bench.run(&[&named[..], &["-o", "json"]].concat()).exits(7);
    let group = &json.json()["groups"][1];
    assert_eq!(
        group,
        &json!({
            "id": "audit-reader",
            "total": null,
            "notSeen": { "seen": "unavailable", "value": silent },
        })
    );
}

#[test]
fn what_may_not_be_seen_is_said() {
    let mut state = incident();
    state
        .faults
        .not_permitted_groups
        .insert("billing".to_owned());
    state.faults.not_permitted.insert("audit".to_owned());
    let bench = bench(&state);
    let ran = bench.run(&["describe", "group", "billing"]).exits(7);
    let denied = "GROUP_AUTHORIZATION_FAILED";
    assert_eq!(
        ran.stdout,
        format!("group billing\n\nnot visible: {denied}\n")
    );
    assert_eq!(
        ran.stderr,
        format!("error: not everything can be seen: group `billing` ({denied})\n")
    );
    let both = ["describe", "group", "billing", "missing"];
    assert_eq!(
        bench.run(&both).exits(7).stderr,
        format!(
            "error: not everything can be seen: group `billing` ({denied}); there is no group `missing`\n"
        )
    );
    let ran = bench.run(&["describe", "group", "audit-reader"]).exits(7);
    let denied = "TOPIC_AUTHORIZATION_FAILED";
    let row = format!(
        "audit          0         12          -        -    -  audit-1  not visible: {denied}"
    );
    ran.stdout_has(&row);
    ran.stdout_has("gone           0");
    assert_eq!(
        ran.stderr,
        format!(
            "error: not everything can be seen: offsets of `audit-reader` in audit/0 ({denied})\n"
        )
    );
}

#[test]
fn hostile_names_are_escaped_in_text_and_whole_in_json() {
    const ID: &str = "a\nb\u{1b}[31m\u{202e}c";
    const CLIENT: &str = "x\u{1b}]0;y\u{7}";
    let mut state = holding(&[("t", topic(1, &[]))]);
    state.logs.insert("t".to_owned(), [(0, log(0, 9))].into());
    let mut hostile = FakeGroup {
        assignor: Some("r\u{1b}".to_owned()),
        members: vec![member(CLIENT, &[("t", &[0])])],
        state: Some(GroupState::from("Odd\u{1b}")),
        group_type: GroupType::from("Gossip\u{202e}"),
        ..group(&[("t", &[(0, 4)])])
    };
    hostile.members[0].instance_id = Some("i\t".to_owned());
    hostile.members[0].host = "/h\r".to_owned();
    let committed = hostile.commits.get_mut("t").unwrap().get_mut(&0).unwrap();
    committed.metadata = "m\n\u{200b}".to_owned();
    state.groups.insert(ID.to_owned(), hostile);
    let bench = bench(&state);
    let shown = "a\\nb\\u{1b}[31m\\u{202e}c";
    assert_eq!(
        bench.run(&["list", "groups"]).exits(0).stdout,
        format!("{shown}\n")
    );
    let commands: [&[&str]; 4] = [
        &["describe", "groups", "-o", "wide"],
        &["describe", "group", ID, "-o", "wide"],
        &["lag", "-o", "wide"],
        &["lag", ID, "-o", "wide", "--fail-over", "0"],
    ];
    for arguments in commands {
        let ran = bench.run(arguments);
        let said = ran.stdout + &ran.stderr;
        let wrong = said
            .chars()
            .find(|c| *c != '\n' && (c.is_control() || !c.is_ascii()));
        assert_eq!(wrong, None, "{said:?}");
        assert!(said.contains(shown), "{said}");
    }
    let ran = bench.run(&["describe", "group", ID, "-o", "wide"]).exits(0);
    for part in [
        "x\\u{1b}]0;y\\u{7}",
        "/h\\r",
        "i\\t",
        "m\\n\\u{200b}",
        "r\\u{1b}",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let missing = bench.run(&["describe", "group", "a\u{1b}"]).exits(4);
    assert_eq!(
        missing.stderr,
        "error: there is no group `a\\u{1b}`\nhint: `tonkafka list groups` shows them\n"
    );
    let names = bench.run(&["list", "groups", "-o", "json"]).exits(0).json();
    assert_eq!(names["names"], json!([ID]));
    let arguments = ["describe", "group", ID, "-o", "json"];
    let document = bench.run(&arguments).exits(0).json();
    let group = &document["groups"][0];
    assert_eq!(group["id"], ID);
    assert_eq!(group["members"][0]["clientId"], CLIENT);
    assert_eq!(group["members"][0]["host"], "/h\r");
    let partition = &group["topics"][0]["partitions"][0];
    assert_eq!(partition["committed"]["metadata"], "m\n\u{200b}");
}

#[test]
fn columns_go_with_the_table_of_all_groups() {
    let bench = bench(&incident());
    let ran = bench
        .run(&["describe", "groups", "--sort", "lags"])
        .exits(2);
    ran.stderr_starts("error: there is no column `lags`\nhint: did you mean `lag`?");
    let ran = bench
        .run(&["describe", "group", "level", "--sort", "lag"])
        .exits(2);
    assert_eq!(
        ran.stderr,
        "error: this description has no columns to choose from\n\
         hint: `--columns` and `--sort` go with topics, brokers, groups, log-dirs, quorum, api-versions, acls, users and quotas\n"
    );
}
