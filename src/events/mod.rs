//! Records in and out.
//!
//! - `client`: librdkafka with the connection profile of the admin plane
//! - [`smoke`]: one record through a topic and back

mod client;
pub mod smoke;

/// The linked libraries of the record plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Libraries {
    /// The version of librdkafka.
    pub librdkafka: String,
    /// The version and date of the linked OpenSSL.
    pub openssl: String,
}

/// The libraries that are linked now.
#[must_use]
pub fn libraries() -> Libraries {
    Libraries {
        librdkafka: rdkafka::util::get_rdkafka_version().1,
        openssl: openssl::version::version().to_owned(),
    }
}
