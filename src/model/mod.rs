//! Kafka's nouns and values, as everybody else here uses them. Pure: no I/O, and it names no other
//! room.
//!
//! - [`access`]: ACLs, users and quotas
//! - [`address`]: where brokers listen
//! - [`api_versions`]: the requests that a broker understands
//! - [`catalogue`]: every key of topics and brokers, and [`allowed`]: what its value may be
//! - [`config`]: configuration keys, values, sources, and comparison by type
//! - [`topic`]: topics as a cluster holds them, and the rules for their names
//! - [`backup`]: how a cluster was set up at a point in time
//! - [`broker`]: brokers and the cluster around them
//! - [`desired`]: what a manifest asks for
//! - [`escape`]: text from outside, safe for terminals
//! - [`group`]: groups that read topics, and what they committed
//! - [`health`]: how well a cluster is
//! - [`holdings`]: what topics hold that are to lose records, and who reads them
//! - [`lag`]: how far groups are behind, and what keeps that from being a number
//! - [`lag_limit`]: limits of lag, and who is over them
//! - [`log_dir`]: log directories of brokers, and what is in them
//! - [`measure`]: how much partitions hold
//! - [`observed`]: what one read of a cluster found
//! - [`offset_file`]: offsets in a file, Apache's CSV or JSON
//! - [`offsets`]: what groups committed, and the logs that this is in
//! - [`pace`]: how fast lag changes
//! - [`quorum`]: the controllers that keep the metadata
//! - [`record`]: records of a log, byte for byte
//! - [`scope`]: topics, partitions and groups as they are named, or by patterns
//! - [`secret`]: values that nobody may see
//! - [`seen`]: the five things a read can say about one fact
//! - [`service`]: services that speak Kafka's protocol, and what each of them lacks or forbids
//! - [`suggest`]: what a misspelt word may have meant
//! - [`target`]: where a group is to be sent
//! - [`told`]: keys that the catalogue lacks, as live brokers know them
//! - [`units`]: sizes and durations, `7d` and `1GiB`
//! - [`untold`]: what is missing of a read, each reason once
//! - [`wire`]: how long a text may be on its way to a broker

pub mod access;
pub mod address;
pub mod allowed;
pub mod api_versions;
pub mod backup;
pub mod broker;
pub mod catalogue;
pub mod config;
pub mod desired;
pub mod escape;
pub mod group;
pub mod health;
pub mod holdings;
pub mod lag;
pub mod lag_limit;
pub mod log_dir;
pub mod measure;
pub mod observed;
pub mod offset_file;
pub mod offsets;
pub mod pace;
pub mod quorum;
pub mod record;
pub mod scope;
pub mod secret;
pub mod seen;
pub mod service;
pub mod suggest;
pub mod target;
pub mod told;
pub mod topic;
pub mod units;
pub mod untold;
pub mod wire;
pub mod words;
