//! Topics as librdkafka sees them: a witness that shares no code with the code under test and needs
//! no JVM, so that it can be asked often.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;

const PATIENCE: Duration = Duration::from_secs(20);

/// A connection that is used repeatedly.
pub struct Witness {
    admin: AdminClient<DefaultClientContext>,
    runtime: tokio::runtime::Runtime,
}

impl Witness {
    pub fn of(bootstrap: &str) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", bootstrap);
        config.set("allow.auto.create.topics", "false");
        Self {
            admin: config.create().unwrap(),
            runtime: tokio::runtime::Runtime::new().unwrap(),
        }
    }

    /// The number of partitions of a topic; 0 if it does not exist.
    pub fn partitions(&self, topic: &str) -> usize {
        let client = self.admin.inner();
        let metadata = client.fetch_metadata(Some(topic), PATIENCE).unwrap();
        metadata.topics()[0].partitions().len()
    }

    pub fn delete(&self, topic: &str) {
        let options = AdminOptions::new().request_timeout(Some(PATIENCE));
        let deleted = self.admin.delete_topics(&[topic], &options);
        self.runtime.block_on(deleted).unwrap();
    }

    /// The value of a topic's key.
    pub fn value(&self, topic: &str, key: &str) -> String {
        let asked = [ResourceSpecifier::Topic(topic)];
        let options = AdminOptions::new().request_timeout(Some(PATIENCE));
        let answer = self.admin.describe_configs(&asked, &options);
        let [resource] = self
            .runtime
            .block_on(answer)
            .unwrap()
            .try_into()
            .unwrap_or_else(|_| panic!("one resource"));
        let resource = resource.unwrap();
        let entry = resource.get(key).unwrap();
        entry.value.clone().unwrap()
    }
}
