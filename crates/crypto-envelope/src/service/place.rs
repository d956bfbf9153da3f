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
    let Some((_, rest)) = uri.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host.parse::<IpAddr>().map_or(host == "localhost", |address| address.is_loopback())
}

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
}
