//! Whose server it is.

/// Whether it is one of AWS.
pub(crate) fn is_of_aws(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let is_under =
        |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.ends_with('.'));
    DOMAINS.iter().any(is_under)
}

/// The domains of its partitions.
const DOMAINS: [&str; 4] = ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "api.aws"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_under_their_domains_are_of_aws() {
        for (url, expected) in [
            ("https://s3.us-east-1.amazonaws.com", true),
            ("https://S3.US-EAST-1.AMAZONAWS.COM:443/x", true),
            ("https://s3.cn-north-1.amazonaws.com.cn/", true),
            ("https://s3.eusc-de-east-1.amazonaws.eu", true),
            ("https://bucket.s3.dualstack.us-east-1.api.aws", true),
            ("https://rgw.osris.org", false),
            ("http://127.0.0.1:9000", false),
            ("https://amazonaws.com", false),
            ("https://notamazonaws.com", false),
            ("https://s3.amazonaws.com.example", false),
            ("https://s3.amazonaws.com@example.org/", false),
            ("https://example.org/?s3.amazonaws.com", false),
            ("", false),
        ] {
            assert_eq!(is_of_aws(url), expected, "{url}");
        }
    }
}
