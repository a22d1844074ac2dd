//! The security settings of a broker. Pure.
//!
//! Clients log in with SCRAM over TLS. Brokers and controllers authenticate each other by
//! certificates and are superusers, as is the admin. Other users need ACLs.

use std::collections::BTreeMap;
use std::path::Path;

use super::certificates::{BROKER_PEM, CA_PEM};
use super::users::{ADMIN, BROKER};

/// The users of a listener, which decide its security.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::local) enum For {
    /// Users with passwords: SCRAM over TLS.
    Clients,
    /// Brokers and controllers: certificates on both sides.
    Brokers,
}

impl For {
    /// The value in `listener.security.protocol.map`.
    pub(in crate::local) fn protocol(self) -> &'static str {
        match self {
            Self::Clients => "SASL_SSL",
            Self::Brokers => "SSL",
        }
    }
}

const SCRAM: &str = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
/// Maps `CN=admin` to the user `admin`.
const COMMON_NAME: &str = "RULE:^CN=([^,]+)$/$1/";

/// Prefixes of settings that a manifest may not set for a secure cluster.
const OURS: [&str; 6] = [
    "allow.everyone.",
    "authorizer.",
    "listener.name.",
    "sasl.",
    "ssl.",
    "super.users",
];

/// Whether the profile decides a setting, so that a manifest may not.
pub(in crate::local) fn is_ours(key: &str) -> bool {
    let others = ["principal.builder.class", "security.inter.broker.protocol"];
    others.contains(&key) || OURS.iter().any(|beginning| key.starts_with(beginning))
}

/// The settings for these listeners; `directory` is the directory of a broker's files.
pub(in crate::local) fn properties<'a>(
    listeners: impl Iterator<Item = (&'a str, For)>,
    directory: &Path,
) -> BTreeMap<String, String> {
    let file = |name: &str| directory.join(name).display().to_string();
    let users = format!("User:{ADMIN};User:{BROKER}");
    let authorizer = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
    let all = [
        ("allow.everyone.if.no.acl.found", "false".to_owned()),
        ("authorizer.class.name", authorizer.to_owned()),
        (
            "sasl.enabled.mechanisms",
            "SCRAM-SHA-256,SCRAM-SHA-512".to_owned(),
        ),
        ("ssl.keystore.location", file(BROKER_PEM)),
        ("ssl.keystore.type", "PEM".to_owned()),
        ("ssl.principal.mapping.rules", COMMON_NAME.to_owned()),
        ("ssl.truststore.location", file(CA_PEM)),
        ("ssl.truststore.type", "PEM".to_owned()),
        ("super.users", users),
    ];
    let mut properties: BTreeMap<String, String> = all
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    for (name, whom) in listeners {
        let prefix = format!("listener.name.{}", name.to_lowercase());
        match whom {
            For::Brokers => {
                let key = format!("{prefix}.ssl.client.auth");
                properties.insert(key, "required".to_owned());
            }
            For::Clients => properties.extend(["256", "512"].map(|bits| {
                let key = format!("{prefix}.scram-sha-{bits}.sasl.jaas.config");
                (key, SCRAM.to_owned())
            })),
        }
    }
    properties
}
