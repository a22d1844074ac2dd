//! Words for deleting records. Plans show them in tables.

use super::super::records::{size, totals};
use super::super::text::count;
use super::{Shown, Sign};
use crate::plan::Step;
use crate::plan::kinds::DeleteRecords;
use crate::plan::target::{PartitionTarget, StepTarget};

impl Shown for DeleteRecords {
    const SIGN: Sign = Sign::Removed;

    fn rows(&self, _: &PartitionTarget, _: &Step) -> Option<Vec<(String, String)>> {
        None
    }

    fn words(&self, on: &PartitionTarget) -> String {
        format!("delete records before {} of {}", self.before, on.resource())
    }

    fn sum(all: &[(&PartitionTarget, &Self)]) -> Option<String> {
        let partitions = count(all.len(), "partition");
        let (records, bytes) = totals(all.iter().map(|(_, delete)| *delete));
        let size = size(Some(records), bytes);
        Some(format!("{size} of {partitions} to delete"))
    }
}
