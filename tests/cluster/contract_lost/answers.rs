//! Answers that replace a broker's own, in the versions that this program and Kafka since 3.9 use.

use crate::support::proxy::Alter;
use std::sync::Arc;

/// No tagged fields, in a header or a body.
const FLEXIBLE: [u8; 1] = [0];
const THROTTLE: [u8; 4] = [0; 4];
const NOT_COORDINATOR: [u8; 2] = 16_i16.to_be_bytes();
const NOT_CONTROLLER: [u8; 2] = 41_i16.to_be_bytes();

fn with(body: Vec<u8>) -> Alter {
    Arc::new(move |_version, frame: &[u8]| [&frame[..4], &body].concat())
}

fn text(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len() + 1).unwrap();
    [&[length], text.as_bytes()].concat()
}

/// One item in a compact array.
fn one(item: &[u8]) -> Vec<u8> {
    [&[2], item, &FLEXIBLE].concat()
}

/// An answer without any item.
pub fn of_nothing(request: &str) -> Alter {
    let none = [0; 4];
    match request {
        "CreateAcls" | "DeleteAcls" => with([THROTTLE, none].concat()),
        "OffsetDelete" => with([&[0; 2][..], &THROTTLE, &none].concat()),
        _ => with([&FLEXIBLE[..], &THROTTLE, &[1], &FLEXIBLE].concat()),
    }
}

/// `NOT_COORDINATOR` for a group, or for the first partition of a topic.
pub fn not_coordinator(request: &str, group: &str, topic: &str) -> Alter {
    let items = match request {
        "OffsetDelete" => {
            return with([&NOT_COORDINATOR[..], &THROTTLE, &[0; 4]].concat());
        }
        "DeleteGroups" => one(&[&text(group), &NOT_COORDINATOR[..]].concat()),
        _ => {
            let partition = [&[0; 4][..], &NOT_COORDINATOR].concat();
            one(&[text(topic), one(&partition)].concat())
        }
    };
    with([&FLEXIBLE[..], &THROTTLE, &items, &FLEXIBLE].concat())
}

/// `NOT_CONTROLLER` for a topic that was to be created.
pub fn not_controller(topic: &str) -> Alter {
    let (id, words, counts, configs) = ([0; 16], [0], [0; 6], [0]);
    let result = [
        &text(topic),
        &id[..],
        &NOT_CONTROLLER,
        &words,
        &counts,
        &configs,
    ];
    let items = one(&result.concat());
    with([&FLEXIBLE[..], &THROTTLE, &items, &FLEXIBLE].concat())
}
