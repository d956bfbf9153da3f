//! Where a service is.

use std::net::IpAddr;

/// Whether nobody on the network can read what goes there: it is `https`, or on this machine.
#[must_use]
pub fn is_confidential(uri: &str) -> bool {
    uri.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https"))
        || is_here(uri)
}

/// Whether it is on this machine: a proxy could read what goes there.
#[must_use]
pub fn is_here(uri: &str) -> bool {
    match host(uri) {
        Host::Address(address) => address.is_loopback(),
        Host::Name(name) => name == "localhost",
    }
}

/// Whether it is on this machine, or on the link that it is on, where clouds tell their machines who
/// they are: that is for no proxy either.
#[must_use]
pub fn is_near(uri: &str) -> bool {
    is_here(uri)
        || match host(uri) {
            Host::Address(IpAddr::V4(address)) => address.is_link_local(),
            Host::Address(IpAddr::V6(address)) => {
                address.is_unicast_link_local() || address.segments()[..2] == OF_EC2
            }
            Host::Name(_) => false,
        }
}

enum Host<'a> {
    Address(IpAddr),
    Name(&'a str),
}

/// That of a URI; of what is none, the empty name.
fn host(uri: &str) -> Host<'_> {
    let (_, rest) = uri.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host.parse().map_or(Host::Name(host), Host::Address)
}

/// What the addresses of EC2 begin with that only its own machines reach.
const OF_EC2: [u16; 2] = [0xfd00, 0xec2];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for (uri, expected) in [
            ("https://kms.us-east-1.amazonaws.com/", true),
            ("HTTPS://kms.us-east-1.amazonaws.com/", true),
            ("http://127.0.0.1:4566/", true),
            ("http://localhost:4566", true),
            ("http://[::1]:4566/", true),
            ("http://kms.us-east-1.amazonaws.com/", false),
            ("http://localhost.example/", false),
            ("http://127.0.0.1.example/", false),
            ("http://localhost@10.0.0.1/", false),
            ("http://10.0.0.1/?127.0.0.1", false),
            ("http://[fe80::1]/", false),
            ("127.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(is_confidential(uri), expected, "{uri}");
        }
    }

    #[test]
    fn metadata_of_clouds_are_near() {
        for (uri, expected) in [
            ("http://127.0.0.1:1/", true),
            ("http://169.254.169.254/latest", true),
            ("http://169.254.170.2", true),
            ("http://[fd00:ec2::254]/latest", true),
            ("http://[fe80::1]/", true),
            ("http://10.0.0.1/", false),
            ("http://169.254.169.254.example/", false),
            ("https://kms.us-east-1.amazonaws.com/", false),
            ("", false),
        ] {
            assert_eq!(is_near(uri), expected, "{uri}");
        }
    }
}
