use crypto_envelope::{Result, SecretBytes};
use serde_json::Value;

use super::*;
use crate::{
    CosBucket, CosCredentials, CosEndpoint, ObjectKey,
    request::Query,
    test_vectors::{cases, number, pairs, root, str},
};

fn credentials(file: &str) -> CosCredentials {
    let root = root(file);
    let secret = SecretBytes::from(str(&root, "secret_key").as_bytes());
    CosCredentials::new(str(&root, "secret_id"), secret).expect("credentials")
}

fn method(case: &Value) -> CosMethod {
    match str(case, "method") {
        "GET" => CosMethod::Get,
        "HEAD" => CosMethod::Head,
        "PUT" => CosMethod::Put,
        "POST" => CosMethod::Post,
        "DELETE" => CosMethod::Delete,
        other => unreachable!("{other}"),
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn query(case: &Value) -> Query {
    let pairs = pairs(case, "params");
    pairs.into_iter().fold(Query::default(), |query, (name, value)| query.with(&name, value))
}

/// What a case of `signature.json` signs, beside its query.
struct Signed {
    path: String,
    headers: Vec<(String, String)>,
}

impl Signed {
    fn of(case: &Value) -> Self {
        let path = case["key"].as_str().map_or_else(
            || "/".to_owned(),
            |key| ObjectKey::new(key).expect("a key").signed_path(),
        );
        let headers = pairs(case, "request_headers").into_iter();
        let mut headers: Vec<_> = headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .filter(|(name, _)| is_signed(name))
            .collect();
        if case["sign_host"] == true {
            let (_, rest) = str(case, "url").split_once("://").expect("a URL");
            let bucket = CosBucket::new(str(case, "bucket")).expect("a bucket");
            let authority = rest.split('/').next().expect("a host");
            let endpoint = CosEndpoint::custom(bucket, authority).expect("an endpoint");
            headers.push(("host".to_owned(), endpoint.host().to_owned()));
        }
        Self { path, headers }
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        self.headers.iter().map(|(name, value)| (&**name, &**value)).collect()
    }
}

#[test]
fn signatures_are_those_of_the_official_sdk() {
    let credentials = credentials("signature.json");
    let key = credentials.key().expect("a key");
    for case in cases("signature.json", 55) {
        let query = if case["sign_params"] == true { query(&case) } else { Query::default() };
        let signed = Signed::of(&case);
        let to_sign = || ToSign {
            method: method(&case),
            path: &signed.path,
            query: query.pairs(),
            headers: signed.headers(),
        };
        let time =
            KeyTime::new(at(number(&case, "time")), Duration::from_secs(number(&case, "expire")));
        let format = to_sign().format();
        assert_eq!(*format.text, str(&case, "format_string"));
        assert_eq!(string_to_sign(&format.text, time), str(&case, "string_to_sign"));
        assert_eq!(SignKey::new(key, time).expose(), str(&case, "sign_key"));
        let signature = to_sign().sign(key, time);
        assert_eq!(signature.hex, str(&case, "signature"));
        assert_eq!(signature.authorization(), str(&case, "authorization"));
    }
}

#[test]
fn urls_are_those_of_the_official_sdk() {
    for case in cases("signature.json", 55) {
        let url = str(&case, "url").to_owned();
        let (_, expected) = url.split_once('?').unwrap_or_default();
        let query = query(&case).url_form();
        // Which parameter comes first is lost in the JSON.
        let sorted = |query: &str| {
            let mut pairs: Vec<_> = query.split('&').map(ToOwned::to_owned).collect();
            pairs.sort();
            pairs
        };
        // Theirs has a plus for a space.
        assert_eq!(sorted(query.trim_start_matches('?')), sorted(&expected.replace('+', "%20")));
    }
}

/// The one case with a note is about what the SDK does, and we do as well.
#[test]
fn the_port_is_not_signed() {
    let cases = cases("signature.json", 55);
    let noted: Vec<_> = cases.iter().filter(|case| case.get("note").is_some()).collect();
    assert_eq!(noted.len(), 1);
    assert_eq!(Signed::of(noted[0]).headers(), [("host", "localhost")]);
}

#[test]
fn presigned_urls_are_those_of_the_official_sdk() -> Result<()> {
    let credentials = credentials("presigned.json");
    for case in cases("presigned.json", 6) {
        let bucket = CosBucket::new(str(&case, "bucket"))?;
        let endpoint = CosEndpoint::new(bucket, str(&case, "region"))?;
        let mut presign = Presign::new(method(&case), ObjectKey::new(str(&case, "key"))?)
            .expires_in(Duration::from_secs(number(&case, "expired")));
        for (name, value) in pairs(&case, "params") {
            presign = presign.parameter(&name, value);
        }
        for (name, value) in pairs(&case, "headers") {
            presign = presign.header(name, value);
        }
        let url = presign.url_at(&endpoint, &credentials, at(number(&case, "time")))?;
        assert_eq!(url.expose(), str(&case, "url"));
        assert!(!format!("{url:?} {presign:?}").contains("q-signature"));
    }
    Ok(())
}

fn endpoint() -> CosEndpoint {
    let bucket = CosBucket::new("examplebucket-1250000000").expect("a bucket");
    CosEndpoint::new(bucket, "ap-beijing").expect("an endpoint")
}

#[test]
fn presigned_urls_bring_the_token_along() -> Result<()> {
    let credentials = CosCredentials::temporary("AKID", &b"secret"[..], &b"a/b+c=="[..])?;
    let presign =
        Presign::new(CosMethod::Get, ObjectKey::new("a b")?).parameter("versionId", "1 2");
    let url = presign.url_at(&endpoint(), &credentials, at(1_700_000_000))?;
    assert!(url.expose().ends_with("&versionId=1%202&x-cos-security-token=a%2Fb%2Bc%3D%3D"));
    assert!(url.expose().contains("q-url-param-list=versionid&"));
    assert!(!format!("{url:?}").contains("a%2Fb"));
    let there = endpoint().at_address("http://127.0.0.1:1")?;
    let url = presign.url_at(&there, &credentials, at(1_700_000_000))?;
    assert!(
        url.expose().starts_with("http://examplebucket-1250000000.cos.ap-beijing.myqcloud.com/")
    );
    Ok(())
}

#[test]
fn what_cannot_be_signed_in_advance_is_refused() -> Result<()> {
    let presign = || Presign::new(CosMethod::Put, ObjectKey::exact("a").expect("a key"));
    let key = CosCredentials::new("AKID", &b"secret"[..])?;
    assert!(presign().url(&endpoint(), &key).is_ok());
    assert!(presign().url(&endpoint(), &CosCredentials::anonymous()).is_err());
    for wrong in [
        presign().header("Host", "other"),
        presign().header("", "x"),
        presign().header("a b", "x"),
        presign().header("x-cos-meta-a", "two\nlines"),
        presign().header("x-cos-meta-a", "\u{e9}"),
        presign().parameter("", "x"),
        presign().parameter("Q-AK", "x"),
        presign().parameter("X-Cos-Security-Token", "x"),
    ] {
        assert!(wrong.url(&endpoint(), &key).is_err(), "{wrong:?}");
    }
    Ok(())
}

#[test]
fn times_before_and_after_all_calendars_are_signed_too() {
    let before = KeyTime::new(at(0) - Duration::from_hours(1), Duration::from_secs(1));
    assert_eq!(before.text(), "0;1");
    assert_eq!(KeyTime::new(at(100), Duration::MAX).text(), format!("40;{}", u64::MAX));
}
