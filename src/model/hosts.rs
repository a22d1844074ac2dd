//! The hosts of ACLs, compared with the addresses of clients as brokers compare them.
//!
//! Traps: brokers compare texts, and write an address as Java does (`0:0:0:0:0:0:0:1`, not `::1`), so an ACL
//! for `::1` matches nobody. A host with `/` is a range since Kafka 4.4 (KIP-1276, `CidrUtils`); older brokers
//! store it and match nobody.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address as brokers write it; none if it is no address.
#[must_use]
pub fn as_brokers_write(address: &str) -> Option<String> {
    address.parse().ok().map(written)
}

/// The host of ACLs that hold for every client.
pub const EVERY_HOST: &str = "*";

/// The clients that the host of an ACL matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts<'a> {
    /// All of them.
    Every,
    /// Those with this address, as Java writes it.
    One(&'a str),
    /// Those with an address in this range.
    Range(AddressRange),
    /// None: no client has such an address.
    Nobody,
}

/// A range of addresses, with its first and its last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    is_ipv4: bool,
    first: u128,
    last: u128,
}

impl<'a> Hosts<'a> {
    /// The clients that this host matches. `has_ranges`: whether brokers take a host with `/` as a range.
    #[must_use]
    pub fn of(host: &'a str, has_ranges: bool) -> Self {
        if host == EVERY_HOST {
            Self::Every
        } else if host.contains('/') {
            let range = if has_ranges { range(host) } else { None };
            range.map_or(Self::Nobody, Self::Range)
        } else if bare(host).parse().is_ok_and(|ip| written(ip) == bare(host)) {
            Self::One(host)
        } else {
            Self::Nobody
        }
    }

    /// Whether all of these other clients are matched.
    #[must_use]
    pub fn covers(self, other: Hosts<'_>) -> bool {
        match (self, other) {
            (Self::Every, _) => true,
            (Self::One(one), Hosts::One(other)) => one == other,
            (Self::Range(range), Hosts::One(address)) => range.contains(address),
            (Self::Range(range), Hosts::Range(other)) => {
                range.is_ipv4 == other.is_ipv4
                    && range.first <= other.first
                    && other.last <= range.last
            }
            _ => false,
        }
    }

    /// Whether any of these other clients is matched.
    #[must_use]
    pub fn overlaps(self, other: Hosts<'_>) -> bool {
        match (self, other) {
            (Self::Nobody, _) | (_, Hosts::Nobody) => false,
            (Self::Range(range), Hosts::Range(other)) => {
                range.is_ipv4 == other.is_ipv4
                    && range.first <= other.last
                    && other.first <= range.last
            }
            _ => self.covers(other) || other.covers(self),
        }
    }
}

impl AddressRange {
    fn contains(self, address: &str) -> bool {
        match bare(address).parse() {
            Ok(IpAddr::V4(ip)) => self.is_ipv4 && self.has(u128::from(u32::from(ip))),
            Ok(IpAddr::V6(ip)) => !self.is_ipv4 && self.has(u128::from(ip)),
            Err(_) => false,
        }
    }

    fn has(self, address: u128) -> bool {
        (self.first..=self.last).contains(&address)
    }
}

/// An address as Java writes it (`InetAddress.getHostAddress`), and so brokers: eight numbers for IPv6, and
/// IPv4 for IPv4 inside of IPv6.
#[must_use]
pub fn written(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => ip.segments().map(|part| format!("{part:x}")).join(":"),
    }
}

/// An address without the network interface that Java writes behind link-local ones.
fn bare(address: &str) -> &str {
    address.split('%').next().unwrap_or_default()
}

