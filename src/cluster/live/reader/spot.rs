//! The state of reading one partition.

use std::time::Duration;

use tokio::time::Instant;

use super::silence::Silence;
use crate::cluster::reader::{ReadCause, ReadError, Span};
use crate::model::broker::BrokerId;
use crate::model::measure::TopicPartition;
use crate::model::seen::{Cause, Seen};
use crate::model::topic::Topic;

/// The state of reading one partition.
#[derive(Debug)]
pub(super) struct Spot {
    pub key: TopicPartition,
    /// The next offset to request.
    pub position: i64,
    pub until: Option<i64>,
    /// The leader; none if it has to be looked up.
    pub leader: Option<BrokerId>,
    /// The epoch of that leader.
    pub leader_epoch: Option<i32>,
    /// The leader epoch of the record before the position.
    pub epoch: Option<i32>,
    /// Whether a leader's log was compared with that epoch.
    is_compared: bool,
    /// When it was last served; the smallest goes first.
    pub turn: u64,
    /// Failures since the last progress.
    pub attempt: usize,
    /// Whether log start and end offsets were requested.
    pub is_ranging: bool,
    /// Empty responses although there is more.
    pub silence: Option<Silence>,
    since: Option<Instant>,
}

impl Spot {
    pub(super) fn new(span: Span) -> Self {
        Self {
            key: span.key,
            position: span.from,
            until: span.until,
            leader: None,
            leader_epoch: None,
            epoch: span.epoch,
            is_compared: span.epoch.is_none(),
            turn: 0,
            attempt: 0,
            is_ranging: false,
            silence: None,
            since: None,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.is_compared && self.until.is_some_and(|until| self.position >= until)
    }

    pub(super) fn is_lost(&self) -> bool {
        self.leader.is_none() && !self.is_done()
    }

    /// Notes that a leader's log has the record before the position.
    pub(super) fn compared(&mut self) {
        self.is_compared = true;
    }

    /// Advances to `to`, or to the end of the span, in leader epoch `epoch`; returns the old and the
    /// new position.
    pub(super) fn advance(&mut self, to: i64, epoch: Option<i32>) -> (i64, i64) {
        let from = self.position;
        let to = self.until.map_or(to, |until| to.min(until));
        self.position = to.max(from);
        self.epoch = epoch;
        self.works();
        (from, self.position)
    }

    /// Notes progress, or that there is nothing more to read.
    pub(super) fn works(&mut self) {
        self.since = None;
        self.attempt = 0;
        self.silence = None;
    }

    /// Notes an empty response for the first partition of a request, although there is more.
    pub(super) fn silent(&mut self) -> &mut Silence {
        self.attempt = 0;
        self.silence.get_or_insert_with(Silence::new)
    }

    /// Notes a lack of progress; an error if it lasted longer than `patience`.
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

    /// Takes the leader from a topic's metadata.
    pub(super) fn led(&mut self, topic: &Seen<Topic>, patience: Duration) -> Result<(), ReadError> {
        let topic = match topic {
            Seen::Value(topic) => topic,
            Seen::Unseen(Cause::NotPermitted, words) => {
                return Err(self.error(ReadCause::NotPermitted(words.clone())));
            }
            // A broker that has just started may not know it yet.
            Seen::Absent => {
                let words = "the topic is not there any more".to_owned();
                return self.stuck(patience, ReadCause::Gone(words));
            }
            Seen::Unseen(Cause::NotSupported | Cause::Unavailable, words) => {
                return self.stuck(patience, ReadCause::Silent(words.clone()));
            }
        };
        let mut partitions = topic.partitions.iter();
        let partition = partitions.find(|one| one.index == self.key.partition);
        let leader = partition.and_then(|one| Some((one.leader?, one.leader_epoch)));
        match (partition, leader) {
            // An old leader that does not know yet that it was replaced may have records that the
            // others never had.
            (_, Some((id, epoch))) if epoch < self.leader_epoch => {
                let words = format!("broker {id}, which led the partition before, is named again");
                self.stuck(patience, ReadCause::Silent(words))
            }
            (_, Some((id, epoch))) => {
                (self.leader, self.leader_epoch) = (Some(id), epoch);
                Ok(())
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::topic::{Partition, TopicId};

    fn led_by(id: BrokerId, epoch: i32) -> Seen<Topic> {
        let partition = Partition {
            index: 0,
            leader: Some(id),
            leader_epoch: Some(epoch),
            replicas: vec![1, 2],
            isr: vec![1, 2],
            offline: Vec::new(),
        };
        Seen::Value(Topic {
            name: "t".to_owned(),
            id: TopicId::default(),
            internal: false,
            partitions: vec![partition],
            configs: Seen::Absent,
        })
    }

    #[test]
    fn a_leader_that_was_replaced_is_not_asked_again() {
        let mut spot = Spot::new(Span::new(TopicPartition::new("t", 0), 0, None));
        let patience = Duration::from_mins(1);
        spot.led(&led_by(2, 5), patience).unwrap();
        assert_eq!((spot.leader, spot.leader_epoch), (Some(2), Some(5)));
        spot.leader = None;
        spot.led(&led_by(1, 4), patience).unwrap();
        assert_eq!(spot.leader, None);
        let error = spot.led(&led_by(1, 4), Duration::ZERO).unwrap_err();
        let words = "broker 1, which led the partition before, is named again".to_owned();
        assert_eq!(error.cause, ReadCause::Silent(words));
        spot.led(&led_by(1, 6), patience).unwrap();
        assert_eq!((spot.leader, spot.leader_epoch), (Some(1), Some(6)));
    }

    #[test]
    fn what_was_read_before_is_compared_even_where_nothing_is_left() {
        let key = TopicPartition::new("t", 0);
        assert!(Spot::new(Span::new(key.clone(), 5, Some(5))).is_done());
        let mut spot = Spot::new(Span {
            epoch: Some(3),
            ..Span::new(key, 5, Some(5))
        });
        assert!(!spot.is_done());
        spot.compared();
        assert!(spot.is_done());
    }
}
