//! Whether a request was signed with the secret of its access key, lately, and once.

mod header;
mod rpc;

use std::time::Duration;

use aws_lc_rs::constant_time;

use super::{
    nonces::Nonces,
    parameters::{self, Parameters},
};
use crate::fake::{
    alibaba_kms::{Refusal, store::Store},
    crypto,
    date::Date,
    http::Request,
};

/// What a request says of itself.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    pub(super) action: &'a str,
    pub(super) version: &'a str,
    pub(super) access_key: &'a str,
    security_token: Option<&'a str>,
    date: &'a str,
    nonce: &'a str,
    signature: &'a str,
    signed: Signed<'a>,
}

/// How it was signed, and what.
#[derive(Debug)]
enum Signed<'a> {
    Acs3 { text: String },
    Acs4 { text: String, day: &'a str, region: &'a str },
    Rpc { text: String },
}

impl<'a> Claim<'a> {
    pub(super) fn of(request: &'a Request, parameters: &'a Parameters) -> Result<Self, Refusal> {
        match request.header("authorization") {
            Some(authorization) => header::claim(request, authorization),
            None => rpc::claim(request, parameters),
        }
    }

    /// Refuses what was signed with something else, at another time, or is here again.
    pub(super) fn verify(&self, store: &Store, nonces: &Nonces) -> Result<(), Refusal> {
        let mut keys = store.access_keys.iter();
        let key = keys.find(|key| key.id == self.access_key).ok_or_else(Refusal::no_access_key)?;
        let date = Date::parse_extended(self.date).ok_or_else(Refusal::timestamp)?;
        let now = store.clock.now();
        let earliest = Date::of(now.checked_sub(TOLERANCE).unwrap_or(now));
        let latest = Date::of(now.checked_add(TOLERANCE).unwrap_or(now));
        if !(earliest..=latest).contains(&date) {
            return Err(Refusal::timestamp());
        }
        match (key.security_token(), self.security_token) {
            (Some(_), None) => return Err(Refusal::no_security_token()),
            (expected, given) if expected != given => return Err(Refusal::security_token()),
            _ => {}
        }
        let expected = self.signed.signature(&key.secret);
        constant_time::verify_slices_are_equal(expected.as_bytes(), self.signature.as_bytes())
            .map_err(|_| Refusal::signature_does_not_match())?;
        if !nonces.take(date, self.nonce, earliest) {
            return Err(Refusal::nonce_used());
        }
        Ok(())
    }
}

impl Signed<'_> {
    fn signature(&self, secret: &str) -> String {
        match self {
            Self::Acs3 { text } => header::acs3(secret, text),
            Self::Acs4 { text, day, region } => header::acs4(secret, day, region, text),
            Self::Rpc { text } => rpc::signature(secret, text),
        }
    }
}

