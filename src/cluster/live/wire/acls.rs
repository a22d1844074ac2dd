//! Requests about ACLs, and their responses.
//!
//! Trap: krafka's numbers of pattern types differ from Kafka's, and some resource types and
//! operations are missing.

use bytes::{Buf, BufMut};
use krafka::__private::protocol::{
    Decode, Encode, KafkaString, TryEncode, VersionedDecode, VersionedEncode,
};
use krafka::KrafkaError;
use krafka::error::ErrorCode;

use crate::model::access::{AclBinding, Operation, PatternType, Permission, ResourceType};

type Result<T> = std::result::Result<T, KrafkaError>;

/// The version of all three requests: the first with pattern types (KIP-290), the last with plain
/// arrays and strings.
pub(in super::super) const ACLS: (i16, i16) = (1, 1);

/// `CreateAcls`, or `DeleteAcls` with filters for one ACL each, which is encoded alike.
pub(in super::super) struct Written<'a>(pub(in super::super) &'a [AclBinding]);

impl VersionedEncode for Written<'_> {
    fn encode_versioned(&self, _version: i16, buffer: &mut impl BufMut) -> Result<()> {
        let count = i32::try_from(self.0.len()).unwrap_or(i32::MAX);
        count.encode(buffer);
        for acl in self.0 {
            code(&RESOURCE_TYPES, acl.resource_type).encode(buffer);
            KafkaString::new(&acl.resource_name).try_encode(buffer)?;
            code(&PATTERN_TYPES, acl.pattern_type).encode(buffer);
            KafkaString::new(&acl.principal).try_encode(buffer)?;
            KafkaString::new(&acl.host).try_encode(buffer)?;
            code(&OPERATIONS, acl.operation).encode(buffer);
            code(&PERMISSIONS, acl.permission).encode(buffer);
        }
        Ok(())
    }
}

/// The answer to `DescribeAcls`.
pub(in super::super) struct Described(pub(in super::super) Vec<AclBinding>);

impl VersionedDecode for Described {
    fn decode_versioned(_version: i16, buffer: &mut impl Buf) -> Result<Self> {
        let _throttle_ms = i32::decode(buffer)?;
        let (code, words) = said(buffer)?;
        super::checked(code, words)?;
        let mut acls = Vec::new();
        for _ in 0..i32::decode(buffer)? {
            let resource_type = word(&RESOURCE_TYPES, buffer, "resource type")?;
            let resource_name = string(buffer)?;
            let pattern_type = word(&PATTERN_TYPES, buffer, "pattern type")?;
            for _ in 0..i32::decode(buffer)? {
                acls.push(AclBinding {
                    resource_type,
                    resource_name: resource_name.clone(),
                    pattern_type,
                    principal: string(buffer)?,
                    host: string(buffer)?,
                    operation: word(&OPERATIONS, buffer, "operation")?,
                    permission: word(&PERMISSIONS, buffer, "permission type")?,
                });
            }
        }
        Ok(Self(acls))
    }
}

/// An error code with the broker's message.
pub(in super::super) type Said = (ErrorCode, Option<String>);

/// One result for each item, in the order of the request.
pub(in super::super) struct Results {
    pub(in super::super) throttle_ms: i32,
    pub(in super::super) results: Vec<Said>,
}

fn results<B: Buf>(buffer: &mut B, each: fn(&mut B) -> Result<Said>) -> Result<Results> {
    let throttle_ms = i32::decode(buffer)?;
    let count = i32::decode(buffer)?;
    let results = (0..count).map(|_| each(buffer));
    Ok(Results {
        throttle_ms,
        results: results.collect::<Result<_>>()?,
    })
}

/// The answer to `CreateAcls`.
impl VersionedDecode for Results {
    fn decode_versioned(_version: i16, buffer: &mut impl Buf) -> Result<Self> {
        results(buffer, said)
    }
}

/// The answer to `DeleteAcls`.
pub(in super::super) struct Deleted(pub(in super::super) Results);

impl VersionedDecode for Deleted {
    fn decode_versioned(_version: i16, buffer: &mut impl Buf) -> Result<Self> {
        results(buffer, deleted).map(Self)
    }
}

/// The result of one filter: its own error, or that of the ACL that it matched.
fn deleted(buffer: &mut impl Buf) -> Result<Said> {
    let mut worst = said(buffer)?;
    for _ in 0..i32::decode(buffer)? {
        let matched = said(buffer)?;
        if worst.0.is_ok() {
            worst = matched;
        }
        let _resource_type = i8::decode(buffer)?;
        let _resource_name = string(buffer)?;
        let _pattern_type = i8::decode(buffer)?;
        let _principal = string(buffer)?;
        let _host = string(buffer)?;
        let _operation = i8::decode(buffer)?;
        let _permission = i8::decode(buffer)?;
    }
    Ok(worst)
}

