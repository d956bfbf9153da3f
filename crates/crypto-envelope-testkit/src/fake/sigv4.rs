//! Signature Version 4: whether a request was signed with the secret of its access key, and lately.

mod authorization;
mod canonical;
mod error;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::{
    constant_time,
    hmac::{self, HMAC_SHA256, Key},
};

pub(crate) use self::{
    authorization::Authorization,
    canonical::Dialect,
    error::{Reason, SignatureError},
};
use self::{
    authorization::{ALGORITHM, Scope, TERM},
    error::{incomplete, refused},
};
use crate::fake::{
    crypto,
    date::{self, Date},
    http::Request,
};

/// The secret of an access key, in the form with which signing begins.
#[derive(Clone, Debug)]
pub(crate) struct Secret(Key);

impl Secret {
    pub(crate) fn new(secret: &str) -> Self {
        Self(Key::new(HMAC_SHA256, format!("AWS4{secret}").as_bytes()))
    }

    /// Refuses a request that was signed with something else, in part, or at another time.
    pub(crate) fn verify(
        &self,
        request: &Request,
        authorization: &Authorization,
        dialect: Dialect,
        now: SystemTime,
    ) -> Result<(), SignatureError> {
        check_headers(request, authorization)?;
        check_date(authorization, now)?;
        let expected = self.signature(request, authorization, dialect);
        let given = authorization.signature.as_bytes();
        constant_time::verify_slices_are_equal(expected.as_bytes(), given).map_err(|_| {
            refused(
                Reason::Mismatch,
                "The request signature we calculated does not match the signature you provided. \
                 Check your AWS Secret Access Key and signing method. Consult the service \
                 documentation for details.",
            )
        })
    }

    fn signature(
        &self,
        request: &Request,
        authorization: &Authorization,
        dialect: Dialect,
    ) -> String {
        let Authorization { scope, signed_headers, date, .. } = authorization;
        let mut names = signed_headers.clone();
        names.sort();
        let canonical = canonical::request(request, &names, dialect);
        let hash = crypto::hex(&crypto::sha256(canonical.as_bytes()));
        let Scope { date: day, region, service, .. } = scope;
        let text = format!("{ALGORITHM}\n{date}\n{day}/{region}/{service}/{TERM}\n{hash}");
        let key = [day, region, service, TERM].iter().fold(self.0.clone(), |key, part| {
            Key::new(HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref())
        });
        crypto::hex(hmac::sign(&key, text.as_bytes()).as_ref())
    }
}

/// What says where a request goes, when, and what it asks of AWS, has to be signed.
fn check_headers(request: &Request, authorization: &Authorization) -> Result<(), SignatureError> {
    let is_signed = |name: &str| authorization.signed_headers.iter().any(|signed| signed == name);
    if !is_signed("host") {
        let message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
        return Err(refused(Reason::Unsigned, message));
    }
    let date_header = authorization.date_header;
    let sent = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
    let mut wanted = sent.filter(|name| name.starts_with("x-amz-") || name == date_header);
    wanted.find(|name| !is_signed(name)).map_or(Ok(()), |name| {
        let message = format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.");
        Err(refused(Reason::Unsigned, message))
    })
}

