//! What a plan says of its manifest.

use std::collections::HashSet;

use crate::manifest::{Level, Manifest, Remark, RemarkKind, Subject};
use crate::plan::{Code, Finding, Resource, Severity};

/// What a plan says of the manifest's remarks, and of those that brokers gave rise to: of topics and
/// brokers that it is for.
pub fn findings<'m>(
    manifest: &'m Manifest,
    told: &'m [Remark],
) -> impl Iterator<Item = Finding> + use<'m> {
    let topics: HashSet<&str> = manifest.desired.topic_names().collect();
    let remarks = manifest.remarks.iter().chain(told);
    remarks.filter_map(move |remark| {
        let diagnostic = &remark.diagnostic;
        let severity = match diagnostic.level {
            _ if remark.about == RemarkKind::KeyNotTold => Severity::Unreadable,
            Level::Error => return None,
            Level::Allowed => Severity::Allowed,
            Level::Warning | Level::Note => Severity::Note,
        };
        let message = diagnostic.message.clone();
        let mut finding = Finding::new(code(remark), severity, resource(remark, &topics)?, message);
        finding.hint.clone_from(&diagnostic.hint);
        finding.place = diagnostic.place.as_ref().map(ToString::to_string);
        Some(finding)
    })
}

/// The code of the finding that a remark becomes.
#[must_use]
pub fn code(remark: &Remark) -> Code {
    match remark.about {
        RemarkKind::SensitiveInClear => Code::SensitiveInClear,
        RemarkKind::MinIsrAboveReplicas { .. } => Code::MinIsrAboveReplicas,
        RemarkKind::Policy { .. } => Code::Policy,
        RemarkKind::VendorKey => Code::VendorKey,
        RemarkKind::UncataloguedKey => Code::UncataloguedKey,
        RemarkKind::KeyNotTold => Code::NotVisible,
    }
}

/// What the remark is about, if the manifest's part that is left has it.
fn resource(remark: &Remark, topics: &HashSet<&str>) -> Option<Resource> {
    match &remark.subject {
        // It is never compared with a cluster.
        Subject::Process => None,
        Subject::AllBrokers => Some(Resource::BrokerDefaults),
        Subject::Broker(id) => Some(Resource::Broker { id: *id }),
        Subject::Topics(names) => {
            let mut names = names.iter();
            let is_left = |name: &&String| topics.contains(name.as_str());
            let name = names.find(is_left)?.clone();
            Some(Resource::Topic { name })
        }
    }
}
