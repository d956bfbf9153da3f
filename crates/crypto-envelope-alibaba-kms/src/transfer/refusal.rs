//! Errors of an instance, as the OpenAPI says the same.

use crypto_envelope::Error;

use crate::AlibabaKmsError;

/// Only the code changes: what the instance was asked, what it said and what can be done stay.
pub(super) fn as_of_openapi(error: Error) -> Error {
    let refused = AlibabaKmsError::all_in(&error);
    let translated = refused.first().and_then(|refused| translated(refused)).map(Error::from);
    translated.unwrap_or(error)
}

/// The same with the code of the OpenAPI, if it has another one.
pub(crate) fn translated(refused: &AlibabaKmsError) -> Option<AlibabaKmsError> {
    code_of_openapi(refused).map(|code| refused.clone().with_code(code))
}

fn code_of_openapi(refused: &AlibabaKmsError) -> Option<&'static str> {
    match refused.code()? {
        "Unauthorized" => Some("InvalidAccessKeyId.NotFound"),
        "InvalidParam" if refused.is_about_time() => Some("IllegalTimestamp"),
        "InvalidParam" if refused.is_about_signature() => Some("IncompleteSignature"),
        _ => None,
    }
}

/// Whether KMS has not opened a ciphertext: which of key, ciphertext and context does not fit it does not say.
pub(super) fn is_about_ciphertext(error: &Error) -> bool {
    let refused = AlibabaKmsError::all_in(error);
    refused.first().is_some_and(|refused| refused.code() == Some("InvalidParameter"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Call, Refusal};

    #[test]
    fn codes_are_those_of_the_openapi() {
        for (code, message, expected) in [
            ("InvalidParam", "The Param Date is invalid.", "IllegalTimestamp"),
            ("InvalidParam", "The Param Authorization is invalid.", "IncompleteSignature"),
            ("InvalidParam", "The Param Length is invalid.", "InvalidParam"),
            ("Unauthorized", "", "InvalidAccessKeyId.NotFound"),
            ("Forbidden.KeyNotFound", "", "Forbidden.KeyNotFound"),
            ("Forbidden.NoPermission", "", "Forbidden.NoPermission"),
            ("InternalFailure", "", "InternalFailure"),
            ("Rejected.Throttling", "", "Rejected.Throttling"),
        ] {
            let refusal = Refusal {
                status: 400,
                code: code.to_owned(),
                message: message.to_owned(),
                request_id: "r".to_owned(),
            };
            let call = Call { operation: "Decrypt", key_id: None };
            let error = as_of_openapi(call.refused(refusal).into());
            let refused = AlibabaKmsError::all_in(&error);
            assert_eq!(refused[0].code(), Some(expected));
            assert_eq!((refused[0].message(), refused[0].request_id()), (message, Some("r")));
        }
        let other = Error::invalid_input("something else");
        assert_eq!(
            as_of_openapi(other).to_string(),
            Error::invalid_input("something else").to_string()
        );
    }
}
