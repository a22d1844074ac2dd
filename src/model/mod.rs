//! Kafka's nouns and values, as all other modules use them. Pure: no I/O, and no dependency on other
//! modules.
//!
//! - [`access`]: ACLs, users and quotas
//! - [`address`]: addresses of brokers
//! - [`api_versions`]: the requests that a broker supports
//! - [`catalogue`]: all keys of topics and brokers; [`allowed`]: their allowed values
//! - [`authorizer`]: how a cluster authorises requests, and what follows; [`rights`]: the ACLs that decide;
//!   [`hosts`]: the clients that they match
//! - [`config`]: configuration keys, values, sources, and comparison by type
//! - [`topic`]: topics on a cluster, and the rules for their names
//! - [`backup`]: the configuration of a cluster at a point in time
//! - [`broker`]: brokers and their cluster
//! - [`desired`]: the content of a manifest
//! - [`escape`]: text from outside, safe for terminals
//! - [`group`]: groups, their members and commits
//! - [`health`]: the health of a cluster
//! - [`hex`]: bytes as hexadecimal digits
//! - [`holdings`]: topics whose records are to be deleted, and their readers
//! - [`lag`]: the lag of groups, and the cases in which it is not a number
//! - [`lag_limit`]: limits of lag, and the groups that exceed them
//! - [`log_dir`]: log directories of brokers
//! - [`measure`]: offsets, sizes and samples of partitions
//! - [`observed`]: the result of one read of a cluster
//! - [`offset_file`]: offsets in a file, Apache's CSV or JSON
//! - [`offsets`]: commits of groups, and the offsets of their logs
//! - [`pace`]: how fast lag changes
//! - [`quorum`]: the controllers that keep the metadata
//! - [`record`]: records of a log, byte for byte
//! - [`scope`]: selected topics, partitions and groups, by names or patterns
//! - [`secret`]: values that must stay hidden
//! - [`seen`]: a fact that was read, absent or not seen
//! - [`service`]: managed services, and what each lacks or refuses
//! - [`suggest`]: suggestions for misspelt words
//! - [`target`]: the position that a group is moved to
//! - [`told`]: keys that the catalogue lacks, as brokers describe them
//! - [`units`]: sizes and durations, `7d` and `1GiB`
//! - [`untold`]: what could not be read, grouped by reason
//! - [`wire`]: the largest text in a request

pub mod access;
pub mod address;
pub mod allowed;
pub mod api_versions;
pub mod authorizer;
pub mod backup;
pub mod broker;
pub mod catalogue;
pub mod config;
pub mod desired;
pub mod escape;
pub mod group;
pub mod health;
pub mod hex;
pub mod holdings;
pub mod hosts;
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

pub mod rights;
pub mod role;
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
