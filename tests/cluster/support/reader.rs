//! A consumer that runs in the background.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerGroupMetadata};
use rdkafka::topic_partition_list::Offset;

const JOIN: Duration = Duration::from_mins(1);

/// The client id of every reader.
pub const CLIENT_ID: &str = "reader";

/// A consumer that reads all partitions of a topic until it is dropped, and then leaves its group.
pub struct Reader {
    consumer: Arc<BaseConsumer>,
    ends: Arc<AtomicBool>,
    polling: Option<JoinHandle<()>>,
}

impl Reader {
    /// Joins a group with further settings, and waits for an assignment.
    pub fn start(bootstrap: &str, group: &str, topic: &str, settings: &[(&str, &str)]) -> Self {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", bootstrap)
            .set("group.id", group)
            .set("client.id", CLIENT_ID)
            .set("enable.auto.commit", "false")
            .set("allow.auto.create.topics", "false");
        for (key, value) in settings {
            config.set(*key, *value);
        }
        let consumer: Arc<BaseConsumer> = Arc::new(config.create().unwrap());
        consumer.subscribe(&[topic]).unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let (polled, end) = (Arc::clone(&consumer), Arc::clone(&ends));
        let polling = std::thread::spawn(move || {
            while !end.load(Ordering::SeqCst) {
                let _ = polled.poll(Duration::from_millis(50));
            }
        });
        let deadline = Instant::now() + JOIN;
        while consumer.assignment().unwrap().count() == 0 {
            assert!(Instant::now() < deadline, "{group} was given no partition");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self {
            consumer,
            ends,
            polling: Some(polling),
        }
    }

    /// The group metadata for a transaction.
    pub fn metadata(&self) -> ConsumerGroupMetadata {
        self.consumer.group_metadata().unwrap()
    }

    /// Commits the next offset to read.
    pub fn commit(&self, topic: &str, partition: i32, offset: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(offset))
            .unwrap();
        self.consumer.commit(&list, CommitMode::Sync).unwrap();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        if let Some(polling) = self.polling.take() {
            let _ = polling.join();
        }
    }
}
