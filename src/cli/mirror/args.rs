//! Arguments of `mirror`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args as Group;
use sha2::{Digest, Sha256};

use crate::cli::args::{Global, LackingArgs, PlannedArgs, duration, name, passed};
use crate::cli::completed::Completed;
use crate::cluster::writer::Compression;
use crate::mirror::groups::Which;
use crate::mirror::{MirrorSettings, Route};
use crate::model::measure::TopicPartition;
use crate::plan::Code;

/// How often groups and topics are read again.
const EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, Group)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
#[command(
    after_help = "Nothing is kept on this machine: each record is given a header `tonkafka-mirror` that \
says where it came from, and a mirror that starts again goes on behind the newest one that the target \
has. Ctrl-C ends it; what was taken is written first. Two mirrors of one topic to one cluster write each \
record twice: the one that sees it ends, with 8. Of two with `--exactly-once` the new one takes over."
)]
pub(in crate::cli) struct MirrorArgs {
    /// Topics to copy; they have the same names in both clusters
    #[arg(value_name = "TOPIC", required_unless_present = "match", value_parser = name)]
    pub(super) topics: Vec<String>,
    /// Topics that match this pattern with * and ?; may be repeated
    #[arg(long, value_name = "GLOB", conflicts_with = "topics")]
    pub(super) r#match: Vec<String>,
    /// Context of the source cluster
    #[arg(long, value_name = "CONTEXT", required_unless_present_any = ["from_bootstrap_server", "from_command_config"], add = Completed::Contexts)]
    pub(super) from: Option<String>,
    /// Context of the target cluster
    #[arg(long, value_name = "CONTEXT", required_unless_present_any = ["to_bootstrap_server", "to_command_config"], add = Completed::Contexts)]
    pub(super) to: Option<String>,
    /// Brokers of the source cluster, instead of a context
    #[arg(long, value_name = "HOST:PORT,…", conflicts_with = "from")]
    pub(super) from_bootstrap_server: Option<String>,
    /// Brokers of the target cluster, instead of a context
    #[arg(long, value_name = "HOST:PORT,…", conflicts_with = "to")]
    pub(super) to_bootstrap_server: Option<String>,
    /// Client properties file for the source; alone, it must set `bootstrap.servers`
    #[arg(long, value_name = "FILE")]
    pub(super) from_command_config: Option<PathBuf>,
    /// Client properties file for the target; alone, it must set `bootstrap.servers`
    #[arg(long, value_name = "FILE")]
    pub(super) to_command_config: Option<PathBuf>,
    /// Stop at the end offsets that the topics have at the start
    #[arg(long)]
    pub(super) once: bool,
    /// Write in transactions, so that no record is written twice
    #[arg(long)]
    exactly_once: bool,
    /// Move the commits of these groups too; without names, of all groups that committed for the
    /// topics. A group is set to the record that its source commit points to, never past unread
    /// records, and not while it has members at the target or is further ahead there
    #[arg(long, value_name = "GROUP,…", num_args = 0..=1, default_missing_value = "", require_equals = true, value_delimiter = ',', value_parser = name)]
    pub(super) groups: Option<Vec<String>>,
    #[command(flatten)]
    pub(super) lacking: LackingArgs,
    /// Write after records that this mirror did not write
    #[arg(long)]
    append: bool,
    /// Copy records that the target's retention will delete
    #[arg(long)]
    allow_expired: bool,
    /// Copy topics although the target's size limit for records is lower
    #[arg(long)]
    allow_large: bool,
    /// Give up after this long without progress; where fetches stay empty below the log end, after
    /// `--timeout` at the latest
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    pub(super) patience: Duration,
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

impl MirrorArgs {
    pub(super) fn which(&self) -> Option<Which> {
        let ids = self.groups.as_ref()?;
        let named: Vec<String> = ids.iter().filter(|id| !id.is_empty()).cloned().collect();
        Some(if named.is_empty() {
            Which::All
        } else {
            Which::Named(named)
        })
    }

    /// The guards that flags let through.
    pub(super) fn allowed(&self) -> BTreeSet<Code> {
        passed([
            (self.append, Code::TargetNotEmpty),
            (self.allow_expired, Code::RestoreExpires),
            (self.allow_large, Code::RecordTooLarge),
        ])
    }

    pub(super) fn settings(
        &self,
        global: &Global,
        keys: Vec<TopicPartition>,
        route: &Route,
    ) -> MirrorSettings {
        MirrorSettings {
            keys,
            once: self.once,
            exactly_once: self.exactly_once.then(|| self.transactional_id(route)),
            route: route.clone(),
            compression: Compression::default(),
            patience: self.patience,
            open_patience: self.lacking.patience(global.timeout),
            accept_gaps: self.lacking.accept_gaps,
            every: EVERY,
            appends: self.append,
        }
    }

    /// The same id for the same source and topics, so that a new run fences an old one.
    fn transactional_id(&self, route: &Route) -> String {
        let mut texts: Vec<&String> = self.topics.iter().chain(&self.r#match).collect();
        texts.sort_unstable();
        let mut digest = Sha256::new();
        for text in texts {
            digest.update(text.as_bytes());
            digest.update([0]);
        }
        let mut first = [0; 8];
        first.copy_from_slice(&digest.finalize()[..8]);
        let digest = u64::from_be_bytes(first);
        format!("tonkafka-mirror-{}-{digest:016x}", route.source)
    }
}
