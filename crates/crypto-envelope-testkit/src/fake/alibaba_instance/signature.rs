//! Whether a request was signed by its `ClientKey`, and lately.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::fake::{
    alibaba_kms::Refusal,
    crypto::{self, RsaPadding},
    date::Date,
    http::Request,
};

/// Refuses a request that was signed with another key, in another way, or at another time.
/// `public_key` is a `SubjectPublicKeyInfo`.
pub(super) fn verify(request: &Request, public_key: &[u8], now: SystemTime) -> Result<(), Refusal> {
    if request.header("x-kms-signaturemethod") != Some(METHOD) {
        return Err(Refusal::param("x-kms-signaturemethod"));
    }
    let hash = crypto::hex(&crypto::sha256(&request.body)).to_uppercase();
    if request.header("content-sha256") != Some(&hash) {
        return Err(Refusal::param("Content-SHA256"));
    }
    check_date(request.header("date").unwrap_or_default(), now)?;
    let signature = signature_of(request).ok_or_else(|| Refusal::param("Authorization"))?;
    let signed = crypto::sha256(string_to_sign(request).as_bytes());
    crypto::verify(RsaPadding::Pkcs1, public_key, &signed, &signature)
        .map_err(|_| Refusal::signature_mismatch())
}

fn check_date(date: &str, now: SystemTime) -> Result<(), Refusal> {
    let date = Date::parse_http(date).ok_or_else(|| Refusal::param("Date"))?;
    let earliest = Date::of(now.checked_sub(TOLERANCE).unwrap_or(now));
    let latest = Date::of(now.checked_add(TOLERANCE).unwrap_or(now));
    let is_near = (earliest..=latest).contains(&date);
    if is_near { Ok(()) } else { Err(Refusal::param("Date")) }
}

fn signature_of(request: &Request) -> Option<Vec<u8>> {
    let signature = request.header("authorization")?.strip_prefix("Bearer ")?;
    STANDARD.decode(signature).ok()
}

fn string_to_sign(request: &Request) -> String {
    let mut signed = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
        .filter(|(name, _)| name.starts_with("x-kms-"))
        .collect::<Vec<_>>();
    // By the names alone: a colon stands in another order than what may follow in a longer name.
    signed.sort();
    let signed = signed.iter().map(|(name, value)| format!("{name}:{value}\n"));
    let header = |name| request.header(name).unwrap_or_default();
    format!(
        "{}\n{}\n{}\n{}\n{}/",
        request.method,
        header("content-sha256"),
        header("content-type"),
        header("date"),
        signed.collect::<String>()
    )
}

