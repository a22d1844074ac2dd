//! Remarks: things in a manifest that are no errors, but that users should know.

use super::diagnostic::Diagnostic;
use crate::manifest::Level;

/// A remark, with its place and a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What it is.
    pub about: RemarkKind,
    /// The subject in the manifest.
    pub subject: Subject,
    /// The text and the place. Its level is never [`Level::Error`].
    pub diagnostic: Diagnostic,
}

/// Kinds of remarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemarkKind {
    /// A secret in clear text.
    SensitiveInClear,
    /// A vendor's key, whose value cannot be checked.
    VendorKey,
    /// A key that is not in the catalogue, but that brokers know, or that a newer Kafka may have.
    UncataloguedKey,
    /// A key that is not in the catalogue, on brokers that do not tell whether they know it.
    KeyNotTold,
    /// `min.insync.replicas` above the number of replicas, which is then the effective value.
    MinIsrAboveReplicas {
        /// Whether a policy refuses it.
        refuses: bool,
    },
    /// One of the manifest's policies is broken.
    Policy {
        /// Its name.
        name: &'static str,
        /// Whether the policy refuses it, rather than warns.
        refuses: bool,
    },
}

/// The guards that are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is let through by itself"
)]
pub struct Passing {
    /// Secrets in clear text.
    pub sensitive_in_clear: bool,
    /// Topics with fewer replicas than `min.insync.replicas`.
    pub min_isr_above_replicas: bool,
    /// Broken policies; they only warn then.
    pub policies: bool,
    /// Keys that are not in the catalogue: the brokers are asked about them later.
    pub asks_brokers: bool,
}

impl Passing {
    /// The severity of a remark.
    pub(super) fn level(self, about: RemarkKind) -> Level {
        match about {
            RemarkKind::SensitiveInClear if self.sensitive_in_clear => Level::Allowed,
            RemarkKind::SensitiveInClear => Level::Error,
            RemarkKind::MinIsrAboveReplicas { .. } if self.min_isr_above_replicas => Level::Allowed,
            RemarkKind::Policy { refuses, .. } | RemarkKind::MinIsrAboveReplicas { refuses }
                if refuses && !self.policies =>
            {
                Level::Error
            }
            RemarkKind::Policy { .. } | RemarkKind::MinIsrAboveReplicas { .. } => Level::Warning,
            RemarkKind::VendorKey | RemarkKind::UncataloguedKey | RemarkKind::KeyNotTold => {
                Level::Note
            }
        }
    }
}

/// The subject of a remark.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Subject {
    /// All brokers.
    #[default]
    AllBrokers,
    /// The properties that `up` starts brokers with.
    Process,
    /// One broker, by id.
    Broker(i32),
    /// Topics, by name.
    Topics(Vec<String>),
}
