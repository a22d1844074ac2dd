//! The contract suite over `SASL_SSL`.

use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::security::ScramHash;
use tonkafka::model::measure::TopicPartition;

use crate::security::{scram, security, settings, tls};
use crate::support::kafka::{self, Kafka};
use crate::support::live::{self, new_topic, runtime};
use crate::support::reader::Reader;
use crate::support::records::producer;
use crate::support::secured;
use crate::{contract, contract_access, contract_groups, contract_reader, contract_writer};

async fn connect(kafka: &Kafka) -> LiveCluster {
    let login = scram(ScramHash::Sha256, "alice-secret");
    let settings = settings(&kafka.bootstrap(), security(tls(), login));
    LiveCluster::connect(&settings).await.unwrap()
}

/// Records are written through the plaintext listener of the witness.
#[test]
fn kafka_keeps_the_contract_over_sasl_ssl() {
    let directory = tempfile::tempdir().unwrap();
    let options = secured::by_sasl_ssl(directory.path());
    let [(key, authorizer), (users, anonymous)] = contract_access::authorizer();
    let options = options
        .property(key, authorizer)
        .property(users, &format!("{anonymous};User:alice"));
    let kafka = options.start();
    contract_access::create_alice(&kafka);
    let admin = kafka.admin();
    runtime().block_on(async {
        let cluster = connect(&kafka).await;
        live::write_records(&cluster, &admin, "live-records").await;
        contract::contract(&cluster, "live").await;
        let (second, third) = (connect(&kafka).await, connect(&kafka).await);
        contract::locking([&cluster, &second, &third]).await;

        live::write_records(&cluster, &admin, "groups-records").await;
        let reader = Reader::start(&admin, "groups-readers", "groups-records", &[]);
        reader.commit("groups-records", 1, 2);
        contract_groups::contract(&cluster, "groups").await;

        contract_writer::contract(&cluster, &kafka::topic_name("written")).await;

        let topics = ["open", "whole"].map(|name| new_topic(name, 1, &[]));
        live::create(&cluster, &topics).await;
        let _open = contract_reader::write_around_a_transaction(&admin, "open");
        contract_reader::open_transaction(&cluster, "open").await;
        contract_reader::write(&producer(&admin, &[]), "whole", 10);
        contract_reader::whole(&cluster, &TopicPartition::new("whole", 0)).await;

        contract_access::contract(&cluster).await;
    });
}
