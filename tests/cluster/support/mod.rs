//! Real Kafka for tests, Apache's tools as a witness, and a proxy that loses answers.
//!
//! ```ignore
//! let kafka = kafka::single();                       // shared by the whole run; or three(), fresh()
//! let topic = kafka::topic_name("orders");            // a name that no other test has
//! apache::topics(&kafka.admin(), &["--create", "--topic", &topic]).ok();
//! let proxy = kafka.proxy();                         // reset on drop
//! proxy.on(api::CREATE_TOPICS, 1, Action::SwallowAndCut);
//! let cluster = Live::connect(&proxy.bootstrap());   // brokers advertise the proxy here
//! assert_eq!(proxy.count(api::CREATE_TOPICS), 1);
//! ```

pub mod apache;
pub mod authorization;
pub mod certificates;
pub mod content;
pub mod fetch;
pub mod kafka;
pub mod librdkafka;
pub mod live;
pub mod mask;
pub mod offsets;
pub mod proxy;
pub mod reader;
pub mod records;
pub mod secured;
pub mod switch;
pub mod zookeeper;
