//! `version`: the versions of the program and its libraries.

use super::exit::Exit;
use super::terminal::Terminal;
use crate::cluster::live::KRAFKA;
use crate::events::libraries;
use crate::view;
use crate::view::version::Versions;

pub(super) fn run(terminal: &Terminal) -> Exit {
    let (librdkafka, openssl) = libraries();
    let versions = Versions {
        tonkafka: env!("CARGO_PKG_VERSION"),
        krafka: KRAFKA,
        librdkafka: &librdkafka,
        openssl,
    };
    let parts = [
        ("tonkafka", versions.tonkafka),
        ("krafka", versions.krafka),
        ("librdkafka", versions.librdkafka),
        ("openssl", versions.openssl),
    ];
    terminal.show(
        |_| view::version::text(&parts),
        || view::version::json(&versions),
    );
    Exit::Done
}
