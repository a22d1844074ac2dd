//! The manifests of other programs: topicctl, Jikkou, kafka-gitops.
//!
//! Their files are read as strictly as ours where they say what a topic is: a mistake is an error with
//! its place. What they say and a manifest here cannot is a warning with its place and what to do;
//! nothing is dropped without one.
//!
//! Traps:
//! - topicctl puts variables of the environment (`$NAME`) in before it reads YAML, Jikkou renders
//!   templates (`{{ … }}`): neither is known here, so both are refused.
//! - In Jikkou, the settings of a topic's `configMapRefs` win over those of the topic itself.

mod documents;
mod jikkou;
mod kafka_gitops;
mod peer;
mod reader;
mod topicctl;

pub use self::peer::Peer;
use self::reader::Reader;
use super::super::diagnostic::{Diagnostic, ManifestErrors};
use super::super::document::{self, Budget};
use super::super::source::SourceFile;
use super::Imported;
use crate::manifest::spot;

/// Converts the files to a manifest, with warnings about everything that it cannot express.
///
/// # Errors
/// All errors, ordered by source and place.
pub fn of_peer(
    peer: Peer,
    sources: &[SourceFile],
) -> Result<(Imported, Vec<Diagnostic>), ManifestErrors> {
    let mut reader = Reader::of(peer, sources);
    let texts: Vec<Vec<String>> = sources
        .iter()
        .map(|source| documents::split(&source.text))
        .collect();
    let mut budget = Budget::default();
    let mut roots = Vec::new();
    for (file, texts) in texts.iter().enumerate() {
        let file = spot::number(file);
        if peer == Peer::Jikkou && documents::template(file, sources, &mut reader.problems) {
            continue;
        }
        if texts.is_empty() {
            reader.empty(file);
        }
        for text in texts {
            roots.extend(document::read(
                file,
                text,
                &mut budget,
                &mut reader.problems,
            ));
        }
    }
    match peer {
        Peer::Topicctl => topicctl::read(&roots, &mut reader),
        Peer::Jikkou => jikkou::read(&roots, &mut reader),
        Peer::KafkaGitops => kafka_gitops::read(&roots, &mut reader),
    }
    reader.finish()
}
