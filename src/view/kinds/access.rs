//! Words for creating and deleting ACLs, and for changing quotas.

use super::super::text::{code, count, escape};
use super::{Shown, Sign};
use crate::model::access::{AclBinding, Entity};
use crate::plan::Step;
use crate::plan::kinds::{AlterQuota, CreateAcl, DeleteAcl, QuotaChange};
use crate::plan::target::StepTarget;

impl Shown for CreateAcl {
    const SIGN: Sign = Sign::Added;

    fn rows(&self, _: &AclBinding, _: &Step) -> Option<Vec<(String, String)>> {
        Some(Vec::new())
    }

    fn cells(&self, _: &Step) -> Vec<[String; 2]> {
        vec![[String::new(), String::new()]]
    }

    fn words(&self, on: &AclBinding) -> String {
        format!("create {}", on.resource())
    }

    fn sum(all: &[(&AclBinding, &Self)]) -> Option<String> {
        Some(format!("{} to create", count(all.len(), "ACL")))
    }
}

impl Shown for DeleteAcl {
    const SIGN: Sign = Sign::Removed;

    fn rows(&self, _: &AclBinding, _: &Step) -> Option<Vec<(String, String)>> {
        Some(Vec::new())
    }

    fn cells(&self, _: &Step) -> Vec<[String; 2]> {
        vec![[String::new(), String::new()]]
    }

    fn words(&self, on: &AclBinding) -> String {
        format!("delete {}", on.resource())
    }

    fn sum(all: &[(&AclBinding, &Self)]) -> Option<String> {
        Some(format!("{} to delete", count(all.len(), "ACL")))
    }
}

impl Shown for AlterQuota {
    const SIGN: Sign = Sign::Changed;

    fn rows(&self, _: &Entity, _: &Step) -> Option<Vec<(String, String)>> {
        let changes = self.changes.iter();
        Some(changes.map(|one| (escape(&one.key), change(one))).collect())
    }

    fn cells(&self, _: &Step) -> Vec<[String; 2]> {
        let changes = self.changes.iter();
        let cells = changes.map(|one| [code(&one.key), code(&change(one))]);
        cells.collect()
    }

    fn words(&self, on: &Entity) -> String {
        format!("change {}", on.resource())
    }

    fn sum(all: &[(&Entity, &Self)]) -> Option<String> {
        let number = all.len();
        let entities = if number == 1 { "entity" } else { "entities" };
        Some(format!("quotas of {number} {entities} to change"))
    }
}

/// `before → after`.
fn change(change: &QuotaChange) -> String {
    let before = change.before.map(|value| value.to_string());
    let after = change.after.map(|value| value.to_string());
    format!(
        "{} → {}",
        before.as_deref().unwrap_or("(not set)"),
        after.as_deref().unwrap_or("(unset)")
    )
}
