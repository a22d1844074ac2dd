//! Findings from a manifest's remarks.

use std::collections::HashSet;

use crate::manifest::{Level, Manifest, Remark, RemarkKind, Subject};
use crate::plan::{Code, Finding, Resource, Severity};

/// The findings from the manifest's remarks and from `told`, for the topics and brokers of the plan.
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

/// The code of a remark's finding.
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

/// The resource of a remark; none when `--only` leaves it out.
fn resource(remark: &Remark, topics: &HashSet<&str>) -> Option<Resource> {
    match &remark.subject {
        // Settings of the process are never compared with a cluster.
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
