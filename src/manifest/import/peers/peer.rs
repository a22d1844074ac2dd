//! The programs whose manifests are read.

/// Another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// topicctl: a topic a document, `meta` and `spec`.
    Topicctl,
    /// Jikkou: resources with `apiVersion` and `kind`.
    Jikkou,
    /// kafka-gitops: one state file.
    KafkaGitops,
}