fn check_date(authorization: &Authorization, now: SystemTime) -> Result<(), SignatureError> {
    let Authorization { scope, date, .. } = authorization;
    if !date::is_basic(date) {
        return Err(incomplete(format!(
            "Date must be in ISO-8601 'basic format'. Got '{date}'. See \
             http://en.wikipedia.org/wiki/ISO_8601"
        )));
    }
    if !date.starts_with(&format!("{}T", scope.date)) {
        let message = format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from \
             HTTP: '{}' != '{}', from '{date}'.",
            scope.date,
            &date[..8]
        );
        return Err(refused(Reason::Scope, message));
    }
    let (good_for, too_old) = match authorization.expires {
        Some(good_for) => (good_for, Reason::Expired),
        None => (TOLERANCE, Reason::Time),
    };
    let earliest = Date::of(now.checked_sub(good_for).unwrap_or(UNIX_EPOCH)).basic();
    let latest = Date::of(now.checked_add(TOLERANCE).unwrap_or(now)).basic();
    let now = Date::of(now).basic();
    if *date < earliest {
        let message = format!(
            "Signature expired: {date} is now earlier than {earliest} ({now} - {} min.)",
            good_for.as_secs() / 60
        );
        return Err(refused(too_old, message));
    }
    if *date > latest {
        let message = format!(
            "Signature not yet current: {date} is still later than {latest} ({now} + 15 min.)"
        );
        return Err(refused(Reason::Time, message));
    }
    Ok(())
}

/// How far the clocks of client and service may be apart.
const TOLERANCE: Duration = Duration::from_mins(15);

#[cfg(test)]
mod tests {
    use super::*;

