//! What a manifest may hold, and a reader should know all the same.

use super::diagnostic::Diagnostic;
use crate::manifest::Level;

/// Something that passed, with its place and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What it is.
    pub about: RemarkKind,
    /// What in the manifest it concerns.
    pub subject: Subject,
    /// Where, and in words. Its level is never [`Level::Error`].
    pub diagnostic: Diagnostic,
}

/// What a remark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemarkKind {
    /// A secret that stands in the manifest itself.
    SensitiveInClear,
    /// A key that somebody else than Apache made: nobody here can check it.
    VendorKey,
    /// A key that the catalogue lacks, and that the brokers know, or a newer Kafka may.
    UncataloguedKey,
    /// A key that the catalogue lacks, where the brokers do not tell whether they know it.
    KeyNotTold,
    /// `min.insync.replicas` above the number of replicas: it protects less than it says.
    MinIsrAboveReplicas {
        /// Whether a policy makes that an error.
        refuses: bool,
    },
    /// One of the manifest's policies is broken.
    Policy {
        /// Its name.
        name: &'static str,
        /// Whether that is an error.
        refuses: bool,
    },
}

/// What is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is let through by itself"
)]
pub struct Passing {
    /// Secrets in the manifest itself.
    pub sensitive_in_clear: bool,
    /// Topics with fewer replicas than `min.insync.replicas`.
    pub min_isr_above_replicas: bool,
    /// Whatever breaks the manifest's policies; it is warned about.
    pub policies: bool,
    /// Keys that the catalogue lacks: the brokers are asked about them once they are at hand.
    pub asks_brokers: bool,
}

impl Passing {
    /// How much it weighs.
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

/// What in the manifest a remark concerns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Subject {
    /// All brokers.
    #[default]
    AllBrokers,
    /// What `up` starts brokers with.
    Process,
    /// One broker, by id.
    Broker(i32),
    /// Topics, by name.
    Topics(Vec<String>),
}
