//! Checks whether a topic's settings suit records that are copied into it, for restores and mirrors.
//!
//! Traps: brokers accept records that are older than the topic's retention, and delete them soon after.
//! They compare records' timestamps with their own clock and refuse those too old or too new (KIP-937),
//! unless they set the timestamps themselves. A new topic takes from its brokers what it does not override.

use std::collections::BTreeMap;

use super::super::finding::{Code, Finding};
use super::super::offsets::Listed;
use super::super::resource::Resource;
use super::facts::{Copying, Destination, SourceTopic};
use crate::model::catalogue;
use crate::model::config::ConfigEntry;
use crate::model::record::TimestampType;
use crate::model::seen::Seen;
use crate::model::units::{about, ago, span};

const TIMESTAMPS: &str = TimestampType::KEY;
const LARGEST: &str = "max.message.bytes";
const BY_TIME: &str = "retention.ms";
const BY_SIZE: &str = "retention.bytes";
const BEFORE: &str = "message.timestamp.before.max.ms";
const AFTER: &str = "message.timestamp.after.max.ms";
const DIFFERENCE: &str = "message.timestamp.difference.max.ms";

/// Upper bound of the bytes that a batch adds to one record.
const OVERHEAD: i64 = 128;

/// Which facts about records are needed to judge whether a topic accepts and keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// The earliest timestamp.
    pub oldest: bool,
    /// The latest one.
    pub newest: bool,
    /// Their size in bytes.
    pub sizes: bool,
}

impl Copying {
    /// Where the records come from.
    fn from(self) -> &'static str {
        match self {
            Self::Snapshot => "the snapshot",
            Self::Mirror => "the source",
        }
    }

    /// All of the records.
    fn all(self) -> &'static str {
        match self {
            Self::Snapshot => "the snapshot",
            Self::Mirror => "what is to be copied",
        }
    }

    /// The name of the operation.
    fn deed(self) -> &'static str {
        match self {
            Self::Snapshot => "restore",
            Self::Mirror => "copy",
        }
    }
}

/// Records, and the topic that they are copied into.
#[derive(Clone, Copy)]
pub(super) struct Fit<'a> {
    copying: Copying,
    source: &'a SourceTopic,
    /// The target topic's settings when the records arrive.
    settings: Settings<'a>,
    now_ms: i64,
}

impl<'a> Fit<'a> {
    /// The target topic gets the settings in `overrides` and keeps its others. None when these cannot be
    /// read. `now_ms` is in milliseconds since 1970.
    pub(super) fn new(
        copying: Copying,
        source: &'a SourceTopic,
        destination: &'a Destination,
        overrides: &'a BTreeMap<String, String>,
        now_ms: i64,
    ) -> Option<Self> {
        let live = match destination.topics.get(&source.target) {
            None | Some(Seen::Absent) => None,
            Some(seen) => Some(seen.value()?.configs.value()?.as_slice()),
        };
        Some(Self {
            copying,
            source,
            settings: Settings {
                overrides,
                live,
                defaults: &destination.defaults,
            },
            now_ms,
        })
    }

