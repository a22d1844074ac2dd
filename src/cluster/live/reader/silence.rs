//! Empty responses although the log goes on.

use tokio::time::Instant;

use crate::cluster::ClusterError;
use crate::cluster::reader::NoGap;
use crate::model::config::ConfigEntry;
use crate::model::record::GapReason;
use crate::model::seen::Seen;

/// Empty responses for the first partition of a request.
#[derive(Debug, Clone)]
pub(super) struct Silence {
    /// The time of the first one.
    pub since: Instant,
    /// Whether the topic's settings were requested.
    pub is_asking: bool,
    /// Whether it may be a gap, once that is known.
    pub verdict: Option<Result<GapReason, NoGap>>,
}

impl Silence {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            is_asking: false,
            verdict: None,
        }
    }
}

/// Whether empty responses may be a gap, according to the topic's settings. A topic in remote storage
/// is never compacted.
pub(super) fn verdict(
    settings: Result<Seen<Vec<ConfigEntry>>, ClusterError>,
    accept_gaps: bool,
) -> Result<GapReason, NoGap> {
    let unseen = |words: &str| Err(NoGap::Unseen(words.to_owned()));
    let entries = match settings {
        Ok(Seen::Value(entries)) => entries,
        Ok(other) => return unseen(other.reason().unwrap_or("the topic is not there any more")),
        Err(error) => return unseen(&error.to_string()),
    };
    let value = |key: &str| {
        let mut entries = entries.iter();
        entries.find(|entry| entry.name == key)?.value.text()
    };
    if value("remote.storage.enable") == Some("true") {
        return Err(NoGap::RemoteStorage);
    }
    match value("cleanup.policy") {
        Some(policy) if policy.split(',').any(|one| one.trim() == "compact") => {
            Ok(GapReason::Compaction)
        }
        _ if accept_gaps => Ok(GapReason::Unknown),
        Some(policy) => Err(NoGap::NotCompacted(policy.to_owned())),
        None => unseen("it is not told"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::{ConfigSource, ConfigType, ConfigValue};

    fn settings(pairs: &[(&str, &str)]) -> Seen<Vec<ConfigEntry>> {
        let entry = |(name, value): &(&str, &str)| ConfigEntry {
            name: (*name).to_owned(),
            value: ConfigValue::Value((*value).to_owned()),
            source: ConfigSource::DefaultConfig,
            read_only: false,
            config_type: ConfigType::Unknown,
            synonyms: Vec::new(),
        };
        Seen::Value(pairs.iter().map(entry).collect())
    }

    #[test]
    fn silence_is_a_gap_in_compacted_topics_only_and_in_a_remote_storage_never() {
        let of = |pairs: &[(&str, &str)], accepts| verdict(Ok(settings(pairs)), accepts);
        let policy = |value| ("cleanup.policy", value);
        for compacted in ["compact", "compact,delete", "delete, compact"] {
            let found = of(&[policy(compacted)], false);
            assert_eq!(found, Ok(GapReason::Compaction), "{compacted}");
        }
        let delete = Err(NoGap::NotCompacted("delete".to_owned()));
        assert_eq!(of(&[policy("delete")], false), delete);
        assert_eq!(of(&[policy("delete")], true), Ok(GapReason::Unknown));
        let remote = |is_on| [policy("compact"), ("remote.storage.enable", is_on)];
        assert_eq!(of(&remote("true"), true), Err(NoGap::RemoteStorage));
        assert_eq!(of(&remote("false"), false), Ok(GapReason::Compaction));
        let unseen = verdict(Ok(Seen::not_permitted("no")), true);
        assert_eq!(unseen, Err(NoGap::Unseen("no".to_owned())));
        assert!(matches!(of(&[], false), Err(NoGap::Unseen(_))));
    }
}