const METHOD: &str = "RSA_PKCS1_SHA_256";
/// How far the clocks of client and service may be apart.
const TOLERANCE: Duration = Duration::from_mins(15);

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    /// When the request was signed, in seconds since 1970.
    const THEN: u64 = 1_580_974_374;
    /// What the SDK of the vendor, for Python, signed with [`PUBLIC_KEY`].
    const BODY: &str = "ChlrZXktaHp6NjJmMWNiNjZmYTQycW8wMDAxEiCLuydfQ8Hv5kBI1SirFiVXIyCmJ6eg\
                        3zPsRuf5Asv9KiIDYWFk";
    const SIGNATURE: &str = "AWbRCollV4OY8OedrPBxpqZYX02zBpZzF8/f2wj1H2FObtbFQgQeies0w980sD5Xa4es\
                             LnzSVG+uEc58bhD/18bQNsX17TDqrYSiWZrLu6F6h8OEX/dzdN/HDensCQZctKCBisWE\
                             fczBnYbGnhqEOXXboMhE7+/+0krL1H4sSka033CtLUCGUVl8M0U6gV/fVAfMRvKBy/+I\
                             Lhzx28quxBvoGUnL2GeopQR2A+DUL+KY2j3kB9zkGW45t97Hj23c4PDKLFfg8OwkZoKX\
                             rTc7PUhDVsofrfj7B3Y/xhM9ayl7R1rILZ9tTl0rHO1oodNGG84OuQ3ykDAupVEFPjih\
                             Ng==";
    const PUBLIC_KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3dTCnOuf9nenwHaJ8F/EFMU0\
                              ShBwVPN8EndQDZHb6h26cJA6MT310bX9ls5Xw5J7GZQhUvQDazHebeJJoKnRyVgGnRZT\
                              EvyCjm0vZnt6YzyKB9F3x1sV7+FtzEEmavSH8ZzwGZfumnksObecqhnUbtmNxt6KLkDx\
                              UujoUfoom8U6N3ztxYts56uj1uORLRCG95Sc2HfTUDw8SC8uMn6tPyI9BrnV7Y4O3uwC\
                              Yb6kuTAGb/iIM0evucC29jcg4fX27Nt5Y3n94AWcno5td7q7hwdNfnEapMRJaWlYUqX3\
                              UVPxy0yw7+uB/BTmcbPISiHOyEGkzuj4g19Eh7bFRTc0pQIDAQAB";

    fn example() -> Request {
        let authorization = format!("Bearer {SIGNATURE}");
        let headers = [
            ("Accept", "application/x-protobuf"),
            ("Host", "kst-hzz0123456789abcdef.cryptoservice.kms.aliyuncs.com"),
            ("Date", "Thu, 06 Feb 2020 07:32:54 GMT"),
            ("X-KMS-ApiVersion", "dkms-gcs-0.2"),
            ("X-KMS-ApiName", "Encrypt"),
            ("X-KMS-SignatureMethod", "RSA_PKCS1_SHA_256"),
            ("X-KMS-AcccessKeyId", "KAAP.dev-0001-clientkey"),
            ("Content-Type", "application/x-protobuf"),
            ("Content-SHA256", "A1359E4B98833F69D28CF2D1CB02FBC7895E9D883781E9B37367473F8A001A03"),
            ("Authorization", &authorization),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Request {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            headers: headers.into(),
            body: STANDARD.decode(BODY).unwrap().into(),
            ..Request::default()
        }
    }

    fn verify_at(request: &Request, now: u64) -> Result<(), Refusal> {
        let key = STANDARD.decode(PUBLIC_KEY).unwrap();
        verify(request, &key, UNIX_EPOCH + Duration::from_secs(now))
    }

    fn set(request: &mut Request, name: &str, value: &str) {
        request.headers.retain(|(given, _)| given != name);
        request.headers.push((name.to_owned(), value.to_owned()));
    }

    #[test]
    fn what_the_vendor_signs_is_right() {
        assert_eq!(verify_at(&example(), THEN), Ok(()));
    }

    #[test]
    fn signatures_have_their_time() {
        for (now, expected) in [
            (THEN - 900, Ok(())),
            (THEN + 900, Ok(())),
            (THEN - 901, Err(Refusal::param("Date"))),
            (THEN + 901, Err(Refusal::param("Date"))),
        ] {
            assert_eq!(verify_at(&example(), now), expected);
        }
    }

    #[test]
    fn whatever_is_changed_is_noticed() {
        let hash = "a1359e4b98833f69d28cf2d1cb02fbc7895e9d883781e9b37367473f8a001a03";
        let token = format!("TOKEN {SIGNATURE}");
        for (name, value, code) in [
            ("Date", "Thu, 06 Feb 2020 07:32:55 GMT", "SignatureNotMatch"),
            ("Date", "2020-02-06T07:32:54Z", "Date"),
            ("Content-Type", "application/json", "SignatureNotMatch"),
            ("Content-SHA256", hash, "Content-SHA256"),
            ("X-KMS-SignatureMethod", "RSA_PSS_SHA_256", "x-kms-signaturemethod"),
            ("X-KMS-ApiName", "Decrypt", "SignatureNotMatch"),
            ("X-KMS-Another", "1", "SignatureNotMatch"),
            ("Authorization", &token, "Authorization"),
            ("Authorization", SIGNATURE, "Authorization"),
            ("Authorization", "Bearer no base64", "Authorization"),
            ("Authorization", "Bearer ", "SignatureNotMatch"),
            ("Authorization", "Bearer AAAA", "SignatureNotMatch"),
        ] {
            let mut request = example();
            set(&mut request, name, value);
            let refused = verify_at(&request, THEN).unwrap_err();
            match code {
                "SignatureNotMatch" => assert_eq!(refused.code(), code, "{name}"),
                param => assert_eq!(refused, Refusal::param(param), "{name}"),
            }
        }
        let mut request = example();
        request.method = "PUT".to_owned();
        assert_eq!(verify_at(&request, THEN), Err(Refusal::signature_mismatch()));
        request.body = [&*request.body, &[0]].concat().into();
        assert_eq!(verify_at(&request, THEN), Err(Refusal::param("Content-SHA256")));
    }

    #[test]
    fn headers_are_signed_by_their_names() {
        let mut request = example();
        request.headers.clear();
        for (name, value) in
            [("x-kms-a-b", "1"), ("X-KMS-A", "  2 "), ("x-kmsb", "3"), ("User-Agent", "4")]
        {
            set(&mut request, name, value);
        }
        assert_eq!(string_to_sign(&request), "POST\n\n\n\nx-kms-a:2\nx-kms-a-b:1\n/");
    }
}
