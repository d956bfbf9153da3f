//! Where a bucket is.

mod region;

use std::fmt;

use crypto_envelope::{Error, Result, service::place};

pub use self::region::CosDomain;

/// The name of a bucket, with the number of its account: `examplebucket-1250000000`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CosBucket {
    name: String,
}

impl CosBucket {
    /// As `NAME-APPID`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there is no number at the end, or the name is none that a bucket may
    /// have: lower-case letters, digits and hyphens, up to 60 characters in all.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        let is_name =
            |part: &str| !part.is_empty() && part.bytes().all(is_of_name) && !part.starts_with('-');
        let is_number =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let parts = name.rsplit_once('-').filter(|_| name.len() <= LONGEST_BUCKET);
        if parts.is_some_and(|(short, app_id)| is_name(short) && is_number(app_id)) {
            return Ok(Self { name });
        }
        Err(Error::invalid_input(format!(
            "{} is not the full name of a bucket, such as examplebucket-1250000000: lower-case letters, \
             digits and hyphens, then the APPID of the account",
            shown(&name)
        )))
    }

    /// The full name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The APPID of the account.
    #[must_use]
    pub fn app_id(&self) -> &str {
        self.name.rsplit('-').next().unwrap_or_default()
    }
}

impl fmt::Debug for CosBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CosBucket({})", self.name)
    }
}

impl fmt::Display for CosBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A bucket, and how to reach it.
///
/// ```
/// use crypto_envelope_tencent_cos::{CosBucket, CosDomain, CosEndpoint};
///
/// # fn main() -> crypto_envelope::Result<()> {
/// let bucket = CosBucket::new("examplebucket-1250000000")?;
/// let public = CosEndpoint::new(bucket.clone(), "ap-beijing")?;
/// assert_eq!(public.host(), "examplebucket-1250000000.cos.ap-beijing.myqcloud.com");
/// let internal = CosEndpoint::in_domain(bucket, "ap-beijing", CosDomain::Internal)?;
/// # let _ = internal;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosEndpoint {
    bucket: CosBucket,
    scheme: Scheme,
    host: String,
    port: Option<u16>,
    /// Where it really goes.
    address: Option<String>,
    /// Under which name copies find the bucket, if that is known.
    source_host: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl CosEndpoint {
    /// In a region, such as `ap-beijing`, over the internet: `BUCKET.cos.REGION.myqcloud.com`. The names that
    /// regions had before are known as well, such as `cosbj` and `cn-north`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is no name of a region.
    pub fn new(bucket: CosBucket, region: &str) -> Result<Self> {
        Self::in_domain(bucket, region, CosDomain::default())
    }

    /// In a region, by one of the domains of COS.
    ///
    /// # Errors
    ///
    /// As [`CosEndpoint::new`].
    pub fn in_domain(bucket: CosBucket, region: &str, domain: CosDomain) -> Result<Self> {
        let host = format!("{bucket}.{}", domain.host(region)?);
        let source_host = format!("{bucket}.{}", domain.source(region)?);
        let (scheme, port) = (Scheme::Https, None);
        Ok(Self { bucket, scheme, host, port, address: None, source_host: Some(source_host) })
    }

    /// By a domain of one's own that leads to the bucket: `HOST`, `HOST:PORT` (with TLS) or a URL. Copies
    /// from this bucket need an endpoint in its region.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is none.
    pub fn custom(bucket: CosBucket, domain: &str) -> Result<Self> {
        let (scheme, host, port) = split_url(domain)?;
        Ok(Self { bucket, scheme, host, port, address: None, source_host: None })
    }

    /// Over HTTP without TLS. Clients refuse that unless it stays on this machine, or their settings say
    /// `danger_allow_plain_http`.
    #[must_use]
    pub fn over_plain_http(self) -> Self {
        Self { scheme: Scheme::Http, ..self }
    }

    /// Connects to another address, as `HOST:PORT` or a URL, while requests and signatures name the same
    /// host as before: for stand-ins of COS, and for tunnels.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is none.
    pub fn at_address(self, address: &str) -> Result<Self> {
        let (scheme, host, port) = split_url(address)?;
        let scheme = if address.contains("://") { scheme } else { self.scheme };
        Ok(Self { scheme, address: Some(authority(&host, port)), ..self })
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &CosBucket {
        &self.bucket
    }

    /// The host that requests are for, without its port: as it is signed.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Where requests go, without a slash at the end: `https://HOST`.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.address {
            Some(address) => format!("{}://{address}", self.scheme.name()),
            None => self.official_url(),
        }
    }

    /// Whether nobody on the network can read what goes there: it is `https`, or on this machine.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        place::is_confidential(&self.url())
    }

    /// The URL that others can use, whatever address we connect to.
    pub(crate) fn official_url(&self) -> String {
        format!("{}://{}", self.scheme.name(), self.host_header())
    }

    /// The header `Host`.
    pub(crate) fn host_header(&self) -> String {
        authority(&self.host, self.port)
    }

    /// The host in the header that names the source of a copy.
    pub(crate) fn source_host(&self) -> Option<&str> {
        self.source_host.as_deref()
    }
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

