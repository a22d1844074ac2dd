//! Shows how krafka's messages would be replaced: one request with those of the crate
//! `kafka-protocol`, generated from Kafka's definitions. Each message needs an adapter of two
//! traits.

use bytes::{Buf, BufMut, BytesMut};
use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

use super::{KrafkaError, VersionedDecode, VersionedEncode, versions};

/// A message of the other crate.
struct Other<T>(T);

fn protocol(error: impl std::fmt::Display) -> KrafkaError {
    KrafkaError::config(error.to_string())
}

impl<T: Encodable> VersionedEncode for Other<T> {
    fn encode_versioned(&self, version: i16, buffer: &mut impl BufMut) -> Result<(), KrafkaError> {
        let mut bytes = BytesMut::new();
        self.0.encode(&mut bytes, version).map_err(protocol)?;
        buffer.put_slice(&bytes);
        Ok(())
    }
}

impl<T: Decodable> VersionedDecode for Other<T> {
    fn decode_versioned(version: i16, buffer: &mut impl Buf) -> Result<Self, KrafkaError> {
        let mut bytes = buffer.copy_to_bytes(buffer.remaining());
        T::decode(&mut bytes, version).map(Self).map_err(protocol)
    }
}

fn bytes(message: &impl VersionedEncode, version: i16) -> Vec<u8> {
    let mut buffer = BytesMut::new();
    message.encode_versioned(version, &mut buffer).unwrap();
    buffer.to_vec()
}

/// Compares every version of `DescribeCluster`: the same encoded request, and the same response
/// from the same bytes.
#[test]
fn describe_cluster_is_the_same_with_the_messages_of_another_crate() {
    let (lowest, highest) = versions::DESCRIBE_CLUSTER;
    for version in lowest..=highest {
        let ours = super::DescribeClusterRequest {
            include_fenced_brokers: version >= 2,
            ..Default::default()
        };
        let theirs = DescribeClusterRequest::default()
            .with_endpoint_type(1)
            .with_include_fenced_brokers(version >= 2);
        assert_eq!(
            bytes(&ours, version),
            bytes(&Other(theirs), version),
            "{version}"
        );

        let broker = DescribeClusterBroker::default()
            .with_broker_id(7.into())
            .with_host(StrBytes::from_static_str("broker-7.example.com"))
            .with_port(9_092)
            .with_is_fenced(version >= 2);
        let answer = DescribeClusterResponse::default()
            .with_cluster_id(StrBytes::from_static_str("MkU3OEVBNTcwNTJENDM2Qk"))
            .with_controller_id(7.into())
            .with_brokers(vec![broker]);
        let wire = bytes(&Other(answer.clone()), version);
        let ours =
            super::DescribeClusterResponse::decode_versioned(version, &mut &wire[..]).unwrap();
        let theirs =
            Other::<DescribeClusterResponse>::decode_versioned(version, &mut &wire[..]).unwrap();
        assert_eq!(theirs.0, answer, "{version}");
        assert_eq!(ours.cluster_id, theirs.0.cluster_id.as_str());
        assert_eq!(ours.controller_id, theirs.0.controller_id.0);
        let found = (&ours.brokers[0], &theirs.0.brokers[0]);
        assert_eq!(found.0.broker_id, found.1.broker_id.0);
        assert_eq!(found.0.host, found.1.host.as_str());
        assert_eq!(found.0.port, found.1.port);
        assert_eq!(found.0.is_fenced, found.1.is_fenced);
    }
}
