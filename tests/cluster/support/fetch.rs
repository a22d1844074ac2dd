//! Changes `Fetch` responses in a proxy.

use std::sync::Arc;

use krafka::__private::protocol::{FetchPartitionResponse, FetchResponse, RecordBatchHeader};

use super::proxy::Action;

/// The version that is sent, the last with topic names.
const VERSION: i16 = 12;

/// The start of the body: after the correlation id and the empty tagged fields of the header.
const BODY: usize = 5;

/// Removes the batches from `offset` on, without an error and with the same log end.
pub fn empty_from(offset: i64) -> Action {
    altered(move |partition| {
        let Some(records) = &mut partition.records else {
            return;
        };
        let mut size = 0;
        while let Some(rest) = records.get(size..).filter(|rest| !rest.is_empty()) {
            let Ok(header) = RecordBatchHeader::peek(rest) else {
                break; // the last one may be cut off
            };
            if header.base_offset >= offset {
                break;
            }
            size = (size + header.total_size()).min(records.len());
        }
        records.truncate(size);
    })
}

/// Changes each partition of a response.
pub fn altered(change: impl Fn(&mut FetchPartitionResponse) + Send + Sync + 'static) -> Action {
    Action::Alter(Arc::new(move |version, frame| {
        assert_eq!((version, frame[4]), (VERSION, 0));
        let mut answer = FetchResponse::decode_v12(&mut &frame[BODY..]).unwrap();
        let topics = answer.responses.iter_mut();
        topics
            .flat_map(|topic| &mut topic.partitions)
            .for_each(&change);
        let mut altered = frame[..BODY].to_vec();
        encode(&answer, &mut altered);
        altered
    }))
}

fn encode(answer: &FetchResponse, to: &mut Vec<u8>) {
    to.extend(answer.throttle_time_ms.to_be_bytes());
    to.extend(0_i16.to_be_bytes());
    to.extend(answer.session_id.to_be_bytes());
    count(answer.responses.len(), to);
    for topic in &answer.responses {
        count(topic.topic.len(), to);
        to.extend(topic.topic.as_bytes());
        count(topic.partitions.len(), to);
        for partition in &topic.partitions {
            encode_partition(partition, to);
        }
        to.push(0);
    }
    to.push(0);
}

fn encode_partition(partition: &FetchPartitionResponse, to: &mut Vec<u8>) {
    to.extend(partition.partition.to_be_bytes());
    to.extend(partition.error_code.to_i16().to_be_bytes());
    to.extend(partition.high_watermark.to_be_bytes());
    to.extend(partition.last_stable_offset.to_be_bytes());
    to.extend(partition.log_start_offset.to_be_bytes());
    count(partition.aborted_transactions.len(), to);
    for aborted in &partition.aborted_transactions {
        to.extend(aborted.producer_id.to_be_bytes());
        to.extend(aborted.first_offset.to_be_bytes());
        to.push(0);
    }
    to.extend(partition.preferred_read_replica.to_be_bytes());
    let records = partition.records.as_deref().unwrap_or_default();
    count(records.len(), to);
    to.extend(records);
    to.push(0);
}

/// Encodes a length of a compact field: plus one, seven bits per byte.
fn count(length: usize, to: &mut Vec<u8>) {
    let mut left = length + 1;
    while left > 0x7f {
        to.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
        left >>= 7;
    }
    to.push(u8::try_from(left).unwrap());
}
