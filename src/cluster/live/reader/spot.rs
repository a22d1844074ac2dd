//! Where the read of one partition is.

use std::time::Duration;

use tokio::time::Instant;

use crate::cluster::reader::{ReadCause, ReadError, Span};
use crate::model::broker::BrokerId;
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;
use crate::model::topic::Topic;

/// The read of one partition.
#[derive(Debug)]
pub(super) struct Spot {
    pub key: TopicPartition,
    /// The offset that is asked for next.
    pub position: i64,
    pub until: Option<i64>,
    /// Who is asked; none when that has to be found out.
    pub leader: Option<BrokerId>,
    /// When it last had its turn; the smallest goes first.
    pub turn: u64,
    /// How often it came back empty as the first of a request, since something came.
    pub empties: u32,
    /// Failures since something came.
    pub attempt: usize,
    /// Whether the range of its log is being asked for.
    pub is_ranging: bool,
    since: Option<Instant>,
}

impl Spot {
    pub(super) fn new(span: Span) -> Self {
        Self {
            key: span.key,
            position: span.from,
            until: span.until,
            leader: None,
            turn: 0,
            empties: 0,
            attempt: 0,
            is_ranging: false,
            since: None,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.until.is_some_and(|until| self.position >= until)
    }

    pub(super) fn is_lost(&self) -> bool {
        self.leader.is_none() && !self.is_done()
    }

    /// Moves up to `to`, or the end that was asked for, and says from where to where.
    pub(super) fn advance(&mut self, to: i64) -> (i64, i64) {
        let from = self.position;
        let to = self.until.map_or(to, |until| to.min(until));
        self.position = to.max(from);
        self.works();
        self.empties = 0;
        (from, self.position)
    }

    /// It gets on.
    pub(super) fn works(&mut self) {
        self.since = None;
        self.attempt = 0;
    }

    /// It does not; an error when that has lasted too long.
    pub(super) fn stuck(&mut self, patience: Duration, cause: ReadCause) -> Result<(), ReadError> {
        self.attempt += 1;
        let since = *self.since.get_or_insert_with(Instant::now);
        if since.elapsed() >= patience {
            return Err(self.error(cause));
        }
        Ok(())
    }

    pub(super) fn error(&self, cause: ReadCause) -> ReadError {
        ReadError {
            key: self.key.clone(),
            offset: self.position,
            cause,
        }
    }

    /// Takes the leader that the topic names.
    pub(super) fn led(&mut self, topic: &Seen<Topic>, patience: Duration) -> Result<(), ReadError> {
        let topic = match topic {
            Seen::Value(topic) => topic,
            Seen::NotPermitted(words) => {
                return Err(self.error(ReadCause::NotPermitted(words.clone())));
            }
            // A broker that has just started may not know it yet.
            Seen::Absent => {
                let words = "the topic is not there any more".to_owned();
                return self.stuck(patience, ReadCause::Gone(words));
            }
            Seen::NotSupported(words) | Seen::Unavailable(words) => {
                return self.stuck(patience, ReadCause::Silent(words.clone()));
            }
        };
        let mut partitions = topic.partitions.iter();
        let partition = partitions.find(|one| one.index == self.key.1);
        self.leader = partition.and_then(|one| one.leader);
        match (partition, self.leader) {
            (_, Some(_)) => Ok(()),
            (Some(_), None) => {
                let words = "the partition has no leader".to_owned();
                self.stuck(patience, ReadCause::Silent(words))
            }
            (None, None) => {
                let words = "the topic has no such partition".to_owned();
                self.stuck(patience, ReadCause::Gone(words))
            }
        }
    }
}