    /// The source topic's settings, if it still exists. Losing what the source would not keep or accept
    /// either is no finding.
    fn origin(&self) -> Option<Settings<'a>> {
        let entries = self.source.configs.as_deref()?;
        Some(Settings {
            overrides: &NONE,
            live: Some(entries),
            defaults: &NONE,
        })
    }

    /// The findings, before `--allow` is applied.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.timestamps());
        if !self.appends() {
            findings.extend(self.rejected());
            findings.extend(self.expired_by_time());
        }
        findings.extend(self.expired_by_size());
        findings.extend(self.too_large());
        findings
    }

    /// Which facts about the records the findings need.
    pub(super) fn needs(&self) -> Needs {
        let limit = |settings: Settings<'_>, key| settings.number(key).unwrap_or(i64::MAX);
        let is_finite = |key| limit(self.settings, key) < i64::MAX;
        let is_stricter = self
            .origin()
            .is_none_or(|origin| limit(self.settings, AFTER) < limit(origin, AFTER));
        let of_times = !self.appends();
        Needs {
            oldest: of_times
                && (is_finite(BEFORE)
                    || is_finite(DIFFERENCE)
                    || self.keeps_less(BY_TIME).is_some()),
            newest: of_times && (is_finite(DIFFERENCE) || is_stricter),
            sizes: self.keeps_less(BY_SIZE).is_some(),
        }
    }

    /// Whether the target's brokers set the timestamps.
    fn appends(&self) -> bool {
        self.settings.timestamps() == TimestampType::LogAppendTime
    }

    fn timestamps(&self) -> Option<Finding> {
        let message = match (self.settings.timestamps(), self.source.timestamps) {
            (TimestampType::LogAppendTime, _) => format!(
                "its brokers set the timestamps (`{TIMESTAMPS}` is LogAppendTime): those of {} are lost, and are those of the {} from then on",
                self.copying.from(),
                self.copying.deed()
            ),
            (TimestampType::CreateTime, TimestampType::LogAppendTime) => format!(
                "its brokers set the timestamps of {}, and here they are the records' own (`{TIMESTAMPS}` is CreateTime): they stay as they are",
                self.copying.from()
            ),
            (TimestampType::CreateTime, TimestampType::CreateTime) => return None,
        };
        let resource = Resource::topic(&self.source.target);
        let code = Code::TimestampsChange;
        Some(Finding::note(code, resource, message))
    }

    /// The earliest and the latest timestamp.
    fn times(&self) -> Option<(i64, i64)> {
        let times = self
            .source
            .loads
            .known
            .values()
            .filter_map(|load| load.times);
        times.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
    }

    /// Records that the brokers would refuse for their timestamps.
    fn rejected(&self) -> Option<Finding> {
        let (oldest, newest) = self.times()?;
        let (age, lead) = (
            self.now_ms.saturating_sub(oldest),
            newest.saturating_sub(self.now_ms),
        );
        let limits = [
            (BEFORE, age, "older"),
            (DIFFERENCE, age, "older"),
            (AFTER, lead, "newer"),
            (DIFFERENCE, lead, "newer"),
        ];
        let (key, limit, word) = limits.into_iter().find_map(|(key, distance, word)| {
            let limit = self.settings.number(key)?;
            (distance > limit).then_some((key, limit, word))
        })?;
        let message = format!(
            "brokers refuse records that are {word} than {} (`{key}`), and {} has such",
            span(limit),
            self.copying.all()
        );
        let hint = format!(
            "{} another `{key}` first, and take that back afterwards",
            self.give()
        );
        Some(self.refused(Code::TimestampRejected, message, hint))
    }

    /// The target's limit by a retention key, if it is lower than the source's.
    fn keeps_less(&self, key: &str) -> Option<i64> {
        let keeps = self.settings.keeps(key)?;
        let before = self.origin().and_then(|origin| origin.keeps(key));
        before.is_none_or(|before| keeps < before).then_some(keeps)
    }

    fn expired_by_time(&self) -> Option<Finding> {
        let keeps = self.keeps_less(BY_TIME)?;
        let drops = match (self.times(), self.source.loads.no_times.as_deref()) {
            (Some((oldest, _)), _) if self.is_older(oldest, keeps) => format!(
                "the oldest ones of {} are from {}: they would be dropped soon after",
                self.copying.all(),
                ago(oldest, self.now_ms).unwrap_or_default()
            ),
            (_, Some(words)) => format!(
                "how old the oldest ones of {} are cannot be read: {words}",
                self.copying.all()
            ),
            _ => return None,
        };
        let message = format!(
            "it keeps records for {} (`{BY_TIME}`), and {drops}",
            span(keeps)
        );
        Some(self.expires(message, BY_TIME))
    }

    fn is_older(&self, timestamp: i64, ms: i64) -> bool {
        timestamp >= 0 && self.now_ms.saturating_sub(timestamp) > ms
    }

    fn expired_by_size(&self) -> Option<Finding> {
        let keeps = self.keeps_less(BY_SIZE)?;
        let mut above = Listed::default();
        for (index, load) in self
            .source
            .loads
            .known
            .iter()
            .filter(|(_, load)| load.bytes > keeps)
        {
            above.add(*index, format!("up to {}", about(load.bytes)), 0);
        }
        let drops = match self.source.loads.no_sizes.as_deref() {
            _ if !above.partitions.is_empty() => {
                format!(
                    "{} has more: {}",
                    self.copying.all(),
                    above.each(&self.source.target)
                )
            }
            Some(words) => format!(
                "how much {} has cannot be read: {words}",
                self.copying.all()
            ),
            None => return None,
        };
        let message = format!(
            "it keeps {} a partition (`{BY_SIZE}`), and {drops}",
            about(keeps)
        );
        Some(self.expires(message, BY_SIZE))
    }

    fn expires(&self, message: String, key: &str) -> Finding {
        let hint = format!("{} a larger `{key}` first", self.give());
        self.refused(Code::RestoreExpires, message, hint)
    }

    fn too_large(&self) -> Option<Finding> {
        let limit = self.settings.number(LARGEST)?;
        let other = if let Some(origin) = self.origin() {
            let taken = origin.number(LARGEST).filter(|taken| *taken > limit)?;
            format!("the source's of up to {taken}: a larger record may be refused even compressed")
        } else {
            let largest = self
                .source
                .loads
                .known
                .values()
                .map(|load| load.largest)
                .max()?;
            let is_above = largest + OVERHEAD > limit;
            is_above.then(|| {
                format!(
                    "{} has a record of {largest}, which may be refused even compressed",
                    self.copying.all()
                )
            })?
        };
        let message = format!("it takes batches of up to {limit} bytes (`{LARGEST}`), and {other}");
        let hint = format!("{} a larger `{LARGEST}` first", self.give());
        Some(self.refused(Code::RecordTooLarge, message, hint))
    }

    fn refused(&self, code: Code, message: String, hint: String) -> Finding {
        Finding::refused(code, Resource::topic(&self.source.target), message).hint(hint)
    }

    fn give(&self) -> &'static str {
        match self.settings.live {
            Some(_) => "give the topic",
            None => "create the topic with",
        }
    }
}

