//! Words for adding partitions.

use super::super::text::escape;
use super::{Shown, Sign};
use crate::plan::Step;
use crate::plan::kinds::CreatePartitions;
use crate::plan::target::TopicTarget;

impl CreatePartitions {
    fn change(&self) -> String {
        format!("{} → {}", self.before, self.after)
    }
}

impl Shown for CreatePartitions {
    const SIGN: Sign = Sign::Changed;

    fn rows(&self, _: &TopicTarget, _: &Step) -> Option<Vec<(String, String)>> {
        Some(vec![("partitions".to_owned(), self.change())])
    }

    fn cells(&self, _: &Step) -> Vec<[String; 2]> {
        vec![["partitions".to_owned(), self.change()]]
    }

    fn words(&self, on: &TopicTarget) -> String {
        format!("add partitions to topic {}", escape(&on.name))
    }

    fn sum(_: &[(&TopicTarget, &Self)]) -> Option<String> {
        None
    }
}