fn authority(host: &str, port: Option<u16>) -> String {
    port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Scheme, host and port.
fn split_url(url: &str) -> Result<(Scheme, String, Option<u16>)> {
    let (scheme, rest) = match url.split_once("://") {
        Some(("https", rest)) => (Scheme::Https, rest),
        Some(("http", rest)) => (Scheme::Http, rest),
        Some(_) => return Err(no_host(url)),
        None => (Scheme::Https, url),
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match authority.rsplit_once(':') {
        // Inside of an address such as `[::1]`.
        Some((_, end)) if end.ends_with(']') => (authority, None),
        Some((host, port)) => (host, Some(parse_port(port).ok_or_else(|| no_host(url))?)),
        None => (authority, None),
    };
    if is_host(host) { Ok((scheme, host.to_ascii_lowercase(), port)) } else { Err(no_host(url)) }
}

fn parse_port(text: &str) -> Option<u16> {
    // The standard library takes a sign as well.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_number && *port > 0)
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        let edges = [label.bytes().next(), label.bytes().next_back()];
        edges.iter().all(|edge| edge.is_some_and(|byte| byte.is_ascii_alphanumeric()))
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    host.len() <= LONGEST_HOST && host.split('.').all(is_label)
}

fn no_host(text: &str) -> Error {
    Error::invalid_input(format!(
        "{} is no host: give HOST, HOST:PORT or https://HOST",
        shown(text)
    ))
}

/// Not all of it, if it is long, nor what may be a password in front of a host.
fn shown(text: &str) -> String {
    let (hidden, open) = text.rsplit_once('@').map_or(("", text), |(_, open)| ("...@", open));
    let start: String = open.chars().take(100).collect();
    format!("{:?}", [hidden, &start].concat())
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// In characters.
const LONGEST_BUCKET: usize = 60;
const LONGEST_HOST: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::{cases, str};

    fn bucket() -> CosBucket {
        CosBucket::new("examplebucket-1250000000").expect("a bucket")
    }

    #[test]
    fn buckets_have_the_number_of_their_account() -> Result<()> {
        assert_eq!(bucket().app_id(), "1250000000");
        assert_eq!(CosBucket::new("a-b-1")?.app_id(), "1");
        let long = format!("{}-1", "x".repeat(59));
        for wrong in [
            "", "name", "name-", "-1", "Name-1", "na_me-1", "name-1a", "name.x-1", "n/-1", "--1",
            "-a-1", &long,
        ] {
            assert!(CosBucket::new(wrong).is_err(), "{wrong}");
        }
        Ok(())
    }

    #[test]
    fn hosts_are_those_of_the_official_sdk() -> Result<()> {
        use CosDomain::{Accelerate, Internal, Public, Tencentcos};
        for (id, domain) in [
            ("key-get-00", Public),
            ("endpoint-accelerate", Accelerate),
            ("tencentcos", Tencentcos),
            ("internal", Internal),
        ] {
            let cases = cases("signature.json", 55);
            let case = cases.iter().find(|case| str(case, "id") == id).expect("a case");
            let endpoint = CosEndpoint::in_domain(bucket(), str(case, "region"), domain)?;
            assert_eq!(format!("{}/exampleobject", endpoint.url()), str(case, "url"));
            assert!(str(case, "format_string").contains(&format!("host={}\n", endpoint.host())));
            let source = "examplebucket-1250000000.cos.ap-beijing.myqcloud.com";
            assert!(
                domain != Public && domain != Accelerate || endpoint.source_host() == Some(source)
            );
        }
        Ok(())
    }

    #[test]
    fn a_domain_of_ones_own_is_not_below_the_bucket() -> Result<()> {
        let endpoint = CosEndpoint::custom(bucket(), "cdn.example.com")?;
        assert_eq!(
            (endpoint.url().as_str(), endpoint.source_host()),
            ("https://cdn.example.com", None)
        );
        let endpoint = CosEndpoint::custom(bucket(), "http://localhost:8080/")?;
        assert_eq!(
            (endpoint.url().as_str(), endpoint.host()),
            ("http://localhost:8080", "localhost")
        );
        assert_eq!(endpoint.host_header(), "localhost:8080");
        for wrong in [
            "",
            "https://",
            "ftp://a",
            "a/b",
            "a b",
            "a?b",
            "a@b",
            "a:",
            "a:0",
            "a:65536",
            "a:+1",
            "-a",
            "a..b",
            "[::1",
            "[x]",
            "\u{e9}.com",
            "a\n",
            "https://a/b",
        ] {
            assert!(CosEndpoint::custom(bucket(), wrong).is_err(), "{wrong}");
            assert!(
                CosEndpoint::new(bucket(), "ap-beijing")?.at_address(wrong).is_err(),
                "{wrong}"
            );
        }
        Ok(())
    }

    #[test]
    fn another_address_changes_nothing_that_is_signed() -> Result<()> {
        let endpoint = CosEndpoint::new(bucket(), "ap-beijing")?;
        let moved = endpoint.clone().over_plain_http().at_address("127.0.0.1:8080")?;
        assert_eq!(moved.url(), "http://127.0.0.1:8080");
        assert_eq!((moved.host(), moved.host_header()), (endpoint.host(), endpoint.host_header()));
        assert!(moved.is_confidential());
        let moved = endpoint.clone().at_address("http://[::1]:80")?;
        assert_eq!(moved.url(), "http://[::1]:80");
        assert!(moved.is_confidential());
        assert_eq!(endpoint.at_address("cos.example:443")?.url(), "https://cos.example:443");
        Ok(())
    }

    #[test]
    fn plain_http_is_noticed() -> Result<()> {
        let endpoint = CosEndpoint::new(bucket(), "ap-beijing")?;
        assert!(endpoint.is_confidential());
        assert!(!endpoint.clone().over_plain_http().is_confidential());
        assert!(!endpoint.at_address("http://10.0.0.1:80")?.is_confidential());
        Ok(())
    }

    #[test]
    fn what_may_be_a_password_is_not_shown() {
        for wrong in ["https://user:secret@host", "secret@host:1", "user:a@secret@host"] {
            let error = CosEndpoint::custom(bucket(), wrong).expect_err("it is no host");
            let text = format!("{error} {error:?}");
            assert!(!text.contains("secret") && text.contains("...@host"), "{text}");
        }
    }
}