/// How far the clocks of client and service may be apart.
const TOLERANCE: Duration = Duration::from_mins(15);

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use serde_json::Value;

    use super::*;
    use crate::fake::alibaba_kms::AccessKey;

    /// Requests that the SDK of the vendor signed, for Python.
    struct Example {
        request: Request,
        store: Store,
    }

    impl Example {
        fn all() -> Vec<Self> {
            let files = [
                include_str!("../../../../../tests/vectors/alibaba/public_acs3.json"),
                include_str!("../../../../../tests/vectors/alibaba/public_acs4.json"),
                include_str!("../../../../../tests/vectors/alibaba/public_rpc.json"),
            ];
            let examples = files.iter().flat_map(|file| {
                let file: Value = serde_json::from_str(file).unwrap();
                let cases = file["cases"].as_array().unwrap();
                assert_eq!(cases.len(), 8);
                cases.iter().map(Self::of).collect::<Vec<_>>()
            });
            examples.collect()
        }

        fn of(case: &Value) -> Self {
            let text = |name: &str| case[name].as_str().unwrap();
            let headers = case["headers"].as_object().unwrap().iter();
            let headers =
                headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
            let query = text("url").split_once('?').map_or("", |(_, query)| query);
            let request = Request {
                method: text("method").to_owned(),
                path: text("path").to_owned(),
                query: query.to_owned(),
                headers: headers.collect(),
                body: Vec::new().into(),
            };
            let mut key = AccessKey::new(text("access_key_id"), text("access_key_secret"));
            key.security_token = case["security_token"].as_str().map(str::to_owned);
            let mut store = Store { access_keys: vec![key], ..Store::default() };
            store.clock.set(Some(time_of(text("timestamp"))));
            Self { request, store }
        }

        fn verify(&self) -> Result<(), Refusal> {
            let parameters = Parameters::of(&self.request)?;
            let nonces = Nonces::default();
            let claim = Claim::of(&self.request, &parameters)?;
            claim.verify(&self.store, &nonces)?;
            assert_eq!(claim.verify(&self.store, &nonces), Err(Refusal::nonce_used()));
            Ok(())
        }

        fn code(&self) -> &'static str {
            self.verify().map_or_else(|error| error.code(), |()| "ok")
        }

        fn later(mut self, seconds: i64) -> Self {
            let by = Duration::from_secs(seconds.unsigned_abs());
            let now = self.store.clock.now();
            self.store.clock.set(Some(if seconds < 0 { now - by } else { now + by }));
            self
        }

        fn header(mut self, name: &str, value: &str) -> Self {
            let headers = self.request.headers.iter_mut();
            for (_, given) in headers.filter(|(given, _)| given.eq_ignore_ascii_case(name)) {
                value.clone_into(given);
            }
            self
        }

        fn has_header(&self, name: &str) -> bool {
            self.request.header(name).is_some()
        }
    }

    fn time_of(date: &str) -> SystemTime {
        let date = Date::parse_extended(date).expect("a date");
        let days = (0..40_000).map(|day| UNIX_EPOCH + Duration::from_hours(24 * day));
        let day = days.take_while(|day| Date::of(*day) <= date).last().expect("a day");
        let mut seconds = (0..86_400).map(|second| day + Duration::from_secs(second));
        seconds.find(|time| Date::of(*time) == date).expect("a time")
    }

    #[test]
    fn what_the_vendor_signs_is_right() {
        let examples = Example::all();
        assert_eq!(examples.len(), 24);
        for example in examples {
            assert_eq!(example.verify(), Ok(()));
        }
    }

    #[test]
    fn signatures_have_their_time() {
        for (seconds, expected) in
            [(900, "ok"), (-900, "ok"), (901, "IllegalTimestamp"), (-901, "IllegalTimestamp")]
        {
            for example in Example::all() {
                assert_eq!(example.later(seconds).code(), expected);
            }
        }
    }

    #[test]
    fn only_the_right_key_signs_rightly() {
        for mut example in Example::all() {
            example.store.access_keys[0].secret.push('x');
            assert_eq!(example.code(), "SignatureDoesNotMatch");
            example.store.access_keys[0].id.push('x');
            assert_eq!(example.code(), "InvalidAccessKeyId.NotFound");
        }
        for mut example in Example::all() {
            let key = &mut example.store.access_keys[0];
            let expected = if key.security_token.take().is_some() {
                "InvalidSecurityToken.MismatchWithAccessKey"
            } else {
                key.security_token = Some("token".to_owned());
                "MissingSecurityToken"
            };
            assert_eq!(example.code(), expected);
        }
    }

    #[test]
    fn whatever_is_changed_is_noticed() {
        for mut example in Example::all() {
            example.request.query.push_str("&a=b");
            assert_eq!(example.code(), "SignatureDoesNotMatch");
        }
        for mut example in Example::all() {
            example.request.method = "GET".to_owned();
            assert_eq!(example.code(), "SignatureDoesNotMatch");
        }
        let signed = |example: &Example| example.has_header("authorization");
        for (name, value, expected) in [
            ("host", "elsewhere", "SignatureDoesNotMatch"),
            ("x-acs-action", "Decrypt2", "SignatureDoesNotMatch"),
            ("x-acs-signature-nonce", "another", "SignatureDoesNotMatch"),
            ("x-acs-content-sha256", "00", "SignatureDoesNotMatch"),
            ("authorization", "Bearer x", "IncompleteSignature"),
            ("authorization", "ACS3-HMAC-SHA256 Credential=x", "IncompleteSignature"),
        ] {
            for example in Example::all().into_iter().filter(signed) {
                assert_eq!(example.header(name, value).code(), expected, "{name}");
            }
        }
        for mut example in Example::all().into_iter().filter(signed) {
            example.request.headers.push(("x-acs-more".to_owned(), "1".to_owned()));
            assert_eq!(example.code(), "IncompleteSignature");
        }
        for mut example in Example::all() {
            example.request.body = b"a=b".as_slice().into();
            let form = "application/x-www-form-urlencoded";
            example.request.headers.push(("content-type".to_owned(), form.to_owned()));
            assert_ne!(example.code(), "ok");
        }
    }
}
