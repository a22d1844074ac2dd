//! `Produce`, because krafka's own types cannot be constructed outside of it.

use bytes::{BufMut, Bytes};
use krafka::__private::protocol::{
    Encode, KafkaArray, KafkaBytes, KafkaString, TaggedFields, TryEncode, VersionedEncode,
};
use krafka::KrafkaError;

/// Versions of [`Produce`]: later ones add partitions to transactions by themselves (KIP-890), and
/// name topics by id.
pub(in super::super) const PRODUCE: (i16, i16) = (9, 11);

/// `acks`: all replicas that are in sync.
const ALL: i16 = -1;

/// `Produce` of version 9 to 11, with one batch for each of some partitions.
pub(in super::super) struct Produce {
    pub(in super::super) transactional_id: Option<String>,
    pub(in super::super) timeout_ms: i32,
    pub(in super::super) topics: Vec<ProduceTopic>,
}

/// A topic of [`Produce`].
#[derive(Clone)]
pub(in super::super) struct ProduceTopic {
    pub(in super::super) name: String,
    pub(in super::super) batches: Vec<ProduceBatch>,
}

/// An encoded batch of [`Produce`] for a partition.
#[derive(Clone)]
pub(in super::super) struct ProduceBatch {
    pub(in super::super) index: i32,
    pub(in super::super) bytes: Bytes,
}

impl VersionedEncode for Produce {
    fn encode_versioned(&self, _version: i16, buffer: &mut impl BufMut) -> Result<(), KrafkaError> {
        KafkaString(self.transactional_id.clone()).try_encode_compact(buffer)?;
        ALL.encode(buffer);
        self.timeout_ms.encode(buffer);
        KafkaArray::new(self.topics.clone()).try_encode_compact(buffer)?;
        TaggedFields::default().try_encode(buffer)
    }
}

impl TryEncode for ProduceTopic {
    fn try_encode(&self, buffer: &mut impl BufMut) -> Result<(), KrafkaError> {
        KafkaString::new(&self.name).try_encode_compact(buffer)?;
        KafkaArray::new(self.batches.clone()).try_encode_compact(buffer)?;
        TaggedFields::default().try_encode(buffer)
    }
}

impl TryEncode for ProduceBatch {
    fn try_encode(&self, buffer: &mut impl BufMut) -> Result<(), KrafkaError> {
        self.index.encode(buffer);
        KafkaBytes::new(self.bytes.clone()).try_encode_compact(buffer)?;
        TaggedFields::default().try_encode(buffer)
    }
}