fn said(buffer: &mut impl Buf) -> Result<Said> {
    let code = ErrorCode::from_i16(i16::decode(buffer)?);
    Ok((code, KafkaString::decode(buffer)?.0))
}

fn string(buffer: &mut impl Buf) -> Result<String> {
    Ok(KafkaString::decode(buffer)?.0.unwrap_or_default())
}

/// Variants with Kafka's codes.
type Codes<T, const N: usize> = [(T, i8); N];

fn code<T: PartialEq + Copy, const N: usize>(codes: &Codes<T, N>, word: T) -> i8 {
    let found = codes.iter().find(|(known, _)| *known == word);
    found.map_or(0, |(_, code)| *code)
}

fn word<T: Copy, const N: usize>(
    codes: &Codes<T, N>,
    buffer: &mut impl Buf,
    what: &str,
) -> Result<T> {
    let code = i8::decode(buffer)?;
    let found = codes.iter().find(|(_, known)| *known == code);
    found.map(|(word, _)| *word).ok_or_else(|| {
        let words =
            format!("an ACL has {what} {code}, which this version of tonkafka does not know");
        KrafkaError::broker(ErrorCode::UnknownServerError, words)
    })
}

/// `org.apache.kafka.common.resource.ResourceType`.
const RESOURCE_TYPES: Codes<ResourceType, 6> = [
    (ResourceType::Topic, 2),
    (ResourceType::Group, 3),
    (ResourceType::Cluster, 4),
    (ResourceType::TransactionalId, 5),
    (ResourceType::DelegationToken, 6),
    (ResourceType::User, 7),
];

/// `org.apache.kafka.common.resource.PatternType`; 2 is for filters only.
const PATTERN_TYPES: Codes<PatternType, 2> =
    [(PatternType::Literal, 3), (PatternType::Prefixed, 4)];

/// `org.apache.kafka.common.acl.AclOperation`.
const OPERATIONS: Codes<Operation, 14> = [
    (Operation::All, 2),
    (Operation::Read, 3),
    (Operation::Write, 4),
    (Operation::Create, 5),
    (Operation::Delete, 6),
    (Operation::Alter, 7),
    (Operation::Describe, 8),
    (Operation::ClusterAction, 9),
    (Operation::DescribeConfigs, 10),
    (Operation::AlterConfigs, 11),
    (Operation::IdempotentWrite, 12),
    (Operation::CreateTokens, 13),
    (Operation::DescribeTokens, 14),
    (Operation::TwoPhaseCommit, 15),
];

/// `org.apache.kafka.common.acl.AclPermissionType`.
const PERMISSIONS: Codes<Permission, 2> = [(Permission::Deny, 2), (Permission::Allow, 3)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::live::access::seen;
    use crate::cluster::live::errors;
    use crate::model::seen::{Cause, Seen};

    fn described(operation: i8) -> Result<Vec<AclBinding>> {
        let mut bytes = Vec::new();
        0i32.encode(&mut bytes);
        0i16.encode(&mut bytes);
        KafkaString::null().try_encode(&mut bytes)?;
        1i32.encode(&mut bytes);
        2i8.encode(&mut bytes);
        KafkaString::new("orders").try_encode(&mut bytes)?;
        4i8.encode(&mut bytes);
        1i32.encode(&mut bytes);
        KafkaString::new("User:alice").try_encode(&mut bytes)?;
        KafkaString::new("*").try_encode(&mut bytes)?;
        operation.encode(&mut bytes);
        3i8.encode(&mut bytes);
        Described::decode_versioned(1, &mut &bytes[..]).map(|described| described.0)
    }

    #[test]
    fn an_acl_is_read_whole() {
        let acls = described(15).unwrap();
        assert_eq!(
            acls[0].to_string(),
            "ALLOW User:alice TWO_PHASE_COMMIT on TOPIC PREFIXED orders from *"
        );
    }

    /// An unknown value must not make an existing ACL look absent.
    #[test]
    fn what_is_not_known_is_not_left_out() {
        let error = described(99).unwrap_err();
        let read = Err::<(), _>(errors::reading("b", "describe ACLs", error));
        let Ok(Seen::Unseen(Cause::Unavailable, words)) = seen(read) else {
            panic!()
        };
        assert!(words.contains("an ACL has operation 99"), "{words}");
    }
}
