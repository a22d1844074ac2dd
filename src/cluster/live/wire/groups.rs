//! Requests about many groups that krafka encodes for one group only.

use bytes::{Buf, BufMut};
use krafka::__private::protocol::{
    Decode, Encode, KafkaArray, KafkaString, TaggedFields, TryEncode, VersionedDecode,
    VersionedEncode,
};
use krafka::KrafkaError;
use krafka::error::ErrorCode;

type Result<T> = std::result::Result<T, KrafkaError>;

/// `FindCoordinator` for groups, of version 4 to 6 (KIP-699).
pub(in super::super) struct FindCoordinators(pub(in super::super) Vec<String>);

/// The lowest and the highest version of [`FindCoordinators`].
pub(in super::super) const FIND_COORDINATORS: (i16, i16) = (4, 6);

/// The versions of a request for one group.
pub(in super::super) const FIND_COORDINATOR: (i16, i16) = (1, 3);

/// Requests for one group each that are in flight to one broker.
pub(in super::super) const AT_ONCE: usize = 16;

/// The response to [`FindCoordinators`] or [`FetchCommits`]: an item for each group.
pub(in super::super) struct OfGroups<T>(pub(in super::super) Vec<T>);

/// A group's coordinator.
pub(in super::super) struct FoundCoordinator {
    pub(in super::super) group: String,
    pub(in super::super) broker: i32,
    pub(in super::super) error: ErrorCode,
    pub(in super::super) message: String,
}

/// `OffsetFetch` for all commits of groups, of version 8.
pub(in super::super) struct FetchCommits {
    pub(in super::super) groups: Vec<String>,
    pub(in super::super) require_stable: bool,
}

/// The lowest and the highest version of [`FetchCommits`]: later ones name topics by id.
pub(in super::super) const FETCH_COMMITS: (i16, i16) = (8, 8);

/// `OffsetFetch` for all commits of one group, of versions 2 to 7.
pub(in super::super) struct FetchCommitsOfOne {
    pub(in super::super) group: String,
    /// Version 7 only.
    pub(in super::super) require_stable: bool,
}

/// The lowest and the highest version of [`FetchCommitsOfOne`]. Its answer is krafka's.
pub(in super::super) const FETCH_COMMITS_OF_ONE: (i16, i16) = (2, 7);

/// All commits of a group.
pub(in super::super) struct FetchedGroup {
    pub(in super::super) group: String,
    pub(in super::super) topics: Vec<FetchedTopic>,
    pub(in super::super) error: ErrorCode,
}

/// The commits for a topic.
pub(in super::super) struct FetchedTopic {
    pub(in super::super) name: String,
    pub(in super::super) partitions: Vec<FetchedPartition>,
}

/// The commit for a partition.
pub(in super::super) struct FetchedPartition {
    pub(in super::super) index: i32,
    pub(in super::super) offset: i64,
    pub(in super::super) leader_epoch: i32,
    pub(in super::super) metadata: String,
    pub(in super::super) error: ErrorCode,
}

/// The type of group coordinators (`CoordinatorType.GROUP`).
const OF_GROUPS: i8 = 0;

impl VersionedEncode for FindCoordinators {
    fn encode_versioned(&self, _version: i16, buffer: &mut impl BufMut) -> Result<()> {
        OF_GROUPS.encode(buffer);
        let keys = self.0.iter().map(KafkaString::new).collect();
        KafkaArray::new(keys).try_encode_compact(buffer)?;
        TaggedFields::default().try_encode(buffer)
    }
}

impl<T: Decode> VersionedDecode for OfGroups<T> {
    fn decode_versioned(_version: i16, buffer: &mut impl Buf) -> Result<Self> {
        let _throttle_ms = i32::decode(buffer)?;
        let found = array(buffer)?;
        TaggedFields::decode(buffer)?;
        Ok(Self(found))
    }
}

impl Decode for FoundCoordinator {
    fn decode(buffer: &mut impl Buf) -> Result<Self> {
        let group = string(buffer)?;
        let broker = i32::decode(buffer)?;
        let _host = string(buffer)?;
        let _port = i32::decode(buffer)?;
        let error = code(buffer)?;
        let message = string(buffer)?;
        TaggedFields::decode(buffer)?;
        Ok(Self {
            group,
            broker,
            error,
            message,
        })
    }
}

/// A group of [`FetchCommits`], with all its topics.
struct AllTopics(String);

impl TryEncode for AllTopics {
    fn try_encode(&self, buffer: &mut impl BufMut) -> Result<()> {
        KafkaString::new(&self.0).try_encode_compact(buffer)?;
        KafkaArray::<KafkaString>::null().try_encode_compact(buffer)?;
        TaggedFields::default().try_encode(buffer)
    }
}

impl VersionedEncode for FetchCommits {
    fn encode_versioned(&self, _version: i16, buffer: &mut impl BufMut) -> Result<()> {
        let groups = self.groups.iter().cloned().map(AllTopics).collect();
        KafkaArray::new(groups).try_encode_compact(buffer)?;
        self.require_stable.encode(buffer);
        TaggedFields::default().try_encode(buffer)
    }
}

impl VersionedEncode for FetchCommitsOfOne {
    fn encode_versioned(&self, version: i16, buffer: &mut impl BufMut) -> Result<()> {
        if version < 6 {
            KafkaString::new(&self.group).try_encode(buffer)?;
            return KafkaArray::<KafkaString>::null().try_encode(buffer);
        }
        KafkaString::new(&self.group).try_encode_compact(buffer)?;
        KafkaArray::<KafkaString>::null().try_encode_compact(buffer)?;
        if version >= 7 {
            self.require_stable.encode(buffer);
        }
        TaggedFields::default().try_encode(buffer)
    }
}

impl Decode for FetchedGroup {
    fn decode(buffer: &mut impl Buf) -> Result<Self> {
        let group = string(buffer)?;
        let topics = array(buffer)?;
        let error = code(buffer)?;
        TaggedFields::decode(buffer)?;
        Ok(Self {
            group,
            topics,
            error,
        })
    }
}

impl Decode for FetchedTopic {
    fn decode(buffer: &mut impl Buf) -> Result<Self> {
        let name = string(buffer)?;
        let partitions = array(buffer)?;
        TaggedFields::decode(buffer)?;
        Ok(Self { name, partitions })
    }
}

impl Decode for FetchedPartition {
    fn decode(buffer: &mut impl Buf) -> Result<Self> {
        let index = i32::decode(buffer)?;
        let offset = i64::decode(buffer)?;
        let leader_epoch = i32::decode(buffer)?;
        let metadata = string(buffer)?;
        let error = code(buffer)?;
        TaggedFields::decode(buffer)?;
        Ok(Self {
            index,
            offset,
            leader_epoch,
            metadata,
            error,
        })
    }
}

fn array<T: Decode>(buffer: &mut impl Buf) -> Result<Vec<T>> {
    Ok(KafkaArray::decode_compact(buffer)?.0.unwrap_or_default())
}

fn string(buffer: &mut impl Buf) -> Result<String> {
    Ok(KafkaString::decode_compact(buffer)?.0.unwrap_or_default())
}

fn code(buffer: &mut impl Buf) -> Result<ErrorCode> {
    Ok(ErrorCode::from_i16(i16::decode(buffer)?))
}
