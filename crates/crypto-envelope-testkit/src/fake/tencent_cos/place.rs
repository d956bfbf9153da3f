//! Where a request goes, by its host.

use std::collections::BTreeMap;

/// What a host stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// All buckets of an account.
    Service,
    Bucket {
        name: String,
        /// Any, if the host does not say it.
        region: Option<String>,
    },
}

impl Place {
    /// That of a host, with a port or without. Domains of a user's own are given with their buckets.
    pub(super) fn of(host: &str, domains: &BTreeMap<String, String>) -> Option<Self> {
        let host = without_port(host).to_ascii_lowercase();
        if let Some(bucket) = domains.get(&host) {
            return Some(Self::Bucket { name: bucket.clone(), region: None });
        }
        let front = SUFFIXES.iter().find_map(|suffix| host.strip_suffix(suffix))?;
        match front.split('.').collect::<Vec<_>>()[..] {
            ["service", "cos"] | ["cos", _] => Some(Self::Service),
            [bucket, "cos" | "cos-internal", region] if !bucket.is_empty() => {
                let region = (region != "accelerate").then(|| region.to_owned());
                Some(Self::Bucket { name: bucket.to_owned(), region })
            }
            _ => None,
        }
    }
}

pub(super) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

const SUFFIXES: [&str; 2] = [".myqcloud.com", ".tencentcos.cn"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_name_buckets() {
        let domains = BTreeMap::from([("cdn.example.com".to_owned(), "own-1".to_owned())]);
        let bucket = |name: &str, region: Option<&str>| {
            Some(Place::Bucket { name: name.to_owned(), region: region.map(str::to_owned) })
        };
        for (host, expected) in [
            ("b-1.cos.ap-x.myqcloud.com", bucket("b-1", Some("ap-x"))),
            ("B-1.cos.ap-x.myqcloud.com:8080", bucket("b-1", Some("ap-x"))),
            ("b-1.cos.ap-x.tencentcos.cn", bucket("b-1", Some("ap-x"))),
            ("b-1.cos-internal.ap-x.tencentcos.cn", bucket("b-1", Some("ap-x"))),
            ("b-1.cos.accelerate.myqcloud.com", bucket("b-1", None)),
            ("cdn.example.com:80", bucket("own-1", None)),
            ("service.cos.myqcloud.com", Some(Place::Service)),
            ("service.cos.tencentcos.cn", Some(Place::Service)),
            ("", None),
            ("127.0.0.1:80", None),
            ("myqcloud.com", None),
            (".cos.ap-x.myqcloud.com", None),
            ("b-1.cos.ap-x.example.com", None),
            ("a.b-1.cos.ap-x.myqcloud.com", None),
            ("b-1.oss.ap-x.myqcloud.com", None),
        ] {
            assert_eq!(Place::of(host, &domains), expected, "{host}");
        }
    }
}