/// The range that a host with `/` names; none if brokers cannot read it, and so match nobody.
fn range(host: &str) -> Option<AddressRange> {
    let (address, length) = host.split_once('/')?;
    let (is_ipv4, bits, network) = if host.contains(':') {
        let inside = address
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let ip: Ipv6Addr = bare(inside.unwrap_or(address)).parse().ok()?;
        if ip.to_ipv4_mapped().is_some() {
            return None;
        }
        (false, 128_u32, u128::from(ip))
    } else {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !(1..=2).contains(&length.len()) || !digits(length) {
            return None;
        }
        (true, 32, u128::from(u32::from(ipv4(address)?)))
    };
    let length: u32 = length.parse().ok()?;
    let rest = u128::MAX
        .checked_shr(128 - bits.checked_sub(length)?)
        .unwrap_or_default();
    let first = network & !rest;
    // `SubnetUtils` has 0.0.0.0 in no range.
    let first = if is_ipv4 { first.max(1) } else { first };
    let last = network | rest;
    (first <= last).then_some(AddressRange {
        is_ipv4,
        first,
        last,
    })
}

/// An IPv4 address whose numbers may have leading zeros.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut parts = text.split('.');
    let mut numbers = [0; 4];
    for number in &mut numbers {
        let part = parts.next().filter(|part| (1..=3).contains(&part.len()))?;
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        *number = digits.then(|| part.parse().ok())??;
    }
    parts.next().is_none().then(|| numbers.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_match_as_brokers_match_them() {
        for (host, address, expected) in [
            ("*", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("10.0.0.0/8", "10.255.0.1", true),
            ("010.0.0.9/08", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.1/32", "10.0.0.1", true),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "0.0.0.0", false),
            ("0.0.0.0/32", "0.0.0.0", false),
            ("0.0.0.0/0", "0:0:0:0:0:0:0:1", false),
            ("10.0.0.0/33", "10.0.0.1", false),
            ("10.0.0.0/+8", "10.0.0.1", false),
            ("10.0.0/8", "10.0.0.1", false),
            ("a/8", "10.0.0.1", false),
            ("::1", "0:0:0:0:0:0:0:1", false),
            ("0:0:0:0:0:0:0:1", "0:0:0:0:0:0:0:1", true),
            ("2001:db8::/32", "2001:db8:0:0:0:0:0:1", true),
            ("[2001:db8::]/32", "2001:db8:0:0:0:0:0:1", true),
            ("2001:db8::/32", "2001:db9:0:0:0:0:0:1", false),
            ("::/0", "2001:db9:0:0:0:0:0:1", true),
            ("::/0", "10.0.0.1", false),
            ("::1/128", "0:0:0:0:0:0:0:1", true),
            ("::/129", "0:0:0:0:0:0:0:1", false),
            ("::ffff:10.0.0.0/104", "10.0.0.1", false),
            ("localhost", "127.0.0.1", false),
        ] {
            let matched = Hosts::of(host, true).covers(Hosts::One(address));
            assert_eq!(matched, expected, "{host} {address}");
            let range = host.contains('/');
            let old = Hosts::of(host, false).covers(Hosts::One(address));
            assert_eq!(old, expected && !range, "{host} {address}");
        }
    }

    #[test]
    fn ranges_are_compared_as_wholes() {
        let of = |host| Hosts::of(host, true);
        for (one, other, covers, overlaps) in [
            ("*", "10.0.0.0/8", true, true),
            ("10.0.0.0/8", "*", false, true),
            ("10.0.0.0/8", "10.1.0.0/16", true, true),
            ("10.1.0.0/16", "10.0.0.0/8", false, true),
            ("10.1.0.0/16", "10.2.0.0/16", false, false),
            ("10.0.0.1", "10.0.0.0/8", false, true),
            ("::1", "*", false, false),
            ("::/0", "0.0.0.0/0", false, false),
        ] {
            assert_eq!(of(one).covers(of(other)), covers, "{one} {other}");
            assert_eq!(of(one).overlaps(of(other)), overlaps, "{one} {other}");
        }
    }

    #[test]
    fn addresses_are_written_as_in_java() {
        for (address, expected) in [
            ("10.0.0.1", "10.0.0.1"),
            ("::1", "0:0:0:0:0:0:0:1"),
            ("2001:DB8::a", "2001:db8:0:0:0:0:0:a"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(written(address.parse().unwrap()), expected);
        }
    }
}
