//! `version`: what this program is made of.

use super::exit::Exit;
use super::terminal::Terminal;
use crate::cluster::live::KRAFKA;
use crate::events::libraries;
use crate::view;

pub(super) fn run(terminal: &Terminal) -> Exit {
    let libraries = libraries();
    let parts = [
        ("tonkafka", env!("CARGO_PKG_VERSION")),
        ("krafka", KRAFKA),
        ("librdkafka", &libraries.librdkafka),
        ("openssl", &libraries.openssl),
    ];
    terminal.show(
        |_| view::version::text(&parts),
        || view::version::json(&parts),
    );
    Exit::Done
}
