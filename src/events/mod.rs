//! Records in and out.
//!
//! - `client`: librdkafka with the connection profile of the admin plane
//! - [`smoke`]: one record through a topic and back

mod client;
pub mod smoke;

/// The versions of the linked libraries of the record plane: librdkafka's, and OpenSSL's with its date.
#[must_use]
pub fn libraries() -> (String, &'static str) {
    let (_, librdkafka) = rdkafka::util::get_rdkafka_version();
    (librdkafka, openssl::version::version())
}
