//! Replaces answers by errors that leave the outcome of a write open.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::proxy::{Alter, api};

/// The number of answers in which no error code was found.
pub(super) static MISSED: AtomicUsize = AtomicUsize::new(0);

/// Codes that leave open whether a write was carried out
/// (`org.apache.kafka.common.protocol.Errors`).
fn codes(api_key: i16) -> &'static [i16] {
    const UNKNOWN_SERVER_ERROR: i16 = -1;
    const NOT_LEADER_OR_FOLLOWER: i16 = 6;
    const REQUEST_TIMED_OUT: i16 = 7;
    const COORDINATOR_NOT_AVAILABLE: i16 = 15;
    const NOT_COORDINATOR: i16 = 16;
    const NOT_ENOUGH_REPLICAS_AFTER_APPEND: i16 = 20;
    const NOT_CONTROLLER: i16 = 41;
    match api_key {
        api::PRODUCE => &[
            NOT_LEADER_OR_FOLLOWER,
            REQUEST_TIMED_OUT,
            NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        ],
        api::DELETE_RECORDS => &[NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT],
        api::OFFSET_COMMIT | api::OFFSET_DELETE | api::DELETE_GROUPS => &[
            NOT_COORDINATOR,
            COORDINATOR_NOT_AVAILABLE,
            REQUEST_TIMED_OUT,
        ],
        api::INIT_PRODUCER_ID | api::ADD_PARTITIONS_TO_TXN | api::END_TXN => {
            &[NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE]
        }
        _ => &[UNKNOWN_SERVER_ERROR, REQUEST_TIMED_OUT, NOT_CONTROLLER],
    }
}

/// Replaces the code of the first item whose name begins with `stem` by one of these.
pub(super) fn ambiguous(api_key: i16, stem: &str, random: u64) -> Alter {
    let codes = codes(api_key);
    let code = codes[usize::try_from(random >> 8).unwrap_or(0) % codes.len()];
    let stem = stem.to_owned();
    Arc::new(move |version, frame| {
        let mut frame = frame.to_vec();
        let at = place(api_key, version, &frame, &stem);
        match at.and_then(|at| frame.get_mut(at..at + 2)) {
            // Another code is a refusal, such as of a coordinator that is not ready, and stays.
            Some(bytes) if *bytes != [0, 0] => {}
            Some(bytes) => bytes.copy_from_slice(&code.to_be_bytes()),
            None => drop(MISSED.fetch_add(1, Ordering::SeqCst)),
        }
        frame
    })
}

/// The position of the error code. Names are shorter than 127 bytes here, so a compact length is
/// one byte.
fn place(api_key: i16, version: i16, frame: &[u8], stem: &str) -> Option<usize> {
    match api_key {
        api::CREATE_ACLS | api::DELETE_ACLS => return Some(if version >= 2 { 10 } else { 12 }),
        api::ALTER_CLIENT_QUOTAS => return Some(if version >= 1 { 10 } else { 12 }),
        api::INIT_PRODUCER_ID => return Some(if version >= 2 { 9 } else { 8 }),
        api::END_TXN => return Some(if version >= 3 { 9 } else { 8 }),
        _ => {}
    }
    let found = frame
        .windows(stem.len())
        .position(|bytes| bytes == stem.as_bytes())?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let length = frame[found..]
        .iter()
        .take_while(|byte| is_name(byte))
        .count();
    let after = found + named_length(api_key, version, frame, found).unwrap_or(length);
    let place = match (api_key, version) {
        (api::CREATE_TOPICS, 7..) | (api::DELETE_TOPICS, 6..) => after + 16,
        (api::INCREMENTAL_ALTER_CONFIGS, 1..) => found - 5,
        (api::INCREMENTAL_ALTER_CONFIGS, _) => found - 7,
        (api::DELETE_RECORDS, 2..) => after + 1 + 4 + 8,
        (api::DELETE_RECORDS, _) => after + 4 + 4 + 8,
        (api::OFFSET_COMMIT, 8..) | (api::PRODUCE, 9..) | (api::ADD_PARTITIONS_TO_TXN, 3..) => {
            after + 1 + 4
        }
        (
            api::OFFSET_COMMIT | api::PRODUCE | api::ADD_PARTITIONS_TO_TXN | api::OFFSET_DELETE,
            _,
        ) => after + 4 + 4,
        _ => after,
    };
    Some(place)
}

/// The position of the length before a name.
fn named_length(api_key: i16, version: i16, frame: &[u8], found: usize) -> Option<usize> {
    let is_compact = match api_key {
        api::CREATE_TOPICS => version >= 5,
        api::DELETE_TOPICS => version >= 4,
        api::OFFSET_COMMIT => version >= 8,
        api::PRODUCE => version >= 9,
        api::ADD_PARTITIONS_TO_TXN => version >= 3,
        api::CREATE_PARTITIONS | api::DELETE_RECORDS | api::DELETE_GROUPS => version >= 2,
        _ => false,
    };
    if is_compact {
        usize::from(*frame.get(found.checked_sub(1)?)?).checked_sub(1)
    } else {
        let bytes = frame.get(found.checked_sub(2)?..found)?;
        Some(usize::from(u16::from_be_bytes(bytes.try_into().ok()?)))
    }
}