    /// 2015-08-30 12:36:00, when the examples of AWS were signed, in seconds since 1970.
    const THEN: u64 = 1_440_938_160;
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    /// A request of AWS's test suite for Signature Version 4, signed.
    fn example(target: &str, headers: &[(&str, &str)], signature: &str) -> Request {
        let (method, target) = target.split_once(' ').unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut all = vec![("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")];
        all.extend(headers);
        let mut names = all.iter().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>();
        names.sort();
        names.dedup();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders={}, Signature={signature}",
            names.join(";")
        );
        all.push(("Authorization", &authorization));
        let headers = all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.collect(),
            ..Request::default()
        }
    }

    fn verify_at(request: &Request, secret: &str, now: u64) -> Result<(), SignatureError> {
        let authorization = Authorization::of(request, "service")?;
        let now = UNIX_EPOCH + Duration::from_secs(now);
        Secret::new(secret).verify(request, &authorization, Dialect::Common, now)
    }

    fn verify(request: &Request) -> Result<(), SignatureError> {
        verify_at(request, SECRET, THEN)
    }

    fn vanilla() -> Request {
        example("GET /", &[], VANILLA)
    }

    const VANILLA: &str = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    const MISMATCH: &str = "The request signature we calculated does not match the signature you \
                            provided. Check your AWS Secret Access Key and signing method. \
                            Consult the service documentation for details.";

    #[test]
    fn the_examples_of_aws_are_right() {
        for (target, headers, signature) in EXAMPLES {
            assert_eq!(
                verify(&example(target, headers, signature)),
                Ok(()),
                "{target} {headers:?}"
            );
        }
        let mut form = example(
            "POST /",
            &[
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Content-Length", "13"),
                (
                    "x-amz-content-sha256",
                    "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
                ),
            ],
            "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
        );
        assert!(verify(&form).is_err());
        form.body = b"Param1=value1".as_slice().into();
        assert_eq!(verify(&form), Ok(()));
    }

    #[test]
    fn whatever_is_changed_is_noticed() {
        let changes: [fn(&mut Request); 6] = [
            |request| request.method = "PUT".to_owned(),
            |request| request.path = "/other".to_owned(),
            |request| request.query = "a=b".to_owned(),
            |request| request.body = b"{}".as_slice().into(),
            |request| request.headers[0].1 = "example.com".to_owned(),
            |request| request.headers[1].1 = "20150830T123601Z".to_owned(),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut request = vanilla();
            change(&mut request);
            let refused = verify(&request).unwrap_err();
            assert_eq!(refused.reason, Reason::Mismatch);
            assert_eq!(refused.message, MISMATCH, "{number}");
        }
        for signature in [VANILLA.to_uppercase(), VANILLA[..62].to_owned(), "00".repeat(32)] {
            let refused = verify(&example("GET /", &[], &signature)).unwrap_err();
            assert_eq!(refused.message, MISMATCH, "{signature}");
        }
        let refused = verify_at(&vanilla(), "another secret", THEN).unwrap_err();
        assert_eq!(refused.message, MISMATCH);
    }

    #[test]
    fn headers_that_matter_must_be_signed() {
        for (unsigned, expected) in [
            ("host", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
            ("x-amz-date", "'x-amz-date' must be a 'SignedHeader' in the AWS Authorization."),
            ("x-amz-target", "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."),
        ] {
            let mut request = example("GET /", &[("X-Amz-Target", "TrentService.Decrypt")], "00");
            let (_, authorization) = request.headers.last_mut().unwrap();
            *authorization = authorization.replace(unsigned, "");
            let refused = verify(&request).unwrap_err();
            assert_eq!(refused.message, expected);
        }
        // Where there is no other, the plain one matters.
        let mut request = vanilla();
        request.headers[1].0 = "Date".to_owned();
        let refused = verify(&request).unwrap_err();
        let expected = "'date' must be a 'SignedHeader' in the AWS Authorization.";
        assert_eq!(refused.message, expected);
        let mut request = vanilla();
        request.headers.insert(0, ("Date".to_owned(), "Sun, 30 Aug 2015 12:36:00 GMT".to_owned()));
        assert_eq!(verify(&request), Ok(()));
    }

    #[test]
    fn signatures_have_their_time() {
        for now in [THEN - 900, THEN, THEN + 900] {
            assert_eq!(verify_at(&vanilla(), SECRET, now), Ok(()));
        }
        for (now, expected) in [
            (
                THEN + 901,
                "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z \
                 (20150830T125101Z - 15 min.)",
            ),
            (
                THEN - 901,
                "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z \
                 (20150830T122059Z + 15 min.)",
            ),
        ] {
            let refused = verify_at(&vanilla(), SECRET, now).unwrap_err();
            assert_eq!(refused.reason, Reason::Time);
            assert_eq!(refused.message, expected);
        }
    }

    #[test]
    fn dates_must_agree_and_be_dates() {
        for (date, reason) in [
            ("20150831T000000Z", Reason::Scope),
            ("20150830", Reason::Incomplete),
            ("Sun, 30 Aug 2015 12:36:00 GMT", Reason::Incomplete),
        ] {
            let mut request = vanilla();
            request.headers[1].1 = date.to_owned();
            assert_eq!(verify(&request).unwrap_err().reason, reason, "{date}");
        }
    }

    type Example = (&'static str, &'static [(&'static str, &'static str)], &'static str);

    /// From the test suite that AWS publishes for Signature Version 4, by names: get-vanilla,
    /// get-slashes-normalized, get-slash-pointless-dot-normalized, get-relative-relative-normalized,
    /// get-unreserved, get-utf8, get-vanilla-query-order-key-case, get-vanilla-query-order-encoded,
    /// get-vanilla-query-unreserved, get-header-key-duplicate, get-header-value-trim,
    /// post-header-value-case, get-vanilla-with-session-token, post-vanilla-query.
    const EXAMPLES: &[Example] = &[
        ("GET /", &[], VANILLA),
        (
            "GET //example//",
            &[],
            "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
        ),
        ("GET /./example", &[], "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"),
        ("GET /example1/example2/../..", &[], VANILLA),
        (
            "GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            &[],
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        ),
        ("GET /ሴ", &[], "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        (
            "GET /?Param2=value2&Param1=value1",
            &[],
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "GET /?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
            &[],
            "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
        ),
        (
            "GET /?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=\
             -._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            &[],
            "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        ),
        (
            "GET /",
            &[("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")],
            "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        ),
        (
            "GET /",
            &[("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
        (
            "POST /",
            &[("My-Header1", "VALUE1")],
            "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
        ),
        (
            "GET /",
            &[(
                "X-Amz-Security-Token",
                "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
            )],
            "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
        ),
        (
            "POST /?Param1=value1",
            &[],
            "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
        ),
    ];
}
