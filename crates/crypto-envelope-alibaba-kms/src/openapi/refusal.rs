//! Answers that say what went wrong.

use super::json::Object;
use crate::error::Refusal;

impl Refusal {
    /// Of an answer with an HTTP status that is no success: JSON of the gateway, or whatever else is in
    /// the way.
    pub(crate) fn of_openapi(status: u16, body: &[u8]) -> Self {
        let Ok(mut object) = Object::parse(body) else {
            return Self::of_others(status, without_request(&beginning(body)).as_bytes());
        };
        let mut text = |name| object.text_like(name).unwrap_or_default();
        let (code, message, request_id) = (text("Code"), text("Message"), text("RequestId"));
        Self { status, code, message: without_request(&message).to_owned(), request_id }
    }
}

/// Of a page that a proxy has made, for instance: it may name the URL, in which plaintext can be.
fn beginning(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(SHOWN)]);
    let words = text.split_whitespace().map(|word| match word.split_once('?') {
        Some((before, after)) if after.contains('=') => format!("{before}?[...]"),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Gateways tell what they have signed if it is not what we have signed: that is all of the request.
fn without_request(message: &str) -> &str {
    let lower = message.to_ascii_lowercase();
    let cuts = QUOTES.iter().filter_map(|quote| lower.find(quote));
    cuts.min().map_or(message, |cut| message[..cut].trim_end())
}

/// In lower case: what comes before quoted parts of requests, or is in them.
const QUOTES: [&str; 11] = [
    "server string to sign",
    "string to sign",
    "stringtosign",
    "canonicalrequest",
    "canonical request",
    "plaintext=",
    "plaintext%",
    "plaintext\"",
    "plaintext>",
    "secretdata\"",
    "secretdata>",
];

/// In bytes.
const SHOWN: usize = 512;

#[cfg(test)]
mod tests {
    use crypto_envelope::{Error, provider::ProviderErrorKind as Kind};

    use super::*;
    use crate::{AlibabaKmsError, error::Call};

    fn refused(status: u16, body: impl AsRef<[u8]>) -> AlibabaKmsError {
        let call = Call { operation: "Encrypt", key_id: None };
        call.refused(Refusal::of_openapi(status, body.as_ref()))
    }

    #[test]
    fn codes_are_sorted_by_what_can_be_done() {
        for (status, code, expected, retryable) in [
            (404, "Forbidden.KeyVersionNotFound", Kind::NotFound, false),
            (403, "Forbidden.InDebt", Kind::Denied, false),
            (404, "InvalidAccessKeyId.NotFound", Kind::Denied, false),
            (400, "InvalidSecurityToken.Expired", Kind::Denied, false),
            (400, "IllegalTimestamp", Kind::Denied, false),
            (400, "SignatureNonceUsed", Kind::Denied, false),
            (409, "Rejected.Disabled", Kind::Disabled, false),
            (400, "Rejected.Throttling", Kind::Throttled, true),
            (400, "Throttling.User", Kind::Throttled, true),
            (400, "SerivceUnavailableTemporary", Kind::Unavailable, true),
            (400, "InternalFailure", Kind::Unavailable, true),
            (400, "Rejected.UnsupportedOperation", Kind::Unsupported, false),
            (400, "InvalidParameter", Kind::Other, false),
            (429, "Anything", Kind::Throttled, true),
            (503, "", Kind::Unavailable, true),
        ] {
            let error = refused(status, format!("{{\"code\": \"{code}\"}}"));
            assert_eq!(error.is_retryable(), retryable, "{code}");
            let Error::Provider(error) = Error::from(error) else { panic!("{code}") };
            assert_eq!(error.kind(), expected, "{code}");
        }
    }

    #[test]
    fn pages_of_proxies_are_told_by_their_beginning() {
        let error = refused(502, "<html>\n  <h1>Bad\tgateway</h1></html>");
        assert_eq!(
            error.message(),
            "the answer is not one of KMS: <html> <h1>Bad gateway</h1></html>"
        );
        assert_eq!((error.status(), error.code()), (Some(502), None));
        assert!(error.is_retryable());
        assert!(refused(500, "x".repeat(5000)).message().len() < 400);
        for body in ["", "[]", "null", "{", "\u{0}\u{1b}[31m", "{\"Code\": 7, \"Message\": [1]}"] {
            let error = refused(400, body);
            assert_eq!(error.code(), None);
            assert!(!error.message().contains(char::is_control));
        }
        assert!(refused(400, b"\xFF\xFE").message().contains('\u{FFFD}'));
    }

    #[test]
    fn what_was_sent_is_not_told() {
        let quoted = "Specified signature is not matched with our calculation. server string to \
                      sign is:POST&%2F&Action%3DEncrypt%26Plaintext%3Dc2VjcmV0";
        let body = format!("{{\"Code\": \"SignatureDoesNotMatch\", \"Message\": \"{quoted}\"}}");
        for body in [
            body.as_str(),
            "{\"Message\": \"server StringToSign is c2VjcmV0\"}",
            "{\"Message\": \"another string to sign: c2VjcmV0\"}",
            "<a href=\"http://kms/?SecretName=c2VjcmV0\">",
            "<a href=\"http://kms/?Action=Encrypt&Plaintext=c2VjcmV0\">",
            "cannot read KeyId=1&Plaintext=c2VjcmV0",
            "{\"KeyId\": \"k\", \"Plaintext\": \"c2VjcmV0",
            "<KeyId>k</KeyId><Plaintext>c2VjcmV0</Plaintext>",
            "{\"SecretName\": \"s\", \"SecretData\":\"c2VjcmV0",
        ] {
            let error = refused(400, body);
            assert!(!format!("{error:?} {error}").contains("c2VjcmV0"), "{error}");
            assert!(!error.message().is_empty());
        }
        assert_eq!(refused(500, "{\"Plaintext\": \"c2VjcmV0\"}").message(), "");
    }
}
