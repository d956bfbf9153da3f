//! Answers of the gateway that say that a call failed.

use super::{messages, protobuf::Message};
use crate::error::Refusal;

impl Refusal {
    /// Of an answer with an HTTP status that is no success: a message of the gateway, or whatever else is in
    /// the way.
    pub(crate) fn of_instance(status: u16, body: &[u8]) -> Self {
        match messages::Error::decode(body) {
            Ok(messages::Error { code, message, request_id, .. }) if !code.is_empty() => {
                Self { status, code, message, request_id }
            }
            _ => Self::of_others(status, body),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as StdError;

    use crypto_envelope::{
        Error,
        provider::ProviderErrorKind::{
            self, Denied, Disabled, NotFound, Other, Throttled, Unavailable, Unsupported,
        },
    };

    use super::*;
    use crate::{AlibabaKmsError, error::Call};

    fn refused(operation: &'static str, status: u16, body: &[u8]) -> AlibabaKmsError {
        let call = Call { operation, key_id: Some("key-1".to_owned()) };
        call.refused(Refusal::of_instance(status, body))
    }

    fn with_code(status: u16, code: &str, message: &str) -> AlibabaKmsError {
        let mut error = messages::Error::empty();
        (error.code, error.message) = (code.to_owned(), message.to_owned());
        refused("Decrypt", status, error.encode().expose())
    }

    fn kind(error: AlibabaKmsError) -> ProviderErrorKind {
        match Error::from(error) {
            Error::Provider(error) => error.kind(),
            other => unreachable!("it is of a provider: {other}"),
        }
    }

    #[test]
    fn errors_are_sorted() {
        for (status, code, message, expected) in [
            (400, "InvalidParam", "The Param Date is invalid.", Denied),
            (400, "InvalidParam", "The Param Authorization is invalid.", Denied),
            (400, "InvalidParam", "The Param x-kms-signaturemethod is invalid.", Other),
            (400, "RequestTimeTooSkewed", "", Denied),
            (400, "InvalidParameter", "", Other),
            (400, "UnsupportedOperation", "", Unsupported),
            (401, "SignatureNotMatch", "", Denied),
            (403, "Forbidden.NoPermission", "", Denied),
            (404, "Forbidden.KeyNotFound", "", NotFound),
            // As it is documented.
            (404, "Unauthorized", "", Denied),
            (409, "Rejected.Disabled", "", Disabled),
            (409, "Rejected.PendingDeletion", "", Disabled),
            (409, "Rejected.PendingImport", "", Disabled),
            (429, "Rejected.Throttling", "", Throttled),
            (500, "InternalFailure", "", Unavailable),
            (503, "ServiceUnavailableTemporary", "", Unavailable),
            (400, "Unheard", "", Other),
            (429, "Unheard", "", Throttled),
            (403, "Unheard", "", Denied),
            (500, "Unheard", "", Unavailable),
        ] {
            assert_eq!(
                kind(with_code(status, code, message)),
                expected,
                "{status} {code} {message}"
            );
        }
        assert!(with_code(400, "InvalidParam", "The Param Date is invalid.").is_about_time());
        assert!(
            !with_code(400, "InvalidParam", "The Param Authorization is invalid.").is_about_time()
        );
    }

    #[test]
    fn pages_of_proxies_are_told() {
        let page = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\x1b[31m\xff";
        let error = refused("Decrypt", 502, page);
        assert_eq!((error.code(), error.request_id(), error.status()), (None, None, Some(502)));
        assert!(error.is_retryable());
        let text = error.to_string();
        assert!(text.starts_with("kms:Decrypt of key-1 (HTTP status 502): the answer is not one of KMS: <html> <head>"), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains('\n'), "{text}");
        assert_eq!(kind(error), Unavailable);
        // Nothing, an empty message, and one whose end was lost.
        let genuine =
            messages::Error { code: "Unauthorized".to_owned(), ..messages::Error::empty() };
        let genuine = genuine.encode();
        for (status, body) in [(413, &b""[..]), (400, &[0x22, 0]), (400, &genuine.expose()[..5])] {
            let error = refused("Encrypt", status, body);
            assert_eq!((error.code(), error.status()), (None, Some(status)));
            assert!(error.message().starts_with("the answer is "), "{error}");
            assert_eq!(kind(error), Other);
        }
        let long = refused("Encrypt", 400, &vec![b'x'; 100_000]);
        assert!(long.message().len() < 400);
    }

    #[test]
    fn what_was_sent_or_asked_for_is_not_told() {
        let (key_id, plaintext) = ("key-1".to_owned(), "c2VjcmV0");
        let request = messages::EncryptRequest {
            key_id: key_id.clone(),
            plaintext: plaintext.as_bytes().into(),
            ..messages::EncryptRequest::empty()
        };
        let answer = messages::DecryptResponse {
            key_id,
            plaintext: plaintext.as_bytes().into(),
            ..messages::DecryptResponse::empty()
        };
        // In the first field, of which number and length are white space.
        let random = messages::GenerateRandomResponse {
            random: plaintext.repeat(4).into_bytes().into(),
            request_id: "r".to_owned(),
        };
        for body in [request.encode(), answer.encode(), random.encode()] {
            let error = refused("Decrypt", 500, body.expose());
            assert!(!format!("{error:?} {error}").contains(plaintext), "{error}");
        }
    }

    #[test]
    fn the_next_step_is_said_and_the_source_is_there() {
        let error = Error::from(with_code(400, "RequestTimeTooSkewed", "Too late."));
        assert!(error.to_string().contains("the clock of this machine"), "{error}");
        let found = AlibabaKmsError::all_in(&error);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].to_string(),
            "kms:Decrypt of key-1 (RequestTimeTooSkewed, HTTP status 400): Too late."
        );
        assert!(error.source().is_some());
        assert!(AlibabaKmsError::all_in(&Error::InBase64).is_empty());
        let error = Error::from(refused("Encrypt", 413, b""));
        assert!(error.to_string().contains("3 MB"), "{error}");
    }
}
