//! The programs whose manifests are read.

/// Another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// topicctl: one topic in each document, with `meta` and `spec`.
    Topicctl,
    /// Jikkou: resources with `apiVersion` and `kind`.
    Jikkou,
    /// kafka-gitops: one state file.
    KafkaGitops,
}
