//! The section `cluster`.

use super::document::{Kind, Node, Scalar};
use super::fields::fields;
use super::layer::Cluster;
use super::problem::{Placed, Problem, Problems, quote};
use super::scalar::Reading;
use super::value;

pub(super) const FIELDS: [&str; 3] = ["name", "bootstrap", "id"];
const ADDRESS: &str = "write `host:port`, such as `localhost:9092`";

pub(super) fn read(node: &Node<'_>, problems: &mut Problems) -> Cluster {
    let Some(fields) = fields(node, "`cluster`", &FIELDS, problems) else {
        return Cluster::default();
    };
    let text = |name, problems: &mut Problems| {
        let node = fields.get(name)?;
        value::text(node, name, problems)
    };
    Cluster {
        name: text("name", problems),
        id: text("id", problems),
        bootstrap: fields
            .get("bootstrap")
            .map(|node| bootstrap(node, problems)),
    }
}

/// A list of addresses, or one text with commas between them.
fn bootstrap(node: &Node<'_>, problems: &mut Problems) -> Placed<Vec<String>> {
    let mut addresses = Vec::new();
    match &node.kind {
        Kind::Scalar(scalar) => {
            for address in scalar.value().split(',') {
                addresses.extend(address_of(node, scalar, address.trim(), problems));
            }
        }
        Kind::List(items) if items.is_empty() => {
            let message = "`bootstrap` names no broker";
            problems.push(Problem::at(node.at, message).hint(ADDRESS));
        }
        Kind::List(items) => {
            for item in items {
                addresses.extend(address_in_list(item, problems));
            }
        }
        Kind::Map(_) => problems.push(not_an_address(node)),
    }
    Placed::new(addresses, node.at)
}

fn address_in_list(item: &Node<'_>, problems: &mut Problems) -> Option<String> {
    if let Kind::Scalar(scalar) = &item.kind {
        return address_of(item, scalar, scalar.value().trim(), problems);
    }
    problems.push(not_an_address(item));
    None
}

/// `localhost: 9092` with a space is a mapping.
fn not_an_address(node: &Node<'_>) -> Problem {
    let message = format!(
        "a bootstrap address must be text, not {}",
        value::describe(node)
    );
    Problem::at(node.at, message)
        .hint("write `host:port` without a space, such as `localhost:9092`")
}

fn address_of(
    node: &Node<'_>,
    scalar: &Scalar<'_>,
    address: &str,
    problems: &mut Problems,
) -> Option<String> {
    if node.is_unknown() {
        return None;
    }
    if value::reading(scalar) == Reading::Null {
        problems.push(Problem::at(node.at, "a bootstrap address is empty").hint(ADDRESS));
        return None;
    }
    match check_address(address) {
        Ok(()) => Some(address.to_owned()),
        Err(hint) => {
            let shown = quote(node.reference().unwrap_or(address));
            let message = format!("{shown} is not an address of a broker");
            problems.push(Problem::at(node.at, message).hint(hint));
            None
        }
    }
}

/// Whether this is `host:port`, or what to do about it.
fn check_address(address: &str) -> Result<(), &'static str> {
    if address.contains("://") {
        return Err("leave out the protocol before `://`: write `host:port`");
    }
    let (host, port) = address.rsplit_once(':').ok_or(ADDRESS)?;
    check_host(host)?;
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(1..) if digits => Ok(()),
        _ => Err("a port is a number from 1 to 65535"),
    }
}

fn check_host(host: &str) -> Result<(), &'static str> {
    let inside = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let legal = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    match inside {
        Some(ip) if ip.parse::<std::net::Ipv6Addr>().is_ok() => Ok(()),
        None if !host.is_empty() && host.chars().all(legal) => Ok(()),
        None if host.contains(':') && !host.contains(',') => {
            Err("write an IPv6 address in brackets and quotes: `\"[::1]:9092\"`")
        }
        _ => Err(ADDRESS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for address in [
            "localhost:9092",
            "kafka-1.example.com:1",
            "10.0.0.1:65535",
            "[::1]:9092",
            "my_kafka:9092",
        ] {
            assert_eq!(check_address(address), Ok(()), "{address}");
        }
        for address in [
            "",
            "localhost",
            ":9092",
            "localhost:",
            "localhost:0",
            "localhost:65536",
            "localhost:+1",
            "a b:1",
            "a/b:1",
            "[x]:1",
            "::1:9092",
            "PLAINTEXT://localhost:9092",
        ] {
            assert!(check_address(address).is_err(), "{address}");
        }
    }
}
