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