/// The settings of a topic now or after the plan.
#[derive(Clone, Copy)]
struct Settings<'a> {
    /// What the plan sets on the topic.
    overrides: &'a BTreeMap<String, String>,
    /// The settings in effect now; none when the topic does not exist.
    live: Option<&'a [ConfigEntry]>,
    /// The settings of its brokers, used when the topic does not exist.
    defaults: &'a BTreeMap<String, String>,
}

/// No settings.
static NONE: BTreeMap<String, String> = BTreeMap::new();

impl Settings<'_> {
    fn text(&self, key: &str) -> Option<String> {
        if let Some(value) = self.overrides.get(key) {
            return Some(value.clone());
        }
        let Some(entries) = self.live else {
            return self.inherited(key);
        };
        let entry = entries.iter().find(|entry| entry.name == key)?;
        entry.value.text().map(str::to_owned)
    }

    /// The value that a new topic takes from its brokers, or Kafka's default.
    fn inherited(&self, key: &str) -> Option<String> {
        let key = catalogue::topic_key(key)?;
        let synonyms = key.synonyms.iter();
        let mut found = synonyms.filter_map(|name| {
            let value = self.defaults.get(name)?;
            let factor = match name.rsplit('.').next() {
                Some("hours") => 3_600_000,
                Some("minutes") => 60_000,
                _ => return Some(value.clone()),
            };
            let number: i64 = value.parse().ok()?;
            Some(number.saturating_mul(factor).to_string())
        });
        found.next().or_else(|| key.default.clone())
    }

    fn number(&self, key: &str) -> Option<i64> {
        self.text(key)?.trim().parse().ok()
    }

    /// The limit of a retention key; none when nothing is deleted by it.
    fn keeps(&self, key: &str) -> Option<i64> {
        let limit = self.number(key).filter(|limit| *limit >= 0);
        limit.filter(|_| self.deletes())
    }

    fn deletes(&self) -> bool {
        let policy = self.text("cleanup.policy");
        policy.is_none_or(|policy| policy.contains("delete"))
    }

    fn timestamps(&self) -> TimestampType {
        match self.text(TIMESTAMPS).as_deref() {
            Some("LogAppendTime") => TimestampType::LogAppendTime,
            _ => TimestampType::CreateTime,
        }
    }
}
