//! Where a broker listens.

/// The form of an address, as a hint.
pub const EXAMPLE: &str = "write `host:port`, such as `localhost:9092`";

/// Whether this is `host:port`.
///
/// # Errors
/// What to write instead.
pub fn check(address: &str) -> Result<(), &'static str> {
    if address.contains("://") {
        return Err("leave out the protocol before `://`: write `host:port`");
    }
    let (host, port) = address.rsplit_once(':').ok_or(EXAMPLE)?;
    check_host(host)?;
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(1..) if digits => Ok(()),
        _ => Err("a port is a number from 1 to 65535"),
    }
}

/// Whether an address, with or without port, is this machine's own.
#[must_use]
pub fn is_loopback(address: &str) -> bool {
    use core::net::IpAddr;
    let bare = address.trim().trim_start_matches('[');
    let host = match bare.split_once(']') {
        Some((inside, _)) => inside,
        None if bare.matches(':').count() == 1 => bare.split(':').next().unwrap_or_default(),
        None => bare,
    };
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fn check_host(host: &str) -> Result<(), &'static str> {
    let inside = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let legal = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    match inside {
        Some(ip) if ip.parse::<core::net::Ipv6Addr>().is_ok() => Ok(()),
        None if !host.is_empty() && host.chars().all(legal) => Ok(()),
        None if host.contains(':') && !host.contains(',') => {
            Err("write an IPv6 address in brackets and quotes: `\"[::1]:9092\"`")
        }
        _ => Err(EXAMPLE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_this_machine() {
        for address in [
            "localhost:9092",
            "LOCALHOST",
            "a.localhost:1",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]:9",
            "::1",
            "[::ffff:127.0.0.1]:1",
        ] {
            assert!(is_loopback(address), "{address}");
        }
        for address in [
            "kafka:9092",
            "10.0.0.1:1",
            "localhost.example.com:1",
            "[::2]:1",
            "",
            "127.0.0.1.example.com:1",
        ] {
            assert!(!is_loopback(address), "{address}");
        }
    }

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for address in [
            "localhost:9092",
            "kafka-1.example.com:1",
            "10.0.0.1:65535",
            "[::1]:9092",
            "my_kafka:9092",
        ] {
            assert_eq!(check(address), Ok(()), "{address}");
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
            assert!(check(address).is_err(), "{address}");
        }
    }
}
